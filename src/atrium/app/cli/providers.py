"""`atrium providers`: install, update, remove and examine the programs of coding agents."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from atrium.app.cli.lazy import LazyGroup
from atrium.app.cli.output import home_option, json_option, print_findings, print_json, print_table, run, say
from atrium.app.cli.progress import Bar
from atrium.app.errors import CommandFailed
from atrium.app.home import find_home

if TYPE_CHECKING:
    from atrium.adapters.providers.acp_program import AgentProgram
    from atrium.sdk.programs import Program

_EPILOG = """\b
Examples:
  atrium providers list
  atrium providers install claude
  atrium providers update            all that are installed
  atrium providers doctor codex
  atrium providers remove gemini

They work whether the hub runs or not; a running hub offers what was installed at
once, and sessions that run keep the version they have.
"""


@click.group(
    cls=LazyGroup,
    lazy={
        "list": (f"{__name__}:list_programs", "List the agents that can be installed, and which are."),
        "install": (f"{__name__}:install", "Install an agent."),
        "update": (f"{__name__}:update", "Update installed agents to the version that is pinned."),
        "remove": (f"{__name__}:remove", "Remove an agent's program."),
        "doctor": (f"{__name__}:doctor", "Find out whether an agent can run here, and try it."),
    },
    epilog=_EPILOG,
)
def providers() -> None:
    """Install, update, remove and examine coding agents."""


@click.command("list", epilog="\b\nExample:\n  atrium providers list --json | jq -r '.[] | select(.installed) | .id'")
@json_option
@home_option
def list_programs(as_json: bool, home: str | None) -> None:
    """List the agents that can be installed, and which are."""
    found = [one.describe() for one in _programs(home).values()]
    if as_json:
        print_json([asdict(one) for one in found])
        return
    print_table(
        ("ID", "NAME", "VERSION", "SIZE", "LICENCE", "INSTALLED"),
        [(one.id, one.name, one.version or "-", _megabytes(one.size), one.licence, _state(one)) for one in found],
        spare=("LICENCE", "SIZE"),
    )


@click.command("install", epilog="\b\nExample:\n  atrium providers install claude && atrium chat --provider claude")
@click.argument("name")
@json_option
@home_option
def install(name: str, as_json: bool, home: str | None) -> None:
    """Install an agent: the version that is pinned, every package compared with its hash, tried before it counts."""
    _tell([_installed(_find(name, home))], as_json)


@click.command("update", epilog="\b\nExamples:\n  atrium providers update\n  atrium providers update claude --json")
@click.argument("name", required=False)
@json_option
@home_option
def update(name: str | None, as_json: bool, home: str | None) -> None:
    """Update an agent, or all that are installed, to the version that is pinned. Running sessions keep theirs."""
    wanted = _programs(home).values() if name is None else [_find(name, home)]
    found = [one for one in wanted if one.describe().installed is not None]
    if name is not None and not found:
        raise CommandFailed(f"{name} is not installed; install it: atrium providers install {name}")
    done = [_installed(one) for one in found]
    if done or as_json:
        _tell(done, as_json)
    else:
        say("No agent is installed; `atrium providers list` shows which there are.")


@click.command("remove", epilog="\b\nExample:\n  atrium providers remove gemini")
@click.argument("name")
@json_option
@home_option
def remove(name: str, as_json: bool, home: str | None) -> None:
    """Remove an agent's program. Its sessions, and what it keeps for itself, stay."""
    program = _find(name, home)
    was = program.describe().installed
    gone = run(program.remove())
    if as_json:
        print_json({"id": program.recipe.id, "removed": gone, "version": was})
    elif was is None:
        say(f"{program.recipe.name} is not installed.")
    elif gone:
        say(f"{program.recipe.name} {was} is removed.")
    else:
        say(f"{program.recipe.name} {was} is removed; what a running session uses goes with the next start of the hub.")


@click.command("doctor", epilog="\b\nExample:\n  atrium providers doctor codex --json")
@click.argument("name")
@json_option
@home_option
def doctor(name: str, as_json: bool, home: str | None) -> int:
    """Find out whether an agent can run here, and try it. Exit code 1 if anything fails."""
    return print_findings(run(_find(name, home).examine()), as_json=as_json)


def _programs(home: str | None) -> dict[str, AgentProgram]:
    from atrium.adapters.agents import find_recipes
    from atrium.adapters.providers.acp_program import AgentProgram

    root = find_home(home).root
    return {name: AgentProgram(root, recipe) for name, recipe in find_recipes(root).items()}


def _find(name: str, home: str | None) -> AgentProgram:
    found = _programs(home)
    if name not in found:
        raise CommandFailed(f"there is no agent {name!r}; there is {', '.join(found)}")
    return found[name]


def _installed(program: AgentProgram) -> Program:
    """Install a program with a bar, and return what is there then."""
    recipe, before = program.recipe, program.describe()
    if before.current:
        return before
    with Bar(f"{recipe.name} {recipe.version}") as bar:
        run(program.install(bar.progress))
    return program.describe()


def _tell(done: list[Program], as_json: bool) -> None:
    if as_json:
        print_json([asdict(one) for one in done])
        return
    for one in done:
        say(f"{one.name} {one.installed} is installed; talk to it: atrium chat --provider {one.id}")


def _state(program: Program) -> str:
    if program.package is None:
        return f"your own program: {program.homepage}"
    if program.installed is None:
        return f"no: atrium providers install {program.id}"
    return program.installed if program.current else f"{program.installed}: atrium providers update {program.id}"


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.0f} MB" if size else "-"
