"""Every call of a promotion from another function x every fault.

From the signed object on it is the chain of a deploy, so `make matrix` leaves it out; the suite
runs one call of each trouble, `make sweep` all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.matrix.cells import cells, check

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.rig.bench import Rig
    from tests.rig.faults import Trouble

PROMOTIONS = ("promote-elsewhere",)


@pytest.mark.parametrize(("scenario", "trouble"), cells(*PROMOTIONS), ids=str)
def test_a_promotion_stands_whatever_befalls_a_call(
    rig: Callable[[str], Rig], scenario: str, trouble: Trouble
) -> None:
    check(rig(scenario), trouble)
