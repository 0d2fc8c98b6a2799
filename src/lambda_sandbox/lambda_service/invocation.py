"""Invoke. No code of a function is ever run: a Python callable answers in its place, or an echo.

May import core and the modules of this package. Source: LocalStack AWS-validated snapshots 2025-11
(test_lambda: ExecutedVersion, FunctionError, errors); AWS docs, API_Invoke.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lambda_sandbox.core import ApiError, Json
from lambda_sandbox.lambda_service.names import LATEST, function_arn, parse_name

if TYPE_CHECKING:
    from lambda_sandbox.lambda_service.state import Function, LambdaState, Version

_PAYLOAD_LIMIT = 6_291_456


@dataclass(frozen=True, slots=True)
class InvocationContext:
    """What a callable that stands in for a function's code is told, besides the event.

    Attributes:
        function_name: Unqualified.
        function_version: "$LATEST" or the number that answers, behind aliases and weights, too.
        invoked_function_arn: As the caller qualified it.
    """

    function_name: str
    function_version: str
    invoked_function_arn: str


class InvocationOperations:
    """Invoke and InvokeAsync."""

    def __init__(self, state: LambdaState) -> None:
        self._state = state

    def invoke(self, params: dict[str, Any]) -> dict[str, Any]:
        """Answers for the version that the qualifier means; weights of an alias are drawn."""
        state = self._state
        ref = parse_name(state.world, params["FunctionName"], params.get("Qualifier"))
        # Without a qualifier the 404 names $LATEST: LocalStack AWS-validated snapshot 2025-11.
        function, _ = state.find(ref.name, ref.qualifier or LATEST)
        version = self._pick(function, ref.qualifier)
        _require_ready(function, version)
        kind = params.get("InvocationType", "RequestResponse")
        payload: bytes = params.get("Payload", b"")
        if len(payload) > _PAYLOAD_LIMIT:
            raise ApiError(
                "RequestTooLargeException",
                f"{len(payload)} byte payload is too large for the {kind} invocation type "
                f"(limit {_PAYLOAD_LIMIT} bytes)",
                413,
            )
        if kind == "DryRun":
            return {"StatusCode": 204}
        event = _event(payload)
        context = InvocationContext(
            function.name,
            version.number,
            function_arn(state.world, function.name, ref.qualifier),
        )
        state.invocations.append({"context": context, "event": event, "type": kind})
        answer, failed = _run(function, event, context)
        if kind == "Event":
            return {"StatusCode": 202, "Payload": b""}
        result: dict[str, Any] = {
            "StatusCode": 200,
            "ExecutedVersion": version.number,
            "Payload": json.dumps(answer).encode(),
        }
        if failed:
            result["FunctionError"] = "Unhandled"
        if params.get("LogType") == "Tail":
            log = f"START RequestId: 0 Version: {version.number}\nEND RequestId: 0\n"
            result["LogResult"] = base64.b64encode(log.encode()).decode()
        return result

    def invoke_async(self, params: dict[str, Any]) -> dict[str, Any]:
        """The old form of an Event invocation."""
        self.invoke({"FunctionName": params["FunctionName"], "InvocationType": "Event"})
        return {"Status": 202}

    def _pick(self, function: Function, qualifier: str | None) -> Version:
        alias = function.aliases.get(str(qualifier))
        if alias is not None and alias.weights:
            drawn = self._state.world.random.random()
            for number, weight in alias.weights.items():
                if drawn < weight:
                    return self._state.version_of(function, number)
                drawn -= weight
        return self._state.version_of(function, qualifier)


def _require_ready(function: Function, version: Version) -> None:
    """Source: AWS docs, functions-states.html (409), API_Invoke (429: nothing is reserved)."""
    status = version.progress.state
    if status != "Active":
        raise ApiError(
            "ResourceConflictException",
            "The operation cannot be performed at this time. The function is currently in the "
            f"following state: {status}",
            409,
        )
    if function.reserved_concurrency == 0:
        raise ApiError(
            "TooManyRequestsException",
            "Rate Exceeded.",
            429,
            Reason="ReservedFunctionConcurrentInvocationLimitExceeded",
        )


def _event(payload: bytes) -> Json:
    try:
        return json.loads(payload) if payload else {}
    except ValueError as exc:
        raise ApiError(
            "InvalidRequestContentException",
            f"Could not parse request body into json: Could not parse payload into json: {exc}",
        ) from exc


def _run(function: Function, event: Json, context: InvocationContext) -> tuple[Any, bool]:
    """What the function answers, and whether that is an error."""
    message = function.failing.get(context.function_version, function.failing.get(None))
    if message is not None:
        return {"errorMessage": message, "errorType": "Exception", "requestId": "0"}, True
    if function.handler is None:
        return event, False
    try:
        return function.handler(event, context), False
    except Exception as exc:  # noqa: BLE001 - any exception of the code is the function's error
        return {
            "errorMessage": str(exc),
            "errorType": type(exc).__name__,
            "requestId": "0",
            "stackTrace": [],
        }, True
