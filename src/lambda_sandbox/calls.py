"""What clients asked of the sandbox: one `Call` for each API request that reached a service.

May import the wire package, core and botocore. Tests read it: "nothing was written".
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lambda_sandbox.wire.models import model_of
from lambda_sandbox.wire.restjson import parse
from lambda_sandbox.wire.router import router_of

if TYPE_CHECKING:
    from datetime import datetime

    from lambda_sandbox.wire.message import Request
    from lambda_sandbox.wire.router import Match

_READING = re.compile(
    r"(Get|List|Describe|Head|Check|Simulate|Search|Select|Query|Scan|Lookup|Test|Decode|Validate|"
    r"BatchGet|AssumeRole|Invoke)"
)
_PATH_OPERATION = re.compile(r"/service/[^/]+/operation/([^/]+)")


@dataclass(frozen=True, slots=True)
class Call:
    """One API request and how it ended.

    Attributes:
        service: As in the SigV4 scope: "lambda", "signer", "s3", "sts", ...
        operation: As the API reference spells it: "PublishVersion".
        params: By the names boto3 uses; of S3, what stood in path, query and headers, and the body.
        write: Whether the operation is one that changes something. UpdateFunctionCode with DryRun
            is none, nor is Invoke: it runs the function, and changes nothing of it.
        status: HTTP status of the answer, also of one that got lost.
        at: On the sandbox's clock, UTC.
        error: The error's code, None when it went well.
    """

    service: str
    operation: str
    params: dict[str, Any]
    write: bool
    status: int
    at: datetime
    error: str | None


@dataclass(frozen=True, slots=True)
class Target:
    """What a request asks for, found out before anything is done about it."""

    service: str
    region: str
    operation: str
    match: Match | None


def target_of(service: str, region: str, request: Request) -> Target:
    """The operation that a request calls, whatever protocol its service speaks."""
    model = model_of(service)
    if model is not None and model.protocol in {"rest-json", "rest-xml"}:
        match = router_of(service).match(request)
        name = match.operation.name if match is not None else f"{request.method} {request.path}"
        return Target(service, region, name, match)
    path = _PATH_OPERATION.fullmatch(request.path)
    name = (
        request.form.get("Action")
        or request.arguments.get("Action", [""])[0]
        or request.headers.get("x-amz-target", "").rpartition(".")[2]
        or (path[1] if path else f"{request.method} {request.path}")
    )
    return Target(service, region, name, None)


def logged_params(target: Target, request: Request) -> dict[str, Any]:
    """The parameters as far as the log can tell them."""
    if target.match is not None:
        return parse(target.match, request)
    if "x-amz-target" in request.headers:  # JSON 1.0 and 1.1: EventBridge, CloudWatch Logs
        try:
            members = json.loads(request.body)
        except ValueError:
            return {}
        return members if isinstance(members, dict) else {}
    return {key: value for key, value in request.form.items() if key not in {"Action", "Version"}}


def changes_something(operation: str, params: dict[str, Any]) -> bool:
    """Whether an operation with these parameters writes."""
    if operation == "UpdateFunctionCode" and params.get("DryRun"):
        return False
    return not _READING.match(operation)
