"""An HTTP server on loopback that judges what it is asked, and fails on demand.

Every request and every answer is checked against GitHub's own descriptions (openapi, graphql_api):
`violations` must be empty at the end of each test. What GitHub itself does stands in
`github_server`; here stands what happens to requests on their way (`fail`, `meanwhile`).
"""

from __future__ import annotations

import json
import re
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from tests.support import graphql_api, openapi

Answer = tuple[int, Any, dict[str, str]]
"""Status (0 for none), JSON or bytes, headers."""


@dataclass
class Fault:
    """What happens to the next `times` requests that match.

    Attributes:
        match: Regular expression over "METHOD /path".
        status: Answer; 0 closes the connection without one.
        body: JSON; bytes are sent as they are.
        effect: Whether the request takes effect before.
    """

    match: str
    status: int
    body: Any = field(default_factory=lambda: {"message": "Server Error"})
    headers: dict[str, str] = field(default_factory=dict)
    effect: bool = False
    times: int = 1


@dataclass(frozen=True)
class Seen:
    """A request, in the order of arrival."""

    method: str
    path: str
    query: dict[str, str]
    body: Any
    headers: dict[str, str]

    @property
    def line(self) -> str:
        """As faults are matched."""
        return f"{self.method} {self.path}"


class CheckedServer(ABC):
    """Serves `answer`, which a subclass gives.

    Attributes:
        prefix: Of all paths, as GitHub Enterprise Server has "/api/v3"; its GraphQL stands at
            "/api/graphql".
        seen: All requests, their paths without the prefix.
        violations: What is wrong with them, and with our answers.
    """

    def __init__(self) -> None:
        self.prefix = ""
        self.faults: list[Fault] = []
        self.seen: list[Seen] = []
        self.violations: list[str] = []
        self._meanwhile: list[tuple[str, Callable[[], object]]] = []
        self._lock = threading.RLock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def url(self) -> str:
        """Of the API."""
        return f"http://127.0.0.1:{self._server.server_address[1]}{self.prefix}"

    def fail(self, match: str, status: int, **more: openapi.Json) -> None:
        """The next requests that match fail."""
        self.faults.append(Fault(match, status, **more))

    def meanwhile(self, match: str, action: Callable[[], object]) -> None:
        """Does something once the next matching request has its answer, before it is sent.

        The action may itself send requests to this server.
        """
        self._meanwhile.append((match, action))

    def sent(self, method: str) -> list[Seen]:
        """The requests of a method, GraphQL's queries left out."""
        return [s for s in self.seen if s.method == method and s.path != "/graphql"]

    @abstractmethod
    def answer(self, seen: Seen) -> Answer:
        """What GitHub does."""

    def handle(self, seen: Seen) -> Answer:
        """The answer to a request, judged."""
        with self._lock:
            self.seen.append(seen)
            if wrong := _requested(seen):
                self._judge(wrong, seen)
                return _refusal(seen, wrong)
            fault = next(
                (f for f in self.faults if f.times and re.search(f.match, seen.line)), None
            )
            if fault is None:
                done = self.answer(seen)
                self._judge(_answered(seen, done), seen)
            else:
                fault.times -= 1
                if fault.effect:
                    self.answer(seen)
                done = fault.status, fault.body, fault.headers
            actions = [m for m in self._meanwhile if re.search(m[0], seen.line)][:1]
            self._meanwhile = [m for m in self._meanwhile if m not in actions]
        for _, action in actions:
            action()
        return done

    def inside(self, path: str) -> str:
        """The path without the prefix; where that is missing, a path that is no operation."""
        if path == self.prefix.removesuffix("/v3") + "/graphql":
            return "/graphql"
        inside = path.startswith(self.prefix + "/")
        return path.removeprefix(self.prefix) if inside else f"outside of {self.prefix}: {path}"

    def _judge(self, problems: list[str], seen: Seen) -> None:
        self.violations += [f"{seen.line}: {p}" for p in problems]


def _requested(seen: Seen) -> list[str]:
    if seen.path == "/graphql":
        return graphql_api.violations(seen.body)
    return openapi.request_violations(seen.method, seen.path, seen.query, seen.body)


def _refusal(seen: Seen, wrong: list[str]) -> Answer:
    """GitHub may be milder; no test that sends such a request is green anyway."""
    if seen.path == "/graphql":
        return 200, {"errors": [{"message": text} for text in wrong]}, {}
    return 422, {"message": f"Invalid request.\n\n{'; '.join(wrong)}"}, {}


def _answered(seen: Seen, done: Answer) -> list[str]:
    status, body, _ = done
    if seen.path == "/graphql" or status >= 400:
        return []
    return openapi.answer_violations(seen.method, seen.path, status, body)


def _handler(server: CheckedServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # an answer is one packet: a second one would wait 40 ms for the first's ACK

        def log_message(self, *_: object) -> None:
            """Nothing is printed: `seen` holds the requests."""

        def _serve(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            parts = urlsplit(self.path)
            query = {k: v[0] for k, v in parse_qs(parts.query).items()}
            headers = {k.lower(): v for k, v in self.headers.items()}
            body = json.loads(raw) if raw else None
            path = server.inside(parts.path)
            self._send(*server.handle(Seen(self.command, path, query, body, headers)))

        def _send(self, status: int, answer: Any, headers: dict[str, str]) -> None:  # noqa: ANN401
            if status == 0:
                self.close_connection = True
                self.connection.close()
                return
            if not isinstance(answer, bytes):
                answer = b"" if answer is None else json.dumps(answer).encode()
            self.send_response(status)
            kind = {"Content-Type": "application/json; charset=utf-8"}
            for name, value in (kind | headers).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_POST = do_PATCH = do_DELETE = _serve  # noqa: N815 - http.server's names

    return Handler
