"""Pictures of the full-screen terminal for the documentation: `python -m tests.app.tui_pictures` writes them anew."""

from __future__ import annotations

import asyncio
import re
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from atrium.app.tui.words import ENGLISH, RUSSIAN, Words
from atrium.client import Client
from atrium.testing.daemon import DaemonProcess, running_daemon
from tests.app.tui_screen import TuiScreen, tui

IMAGES = Path(__file__).parents[2] / "docs" / "images"
ANSWER = """`sorted` returns a **new list**, `list.sort` changes the one you have.

| call | returns | changes the list |
|---|---|---|
| `sorted(people)` | a new list | no |
| `people.sort()` | `None` | yes |

To sort by a part of each item, give a *key*:

```python
def by_age(people: list[Person]) -> list[Person]:
    return sorted(people, key=lambda one: one.age)
```

- Both are stable: equal items keep their order.
- Both take `reverse=True`."""
TITLES = ("A week in Lisbon", "Why the sky is blue", "План на лето", "東京の天気", "Notes for the release")


async def main() -> None:
    """Write all pictures."""
    with tempfile.TemporaryDirectory() as folder:
        async with running_daemon(Path(folder) / "home") as daemon, daemon.attach() as client:
            session = await _fill(client)
            await _picture(daemon, session, "terminal-wide", (120, 36), ENGLISH, "dark")
            await _picture(daemon, session, "terminal-narrow", (80, 24), ENGLISH, "dark")
            await _picture(daemon, None, "terminal-list", (80, 24), RUSSIAN, "light")


async def _fill(client: Client) -> str:
    for title in TITLES:
        session = await client.sessions.create("echo", title=title)
        await client.sessions.send(session, title)
    session = await client.sessions.create("echo", title="Sorting a list in Python")
    for content in (ANSWER, "/think 24", "/tool read_file", "/sleep 600"):
        await client.sessions.send(session, content)
    return session


async def _picture(
    daemon: DaemonProcess, session: str | None, name: str, size: tuple[int, int], words: Words, theme: str
) -> None:
    async with tui(daemon, size=size, words=words, session_id=session, now=_now) as screen:
        screen.app.theme = theme
        await screen.sees("東京の天気" if session is None else words.answering.format(provider="echo"))
        await screen.pilot.pause(1)
        _write(screen, name)


def _now() -> datetime:
    return datetime.now(UTC)


def _write(screen: TuiScreen, name: str) -> None:
    """Write a picture that fetches no font from elsewhere."""
    picture = screen.app.export_screenshot(title="atrium tui")
    picture = re.sub(r"@font-face \{.*?\}\s*", "", picture, flags=re.DOTALL).replace("Fira Code", "JetBrains Mono")
    (IMAGES / f"{name}.svg").write_text(picture, "utf-8")


if __name__ == "__main__":
    asyncio.run(main())
