"""Topics: which stored documents make which synced state, and who watches it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from hashlib import blake2b
from typing import Any

import orjson

from atrium.sdk.callbacks import call_each
from atrium.sdk.errors import NotFound
from atrium.sdk.spi import Bump, Query, Selection, TopicKey
from atrium.sdk.storage import Json, Topic, TopicSnapshot

LIST_LIMIT = 50_000

Watcher = Callable[[int], None]


class Declaration:
    """A declared topic and the namespace its documents live in."""

    __slots__ = ("_stem", "namespace", "topic")

    def __init__(self, owner: str, topic: Topic) -> None:
        self.topic = topic
        self._stem = topic.name.removesuffix("{key}") if topic.per_document else None
        self.namespace = f"{owner}.{topic.collection}" if topic.collection else owner

    def bump(self, key: str, value: Json) -> Bump:
        """Return what storing this document means for the topic."""
        name = self.topic.name if self._stem is None else self._stem + key
        if self.topic.shows is None or value is None:
            return Bump(name, None)
        projection = [value.get(field) for field in self.topic.shows] if isinstance(value, dict) else value
        return Bump(name, blake2b(orjson.dumps(projection), digest_size=8).digest())

    def shown(self, value: Json) -> dict[str, Any]:
        """Return the fields of a document that the topic shows."""
        if not isinstance(value, dict):
            return {"value": value}
        if self.topic.shows is None:
            return value
        return {field: value[field] for field in self.topic.shows if field in value}


class Topics:
    """All declared topics and their watchers. Watchers are called after the commit, in commit order."""

    def __init__(self) -> None:
        self._by_namespace: dict[str, tuple[Declaration, ...]] = {}
        self._by_name: dict[str, tuple[Declaration, ...]] = {}
        self._watchers: dict[TopicKey, list[Watcher]] = {}

    def declare(self, owner: str, topics: Iterable[Topic]) -> Callable[[], None]:
        """Declare a plugin's topics; returns what takes them back."""
        declarations = [Declaration(owner, topic) for topic in topics]
        for one in declarations:
            self._by_namespace[one.namespace] = (*self._by_namespace.get(one.namespace, ()), one)
            self._by_name[one.topic.name] = (*self._by_name.get(one.topic.name, ()), one)

        def withdraw() -> None:
            for one in declarations:
                for table, key in ((self._by_namespace, one.namespace), (self._by_name, one.topic.name)):
                    kept = tuple(other for other in table.get(key, ()) if other is not one)
                    table.pop(key, None)
                    if kept:
                        table[key] = kept

        return withdraw

    def bumps(self, namespace: str, key: str, value: Json) -> tuple[Bump, ...]:
        """Return what storing (or with None, deleting) a document means for the declared topics."""
        declarations = self._by_namespace.get(namespace)
        if declarations is None:
            return ()
        return tuple(one.bump(key, value) for one in declarations)

    def watch(self, space: str, topic: str, callback: Watcher) -> Callable[[], None]:
        """Call back with each new revision of a declared topic; raises `NotFound` for others."""
        self._find(topic)
        watchers = self._watchers.setdefault((space, topic), [])
        watchers.append(callback)

        def end() -> None:
            if callback in watchers:
                watchers.remove(callback)
                if not watchers:
                    del self._watchers[space, topic]

        return end

    def announce(self, topics: Iterable[TopicKey], revision: int) -> None:
        """Tell the watchers of these topics that they have changed."""
        for topic in topics:
            call_each(self._watchers.get(topic, ()), revision)

    def queries(self, space: str, topic: str) -> list[Query]:
        """Return what must be read for a snapshot of a topic."""
        declarations, key = self._find(topic)
        limit = 1 if key else LIST_LIMIT
        return [Query(one.namespace, space, prefix=key or "", limit=limit) for one in declarations]

    def snapshot(self, topic: str, selection: Selection) -> TopicSnapshot:
        """Return a topic's state from what was read: documents of the same key merged, each with its `id`."""
        declarations, key = self._find(topic)
        merged = {
            document.key: {"id": document.key} for document in selection.pages[0] if key is None or document.key == key
        }
        for one, page in zip(declarations, selection.pages, strict=True):
            for document in page:
                if document.key in merged:
                    merged[document.key].update(one.shown(orjson.loads(document.value)))
        revision = max(selection.topic_revision, 1)  # "0" is what a reader has before its first snapshot
        if key is None:
            return TopicSnapshot(revision, list(merged.values()))
        if key not in merged:
            raise NotFound(f"there is no {topic}")
        return TopicSnapshot(revision, merged[key])

    def _find(self, topic: str) -> tuple[tuple[Declaration, ...], str | None]:
        if topic in self._by_name and "{" not in topic:
            return self._by_name[topic], None
        name, _, key = topic.rpartition("/")
        declarations = self._by_name.get(f"{name}/{{key}}")
        if declarations is None or not key:
            raise NotFound(f"there is no topic {topic}")
        return declarations, key
