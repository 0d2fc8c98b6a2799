"""Every call of a deploy x every fault: nothing is lost, nothing is let in (I1-I15)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.matrix.cells import cells, check, points
from tests.rig.faults import TROUBLES
from tests.rig.scenarios import SCENARIOS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.rig.bench import Rig
    from tests.rig.faults import Trouble

DEPLOYS = ("first", "update", "remove", "comment")


@pytest.mark.parametrize(("scenario", "trouble"), cells(*DEPLOYS), ids=str)
def test_a_deploy_stands_whatever_befalls_a_call(
    rig: Callable[[str], Rig], scenario: str, trouble: Trouble
) -> None:
    check(rig(scenario), trouble)


def test_the_matrix_has_at_least_2500_cells(rig: Callable[[str], Rig]) -> None:
    found = {name: sum(len(points(rig(name), t)) for t in TROUBLES) for name in SCENARIOS}

    assert sum(found.values()) >= 2_500, found
