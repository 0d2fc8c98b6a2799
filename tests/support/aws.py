"""`Aws` on a sandbox, or on any other transport, without a socket and without waiting.

Creating clients costs some 100 ms; the suite has hundreds of tests. The clients are made once
a session and hand every request to the transport that the running test put there; of two runs that
are interleaved, each has its own.
"""

from __future__ import annotations

import functools
from contextvars import ContextVar
from dataclasses import replace
from io import BytesIO
from typing import TYPE_CHECKING

import botocore.session

from lambda_sandbox.core import ApiError, VirtualClock
from signed_lambda.aws import Aws, Clients, make_clients
from signed_lambda.aws.calls import Repeat
from signed_lambda.aws.files import store
from signed_lambda.clock import Deadline
from signed_lambda.cloud import Download
from signed_lambda.signals import StopFlag

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from botocore.awsrequest import AWSPreparedRequest, AWSResponse

    from lambda_sandbox.sandbox import Sandbox
    from signed_lambda.aws import Fetch
    from signed_lambda.cloud import Clock

    Transport = Callable[..., AWSResponse | None]


_transport: ContextVar[Transport] = ContextVar("transport")
"""Of the running test, or of one of its interleaved runs: a greenlet has its own context."""
_latest: list[Transport] = []
"""For the threads of a run, which have none."""


def _deliver(request: AWSPreparedRequest, **context: object) -> AWSResponse | None:
    transport = _transport.get(None) or _latest[-1]
    return transport(request=request, **context)


def unmasked(_secret: str) -> None:
    """For `mask`, where nothing is printed."""


def session_of(key: str, secret: str, token: str | None = None) -> botocore.session.Session:
    """A session with these credentials, for `make_clients`; not a hardened one."""
    session = botocore.session.Session()
    session.set_credentials(key, secret, token)
    return session


@functools.cache
def shared_clients(region: str = "eu-west-1") -> Clients:
    """The clients of the test session; their requests go to the transport of the running test."""
    session = session_of("AKIASANDBOX000000001", "sandbox-secret", "sandbox-token")
    session.register("before-send", _deliver)  # type: ignore[arg-type] # the stubs forbid answers
    clients = make_clients({}, region=region, endpoint_url=None, mask=unmasked, session=session)
    invoking = functools.cache(lambda: clients.invoker(900.0))
    return replace(clients, invoker=lambda _: invoking())


def on_transport(transport: Transport) -> None:
    """From now on the shared clients' requests go there."""
    _transport.set(transport)
    _latest[:] = [transport]


def aws_over(
    transport: Transport,
    *,
    clock: Clock,
    fetch: Fetch,
    deadline: Deadline,
    say: Callable[[str], None] = lambda _: None,
    region: str = "eu-west-1",
) -> Aws:
    """`Aws` whose requests go to a `before-send` handler.

    Args:
        transport: Answers, or raises what botocore's HTTP session would raise.
        clock: Virtual.
        fetch: Downloads presigned URLs.
        deadline: Of the run.
        say: Takes the lines of progress.
        region: Of the clients.
    """
    on_transport(transport)
    # Full jitter is not random here: a delay is its nominal length.
    return Aws(
        shared_clients(region),
        clock=clock,
        deadline=deadline,
        fetch=fetch,
        say=say,
        jitter=lambda: 1.0,
    )


def make_aws(
    sandbox: Sandbox,
    *,
    deadline_s: float = 900,
    stop: StopFlag | None = None,
    deadline: Deadline | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> Aws:
    """`Aws` on a sandbox with a virtual clock.

    Args:
        sandbox: The account; its clock is the run's clock.
        deadline_s: Seconds from now, when `deadline` is not given.
        stop: Set it to cancel the run.
        deadline: Of the run that uses this `Aws`, so that both have the same.
        say: Takes the lines of progress.
    """
    clock = sandbox.clock
    assert isinstance(clock, VirtualClock), "a test does not wait"
    check_stop = (stop or StopFlag()).check
    return aws_over(
        sandbox.before_send,
        clock=clock,
        fetch=SandboxFetch(sandbox),
        deadline=deadline or Deadline.after(clock, deadline_s, check_stop),
        say=say,
        region=sandbox.world.region,
    )


class SandboxFetch:
    """Downloads what a sandbox's presigned URLs point to."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def __call__(self, url: str, to: Path, limit_bytes: int) -> Download:
        """See `Fetch`."""
        try:
            body = self._sandbox.fetch(url)
        except ApiError as error:
            raise Repeat("cut", f"the download was answered with status {error.status}") from None
        sha256, size = store(
            BytesIO(body), to, size_bytes=len(body), what="the code", limit_bytes=limit_bytes
        )
        return Download(to, sha256, size, None)
