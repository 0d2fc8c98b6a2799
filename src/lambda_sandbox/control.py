"""The control paths of a sandbox on a port: /_sandbox/faults, calls, clock, reset, acts, ...

May import the sandbox's parts. No AWS API: JSON in, JSON out, bytes as base64, times as ISO 8601.
"""

from __future__ import annotations

import base64
import inspect
import json
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

from lambda_sandbox.core import ApiError, Json
from lambda_sandbox.faults import AFTER, BEFORE
from lambda_sandbox.wire.message import Response

if TYPE_CHECKING:
    from collections.abc import Callable

    from lambda_sandbox.sandbox import Sandbox
    from lambda_sandbox.wire.message import Request

_OPTIONS = ("message", "status", "declared", "seconds", "skip")
_STATUS_KINDS = {429: "throttle", 500: "error500_before", 403: "denied"}
_PREFIX = "/_sandbox/"


class Control:
    """Answers the control paths of one served sandbox, which `reset` replaces."""

    def __init__(self, sandbox: Callable[[], Sandbox], reset: Callable[[], None]) -> None:
        """Takes how to reach the current sandbox, and how to start a new one."""
        self._sandbox = sandbox
        self._reset = reset

    def answer(self, request: Request) -> Response:
        """The answer to a request whose path begins with /_sandbox/."""
        name, _, rest = request.path.removeprefix(_PREFIX).partition("/")
        route = getattr(self, f"_{request.method.lower()}_{name.replace('-', '_')}", None)
        if name == "signer-root.pem" and request.method == "GET":
            pem = self._sandbox().signer_root_pem
            return Response(200, pem, {"Content-Type": "application/x-pem-file"})
        if route is None:
            return _json({"error": f"no such control: {request.method} {request.path}"}, 404)
        try:
            body = json.loads(request.body) if request.body else {}
            answer: dict[str, Any] = route(rest, body)
        except (ValueError, TypeError, KeyError, LookupError) as exc:
            return _json({"error": f"{type(exc).__name__}: {exc}"}, 400)
        except ApiError as exc:
            return _json({"error": exc.code, "message": exc.message}, exc.status)
        return _json(answer)

    def _get_health(self, _: str, __: Json) -> dict[str, Any]:
        return {"ready": True}

    def _get_faults(self, _: str, __: Json) -> dict[str, Any]:
        return {"faults": [asdict(fault) for fault in self._sandbox().faults.pending()]}

    def _delete_faults(self, _: str, __: Json) -> dict[str, Any]:
        self._sandbox().faults.clear()
        return {"faults": []}

    def _post_faults(self, _: str, body: Json) -> dict[str, Any]:
        for order in body if isinstance(body, list) else [body]:
            self._order(dict(order))
        return self._get_faults("", None)

    def _order(self, order: dict[str, Any]) -> None:
        """One fault.

        Keys: op ("PublishVersion", "lambda:PublishVersion" or "*"), kind (a name of the faults
        module) or code (an error's code, or an HTTP status), times (null for ever), latency
        (seconds, before the answer), message, status, service.
        """
        service, _, operation = str(order.get("op") or order["operation"]).rpartition(":")
        options: dict[str, Any] = {key: order[key] for key in _OPTIONS if key in order}
        kind, code = order.get("kind"), order.get("code")
        if code in BEFORE | AFTER:
            kind, code = code, None
        if isinstance(code, int):
            kind = kind or _STATUS_KINDS.get(code, "error")
            options |= {"code": "ServiceException", "status": code} if kind == "error" else {}
        elif code is not None:
            kind = kind or "error"
            options["code"] = code
        if "latency" in order:
            kind = kind or "slow"
            options["seconds"] = float(order["latency"])
        self._sandbox().faults.add(
            operation,
            kind or "throttle",
            times=order.get("times", 1),
            service=order.get("service") or service or None,
            **options,
        )

    def _get_calls(self, _: str, __: Json) -> dict[str, Any]:
        return {"calls": [asdict(call) for call in self._sandbox().calls]}

    def _delete_calls(self, _: str, __: Json) -> dict[str, Any]:
        self._sandbox().calls.clear()
        return {"calls": []}

    def _get_clock(self, _: str, __: Json) -> dict[str, Any]:
        return {"now": self._sandbox().clock.now()}

    def _post_clock(self, _: str, body: Json) -> dict[str, Any]:
        self._sandbox().clock.advance(float(body.get("advance") or body["seconds"]))
        return self._get_clock("", None)

    def _post_reset(self, _: str, __: Json) -> dict[str, Any]:
        self._reset()
        return {"reset": True}

    def _post_acts(self, name: str, body: Json) -> dict[str, Any]:
        act = getattr(self._sandbox().acts, name, None)
        if act is None or name.startswith("_") or not callable(act):
            raise LookupError(f"no such act: {name}")
        types = inspect.get_annotations(act)
        arguments = {
            key: base64.b64decode(value) if types.get(key) == "bytes" else value
            for key, value in body.items()
        }
        return {"result": act(**arguments)}


def _json(value: Json, status: int = 200) -> Response:
    body = json.dumps(value, default=_spelled).encode()
    return Response(status, body, {"Content-Type": "application/json"})


def _spelled(value: Json) -> Json:
    if isinstance(value, bytes):
        return {"bytes": len(value)}
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"not JSON: {type(value).__name__}")
