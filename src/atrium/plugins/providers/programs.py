"""The programs of providers over services and HTTP: list, install, update, cancel, remove, examine."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict
from typing import Any

from pydantic.alias_generators import to_camel

from atrium.plugins.providers.config import ProvidersConfig
from atrium.plugins.providers.installs import COLLECTION, AlreadyInstalling, Installs
from atrium.plugins.providers.roster import Member, Roster
from atrium.sdk import FieldError, InvalidInput, NotFound, Plugin, Principal, Topic, Unavailable, route, service
from atrium.sdk.phrases import phrase, with_phrases
from atrium.sdk.programs import Installable, Program

PROGRAMS = Topic("providers/programs", collection=COLLECTION)


class UnknownProgram(NotFound):
    """There is no program of this name."""


class Programs(Plugin[ProvidersConfig]):
    """The part of the providers plugin that installs programs; it is not a plugin by itself."""

    _roster: Roster
    _installs: Installs | None = None

    async def open_installs(self) -> None:
        """Take up what the last stop left, and look for updates if the settings say so."""
        self._installs = Installs(self.context)
        await self._installs.open()
        if self.config.auto_update:
            _ = self.context.spawn(self._keep_updated(), "updates")

    async def close_installs(self) -> None:
        """End what is being installed."""
        installs, self._installs = self._installs, None
        if installs is not None:
            await installs.close()

    @property
    def installs(self) -> Installs:
        """Return what lives from start to stop."""
        if self._installs is None:
            raise Unavailable("providers are stopped; try again when the hub has started them")
        return self._installs

    @route("GET", "/providers/programs")
    @service("providers.programs")
    async def list_programs(self, caller: Principal) -> dict[str, Any]:
        """List the programs there are recipes for.

        `{data: [{id, kind, name, about, licence, homepage, package, version, installed, current, size, variables,
        variablesSet, install?}]}`, where `version` would be installed, and `install` is the last installation as topic
        `providers/programs` shows it.
        """
        shown = await self.installs.shown_to(caller.space)
        return {"data": [_row(program, shown) for _, program in self._programs()]}

    @route("GET", "/providers/programs/{program_id}")
    @service("providers.program")
    async def program(self, caller: Principal, program_id: str) -> dict[str, Any]:
        """Return one program."""
        _, program = self._find(program_id)
        return _row(program, await self.installs.shown_to(caller.space))

    @route("POST", "/providers/programs/{program_id}", status=202)
    @service("providers.install")
    async def install(self, caller: Principal, program_id: str) -> dict[str, Any]:
        """Begin to install or update a program; topic `providers/programs` shows how far it is, and how it ended.

        Running sessions keep the version they have, and what was installed before works until the new one does.
        """
        member, program = self._find(program_id)
        if program.package is None:
            said = f"no package has {program.name}: get it at {program.homepage}"
            message = phrase("providers.no_package", said, program=program.name, homepage=program.homepage)
            raise InvalidInput(message, fields=[FieldError("programId", message)])
        return await self.installs.start(member.provider, program, caller.space)

    @route("DELETE", "/providers/programs/{program_id}/install", status=204)
    @service("providers.cancel_install")
    async def cancel_install(self, caller: Principal, program_id: str) -> None:
        """End an installation; nothing of it is kept."""
        self._find(program_id)
        await self.installs.cancel(program_id)

    @route("DELETE", "/providers/programs/{program_id}")
    @service("providers.remove")
    async def remove(self, caller: Principal, program_id: str) -> dict[str, Any]:
        """Remove a program; `{removed}` is false if a running session still uses it: then the rest goes later."""
        member, _ = self._find(program_id)
        assert isinstance(member.provider, Installable)
        removed = await member.provider.remove_program()
        await self.installs.forget(program_id, caller.space)
        return {"removed": removed}

    @route("GET", "/providers/programs/{program_id}/doctor")
    @service("providers.doctor")
    async def doctor(self, caller: Principal, program_id: str) -> dict[str, Any]:
        """Find out whether a program can run here, and try it: `{data: [{check, level, message, next}]}`."""
        member, _ = self._find(program_id)
        assert isinstance(member.provider, Installable)
        return {"data": [with_phrases(asdict(finding)) for finding in await member.provider.examine_program()]}

    def _programs(self) -> list[tuple[Member, Program]]:
        found = [(member, program_of(member)) for member in self._roster.all()]
        return [(member, program) for member, program in found if program is not None]

    def _find(self, program_id: str) -> tuple[Member, Program]:
        for member, program in self._programs():
            if program.id == program_id:
                return member, program
        known = ", ".join(program.id for _, program in self._programs())
        raise UnknownProgram(f"{program_id!r}; there is {known or 'none'}")

    async def _keep_updated(self) -> None:
        """Install what is pinned now wherever another version is installed, again and again."""
        while True:
            for member, program in self._programs():
                if program.installed is not None and not program.current:
                    with suppress(AlreadyInstalling):
                        await self.installs.start(member.provider, program)
            await self.context.clock.sleep(self.config.check_interval)


def program_of(member: Member) -> Program | None:
    """Return the program that the hub installs for a provider, if there is one."""
    return member.provider.program if isinstance(member.provider, Installable) else None


def is_shown(member: Member, config: ProvidersConfig) -> bool:
    """Tell whether it is one of the providers that people choose from; an agent to be installed is a program only."""
    program = program_of(member)
    is_agent = program is not None and program.kind == "agent"
    return bool(config.section(member.provider.info.id)) or not is_agent or _is_there(member)


def _is_there(member: Member) -> bool:
    return member.availability.status != "notInstalled"


def _row(program: Program, shown: dict[str, dict[str, Any]]) -> dict[str, Any]:
    row = with_phrases({to_camel(name): value for name, value in asdict(program).items()})
    return row | ({"install": shown[program.id]} if program.id in shown else {})
