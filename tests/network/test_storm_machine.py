"""R10: whatever writers, readers, kills and slow sockets do, in whatever order, the judge has nothing to say."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.network.machine import Storm
from tests.network.screens import Entry, Screen

STEPS = 10_000
AT_ONCE = 250
EXAMPLES = 64
"""Of each the last part is often missing: no example may draw more than a few kilobytes of choices."""


def storm_settings(examples: int, steps: int) -> settings:
    """Return settings for a real process: what fails is not made smaller, since no run of it is like another."""
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        phases=(Phase.generate,),
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )


class Forgetful(Screen):
    """Loses every tenth entry."""

    def _take(self, entry: Entry) -> None:
        super()._take(entry)
        if int(entry["offset"]) % 10 == 0 or len(self.seen) == 3:
            self.seen.pop()


class Stuttering(Screen):
    """Sees every fifth entry twice."""

    def _take(self, entry: Entry) -> None:
        super()._take(entry)
        if len(self.seen) % 5 == 1:
            self.seen.append(self.seen[-1])


class Muddled(Screen):
    """Sees every fourth entry before the one that was before it."""

    def _take(self, entry: Entry) -> None:
        super()._take(entry)
        if len(self.seen) % 4 == 0:
            self.seen[-2:] = self.seen[:-3:-1]


def test_the_judge_has_nothing_to_say_in_a_short_storm() -> None:
    run_state_machine_as_test(Storm, settings=storm_settings(2, 80))


@pytest.mark.parametrize("screen", [Forgetful, Stuttering, Muddled])
def test_the_judge_speaks_when_a_screen_sees_something_else(screen: type[Screen]) -> None:
    doctored = type("Doctored", (Storm,), {"screen_type": screen})
    with pytest.raises(BaseException, match=r"gap|twice|comes after|saw|more, from|the history has"):
        run_state_machine_as_test(doctored, settings=storm_settings(1, 50))


@pytest.mark.storm
@pytest.mark.timeout(600)
def test_the_judge_has_nothing_to_say_in_ten_thousand_steps() -> None:
    class Long(Storm):
        """Counts its own steps."""

    run_state_machine_as_test(Long, settings=storm_settings(EXAMPLES, AT_ONCE))
    assert Long.steps >= STEPS
    assert Long.kills >= STEPS // 500
