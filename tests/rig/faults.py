"""What can befall a call, and the hooks that let it happen at the n-th call of a run.

A `Fault` says what becomes of one call; a `Trouble` says when that happens and how often. Each is
told by name, so that a case can be written down and run again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

from lambda_sandbox.faults import HTML
from tests.rig.wire import Exchange, Killed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.rig.wire import Wire

_S3_REGION: Final = {"code": "PermanentRedirect", "status": 301}
_REGION: Final = {"code": "TemporaryRedirect", "status": 307}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What becomes of one call.

    Attributes:
        sandbox: Kind of `lambda_sandbox.faults` for calls of AWS's API.
        options: For that kind.
        s3: Other options where the call is S3's.
        code: Status and body of the answer to a download of code; None: it is the connection's.
        github: Status, body and headers of GitHub's answer; None likewise.
        effect: Whether the call takes effect all the same.
        connection: When the connection breaks, "" where it holds.
        hold_s: Seconds until it breaks, or until the answer comes.
        cut: Half of the body is missing; "told" where the answer's length gives it away.
    """

    name: str
    sandbox: str
    options: Mapping[str, Any] = field(default_factory=dict)
    s3: Mapping[str, Any] | None = None
    code: tuple[int, bytes] | None = None
    github: tuple[int, Any, dict[str, str]] | None = None
    effect: bool = False
    connection: Literal["", "refused", "lost", "timeout"] = ""
    hold_s: float = 0.0
    cut: Literal["", "told", "untold"] = ""

    @property
    def spoils(self) -> bool:
        """Whether the product does not get the service's own answer, whole."""
        return self.hold_s == 0.0

    def of(self, service: str) -> Mapping[str, Any]:
        """The options for a service of AWS."""
        return self.s3 if service == "s3" and self.s3 is not None else self.options


def _says(message: str) -> dict[str, str]:
    return {"message": message}


_MADE: Final = (
    Fault(name="refused", sandbox="conn_before", connection="refused"),
    Fault(name="lost", sandbox="lost_after", connection="lost", effect=True),
    Fault(
        name="timeout",
        sandbox="timeout_after",
        options={"seconds": 60.0},
        connection="timeout",
        effect=True,
    ),
    Fault(
        name="throttled",
        sandbox="throttle",
        code=(503, b"SlowDown"),
        github=(429, _says("You have exceeded a secondary rate limit"), {"retry-after": "1"}),
    ),
    Fault(
        name="failed-before",
        sandbox="error500_before",
        code=(500, b"InternalError"),
        github=(502, _says("Server Error"), {}),
    ),
    Fault(
        name="failed-after",
        sandbox="error500_after",
        code=(500, b"InternalError"),
        github=(502, _says("Server Error"), {}),
        effect=True,
    ),
    Fault(name="slow", sandbox="slow", options={"seconds": 5.0}, hold_s=5.0, effect=True),
    Fault(name="truncated", sandbox="truncated", cut="told", effect=True),
    Fault(
        name="shortened",
        sandbox="truncated",
        options={"declared": "cut"},
        cut="untold",
        effect=True,
    ),
    Fault(name="html", sandbox="html_200", code=(200, HTML), github=(200, HTML, {})),
    Fault(
        name="denied",
        sandbox="denied",
        code=(403, b"AccessDenied"),
        github=(403, _says("Resource not accessible by integration"), {}),
    ),
    Fault(
        name="expired",
        sandbox="expired_token",
        code=(403, b"Request has expired"),
        github=(401, _says("Bad credentials"), {}),
    ),
    Fault(
        name="skewed",
        sandbox="clock_skew",
        code=(403, b"RequestTimeTooSkewed"),
        github=(401, _says("Bad credentials"), {}),
    ),
    Fault(
        name="elsewhere",
        sandbox="error",
        options=_REGION,
        s3=_S3_REGION,
        code=(301, b"PermanentRedirect"),
        github=(301, _says("Moved Permanently"), {"Location": "https://elsewhere.invalid/"}),
    ),
    Fault(
        name="partial-upload",
        sandbox="error",
        options={"code": "RequestTimeout", "status": 400},
        code=(400, b""),
        connection="",
        github=(408, _says("Request Timeout"), {}),
    ),
)
FAULTS: Final = {fault.name: fault for fault in _MADE}
ONCE: Final = tuple(FAULTS)
TRANSIENT: Final = frozenset(ONCE) - {"denied", "expired", "skewed", "elsewhere"}
"""What passes by itself: happening once, it fails no run."""
FOR_EVER: Final = ("throttled", "failed-before", "failed-after")
"""Of one operation, from a call on; `gone` is the whole network."""


