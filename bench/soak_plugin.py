"""The soak's plugin, dropped into `<home>/plugins/`: what only the hub's own process can count."""

from __future__ import annotations

import asyncio
import gc

import apsw

from atrium.sdk import Manifest, Plugin, Principal, route


class Soak(Plugin):
    """Counts tasks, objects and SQLite's memory."""

    manifest = Manifest(name="soak", version="1.0.0", description="Counts for a soak.")

    @route("GET", "/soak")
    async def count(self, caller: Principal) -> dict[str, int]:
        """Return what there is after a collection of garbage: what is left is held by somebody. Memory is bytes."""
        gc.collect()
        return {"tasks": len(asyncio.all_tasks()), "objects": len(gc.get_objects()), "sqlite": apsw.memory_used()}
