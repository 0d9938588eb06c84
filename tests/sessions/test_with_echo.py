"""The real providers plugin and the echo provider under real sessions."""

from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest

from atrium.adapters.providers.echo import EchoProvider
from atrium.adapters.storage.memory import MemoryStorageAdapter
from atrium.kernel.runtime import CoreRuntime
from atrium.plugins.providers.plugin import Providers
from atrium.plugins.sessions import Sessions
from atrium.sdk import InvalidInput
from tests.sessions.hub import ALICE, short


@pytest.fixture
async def sessions() -> AsyncIterator[Sessions]:
    runtime = CoreRuntime(MemoryStorageAdapter(), config={"providers": {"echo": {"enabled": True}}})
    runtime.extensions.contribute("providers.provider", "test", EchoProvider(runtime.clock))
    sessions = Sessions(runtime)
    for plugin in (Providers(runtime), sessions):
        await runtime.plugin_manager.load_plugin(plugin)
    await runtime.start()
    assert not runtime.plugin_manager.failures
    yield sessions
    await runtime.stop(0)


async def ask(sessions: Sessions, content: str, *, cancel: bool = False) -> list[dict[str, Any]]:
    """Send a message in a new session and return its entries up to the end of its turn."""
    session_id = (await sessions.create(ALICE, "echo")).session_id
    tail = await sessions.storage.of(ALICE.space).tail(f"sessions/{session_id}")
    await sessions.send(ALICE, session_id, content)
    seen: list[dict[str, Any]] = []
    async for batch in tail:
        seen += [orjson.loads(entry.encoded) for entry in batch]
        if cancel and short(seen[-1]["type"]) == "turn.started":
            await sessions.cancel(ALICE, session_id)
        if short(seen[-1]["type"]) in {"turn.completed", "turn.failed", "turn.cancelled"}:
            tail.close()
    return seen


async def test_tokens(sessions: Sessions) -> None:
    seen = await ask(sessions, "/tokens 20")
    deltas = [e["data"] for e in seen if short(e["type"]) == "message.delta"]
    [completed] = [e["data"] for e in seen if short(e["type"]) == "message.completed"]
    assert [d["index"] for d in deltas] == list(range(20))
    assert "".join(d["content"] for d in deltas) == completed["content"]
    assert completed["content"].startswith("tok-1 tok-2 ")


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        ("rate_limit", "PROVIDER_RATE_LIMIT"),
        ("auth", "PROVIDER_AUTH"),
        ("crash", "PROVIDER_CRASHED"),
        ("network", "PROVIDER_NETWORK"),
    ],
)
async def test_failures(sessions: Sessions, failure: str, code: str) -> None:
    end = (await ask(sessions, f"/fail {failure}"))[-1]
    assert (short(end["type"]), end["data"]["problem"]["code"]) == ("turn.failed", code)


async def test_tools_and_thinking(sessions: Sessions) -> None:
    tools = [short(e["type"]) for e in await ask(sessions, "/tool search")]
    assert tools.index("tool.called") < tools.index("tool.finished") < tools.index("turn.completed")
    thinking = [short(e["type"]) for e in await ask(sessions, "/think 3")]
    assert thinking.count("thinking.delta") == 3
    assert thinking.index("thinking.completed") < thinking.index("message.completed")


async def test_a_sleep_is_cancelled(sessions: Sessions) -> None:
    seen = await ask(sessions, "/sleep 3600", cancel=True)
    assert short(seen[-1]["type"]) == "turn.cancelled"


async def test_an_unknown_provider_is_refused_by_name(sessions: Sessions) -> None:
    with pytest.raises(InvalidInput) as refused:
        await sessions.create(ALICE, "nobody")
    assert [wrong.field for wrong in refused.value.fields] == ["providerId"]
