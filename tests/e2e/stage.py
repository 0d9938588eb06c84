"""A plugin file for the hub under test: a provider that speaks on cue, so that a test can act in mid-answer."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from atrium.sdk import Manifest, NoConfig, Plugin
from atrium.sdk.providers import (
    ProviderEvent,
    ProviderInfo,
    TextDelta,
    ThinkingDelta,
    ToolCall,
    ToolResult,
    TurnRequest,
)
from atrium.testing.plain_provider import PlainProvider

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

```python
x = "<img src=x onerror=\"window.pwned='coloured'\">"  # </code><script>window.pwned='comment'</script>
```

$\\href{javascript:window.pwned='formula'}{x}$ $\\includegraphics{https://evil.example/pixel.png}$
$\\style{background:url(https://evil.example/pixel.png)}{x}$ $\\text{<img src=x onerror=window.pwned='text'>}$ $a^2$

$$b^2$$

- [x] <input onfocus="window.pwned='task'" autofocus>

[ref]: javascript:window.pwned='ref'
[ref] survived
"""

HOSTILE_TOOLS: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("<img src=x onerror=\"window.pwned='tool'\">", {"html": HOSTILE_TEXT}, HOSTILE_TEXT),
    ("Bash", {"command": HOSTILE_TEXT}, HOSTILE_TEXT),
    ("Edit", {"file_path": HOSTILE_TEXT, "old_string": "a", "new_string": HOSTILE_TEXT}, "done"),
    ("apply_patch", {"patch": f"--- a\n+++ {HOSTILE_TEXT}\n@@ -1 +1 @@\n-a\n+{HOSTILE_TEXT}"}, "done"),
    ("forecast", {HOSTILE_TEXT: HOSTILE_TEXT}, json.dumps({HOSTILE_TEXT: [HOSTILE_TEXT, {"__proto__": HOSTILE_TEXT}]})),
    ("TodoWrite", {"todos": [{"content": HOSTILE_TEXT, "status": HOSTILE_TEXT}]}, "done"),
)


class Stage(PlainProvider):
    """Answers by the first word: `half NAME` stops in the middle until the file `<home>/cues/NAME` is there."""

    info = ProviderInfo(id="stage", name="Stage", version="1.0.0", capabilities={"streaming": True})

    def __init__(self, cues: Path) -> None:
        self._cues = cues

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
            for number, (name, arguments, output) in enumerate(HOSTILE_TOOLS):
                yield ToolCall(f"call-{number}", name, arguments)
                yield ToolResult(f"call-{number}", name, output)
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
