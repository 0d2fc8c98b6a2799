"""The deadline and the stop flag: what ends a run, and in which order."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_sandbox.core import VirtualClock
from signed_lambda.clock import GRACE_S, Deadline, SystemClock, Wait
from signed_lambda.errors import Cancelled, DeadlineError
from signed_lambda.signals import StopFlag


def deadline(seconds: float) -> tuple[VirtualClock, StopFlag, Deadline]:
    clock, stop = VirtualClock(), StopFlag()
    return clock, stop, Deadline.after(clock, seconds, stop.check)


def test_a_flag_that_is_not_set_stops_nothing() -> None:
    stop = StopFlag()

    stop.check()

    assert not stop.is_set()
    assert stop.wait(0) is False


def test_a_flag_that_is_set_cancels_and_names_the_signal() -> None:
    stop = StopFlag()

    stop.set("SIGTERM")

    assert stop.is_set()
    assert stop.wait(60) is True
    with pytest.raises(Cancelled, match=r"E-CANCEL-01 the job was cancelled \(SIGTERM\)"):
        stop.check()


def test_the_time_left_counts_down_to_zero() -> None:
    clock, _, ends = deadline(10)

    left = []
    for _step in range(3):
        left.append(ends.left_s())
        clock.advance(6)

    assert left == [10, 4, 0]


def test_there_is_time_until_the_very_end() -> None:
    clock, _, ends = deadline(10)
    clock.advance(9.999)

    ends.check("doing something")

    clock.advance(0.001)
    with pytest.raises(DeadlineError, match=r"E-TIME-01 .* was over while doing something"):
        ends.check("doing something")


def test_a_part_of_the_run_ends_with_the_whole_and_never_after_it() -> None:
    clock, _, whole = deadline(60)
    part, longer = whole.within(20), whole.within(90)
    assert (part.left_s(), longer.left_s()) == (20, 60)

    clock.sleep(5)
    whole.end()

    assert (part.left_s(), longer.left_s()) == (0, 0)
    with pytest.raises(DeadlineError):
        part.check("a look that nobody waits for")


def test_a_cancelled_run_is_told_as_cancelled_also_when_its_time_is_over() -> None:
    clock, stop, ends = deadline(10)
    clock.advance(20)
    stop.set("SIGINT")

    with pytest.raises(Cancelled):
        ends.check("doing something")


def test_in_grace_a_look_may_start_after_the_end_and_after_a_stop_signal() -> None:
    clock, stop, end = deadline(10)
    clock.advance(60)
    stop.set("SIGINT")

    with end.grace():
        end.check("looking")
        left_s = end.left_s()
        clock.advance(GRACE_S)
        with pytest.raises(Cancelled):
            end.check("looking again")

    assert left_s == GRACE_S
    with pytest.raises(Cancelled):
        end.check("going on")


def test_grace_takes_nothing_of_the_time_that_is_left() -> None:
    _, _, end = deadline(100)

    with end.grace():
        assert end.left_s() == 100
    assert end.left_s() == 100


def test_the_real_clock_tells_utc_and_never_goes_back() -> None:
    clock = SystemClock(StopFlag())

    a, b = clock.monotonic(), clock.monotonic()

    assert clock.now().tzinfo is UTC
    assert abs((clock.now() - datetime.now(UTC)).total_seconds()) < 60
    assert a <= b


def test_a_sleep_ends_at_once_when_the_run_was_cancelled() -> None:
    stop = StopFlag()
    clock = SystemClock(stop)
    stop.set("SIGTERM")
    started = time.monotonic()

    with pytest.raises(Cancelled):
        clock.sleep(60)

    assert time.monotonic() - started < 30


@pytest.mark.parametrize("seconds", [0, -1, 0.001])
def test_a_sleep_that_nobody_ends_raises_nothing(seconds: float) -> None:
    SystemClock(StopFlag()).sleep(seconds)


def test_a_short_wait_is_silent() -> None:
    _, _, ends = deadline(900)
    said: list[str] = []

    Wait("waiting for x", ends, said.append).sleep(2.9, "Pending")

    assert said == []


def test_a_wait_is_told_after_3_s_and_every_10_s_with_the_last_state() -> None:
    clock, _, ends = deadline(60)
    said: list[str] = []
    wait = Wait("waiting for x", ends, said.append)

    wait.sleep(5, "Pending")
    wait.sleep(25, "InProgress")

    assert clock.monotonic() == 30
    assert said == [
        "waiting for x: Pending, 3 s so far, 57 s left of timeout-minutes",
        "waiting for x: InProgress, 13 s so far, 47 s left of timeout-minutes",
        "waiting for x: InProgress, 23 s so far, 37 s left of timeout-minutes",
    ]


@given(naps=st.lists(st.floats(min_value=0.001, max_value=70), min_size=1, max_size=30))
def test_no_wait_is_silent_for_more_than_10_s(naps: list[float]) -> None:
    clock, _, ends = deadline(10_000)
    told = [clock.monotonic()]
    wait = Wait("x", ends, lambda _: told.append(clock.monotonic()))

    for nap in naps:
        before = clock.monotonic()
        wait.sleep(nap, "s")
        assert abs(clock.monotonic() - before - nap) < 0.001

    told.append(clock.monotonic())
    assert all(later - earlier < 10.01 for earlier, later in pairwise(told))


def test_a_wait_ends_when_the_run_is_cancelled() -> None:
    stop = StopFlag()
    ends = Deadline.after(SystemClock(stop), 900, stop.check)
    stop.set("SIGINT")

    with pytest.raises(Cancelled):
        Wait("x", ends, str).sleep(60, "s")
