"""The local provider with the real model: its process, how it starts and ends, idleness."""

import asyncio
import os
import stat
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from atrium.adapters.models import DEFAULT_MODEL
from atrium.adapters.providers.local import LocalProvider
from atrium.sdk.clock import SystemClock
from atrium.sdk.errors import InvalidInput, ProviderCrashed, ProviderNotInstalled
from atrium.sdk.providers import Availability, ChatMessage, TurnRequest, Usage
from atrium.testing.provider_suite import begun_turn, run_turn, text_of, turn
from tests.providers.model_children import children, only_child

pytestmark = [pytest.mark.network, pytest.mark.timeout(180)]

LONG = "Write a long story about a dragon and a lighthouse."


class IdleClock(SystemClock):
    """Real time, but idleness passes when the test says so."""

    def __init__(self) -> None:
        self.idle = asyncio.Event()
        self.asked: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.asked.append(seconds)
        await self.idle.wait()


class PausedClock(SystemClock):
    """A clock that stands still, to look at pauses between starts."""

    time = 0.0

    def monotonic(self) -> float:
        return self.time


async def until(condition: Callable[[], bool]) -> None:
    """Wait for something in another process, which has no way to tell us."""
    while not condition():  # noqa: ASYNC110
        await asyncio.sleep(0.01)


async def gone(process: psutil.Process) -> None:
    """Wait for the end of a process that is not necessarily ours; a zombie counts as ended."""
    await until(lambda: not process.is_running() or process.status() == psutil.STATUS_ZOMBIE)


async def provider_in(home: Path, **settings: Any) -> LocalProvider:
    provider = LocalProvider(home, SystemClock())
    # So small a model says strange things when it picks its words freely.
    await provider.configure({"maxTokens": 32, "temperature": 0, **settings})
    return provider


@pytest.fixture(autouse=True)
def nothing_of_a_failed_test_is_left() -> Iterator[None]:
    """End what a test did not come to end: its failure is told once, not by each test behind it."""
    yield
    for child in children():
        child.kill()
        child.wait()


@pytest.fixture
async def local(home: Path) -> AsyncIterator[LocalProvider]:
    provider = await provider_in(home)
    yield provider
    await provider.close()
    assert children() == []


async def test_nothing_is_started_before_the_first_turn(local: LocalProvider) -> None:
    await local.start_session("session-1", {})
    assert local.availability.status == "active"
    assert children() == []


async def test_it_says_while_the_model_is_read_into_memory(local: LocalProvider) -> None:
    assert not local.availability.preparing
    answering = asyncio.create_task(run_turn(local, turn("Hi.")))
    await until(lambda: local.availability.preparing)
    await answering
    assert local.availability == Availability("active")


async def test_the_child_has_no_secrets_no_port_and_a_socket_only_its_owner_reaches(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "a-secret")
    provider = await provider_in(home)
    await run_turn(provider, turn("Hi."))
    child = only_child()
    assert "a-secret" not in " ".join(child.environ().values())
    assert [c for c in child.net_connections() if c.status == psutil.CONN_LISTEN] == []
    assert os.getsid(child.pid) == child.pid
    folder = home / "run" / "local"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert (folder / "model.sock").is_socket()
    await provider.close()
    assert not (folder / "model.sock").exists()


async def test_a_home_too_deep_for_a_socket(tmp_path: Path, model_file: Path) -> None:
    home = tmp_path / ("deep" * 20) / ("deeper" * 10)
    provider = await provider_in(home, model=str(model_file))
    assert "Paris" in text_of(await run_turn(provider, turn("What is the capital of France?")))
    (socket,) = {c.laddr for c in only_child().net_connections("unix") if str(c.laddr).endswith("model.sock")}
    folder = Path(str(socket)).parent
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    await provider.close()
    assert not folder.exists()


async def test_a_file_that_is_no_model_says_so_and_is_not_tried_without_pause(tmp_path: Path) -> None:
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF and then nonsense")
    clock = PausedClock()
    provider = LocalProvider(tmp_path, clock)
    await provider.configure({"model": str(broken)})
    with pytest.raises(ProviderCrashed, match="did not load"):
        await run_turn(provider, turn("Hi."))
    for pause in (1.0, 2.0, 4.0):
        with pytest.raises(ProviderCrashed, match="did not load"):
            await run_turn(provider, turn("Hi."))
        with pytest.raises(ProviderCrashed, match="times in a row") as refusal:
            await run_turn(provider, turn("Hi."))
        assert refusal.value.retry_after == pause
        clock.time += pause
    await provider.close()


