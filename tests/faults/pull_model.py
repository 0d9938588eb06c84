"""A program that pulls a small model from a file. Usage: python pull_model.py HOME SOURCE"""

import asyncio
import sys
from pathlib import Path

from atrium.adapters.models import ModelStore
from atrium.adapters.models.catalogue import Url
from tests.models.sources import CONTENT, entry

if __name__ == "__main__":
    home, source = map(Path, sys.argv[1:])
    store = ModelStore(home, [entry(Url("http://127.0.0.1:9/"), CONTENT, "small")])
    asyncio.run(store.pull("small", source))
