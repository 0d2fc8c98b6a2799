"""One HTTP request and one answer, whatever transport brought them.

May import the standard library only. Knows nothing of AWS services.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_CREDENTIAL = re.compile(r"Credential=([^/,\s]*)/(\d{8})/([^/]*)/([^/]*)/aws4_request")


@dataclass(frozen=True, slots=True)
class Scope:
    """The SigV4 credential scope of a request: who, where, which service.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
    """

    access_key: str
    region: str
    service: str


@dataclass(frozen=True)
class Request:
    """A request as it arrived.

    Attributes:
        method: Upper case.
        scheme: "http" or "https".
        host: The Host header, with its port if any.
        path: Percent-encoded, as sent, beginning with "/".
        query: The raw query string, without "?".
        headers: By lower-case name.
        body: Whole; chunked transfer coding is already undone.
        in_process: True when no socket was involved.
    """

    method: str
    scheme: str
    host: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    in_process: bool = False

    @cached_property
    def arguments(self) -> dict[str, list[str]]:
        """The query's values by name; a name without "=" has the value ""."""
        found: dict[str, list[str]] = {}
        for name, value in parse_qsl(self.query, keep_blank_values=True):
            found.setdefault(name, []).append(value)
        return found

    @cached_property
    def form(self) -> dict[str, str]:
        """The values of a form body; empty for any other body."""
        if not self.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            return {}
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))

    @cached_property
    def scope(self) -> Scope | None:
        """The credential scope of the Authorization header or of the presigned query."""
        header = self.headers.get("authorization", "")
        if not header and "X-Amz-Credential" in self.arguments:
            header = f"Credential={self.arguments['X-Amz-Credential'][0]}"
        match = _CREDENTIAL.search(header)
        return Scope(match[1], match[3], match[4]) if match else None

    def sent_to(self, host: str, path: str | None = None) -> Request:
        """The same request to another host, or to another path there."""
        return replace(self, host=host, path=self.path if path is None else path)

    def carrying(self, headers: Mapping[str, str], body: bytes) -> Request:
        """The same request with other headers and another body."""
        return replace(self, headers=headers, body=body)


@dataclass(slots=True)
class Response:
    """An answer.

    Attributes:
        status: HTTP status.
        body: Whole.
        headers: By name as sent.
        error: The error's code, when the answer is one.
    """

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    error: str | None = None

    def sized_headers(self, method: str) -> dict[str, str]:
        """The headers with the one right Content-Length.

        That of the body; in an answer to HEAD, which has none, that of the body that GET would get.
        """
        told = {name.lower(): value for name, value in self.headers.items()}.get("content-length")
        kept = {n: v for n, v in self.headers.items() if n.lower() != "content-length"}
        length = told if method == "HEAD" and told is not None else str(len(self.body))
        return {**kept, "Content-Length": length}


class TransportFault(Exception):
    """The connection breaks here: the transport must not answer.

    Attributes:
        kind: "conn_before", "lost_after", "timeout_after" or "truncated".
        response: The answer that gets lost or cut.
        hold_s: How long a server keeps the connection open before it drops it.
    """

    def __init__(self, kind: str, response: Response | None = None, hold_s: float = 0.0) -> None:
        super().__init__(kind)
        self.kind = kind
        self.response = response
        self.hold_s = hold_s


def request_from_environ(environ: dict[str, Any]) -> Request:
    """The request of a WSGI environment; the body is read to its end."""
    headers = {
        name[5:].replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    for name in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        if environ.get(name):
            headers[name.replace("_", "-").lower()] = environ[name]
    length = int(environ.get("CONTENT_LENGTH") or 0)
    raw = environ.get("RAW_URI") or environ.get("REQUEST_URI") or ""
    path = raw.partition("?")[0] or quote(environ.get("PATH_INFO", "/").encode("latin-1"))
    return Request(
        method=environ["REQUEST_METHOD"],
        scheme=environ.get("wsgi.url_scheme", "http"),
        host=environ.get("HTTP_HOST") or environ.get("SERVER_NAME", "localhost"),
        path=path,
        query=environ.get("QUERY_STRING", ""),
        headers=headers,
        body=environ["wsgi.input"].read(length) if length else b"",
    )


def lower_headers(items: Iterable[tuple[str, str | bytes]]) -> dict[str, str]:
    """Headers by lower-case name, values as text."""
    return {
        name.lower(): value.decode("latin-1") if isinstance(value, bytes) else str(value)
        for name, value in items
    }
