"""A judge of session histories: it reads what travels on the wire, and shares no code with what it judges.

Every check returns what is wrong, one line each; an empty list means that all promises hold. For tests of anything that
serves or follows sessions: adapters of storage, clients, fault injection, restores. Not for forked sessions: what they
begin with was copied, and no turn of theirs ever ran for it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Wire = Mapping[str, Any]
"""An entry as it travels: a CloudEvent with `offset` and `prev`."""

HINTS = frozenset({"sessions.message.delta.v1", "sessions.thinking.delta.v1"})

_ENDS = {
    "sessions.turn.completed.v1": "completed",
    "sessions.turn.failed.v1": "failed",
    "sessions.turn.cancelled.v1": "cancelled",
    "sessions.turn.interrupted.v1": "interrupted",
}
_TYPE = re.compile(r"[a-z]+(\.[a-z]+)+\.v[1-9][0-9]*")
_NUMBER = re.compile(r"0|[1-9][0-9]*")
_FIELDS = ("specversion", "id", "type", "source", "subject", "time", "data", "offset", "prev")


def durable(entries: Iterable[Wire]) -> list[Wire]:
    """Return the entries that are kept for good."""
    return [entry for entry in entries if entry["type"] not in HINTS]


def stream_violations(entries: Sequence[Wire], *, after: int = 0) -> list[str]:
    """Judge entries of any stream beyond a cursor, whatever they say: form, order, no gap, no duplicate."""
    return _form_violations(entries) or _chain_violations(entries, after)


def history_violations(entries: Sequence[Wire], *, after: int = 0) -> list[str]:
    """Judge a history, or what a follower saw of one beyond a cursor: form, order, chain, turns, messages."""
    wrong = _form_violations(entries)
    if wrong:
        return wrong
    return [*_chain_violations(entries, after), *Fold(partial=after > 0).apply_all(entries).wrong]


def snapshot_violations(entries: Sequence[Wire], session: Wire) -> list[str]:
    """Compare a session at rest (nothing runs or is about to) with the fold of its whole history."""
    fold = Fold().apply_all(entries)
    waiting = [turn for turn, status in fold.turns.items() if status == "queued"]
    expected: dict[str, tuple[object, object]] = {
        "messageCount": (session["messageCount"], fold.message_count),
        "queued": (session["queued"], len(waiting)),
    }
    if fold.title is not None:
        expected["title"] = (session["metadata"]["title"], fold.title)
    if fold.tags is not None:
        expected["tags"] = (list(session["metadata"]["tags"]), fold.tags)
    status = "stopped" if fold.stopped else "active" if fold.message_count else "created"
    expected["status"] = (session["status"], status)
    wrong = [
        f"snapshot: {name} is {got!r}, its history says {want!r}"
        for name, (got, want) in expected.items()
        if got != want
    ]
    turn = session["turn"]
    if turn is not None and fold.turns.get(turn["id"]) != turn["status"]:
        wrong.append(f"snapshot: turn {turn} is {fold.turns.get(turn['id'])!r} in its history")
    return wrong


def messages_violations(entries: Sequence[Wire], messages: Sequence[Wire]) -> list[str]:
    """Compare the list of a session's messages with its history: the same ones, once each, in the same order."""
    shown = [(message["id"], message["role"], message["content"]) for message in messages]
    told = [
        (entry["data"]["messageId"], entry["data"]["role"], entry["data"]["content"])
        for entry in entries
        if entry["type"] in {"sessions.message.added.v1", "sessions.message.completed.v1"}
    ]
    return (
        [] if shown == told else [f"messages: {len(shown)} are listed, {len(told)} are in the history, or they differ"]
    )


def follower_violations(seen: Sequence[Wire], history: Sequence[Wire], *, after: int = 0) -> list[str]:
    """Compare what a follower saw, over however many connections, with the whole history it caught up with."""
    wrong = history_violations(seen, after=after)
    got = [dict(entry) for entry in durable(seen)]
    want = [dict(entry) for entry in durable(history) if int(entry["offset"]) > after]
    if got != want:
        wrong.append(f"follower: {_first_difference(got, want)}")
    return wrong


def _first_difference(got: Sequence[Wire], want: Sequence[Wire]) -> str:
    for index, (one, other) in enumerate(zip(got, want, strict=False)):
        if one != other:
            return f"entry {index} is {one}, the history has {other}"
    longer, who = (got, "only the follower") if len(got) > len(want) else (want, "only the history")
    return f"{who} has {len(longer) - min(len(got), len(want))} more, from {longer[min(len(got), len(want))]}"


