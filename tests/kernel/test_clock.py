from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from atrium.sdk.clock import timestamp

YEAR_3000 = datetime(3000, 1, 1, tzinfo=UTC).timestamp()


@given(st.floats(min_value=0, max_value=YEAR_3000))
def test_a_point_in_time_is_written_in_utc_to_the_millisecond_and_reads_back(moment: float) -> None:
    written = timestamp(moment)
    assert written.endswith("Z")
    assert len(written) == len("2026-11-21T10:00:00.000Z")
    assert 0 <= moment - datetime.fromisoformat(written).timestamp() + 0.000_01 < 0.001_02


def test_before_1970_too() -> None:
    assert timestamp(-0.001) == "1969-12-31T23:59:59.999Z"