async def test_a_child_that_cannot_be_reached_is_replaced(
    local: LocalProvider, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("atrium.adapters.providers.local_child.GOODBYE_SECONDS", 0.1)
    await run_turn(local, turn("Hi."))
    first = only_child()
    (home / "run" / "local" / "model.sock").unlink()
    with pytest.raises(ProviderCrashed):
        await run_turn(local, turn("Hi."))
    assert children() == []
    assert text_of(await run_turn(local, turn("Hi.")))
    assert only_child().pid != first.pid


async def test_it_stops_when_idle_and_starts_again(home: Path) -> None:
    clock = IdleClock()
    provider = LocalProvider(home, clock)
    await provider.configure({"maxTokens": 16, "idleTimeout": 42})
    await run_turn(provider, turn("Hi."))
    first = only_child()
    await asyncio.sleep(0)
    assert clock.asked == [42]
    clock.idle.set()
    await gone(first)
    clock.idle.clear()
    assert text_of(await run_turn(provider, turn("Hi.")))
    assert only_child().pid != first.pid
    await provider.close()


async def test_a_turn_in_time_keeps_the_child(home: Path) -> None:
    clock = IdleClock()
    provider = LocalProvider(home, clock)
    await provider.configure({"maxTokens": 16})
    await run_turn(provider, turn("Hi."))
    first = only_child()
    async with begun_turn(provider, turn(LONG)):
        clock.idle.set()
        await asyncio.sleep(0)
        assert only_child() == first
    await gone(first)
    await provider.close()


async def test_a_turn_can_be_cancelled_while_the_model_loads(local: LocalProvider) -> None:
    cancelled = asyncio.create_task(run_turn(local, turn("Hi.")))
    await until(lambda: bool(children()))
    cancelled.cancel()
    with pytest.raises(asyncio.CancelledError):
        await cancelled
    assert text_of(await run_turn(local, turn("Hi.")))


async def test_closing_while_the_model_loads_leaves_no_child(home: Path) -> None:
    provider = await provider_in(home)
    task = asyncio.create_task(run_turn(provider, turn("Hi.")))
    await until(lambda: bool(children()))
    await provider.close()
    await asyncio.wait([task])
    assert children() == []


async def test_a_long_conversation_is_trimmed_and_a_long_message_refused(home: Path) -> None:
    provider = await provider_in(home, contextSize=512, maxTokens=64)
    history = [ChatMessage("user", f"My number is {number}. " * 10) for number in range(60)]
    request = TurnRequest("session-1", "turn-1", "What is the capital of France?", history)
    events = await run_turn(provider, request)
    assert isinstance(events[-1], Usage)
    assert 100 < events[-1].input_tokens <= 512 - 64
    with pytest.raises(InvalidInput, match="too long for this model's context") as refusal:
        await run_turn(provider, turn("word " * 1000))
    assert refusal.value.fields[0].field == "content"
    await provider.close()


async def test_the_child_dies_with_a_killed_parent(home: Path) -> None:
    script = f"""
import asyncio, psutil
from pathlib import Path
from atrium.adapters.providers.local import LocalProvider
from atrium.sdk.clock import SystemClock
from atrium.sdk.providers import TurnRequest

async def main():
    local = LocalProvider(Path({str(home)!r}), SystemClock())
    async for _ in local.stream_events("s", TurnRequest("s", "t", {LONG!r})):
        print(psutil.Process().children()[0].pid, flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""
    parent = await asyncio.create_subprocess_exec(sys.executable, "-c", script, stdout=asyncio.subprocess.PIPE)
    assert parent.stdout is not None
    child = psutil.Process(int(await parent.stdout.readline()))
    assert child.is_running()
    parent.kill()
    await parent.wait()
    await gone(child)


async def test_a_missing_model_says_which_command_gets_it(tmp_path: Path) -> None:
    provider = LocalProvider(tmp_path, SystemClock())
    assert provider.availability.status == "notInstalled"
    with pytest.raises(ProviderNotInstalled, match="run `atrium models pull smollm2-135m`"):
        await run_turn(provider, turn("Hi."))
    await provider.configure({"model": "default"})
    assert provider.info.limits["model"] == DEFAULT_MODEL
    await provider.configure({"model": str(tmp_path / "none.gguf")})
    assert provider.availability.reason == f"there is no file {tmp_path / 'none.gguf'}"


async def test_a_missing_engine_says_what_to_install(home: Path) -> None:
    provider = LocalProvider(home, SystemClock(), engine="no_such_engine")
    assert provider.availability.status == "unavailable"
    assert "atrium-hub[local]" in (provider.availability.reason or "")


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"model": "gpt-9"}, "providers.local.model"),
        ({"contextSize": 10}, "providers.local.contextSize"),
        ({"maxTokens": 2000}, "providers.local.maxTokens"),
        ({"idleTimeout": 0}, "providers.local.idleTimeout"),
        ({"temperature": "hot"}, "providers.local.temperature"),
    ],
)
async def test_bad_settings_are_named(tmp_path: Path, settings: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        await LocalProvider(tmp_path, SystemClock()).configure(settings)
    assert [problem.field for problem in refusal.value.fields] == [field]