def _form_violations(entries: Sequence[Wire]) -> list[str]:
    wrong = []
    for index, entry in enumerate(entries):
        absent = [name for name in _FIELDS if name not in entry]
        if absent:
            wrong.append(f"entry {index} lacks {', '.join(absent)}")
            continue
        if entry["specversion"] != "1.0" or not _TYPE.fullmatch(str(entry["type"])):
            wrong.append(f"entry {index} is no CloudEvent of ours: {entry['specversion']!r}, {entry['type']!r}")
        if not (_NUMBER.fullmatch(str(entry["offset"])) and _NUMBER.fullmatch(str(entry["prev"]))):
            wrong.append(f"entry {index} has no decimal numbers: {entry['offset']!r}, {entry['prev']!r}")
        if (entry["source"], entry["subject"]) != (entries[0]["source"], entries[0]["subject"]):
            wrong.append(f"entry {index} is of another stream: {entry['source']!r}")
    return wrong


def _chain_violations(entries: Sequence[Wire], after: int) -> list[str]:
    """Check that offsets grow, ids are unique, and each entry names the durable one before it."""
    wrong: list[str] = []
    ids: set[str] = set()
    last, previous = after, after
    for entry in entries:
        offset, prev = int(entry["offset"]), int(entry["prev"])
        if offset <= last:
            wrong.append(f"offset {offset} ({entry['type']}) comes after {last}")
        if entry["id"] in ids:
            wrong.append(f"id {entry['id']} comes twice")
        # A cursor may lie on a hint: the entry that follows it may then name a durable one before the cursor.
        if prev != previous and not (previous == after > prev):
            wrong.append(
                f"gap: {offset} ({entry['type']}) follows {prev}, but the durable entry before it is {previous}"
            )
        ids.add(entry["id"])
        last = max(last, offset)
        if entry["type"] not in HINTS:
            previous = offset
    return wrong


def _holds(whole: str, pieces: Sequence[str]) -> bool:
    """Tell whether a text holds these pieces, in order and apart."""
    position = 0
    for piece in pieces:
        found = whole.find(piece, position)
        if found < 0:
            return False
        position = found + len(piece)
    return True


