"""Small things that moto's other services leave out, done right after (or instead of) moto.

May import moto's stores, core and the wire package. Each function names its rule's source.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from botocore.parsers import RpcV2CBORParser

from lambda_sandbox.wire.message import Response

if TYPE_CHECKING:
    from collections.abc import Callable

    from lambda_sandbox.wire.message import Request

    Next = Callable[[], Response]


def completed(
    service: str, operation: str, account: str, region: str, request: Request, proceed: Next
) -> Response:
    """The answer of moto by `proceed`, completed where a rule here knows better."""
    if (service, operation) == ("monitoring", "PutMetricAlarm"):
        return _new_alarm(account, region, proceed)
    if (service, operation) == ("codedeploy", "DeleteApplication"):
        return _delete_application(account, region, request)
    return proceed()


def _new_alarm(account: str, region: str, proceed: Next) -> Response:
    """A new alarm has INSUFFICIENT_DATA; a changed one keeps its state.

    Source: AWS docs, AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html.
    """
    from moto.cloudwatch.models import cloudwatch_backends  # noqa: PLC0415 - rarely needed

    store: Any = cloudwatch_backends[account][region]
    before = set(store.alarms)
    response = proceed()
    for name in set(store.alarms) - before:
        store.alarms[name].update_state(
            "Unchecked: Initial alarm creation", "{}", "INSUFFICIENT_DATA"
        )
    return response


def _delete_application(account: str, region: str, request: Request) -> Response:
    """CodeDeploy's DeleteApplication; deleting what is not there is fine.

    Source: AWS docs, codedeploy/latest/APIReference/API_DeleteApplication.html.
    """
    from moto.codedeploy.models import codedeploy_backends  # noqa: PLC0415 - rarely needed

    cbor = "smithy-protocol" in request.headers
    name = (_cbor(request.body) if cbor else json.loads(request.body)).get("applicationName")
    store: Any = codedeploy_backends[account][region]
    store.applications.pop(name, None)
    if cbor:
        headers = {"Content-Type": "application/cbor", "smithy-protocol": "rpc-v2-cbor"}
        return Response(200, b"\xa0", headers)
    return Response(200, b"", {"Content-Type": "application/x-amz-json-1.1"})


def _cbor(body: bytes) -> dict[str, Any]:
    parser: Any = RpcV2CBORParser()
    found: dict[str, Any] = parser.parse_data_item(parser.get_peekable_stream_from_bytes(body))
    return found
