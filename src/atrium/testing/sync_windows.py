"""The instruments around a sync engine that `sync_scenarios` plays on: windows, gates, and the source's memory."""

import asyncio
from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

from atrium.sync import (
    InvalidationEvent,
    InvalidationHandler,
    InvalidationSubscriber,
    Revision,
    SnapshotEnvelope,
    SnapshotProvider,
    SyncErrorContext,
    Unsubscribe,
    compare_revisions,
    create_revision_sync,
)

Json = Any  # a JSON value of the scenario file

TOPIC = "app-config"
OTHER_TOPIC = "auth-state"


class SyncTransport(Protocol):
    """A source of truth and the wire to it: what a transport shows of itself to be tested."""

    async def bump(self, topic: str, data: object) -> Revision:
        """Change the source's topic without announcing it; return the new revision."""

    async def emit(self, payload: object) -> None:
        """Send any payload to every subscriber as if it were an event, malformed ones included."""

    def subscriber(self) -> InvalidationSubscriber:
        """Return the event side as one window sees it."""

    def provider(self, topic: str) -> SnapshotProvider[object]:
        """Return the snapshot side of a topic as one window sees it."""

    async def settle(self) -> None:
        """Return when everything emitted so far has reached its subscribers."""

    async def close(self) -> None:
        """Release what the transport holds."""


@runtime_checkable
class Restartable(Protocol):
    """A transport whose source can go down and come back."""

    async def restart(self, clock_ms: int) -> None:
        """Restart the source, its clock moved by so many milliseconds; return when all subscribers hear it again."""


class ScenarioFailure(Exception):
    """The scenario asked for this failure."""


class Gate:
    """Where snapshots, applies or subscriptions are held and made to fail."""

    def __init__(self) -> None:
        self.failures = 0
        self._held = False
        self._waiting: list[asyncio.Future[None]] = []

    def hold(self) -> None:
        """Keep what comes from here on until `release()`."""
        self._held = True

    def release(self) -> None:
        """Let everything go on, oldest first."""
        self._held = False
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(None)

    def take_failure(self) -> bool:
        """Tell whether what comes now shall fail, and count it."""
        self.failures, failing = max(0, self.failures - 1), self.failures > 0
        return failing

    async def pass_through(self, activity: "Activity", failing: bool) -> None:
        """Wait while held, then go on or fail."""
        if self._held:
            future = asyncio.get_running_loop().create_future()
            self._waiting.append(future)
            activity.leave()
            try:
                await future
            finally:
                activity.enter()
        if failing:
            raise ScenarioFailure("asked for by the scenario")


class Activity:
    """Count what is under way and not held, so that rest can be told from motion."""

    def __init__(self) -> None:
        self.changes = 0
        self.under_way = 0

    def enter(self) -> None:
        """Note that something is under way."""
        self.under_way += 1
        self.changes += 1

    def leave(self) -> None:
        """Note that something has ended or is held."""
        self.under_way -= 1
        self.changes += 1

    def __enter__(self) -> None:
        self.enter()

    def __exit__(self, *_: object) -> None:
        self.leave()


class Source:
    """Remember what the source had at each revision, and what the names in a scenario stand for."""

    def __init__(self, transport: SyncTransport) -> None:
        self.transport = transport
        self.names: dict[str, str] = {"$topic": TOPIC, "$other": OTHER_TOPIC}
        self.history: dict[str, dict[str, object]] = {TOPIC: {}, OTHER_TOPIC: {}}

    async def bump(self, topic: str, step: Mapping[str, Json]) -> None:
        """Change the source as the step says and remember what it has now."""
        past = self.history[topic]
        data = self._data(past, step)
        revision = await self.transport.bump(topic, data)
        newest = Revision(self.newest(topic))
        assert compare_revisions(revision, newest) > 0, f"the source went from revision {newest} to {revision}"
        past[revision] = data
        if topic == TOPIC:
            self.names[f"$r{len(past)}"] = revision

    def newest(self, topic: str) -> str:
        """Return the topic's newest revision."""
        return next(reversed(self.history[topic]), "0")

    def resolve(self, value: Json) -> Json:
        """Put topics and revisions in the place of their names."""
        return substitute(value, self.names)

    def carried(self, topic: str, value: Json) -> Json:
        """Return the snapshot of a topic at a revision; what is no revision that it had, as it is."""
        revision, past = self.resolve(value), self.history[topic]
        if isinstance(revision, str) and revision in past:
            return {"revision": revision, "data": past[revision]}
        return revision

    def _data(self, past: Mapping[str, object], step: Mapping[str, Json]) -> object:
        if "as" in step:
            return past[self.resolve(step["as"])]
        text = {"text": "x" * step["bytes"]} if "bytes" in step else {}
        return {"n": len(past) + 1, **text}


