"""Every call that a run sends passes here, is counted, and can be met by something.

AWS's calls come from botocore's `before-send`, downloads of code from the product's own urllib3
pool, GitHub's from requests' adapter: what lies above these runs for real, what lies below is the
sandbox and the stand-in of GitHub in this process. There is no socket, and no time passes.
"""

from __future__ import annotations

import functools
import io
import json
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar
from urllib.parse import parse_qs, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import exceptions as broken
from urllib3.response import HTTPResponse

from lambda_sandbox.core import ApiError
from signed_lambda.aws import UrlFetch
from tests.support.aws import unmasked
from tests.support.checked_server import Seen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from botocore.awsrequest import AWSPreparedRequest, AWSResponse

    from lambda_sandbox import Sandbox
    from tests.rig.faults import Fault
    from tests.support.github_server import GitHubServer

T = TypeVar("T")
WRITES: Final = frozenset(
    {"PutObject", "StartSigningJob", "UpdateFunctionCode", "PublishVersion", "CreateAlias",
     "UpdateAlias"}
)  # fmt: skip
"""Of a call that never reached AWS nobody read the parameters: its name has to do."""
GITHUB_TIMEOUT_S: Final = 10.0
CODE_TIMEOUT_S: Final = 60.0


class Killed(BaseException):
    """The process is gone: no handler of the product sees this, and nothing is sent any more."""


@dataclass
class Exchange:
    """One call, as it left the product.

    Attributes:
        index: From 0, over all services.
        service: "lambda", "s3", "signer", "sts"; "code" for downloads of code; "github".
        operation: As AWS spells it; "GetObject" of code; "GET /repos/..." of GitHub.
        write: Whether it is one that changes something.
        began_at, ended_at: Seconds on the sandbox's clock.
        effect: Whether it was a write that took place.
        status: HTTP status that the service gave, None when it was never reached.
        delivered: Whether that answer came back whole.
        params: As the service read them; of AWS only.
        fault: Name of what befell it, "" for nothing.
        stopped: Whether a stop signal had come before it was sent.
    """

    index: int
    service: str
    operation: str
    write: bool
    began_at: float
    ended_at: float = 0.0
    effect: bool = False
    status: int | None = None
    delivered: bool = False
    params: dict[str, Any] = field(default_factory=dict)
    fault: str = ""
    stopped: bool = False

    @property
    def name(self) -> str:
        """For messages."""
        return f"{self.index}:{self.service}:{self.operation}"


class Hook(Protocol):
    """What happens at the calls of a run: an act, a fault, a switch to another run, a death.

    `before` may raise `Killed`, act on `wire.sandbox` or `wire.github`, or call `wire.stop`.
    """

    def before(self, wire: Wire, exchange: Exchange, /) -> Fault | None:
        """Before a call reaches its service; the fault that is to befall it, None for none."""
        ...

    def after(self, wire: Wire, exchange: Exchange, /) -> None:
        """After a call, whatever became of it."""
        ...


class Quiet:
    """A hook at which nothing happens."""

    def before(self, _wire: Wire, _exchange: Exchange) -> None:
        """Nothing."""

    def after(self, _wire: Wire, _exchange: Exchange) -> None:
        """Nothing."""


