"""One call to AWS: sent, repeated while that can help, its answer read, its refusal translated.

botocore's own repetitions are off; this is the only loop. Throttles, 5xx and another update in
progress are ridden out until the deadline; a network that cannot be reached, and answers that are
not AWS's, for a minute, because those stay. A write that is repeated after its
answer was lost may meet its own effect: it then surfaces as `RevisionMovedError` or
`AlreadyExistsError`, and the caller reads back.

May import botocore's exceptions. Never sleeps by itself (the clock is given), never logs a body.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Final, Literal, NoReturn, TypeVar

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    FlexibleChecksumError,
    HTTPClientError,
    IncompleteReadError,
    NoCredentialsError,
)
from botocore.exceptions import ConnectionError as BotoConnectionError
from botocore.parsers import ResponseParserError

from signed_lambda.aws.answer import Answer, NotAnAnswer, shown
from signed_lambda.aws.call import UNKNOWN
from signed_lambda.aws.credentials import TokenUnreadableError
from signed_lambda.aws.diagnosis import gave_up, refusal_error, role_error, values_error
from signed_lambda.aws.pace import Pace
from signed_lambda.aws.refusals import Refusal
from signed_lambda.clock import Wait
from signed_lambda.cloud import InProgressError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from signed_lambda.aws.call import Call
    from signed_lambda.clock import Deadline
    from signed_lambda.cloud import Clock

T = TypeVar("T")

Kind = Literal["throttled", "failing", "in-progress", "unreachable", "unclear", "cut"]
"""Why a call is repeated.

