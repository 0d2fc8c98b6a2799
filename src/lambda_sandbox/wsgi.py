"""The sandbox as a WSGI application: the API, and control paths under /_sandbox/.

May import the gateway's types and control. A fault of the connection is raised to the server, which
drops it (see server).
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from lambda_sandbox.core import Json
from lambda_sandbox.wire.message import request_from_environ

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from lambda_sandbox.core import Json
from lambda_sandbox.wire.message import Request, Response

_PHRASES = {status.value: status.phrase for status in HTTPStatus}


def application(
    handle: Callable[[Request], Response], control: Callable[[Request], Response] | None = None
) -> Callable[[dict[str, Any], Any], Iterable[bytes]]:
    """The application over a gateway's `handle`; `control` answers paths under /_sandbox/."""

    def app(environ: dict[str, Any], start_response: Json) -> Iterable[bytes]:
        request = request_from_environ(environ)
        if control is not None and request.path.startswith("/_sandbox/"):
            response = control(request)
        else:
            response = handle(request)
        headers = {
            name: value
            for name, value in response.sized_headers(request.method).items()
            if name.lower() not in {"connection", "transfer-encoding"}
        }
        reason = _PHRASES.get(response.status, "Unknown")
        start_response(f"{response.status} {reason}", list(headers.items()))
        return [b"" if request.method == "HEAD" else response.body]

    return app
