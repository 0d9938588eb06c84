"""All benchmarks, in the order in which they run."""

from __future__ import annotations

from bench import catch_up, commits, event_bus, memory, messages, page, reads, service_call, start, sync_apply
from bench.figures import Bench

BENCHES: tuple[Bench, ...] = (
    start.BENCH,
    memory.BENCH,
    messages.BENCH,
    event_bus.BENCH,
    service_call.BENCH,
    commits.BENCH,
    reads.BENCH,
    catch_up.BENCH,
    sync_apply.BENCH,
    page.BENCH,
)


def find(name: str) -> Bench:
    """Return a benchmark by name; raises LookupError with the names there are."""
    for bench in BENCHES:
        if bench.name == name:
            return bench
    raise LookupError(f"there is no benchmark {name!r}; there are {', '.join(bench.name for bench in BENCHES)}")
