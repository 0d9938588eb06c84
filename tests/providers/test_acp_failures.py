"""Agents that fail, stop, and are refused something: what of that is an answer, and what is said of the rest."""

from __future__ import annotations

import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from atrium.adapters.providers.acp import AcpProvider
from atrium.adapters.providers.acp_permissions import chosen_option
from atrium.contracts.approvals import ApprovalRequest, Decision
from atrium.sdk.clock import SystemClock
from atrium.sdk.errors import (
    ProviderCrashed,
    ProviderError,
    ProviderNotInstalled,
    ProviderQuotaExceeded,
    ProviderRateLimited,
    ProviderStopped,
    Unavailable,
)
from atrium.sdk.providers import ProviderEvent, TextDelta, TurnRequest
from atrium.testing.provider_suite import begun_turn, run_turn, text_of

AGENT = [sys.executable, str(Path(__file__).with_name("scripted_agent.py"))]
SESSION = "0193a1b2-0000-7000-8000-000000000001"
OTHER = "0193a1b2-0000-7000-8000-000000000002"


@pytest.fixture
async def provider(tmp_path: Path) -> AsyncIterator[AcpProvider]:
    mine = AcpProvider("scripted", tmp_path, SystemClock())
    await mine.configure({"command": AGENT})
    yield mine
    await mine.close()


@pytest.mark.parametrize(
    ("script", "answer", "error"),
    [
        pytest.param("limit", [], ProviderQuotaExceeded, id="the words of the failure"),
        pytest.param("half Rate", [], ProviderRateLimited, id="a part of them"),
        pytest.param("half an answer", [TextDelta("an answer")], ProviderRateLimited, id="other words"),
    ],
)
async def test_the_words_of_a_failure_are_no_answer(
    provider: AcpProvider, script: str, answer: list[ProviderEvent], error: type[ProviderError]
) -> None:
    events: list[ProviderEvent] = []
    with pytest.raises(error):
        async for event in provider.stream_events(SESSION, TurnRequest(SESSION, "turn-1", script)):
            events.append(event)  # noqa: PERF401  # what came before the error counts
    assert events == answer


async def rejects(request: ApprovalRequest) -> Decision:
    return Decision(approval_id="1", allowed=False, digest=request.act.digest(), status="rejected")


async def test_a_rejection_that_ends_the_turn_is_told(provider: AcpProvider) -> None:
    with pytest.raises(ProviderStopped, match="scripted stopped, because this was not allowed: make"):
        await run_turn(provider, TurnRequest(SESSION, "turn", "run make", ask=rejects))


async def test_nothing_is_permitted_where_nobody_can_be_asked(provider: AcpProvider) -> None:
    async def ask(request: ApprovalRequest) -> Decision:
        raise Unavailable("the hub is stopping")

    told = text_of(await run_turn(provider, TurnRequest(SESSION, "turn", "ask", ask=ask)))
    assert json.loads(told) == {"outcome": "cancelled"}


@pytest.mark.parametrize("allowed", [True, False])
def test_an_agent_that_takes_no_such_answer_is_told_to_stop(allowed: bool) -> None:
    decision = Decision(approval_id="1", allowed=allowed, digest="", status="allowed" if allowed else "rejected")
    assert chosen_option([{"optionId": "later", "kind": "ask_later"}], decision) is None


async def test_an_agent_is_lent_no_files_and_no_terminal(provider: AcpProvider) -> None:
    can = json.loads(text_of(await run_turn(provider, TurnRequest(SESSION, "turn", "client"))))
    assert not any(can.get("fs", {}).values())
    assert not can.get("terminal")
    for method in ("fs/read_text_file", "fs/write_text_file", "_vendor/of_its_own"):
        told = text_of(await run_turn(provider, TurnRequest(SESSION, "turn", f"call {method}")))
        assert json.loads(told)["code"] == -32601, method


async def test_an_agent_that_is_ended_takes_its_other_turns_along(
    provider: AcpProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("atrium.adapters.providers.acp_agent.CANCEL_SECONDS", 0.1)
    async with begun_turn(provider, TurnRequest(OTHER, "turn", "hang")) as other:
        async with begun_turn(provider, TurnRequest(SESSION, "turn", "deaf")):
            pass
        with pytest.raises(ProviderCrashed, match="scripted ended"):
            async for _ in other:
                pass
    assert text_of(await run_turn(provider, TurnRequest(OTHER, "turn", "say hello"))) == "hello"


async def test_a_program_that_cannot_be_run_is_said_to_be_none(tmp_path: Path) -> None:
    program = tmp_path / "agent"
    program.write_text("#!/no/such/interpreter\n")
    program.chmod(0o755)
    provider = AcpProvider("scripted", tmp_path, SystemClock())
    await provider.configure({"command": [str(program)]})
    with pytest.raises(ProviderNotInstalled, match=r"agent cannot be run \(No such file or directory\)"):
        await run_turn(provider, TurnRequest(SESSION, "turn", "say hello"))


async def test_what_an_agent_writes_besides_is_passed_over(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    greeting = (
        f"import runpy; print('Welcome'); print('[1]'); print(); runpy.run_path({AGENT[1]!r}, run_name='__main__')"
    )
    provider = AcpProvider("scripted", tmp_path, SystemClock())
    await provider.configure({"command": [sys.executable, "-uc", greeting]})
    assert text_of(await run_turn(provider, TurnRequest(SESSION, "turn", "say hello"))) == "hello"
    assert [record.getMessage() for record in caplog.records if "no message" in record.getMessage()] == [
        "scripted wrote a line of 8 bytes that is no message",
        "scripted wrote a line of 4 bytes that is no message",
    ]
    await provider.close()


async def test_an_answer_that_is_none_of_the_protocol_is_told(tmp_path: Path) -> None:
    says_nothing = """input(); print('{"jsonrpc": "2.0", "id": 0, "result": null}', flush=True); input()"""
    provider = AcpProvider("scripted", tmp_path, SystemClock())
    await provider.configure({"command": [sys.executable, "-c", says_nothing]})
    with pytest.raises(ProviderError, match="scripted answered something that is not its protocol"):
        await run_turn(provider, TurnRequest(SESSION, "turn", "say hello"))
