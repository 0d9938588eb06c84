"""Power that goes at any moment while secrets are set: what was acknowledged is there, and nothing half."""

from __future__ import annotations

import random
import shutil
import subprocess
from pathlib import Path
from typing import get_args

import pytest

from atrium.adapters.secrets import EncryptedFileStore, KeySource
from tests.faults.daemon import until
from tests.faults.disk_log import command, events
from tests.faults.failing_calls import need_strace
from tests.faults.lost_power import Disk, Mode, write_to
from tests.secrets.setting import program

COUNT = 3


async def found_in(folder: Path) -> set[str]:
    """Return the names of the secrets that can be read, which must be all that are listed."""
    store = EncryptedFileStore(folder, KeySource(folder), lambda: 0.0)
    names = {info.name for info in await store.list()}
    assert {(await store.get(name)).get_secret_value() for name in names} <= {"value"}
    return names


@pytest.mark.slow
async def test_what_was_acknowledged_outlives_a_loss_of_power_at_any_call(tmp_path: Path) -> None:
    need_strace()
    home, log, left = tmp_path / "home", tmp_path / "log", tmp_path / "left"
    home.mkdir()
    subprocess.run([*command(log), *program(home / "secrets", "a", COUNT)], check=True, stdout=subprocess.PIPE)
    await until(lambda: b"+++ " in log.read_bytes()[-200:], "the end of the log")
    disk, acknowledged, dice = Disk(), 0, random.Random(1)
    for event in events(log, home):
        disk.apply(event)
        acknowledged += event.name == "said" and event.data.endswith(b"\n")
        for mode in get_args(Mode):
            write_to(left, disk.after_power_loss(mode, dice))
            found = await found_in(left / "secrets")
            assert {f"a-{number}" for number in range(acknowledged)} <= found, (event.name, event.path, mode)
            shutil.rmtree(left)
    assert acknowledged == COUNT