"throttled": 429, no effect; "failing": 5xx, effect unknown; "in-progress": 409 of another update;
"unreachable": no answer, effect unknown; "unclear": not AWS's answer, effect unknown; "cut": a
download that did not arrive whole.
"""

FIRST_DELAY_S: Final = 0.1
LONGEST_DELAY_S: Final = 2.0
LONGEST_ASKED_DELAY_S: Final = 60.0
PATIENCE_S: Final = 60.0
PATIENCE_TRIES: Final = 3
"""A network, a proxy or a disk that fails for a minute, and three times, fails for good."""


class Repeat(Exception):
    """The call may succeed when it is sent again.

    Attributes:
        kind: See `Kind`.
        reason: For the log and the final error; holds no secret.
        after_s: Seconds AWS asked to wait, None when it did not.
    """

    def __init__(self, kind: Kind, reason: str, after_s: float | None = None) -> None:
        super().__init__(reason)
        self.kind: Final = kind
        self.reason: Final = reason
        self.after_s: Final = after_s


class Calls:
    """Sends calls within the deadline; several at the same time, if they come from several threads.

    Attributes:
        account: Tells the account of the credentials as far as it is known, so that a refusal
            names whole ARNs, also that of a call that was sent before.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        deadline: Deadline,
        say: Callable[[str], None],
        jitter: Callable[[], float] = random.random,
        pace: Pace | None = None,
    ) -> None:
        """Takes the clock and the deadline.

        Args:
            clock: Sleeps; raises `Cancelled` when the run is stopped.
            deadline: Of the whole run.
            say: Prints one line of progress.
            jitter: 0..1, spreads the repetitions of runs that were throttled together.
            pace: Of the whole run; one that is alone by default.
        """
        self._clock = clock
        self._deadline = deadline
        self._say = say
        self._jitter = jitter
        self._pace = pace or Pace(1, jitter)
        self.account: Callable[[], str] = lambda: UNKNOWN

    def within(self, seconds: float) -> Calls:
        """The same loop for calls that are given up after so many seconds from now."""
        calls = Calls(
            clock=self._clock,
            deadline=self._deadline.within(seconds),
            say=self._say,
            jitter=self._jitter,
            pace=self._pace,
        )
        calls.account = self.account
        return calls

    def left_s(self) -> float:
        """Seconds left until the deadline."""
        return self._deadline.left_s()

    def run(
        self, call: Call, send: Callable[[], Mapping[str, object]], read: Callable[[Answer], T]
    ) -> T:
        """The answer of the call, read.

        Args:
            call: What is asked, and which refusals it expects.
            send: Sends it once; parameters are bound.
            read: Takes the answer apart; raises `NotAnAnswer` or `Repeat` to have it sent again.

        Raises:
            IdentityError, AccessError, AwsError, BucketError: See `diagnosis`.
            InProgressError: Another update was in progress until the deadline.
            DeadlineError: The time was over before the call.
            Cancelled: The run was stopped.
        """
        started, tries = self._clock.monotonic(), 0
        wait = Wait(call.operation, self._deadline, self._say)
        while True:
            pause = self._pace.wait_s(call.operation, self._clock.monotonic())
            if pause > 0:
                wait.sleep(min(pause, self._deadline.left_s()), "one of many runs, waits its turn")
            self._deadline.check(f"asking {call.operation}")
            tries += 1
            try:
                return read(self._answer(send))
            except _CAUGHT as error:
                self._deadline.check_stop()  # libraries wrap what interrupted them
                last = self._repetition(error, call)
                if last.kind == "throttled":
                    self._pace.refused(call.operation, self._clock.monotonic())
            delay = self._delay(call, last, tries, started)
            if tries == 1:
                self._say(f"{call.operation}: {last.reason}; try 2 in {delay:.1f} s")
            wait.sleep(delay, f"{last.reason}, try {tries + 1} follows")

    @staticmethod
    def _answer(send: Callable[[], Mapping[str, object]]) -> Answer:
        """Sends once.

        botocore converts numbers, times and base64 with the plain constructors, so that an
        ill-typed member ends in their errors.
        """
        try:
            members = send()
        except (
            ArithmeticError,
            AttributeError,
            LookupError,
            RuntimeError,
            TypeError,
            ValueError,
        ) as error:
            raise NotAnAnswer(f"cannot be parsed ({type(error).__name__})") from error
        return Answer({k: v for k, v in members.items() if k != "ResponseMetadata"})

    def _repetition(self, error: Exception, call: Call) -> Repeat:
        """The repetition that a failure asks for; what none can mend is raised."""
        match error:
            case Repeat():
                return error
            case NotAnAnswer():
                return Repeat("unclear", error.reason)
            case ResponseParserError():
                # its text holds the body
                return Repeat("unclear", "cannot be parsed (ResponseParserError)")
            case FlexibleChecksumError():
                return Repeat("cut", "other bytes arrived than S3 holds")
            case ClientError():
                return self._judge(error, call)
            case TokenUnreadableError():
                raise role_error(str(error)) from error
            case CredentialRetrievalError() | NoCredentialsError():
                # botocore's text may hold the credential service's answer
                raise role_error(f"they cannot be renewed ({type(error).__name__})") from None
            case BotoCoreError() if not isinstance(error, _NETWORK):
                # before anything was sent: a parameter, a bucket's name
                raise values_error(call, str(error)) from error
            case _:
                # botocore's texts hold the endpoint's URL, which holds names only
                text = type(error).__name__ if call.secret else f"{type(error).__name__}: {error}"
                return Repeat("unreachable", shown(text))

    def _judge(self, error: ClientError, call: Call) -> Repeat:
        """The repetition that a refusal asks for; everything else is raised."""
        refusal = Refusal.of(error)
        expected = call.expected.get(refusal.code)
        meaning = expected(refusal) if expected else None
        if isinstance(meaning, Repeat):
            return meaning
        if meaning is not None:
            raise meaning from error
        if refusal.throttled:
            return Repeat("throttled", f"throttled ({shown(refusal.code)})", refusal.after_s)
        if refusal.passing:
            said = shown(refusal.code) or "no code"
            return Repeat("failing", f"failing ({refusal.status} {said})", refusal.after_s)
        raise refusal_error(refusal, call.of_account(self.account), self._clock.now()) from error

    def _delay(self, call: Call, last: Repeat, tries: int, started: float) -> float:
        """Seconds to wait before the next try; or ends the call."""
        delay: float = min(LONGEST_DELAY_S, FIRST_DELAY_S * 2 ** min(tries - 1, 10))
        delay *= 0.5 + self._jitter() / 2
        if last.after_s is not None:
            delay = max(delay, min(last.after_s, LONGEST_ASKED_DELAY_S))
        spent = self._clock.monotonic() - started
        ridden_out = last.kind in {"throttled", "failing", "in-progress"}
        lasting = not ridden_out and spent >= PATIENCE_S and tries >= PATIENCE_TRIES
        if lasting or delay >= self._deadline.left_s():
            _give_up(call, last, tries, spent)
        return delay


_NETWORK: Final = (
    HTTPClientError,
    BotoConnectionError,
    IncompleteReadError,
    ConnectionError,
    TimeoutError,
)
_CAUGHT: Final = (
    Repeat,
    NotAnAnswer,
    ResponseParserError,
    ClientError,
    BotoCoreError,
    ConnectionError,
    TimeoutError,
)


def _give_up(call: Call, last: Repeat, tries: int, spent: float) -> NoReturn:
    if last.kind == "in-progress":
        raise InProgressError(last.reason)
    raise gave_up(call, last.reason, last.kind, tries, spent)
