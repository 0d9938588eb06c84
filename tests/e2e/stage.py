"""A plugin file for the hub under test: a provider that speaks on cue, so that a test can act in mid-answer."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any

from atrium.sdk import Manifest, NoConfig, Plugin
from atrium.sdk.providers import (
    Availability,
    Command,
    Progress,
    ProviderEvent,
    ProviderInfo,
    TextDelta,
    ThinkingDelta,
    ToolCall,
    ToolResult,
    TurnRequest,
)

BEGINNING = "one two three "
END = "four five six."

HOSTILE_TEXT = """\
<script>window.pwned = 'script'</script><img src=x onerror="window.pwned = 'onerror'">
<svg onload="window.pwned = 'svg'"></svg><iframe srcdoc="<script>parent.pwned = 'frame'</script>"></iframe>
<style>body { display: none }</style><base href="https://evil.example/"><meta http-equiv="refresh" content="0;url=https://evil.example/">
<form action="https://evil.example/"><button>Sign in</button></form>

[a link](javascript:window.pwned='link') [spaced](  java\tscript:window.pwned='spaced')
[data](data:text/html,<script>1</script>)
[blob](blob:https://evil.example/1) <javascript:window.pwned='auto'> [file](file:///etc/passwd)

![an image](https://evil.example/pixel.png) ![svg](data:image/svg+xml,<svg onload="window.pwned='image'">)

| <img src=x onerror="window.pwned='cell'"> | `<b>` |
|---|---|
| \u202etxt.exe\u202c | \x1b[31mred\x1b[0m \x1b]0;pwned\x07 |

```html
<script>window.pwned = 'code'</script>
```

```"><img src=x onerror="window.pwned='fence'">
x
```
[ref]: javascript:window.pwned='ref'
[ref] survived
"""


class Stage:
    """Answers by the first word: `half NAME` stops in the middle until the file `<home>/cues/NAME` is there."""

    info = ProviderInfo(id="stage", name="Stage", version="1.0.0", capabilities={"streaming": True})
    availability = Availability("active")

    def __init__(self, cues: Path) -> None:
        self._cues = cues

    async def configure(self, settings: Mapping[str, Any]) -> None:
        """Need no settings."""

    async def install_or_update(self, progress: Callable[[Progress], None]) -> None:
        """Need no files."""

    async def start_session(self, session_id: str, settings: Mapping[str, Any]) -> None:
        """Keep nothing."""

    async def stop_session(self, session_id: str) -> None:
        """Keep nothing."""

    async def control(self, session_id: str, command: Command) -> None:
        """Take no commands."""

    async def stream_events(self, session_id: str, turn: TurnRequest) -> AsyncIterator[ProviderEvent]:
        """Speak."""
        word, _, rest = turn.content.partition(" ")
        if word == "half":
            for piece in BEGINNING.split():
                yield TextDelta(f"{piece} ")
            await self._cue(rest)
            yield TextDelta(END)
        elif word == "hostile":
            yield ThinkingDelta(HOSTILE_TEXT)
            yield ToolCall("call", "<img src=x onerror=\"window.pwned='tool'\">", {"html": HOSTILE_TEXT})
            yield ToolResult("call", "<img src=x onerror=\"window.pwned='tool'\">", HOSTILE_TEXT)
            for start in range(0, len(HOSTILE_TEXT), 7):
                yield TextDelta(HOSTILE_TEXT[start : start + 7])
        else:
            yield TextDelta(turn.content)

    async def _cue(self, name: str) -> None:
        while not (self._cues / name).exists():  # noqa: ASYNC110  # the test is another process
            await asyncio.sleep(0.01)


class StagePlugin(Plugin[NoConfig]):
    """Offers the provider."""

    manifest = Manifest(name="stage")

    async def start(self) -> None:
        """Offer it."""
        assert self.context.home is not None
        self.context.extensions.contribute("providers.provider", Stage(self.context.home / "cues"))
