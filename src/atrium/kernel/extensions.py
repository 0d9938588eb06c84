"""ExtensionPoints: what plugins offer at points that other plugins own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from atrium.sdk.callbacks import call_each
from atrium.sdk.host import Contribution


class ExtensionPoints:
    """Contributions by point, in order of arrival; watchers are told of every change."""

    def __init__(self) -> None:
        self._contributions: dict[str, list[Contribution]] = {}
        self._watchers: dict[str, list[Callable[[], None]]] = {}

    def contribute(self, point: str, owner: str, value: Any, **options: Any) -> Callable[[], None]:
        """Offer something; returns what takes it back."""
        contribution = Contribution(point, owner, value, options)
        self._contributions.setdefault(point, []).append(contribution)
        self._changed(point)

        def withdraw() -> None:
            offered = self._contributions.get(point, [])
            kept = [other for other in offered if other is not contribution]
            if len(kept) != len(offered):
                self._contributions[point] = kept
                self._changed(point)

        return withdraw

    def at(self, point: str) -> list[Contribution]:
        """Return what is offered at a point now."""
        return list(self._contributions.get(point, ()))

    def watch(self, point: str, callback: Callable[[], None]) -> Callable[[], None]:
        """Call back after each change at a point; returns what ends it."""
        watchers = self._watchers.setdefault(point, [])
        watchers.append(callback)

        def end() -> None:
            if callback in watchers:
                watchers.remove(callback)

        return end

    def _changed(self, point: str) -> None:
        call_each(self._watchers.get(point, ()))
