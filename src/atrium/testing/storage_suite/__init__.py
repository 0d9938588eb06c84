"""What every storage adapter promises, as suites to inherit (they need pytest, pytest-asyncio and hypothesis).

    class TestMyStorage(DocumentsSuite, CommitsSuite, StreamsSuite, IndexesSuite, ModelSuite):
        @pytest.fixture
        def factory(self, tmp_path):
            return lambda: MyStorageAdapter(tmp_path / "data")

The layers stand alone: an adapter without streams inherits the others and says so in its documentation.
"""

from atrium.testing.storage_suite.base import AdapterFactory, Recorder, StorageSuite, store
from atrium.testing.storage_suite.commits import CommitsSuite
from atrium.testing.storage_suite.documents import DocumentsSuite
from atrium.testing.storage_suite.indexes import IndexesSuite
from atrium.testing.storage_suite.model import ModelSuite
from atrium.testing.storage_suite.streams import StreamsSuite

__all__ = [
    "AdapterFactory",
    "CommitsSuite",
    "DocumentsSuite",
    "IndexesSuite",
    "ModelSuite",
    "Recorder",
    "StorageSuite",
    "StreamsSuite",
    "store",
]
