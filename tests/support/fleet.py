"""Many deploys at the same time against one sandbox, in virtual time: each its own function.

Every run is a greenlet; whoever sleeps hands over to the one that wakes up next, and the clock
moves on to that moment. So hundreds of runs take seconds, and the order is the same every time.
"""

from __future__ import annotations

import heapq
import itertools
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import greenlet

from lambda_sandbox import Sandbox, VirtualClock
from lambda_sandbox.estate import first_code
from lambda_sandbox.limit import Bucket
from signed_lambda.aws import Aws
from signed_lambda.aws.pace import Pace
from tests.support.action import SOURCE, Team
from tests.support.aws import SandboxFetch, shared_clients

if TYPE_CHECKING:
    from pathlib import Path

    from lambda_sandbox.calls import Call
    from signed_lambda.cloud import Cloud

LATENCY_S: Final = 0.05
_COUNTED_NOT: Final = frozenset({"GetFunction", "Invoke"})


class SharedClock(VirtualClock):
    """The time of all runs; sleeping lets the others go on."""

    def __init__(self) -> None:
        super().__init__()
        self._hub = greenlet.getcurrent()
        self._waking: list[tuple[float, int, Any]] = []
        self._number = itertools.count()

    def sleep(self, seconds: float) -> None:
        """Goes on when it is so much later."""
        own = greenlet.getcurrent()
        if own is self._hub:
            self.advance(seconds)
            return
        self.wake(own, max(0.0, seconds))
        self._hub.switch()

    def wake(self, run: Any, in_s: float) -> None:  # noqa: ANN401 - a greenlet, which has no stubs
        """Has a run go on in so many seconds."""
        heapq.heappush(self._waking, (self.monotonic() + in_s, next(self._number), run))

    def run(self) -> None:
        """Until nobody waits any more."""
        while self._waking:
            at, _, run = heapq.heappop(self._waking)
            self.advance(at - self.monotonic())
            run.switch()


class Member(Team):
    """One deploy of the fleet: a function of its own in the account of all."""

    def __init__(self, folder: Path, leader: Team, function: str, jobs: int, seed: int) -> None:
        self.__dict__ |= leader.__dict__
        self.folder, self.workspace, self.runs = folder, folder / "workspace", 0
        self.function, self._jobs = function, jobs
        self._jitter = random.Random(seed).random
        self.wrap = self._own
        self.write_source(SOURCE)
        self.change_code(function)
        (self.workspace / "signer-root.pem").write_bytes(self.sandbox.signer_root_pem)

    def _own(self, cloud: Cloud) -> Cloud:
        """With this run's own chance and its share."""
        assert isinstance(cloud, Aws)
        calls = cloud._calls
        return Aws(
            shared_clients(self.sandbox.world.region),
            clock=self.sandbox.clock,
            deadline=calls._deadline,
            fetch=SandboxFetch(self.sandbox),
            say=lambda _: None,
            jitter=self._jitter,
            pace=Pace(self._jobs, self._jitter),
        )


@dataclass(frozen=True)
class Went:
    """How a fleet went.

    Attributes:
        outcomes: Of the runs.
        needed: Lambda's calls that were answered, of those that the limit counts.
        refused: Those that were one too many.
        seconds: From the first start to the last end.
    """

    outcomes: tuple[str, ...]
    needed: int
    refused: int
    seconds: float

    @property
    def times_bound(self) -> float:
        """The time as a multiple of what the limit allows for the calls that are needed."""
        return self.seconds / (self.needed / 15)

    @property
    def wasted(self) -> float:
        """The part of the calls that was refused."""
        return self.refused / (self.needed + self.refused)


def deploy_fleet(
    folder: Path, size: int, *, told: bool = True, within_s: float = 10.0, timeout_min: int = 60
) -> Went:
    """Deploys so many functions at the same time.

    Args:
        folder: Private.
        size: Of the fleet.
        told: Whether each run knows how many they are, as GitHub tells the jobs of a matrix.
        within_s: The jobs begin within so many seconds: runners are not all ready at once.
        timeout_min: Of each run.
    """
    clock = SharedClock()
    folder.mkdir(exist_ok=True)
    leader = Team(folder / "leader", sandbox=Sandbox(clock=clock))
    lambda_ = leader.client("lambda")
    names = [f"function-{number}" for number in range(size)]
    for name in names:
        lambda_.create_function(
            FunctionName=name,
            Runtime="python3.13",
            Role="arn:aws:iam::111122223333:role/orders",
            Handler="app.handler",
            Code={"ZipFile": first_code()},
        )
        lambda_.put_function_code_signing_config(
            FunctionName=name, CodeSigningConfigArn=leader.estate.code_signing_config_arn
        )
    clock.advance(60)
    members = [
        Member(folder / name, leader, name, size if told else 1, seed)
        for seed, name in enumerate(names)
    ]
    began_at, began = clock.monotonic(), len(leader.sandbox.calls)
    leader.sandbox.gateway.limit = Bucket()
    leader.sandbox.gateway.latency_s = LATENCY_S
    outcomes: list[str] = []

    def go(member: Member) -> None:
        ended = member.run(function_name=member.function, timeout_minutes=str(timeout_min))
        outcomes.append(ended.outputs["outcome"])

    chance = random.Random(size)
    for member in members:
        run = greenlet.greenlet(lambda member=member: go(member))
        clock.wake(run, chance.random() * within_s)
    clock.run()
    calls = [c for c in leader.sandbox.calls[began:] if counts(c)]
    refused = sum(c.status == 429 for c in calls)
    return Went(
        outcomes=tuple(outcomes),
        needed=len(calls) - refused,
        refused=refused,
        seconds=clock.monotonic() - began_at,
    )


def counts(call: Call) -> bool:
    """Whether the limit counts it."""
    return call.service == "lambda" and call.operation not in _COUNTED_NOT
