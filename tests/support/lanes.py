"""Questions side by side, without threads: in tests they have one order, and cost no real time.

Questions that are asked side by side have no order of their own. Here each is asked where it is
begun, so that the n-th call is the same one in every run, and a hook may switch to another run at
any of them. `Parallel` tells, on a virtual clock, how long they would have taken side by side.
"""

from __future__ import annotations

import heapq
from concurrent.futures import Executor, Future
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from signed_lambda.chain.workbench import LANES

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from lambda_sandbox.core import VirtualClock

P = ParamSpec("P")
T = TypeVar("T")


class OneByOne(Executor):
    """Each task is done where it is submitted, before the next one.

    What is no `Exception` (a death in the rig) comes out at once.
    """

    def submit(self, task: Callable[P, T], /, *args: P.args, **named: P.kwargs) -> Future[T]:
        """Does it."""
        done: Future[T] = Future()
        try:
            done.set_result(task(*args, **named))
        except Exception as error:  # noqa: BLE001 - whoever takes the answer gets it
            done.set_exception(error)
        return done


class _Ended(Future[T]):
    """The answer of a task that ended at a moment which may lie ahead of whoever asks for it."""

    def __init__(self, clock: VirtualClock) -> None:
        super().__init__()
        self.clock = clock
        self.ended_at: datetime = clock.now()

    def _wait(self) -> None:
        self.clock.set(max(self.clock.now(), self.ended_at))

    def result(self, timeout: float | None = None) -> T:
        """The answer, once it has come."""
        self._wait()
        return super().result(timeout)

    def exception(self, timeout: float | None = None) -> BaseException | None:
        """The error, once it has come."""
        self._wait()
        return super().exception(timeout)


class Parallel(OneByOne):
    """As `OneByOne`, but on the clock a task begins when a lane is free, and its beginner goes on.

    The clock is set back behind each task and ahead where its answer is waited for: so a call's
    beginning and end are those of threads that each get all the machine.
    """

    def __init__(self, clock: VirtualClock, lanes: int = LANES) -> None:
        """Takes the sandbox's clock, and how many tasks may be under way at once."""
        self._clock = clock
        self._free: list[datetime] = [clock.now()] * lanes

    def submit(self, task: Callable[P, T], /, *args: P.args, **named: P.kwargs) -> Future[T]:
        """Does it, and lets no time pass for whoever begins it."""
        begun_at, ended = self._clock.now(), _Ended[Any](self._clock)
        self._clock.set(max(begun_at, heapq.heappop(self._free)))
        try:
            ended.set_result(task(*args, **named))
        except Exception as error:  # noqa: BLE001 - as above
            ended.set_exception(error)
        ended.ended_at = self._clock.now()
        heapq.heappush(self._free, ended.ended_at)
        self._clock.set(begun_at)
        return ended
