"""Two runs at the same time, call by call, and what must hold of both.

A schedule is two numbers: one run sends so many calls, then the other one so many; then the first
goes on to its end, and then the second. Every run is a greenlet that hands over before each call.
The judge knows the world and the calls; of what a loser says it only wants the winner named.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import greenlet

from tests.rig.bench import ALIAS, Case, Goal
from tests.rig.invariants import OF_A_RUN
from tests.rig.scenarios import SCENARIOS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.rig.bench import Ran, Rig
    from tests.rig.picture import Picture
    from tests.rig.wire import Exchange, Wire

OLD_RUN, NEW_RUN = 7001, 7002
ALWAYS: Final = ("I6", "I7", "I10", "I13", "I15")


@dataclass(frozen=True, slots=True)
class Racer:
    """What one of the two does.

    Attributes:
        code: Text that the source holds when it packs, "" for a run that packs nothing.
        inputs: Of the run, with `command`.
    """

    code: str
    inputs: tuple[tuple[str, str], ...]

    @property
    def command(self) -> str:
        """What it runs."""
        return dict(self.inputs)["command"]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two racers and the world they begin in.

    Attributes:
        scenario: Whose world it is.
        prepare: Changes that world first.
        old, new: Of the earlier workflow run and of the later one.
    """

    name: str
    scenario: str
    prepare: Callable[[Rig], object]
    old: Racer
    new: Racer


class Underway:
    """A run that goes on one call at a time; the hook of its own wire.

    Attributes:
        ran: How it ended, None while it goes on.
        sent: Its calls, each with its place in the order of all calls of both.
    """

    def __init__(self, rig: Rig, racer: Racer, run_id: int, order: list[Exchange]) -> None:
        self.racer, self.run_id = racer, run_id
        self.ran: Ran | None = None
        self.goal = _goal(rig, racer)
        self._rig, self._order = rig, order
        self._hub = greenlet.getcurrent()
        self._own = greenlet.greenlet(self._go)
        self._own.switch()  # up to its first call: the source is packed as it is now

    def advance(self, calls: int | None) -> None:
        """Lets it send so many calls; None: all."""
        left = calls
        while self.ran is None and left != 0:
            self._own.switch()
            left = None if left is None else left - 1

    def before(self, _wire: Wire, exchange: Exchange) -> None:
        """Hands over."""
        self._hub.switch()
        self._order.append(exchange)

    def after(self, _wire: Wire, _exchange: Exchange) -> None:
        """Nothing."""

    def _go(self) -> None:
        self.ran = self._rig.run(self, run_id=self.run_id, **dict(self.racer.inputs))


def _goal(rig: Rig, racer: Racer) -> Goal:
    if racer.code:
        rig.team.change_code(racer.code)
        return Goal(alias=ALIAS, files=rig.source(), version="")
    staging = rig.photograph().aliases.get("staging")
    version = dict(racer.inputs).get("to") or (staging.version if staging else "")
    return Goal(alias=ALIAS, files=(), version=version)


@dataclass(frozen=True, slots=True, kw_only=True)
class Race:
    """How it went.

    Attributes:
        order: All calls of both, in the order in which they were sent.
        after: The world in the end.
    """

    pair: Pair
    schedule: tuple[str, int, int]
    old: Underway
    new: Underway
    order: tuple[Exchange, ...]
    after: Picture


def race(rig: Rig, world: Any, pair: Pair, schedule: tuple[str, int, int]) -> Race:  # noqa: ANN401 - of Rig.save
    """Runs a schedule: who goes first, its calls, the other one's calls."""
    rig.restore(world)
    order: list[Exchange] = []
    old = Underway(rig, pair.old, OLD_RUN, order)
    new = Underway(rig, pair.new, NEW_RUN, order)
    first, second = (old, new) if schedule[0] == "old" else (new, old)
    first.advance(schedule[1])
    second.advance(schedule[2])
    first.advance(None)
    second.advance(None)
    return Race(
        pair=pair,
        schedule=schedule,
        old=old,
        new=new,
        order=tuple(order),
        after=rig.photograph(),
    )


