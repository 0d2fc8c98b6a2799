"""Two runs at once, every schedule with two switches: one wins, the other one says so (I5).

The suite runs some schedules of each pair; `make sweep` all.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.matrix.cells import SHOWN, WHOLE
from tests.rig.bench import rig_of
from tests.rig.races import Pair, Racer, alone, broken, race, schedules

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.rig.bench import Rig

SAMPLE: Final = 37
"""One schedule of so many, in the suite; a prime, so that both numbers of a schedule vary."""


def _deploy(code: str) -> Racer:
    return Racer(code, (("command", "deploy"),))


def _rollback(to: str) -> Racer:
    return Racer("", (("command", "rollback"), ("to", to)))


def _nothing(_rig: Rig) -> None:
    """The scenario's own world."""


def _released(rig: Rig, code: str, **inputs: str) -> None:
    rig.team.change_code(code)
    ended = rig.run(command="deploy", run_id=6999, **inputs)
    assert ended.exit_code == 0, ended.log


def _three(rig: Rig) -> None:
    """Version 3 is live; 1 and 2 were before."""
    _released(rig, "two")
    _released(rig, "three")


def _staged(rig: Rig) -> None:
    """Version 2 behind `staging`, version 1 behind `live`."""
    _released(rig, "two", alias="staging")


PAIRS: Final = (
    Pair("update-update", "update", _nothing, _deploy("old"), _deploy("new")),
    Pair("update-rollback", "update", _three, _deploy("old"), _rollback("1")),
    Pair("rollback-rollback", "update", _three, _rollback("1"), _rollback("2")),
    Pair(
        "promote-update",
        "update",
        _staged,
        Racer("", (("command", "promote"), ("from_alias", "staging"))),
        _deploy("new"),
    ),
)


@pytest.fixture(scope="module")
def start() -> Iterator[Callable[[Pair], tuple[Rig, Any, list[Any]]]]:
    """Gives a pair's rig, the world it begins in, and its schedules.

    The rigs are of this module alone: racers change the source, which no checkpoint brings back.
    """
    made: dict[str, tuple[Rig, Any, list[Any]]] = {}
    with ExitStack() as stack:

        def of(pair: Pair) -> tuple[Rig, Any, list[Any]]:
            if pair.name not in made:
                at = stack.enter_context(rig_of(pair.scenario))
                at.restore()
                pair.prepare(at)
                world = at.save()
                made[pair.name] = at, world, schedules(*alone(at, world, pair))
            return made[pair.name]

        yield of


@pytest.mark.parametrize("pair", PAIRS, ids=lambda p: p.name)
def test_of_two_runs_one_wins_and_the_other_says_so(
    start: Callable[[Pair], tuple[Rig, Any, list[Any]]], pair: Pair
) -> None:
    at, world, every = start(pair)
    chosen = every if WHOLE else every[:: SAMPLE if len(every) > SAMPLE else 1]

    told = [line for schedule in chosen for line in broken(race(at, world, pair, schedule))]

    assert told[:SHOWN] == []


def test_there_are_at_least_2592_schedules(
    start: Callable[[Pair], tuple[Rig, Any, list[Any]]],
) -> None:
    assert sum(len(start(pair)[2]) for pair in PAIRS) >= 2_592
