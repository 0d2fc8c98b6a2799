"""What every step works with: the order, and the means; how questions run side by side.

Writes are sent by the run's own thread, one after the other. Questions whose answers do not depend
on each other are asked side by side (`Workbench.ask`), each by a thread that only asks: it writes
nothing, tells the journal nothing and decides nothing. They are begun, and their answers taken, in
the order of the story; so the journal, and which of two errors is told, hang on no race.
"""

from __future__ import annotations

import itertools
import threading
from dataclasses import field
from typing import TYPE_CHECKING, Final, Literal, Protocol

from signed_lambda.clock import Wait
from signed_lambda.lazy import dataclass
from signed_lambda.report.model import Run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future
    from pathlib import Path
    from typing import ParamSpec, TypeVar

    from signed_lambda.clock import Deadline
    from signed_lambda.cloud import Clock, Cloud
    from signed_lambda.journal import Journal
    from signed_lambda.model import AliasName, FunctionName
    from signed_lambda.signature import TrustRoots

    P = ParamSpec("P")
    T = TypeVar("T")

LANES: Final = 20
"""Questions at the same time: all that a deploy asks about a function and its triggers. With fewer,
the last ones wait for a whole round trip. Of these some 13 are Lambda's, which takes 15 a second.

Source: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html (API requests)
"""
SHORTEST_ROOM_S: Final = 0.1
YOUNG_ROOM_S: Final = 0.25
YOUNG_S: Final = 15.0
"""Until then a wait is expected to end soon, and is looked at every 0.25 s."""
OLD_ROOM_S: Final = 2.0
ROOM_SHARE: Final = 0.03
"""Of what a wait has taken so far: so much longer than needed it may take."""


class SideBySide(Protocol):
    """Where questions run side by side: an executor, as far as it is needed."""

    def submit(self, task: Callable[P, T], /, *args: P.args, **named: P.kwargs) -> Future[T]:
        """Begins the task; what it raises comes out where its answer is taken."""
        ...


class Lanes:
    """Threads for questions that run side by side, one each.

    Nobody waits for them at the end: a run that was cancelled ends, although a question of it has
    no answer yet. The library's pool would be waited for, by itself and by the interpreter.
    """

    def __init__(self) -> None:
        """Begins nothing."""
        self._free = threading.BoundedSemaphore(LANES)

    def submit(self, task: Callable[P, T], /, *args: P.args, **named: P.kwargs) -> Future[T]:
        """See `SideBySide`."""
        from concurrent.futures import Future  # noqa: PLC0415 - not for a scan

        done: Future[T] = Future()

        def work() -> None:
            with self._free:
                try:
                    done.set_result(task(*args, **named))
                except BaseException as error:  # noqa: BLE001 - for whoever takes the answer
                    done.set_exception(error)

        threading.Thread(target=work, name="ask", daemon=True).start()
        return done


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a promotion comes from: an alias of another function.

    Attributes:
        account: 12 digits, as the function's ARN or the role names it; None: the caller's own.
        region: Of the function.
        role: ARN of the role that reads it, None for the run's own credentials.
    """

    function: FunctionName
    alias: AliasName
    account: str | None
    region: str
    role: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What was asked for, as far as the chain needs it.

    Attributes:
        owner: Account that must own the bucket; "" for the caller's own.
        profile: Name of the signing profile; None to deploy unsigned.
        function_account, function_region: From an ARN, None when a name was given.
        allowed_accounts: Empty for any.
        origin: Another function whose signed code is deployed; None: no promotion from elsewhere.
        keep_versions: How many of this action's versions stay at least; None: all.
        smoke_event: Payload, None for no smoke test.
        fail_on_unseen: A plan that may not see something is refused.
        require_lock: `$LATEST` must be locked, or it is drift.
    """

    command: str
    function: FunctionName
    alias: AliasName
    bucket: str = ""
    prefix: str = "signed-lambda"
    owner: str = ""
    profile: str | None = None
    profile_owner: str | None = None
    require_code_signing: Literal["enforce", "warn", "off"] = "enforce"
    allow_unsigned: bool = False
    hash_alias: bool = True
    keep_versions: int | None = None
    smoke_event: bytes | None = field(default=None, repr=False)
    allow_older: bool = False
    fail_on_unseen: bool = False
    require_lock: bool = False
    reason: str = ""
    origin: Origin | None = None
    function_account: str | None = None
    function_region: str | None = None
    allowed_accounts: tuple[str, ...] = ()
    run: Run = field(default_factory=Run)


@dataclass(frozen=True, slots=True, kw_only=True)
class Workbench:
    """The means of a run.

    Attributes:
        folder: Private and temporary; downloads go there.
        roots: Gives the certificates that a signature's chain may end at, None for AWS Signer's
            own; raises InputError where they cannot be read.
        lanes: Where questions run side by side.
        spread: Gives 0..1, which spreads the looks of runs that wait at the same time.
        get_ready: Called in each pause of a wait, which is there anyway; does its work once.
    """

    cloud: Cloud
    clock: Clock
    deadline: Deadline
    journal: Journal
    folder: Path
    roots: Callable[[], TrustRoots | None]
    lanes: SideBySide
    spread: Callable[[], float]
    get_ready: Callable[[], None] = lambda: None
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def new_file(self, name: str) -> Path:
        """A path in the private folder that does not exist yet, ending in `name`."""
        return self.folder / f"{next(self._numbers)}-{name}"

    def ask(self, question: Callable[[], T]) -> Future[T]:
        """Begins a question that runs beside what follows; `result()` waits for its answer.

        Args:
            question: Reads only; may take the answers of questions that were begun before it.
        """
        return self.lanes.submit(question)

    def poll(
        self,
        doing: str,
        look: Callable[[], T],
        done: Callable[[T], bool],
        tell: Callable[[T], str],
    ) -> T:
        """Looks until done, and says so every 10 s: the one loop that waits for AWS.

        From one look to the next it is three hundredths of the time waited so far: 0.1 s at
        least, at most 0.25 s for 15 s and 2 s then, shortened by up to half of it at random, so
        that runs that wait together do not look together. The time that an answer takes counts,
        but AWS is left alone for half of the room. A look that is throttled is repeated by the port
        (`aws/calls.py`), and delays the line that is due in that time.

        AWS's own waiters look every 5 and 20 seconds and give up at a throttle; updates settle in
        about 2 s.

        Args:
            doing: For the messages ("signing job 0a1b").
            look: Asks AWS.
            done: Whether to stop; raises when it can no longer succeed.
            tell: The state in one word.

        Raises:
            DeadlineError: The run's time is over.
        """
        monotonic = self.clock.monotonic
        began_at = asked_at = monotonic()
        wait = Wait(f"waiting for {doing}", self.deadline, self.journal.progress)
        while not done(answer := look()):
            self.deadline.check(f"waiting for {doing} ({tell(answer)})")
            self.get_ready()
            now = monotonic()
            room_s = self._room_s(now - began_at)
            pause_s = max(asked_at + room_s - now, room_s / 2)
            wait.sleep(min(pause_s, self.deadline.left_s()), tell(answer))
            asked_at = monotonic()
        return answer

    def _room_s(self, waited_s: float) -> float:
        """From one look to the next."""
        room_s = max(SHORTEST_ROOM_S, ROOM_SHARE * waited_s)
        if waited_s < YOUNG_S:
            return min(room_s, YOUNG_ROOM_S)
        return min(room_s, OLD_ROOM_S) * (1 - self.spread() / 2)