class Window:
    """One local state: the engine under test between instruments that count, hold, fail and check."""

    def __init__(self, source: Source, options: Mapping[str, Json], activity: Activity) -> None:
        self.topic: str = source.resolve(options.get("topic", "$topic"))
        self.gates = {"snapshots": Gate(), "applies": Gate(), "subscriptions": Gate()}
        self.answers: list[Json] = []
        self.applied: list[str] = []
        self.errors: list[str] = []
        self.violations: list[str] = []
        self.fetches = self.subscriptions = self.active = 0
        self.calls: list[asyncio.Task[None]] = []
        self._source, self._options, self._activity = source, options, activity
        self._inner = source.transport.provider(self.topic)
        self._stopped = self._applying = False
        self._run = self._in_flight = 0
        self.sync = create_revision_sync(
            topic=self.topic,
            subscriber=self,
            provider=self,
            applier=self,
            should_refresh=self._should_refresh,
            on_error=self._on_error,
        )

    def call(self, name: str) -> None:
        """Begin `start` or `refresh`."""
        if name == "start":
            self._stopped = False
        self.calls.append(asyncio.ensure_future(getattr(self.sync, name)()))

    def stop(self) -> None:
        """Stop the engine; what it has under way no longer counts as in flight."""
        self._stopped = True
        self._run += 1
        self._in_flight = 0
        self.sync.stop()

    async def subscribe(self, handler: InvalidationHandler) -> Unsubscribe:
        """Subscribe through the transport."""
        with self._activity:
            self.subscriptions += 1
            gate = self.gates["subscriptions"]
            if gate.take_failure():
                await gate.pass_through(self._activity, failing=True)
            give_back = self._counted(await self._source.transport.subscriber().subscribe(handler))
            try:
                await gate.pass_through(self._activity, failing=False)
            except asyncio.CancelledError:
                give_back()
                raise
            return give_back

    async def get_snapshot(self) -> SnapshotEnvelope[object]:
        """Fetch through the transport, or answer as the scenario says."""
        self.fetches += 1
        self._in_flight += 1
        self._check(self._in_flight == 1, "two snapshots in flight at once")
        run, gate = self._run, self.gates["snapshots"]
        try:
            with self._activity:
                failing = gate.take_failure()
                answer: Any = None if failing else await self._answer()
                await gate.pass_through(self._activity, failing)
                return answer  # type: ignore[no-any-return]  # whatever the scenario wants the engine to see
        finally:
            if run == self._run:
                self._in_flight -= 1

    async def apply(self, snapshot: SnapshotEnvelope[object]) -> None:
        """Note the snapshot and check what must always hold."""
        self._check(not self._stopped, "apply after stop")
        self._check(not self._applying, "two applies at once")
        newest = self.applied[-1] if self.applied else "0"
        self._check(compare_revisions(snapshot.revision, Revision(newest)) > 0, "applied what is not newer")
        expected = self._source.history[self.topic].get(snapshot.revision, snapshot.data)
        self._check(
            snapshot.data == expected,
            f"data {_short(snapshot.data)} at revision {snapshot.revision}, not {_short(expected)}",
        )
        gate, self._applying = self.gates["applies"], True
        try:
            with self._activity:
                await gate.pass_through(self._activity, gate.take_failure())
        finally:
            self._applying = False
        self.applied.append(snapshot.revision)

    def seen(self) -> dict[str, Json]:
        """Return everything an `expect` can ask for."""
        return {
            "local": self.sync.local_revision,
            "applied": self.applied,
            "fetches": self.fetches,
            "subscriptions": self.subscriptions,
            "subscribed": self.active > 0,
            "errors": self.errors,
        }

    def verify(self) -> None:
        """Check what must hold whenever the window is at rest."""
        newest = self.applied[-1] if self.applied else "0"
        self._check(self.sync.local_revision == newest, f"local {self.sync.local_revision}, but applied {newest}")
        assert not self.violations, "; ".join(self.violations)

    async def _answer(self) -> Json:
        if not self.answers:
            return await self._inner.get_snapshot()
        answer = self._source.resolve(self.answers.pop(0))
        if "raw" in answer:
            return answer["raw"]
        revision = answer["revision"]
        return {"revision": revision, "data": self._source.history[self.topic][revision]}

    def _counted(self, unsubscribe: Unsubscribe) -> Unsubscribe:
        self.active += 1
        ended = False

        def give_back() -> None:
            nonlocal ended
            self._check(not ended, "a subscription ended twice")
            ended = True
            self.active -= 1
            unsubscribe()

        return give_back

    def _should_refresh(self, event: InvalidationEvent) -> bool:
        if self._options.get("filterFails"):
            raise ScenarioFailure("asked for by the scenario")
        return event.source_id is None or event.source_id != self._options.get("ignoreSourceId")

    def _on_error(self, context: SyncErrorContext) -> None:
        self.errors.append(context.phase)
        self._check(context.topic == self.topic, f"an error context of topic {context.topic}")
        if self._options.get("hookFails"):
            raise ScenarioFailure("asked for by the scenario")

    def _check(self, holds: bool, violation: str) -> None:
        if not holds:
            self.violations.append(violation)


def _short(data: object) -> str:
    return repr(data)[:200]


def substitute(value: Json, names: Mapping[str, Json]) -> Json:
    """Put values in the place of names, wherever a name stands alone."""
    if isinstance(value, str):
        return names.get(value, value) if value.startswith("$") else value
    if isinstance(value, list):
        return [substitute(item, names) for item in value]
    if isinstance(value, dict):
        return {key: substitute(item, names) for key, item in value.items()}
    return value
