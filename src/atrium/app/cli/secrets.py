"""`atrium secrets`: set, list and remove keys and passwords; none is ever shown."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from atrium.app.cli.lazy import LazyGroup
from atrium.app.cli.output import home_option, json_option, local_time, print_json, print_table, run, say
from atrium.app.errors import CommandFailed
from atrium.app.home import Home, find_home

if TYPE_CHECKING:
    from atrium.sdk.secrets import SecretInfo, SecretStore

_EPILOG = """\b
Examples:
  atrium secrets set OPENAI_API_KEY           asks for it, and shows nothing
  pass openai | atrium secrets set OPENAI_API_KEY
  atrium secrets list
  atrium secrets remove OPENAI_API_KEY

A setting names it: "apiKey": {"secret": "OPENAI_API_KEY"}. They work whether the
hub runs or not, and a running hub needs no restart.
"""


@click.group(
    cls=LazyGroup,
    lazy={
        "set": (f"{__name__}:set_secret", "Set a secret, or replace it."),
        "list": (f"{__name__}:list_secrets", "List the secrets, without their values."),
        "remove": (f"{__name__}:remove", "Remove a secret."),
    },
    epilog=_EPILOG,
)
def secrets() -> None:
    """Keep keys and passwords out of files and variables."""


@click.command(
    "set",
    epilog="\b\nExamples:\n  atrium secrets set OPENAI_API_KEY\n  atrium secrets set OPENAI_API_KEY < key.txt",
    context_settings={"allow_extra_args": True},
)
@click.argument("name")
@json_option
@home_option
@click.pass_context
def set_secret(context: click.Context, name: str, as_json: bool, home: str | None) -> None:
    """Set a secret, or replace it. It is asked for without being shown, or read from the standard input."""
    from atrium.sdk.secrets import check_name

    if context.args:  # saying which would show it once more
        raise CommandFailed(
            "a secret is no argument, which other programs and the shell's history would see: give the name alone, "
            "and type the secret when asked, or pipe it in; replace the one you have just given"
        )
    check_name(name)
    info = _set(find_home(home), name, _read(name))
    if as_json:
        print_json(info)
    else:
        say(f'{name} is set; a setting has it as {{"secret": "{name}"}}.')


@click.command("list", epilog="\b\nExample:\n  atrium secrets list --json | jq -r '.[].name'")
@json_option
@home_option
def list_secrets(as_json: bool, home: str | None) -> None:
    """List the secrets and when each was set, without their values."""
    place = find_home(home)
    answer = _ask_hub(place, "GET", "/secrets")
    rows = [_row(info) for info in run(_store(place).list())] if answer is None else answer["data"]
    if as_json:
        print_json(rows)
    elif rows:
        print_table(("NAME", "CHANGED"), [(row["name"], local_time(row["changedAt"])) for row in rows])
    else:
        say("There are no secrets. `atrium secrets set NAME` sets one.")


@click.command("remove", epilog="\b\nExample:\n  atrium secrets remove OPENAI_API_KEY")
@click.argument("name")
@json_option
@home_option
def remove(name: str, as_json: bool, home: str | None) -> None:
    """Remove a secret. What uses it can do so no more."""
    from atrium.sdk.secrets import check_name, unknown

    place = find_home(home)
    check_name(name)
    if _ask_hub(place, "DELETE", f"/secrets/{name}") is None and not run(_store(place).remove(name)):
        raise unknown(name)
    if as_json:
        print_json({"name": name, "removed": True})
    else:
        say(f"{name} is removed.")


def _read(name: str) -> str:
    """Return what is typed or piped in, without the end of its last line."""
    if sys.stdin.isatty():
        return str(click.prompt(f"{name} (not shown)", hide_input=True, err=True))
    text = sys.stdin.read()
    return text.removesuffix("\n").removesuffix("\r")


def _set(place: Home, name: str, value: str) -> dict[str, Any]:
    from pydantic import SecretStr

    answer = _ask_hub(place, "PUT", f"/secrets/{name}", {"value": value})
    if answer is not None:
        return answer
    place.create()
    return _row(run(_store(place).set(name, SecretStr(value))))


def _ask_hub(place: Home, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any] | None:
    """Return what the running hub answers, which may have a key that is not here; None if no hub runs."""
    from http import HTTPStatus

    from atrium.app.hub_request import HubNotRunning, request

    try:
        status, answer = request(place, method, f"/api/v1{path}", body)
    except HubNotRunning:
        return None
    if status >= HTTPStatus.BAD_REQUEST:
        raise CommandFailed(str(answer.get("detail") or answer.get("title") or f"the hub answered {status}"))
    return answer


def _store(place: Home) -> SecretStore:
    from atrium.app.secret_store import secret_store

    return secret_store(place)


def _row(info: SecretInfo) -> dict[str, Any]:
    return {"name": info.name, "changedAt": info.changed_at}
