"""What every step works with: the order, and the means."""

from __future__ import annotations

import itertools
from dataclasses import field
from typing import TYPE_CHECKING, Literal

from signed_lambda.clock import Wait
from signed_lambda.lazy import dataclass
from signed_lambda.report.model import Run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import TypeVar

    from signed_lambda.clock import Deadline
    from signed_lambda.cloud import Clock, Cloud
    from signed_lambda.journal import Journal
    from signed_lambda.model import AliasName, FunctionName
    from signed_lambda.signature import TrustRoots

    T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What was asked for, as far as the chain needs it.

    Attributes:
        owner: Account that must own the bucket; "" for the caller's own.
        profile: Name of the signing profile; None to deploy unsigned.
        function_account, function_region: From an ARN, None when a name was given.
        allowed_accounts: Empty for any.
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
    smoke_event: bytes | None = field(default=None, repr=False)
    allow_older: bool = False
    fail_on_unseen: bool = False
    require_lock: bool = False
    reason: str = ""
    function_account: str | None = None
    function_region: str | None = None
    allowed_accounts: tuple[str, ...] = ()
    run: Run = field(default_factory=Run)


@dataclass(frozen=True, slots=True, kw_only=True)
class Workbench:
    """The means of a run.

    Attributes:
        folder: Private and temporary; downloads go there.
        roots: Certificates that a signature's chain may end at; None for AWS Signer's own.
    """

    cloud: Cloud
    clock: Clock
    deadline: Deadline
    journal: Journal
    folder: Path
    roots: TrustRoots | None
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def new_file(self, name: str) -> Path:
        """A path in the private folder that does not exist yet, ending in `name`."""
        return self.folder / f"{next(self._numbers)}-{name}"

    def poll(
        self,
        doing: str,
        look: Callable[[], T],
        done: Callable[[T], bool],
        tell: Callable[[T], str],
    ) -> T:
        """Looks until done, at first every 0.1 s, later every 2 s, and says so every 10 s.

        A look that AWS answers late delays the line that is due in that time.

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
        pause, started_at = 0.1, self.clock.monotonic()
        wait = Wait(f"waiting for {doing}", self.deadline, self.journal.progress)
        while not done(answer := look()):
            self.deadline.check(f"waiting for {doing} ({tell(answer)})")
            young = self.clock.monotonic() - started_at < YOUNG_S
            wait.sleep(min(pause, self.deadline.left_s()), tell(answer))
            pause = min(pause * 1.5, 0.25 if young else 2.0)
        return answer


YOUNG_S = 15.0
"""Until then a wait is expected to end soon and is looked at every 0.25 s."""
