"""Every call of a run x everything that others may do: callers get what was verified, or what was.

The suite runs some of the calls of each scenario and act, other ones for each; `make sweep` all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from tests.matrix.cells import SHOWN, STRIDE, WHOLE
from tests.rig.adversary import ACTS, Act, Rigged, broken
from tests.rig.bench import Case

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.rig.bench import Rig

SCENARIOS: Final = (
    *("first", "update", "remove", "no-op", "rollback", "promote", "comment"),
    "promote-elsewhere",
)
SAMPLE: Final = 3
"""Calls of a scenario at which the suite lets each act happen."""


def tampered(rig: Rig, act: Act, index: int) -> list[str]:
    """What does not hold when the act happens before the call with this index."""
    rig.restore()
    hook = act.at(index, Rigged(rig))
    hook.photograph = rig.photograph
    first = rig.run(hook)
    case = Case(scenario=rig.scenario, goal=rig.goal, trouble=None, index=index, runs=(first,))
    return broken(case, hook)


def calls(rig: Rig, act: Act) -> list[int]:
    """The calls of the undisturbed run at which the act is tried."""
    every = [e.index for e in rig.quiet.sent]
    if WHOLE:
        return every
    first = STRIDE * ACTS.index(act)
    return sorted({every[(first + n * len(every) // SAMPLE) % len(every)] for n in range(SAMPLE)})


@pytest.mark.parametrize("act", ACTS, ids=lambda a: a.name)
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_what_others_do_reaches_no_caller(
    rig: Callable[[str], Rig], scenario: str, act: Act
) -> None:
    at = rig(scenario)

    told = [line for index in calls(at, act) for line in tampered(at, act, index)]

    assert told[:SHOWN] == []


def test_there_are_at_least_1260_cases_of_14_acts(rig: Callable[[str], Rig]) -> None:
    cases = sum(len(rig(name).quiet.sent) for name in SCENARIOS) * len(ACTS)

    assert (len(ACTS) >= 14, cases >= 1_260) == (True, True)
