"""What an agent's request for permission is made of, and how dangerous it is: by what it does, not by its name."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from atrium.adapters.providers.acp import AcpProvider
from atrium.adapters.providers.acp_permissions import question
from atrium.contracts.approvals import ApprovalRequest, Decision
from atrium.sdk.errors import TooManyRequests
from atrium.sdk.providers import Ask, Note, TextDelta, Usage
from atrium.testing.provider_suite import text_of
from tests.providers.test_acp import FIRST, agent, answer, run, said, turn


def asked(cwd: Path, **call: Any) -> ApprovalRequest:
    return question({"toolCallId": "call-1", **call}, session_id="s", cwd=str(cwd))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with a link that leads out of it."""
    folder = tmp_path / "project"
    (folder / "src").mkdir(parents=True)
    (folder / "out").symlink_to(tmp_path)
    return folder


@pytest.mark.parametrize(
    ("call", "risk"),
    [
        pytest.param({"kind": "read", "rawInput": {"file_path": "src/a.py"}}, "low", id="in the project"),
        pytest.param({"kind": "search", "rawInput": {"pattern": "x", "path": "src"}}, "low", id="search in it"),
        pytest.param({"kind": "think"}, "low", id="a thought"),
        pytest.param({"kind": "read", "rawInput": {"path": "/home/ann/.ssh/id_rsa"}}, "medium", id="elsewhere"),
        pytest.param({"kind": "read", "locations": [{"path": "/etc/passwd"}]}, "medium", id="a location elsewhere"),
        pytest.param({"kind": "read", "rawInput": {"path": "src/../../a"}}, "medium", id="it climbs"),
        pytest.param({"kind": "read", "rawInput": {"path": "out/a"}}, "medium", id="a link leads out"),
        pytest.param({"kind": "read", "rawInput": {"path": "~/.netrc"}}, "medium", id="at home"),
        pytest.param({"kind": "read", "rawInput": {"url": "file:///etc/passwd"}}, "medium", id="as an address"),
        pytest.param({"kind": "search", "rawInput": {"pattern": "/etc/*"}}, "medium", id="a pattern elsewhere"),
        pytest.param({"kind": "think", "rawInput": {"path": "/etc/passwd"}}, "medium", id="a thought about a file"),
        pytest.param({"kind": "read"}, "medium", id="nobody knows what"),
        pytest.param({"kind": "search", "rawInput": {"pattern": "x"}}, "medium", id="nobody knows where"),
        pytest.param({"kind": "think", "rawInput": {"command": "ls"}}, "high", id="a thought with a command"),
        pytest.param({"kind": "search", "rawInput": {"command": ["bash", "-lc", "rg --pre ./x ."]}}, "high", id="argv"),
        pytest.param({"kind": "whatever"}, "high", id="unknown"),
    ],
)
def test_risk_is_of_what_is_done(call: dict[str, Any], risk: str, project: Path) -> None:
    assert asked(project, **call).risk == risk


def test_all_paths_of_a_move_are_told_absolute(project: Path) -> None:
    moved = {"source": "a.md", "destination": "/srv/b.md", "files": [{"move_path": "c.md"}], "content": "/not/a/path"}
    paths = asked(project, kind="move", rawInput=moved, locations=[{"path": "src"}]).act.paths
    assert paths == (f"{project}/src", f"{project}/a.md", "/srv/b.md", f"{project}/c.md")


@pytest.mark.parametrize("command", [["./deploy.sh", "now"], "./deploy.sh now", ["sh", "-c", "true && ./deploy.sh"]])
def test_a_script_of_the_project_is_bound_to_what_is_in_it(command: object, project: Path) -> None:
    (project / "deploy.sh").write_text("echo fine\n")
    (project.parent / "elsewhere.sh").write_text("echo fine\n")
    call = {"kind": "execute", "rawInput": {"command": command}}
    before = asked(project, **call).act
    assert [file.path for file in before.files] == [f"{project}/./deploy.sh"]
    (project / "deploy.sh").write_text("rm -r /\n")
    assert asked(project, **call).act.digest() != before.digest()
    assert asked(project, kind="execute", rawInput={"command": ["out/elsewhere.sh", "src"]}).act.files == ()


def test_a_text_that_is_shown_as_a_change_is_not_shown_twice(project: Path) -> None:
    whole = "line\n" * 10_000
    change = {"type": "diff", "path": "a.md", "oldText": None, "newText": whole}
    call = {"kind": "edit", "rawInput": {"path": "a.md", "content": whole, "edits": [{"new": whole, "flag": "y"}]}}
    arguments = asked(project, **call, content=[change]).act.arguments
    assert arguments == {
        "path": "a.md",
        "edits": [{"flag": "y"}],
        "changes": [{"path": "a.md", "oldText": None, "newText": whole}],
    }


@pytest.fixture
async def provider(tmp_path: Path) -> AsyncIterator[AcpProvider]:
    mine = await agent(tmp_path)
    yield mine
    await mine.close()


def saying(message: str, *, allowed: bool) -> Ask:
    """Return somebody who answers every question alike, with words."""

    async def ask(request: ApprovalRequest) -> Decision:
        decision = await answer(request, allowed=allowed)
        return decision.model_copy(update={"message": message})

    return ask


@pytest.mark.parametrize(("allowed", "how"), [(True, "allowed this: make"), (False, "did not allow this: make")])
async def test_an_agent_is_told_in_the_same_turn_what_was_said_with_an_answer(
    provider: AcpProvider, allowed: bool, how: str
) -> None:
    events = await run(provider, turn("run make", ask=saying("use ninja", allowed=allowed)))
    told = text_of(events)
    assert told.split() == f"The user {how} The user says about it: use ninja".split()
    assert [event for event in events if isinstance(event, Usage)][-1] == Usage(6, 10)


async def test_who_ends_the_turn_is_heard_at_the_beginning_of_the_next(provider: AcpProvider) -> None:
    events = provider.stream_events(FIRST, turn("ask hold", ask=saying("use ninja", allowed=False)))
    async for event in events:
        if isinstance(event, TextDelta):
            break
    await events.aclose()  # type: ignore[attr-defined]  # it is a generator
    told = await said(provider, "and now?")
    assert told.startswith("The user did not allow this: rm -r build")
    assert told.endswith("use ninja and now? ")
    assert await said(provider, "and then?") == "and then? "


async def test_what_could_not_be_asked_is_told(provider: AcpProvider) -> None:
    async def ask(request: ApprovalRequest) -> Decision:
        raise TooManyRequests("100 questions wait already")

    events = await run(provider, turn("ask", ask=ask))
    assert '"cancelled"' in text_of(events)
    [note] = [event for event in events if isinstance(event, Note)]
    assert "100 questions wait already" in note.content
