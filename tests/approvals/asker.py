"""A plugin file for the hub under test: it asks before it acts, and notes each act in `<home>/acts`."""

from __future__ import annotations

from typing import Any

from atrium.contracts.approvals import Act, ApprovalRequest
from atrium.sdk import Manifest, Plugin, Principal, route


class Asker(Plugin):
    """Asks."""

    manifest = Manifest(name="asker", dependencies=("approvals",))

    @route("POST", "/ask")
    async def ask(self, caller: Principal, key: str) -> dict[str, Any]:
        """Ask to write a file, and note it if it may."""
        act = Act(tool="write_file", arguments={"text": "hi\u202e"}, paths=("/home/ann/notes/a.md",))
        question = ApprovalRequest(
            key=key, title="Write a.md", act=act, risk="high", session_id="s", project="notes", reason="Tidy"
        )
        decision = await self.services.call("approvals.request", caller, question)
        if decision.allowed and decision.digest == act.digest():
            assert self.context.home is not None
            with (self.context.home / "acts").open("a") as acts:
                acts.write(f"{key}\n")
        return {"allowed": decision.allowed, "message": decision.message}
