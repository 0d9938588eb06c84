"""Usage: what the turns of each person used, how much is left, and budgets that stop turns before they start."""

from __future__ import annotations

from typing import Any

from atrium.contracts.usage import (
    EVERY_PROVIDER,
    Budget,
    BudgetState,
    BudgetWarned,
    Period,
    QuotaWarned,
    SessionUsage,
    TurnMeasured,
    Unit,
    UsageReport,
)
from atrium.plugins.usage import reports
from atrium.plugins.usage.config import UsageConfig
from atrium.plugins.usage.counting import Accountant
from atrium.plugins.usage.documents import BUDGETS, DAYS, INDEXES, TOPICS, as_json, budget_key
from atrium.plugins.usage.errors import invalid
from atrium.sdk import Manifest, NotFound, Plugin, Principal, Unavailable, route, service
from atrium.sdk.phrases import phrase

MAX_DAYS = 400
MAX_PAGE = 500
HIGHEST_LIMIT = 1e15


class Usages(Plugin[UsageConfig]):
    """Owns the `usage.*` services and the `usage` topic; it is the hub's `Meter`."""

    manifest = Manifest(
        name="usage",
        version="1.0.0",
        dependencies=("providers",),
        description=phrase("plugins.usage", "What turns use, and budgets for it"),
        emits=(TurnMeasured, BudgetWarned, QuotaWarned),
    )
    topics = TOPICS
    indexes = INDEXES

    _accountant: Accountant | None = None

    async def start(self) -> None:
        """Forget what is too old, and count from now on."""
        for event in (BudgetWarned, QuotaWarned):
            self.context.extensions.contribute("gateway.push", None, event_type=event.type, frame="workflow:event")
        accountant = Accountant(self.context, self.config)
        for space in await self.storage.spaces(collection=DAYS):
            await accountant.forget(self.storage.of(space))
        self._accountant = accountant
        self.context.extensions.contribute("providers.meter", accountant)

    async def stop(self) -> None:
        """Store what is known and not stored."""
        accountant, self._accountant = self._accountant, None
        if accountant is not None:
            await accountant.close()

    @property
    def accountant(self) -> Accountant:
        """Return what lives from start to stop."""
        if self._accountant is None:
            raise Unavailable("usage is stopped; try again when the hub has started it")
        return self._accountant

    @route("GET", "/usage")
    @service("usage.report")
    async def report(self, caller: Principal, days: int = 30) -> UsageReport:
        """Report what your turns used in the last days (1 to 400, UTC): by day and provider, limits, and budgets."""
        if not 1 <= days <= MAX_DAYS:
            raise invalid("days", f"give a number from 1 to {MAX_DAYS}")
        books = await self.accountant.books(caller.space)
        return await reports.report(books, days, self.context.clock.now())

    @route("GET", "/usage/turns")
    @service("usage.turns")
    async def turns(
        self, caller: Principal, session_id: str | None = None, limit: int = 100, cursor: str | None = None
    ) -> dict[str, Any]:
        """List what single turns used, the last one first; `limit` is 1 to 500."""
        if not 1 <= limit <= MAX_PAGE:
            raise invalid("limit", f"give a number from 1 to {MAX_PAGE}")
        found, following = await reports.turns(self.storage.of(caller.space), session_id, limit, cursor)
        return {"data": list(map(as_json, found)), "nextCursor": following}

    @route("GET", "/usage/sessions/{session_id}")
    @service("usage.session")
    async def session(self, caller: Principal, session_id: str) -> SessionUsage:
        """Return what a session used."""
        return await reports.session(self.storage.of(caller.space), session_id)

    @route("PUT", "/usage/budgets/{provider_id}")
    @service("usage.set_budget")
    async def set_budget(
        self, caller: Principal, provider_id: str, period: Period, unit: Unit, limit: float
    ) -> BudgetState:
        """Set how much you let a provider (`*`: all together) use in a `day` or `month`: US dollars or tokens.

        While that much is used, no turn with it starts; one that runs is not stopped.
        """
        if not 0 < limit <= HIGHEST_LIMIT:
            raise invalid("limit", "give a number above 0; to stop a provider altogether, disable it")
        if provider_id != EVERY_PROVIDER:
            await self.services.call("providers.check", provider_id)
        key = budget_key(provider_id, period)
        budget = Budget(id=key, provider_id=provider_id, period=period, unit=unit, limit=limit)
        books = await self.accountant.books(caller.space)
        async with books.lock:
            await books.storage.set(key, as_json(budget), collection=BUDGETS)
            books.budgets[key] = budget
        return next(one for one in books.states(self.context.clock.now()) if one.id == key)

    @route("DELETE", "/usage/budgets/{provider_id}", status=204)
    @service("usage.remove_budget")
    async def remove_budget(self, caller: Principal, provider_id: str, period: Period) -> None:
        """Remove a budget."""
        key = budget_key(provider_id, period)
        books = await self.accountant.books(caller.space)
        async with books.lock:
            if key not in books.budgets:
                raise NotFound(f"there is no budget for {provider_id} per {period}")
            await books.storage.delete(key, collection=BUDGETS)
            del books.budgets[key]
