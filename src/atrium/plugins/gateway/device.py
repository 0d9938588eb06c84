"""From which device somebody calls, as far as the header `User-Agent` tells."""

from __future__ import annotations

import re

from atrium.contracts.followers import Device

LONGEST = 40
"""Characters of a name that a client gave itself."""

UNKNOWN = "Client"

_BROWSERS = (
    ("Edge", re.compile(r"\bEdg(?:e|A|iOS)?/")),
    ("Opera", re.compile(r"\bOPR/")),
    ("Firefox", re.compile(r"\b(?:Firefox|FxiOS)/")),
    ("Chrome", re.compile(r"(?:Chrome|Chromium|CriOS)/")),
    ("Safari", re.compile(r"\bSafari/")),
)
_SYSTEMS = ("iPhone", "iPad", "Android", "Windows", "CrOS", "Mac OS X", "Linux")
_SPOKEN = {"CrOS": "ChromeOS", "Mac OS X": "macOS"}
_OWN = re.compile(r"atrium/\S+ \(([^;()]+)(?:; ([^()]*))?\)")
_PRODUCT = re.compile(r"[\w.+-]+")


def device_of(user_agent: str | None) -> Device:
    """Return the program and the system; a client of the hub's own names both: `atrium/1 (Terminal; HOST)`."""
    text = (user_agent or "")[:512]
    if own := _OWN.match(text):
        return Device(program=_name(own[1]) or UNKNOWN, system=_name(own[2] or "") or None)
    if text.startswith("Mozilla/"):
        program = next((name for name, pattern in _BROWSERS if pattern.search(text)), "Browser")
        system = next((name for name in _SYSTEMS if name in text), None)
        return Device(program=program, system=_SPOKEN.get(system or "", system))
    product = _PRODUCT.match(text)
    return Device(program=_name(product[0]) if product else UNKNOWN)


def _name(text: str) -> str:
    """Return a name that can be shown: on one line, without what is invisible, and not too long."""
    return "".join(letter for letter in " ".join(text.split()) if letter.isprintable())[:LONGEST].strip()
