"""What is done before a picture is taken."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tests.e2e.screens import Screen


@dataclass(frozen=True)
class Scene:
    """Brings a window to what is to be seen: `go(screen, language)`, the language as `en-GB`.

    Unless `welcomed`, the window is led to the welcome once; if it `keeps_page`, the page's files stay in the browser.
    """

    go: Callable[[Screen, str], Awaitable[None]]
    is_signed_in: bool = True
    welcomed: bool = True
    keeps_page: bool = False
