"""moto's way to Lambda: S3, SNS, EventBridge and CloudWatch Logs invoke our functions, not moto's.

May import moto's Lambda store (late: it is slow to load), core and the Lambda service. What moto
calls is a duck: an object with the few methods that moto's services use of a Lambda backend.
"""

from __future__ import annotations

import base64
import gzip
import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from lambda_sandbox.core import ApiError, Json

if TYPE_CHECKING:
    from collections.abc import Callable

    Invoke = Callable[[dict[str, Any]], dict[str, Any]]


def install(account: str, region: str, invoke: Invoke) -> None:
    """Puts a bridge into moto's stores of the sandbox that is active now."""
    from moto.awslambda.models import lambda_backends  # noqa: PLC0415 - see the module's text

    stores: Any = lambda_backends
    stores[account][region] = Bridge(invoke)


class Bridge:
    """One region's Lambda as moto's services see it."""

    def __init__(self, invoke: Invoke) -> None:
        self._invoke = invoke

    def reset(self) -> None:
        """Nothing is kept here."""

    def get_function(self, name_or_arn: str) -> _BridgedFunction:
        """A function to invoke; whether it exists shows when it is invoked."""
        return _BridgedFunction(self, name_or_arn)

    def invoke(
        self, function_name: str, qualifier: str | None, body: str | bytes, **_: object
    ) -> str:
        """An asynchronous invocation: a failure is nobody's business but the function's."""
        params: dict[str, Any] = {
            "FunctionName": function_name,
            "InvocationType": "Event",
            "Payload": body.encode() if isinstance(body, str) else body,
        }
        if qualifier is not None:
            params["Qualifier"] = qualifier
        with suppress(ApiError):
            self._invoke(params)
        return ""

    def send_sns_message(
        self,
        function_name: str,
        message: str,
        subject: str | None = None,
        qualifier: str | None = None,
    ) -> None:
        """Delivers a message of a topic. Source: AWS docs, lambda/latest/dg/with-sns.html."""
        record = {
            "EventVersion": "1.0",
            "EventSource": "aws:sns",
            "Sns": {"Type": "Notification", "Subject": subject, "Message": message},
        }
        self.invoke(function_name, qualifier, json.dumps({"Records": [record]}))

    def send_log_event(
        self, function_arn: str, filter_name: str, group: str, stream: str, log_events: Json
    ) -> None:
        """Delivers lines of a log. Source: AWS docs, lambda/latest/dg/services-cloudwatchlogs.html.

        The owner's account is the one of the function.
        """
        told = {
            "messageType": "DATA_MESSAGE",
            "owner": function_arn.split(":")[4],
            "logGroup": group,
            "logStream": stream,
            "subscriptionFilters": [filter_name],
            "logEvents": log_events,
        }
        data = base64.b64encode(gzip.compress(json.dumps(told).encode())).decode()
        self.invoke(function_arn, None, json.dumps({"awslogs": {"data": data}}))


class _BridgedFunction:
    """What S3's notifications call."""

    def __init__(self, bridge: Bridge, name: str) -> None:
        self._bridge = bridge
        self._name = name

    def invoke(self, body: str, *_: object) -> str:
        """See `Bridge.invoke`."""
        return self._bridge.invoke(self._name, None, body)
