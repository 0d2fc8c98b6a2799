"""A matrix of deploys shares Lambda's fifteen requests a second, and all of them succeed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from signed_lambda.aws.pace import SHARE, Pace
from tests.support.fleet import deploy_fleet

if TYPE_CHECKING:
    from pathlib import Path


def test_twenty_deploys_at_once_all_succeed_and_waste_few_calls(tmp_path: Path) -> None:
    went = deploy_fleet(tmp_path, 20)

    assert set(went.outcomes) == {"deployed"}
    assert went.refused > 0  # they were too many, else nothing is shown
    assert went.wasted < 0.15
    assert went.times_bound < 1.6


def test_a_run_that_was_never_refused_waits_for_nothing() -> None:
    pace = Pace(200, lambda: 0.5)

    assert [pace.wait_s("lambda:GetAlias", now) for now in (0.0, 0.0, 0.1)] == [0.0, 0.0, 0.0]


def test_after_a_refusal_a_run_keeps_to_its_share_of_fifteen_a_second() -> None:
    pace = Pace(30, lambda: 0.5)
    pace.refused("lambda:GetAlias", 0.0)

    waits = [pace.wait_s("lambda:GetAlias", 0.0) for _ in range(3)]
    assert waits == pytest.approx([2.0 * SHARE, 4.0 * SHARE, 6.0 * SHARE])
    assert pace.wait_s("lambda:GetAlias", 60.0) == 0.0


@pytest.mark.parametrize("operation", ["lambda:GetFunction", "lambda:Invoke", "s3:PutObject"])
def test_what_lambda_does_not_count_is_not_kept_waiting(operation: str) -> None:
    pace = Pace(200, lambda: 0.5)
    pace.refused("lambda:GetAlias", 0.0)
    pace.refused(operation, 0.0)

    assert pace.wait_s(operation, 0.0) == 0.0


@pytest.mark.parametrize(("jobs", "share_s"), [(0, 1 / 15), (1, 1 / 15), (15, 1.0)])
def test_a_run_alone_hardly_waits(jobs: int, share_s: float) -> None:
    pace = Pace(jobs, lambda: 0.5)
    pace.refused("lambda:GetAlias", 0.0)

    assert pace.wait_s("lambda:GetAlias", 0.0) == pytest.approx(share_s * SHARE)
