"""Runs of all kinds, interleaved call by call, with faults, deaths and people at the console.

Hypothesis chooses what happens; every run is a greenlet that hands over before each of its calls.
What a run found and what became of the world are judged after every step, without the product.
`make sweep` runs 20,000 examples, the suite 300.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import greenlet
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.attacks.conftest import evil_zip
from tests.rig import picture
from tests.rig.bench import ALIAS, Ran, Rig, rig_of
from tests.rig.faults import FAULTS, TRANSIENT
from tests.rig.wire import WRITES, Killed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.rig.faults import Fault
    from tests.rig.picture import Picture
    from tests.rig.wire import Exchange, Wire

SWEEP = os.environ.get("HYPOTHESIS_PROFILE") == "sweep"
EXAMPLES = 20_000 if SWEEP else 300
STEPS = 10
STAGING = "staging"
EVIL = evil_zip()
EVIL_FILES = picture._opened(EVIL)[1]


def edit_code(rig: Rig) -> None:
    """Other code in $LATEST."""
    rig.sandbox.acts.console_edit_code(rig.function, EVIL)


def edit_configuration(rig: Rig) -> None:
    """Another configuration of $LATEST."""
    rig.sandbox.acts.console_edit_configuration(rig.function, Timeout=900)


def overwrite(rig: Rig) -> None:
    """The newest object in the bucket is written over."""
    objects = rig.photograph().objects
    if objects:
        rig.sandbox.acts.put_object(*list(objects)[-1], EVIL)


def move(rig: Rig) -> None:
    """The alias is pointed at the first version."""
    rig.sandbox.acts.move_alias(rig.function, ALIAS, "1")


ACTS = {act.__name__: act for act in (edit_code, edit_configuration, overwrite, move)}
"""What people do at the console."""


class Underway:
    """A run that goes on one call at a time; a hook of its own wire.

    Attributes:
        ran: How it ended, None while it goes on.
        wanted: Files of the deployed source; None of a rollback or a promotion.
        next: What befalls its next call.
        at: Operation of its next call, "" when it has ended.
    """

    def __init__(
        self, rig: Rig, number: int, wanted: picture.Files | None, inputs: dict[str, str]
    ) -> None:
        self.number, self.wanted = number, wanted
        self.alias = inputs.get("alias", ALIAS)
        self.ran: Ran | None = None
        self.next: Fault | type[Killed] | None = None
        self.at = ""
        self._rig, self._inputs = rig, inputs
        self._hub = greenlet.getcurrent()
        self._own = greenlet.greenlet(self._go)
        self.advance(1)  # up to its first call: the source is packed as it is now

    @property
    def run_id(self) -> int:
        """Of the workflow run: later runs have higher numbers."""
        return 6000 + self.number

    def advance(self, calls: int) -> None:
        """Lets it send so many calls."""
        for _ in range(calls):
            if self.ran is None:
                self._own.switch()

    def advance_to(self, operation: str) -> None:
        """Lets it go on until its next call is of that operation, or to its end."""
        self.advance(1)
        while self.ran is None and self.at != operation:
            self.advance(1)

    def before(self, _wire: Wire, exchange: Exchange) -> Fault | None:
        """Hands over."""
        self.at = exchange.operation
        self._hub.switch()
        befalls, self.next = self.next, None
        if isinstance(befalls, type):
            raise befalls
        return befalls

    def after(self, _wire: Wire, _exchange: Exchange) -> None:
        """Nothing."""

    def _go(self) -> None:
        self.ran = self._rig.run(self, run_id=self.run_id, **self._inputs)
        self.at = ""


class Team(RuleBasedStateMachine):
    """Everybody who has to do with one function."""

    rig: Rig

    @initialize()
    def begin(self) -> None:
        """One release is live, and behind `staging`."""
        self.rig.restore()
        self.runs: list[Underway] = []
        self.ended: list[Underway] = []
        self.released = {self.rig.goal.files}
        self.unmoved: set[str] = set()
        self.edited = False

    # -- what the team does

    @rule(content=st.integers(0, 3), alias=st.sampled_from([ALIAS, ALIAS, STAGING]))
    def deploy(self, content: int, alias: str) -> None:
        """Somebody pushes."""
        self.rig.team.change_code(f"content {content}")
        files = self.rig.source()
        self.released.add(files)
        self._start(files, command="deploy", alias=alias)

    @rule(to=st.sampled_from(["previous", "1", "2"]))
    def roll_back(self, to: str) -> None:
        """Somebody regrets."""
        self._start(None, command="rollback", to=to)

    @rule()
    def promote(self) -> None:
        """Somebody releases what was tried."""
        self._start(None, command="promote", from_alias=STAGING)

    def _start(self, wanted: picture.Files | None, **inputs: str) -> None:
        made = Underway(self.rig, len(self.runs), wanted, inputs)
        self.runs.append(made)
        self._collect()

    @precondition(lambda self: self._going())
    @rule(which=st.integers(0, 9), calls=st.integers(1, 12))
    def advance(self, which: int, calls: int) -> None:
        """A run goes on."""
        self._chosen(which).advance(calls)
        self._collect()

    @precondition(lambda self: self._going())
    @rule(which=st.integers(0, 9), fault=st.sampled_from(sorted(TRANSIENT)))
    def befall(self, which: int, fault: str) -> None:
        """A run's next call meets a fault."""
        run = self._chosen(which)
        run.next = FAULTS[fault]
        run.advance(1)
        self._collect()

    @precondition(lambda self: self._going())
    @rule(which=st.integers(0, 9))
    def kill(self, which: int) -> None:
        """A run's process is gone."""
        run = self._chosen(which)
        run.next = Killed
        run.advance(1)
        self._collect()

    # -- what people do at the console

    @rule(act=st.sampled_from(sorted(ACTS)))
    def meddle(self, act: str) -> None:
        """Somebody does something."""
        ACTS[act](self.rig)

    @precondition(lambda self: self._going())
    @rule(
        which=st.integers(0, 9),
        operation=st.sampled_from(sorted(WRITES)),
        act=st.sampled_from(sorted(ACTS)),
    )
    def ambush(self, which: int, operation: str, act: str) -> None:
        """Somebody waits until a run is about to write, and does something just then."""
        self._chosen(which).advance_to(operation)
        self._collect()
        ACTS[act](self.rig)

    # -- what must hold

    @invariant()
    def what_is_published_and_live_was_released(self) -> None:
        """No code that nobody deployed becomes a version, whoever edits what and when (I1)."""
        now: Picture = self.rig.photograph()
        for version in now.versions.values():
            assert version.sha256 == version.recorded
            assert version.files in self.released, f"version {version.number} holds other code"
            assert version.signed
        for name in (ALIAS, STAGING):
            alias = now.aliases[name]
            assert alias.version in now.versions, f"{name} is at {alias.version}"
            assert not alias.weights

    @invariant()
    def one_content_is_one_version(self) -> None:
        """The same code and configuration is published once (I4)."""
        versions = self.rig.photograph().versions.values()
        contents = [(v.sha256, v.configuration) for v in versions]
        assert len(set(contents)) == len(contents)

    def teardown(self) -> None:
        """All runs go on to their ends; then a deploy of something new succeeds (I4)."""
        for run in self.runs:
            run.advance(10_000)
        self._collect()
        self.what_is_published_and_live_was_released()
        self.one_content_is_one_version()
        self.rig.sandbox.clock.sleep(60)
        self.rig.team.change_code("content of the next day")
        self.released.add(self.rig.source())

        last = self.rig.run(run_id=9000, command="deploy")
        again = self.rig.run(run_id=9000, attempt=2, command="deploy")

        assert last.exit_code == 0, last.log
        assert again.outcome == "unchanged", again.log
        assert not any(e.write for e in again.sent)
        self.what_is_published_and_live_was_released()

    def _going(self) -> bool:
        return any(run.ran is None for run in self.runs)

    def _chosen(self, which: int) -> Underway:
        going = [run for run in self.runs if run.ran is None]
        return going[which % len(going)]

    def _collect(self) -> None:
        """Judges the runs that have ended since."""
        for run in self.runs:
            if run.ran is not None and run not in self.ended:
                self.ended.append(run)
                judge(run, run.ran)


