"""From an agent's request for permission to a question for a person, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from atrium.adapters.providers.acp_paths import is_below, paths_of, scripts_in
from atrium.contracts.approvals import Act, ApprovalRequest, Decision, Risk

Data = Mapping[str, Any]

RISKS: Mapping[str, Risk] = {
    "read": "low",
    "search": "low",
    "think": "low",
    "fetch": "medium",
    "edit": "medium",
    "move": "medium",
    "delete": "high",
    "execute": "high",
}
"""By ACP's kinds of tools, at least; whatever is not here is of high risk."""

TITLE = 200
LONG_TEXT = 1_000
"""Characters from which on a text that the changes show is not shown a second time among the arguments."""


def question(call: Data, *, session_id: str, cwd: str) -> ApprovalRequest:
    """Return the question for a tool call; its key names session and call, so that asked again it is the same one.

    Reads the disk to see where paths lead.
    """
    kind = str(call.get("kind") or "other")
    act = act_of(call, kind, cwd)
    return ApprovalRequest(
        key=f"{session_id}/{call.get('toolCallId')}"[:TITLE],
        title=_title(call, kind),
        act=act,
        risk=risk_of(act, cwd),
        project=cwd,
    )


def risk_of(act: Act, project: str) -> Risk:
    """Return the risk of an act, by what it does as well: the kind is only what the agent calls it.

    Low, and with that not asked about, is only what names its paths, all of them in the project.
    """
    if act.argv:
        return "high"
    risk = RISKS.get(act.tool, "high")
    if risk != "low":
        return risk
    is_known = bool(act.paths) or act.tool == "think"
    return "low" if is_known and all(is_below(path, project) for path in act.paths) else "medium"


def act_of(call: Data, kind: str, cwd: str) -> Act:
    """Return exactly what the agent says it will do. Commands are lines for a shell, and shown as such.

    Whoever allows a script of the project allows what is in it now.
    """
    given = call.get("rawInput")
    arguments = dict(given) if isinstance(given, Mapping) else {}
    command = arguments.get("command")
    line = command if isinstance(command, str) else None
    if line is None and kind == "execute" and not arguments:
        line = str(call.get("title") or "")  # Gemini names the command nowhere else
    argv = tuple(map(str, command)) if isinstance(command, list) else ("sh", "-c", line) if line is not None else ()
    given_cwd = arguments.get("cwd")
    where = given_cwd if isinstance(given_cwd, str) else cwd
    changes = _changes(call)
    return Act(
        tool=kind,
        arguments={**_without(arguments, _long_texts(changes)), **changes},
        argv=argv,
        cwd=where,
        files=scripts_in(argv, where, cwd),
        paths=paths_of(call, kind, where),
    )


def chosen_option(options: Sequence[Data], decision: Decision) -> str | None:
    """Return the id of the option to answer with; None: cancel.

    Allowed is always once: what is allowed for longer is remembered here, where it can be seen and taken back.
    """
    wanted = ("allow_once", "allow_always") if decision.allowed else ("reject_once", "reject_always")
    for kind in wanted:
        for option in options:
            if option.get("kind") == kind:
                return str(option.get("optionId"))
    return None


def remark(asked: ApprovalRequest, decision: Decision) -> str:
    """Return what a person said with an answer, as the agent is told."""
    answered = "allowed" if decision.allowed else "did not allow"
    return f"The user {answered} this: {asked.title}\nThe user says about it:\n\n{decision.message}"


def _title(call: Data, kind: str) -> str:
    title = " ".join(str(call.get("title") or "").split()) or kind
    return title if len(title) <= TITLE else f"{title[: TITLE - 1]}…"


def _changes(call: Data) -> dict[str, Any]:
    """Return the files' changes that the call shows as diffs."""
    changes = [
        {"path": part.get("path"), "oldText": part.get("oldText"), "newText": part.get("newText")}
        for part in call.get("content") or ()
        if isinstance(part, Mapping) and part.get("type") == "diff"
    ]
    return {"changes": changes} if changes else {}


def _long_texts(changes: Data) -> frozenset[str]:
    texts = (change[name] for change in changes.get("changes", ()) for name in ("oldText", "newText"))
    return frozenset(text for text in texts if isinstance(text, str) and len(text) >= LONG_TEXT)


def _without(value: Any, texts: frozenset[str]) -> Any:
    if isinstance(value, Mapping):
        kept = {name: inner for name, inner in value.items() if not (isinstance(inner, str) and inner in texts)}
        return {name: _without(inner, texts) for name, inner in kept.items()}
    return [_without(inner, texts) for inner in value] if isinstance(value, list) else value
