"""A scenario's world, arranged once, and runs of the action in it with something happening.

The action runs as in the image: environment in; exit code, outputs, report and log out. A re-run is
GitHub's: the same run id, the next attempt.
"""

from __future__ import annotations

import copy
import io
import json
import traceback
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import TYPE_CHECKING, Any, Final

from signed_lambda.main import main
from signed_lambda.signals import StopFlag
from tests.rig import picture
from tests.rig.likeness import ended_alike, likeness
from tests.rig.picture import Picture
from tests.rig.scenarios import IN_A_FILE, IN_THE_FUNCTION, IN_THE_JOB, SCENARIOS, Scenario
from tests.rig.wire import Exchange, Hook, Killed, Quiet, Wire, fetch_over, on_the_line
from tests.support.action import Team, read_outputs
from tests.support.aws import aws_over
from tests.support.github_server import GitHubServer
from tests.support.lanes import OneByOne
from tests.support.project import Project

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Mapping
    from concurrent.futures import Executor

    from lambda_sandbox.checkpoint import Checkpoint
    from lambda_sandbox.core import Clock
    from signed_lambda.clock import Deadline
    from signed_lambda.cloud import Cloud
    from signed_lambda.inputs import Inputs
    from tests.rig.faults import Trouble

ALIAS: Final = "live"
SOON_S: Final = 0.1
"""How long a signing job and an update take: one look finds them under way, the next one done."""
RUN_ALL_THE_SAME: Final = 8
"""Of so many cases that come to a known world one is run all the same."""
ENOUGH_MIN, SHORT_MIN = 10, 2
"""timeout-minutes: of most runs; of runs that can only end by giving up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """What a run is to achieve.

    Attributes:
        files: Of the source, as `picture.files_of` gives them.
        version: Where the alias must be, "" where the files say it.
    """

    alias: str
    files: tuple[tuple[str, str], ...]
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """How a run ended, and what it sent.

    Attributes:
        exit_code: None when it was killed or fell over.
        raised: The traceback of an error that came out of the program, "" for none.
        texts: Everything that a person or a later step can read, by its name.
        began_at, ended_at, stopped_at: On the sandbox's clock, seconds.
        timeout_s: What it was given.
    """

    exit_code: int | None
    killed: bool
    raised: str
    outputs: Mapping[str, str]
    report: Mapping[str, Any]
    log: str
    texts: Mapping[str, str]
    sent: tuple[Exchange, ...]
    before: Picture
    after: Picture
    began_at: float
    ended_at: float
    stopped_at: float | None
    timeout_s: float

    @property
    def error_ids(self) -> tuple[str, ...]:
        """Ids of the problems told."""
        return tuple(p["id"] for p in self.report.get("problems", ()))

    @property
    def outcome(self) -> str:
        """As later steps read it, "" when there was no time to tell."""
        return self.outputs.get("outcome", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A disturbed run, a clean re-run and a third one, all in the same world.

    Attributes:
        trouble: None when nothing was done to the first run that the rig knows of.
        index: At which call.
    """

    scenario: Scenario
    goal: Goal
    trouble: Trouble | None
    index: int
    runs: tuple[Ran, ...]

    @property
    def name(self) -> str:
        """To run it again by."""
        return f"{self.scenario.name}/{self.trouble.name if self.trouble else 'quiet'}@{self.index}"


