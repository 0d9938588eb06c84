"""The work of a page's thread: what of a stretch of time its tasks took."""

import pytest

from bench.browser.work import Work


@pytest.mark.parametrize(
    ("begin", "end", "busy"),
    [(0, 100, 12), (11, 12, 1), (12, 41, 4), (15, 40, 0), (43, 45, 2), (50, 60, 0)],
    ids=["all", "inside a task", "across two", "between them", "the end of one", "after all"],
)
def test_work_is_the_part_of_each_task_that_falls_within(begin: float, end: float, busy: float) -> None:
    work = Work([10, 40, 42], [15, 42, 47])

    assert work.within(begin, end) == busy
