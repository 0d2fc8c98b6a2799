"""Every call of what is no full deploy x every fault: rollback, promote, plan, verify, refusals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.matrix.cells import cells, check
from tests.matrix.test_faults_of_deploys import DEPLOYS
from tests.matrix.test_faults_of_promotions import PROMOTIONS
from tests.rig.scenarios import SCENARIOS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.rig.bench import Rig
    from tests.rig.faults import Trouble

REST = [name for name in SCENARIOS if name not in {*DEPLOYS, *PROMOTIONS}]


@pytest.mark.parametrize(("scenario", "trouble"), cells(*REST), ids=str)
def test_a_run_stands_whatever_befalls_a_call(
    rig: Callable[[str], Rig], scenario: str, trouble: Trouble
) -> None:
    check(rig(scenario), trouble)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_run_that_nothing_befalls_ends_as_it_should(
    rig: Callable[[str], Rig], scenario: str
) -> None:
    quiet, wanted = rig(scenario).quiet, SCENARIOS[scenario]

    assert (quiet.exit_code, quiet.outcome) == (wanted.exit_code, wanted.outcome), quiet.log