class Once:
    """One fault at the n-th call."""

    def __init__(self, fault: str, index: int) -> None:
        self.fault, self.index = FAULTS[fault], index

    def before(self, _wire: Wire, exchange: Exchange) -> Fault | None:
        """The fault, at its call."""
        return self.fault if exchange.index == self.index else None

    def after(self, wire: Wire, exchange: Exchange) -> None:
        """Nothing."""


class ForEver:
    """One fault at the n-th call and at all calls of that operation after it."""

    def __init__(self, fault: str, index: int) -> None:
        self.fault, self.index = FAULTS[fault], index
        self._of = ("", "")

    def before(self, _wire: Wire, exchange: Exchange) -> Fault | None:
        """The fault, at its call and all later ones of the same operation."""
        of = exchange.service, exchange.operation
        if exchange.index == self.index:
            self._of = of
        return self.fault if of == self._of else None

    def after(self, wire: Wire, exchange: Exchange) -> None:
        """Nothing."""


class Gone:
    """The network is gone from the n-th call on; with `effect` that call still arrives."""

    def __init__(self, index: int, *, effect: bool) -> None:
        self.index, self._effect = index, effect

    def before(self, _wire: Wire, exchange: Exchange) -> Fault | None:
        """A lost or refused connection."""
        if exchange.index < self.index:
            return None
        arrives = self._effect and exchange.index == self.index
        return FAULTS["lost" if arrives else "refused"]

    def after(self, wire: Wire, exchange: Exchange) -> None:
        """Nothing."""


class Kill:
    """SIGKILL at the n-th call, before or after its effect."""

    def __init__(self, index: int, *, after: bool) -> None:
        self.index, self._after = index, after

    def before(self, _wire: Wire, exchange: Exchange) -> Fault | None:
        """Ends the process."""
        if exchange.index == self.index and not self._after:
            raise Killed
        return None

    def after(self, _wire: Wire, exchange: Exchange) -> None:
        """Ends the process."""
        if exchange.index == self.index and self._after:
            raise Killed


class Signal:
    """A stop signal while the n-th call is sent, or when its answer is there."""

    def __init__(self, name: str, index: int, *, after: bool) -> None:
        self.name, self.index, self._after = name, index, after

    def before(self, wire: Wire, exchange: Exchange) -> Fault | None:
        """Sets the flag, as the handler does."""
        if exchange.index == self.index and not self._after:
            wire.stop(self.name)
        return None

    def after(self, wire: Wire, exchange: Exchange) -> None:
        """Sets the flag, as the handler does."""
        if exchange.index == self.index and self._after:
            wire.stop(self.name)


@dataclass(frozen=True, slots=True)
class Trouble:
    """A kind of trouble; `at` makes the hook for the n-th call.

    Attributes:
        transient: It passes by itself, and may not fail the run.
        ends: The process is gone or was told to stop: no report, or a cancelled one.
        lasting: It goes on until the run gives up, which a short deadline makes cheap.
    """

    name: str
    transient: bool = False
    ends: Literal["", "killed", "stopped"] = ""
    lasting: bool = False

    def __str__(self) -> str:
        return self.name

    def at(self, index: int) -> Once | ForEver | Gone | Kill | Signal:
        """The hook for the n-th call."""
        what, _, when = self.name.rpartition(":")
        if what == "for-ever":
            return ForEver(when, index)
        if what == "gone":
            return Gone(index, effect=when == "after")
        if what == "killed":
            return Kill(index, after=when == "after")
        if what:
            return Signal(what, index, after=when == "after")
        return Once(when, index)

    def fits(self, exchange: Exchange) -> bool:
        """Whether it can befall such a call: only what has a body can be uploaded in part."""
        return self.name != "partial-upload" or (exchange.write and exchange.service != "code")


TROUBLES: Final = (
    *(Trouble(name, transient=name in TRANSIENT) for name in ONCE),
    *(Trouble(f"for-ever:{name}", lasting=True) for name in FOR_EVER),
    *(Trouble(f"gone:{when}", lasting=True) for when in ("before", "after")),
    *(Trouble(f"killed:{when}", ends="killed") for when in ("before", "after")),
    *(
        Trouble(f"{name}:{when}", ends="stopped")
        for name in ("SIGINT", "SIGTERM")
        for when in ("before", "after")
    ),
)
"""The columns of the matrix."""
