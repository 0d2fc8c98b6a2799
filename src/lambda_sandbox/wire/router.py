"""Which operation of a REST service a request calls, from the URI templates of botocore's model.

May import the wire package and botocore. Never looks at bodies.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import unquote

from lambda_sandbox.wire.models import required_model

if TYPE_CHECKING:
    from botocore.model import OperationModel

    from lambda_sandbox.wire.message import Request

_LABEL = re.compile(r"\{(\w+)(\+?)\}")


@dataclass(frozen=True, slots=True)
class _Route:
    """One operation: its path, and what the query and headers must hold to choose it."""

    operation: OperationModel
    pattern: re.Pattern[str]
    literals: tuple[tuple[str, str], ...]
    arguments: tuple[str, ...]
    headers: tuple[str, ...]

    @property
    def weight(self) -> int:
        """How special the route is; the most special one that fits wins."""
        return 2 * len(self.literals) + len(self.arguments) + len(self.headers)

    def fits(self, request: Request) -> bool:
        """Whether the query and headers hold everything the operation cannot do without."""
        given = request.arguments
        return (
            all(n in given and (not v or v in given[n]) for n, v in self.literals)
            and all(name in given for name in self.arguments)
            and all(name in request.headers for name in self.headers)
        )


@dataclass(frozen=True, slots=True)
class Match:
    """An operation and the values of its path's labels, percent-decoded."""

    operation: OperationModel
    labels: dict[str, str]


class Router:
    """The routes of one service."""

    def __init__(self, service: str) -> None:
        """Compiles the model's templates; newest operation names win over deprecated ones."""
        model = required_model(service)
        routes = [_route(model.operation_model(name)) for name in model.operation_names]
        # Reversed and stable: of GetBucketNotification and ...NotificationConfiguration the
        # longer, current name is found first.
        routes.sort(key=lambda r: (-r.weight, r.operation.deprecated, -len(r.operation.name)))
        self._by_method: dict[str, list[_Route]] = {}
        for route in routes:
            self._by_method.setdefault(route.operation.http["method"], []).append(route)

    def match(self, request: Request) -> Match | None:
        """The operation that the request calls, or None."""
        for route in self._by_method.get(request.method, ()):
            found = route.pattern.fullmatch(request.path)
            if found and route.fits(request):
                labels = {name: unquote(value) for name, value in found.groupdict().items()}
                return Match(route.operation, labels)
        return None


@cache
def router_of(service: str) -> Router:
    """The service's router, compiled once for the process."""
    return Router(service)


def _route(operation: OperationModel) -> _Route:
    path, _, query = operation.http["requestUri"].partition("?")
    literals = tuple(
        (name, value)
        for name, _, value in (part.partition("=") for part in query.split("&") if part)
    )
    pattern, end = "", 0
    for label in _LABEL.finditer(path):
        pattern += re.escape(path[end : label.start()])
        pattern += f"(?P<{label[1]}>{'.+' if label[2] else '[^/]+'})"
        end = label.end()
    pattern += re.escape(path[end:].rstrip("/")) + "/?"
    arguments, headers = [], []
    shape = operation.input_shape
    members = {} if shape is None else shape.members
    for name in [] if shape is None else shape.required_members:
        place = members[name].serialization
        if place.get("location") == "querystring":
            arguments.append(place["name"])
        elif place.get("location") == "header":
            headers.append(place["name"].lower())
    if operation.service_model.service_name != "s3":
        # Elsewhere a missing argument is an error of the call, not another operation.
        arguments, headers = [], []
    return _Route(operation, re.compile(pattern), literals, tuple(arguments), tuple(headers))