@dataclass(slots=True)
class Fold:
    """A history folded into what it says, with every contradiction in it.

    `partial`: the entries begin in the middle, so what they refer to may lie before them.
    """

    partial: bool = False
    title: str | None = None
    tags: list[str] | None = None
    stopped: bool = False
    deleted: bool = False
    message_count: int = 0
    turns: dict[str, str] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, Wire] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    _order: list[str] = field(default_factory=list)
    _pieces: dict[tuple[str, str], list[tuple[int, str]]] = field(default_factory=dict)
    _tools: dict[str, str] = field(default_factory=dict)
    _answered: set[str] = field(default_factory=set)
    _beyond: dict[str, str] = field(default_factory=dict)

    def apply_all(self, entries: Iterable[Wire]) -> Fold:
        """Take entries in order; returns this fold."""
        steps: dict[str, Callable[[Wire, Wire], None]] = {
            "sessions.message.added.v1": self._added,
            "sessions.turn.started.v1": self._started,
            "sessions.message.completed.v1": self._message,
            "sessions.thinking.completed.v1": self._thinking,
            "sessions.tool.called.v1": self._tool,
            "sessions.tool.updated.v1": self._tool,
            "sessions.tool.finished.v1": self._tool,
            "sessions.session.renamed.v1": self._renamed,
            "sessions.session.tagged.v1": self._tagged,
            "sessions.session.stopped.v1": self._stopped,
            "sessions.session.deleted.v1": self._deleted,
            **dict.fromkeys(HINTS, self._delta),
            **dict.fromkeys(_ENDS, self._ended),
        }
        for entry in entries:
            if self.deleted:
                self._say(entry, "comes after the deletion")
            step = steps.get(entry["type"])
            if step is not None:
                self._take(step, entry)
        return self

    def _take(self, step: Callable[[Wire, Wire], None], entry: Wire) -> None:
        try:
            step(entry, entry["data"])
        except KeyError as absent:
            self._say(entry, f"its data lacks {absent}")

    def _say(self, entry: Wire, what: str) -> None:
        self.wrong.append(f"{entry['offset']} {entry['type']}: {what}")

    def _added(self, entry: Wire, data: Wire) -> None:
        token, turn, message = data.get("clientToken"), data["turnId"], data["messageId"]
        if turn in self.turns or message in self.texts:
            self._say(entry, "its turn or message is there already")
        if token is not None and token in self.tokens:
            self._say(entry, f"the token {token} was used already")
        if self.stopped:
            self._say(entry, "the session was stopped")
        if token is not None:
            self.tokens[token] = entry
        self.turns[turn] = "queued"
        self._order.append(turn)
        self.texts[message] = data["content"]
        self.message_count += 1

    def _started(self, entry: Wire, data: Wire) -> None:
        turn = data["turnId"]
        if self.turns.get(turn, "queued") != "queued":
            self._say(entry, f"turn {turn} is {self.turns[turn]} already")
        if running := [other for other, status in self.turns.items() if status == "running"]:
            self._say(entry, f"turn {running[0]} runs")
        if not self.partial and data["messageId"] not in self.texts:
            self._say(entry, "the message it answers is not there")
        if turn in self._order:
            before = self._order[: self._order.index(turn)]
            if passed := [other for other in before if self.turns[other] == "queued"]:
                self._say(entry, f"turn {passed[0]} was before it")
        self.turns[turn] = "running"

    def _running(self, entry: Wire, turn: str) -> None:
        if self.turns.get(turn, "running" if self.partial else "unknown") != "running":
            self._say(entry, f"turn {turn} does not run: it is {self.turns.get(turn)}")

    def _ended(self, entry: Wire, data: Wire) -> None:
        turn, end = data["turnId"], _ENDS[entry["type"]]
        if not (end == "cancelled" and self.turns.get(turn) == "queued"):
            self._running(entry, turn)
        if left := [tool for tool, owner in self._tools.items() if owner == turn]:
            self._say(entry, f"tool call {left[0]} has no end")
        if end == "failed" and not data.get("problem"):
            self._say(entry, "it does not say why")
        if end == "completed" and turn not in self._answered and not self.partial:
            self._say(entry, "there is no answer")
        if end != "interrupted" and turn in self._beyond:
            self._say(entry, self._beyond[turn])
        self.turns[turn] = end

    def _delta(self, entry: Wire, data: Wire) -> None:
        self._running(entry, data["turnId"])
        pieces = self._pieces.setdefault((entry["type"], data["messageId"]), [])
        # A slow screen may miss pieces, since they are hints; it never sees one twice or out of order.
        if pieces and data["index"] <= pieces[-1][0]:
            self._say(entry, f"piece {data['index']} comes after {pieces[-1][0]}")
        pieces.append((data["index"], data["content"]))

    def _message(self, entry: Wire, data: Wire) -> None:
        self._running(entry, data["turnId"])
        message = data["messageId"]
        if message in self.texts:
            self._say(entry, "this message is complete already")
        self._answered.add(data["turnId"])
        self.texts[message] = data["content"]
        self.message_count += 1
        self._compare(entry, data, "sessions.message.delta.v1")

    def _thinking(self, entry: Wire, data: Wire) -> None:
        self._running(entry, data["turnId"])
        self._compare(entry, data, "sessions.thinking.delta.v1")

    def _compare(self, entry: Wire, data: Wire, kind: str) -> None:
        """Compare the pieces that were seen with the whole. Only those shown just before a crash may go beyond it."""
        pieces = self._pieces.pop((kind, data["messageId"]), [])
        seen, whole = "".join(piece for _, piece in pieces), data["content"]
        if [index for index, _ in pieces] == list(range(len(pieces))):
            agrees, beyond = whole.startswith(seen), seen.startswith(whole)
        else:
            agrees, beyond = _holds(whole, [piece for _, piece in pieces]), True
        if not agrees:
            what = f"its pieces are {seen[:80]!r}, the whole is {whole[:80]!r}"
            if beyond:
                self._beyond[data["turnId"]] = what
            else:
                self._say(entry, what)

    def _tool(self, entry: Wire, data: Wire) -> None:
        self._running(entry, data["turnId"])
        call, known = data["toolCallId"], data["toolCallId"] in self._tools
        if entry["type"].endswith("called.v1"):
            if known:
                self._say(entry, f"tool call {call} is open already")
            self._tools[call] = data["turnId"]
        elif not known and not self.partial:
            self._say(entry, f"tool call {call} is not open")
        elif entry["type"].endswith("finished.v1"):
            self._tools.pop(call, None)

    def _renamed(self, entry: Wire, data: Wire) -> None:
        self.title = data["title"]

    def _tagged(self, entry: Wire, data: Wire) -> None:
        self.tags = list(data["tags"])

    def _stopped(self, entry: Wire, data: Wire) -> None:
        self.stopped = True

    def _deleted(self, entry: Wire, data: Wire) -> None:
        self.deleted = True
