"""Routes of APIs and function URLs in Terraform."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from signed_lambda.scan.infra.model import (
    Function,
)
from signed_lambda.scan.infra.terraform_base import Resources, place_of
from signed_lambda.scan.values import Ref, Str

if TYPE_CHECKING:
    from signed_lambda.scan.form import Expr, Module
    from signed_lambda.scan.infra.hcl import Block
    from signed_lambda.scan.infra.modules import Scope

_LEVELS: Final = 20
"""Of a path whose parts are resources of their own."""

_INTEGRATION: Final = "aws_apigatewayv2_integration"


class Apis(Resources):
    """What leads requests to functions."""

    def function_url(self, module: Module, block: Block, scope: Scope) -> None:
        """`aws_lambda_function_url`."""
        target = self.value(block.attributes.get("function_name"), scope)
        self.edge((self._me(block, scope), "api", target, "function"), (module, block))

    def quick_api(self, module: Module, block: Block, scope: Scope) -> None:
        """`aws_apigatewayv2_api` with a target: all requests go there."""
        target = block.attributes.get("target")
        if target is not None:
            self._leads(self._me(block, scope), ("ANY", "$default"), target, (module, block), scope)

    def route(self, module: Module, block: Block, scope: Scope) -> None:
        """`aws_apigatewayv2_route`, whose target is an integration of the same folder."""
        given = block.attributes
        to = self._block(self.value(given.get("target"), scope), _INTEGRATION, scope)
        uri = to.attributes.get("integration_uri") if to is not None else None
        if uri is not None:
            key = self.value(given.get("route_key"), scope).literal or "$default"
            method, _, path = key.rpartition(" ")
            api = self.value(given.get("api_id"), scope)
            self._leads(api, (method, path), uri, (module, block), scope)

    def integration(self, module: Module, block: Block, scope: Scope) -> None:
        """`aws_api_gateway_integration`, whose path is spelled by the resources above it."""
        given = block.attributes
        path, at = "", self.value(given.get("resource_id"), scope)
        for _level in range(_LEVELS):
            above = self._block(at, "aws_api_gateway_resource", scope)
            if above is None:
                break
            part = self.value(above.attributes.get("path_part"), scope).literal or "{unknown}"
            path, at = f"/{part}{path}", self.value(above.attributes.get("parent_id"), scope)
        method = self.value(given.get("http_method"), scope)
        of = self._block(method, "aws_api_gateway_method", scope)
        if of is not None:
            method = self.value(of.attributes.get("http_method"), scope)
        route = (method.literal or "ANY", path or "/")
        api = self.value(given.get("rest_api_id"), scope)
        self._leads(api, route, given.get("uri"), (module, block), scope)

    def _leads(
        self,
        api: Str,
        route: tuple[str, str],
        uri: Expr | None,
        at: tuple[Module, Block],
        scope: Scope,
    ) -> None:
        of = next((a.of for a in api.atoms if isinstance(a, Ref)), "")
        for atom in self.value(uri, scope).atoms if of else ():
            known = self.infra.resources.get(atom.of) if isinstance(atom, Ref) else None
            if isinstance(known, Function):
                self.infra.route(of, *route, Str((Ref(known.id),)), place_of(*at))
