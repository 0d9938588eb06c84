"""Reference: Agno's AgentOS with one agent and its SQLite database: `agentos.py PORT FILE ENDPOINT`.

It runs in an environment of its own, which has nothing of ours.
"""

from __future__ import annotations

import sys

import uvicorn
from agno.agent import Agent  # type: ignore[import-not-found]  # installed aside, see `peer`
from agno.db.sqlite import AsyncSqliteDb  # type: ignore[import-not-found]
from agno.models.openai.like import OpenAILike  # type: ignore[import-not-found]
from agno.os import AgentOS  # type: ignore[import-not-found]

REMEMBERED = 1_000
"""Turns of its session that a model is told, as it is by the hub: all."""


def serve(port: int, file: str, endpoint: str) -> None:
    """Serve an agent that is called `bench`, on the loop and the parser that the hub has."""
    agent = Agent(
        id="bench",
        model=OpenAILike(id="bench", api_key="none", base_url=endpoint),
        db=AsyncSqliteDb(db_file=file),
        add_history_to_context=True,
        num_history_runs=REMEMBERED,
        telemetry=False,
    )
    application = AgentOS(agents=[agent], telemetry=False).get_app()
    uvicorn.run(application, port=port, loop="uvloop", http="httptools", log_level="error", access_log=False)


if __name__ == "__main__":
    serve(int(sys.argv[1]), *sys.argv[2:])