def alone(rig: Rig, world: Any, pair: Pair) -> tuple[int, int]:  # noqa: ANN401 - as above
    """How many calls each sends when the other one waits."""
    counted = []
    for name in ("old", "new"):
        gone = race(rig, world, pair, (name, 1_000, 0))
        ran = gone.old.ran if name == "old" else gone.new.ran
        assert ran is not None
        assert ran.exit_code == 0, ran.log
        counted.append(len(ran.sent))
    return counted[0], counted[1]


def schedules(old_calls: int, new_calls: int) -> list[tuple[str, int, int]]:
    """All of them, for runs of so many calls."""
    found = [("old", i, j) for i in range(old_calls + 1) for j in range(1, new_calls + 1)]
    return found + [("new", i, j) for i in range(new_calls + 1) for j in range(1, old_calls + 1)]


# -- what must hold


def broken(gone: Race) -> list[str]:
    """What does not hold; empty when all does."""
    found: list[str] = []
    for underway in (gone.old, gone.new):
        ran = underway.ran
        if ran is None:
            found.append(f"run {underway.run_id} did not end")
            continue
        scenario = SCENARIOS["update" if underway.racer.command == "deploy" else "rollback"]
        case = Case(scenario=scenario, goal=underway.goal, trouble=None, index=-1, runs=(ran,))
        found += [
            f"{name} of {underway.run_id}: {what}"
            for name in ALWAYS
            for what in OF_A_RUN[name](case, ran)
        ]
    if not found:
        found += _i5(gone)
    return [f"{gone.pair.name}{gone.schedule}: {line}" for line in found]


def _moves(gone: Race) -> list[tuple[Underway, str]]:
    """Who moved the alias to which version, in order."""
    made = []
    for exchange in gone.order:
        name = str(exchange.params.get("Name", ""))
        if exchange.effect and exchange.operation in {"UpdateAlias", "CreateAlias"}:
            if name.startswith("HASH-"):
                continue
            ran = gone.old.ran
            mine = ran is not None and any(e is exchange for e in ran.sent)
            made.append((gone.old if mine else gone.new, str(exchange.params["FunctionVersion"])))
    return made


def _i5(gone: Race) -> Iterator[str]:
    racers = (gone.old, gone.new)
    rans = [u.ran for u in racers if u.ran is not None]
    moves = _moves(gone)
    alias = gone.after.aliases.get(ALIAS)
    well = [u for u in racers if u.ran is not None and u.ran.exit_code == 0]
    if not well:
        yield f"both lost: {[r.error_ids for r in rans]}"
        return
    if alias is None or alias.weights:
        yield f"the alias is {alias}"
        return
    if moves and (moves[-1][1] != alias.version or moves[-1][0] not in well):
        yield f"the alias is at {alias.version}; it was moved by {[u.run_id for u, _ in moves]}"
    version = gone.after.versions.get(alias.version)
    if version is None or version.sha256 != version.recorded:
        yield f"the alias routes to {alias.version}, which is not what it says"
    elif not any(_wants(u, version) for u in well):
        yield f"the alias is at version {alias.version}, which no run that ended well wanted"
    yield from _older_over_newer(gone, moves)
    for underway in racers:
        if underway not in well:
            yield from _lost(gone, underway, moves)


def _wants(underway: Underway, version: Any) -> bool:  # noqa: ANN401 - a VersionPicture
    goal = underway.goal
    return version.number == goal.version if goal.version else version.files == goal.files


def _older_over_newer(gone: Race, moves: list[tuple[Underway, str]]) -> Iterator[str]:
    deploys = [u for u, _ in moves if u.racer.command == "deploy"]
    for before, after in pairwise(deploys):
        if before is gone.new and after is gone.old:
            yield "the older run's deploy moved the alias after the newer one's"


def _lost(gone: Race, loser: Underway, moves: list[tuple[Underway, str]]) -> Iterator[str]:
    """A loser moved nothing (or was moved on from), and says who or what won."""
    ran = loser.ran
    assert ran is not None
    winner = gone.new if loser is gone.old else gone.old
    own = [at for at, (u, _) in enumerate(moves) if u is loser]
    if own and not any(u is winner for u, _ in moves[own[-1] :]):
        yield f"{loser.run_id} ended with {ran.exit_code} although its move stands"
    told = " ".join(p["what"] for p in ran.report.get("problems", ()))
    if not re.search(
        rf"run {winner.run_id}\.1|CodeSha256|holds sha256:|revision|update .* in progress", told
    ):
        yield f"{loser.run_id} does not say who or what won: {told}"
