"""One hub for all tests that leave it running."""

from collections.abc import Iterator

import pytest

from tests.conformance.hub import Api, Hub


@pytest.fixture(scope="session")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """A running hub; its port and files are all that is known of it."""
    running = Hub(tmp_path_factory.mktemp("conformance") / "home")
    running.start()
    yield running
    assert running.end() == 0


@pytest.fixture
def api(hub: Hub) -> Iterator[Api]:
    """The owner's calls."""
    with hub.api() as calls:
        yield calls
