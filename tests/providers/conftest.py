"""The default model, fetched once and kept between runs."""

import asyncio
import fcntl
from pathlib import Path

import pytest

from atrium.adapters.models import DEFAULT_MODEL, ModelStore

KEPT = Path(__file__).parents[2] / "build" / "test-models"


@pytest.fixture(scope="session")
def model_file() -> Path:
    """The default model's file; tests that ask for it are marked `network`."""
    KEPT.mkdir(parents=True, exist_ok=True)
    with (KEPT / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # several workers may want it at once
        return asyncio.run(ModelStore(KEPT).pull(DEFAULT_MODEL))


@pytest.fixture
def home(tmp_path: Path, model_file: Path) -> Path:
    """A home in which the default model has been pulled."""
    return home_with(model_file, tmp_path)


def home_with(model_file: Path, folder: Path) -> Path:
    """Make a home that has a model."""
    models = folder / "home" / "models"
    models.mkdir(parents=True)
    (models / model_file.name).symlink_to(model_file)
    return models.parent