class Wire:
    """The line of one run.

    Attributes:
        sandbox, github: What is behind it.
        sent: Every call, in order.
        stopped_at: Seconds on the sandbox's clock of the first stop signal, None without one.
    """

    def __init__(
        self,
        sandbox: Sandbox,
        github: GitHubServer,
        hook: Hook,
        stop: Callable[[str], None],
    ) -> None:
        self.sandbox = sandbox
        self.github = github
        self.sent: list[Exchange] = []
        self.stopped_at: float | None = None
        self._hook = hook
        self._stop = stop
        self._dead = False

    def stop(self, signal_name: str) -> None:
        """A stop signal arrives."""
        if self.stopped_at is None:
            self.stopped_at = self.sandbox.clock.monotonic()
        self._stop(signal_name)

    def _carry(
        self,
        service: str,
        operation: str,
        deliver: Callable[[Exchange, Fault | None], T],
        *,
        write: bool,
    ) -> T:
        if self._dead:
            raise Killed
        clock = self.sandbox.clock
        made = Exchange(len(self.sent), service, operation, write, clock.monotonic())
        made.stopped = self.stopped_at is not None
        self.sent.append(made)
        try:
            fault = self._hook.before(self, made)
            made.fault = fault.name if fault else ""
            try:
                answer = deliver(made, fault)
                made.delivered = fault is None or not fault.spoils
                return answer
            finally:
                made.ended_at = clock.monotonic()
                self._hook.after(self, made)
        except Killed:
            self._dead = True
            raise

    # -- AWS

    def aws(self, request: AWSPreparedRequest, event_name: str = "", **_: object) -> AWSResponse:
        """For botocore's `before-send`."""
        _, service, operation = event_name.split(".")

        def deliver(exchange: Exchange, fault: Fault | None) -> AWSResponse:
            reached = len(self.sandbox.calls)
            if fault is not None:
                options = fault.of(service)
                self.sandbox.faults.add("*", fault.sandbox, times=1, **options)
            try:
                return self.sandbox.before_send(request)
            finally:
                for call in self.sandbox.calls[reached : reached + 1]:
                    exchange.params, exchange.status = call.params, call.status
                    exchange.write = call.write
                    served = fault is None or fault.effect
                    exchange.effect = call.write and call.status < 400 and served

        return self._carry(service, operation, deliver, write=operation in WRITES)

    # -- downloads of code, below the product's own UrlFetch

    def request(self, _method: str, url: str, **_: object) -> HTTPResponse:
        """As urllib3's PoolManager."""

        def deliver(exchange: Exchange, fault: Fault | None) -> HTTPResponse:
            if fault is not None and fault.connection == "refused":
                raise broken.ProtocolError("connection refused")
            try:
                status, body = 200, self.sandbox.fetch(url)
            except ApiError as error:
                status, body = error.status, error.message.encode()
            exchange.status = status
            if fault is not None:
                self._hold(fault, CODE_TIMEOUT_S)
                if fault.connection:
                    raise broken.ProtocolError("connection lost")
                status, body = fault.code or (status, body)
            return _response(status, body, fault, {"Content-Type": "application/zip"})

        return self._carry("code", "GetObject", deliver, write=False)

    # -- GitHub, below requests' adapter

    def send(self, adapter: HTTPAdapter, request: requests.PreparedRequest) -> requests.Response:
        """As HTTPAdapter.send."""
        seen = _seen(request, self.github)

        def deliver(exchange: Exchange, fault: Fault | None) -> requests.Response:
            if fault is not None and fault.connection == "refused":
                raise requests.ConnectionError("connection refused")
            status, content, headers = 0, b"", dict[str, str]()
            if fault is None or fault.effect or fault.cut:
                # Not `handle`: that requests are as GitHub describes them is judged elsewhere.
                status, content, headers = self.github.answer(seen)
                exchange.status = status
                exchange.effect = exchange.write and status < 400
            if fault is not None:
                self._hold(fault, GITHUB_TIMEOUT_S)
                if fault.connection:
                    raise requests.ReadTimeout("no answer")
                status, content, headers = fault.github or (status, content, headers)
            html = isinstance(content, bytes)
            body = content if html else b"" if content is None else json.dumps(content).encode()
            kind = "text/html" if html else "application/json; charset=utf-8"
            answer = _response(status, body, fault, {"Content-Type": kind, **headers})
            return adapter.build_response(request, answer)

        return self._carry("github", seen.line, deliver, write=_writes(seen))

    def _hold(self, fault: Fault, timeout_s: float) -> None:
        self.sandbox.clock.sleep(timeout_s if fault.connection == "timeout" else fault.hold_s)


def _response(
    status: int, body: bytes, fault: Fault | None, headers: dict[str, str]
) -> HTTPResponse:
    cut = fault.cut if fault is not None else ""
    sent = body[: len(body) // 2] if cut else body
    length = str(len(sent if cut == "untold" else body))
    return HTTPResponse(
        body=io.BytesIO(sent),
        headers={**headers, "Content-Length": length},
        status=status,
        preload_content=False,
    )


def _writes(seen: Seen) -> bool:
    asked = str(seen.body.get("query", "")) if isinstance(seen.body, dict) else ""
    query = seen.path == "/graphql" and not asked.lstrip().startswith("mutation")
    return seen.method != "GET" and not query


def _seen(request: requests.PreparedRequest, github: GitHubServer) -> Seen:
    parts = urlsplit(str(request.url))
    return Seen(
        str(request.method),
        github.inside(parts.path),
        {name: values[0] for name, values in parse_qs(parts.query).items()},
        json.loads(request.body) if request.body else None,
        {name.lower(): str(value) for name, value in request.headers.items()},
    )


# -- the line of the run that is sending: PyGithub makes its sessions itself

_line: ContextVar[Wire] = ContextVar("line")
_over_a_socket = HTTPAdapter.send


def _send(
    adapter: HTTPAdapter,
    request: requests.PreparedRequest,
    *args: Any,  # noqa: ANN401 - requests'
    **named: Any,  # noqa: ANN401 - requests'
) -> requests.Response:
    wire = _line.get(None)
    if wire is None:
        return _over_a_socket(adapter, request, *args, **named)
    return wire.send(adapter, request)


HTTPAdapter.send = _send  # type: ignore[method-assign]


@contextmanager
def on_the_line(wire: Wire) -> Iterator[None]:
    """Requests to GitHub that are sent within go to the wire."""
    token = _line.set(wire)
    try:
        yield
    finally:
        _line.reset(token)


@functools.cache
def _url_fetch() -> UrlFetch:
    return UrlFetch(unmasked)  # it loads the certificates: once


def fetch_over(wire: Wire) -> UrlFetch:
    """The product's own download, whose pool is the wire."""
    made = UrlFetch.__new__(UrlFetch)
    made._mask, made._pool = _url_fetch()._mask, wire  # type: ignore[assignment]
    return made
