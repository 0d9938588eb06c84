"""A bar on stderr for a long step; where there is no terminal, a line for each step."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from atrium.sdk.providers import Progress


class Bar:
    """Shows how far something is, as long as the block lasts."""

    def __init__(self, title: str) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

        console = Console(stderr=True)
        columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
        self._bar = Progress(*columns, console=console, disable=not console.is_terminal)
        self._task = self._bar.add_task(title, total=None)
        self._tell: Callable[[str], None] = (
            (lambda step: None) if console.is_terminal else (lambda step: click.echo(f"{title}: {step}", err=True))
        )
        self._title = title
        self._step = ""

    def progress(self, progress: Progress) -> None:
        """Show how far it is."""
        if progress.step != self._step:
            self._step = progress.step
            self._tell(progress.step)
            self._bar.reset(self._task, total=progress.total, description=f"{self._title}: {progress.step}")
        self._bar.update(self._task, completed=progress.done, total=progress.total)

    def __enter__(self) -> Bar:
        self._bar.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._bar.stop()
