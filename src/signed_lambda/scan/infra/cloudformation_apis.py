"""Routes of APIs and function URLs in CloudFormation and SAM."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from signed_lambda.scan.infra.cloudformation_base import IMPLICIT, Template
from signed_lambda.scan.infra.document import NOTHING
from signed_lambda.scan.infra.model import (
    Function,
    ref,
)
from signed_lambda.scan.values import Ref, Str

if TYPE_CHECKING:
    from signed_lambda.scan.infra.document import Tree


_LEVELS: Final = 20
"""Of a path whose parts are resources of their own."""


class Apis(Template):
    """What leads requests to functions."""

    def _sam_route(self, me: Str, kind: str, given: Tree, at: Tree) -> None:
        """Of the API that is named, or of the one that SAM makes for all others."""
        named = given.get("RestApiId") or given.get("ApiId")
        api = self.target_id(named) or self.id(IMPLICIT[kind])
        path = given.get("Path").text or "$default"
        self.infra.route(api, given.get("Method").text, path, me, self.place(at))

    def function_url(self, name: str, properties: Tree) -> None:
        """`AWS::Lambda::Url`."""
        target = self.value(properties.get("TargetFunctionArn"))
        self.edge(ref(self.id(name)), "api", target, "function", properties)

    def route(self, _: str, properties: Tree) -> None:
        """`AWS::ApiGatewayV2::Route`, whose target is an integration of the template."""
        target = properties.get("Target")
        holder = target.items[1] if len(target.items) > 1 else target
        named = {i.of.rpartition("#")[2] for i in self.value(holder).atoms if isinstance(i, Ref)}
        named |= {i.text for part in holder.items for i in part.items}
        for name in named & self.resources.keys():
            uri = self.resources[name].get("Properties", "IntegrationUri")
            method, _, path = properties.get("RouteKey").text.rpartition(" ")
            self._leads(self.target_id(properties.get("ApiId")), method, path, uri, properties)

    def quick_api(self, name: str, properties: Tree) -> None:
        """`AWS::ApiGatewayV2::Api` with a target: all requests go there."""
        if properties.get("Target"):
            self._leads(self.id(name), "ANY", "$default", properties.get("Target"), properties)

    def method(self, _: str, properties: Tree) -> None:
        """`AWS::ApiGateway::Method`, whose path is spelled by the resources above it."""
        path, at = "", properties.get("ResourceId")
        for _level in range(_LEVELS):
            above = self.resources.get(self.target_id(at).rpartition("#")[2], NOTHING)
            part = above.get("Properties", "PathPart").text
            if not part:
                break
            path, at = f"/{part}{path}", above.get("Properties", "ParentId")
        uri = properties.get("Integration", "Uri")
        api = self.target_id(properties.get("RestApiId"))
        self._leads(api, properties.get("HttpMethod").text, path, uri, properties)

    def _leads(self, api: str, method: str, path: str, uri: Tree, at: Tree) -> None:
        """A route to the function that is named anywhere in a URI."""
        for atom in self.value(uri).atoms if uri and api else ():
            if isinstance(atom, Ref) and isinstance(self.infra.resources.get(atom.of), Function):
                self.infra.route(api, method, path or "/", ref(atom.of), self.place(at))
