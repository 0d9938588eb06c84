"""What kind of tests stand in a file."""

import pytest

IN_BROWSER = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(180)]
JOURNEY = [*IN_BROWSER, pytest.mark.journey]
SHARED = pytest.mark.asyncio(loop_scope="session")
"""For tests that use the browser or the hub of the whole run, which live on its loop."""
