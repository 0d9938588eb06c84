"""Documents: what is stored is what is read."""

# ruff: noqa: D102 - the names of tests say what they check

from __future__ import annotations

import orjson
import pytest

from atrium.sdk.spi import Bump, Commit, Put, Query, StorageAdapter, StoredDocument
from atrium.testing.storage_suite.base import NASTY, AdapterFactory, Recorder, StorageSuite, store


class DocumentsSuite(StorageSuite):
    """Put, get, delete, list by key, topics, reopening."""

    async def test_a_missing_document_is_none(self, adapter: StorageAdapter) -> None:
        assert await adapter.get(("notes", "user/1", "a")) is None

    async def test_a_stored_document_has_its_value_and_the_commits_revision(self, adapter: StorageAdapter) -> None:
        await store(adapter, 7, Put(("notes", "user/1", "a"), b'{"text":"hello"}'))
        assert await adapter.get(("notes", "user/1", "a")) == StoredDocument("a", b'{"text":"hello"}', 7)

    async def test_replacing_changes_value_and_revision(self, adapter: StorageAdapter) -> None:
        await store(adapter, 1, Put(("n", "s", "a"), b"1"))
        await store(adapter, 2, Put(("n", "s", "a"), b"null"))
        assert await adapter.get(("n", "s", "a")) == StoredDocument("a", b"null", 2)

    async def test_a_deleted_document_is_gone(self, adapter: StorageAdapter) -> None:
        await store(adapter, 1, Put(("n", "s", "a"), b"1"))
        await store(adapter, 2, Put(("n", "s", "a"), None))
        assert await adapter.get(("n", "s", "a")) is None

    async def test_the_last_put_of_a_commit_counts(self, adapter: StorageAdapter) -> None:
        address = ("n", "s", "a")
        await store(adapter, 1, Put(address, b"1"), Put(address, None), Put(address, b"3"))
        found = await adapter.get(address)
        assert found is not None
        assert found.value == b"3"
        await store(adapter, 2, Put(address, b"4"), Put(address, None))
        assert await adapter.get(address) is None

    async def test_names_are_only_names(self, adapter: StorageAdapter) -> None:
        places = [(a, b, c) for a in NASTY for b, c in (("s", "k"), (a, "k"), ("s", a))]
        await store(adapter, 1, *(Put(place, orjson.dumps(list(place))) for place in places))
        for place in places:
            found = await adapter.get(place)
            assert found is not None
            assert orjson.loads(found.value) == list(place)

    @pytest.mark.parametrize("text", NASTY, ids=range(len(NASTY)))
    async def test_keys_and_prefixes_are_only_text(self, adapter: StorageAdapter, text: str) -> None:
        await store(adapter, 1, *(Put((text, "s", key), b"{}") for key in NASTY))
        selection = await adapter.query([Query(text, "s", prefix=text, limit=1000)])
        assert [document.key for document in selection.pages[0]] == sorted(k for k in NASTY if k.startswith(text))

    async def test_keys_are_listed_in_pages(self, adapter: StorageAdapter) -> None:
        await store(adapter, 1, *(Put(("n", "s", f"{i:03}"), b"0") for i in range(25)))
        keys: list[str] = []
        query = Query("n", "s", limit=10)
        while page := (await adapter.query([query])).pages[0]:
            keys += [document.key for document in page]
            query = Query("n", "s", limit=10, after=(None, page[-1].key))
        assert keys == [f"{i:03}" for i in range(25)]

    async def test_a_query_sees_one_space(self, adapter: StorageAdapter) -> None:
        await store(adapter, 1, *(Put(("n", space, key), b"0") for space in ("a", "ab", "b") for key in ("1", space)))
        for space in ("a", "ab", "b"):
            (page,) = (await adapter.query([Query("n", space)])).pages
            assert [document.key for document in page] == ["1", space]

    async def test_a_topic_grows_with_what_it_shows(self, adapter: StorageAdapter) -> None:
        async def put(revision: int, value: bytes | None, *digests: bytes | None) -> list[str]:
            bumps = tuple(Bump(f"t{number}", digest) for number, digest in enumerate(digests))
            committed = await store(adapter, revision, Put(("n", "s", "a"), value, bumps))
            assert all(space == "s" for space, _ in committed.topics)
            return [topic for _, topic in committed.topics]

        assert await put(1, None, b"x", None) == []
        assert await put(2, b"1", b"x", b"y") == ["t0", "t1"]
        assert await put(3, b"2", b"x", b"y") == []
        assert await put(4, b"3", b"x", b"z") == ["t1"]
        assert await put(5, b"3", b"x", None) == ["t1"]
        assert await put(6, b"3", b"x", None) == ["t1"]
        assert await put(7, None, None, None) == ["t0", "t1"]
        revisions = [(await adapter.query([], ("s", topic))).topic_revision for topic in ("t0", "t1", "t2")]
        assert revisions == [7, 7, 0]

    async def test_one_commit_names_a_topic_once(self, adapter: StorageAdapter) -> None:
        bump = (Bump("t", b"x"),)
        committed = await store(adapter, 3, Put(("n", "s", "a"), b"1", bump), Put(("n", "s", "b"), b"1", bump))
        assert committed.revision == 3
        assert committed.topics == (("s", "t"),)

    async def test_the_highest_ceiling_is_found_again(self, factory: AdapterFactory) -> None:
        adapter = factory()
        assert await adapter.open() == 0
        await store(adapter, 1, ceiling=500)
        await store(adapter, 2, ceiling=300)
        await adapter.close()
        if adapter.durable:
            adapter = factory()
        assert await adapter.open() == 500
        await adapter.close()

    async def test_a_durable_adapter_finds_everything_again(self, factory: AdapterFactory) -> None:
        adapter = factory()
        if not adapter.durable:
            pytest.skip("this adapter is not durable, and says so")
        await adapter.open()
        await store(adapter, 9, Put(("n", "s", "a"), b"1", (Bump("t", b"x"),)))
        await adapter.close()
        again = factory()
        await again.open()
        assert await again.get(("n", "s", "a")) == StoredDocument("a", b"1", 9)
        assert (await again.query([], ("s", "t"))).topic_revision == 9
        assert (await store(again, 10, Put(("n", "s", "a"), b"2", (Bump("t", b"x"),)))).topics == ()
        await again.close()

    async def test_close_finishes_what_is_queued_and_may_be_repeated(self, factory: AdapterFactory) -> None:
        adapter = factory()
        await adapter.close()
        await adapter.open()
        recorder = Recorder()
        for number in range(50):
            recorder.commit(adapter, Commit(number + 1, [], [Put(("n", "s", str(number)), b"0")]))
        await adapter.close()
        assert [getattr(result, "revision", result) for result in recorder.results] == list(range(1, 51))
        await adapter.close()
