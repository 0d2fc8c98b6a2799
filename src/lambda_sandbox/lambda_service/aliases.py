"""Aliases: create, read, move, delete.

May import core and the modules of this package. Source: LocalStack AWS-validated snapshot 2025-11
(TestLambdaAlias: test_alias_lifecycle, test_notfound_and_invalid_routingconfigs,
test_non_existent_alias_deletion, test_non_existent_alias_update).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lambda_sandbox.core import ApiError
from lambda_sandbox.lambda_service.names import (
    LATEST,
    alias_not_found,
    function_arn,
    function_not_found,
    invalid,
    parse_name,
)
from lambda_sandbox.lambda_service.pages import page
from lambda_sandbox.lambda_service.state import Alias, Function

if TYPE_CHECKING:
    from lambda_sandbox.lambda_service.state import LambdaState


class AliasOperations:
    """The API's operations on aliases."""

    def __init__(self, state: LambdaState) -> None:
        self._state = state

    def create_alias(self, params: dict[str, Any]) -> dict[str, Any]:
        """Points a new name at an existing version."""
        state, name = self._state, params["Name"]
        target = params["FunctionVersion"]
        ref = parse_name(state.world, params["FunctionName"])
        if ref.name not in state.functions:
            raise function_not_found(function_arn(state.world, ref.name, target))
        function, _ = state.find(ref.name)
        weights = _weights(params)
        self._require_target(function, target, weights)
        if name in function.aliases:
            raise ApiError(
                "ResourceConflictException",
                f"Alias already exists: {function_arn(state.world, function.name, name)}",
                409,
            )
        alias = Alias(name, target, params.get("Description", ""), weights, state.new_id())
        function.aliases[name] = alias
        return self._members(function, alias)

    def get_alias(self, params: dict[str, Any]) -> dict[str, Any]:
        """The alias; 404 "Cannot find alias arn" when there is none."""
        function, _ = self._state.find(params["FunctionName"])
        alias = function.aliases.get(params["Name"])
        if alias is None:
            arn = function_arn(self._state.world, function.name, params["Name"])
            raise alias_not_found(arn)
        return self._members(function, alias)

    def update_alias(self, params: dict[str, Any]) -> dict[str, Any]:
        """Moves the alias, only if its RevisionId is the given one; it gets a new one.

        Members that are not sent stay; an empty RoutingConfig clears the weights.
        """
        state = self._state
        function, _ = state.find(params["FunctionName"])
        alias = function.aliases.get(params["Name"])
        if alias is None:
            arn = function_arn(state.world, function.name, params["Name"])
            raise ApiError("ResourceNotFoundException", f"Alias not found: {arn}", 404)
        state.require_revision(alias.revision_id, params.get("RevisionId"))
        target = params.get("FunctionVersion", alias.version)
        weights = _weights(params) if "RoutingConfig" in params else dict(alias.weights)
        self._require_target(function, target, weights)
        alias.version = target
        alias.weights = weights
        alias.description = params.get("Description", alias.description)
        alias.revision_id = state.new_id()
        return self._members(function, alias)

    def delete_alias(self, params: dict[str, Any]) -> dict[str, Any]:
        """Deletes the alias; deleting one that does not exist is fine, too."""
        function, _ = self._state.find(params["FunctionName"])
        function.aliases.pop(params["Name"], None)
        function.policies.pop(params["Name"], None)
        function.urls.pop(params["Name"], None)
        return {}

    def list_aliases(self, params: dict[str, Any]) -> dict[str, Any]:
        """All aliases by name, or those whose main version is FunctionVersion."""
        function, _ = self._state.find(params["FunctionName"])
        wanted = params.get("FunctionVersion")
        listed = [
            self._members(function, function.aliases[name])
            for name in sorted(function.aliases)
            if wanted is None or function.aliases[name].version == wanted
        ]
        found, marker = page(listed, params.get("Marker"), params.get("MaxItems"))
        return {"Aliases": found, "NextMarker": marker}

    def _require_target(self, function: Function, target: str, weights: dict[str, float]) -> None:
        world = self._state.world
        if len(weights) > 1:
            raise invalid("Number of items in AdditionalVersionWeights cannot be greater than 1")
        if weights and target == LATEST:
            raise invalid("$LATEST is not supported for an alias pointing to more than 1 version")
        if target in weights:
            raise invalid(
                f"Invalid function version {target}. Function version {target} is already "
                "included in routing configuration."
            )
        for number in (target, *weights):
            if number != LATEST and number not in function.versions:
                raise function_not_found(function_arn(world, function.name, number))

    def _members(self, function: Function, alias: Alias) -> dict[str, Any]:
        members: dict[str, Any] = {
            "AliasArn": function_arn(self._state.world, function.name, alias.name),
            "Name": alias.name,
            "FunctionVersion": alias.version,
            "Description": alias.description,
            "RevisionId": alias.revision_id,
        }
        if alias.weights:
            members["RoutingConfig"] = {"AdditionalVersionWeights": dict(alias.weights)}
        return members


def _weights(params: dict[str, Any]) -> dict[str, float]:
    weights: dict[str, float] = params.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})
    return dict(weights)
