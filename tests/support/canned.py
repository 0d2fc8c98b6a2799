"""Canned answers behind real boto3: bytes go in, botocore parses them as it parses AWS's.

For answers that a sandbox does not give: hostile, cut off, of another form. Real signing, real
parsing, no socket, no waiting.
"""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass, field
from io import BytesIO
from typing import TYPE_CHECKING, Any

from botocore.awsrequest import AWSResponse
from urllib3.response import HTTPResponse

from lambda_sandbox.core import VirtualClock
from signed_lambda.clock import Deadline
from signed_lambda.signals import StopFlag
from tests.support.aws import aws_over

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from botocore.awsrequest import AWSPreparedRequest

    from signed_lambda.aws import Aws
    from signed_lambda.cloud import Download

REQUEST_ID = "00000000-0000-0000-0000-00000000beef"


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer; `headers` win over the ones that every answer has."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)

    def sent(self, url: str) -> AWSResponse:
        """The answer as botocore's HTTP session gives it."""
        headers = {
            "content-length": str(len(self.body)),
            "x-amzn-requestid": REQUEST_ID,
            "date": "Mon, 05 Jan 2026 09:00:00 GMT",
            **self.headers,
        }
        raw = HTTPResponse(
            body=BytesIO(self.body),
            headers=headers,
            status=self.status,
            preload_content=False,
            enforce_content_length=False,  # as botocore does
        )
        # the stubs want http.client's headers; botocore passes urllib3's
        return AWSResponse(url, self.status, raw.headers, raw)  # type: ignore[arg-type]


def ok(members: object, status: int = 200, **headers: str) -> Reply:
    """A JSON answer of Lambda or Signer."""
    body = json.dumps(members).encode()
    return Reply(body, status, {"content-type": "application/json", **headers})


def xml(body: str = "", status: int = 200, **headers: str) -> Reply:
    """An XML answer of S3 or STS, or one without a body."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(body.encode(), status, {"content-type": "application/xml", **named})


def refused(code: str, message: str = "", status: int = 400, **members: object) -> Reply:
    """An error answer of Lambda or Signer."""
    body = json.dumps({"Type": "User", "message": message, **members}).encode()
    headers = {"content-type": "application/json", "x-amzn-errortype": code}
    return Reply(body, status, headers)


def s3_refused(code: str, message: str = "", status: int = 400, inside: str = "") -> Reply:
    """An error answer of S3."""
    return xml(
        f"<Error><Code>{code}</Code><Message>{message}</Message>{inside}</Error>", status=status
    )


def sts_refused(code: str, message: str = "", status: int = 400) -> Reply:
    """An error answer of STS."""
    return xml(
        "<ErrorResponse><Error><Type>Sender</Type>"
        f"<Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>",
        status=status,
    )


PORTAL = Reply(b"<!doctype html><h1>Log in</h1>", 200, {"content-type": "text/html; charset=utf-8"})


class Canned:
    """A transport that answers with what it was given, in order; the last one for ever.

    Attributes:
        requests: What was sent.
        operations: Their operations, "lambda.GetAlias".
        on_request: Called with each request that arrives.
    """

    def __init__(self, *replies: Reply | Exception) -> None:
        self._replies = deque(replies)
        self.requests: list[AWSPreparedRequest] = []
        self.operations: list[str] = []
        self.on_request: Callable[[Any], object] = lambda _: None

    def __call__(self, request: AWSPreparedRequest, event_name: str, **_: object) -> AWSResponse:
        """See botocore's event `before-send`."""
        self.on_request(request)
        self.requests.append(request)
        self.operations.append(event_name.removeprefix("before-send."))
        reply = self._replies.popleft() if len(self._replies) > 1 else self._replies[0]
        if isinstance(reply, Exception):
            raise reply
        return reply.sent(request.url)


@dataclass
class Bench:
    """`Aws` over canned answers, and all that can be seen of it.

    Attributes:
        said: The lines of progress.
        fetched: The URLs that were downloaded.
    """

    canned: Canned
    clock: VirtualClock = field(default_factory=VirtualClock)
    stop: StopFlag = field(default_factory=StopFlag)
    deadline_s: float = 900
    said: list[str] = field(default_factory=list)
    fetched: list[str] = field(default_factory=list)
    downloads: deque[Download | Exception] = field(default_factory=deque)

    def aws(self) -> Aws:
        """The adapter; each call makes a new one with a new deadline."""
        return aws_over(
            self.canned,
            clock=self.clock,
            fetch=self.fetch,
            deadline=Deadline.after(self.clock, self.deadline_s, self.stop.check),
            say=self.said.append,
        )

    def fetch(self, url: str, to: Path, limit_bytes: int) -> Download:
        """Answers downloads in order, the last one for ever."""
        self.fetched.append(url)
        assert to.name
        assert limit_bytes > 0
        answer = self.downloads.popleft() if len(self.downloads) > 1 else self.downloads[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def bench(*replies: Reply | Exception, deadline_s: float = 900) -> Bench:
    """A bench whose AWS gives these answers."""
    return Bench(Canned(*replies), deadline_s=deadline_s)
