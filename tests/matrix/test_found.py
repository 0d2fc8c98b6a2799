"""What the matrix found in the product, kept by name: each was a violation once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.rig.faults import TROUBLES
from tests.rig.invariants import violations

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.rig.bench import Case, Rig


def befallen(rig: Rig, trouble: str, operation: str) -> Case:
    """The case of a trouble at the last call of an operation, "service:operation"."""
    at = [e.index for e in rig.quiet.sent if f"{e.service}:{e.operation}".startswith(operation)]
    return rig.befall(next(t for t in TROUBLES if t.name == trouble), at[-1])


@pytest.mark.parametrize("trouble", ["killed:after", "gone:after"])
def test_a_rollback_to_the_previous_version_that_is_run_again_does_not_undo_itself(
    rig: Callable[[str], Rig], trouble: str
) -> None:
    case = befallen(rig("rollback-previous"), trouble, "lambda:UpdateAlias")

    assert [ran.after.aliases["live"].version for ran in case.runs] == ["1", "1", "1"]
    assert [ran.outcome for ran in case.runs[1:]] == ["unchanged", "unchanged"]
    assert violations(case) == []


def test_a_rollback_by_another_run_does_not_bring_back_what_was_rolled_back(
    rig: Callable[[str], Rig],
) -> None:
    desk = rig("rollback-previous")
    desk.restore()
    desk.run(run_id=1)

    ran = desk.run(run_id=2)

    assert (ran.exit_code, ran.report["problems"][0]["id"]) == (26, "E-TARGET-11")
    assert ran.after.aliases["live"].version == "1"
    assert [e.name for e in ran.sent if e.write] == []


@pytest.mark.parametrize("trouble", ["shortened", "html"])
@pytest.mark.parametrize("scenario", ["promote", "verify", "no-op"])
def test_code_that_breaks_on_the_way_is_downloaded_again(
    rig: Callable[[str], Rig], scenario: str, trouble: str
) -> None:
    case = befallen(rig(scenario), trouble, "code:GetObject")

    assert case.runs[0].outcome == case.scenario.outcome
    assert violations(case) == []


def test_a_signed_zip_that_breaks_on_the_way_is_downloaded_again(
    rig: Callable[[str], Rig],
) -> None:
    case = befallen(rig("update"), "shortened", "s3:GetObject")

    assert case.runs[0].outcome == "deployed"
    assert violations(case) == []


@pytest.mark.parametrize("trouble", ["SIGINT:before", "SIGTERM:after"])
@pytest.mark.parametrize("operation", ["lambda:UpdateAlias", "lambda:GetAlias"])
def test_a_run_that_was_cancelled_while_it_moved_the_alias_knows_that_it_did(
    rig: Callable[[str], Rig], operation: str, trouble: str
) -> None:
    case = befallen(rig("update"), trouble, operation)

    assert (case.runs[0].exit_code, case.runs[0].outcome) == (0, "deployed")
    assert violations(case) == []


@pytest.mark.parametrize("operation", ["code:GetObject", "github:GET", "github:POST"])
def test_a_plan_that_was_cancelled_writes_nothing_to_github_any_more(
    rig: Callable[[str], Rig], operation: str
) -> None:
    case = befallen(rig("plan"), "SIGINT:after", operation)

    late = [e.name for e in case.runs[0].sent if e.stopped]
    assert late == []
    assert violations(case) == []
