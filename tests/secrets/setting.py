"""A program that sets secrets and acknowledges each: `setting.py FOLDER NAME COUNT`."""

import asyncio
import sys
from pathlib import Path

from pydantic import SecretStr

from atrium.adapters.secrets import EncryptedFileStore, KeySource


def program(folder: Path, name: str, count: int) -> list[str]:
    """Return the command line that sets `<name>-0` and so on."""
    return [sys.executable, __file__, str(folder), name, str(count)]


async def set_all(folder: Path, name: str, count: int) -> None:
    store = EncryptedFileStore(folder, KeySource(folder), lambda: 1.8e9)
    for number in range(count):
        await store.set(f"{name}-{number}", SecretStr("value"))
        print(number, flush=True)


if __name__ == "__main__":
    asyncio.run(set_all(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
