"""The cells of the fault matrix: each scenario's calls x each trouble.

The suite runs one call of each scenario and trouble, another one for each trouble, so that every
call is met by something; `make sweep` runs all.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from tests.rig.faults import TROUBLES
from tests.rig.invariants import violations

if TYPE_CHECKING:
    from tests.rig.bench import Rig
    from tests.rig.faults import Trouble

WHOLE: Final = os.environ.get("HYPOTHESIS_PROFILE") == "sweep"
STRIDE: Final = 7
"""Has no divisor in common with most numbers of calls: troubles spread over them."""
SHOWN: Final = 12


def cells(*names: str) -> list[tuple[str, Trouble]]:
    """Scenarios and troubles that fit: where nothing is written, nothing is uploaded in part."""
    return [
        (name, trouble)
        for name in names
        for trouble in TROUBLES
        if not (trouble.name == "partial-upload" and name in {"no-op", "verify", "history"})
    ]


def points(rig: Rig, trouble: Trouble) -> list[int]:
    """The calls at which the trouble can happen."""
    sent, own_from = rig.quiet.sent, rig.scenario.own_from
    own = next((e.index for e in sent if e.operation == own_from), 0)
    return [e.index for e in sent if trouble.fits(e) and (e.index >= own or e.service == "github")]


def check(rig: Rig, trouble: Trouble) -> None:
    """Runs the scenario's cells of one trouble: nothing may be violated."""
    found = points(rig, trouble)
    if not WHOLE:
        found = [found[STRIDE * TROUBLES.index(trouble) % len(found)]]

    told = [line for index in found for line in violations(rig.befall(trouble, index))]

    assert told[:SHOWN] == []
