"""Calls of AWS that CloudTrail records, where a rule of EventBridge asks for their events.

A function that tags what was made, started by a rule on `CreateTags`, starts itself: no call of
`put_events` is seen in it. Imports `form`, `library`, `matching`, `selection`, `infra.model`.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from signed_lambda.lazy import regex
from signed_lambda.scan.form import Name
from signed_lambda.scan.library import SERVICES
from signed_lambda.scan.matching import UNKNOWN, Known, Open
from signed_lambda.scan.selection import Filter
from signed_lambda.scan.values import text

if TYPE_CHECKING:
    from signed_lambda.scan.form import Call, Module
    from signed_lambda.scan.infra.model import Infra
    from signed_lambda.scan.values import Client

KIND: Final = "AWS API Call via CloudTrail"
BUS: Final = text("default")
"""Where all such events come to."""
_VERSION: Final = regex(r"\d{8}(v\d+)?$")
"""What Lambda puts behind the names of its calls (`Invoke20150331`)."""
_READS: Final = ("get", "list", "describe")
"""Calls that only read are not sent to the bus."""
_COMMAND: Final = regex(r"@aws-sdk/client-([a-z0-9-]+)")
_CALLED: Final = {
    "cloudwatch": "monitoring",
    "stepfunctions": "states",
    "elbv2": "elasticloadbalancing",
    "elb": "elasticloadbalancing",
}
"""Services that events call otherwise than the SDK."""


def recorded_calls(infra: Infra) -> dict[str, str]:
    """The calls that rules ask for: the name as `sinks.canonical` spells it, to the event's."""
    found: dict[str, str] = {}
    for edge in infra.edges:
        patterns = edge.takes.patterns if isinstance(edge.takes, Filter) else ()
        for pattern in patterns if edge.source_kind == "bus" else ():
            if KIND in _listed(pattern, "detail-type"):
                for name in _listed(_member(pattern, "detail"), "eventName"):
                    plain = _VERSION.sub("", name)
                    if not plain.lower().startswith(_READS):
                        found[plain.lower()] = name
    return found


def _member(pattern: Known, name: str) -> Known:
    found: Any = pattern.get(name, UNKNOWN) if isinstance(pattern, dict) else UNKNOWN
    known: Known = found
    return known


def _listed(pattern: Known, name: str) -> list[str]:
    found = _member(pattern, name)
    return [v for v in found if isinstance(v, str)] if isinstance(found, list) else []


def event_of(name: str, call: Call, module: Module, client: Client | None) -> Known:
    """The event of a call, as far as the code tells: its service and its name."""
    service = client.service if client is not None else ""
    if isinstance(call.func, Name):  # `new CreateTagsCommand(...)`
        said = _COMMAND.fullmatch(module.imports.get(call.func.name, ("", ""))[0])
        service = SERVICES.get(said[1], said[1]) if said is not None else ""
    service = _CALLED.get(service, service)
    detail: dict[str, Known] = {"eventName": name}
    event: dict[str, Known] = {"detail-type": KIND, "detail": Open(detail)}
    if service:
        event["source"] = f"aws.{service}"
        detail["eventSource"] = f"{service}.amazonaws.com"
    return Open(event)


def is_of_aws(call: Call, module: Module, client: Client | None) -> bool:
    """Whether a call is surely one of AWS's SDK."""
    if client is not None:
        return not client.kind
    source = module.imports.get(call.func.name, ("", ""))[0] if isinstance(call.func, Name) else ""
    return _COMMAND.fullmatch(source) is not None