def judge(run: Underway, ran: Ran) -> None:
    """How a run ended is what the world says (I3, I10, I13), whatever others did meanwhile."""
    assert ran.raised == ""
    assert "Traceback" not in ran.log
    if ran.killed:
        return
    now = ran.after.aliases[run.alias]
    ours = f" run={run.run_id}." in now.description
    if ran.exit_code == 0:
        assert now.version == ran.outputs["version"], ran.log
        if run.wanted is not None:
            assert ran.after.versions[now.version].files == run.wanted
        return
    assert ran.error_ids, ran.log
    assert "E-INTERNAL-01" not in ran.error_ids, ran.log
    assert ran.report["left"]
    if ours:
        assert ran.outcome in {"moved-unconfirmed", "superseded"}, ran.log


@pytest.fixture(scope="module")
def released() -> Iterator[Rig]:
    """Version 1 behind `live` and behind `staging`."""
    with rig_of("no-op") as rig:
        rig.team.deployed(alias=STAGING)
        rig.sandbox.clock.sleep(10)
        rig._world = rig.save()
        yield rig


def machine(rig: Rig) -> Callable[[], Team]:
    """Machines on one rig."""

    class OnRig(Team):
        pass

    OnRig.rig = rig
    OnRig.__qualname__ = OnRig.__name__ = "Team"
    return OnRig


def test_no_order_of_runs_faults_and_edits_lets_anything_in(released: Rig) -> None:
    chosen: Any = settings(
        settings.get_profile("suite"),
        max_examples=EXAMPLES,
        stateful_step_count=STEPS,
        suppress_health_check=list(HealthCheck),
    )

    run_state_machine_as_test(machine(released), settings=chosen)


# -- what it found with a guard removed, kept by name


@pytest.mark.parametrize("befalls", ["", "lost", "failed-after"])
def test_code_edited_just_before_a_version_is_published_is_in_no_version(
    released: Rig, befalls: str
) -> None:
    """Found when PublishVersion sent neither CodeSha256 nor RevisionId."""
    team = machine(released)()
    team.begin()
    team.deploy(1, ALIAS)
    team.ambush(0, "PublishVersion", "edit_code")

    team.runs[0].next = FAULTS.get(befalls)
    team.runs[0].advance(1_000)

    ended = team.runs[0].ran
    assert ended is not None
    assert (ended.exit_code, ended.error_ids) == (20, ("E-HASH-04",))
    team.teardown()
