"""Line charts as SVG, legible on a light and on a dark page: panels side by side, each line named where it ends."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

WIDTH, HEIGHT, MARGIN, COLUMNS = 400, 250, 16, 2
LEFT, RIGHT, TOP, BOTTOM = 58, 78, 40, 42
TICKS = (1.0, 2.0, 2.5, 5.0, 10.0)
NAME_HEIGHT = 13.0
COLOURS = 4
MARKED = 12
"""Points of a line up to which each gets a dot."""

STYLE = """<style>
.page { fill: #ffffff; stroke: #d9dce1 } text { fill: #3b4252; font: 11px system-ui, sans-serif }
.title { font-size: 13px; font-weight: 600; fill: #1c2230 } .grid { stroke: #e4e7ec } .axis { stroke: #9aa3b2 }
.line { fill: none; stroke-width: 2 } .name { font-weight: 600 }
.c0 { --c: #0b63ce } .c1 { --c: #b4540a } .c2 { --c: #0f7b52 } .c3 { --c: #8a3ffc }
.line { stroke: var(--c) } .dot { fill: var(--c) } .name { fill: var(--c) } .c0.line { stroke-width: 3 }
.thin.line { stroke-width: 1.3 }
@media (prefers-color-scheme: dark) {
.page { fill: #171b24; stroke: #323a4a } text { fill: #c3cad8 } .title { fill: #eef1f6 } .grid { stroke: #2a3140 }
.axis { stroke: #66708a } .c0 { --c: #6cb0ff } .c1 { --c: #ffa657 } .c2 { --c: #56d19a } .c3 { --c: #c8a2ff }
.name { fill: var(--c) } }
</style>"""


@dataclass(frozen=True, slots=True)
class Line:
    """Named points, in the order of their x."""

    name: str
    points: Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Panel:
    """One chart. Logarithmic axes want positive numbers; linear ones begin at 0."""

    title: str
    x: str
    lines: Sequence[Line]
    logarithmic: bool = True


def svg(title: str, panels: Sequence[Panel]) -> str:
    """Return a picture of all panels; `title` is what a screen reader says."""
    columns = min(COLUMNS, len(panels))
    rows = -(-len(panels) // columns)
    width, height = columns * WIDTH + 2 * MARGIN, rows * HEIGHT + 2 * MARGIN
    size = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="{escape(title)}">',
        STYLE,
        f'<rect class="page" x="0.5" y="0.5" width="{width - 1}" height="{height - 1}" rx="8"/>',
    ]
    for number, panel in enumerate(panels):
        x, y = MARGIN + number % columns * WIDTH, MARGIN + number // columns * HEIGHT
        parts += [f'<g transform="translate({x} {y})">', *_panel(panel), "</g>"]
    return "\n".join([*parts, "</svg>"]) + "\n"


@dataclass(frozen=True, slots=True)
class Axis:
    """Where a number is between two ends, in pixels."""

    low: float
    high: float
    start: float
    end: float
    logarithmic: bool

    def at(self, value: float) -> float:
        """Return the place of a value."""
        scale = math.log10 if self.logarithmic else float
        low, high = scale(self.low), scale(self.high)
        return self.start + (scale(value) - low) / (high - low) * (self.end - self.start)

    def ticks(self) -> list[float]:
        """Return the round numbers between the ends."""
        if self.logarithmic:
            first, last = math.ceil(math.log10(self.low)), math.floor(math.log10(self.high))
            return [10.0**power for power in range(first, last + 1)]
        step = _step(self.high - self.low)
        return [self.low + step * number for number in range(int((self.high - self.low) / step + 1e-9) + 1)]


def _panel(panel: Panel) -> Iterator[str]:
    xs = [x for line in panel.lines for x, _ in line.points]
    ys = [y for line in panel.lines for _, y in line.points]
    across = Axis(*_ends(xs, panel.logarithmic, exact=True), LEFT, WIDTH - RIGHT, panel.logarithmic)
    upwards = Axis(*_ends(ys, panel.logarithmic, exact=False), HEIGHT - BOTTOM, TOP, panel.logarithmic)
    yield f'<text class="title" x="{LEFT}" y="20">{escape(panel.title)}</text>'
    for tick in upwards.ticks():
        y = upwards.at(tick)
        yield f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield f'<text x="{LEFT - 7}" y="{y + 4:.1f}" text-anchor="end">{_short(tick)}</text>'
    for tick in across.ticks():
        yield f'<text x="{across.at(tick):.1f}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">{_short(tick)}</text>'
    floor, middle = HEIGHT - BOTTOM, (LEFT + WIDTH - RIGHT) / 2
    yield f'<line class="axis" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{floor}" y2="{floor}"/>'
    yield f'<text x="{middle:.0f}" y="{HEIGHT - 8}" text-anchor="middle">{escape(panel.x)}</text>'
    names = _apart([upwards.at(line.points[-1][1]) for line in panel.lines])
    for number, (line, name_y) in enumerate(zip(panel.lines, names, strict=True)):
        places = [(across.at(x), upwards.at(y)) for x, y in line.points]
        yield from _line(line, places, name_y, f"c{number % COLOURS}")


def _line(line: Line, places: Sequence[tuple[float, float]], name_y: float, colour: str) -> Iterator[str]:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    many = len(places) > MARKED
    yield f'<polyline class="line{" thin" if many else ""} {colour}" points="{path}"/>'
    if not many:
        yield from (f'<circle class="dot {colour}" cx="{x:.1f}" cy="{y:.1f}" r="3"/>' for x, y in places)
    yield f'<text class="name {colour}" x="{places[-1][0] + 8:.1f}" y="{name_y + 4:.1f}">{escape(line.name)}</text>'


def _apart(places: Sequence[float]) -> list[float]:
    """Move names apart that would lie on each other."""
    moved = list(places)
    order = sorted(range(len(places)), key=lambda index: places[index])
    for before, after in pairwise(order):
        moved[after] = max(moved[after], moved[before] + NAME_HEIGHT)
    return moved


def _ends(values: Sequence[float], logarithmic: bool, *, exact: bool) -> tuple[float, float]:
    """Return the ends of an axis: the values' own if `exact`, else the next round ones. A linear one begins at 0."""
    low, high = min(values), max(values)
    if exact:
        low = low if logarithmic else 0.0
        return low, high if high > low else low + 1
    if logarithmic:
        low, high = 10 ** math.floor(math.log10(low)), 10 ** math.ceil(math.log10(high))
        return low, high if high > low else low * 10
    step = _step(high or 1)
    return 0, math.ceil(high / step or 1) * step


def _step(span: float) -> float:
    """Return a round number of which four to eight make the span."""
    power = 10.0 ** math.floor(math.log10(span / 4))
    return next(factor * power for factor in TICKS if factor * power >= span / 8 and span / (factor * power) <= 8)


def _short(value: float) -> str:
    for size, letter in ((1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:g}{letter}"
    return f"{value:g}"
