"""How the chain waits for AWS, and how its questions run side by side."""

from __future__ import annotations

import io
import threading
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from lambda_sandbox.core import VirtualClock
from signed_lambda.chain.workbench import LANES, Lanes, Workbench
from signed_lambda.clock import Deadline
from signed_lambda.errors import DeadlineError
from signed_lambda.journal import Journal
from signed_lambda.runner import Runner
from signed_lambda.signals import StopFlag
from signed_lambda.signature import TrustRoots
from tests.support.lanes import OneByOne, Parallel

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.action import Team


def looks(folder: Path, spread: float, looked: int, answer_s: float = 0.0) -> list[float]:
    """The time from each of so many looks to the next, in seconds; an answer takes `answer_s`."""
    clock = VirtualClock()
    bench = Workbench(
        cloud=None,  # type: ignore[arg-type] # nothing is asked of AWS here
        clock=clock,
        deadline=Deadline.after(clock, 10_000, StopFlag().check),
        journal=Journal(clock, Runner({}, io.StringIO())),
        folder=folder,
        roots=lambda: TrustRoots.AWS,
        lanes=OneByOne(),
        spread=lambda: spread,
    )
    at: list[float] = []

    def look() -> int:
        at.append(clock.monotonic())
        clock.sleep(answer_s)
        return len(at)

    bench.poll("it", look, lambda n: n == looked, str)
    return [round(b - a, 6) for a, b in pairwise(at)]


def test_a_wait_looks_ten_times_a_second_and_four_times_while_young(tmp_path: Path) -> None:
    rooms = looks(tmp_path, 0.0, 90)

    assert rooms[:33] == [0.1] * 33
    assert rooms[50] == pytest.approx(0.03 * sum(rooms[:50]), abs=1e-5)
    assert max(rooms) == 0.25


def test_the_time_that_an_answer_takes_is_part_of_the_room(tmp_path: Path) -> None:
    assert looks(tmp_path, 0.0, 10, answer_s=0.05) == [0.1] * 9


def test_aws_is_left_alone_for_half_of_the_room(tmp_path: Path) -> None:
    assert looks(tmp_path, 0.0, 4, answer_s=0.4) == [0.45] * 3


def test_a_long_wait_looks_every_two_seconds(tmp_path: Path) -> None:
    rooms = looks(tmp_path, 0.0, 190)

    young = [r for n, r in enumerate(rooms) if sum(rooms[:n]) < 15.0]
    assert max(young) == 0.25
    old = rooms[len(young) :]
    assert old[:9] == pytest.approx(
        [0.03 * sum(rooms[: len(young) + n]) for n in range(9)], abs=1e-5
    )
    assert set(old[60:]) == {2.0}


@pytest.mark.parametrize(("spread", "pause"), [(0.0, 2.0), (0.5, 1.5), (1.0, 1.0)])
def test_runs_that_wait_long_at_the_same_time_are_spread(
    tmp_path: Path, spread: float, pause: float
) -> None:
    assert looks(tmp_path, spread, 250)[-1] == pause


def test_a_wait_rides_out_throttles(team: Team) -> None:
    for operation in ("DescribeSigningJob", "GetFunctionConfiguration", "GetFunction"):
        team.sandbox.faults.add(operation, "throttle", times=5)

    ended = team.run()

    assert ended.outputs["outcome"] == "deployed", ended.log
    throttled = [c for c in ended.calls if c.status == 429]
    assert len(throttled) == 15


def test_an_error_of_a_question_comes_out_where_its_answer_is_taken() -> None:
    def fails() -> int:
        raise DeadlineError.of("E-TIME-01", "over", "again")

    asked = Lanes().submit(fails)

    with pytest.raises(DeadlineError):
        asked.result(timeout=30)


def test_no_more_questions_than_lanes_are_under_way() -> None:
    lanes, go, under_way, most = Lanes(), threading.Event(), 0, 0
    counting = threading.Lock()

    def question() -> None:
        nonlocal under_way, most
        with counting:
            under_way += 1
            most = max(most, under_way)
            if most == LANES:
                go.set()
        assert go.wait(30)
        with counting:
            under_way -= 1

    asked = [lanes.submit(question) for _ in range(3 * LANES)]
    for one in asked:
        one.result(timeout=30)

    assert most == LANES


def test_the_lanes_of_tests_take_the_time_of_the_longest_question() -> None:
    clock = VirtualClock()
    lanes = Parallel(clock, lanes=2)

    asked = [lanes.submit(clock.sleep, seconds) for seconds in (3.0, 1.0, 1.0, 2.0)]
    begun_at = clock.monotonic()
    for one in asked:
        one.result()

    assert (begun_at, clock.monotonic()) == (0.0, 4.0)
