"""The HTTP server of a sandbox on a port: threads, keep-alive, connections that break on demand.

May import the standard library, the WSGI application and the wire package. A WSGI server of our own
because the ready ones cannot drop a connection, and answer "Expect: 100-continue" late or never.
"""

from __future__ import annotations

import socket
import sys
import threading
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from lambda_sandbox.wire.message import TransportFault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from lambda_sandbox.core import Json

    App = Callable[[dict[str, Any], Any], Iterable[bytes]]


class Server(ThreadingHTTPServer):
    """Serves one WSGI application."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, host: str, port: int, app: App) -> None:
        """Binds; `port` 0 takes a free one (see `port`)."""
        self.app = app
        self.stopping = threading.Event()
        super().__init__((host, port), _Handler)

    @property
    def port(self) -> int:
        """The port that is bound."""
        return int(self.server_address[1])

    def stop(self) -> None:
        """Ends `serve_forever`, and whatever a fault holds open."""
        self.stopping.set()
        self.shutdown()

    def handle_error(self, request: Json, client_address: Json) -> None:
        """A client that went away is no error; anything else is told on stderr."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    """One connection; requests on it one after the other."""

    protocol_version = "HTTP/1.1"
    server: Server
    disable_nagle_algorithm = True
    wbufsize = -1

    def log_message(self, *_: object) -> None:
        """Keeps no access log: GET /_sandbox/calls tells more."""

    def handle_expect_100(self) -> bool:
        """Says "100 Continue" at once: botocore waits a second for it before it sends a body."""
        proceed = super().handle_expect_100()
        self.wfile.flush()
        return proceed

    def _serve(self) -> None:
        environ = self._environ()
        answer: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]]) -> None:
            answer.extend((int(status.partition(" ")[0]), headers))

        try:
            body = b"".join(self.server.app(environ, start_response))
        except TransportFault as fault:
            self._break(fault)
            return
        except Exception:  # noqa: BLE001 - a mistake of ours or moto's is told, not hung up on
            self.close_connection = True
            told = traceback.format_exc()
            sys.stderr.write(told)
            self._send(500, [("Content-Length", str(len(told.encode())))], told.encode())
            return
        self._send(answer[0], answer[1], body)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = do_PATCH = do_OPTIONS = _serve  # noqa: N815

    def _send(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers:
            if name.lower() not in {"date", "server"}:
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def _break(self, fault: TransportFault) -> None:
        """Drops the connection the way the fault says."""
        self.close_connection = True
        if fault.kind == "timeout_after":
            self.server.stopping.wait(fault.hold_s)
        elif fault.kind == "truncated" and fault.response is not None:
            body = fault.response.body
            headers = fault.response.sized_headers(self.command)
            self._send(fault.response.status, list(headers.items()), body[: len(body) // 2])
        self.connection.shutdown(socket.SHUT_RDWR)

    def _environ(self) -> dict[str, Any]:
        path, _, query = self.path.partition("?")
        body = self._body()
        environ: dict[str, Any] = {
            "REQUEST_METHOD": self.command,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote(path, "latin-1"),
            "QUERY_STRING": query,
            "RAW_URI": self.path,
            "SERVER_NAME": str(self.server.server_address[0]),
            "SERVER_PORT": str(self.server.port),
            "SERVER_PROTOCOL": self.request_version,
            "REMOTE_ADDR": self.client_address[0],
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": BytesIO(body),
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        for name, value in self.headers.items():
            key = name.upper().replace("-", "_")
            environ[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value
        environ["CONTENT_LENGTH"] = str(len(body))
        return environ

    def _body(self) -> bytes:
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return self._chunks()
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _chunks(self) -> bytes:
        """Undoes chunked transfer coding. Source: RFC 9112, section 7.1."""
        body = bytearray()
        while True:
            size = int(self.rfile.readline().partition(b";")[0], 16)
            if size == 0:
                break
            body += self.rfile.read(size)
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return bytes(body)
