"""In-process transport: botocore's `before-send` hook in front of the gateway, no socket.

May import the gateway, the wire package, urllib3 and botocore. Faults of the connection become the
exceptions that botocore's own HTTP session would raise, so its retries run for real.
"""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from botocore.awsrequest import AWSResponse
from botocore.exceptions import (
    ConnectionClosedError,
    EndpointConnectionError,
    ReadTimeoutError,
)
from urllib3.response import HTTPResponse

from lambda_sandbox.wire.message import Request, Response, TransportFault, lower_headers

if TYPE_CHECKING:
    from botocore.awsrequest import AWSPreparedRequest

    from lambda_sandbox.core import Clock, Json
    from lambda_sandbox.gateway import Gateway


class InProcess:
    """A botocore `before-send` handler."""

    def __init__(self, gateway: Gateway, clock: Clock) -> None:
        self._gateway = gateway
        self._clock = clock

    def send(self, request: AWSPreparedRequest) -> AWSResponse:
        """The answer as botocore's HTTP session would give it.

        Raises:
            EndpointConnectionError: Fault conn_before.
            ConnectionClosedError: Fault lost_after.
            ReadTimeoutError: Fault timeout_after; the clock has moved on by the timeout.
        """
        url = request.url
        try:
            response = self._gateway.handle(request_of(request))
        except TransportFault as fault:
            if fault.kind == "conn_before":
                raise EndpointConnectionError(endpoint_url=url, error=fault) from fault
            if fault.kind == "timeout_after":
                self._clock.sleep(fault.hold_s)
                raise ReadTimeoutError(endpoint_url=url, error=fault) from fault
            if fault.kind == "lost_after" or fault.response is None:
                raise ConnectionClosedError(endpoint_url=url, error=fault) from fault
            return _aws_response(request.method, url, fault.response, len(fault.response.body) // 2)
        return _aws_response(request.method, url, response, len(response.body))


def request_of(request: AWSPreparedRequest) -> Request:
    """A prepared request of botocore in our own form."""
    parts = urlsplit(request.url)
    headers = lower_headers(request.headers.items())
    return Request(
        method=request.method,
        scheme=parts.scheme,
        host=headers.get("host", parts.netloc),
        path=parts.path or "/",
        query=parts.query,
        headers=headers,
        body=_body(request.body),
        in_process=True,
    )


def _body(body: Json) -> bytes:
    if body is None:
        return b""
    if isinstance(body, str):
        return body.encode()
    if isinstance(body, (bytes, bytearray)):
        return bytes(body)
    read: bytes = body.read()
    return read


def _aws_response(method: str, url: str, response: Response, sent: int) -> AWSResponse:
    raw = HTTPResponse(
        body=BytesIO(response.body[:sent]),
        headers=response.sized_headers(method),
        status=response.status,
        preload_content=False,
        # As botocore asks for: an answer that is cut off parses as what is left of it.
        enforce_content_length=False,
    )
    return AWSResponse(url, response.status, raw.headers, raw)  # type: ignore[arg-type]
