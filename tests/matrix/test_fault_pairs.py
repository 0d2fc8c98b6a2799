"""Two troubles in one run, drawn at random: the second one meets a run that is already shaken.

The suite draws a few with a fixed seed. `make sweep` draws 20,000 with the day's own (`RIG_SEED`
and `RIG_PAIRS` choose others); a violation names the seed and the pair.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from random import Random
from typing import TYPE_CHECKING

import pytest

from tests.matrix.cells import SHOWN, WHOLE
from tests.rig.faults import TROUBLES, Trouble
from tests.rig.invariants import violations
from tests.rig.scenarios import SCENARIOS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.rig.bench import Rig
    from tests.rig.faults import Fault
    from tests.rig.wire import Exchange, Hook, Wire

DRAWS = 100
PAIRS = int(os.environ.get("RIG_PAIRS", "20000" if WHOLE else "40"))
TODAY = f"{datetime.now(UTC):%Y%m%d}"
SEED = os.environ.get("RIG_SEED", TODAY if WHOLE else "1")


class Both:
    """Two hooks; the fault of the first one counts where both have one."""

    def __init__(self, first: Hook, second: Hook) -> None:
        self._hooks = first, second

    def before(self, wire: Wire, exchange: Exchange) -> Fault | None:
        """Asks both."""
        faults = [hook.before(wire, exchange) for hook in self._hooks]
        return faults[0] or faults[1]

    def after(self, wire: Wire, exchange: Exchange) -> None:
        """Tells both."""
        for hook in self._hooks:
            hook.after(wire, exchange)


def pair_of(first: Trouble, second: Trouble) -> Trouble:
    """Two troubles as one: it passes by itself where both do."""
    ends = {trouble.ends for trouble in (first, second)}
    return Trouble(
        f"{first.name}+{second.name}",
        transient=first.transient and second.transient,
        ends="killed" if "killed" in ends else "stopped" if "stopped" in ends else "",
        lasting=first.lasting or second.lasting,
    )


@pytest.mark.parametrize("draw", range(-(-PAIRS // DRAWS)), ids=lambda n: f"{SEED}-{n}")
def test_no_pair_of_troubles_loses_anything_or_lets_anything_in(
    rig: Callable[[str], Rig], draw: int
) -> None:
    random, told = Random(f"{SEED}-{draw}"), list[str]()
    for _ in range(min(DRAWS, PAIRS)):
        desk = rig(random.choice(list(SCENARIOS)))
        both = random.choice(TROUBLES), random.choice(TROUBLES)
        sent = desk.quiet.sent
        first = random.choice([e.index for e in sent if both[0].fits(e)])
        # One that only the first trouble brings about may be the second call; the very same one
        # never: there one trouble hides the other, and a signal cannot end a wait of its own call.
        others = [e.index for e in sent if both[1].fits(e) and e.index != first]
        second = random.choice([*others, *range(len(sent), len(sent) + 4)])

        case = desk.case(Both(both[0].at(first), both[1].at(second)), pair_of(*both), first)
        told += [f"{second}, seed {SEED}-{draw}: {line}" for line in violations(case)]

    assert told[:SHOWN] == []
