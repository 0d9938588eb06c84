"""The program of an agent: one that its recipe installs, in a home of its own, or the user's own."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from atrium.adapters.agents.folder import ProgramFolder, Report
from atrium.adapters.agents.recipes import Recipe
from atrium.adapters.agents.requirements import needs_of_home, needs_to_install, needs_to_run, require
from atrium.adapters.providers.acp_process import AgentProcess
from atrium.sdk.errors import AtriumError, InvalidInput, ProviderNotInstalled
from atrium.sdk.findings import Finding
from atrium.sdk.phrases import phrase
from atrium.sdk.programs import Program
from atrium.sdk.providers import Availability

_XDG = {
    "XDG_CONFIG_HOME": ".config", "XDG_DATA_HOME": ".local/share", "XDG_CACHE_HOME": ".cache",
    "XDG_STATE_HOME": ".local/state",
}  # fmt: skip


@dataclass(slots=True)
class Launch:
    """How a process is started. `version` is the folder it runs from, kept from being removed until `release`."""

    command: tuple[str, ...]
    environment: Mapping[str, str]
    version: Path | None = None
    held: int | None = None

    def release(self) -> None:
        """Let the version go; may be called twice."""
        held, self.held = self.held, None
        if held is not None:
            os.close(held)


class AgentProgram:
    """What a recipe's program needs to be installed, started and looked at."""

    def __init__(self, home: Path, recipe: Recipe) -> None:
        self.recipe = recipe
        self._installed = ProgramFolder(home, recipe)
        self._home = home / "providers" / recipe.id / "home"

    def describe(self) -> Program:
        """Return what it is, and which version is installed."""
        recipe, version = self.recipe, self._installed.current()
        return Program(
            id=recipe.id,
            name=recipe.name,
            about=recipe.told,
            licence=recipe.licence,
            homepage=recipe.homepage,
            package=recipe.package,
            version=recipe.version,
            installed=version.name if version else None,
            current=version is not None and self._installed.is_current(),
            size=recipe.size,
            variables=recipe.variables,
            variables_set=self._variables_set(),
        )

    def availability(self) -> Availability:
        """Return whether it is there."""
        recipe = self.recipe
        if recipe.package is None:
            if shutil.which(recipe.command[0]):
                return Availability("active")
            said = f"{recipe.command[0]} is not on the PATH: get it at {recipe.homepage}"
            told = phrase("agent.get_it", said, command=recipe.command[0], homepage=recipe.homepage)
            return Availability("notInstalled", told)
        if self._installed.current() is None:
            said = f"install it: atrium providers install {recipe.id}"
            return Availability("notInstalled", phrase("agent.install_it", said, agent=recipe.id))
        return Availability("active")

    async def launch(self) -> Launch:
        """Return how to start the current version; raises `ProviderNotInstalled` or `ProgramUnsupported`."""
        if self.recipe.package is None:
            return Launch(self.recipe.command, self._variables())
        require(self.recipe, await needs_to_run(self.recipe))
        holding = await asyncio.to_thread(self._installed.hold)
        if holding is None:
            raise ProviderNotInstalled(self.availability().reason or "")
        version, held = holding
        return Launch(self._installed.command(version), await self._environment(), version, held)

    def is_stale(self, launch: Launch) -> bool:
        """Tell whether a process that was started so is not the version that would start now."""
        return launch.version is not None and launch.version != self._installed.current()

    async def install(self, progress: Report) -> None:
        """Install what the recipe pins, or leave what there is; `InvalidInput` if no package has it."""
        if self.recipe.package is None:
            name, homepage = self.recipe.name, self.recipe.homepage
            said = f"no package has {name}: get it at {homepage}, and start again"
            raise InvalidInput(phrase("agent.no_package", said, agent=name, homepage=homepage))
        await self._installed.install(progress, self._try_out)

    async def remove(self) -> bool:
        """Remove it; tell whether all of it is gone. What the agent keeps in its home stays."""
        return await self._installed.remove()

    def tidy(self) -> None:
        """Remove what a killed installation left."""
        self._installed.tidy()

    async def examine(self) -> list[Finding]:
        """Find out whether it can run here, and try it."""
        recipe, findings = self.recipe, await needs_to_run(self.recipe)
        here = self.availability()
        if recipe.package is not None:
            findings += await needs_to_install(recipe, self._installed.folder)
        findings.append(self._version_found() if here.status == "active" else self._missing())
        findings += [*needs_of_home(recipe, self._home), *self._keys_found()]
        if here.status == "active" and all(finding.level != "fail" for finding in findings):
            findings.append(await self._answer_found())
        return findings

    def _version_found(self) -> Finding:
        found = self.describe()
        if found.package is None or found.current:
            return Finding("program", "ok", f"{found.name} {found.installed or ''}".rstrip())
        text = phrase(
            "agent.not_current",
            f"{found.name} {found.installed} is installed, {found.version} is pinned",
            agent=found.name,
            installed=found.installed or "",
            version=found.version or "",
        )
        return Finding("program", "warn", text, f"atrium providers update {found.id}")

    def _missing(self) -> Finding:
        recipe = self.recipe
        if recipe.package is not None:
            said = phrase("agent.not_installed", "it is not installed")
            return Finding("program", "fail", said, f"atrium providers install {recipe.id}")
        command = recipe.command[0]
        said = phrase("agent.not_on_path", f"{command} is not on the PATH", command=command)
        step = phrase("agent.get_at", f"get it at {recipe.homepage}", homepage=recipe.homepage)
        return Finding("program", "fail", said, step)

    def _keys_found(self) -> list[Finding]:
        if not self.recipe.variables:
            return []
        given = self._variables_set()
        if given:
            names = ", ".join(given)
            return [Finding("keys", "ok", phrase("agent.keys_set", f"{names} set here", names=names))]
        names, setting = ", ".join(self.recipe.variables), f"providers.{self.recipe.id}.env"
        said = f"set one where the hub is started, or in `{setting}`, unless you are signed in"
        missing = phrase("agent.keys_missing", f"none of {names} is set here", names=names)
        return [Finding("keys", "warn", missing, phrase("agent.set_key", said, setting=setting))]

    async def _answer_found(self) -> Finding:
        try:
            launch = await self.launch()
            try:
                await self._introduce(launch.command, launch.environment)
            finally:
                launch.release()
        except AtriumError as error:
            step = f"atrium providers remove {self.recipe.id} && atrium providers install {self.recipe.id}"
            return Finding("start", "fail", str(error), step)
        return Finding("start", "ok", phrase("agent.starts", "it starts and speaks ACP"))

    async def _try_out(self, version: Path) -> None:
        await self._introduce(self._installed.command(version), await self._environment())

    async def _introduce(self, command: tuple[str, ...], environment: Mapping[str, str]) -> None:
        """Start it and agree on the protocol; raises what an agent's start raises."""
        from atrium.adapters.providers.acp_agent import Agent

        folder = self._home if self._home.is_dir() else Path.cwd()
        agent = Agent(self.recipe.name, await AgentProcess.start(self.recipe.name, command, environment, folder))
        try:
            await agent.introduce()
        finally:
            await agent.stop()

    async def _environment(self) -> dict[str, str]:
        """Return what it is given: its own folder in place of the user's, and its own keys."""
        await asyncio.to_thread(self._home.mkdir, 0o700, parents=True, exist_ok=True)
        own = {"HOME": str(self._home)} | {name: str(self._home / place) for name, place in _XDG.items()}
        return own | self._variables()

    def _variables(self) -> dict[str, str]:
        return {name: os.environ[name] for name in self._variables_set()} | self.recipe.env

    def _variables_set(self) -> tuple[str, ...]:
        return tuple(name for name in self.recipe.variables if os.environ.get(name))