class Rig:
    """One scenario's world.

    Attributes:
        quiet: The run with nothing happening: its calls are the points where something can.
        merged: How many cases came to a world that was known.
        lanes: Makes what questions run in: one by one, so that the n-th call is the same in every
            run.
    """

    lanes: Callable[[], Executor] = OneByOne

    def __init__(self, scenario: Scenario, folder: Path, github: GitHubServer) -> None:
        self.scenario = scenario
        self.github = github
        self.team = Team(folder, variables=IN_THE_FUNCTION)
        self.team.write_source({"settings.py": f"KEY = {IN_A_FILE!r}\n"})
        self._shorten_waits()
        project = Project(self.team, self.github)
        with on_the_line(self._wire(Quiet(), StopFlag())):
            scenario.arrange(project)
        self.sandbox.clock.sleep(10)
        self.goal = Goal(alias=ALIAS, files=self.source(), version=scenario.version)
        self._desks: list[Path] = []
        self._known: dict[Hashable, tuple[Ran, Ran]] = {}
        self.merged = 0
        self._world = self.save()
        self.quiet = self.run()
        self.restore()

    @property
    def sandbox(self) -> Any:  # noqa: ANN401 - lambda_sandbox's own
        """The account."""
        return self.team.sandbox

    @property
    def function(self) -> str:
        """The function's name."""
        return self.team.estate.function

    def save(self) -> tuple[Checkpoint, Any]:
        """The whole world as it is now."""
        g = self.github
        kept = g._comments, g.checks, g.pulls, g.commits, g.files, g._next_id
        return self.sandbox.checkpoint(), copy.deepcopy(kept)

    def restore(self, world: tuple[Checkpoint, Any] | None = None) -> None:
        """Back to a world that was saved; to the scenario's own by default."""
        checkpoint, kept = world or self._world
        self.sandbox.restore(checkpoint)
        g = self.github
        g._comments, g.checks, g.pulls, g.commits, g.files, g._next_id = copy.deepcopy(kept)
        g.seen.clear()

    def photograph(self) -> Picture:
        """The world as plain data."""
        return picture.take(self.sandbox, self.function, self.github)

    def case(self, hook: Hook, trouble: Trouble | None = None, index: int = -1) -> Case:
        """From the scenario's world: a run with the hook, a clean re-run, a third run."""
        self.restore()
        lasting = trouble is not None and trouble.lasting
        first = self.run(hook, timeout_min=SHORT_MIN if lasting else ENOUGH_MIN)
        self.sandbox.clock.sleep(60)
        again, third = self._reruns()
        return Case(
            scenario=self.scenario,
            goal=self.goal,
            trouble=trouble,
            index=index,
            runs=(first, again, third),
        )

    def _reruns(self) -> tuple[Ran, Ran]:
        """The clean re-run and the third run from the world as it is: once for all that are alike.

        Raises:
            AssertionError: Worlds were taken to be alike, and the re-runs ended otherwise.
        """
        world = likeness(self.photograph())
        known = self._known.get(world)
        self.merged += known is not None
        if known is not None and self.merged % RUN_ALL_THE_SAME:
            return known
        made = self.run(attempt=2), self.run(attempt=3)
        if known is not None:
            assert all(map(ended_alike, known, made)), "worlds that are not alike were merged"
        return self._known.setdefault(world, made)

    def befall(self, trouble: Trouble, index: int) -> Case:
        """The case of one cell of the matrix."""
        return self.case(trouble.at(index), trouble, index)

    def run(
        self,
        hook: Hook | None = None,
        *,
        attempt: int = 1,
        run_id: int = 5000,
        timeout_min: int = ENOUGH_MIN,
        **inputs: str,
    ) -> Ran:
        """One run in the world as it is; inputs (and `command`) by their names with "_" for "-".

        Safe to be interleaved with others, by a hook that switches to them.
        """
        stop = StopFlag()
        wire = self._wire(hook or Quiet(), stop)
        desk = self._desks.pop() if self._desks else self._new_desk()
        environ = self._environment(desk, attempt, run_id, timeout_min, inputs)
        before, out = self.photograph(), io.StringIO()
        clock = _EndedByStop(self.sandbox.clock, stop)
        exit_code, killed, raised = None, False, ""
        with on_the_line(wire):
            try:
                exit_code = main(
                    environ, out, self._connect(wire), clock, stop=stop, lanes=self.lanes
                )
            except Killed:
                killed = True
            except BaseException:  # noqa: BLE001 - that nothing comes out is what is judged
                raised = traceback.format_exc()
        ended_at = self.sandbox.clock.monotonic()
        outputs, report, texts = self._read(desk, out.getvalue())
        self._desks.append(desk)
        return Ran(
            exit_code=exit_code,
            killed=killed,
            raised=raised,
            outputs=outputs,
            report=report,
            log=out.getvalue(),
            texts=texts,
            sent=tuple(wire.sent),
            before=before,
            after=self.photograph(),
            began_at=before.at,
            ended_at=ended_at,
            stopped_at=wire.stopped_at,
            timeout_s=60.0 * timeout_min,
        )

    def _wire(self, hook: Hook, stop: StopFlag) -> Wire:
        return Wire(self.sandbox, self.github, hook, stop.set)

    def _connect(self, wire: Wire) -> Callable[[Inputs, Deadline, Callable[[str], None]], Cloud]:
        def connect(_inputs: Inputs, deadline: Deadline, say: Callable[[str], None]) -> Cloud:
            return aws_over(
                wire.aws,
                clock=deadline.clock,
                fetch=fetch_over(wire),
                deadline=deadline,
                say=say,
                region=self.sandbox.world.region,
            )

        return connect

    def _new_desk(self) -> Path:
        """A folder for the runner's files of one run; two at the same time need two."""
        made = Path(mkdtemp(prefix="desk-", dir=self.team.folder))
        (made / "event.json").write_text(json.dumps(self.scenario.event[1]), encoding="utf-8")
        return made

    def _environment(
        self,
        desk: Path,
        attempt: int,
        run_id: int,
        timeout_min: int,
        inputs: Mapping[str, str],
    ) -> dict[str, str]:
        scenario = self.scenario
        given = {"timeout_minutes": str(timeout_min)} | dict(scenario.inputs) | dict(inputs)
        for name in ("output", "summary"):
            (desk / name).write_bytes(b"")
        event, _, ref = scenario.event
        made = self.team.environment(given.pop("command", scenario.command), desk, given)
        return made | {
            "GITHUB_API_URL": self.github.url,
            "GITHUB_EVENT_NAME": event,
            "GITHUB_REF": ref,
            "GITHUB_RUN_ID": str(run_id),
            "GITHUB_RUN_ATTEMPT": str(attempt),
            "GITHUB_SHA": scenario.sha,
            "RUNNER_DEBUG": "1",
            **IN_THE_JOB,
        }

    def _read(self, desk: Path, log: str) -> tuple[dict[str, str], dict[str, Any], dict[str, str]]:
        """Outputs, the JSON report, and all texts; empty where the run did not come to tell."""
        outputs = read_outputs(desk / "output")
        texts = {
            "log": "\n".join(x for x in log.splitlines() if not x.startswith("::add-mask::")),
            "outputs": json.dumps(outputs),
            "summary": (desk / "summary").read_text(encoding="utf-8"),
            "comments": "\n".join(c.body for c in self.github.comments),
        }
        report: dict[str, Any] = {}
        if outputs.get("report"):
            path = self.team.workspace / outputs["report"]
            texts["report"] = path.read_text(encoding="utf-8")
            report = json.loads(texts["report"])
        return outputs, report, texts

    def source(self) -> tuple[tuple[str, str], ...]:
        """The files of the source as it is now, as a picture tells them."""
        root = self.team.workspace / "function"
        found = (p for p in root.rglob("*") if p.is_file())
        return picture.files_of({p.relative_to(root).as_posix(): p.read_bytes() for p in found})

    def _shorten_waits(self) -> None:
        timing = self.sandbox.world.timing
        timing.signing_s = timing.update_s = timing.publish_s = SOON_S


class _EndedByStop:
    """The sandbox's clock, whose sleep ends at a stop signal as the machine's does."""

    def __init__(self, clock: Clock, stop: StopFlag) -> None:
        self._clock = clock
        self._stop = stop
        self.now = clock.now
        self.monotonic = clock.monotonic
        self.processor = clock.processor

    def sleep(self, seconds: float) -> None:
        """Lets `seconds` pass, unless the run was cancelled."""
        self._stop.check()
        self._clock.sleep(seconds)
        self._stop.check()


@contextmanager
def rig_of(name: str) -> Iterator[Rig]:
    """The rig of a scenario, in a folder of its own."""
    with GitHubServer() as github, TemporaryDirectory(prefix=f"rig-{name}-") as folder:
        yield Rig(SCENARIOS[name], Path(folder), github)
