"""Settings beside code and configuration: account limits, concurrency, recursion, runtime updates.

May import core and the modules of this package. Source: LocalStack AWS-validated snapshot 2025-11
(TestLambdaAccountSettings, TestLambdaReservedConcurrency, TestLambdaProvisionedConcurrency,
TestLambdaRecursion).
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from lambda_sandbox.core import ApiError
from lambda_sandbox.lambda_service.code import UNZIPPED_LIMIT, ZIPPED_LIMIT
from lambda_sandbox.lambda_service.names import (
    LATEST,
    alias_not_found,
    function_arn,
    function_not_found,
    functions_only,
    invalid,
    parse_name,
)
from lambda_sandbox.lambda_service.pages import page
from lambda_sandbox.lambda_service.state import timestamp

if TYPE_CHECKING:
    from lambda_sandbox.lambda_service.state import Function, LambdaState

_CONCURRENCY = 1000
_UNRESERVED_MINIMUM = 100


class AccountOperations:
    """GetAccountSettings and the small configurations of a function."""

    def __init__(self, state: LambdaState) -> None:
        self._state = state

    def get_account_settings(self, _: dict[str, Any]) -> dict[str, Any]:
        """Limits and use of the account in this region."""
        state = self._state
        reserved = sum(f.reserved_concurrency or 0 for f in state.functions.values())
        return {
            "AccountLimit": {
                "TotalCodeSize": state.code_storage_limit,
                "CodeSizeUnzipped": UNZIPPED_LIMIT,
                "CodeSizeZipped": ZIPPED_LIMIT,
                "ConcurrentExecutions": _CONCURRENCY,
                "UnreservedConcurrentExecutions": _CONCURRENCY - reserved,
            },
            "AccountUsage": {
                "TotalCodeSize": state.stored_bytes(),
                "FunctionCount": len(state.functions),
            },
        }

    def put_function_concurrency(self, params: dict[str, Any]) -> dict[str, Any]:
        """Reserves concurrency; a hundred must stay unreserved."""
        state = self._state
        ref = parse_name(state.world, params["FunctionName"])
        if ref.qualifier is not None:
            raise functions_only()
        function = state.functions.get(ref.name)
        if function is None:
            raise function_not_found(function_arn(state.world, ref.name, LATEST))
        wanted = params["ReservedConcurrentExecutions"]
        others = sum(
            f.reserved_concurrency or 0 for f in state.functions.values() if f is not function
        )
        if _CONCURRENCY - others - wanted < _UNRESERVED_MINIMUM:
            raise invalid(
                "Specified ReservedConcurrentExecutions for function decreases account's "
                "UnreservedConcurrentExecution below its minimum value of "
                f"[{_UNRESERVED_MINIMUM}]."
            )
        function.reserved_concurrency = wanted
        return {"ReservedConcurrentExecutions": wanted}

    def get_function_concurrency(self, params: dict[str, Any]) -> dict[str, Any]:
        """The reserved concurrency; empty where nothing is reserved."""
        function, _ = self._state.find(params["FunctionName"])
        if function.reserved_concurrency is None:
            return {}
        return {"ReservedConcurrentExecutions": function.reserved_concurrency}

    def delete_function_concurrency(self, params: dict[str, Any]) -> dict[str, Any]:
        """Reserves nothing any more."""
        self._state.find(params["FunctionName"])[0].reserved_concurrency = None
        return {}

    def get_function_recursion_config(self, params: dict[str, Any]) -> dict[str, Any]:
        """Terminate unless somebody chose Allow; the model takes unqualified names only."""
        return {"RecursiveLoop": self._state.find(params["FunctionName"])[0].recursive_loop}

    def put_function_recursion_config(self, params: dict[str, Any]) -> dict[str, Any]:
        """Chooses what happens to recursive loops."""
        function, _ = self._state.find(params["FunctionName"])
        function.recursive_loop = params["RecursiveLoop"]
        return {"RecursiveLoop": function.recursive_loop}

    def get_runtime_management_config(self, params: dict[str, Any]) -> dict[str, Any]:
        """Auto unless told otherwise. Source: botocore model; AWS docs, runtimes-update.html."""
        function, ref = self._state.find(params["FunctionName"], params.get("Qualifier"))
        version = self._state.version_of(function, ref.qualifier)
        arn = function_arn(self._state.world, function.name, version.number)
        chosen = function.runtime_management.get(version.number, {"UpdateRuntimeOn": "Auto"})
        return {"FunctionArn": arn, **chosen}

    def put_runtime_management_config(self, params: dict[str, Any]) -> dict[str, Any]:
        """Chooses when the runtime is updated; Manual needs the runtime's ARN."""
        function, ref = self._state.find(params["FunctionName"], params.get("Qualifier"))
        version = self._state.version_of(function, ref.qualifier)
        chosen: dict[str, Any] = {
            key: params[key] for key in ("UpdateRuntimeOn", "RuntimeVersionArn") if key in params
        }
        if chosen["UpdateRuntimeOn"] == "Manual" and "RuntimeVersionArn" not in chosen:
            raise invalid("RuntimeVersionArn is required for UpdateRuntimeOn Manual.")
        function.runtime_management[version.number] = chosen
        return self.get_runtime_management_config(params)

    def put_provisioned_concurrency_config(self, params: dict[str, Any]) -> dict[str, Any]:
        """Provisions a version or alias: IN_PROGRESS, then READY."""
        state, qualifier = self._state, params["Qualifier"]
        if qualifier == LATEST:
            raise invalid(
                "Provisioned Concurrency Configs cannot be applied to unpublished function "
                "versions."
            )
        function = self._provisionable(params)
        alias = function.aliases.get(qualifier)
        if alias is not None and alias.version in function.provisioned:
            raise ApiError(
                "ResourceConflictException",
                "Alias can't be used for Provisioned Concurrency configuration on an already "
                "Provisioned version",
                409,
            )
        pointing = (a for a in function.aliases.values() if a.version == qualifier)
        if any(a.name in function.provisioned for a in pointing):
            raise ApiError(
                "ResourceConflictException",
                "Version is pointed by a Provisioned Concurrency alias",
                409,
            )
        now = state.world.clock.now()
        function.provisioned[qualifier] = {
            "wanted": params["ProvisionedConcurrentExecutions"],
            "modified": now,
            "due": now + timedelta(seconds=state.world.timing.create_s),
        }
        return self._provisioned(function, qualifier)

    def get_provisioned_concurrency_config(self, params: dict[str, Any]) -> dict[str, Any]:
        """The configuration; 404 where there is none."""
        function = self._provisionable(params)
        if params["Qualifier"] not in function.provisioned:
            raise ApiError(
                "ProvisionedConcurrencyConfigNotFoundException",
                "No Provisioned Concurrency Config found for this function",
                404,
            )
        return self._provisioned(function, params["Qualifier"])

    def delete_provisioned_concurrency_config(self, params: dict[str, Any]) -> dict[str, Any]:
        """Removes the configuration, if there is one."""
        self._provisionable(params).provisioned.pop(params["Qualifier"], None)
        return {}

    def list_provisioned_concurrency_configs(self, params: dict[str, Any]) -> dict[str, Any]:
        """All configurations of a function."""
        function, _ = self._state.find(params["FunctionName"])
        listed = [
            {
                "FunctionArn": function_arn(self._state.world, function.name, qualifier),
                **self._provisioned(function, qualifier),
            }
            for qualifier in sorted(function.provisioned)
        ]
        found, marker = page(listed, params.get("Marker"), params.get("MaxItems"))
        return {"ProvisionedConcurrencyConfigs": found, "NextMarker": marker}

    def _provisionable(self, params: dict[str, Any]) -> Function:
        state, qualifier = self._state, params["Qualifier"]
        if qualifier == LATEST:
            raise invalid("The function resource provided must be an alias or a published version.")
        ref = parse_name(state.world, params["FunctionName"], qualifier)
        function = state.functions.get(ref.name)
        if function is None or qualifier not in {*function.aliases, *function.versions}:
            arn = function_arn(state.world, ref.name, qualifier)
            raise function_not_found(arn) if qualifier.isdigit() else alias_not_found(arn)
        return function

    def _provisioned(self, function: Function, qualifier: str) -> dict[str, Any]:
        config = function.provisioned[qualifier]
        ready = self._state.world.clock.now() >= config["due"]
        there = config["wanted"] if ready else 0
        return {
            "RequestedProvisionedConcurrentExecutions": config["wanted"],
            "AllocatedProvisionedConcurrentExecutions": there,
            "AvailableProvisionedConcurrentExecutions": there,
            "Status": "READY" if ready else "IN_PROGRESS",
            "LastModified": timestamp(config["modified"]),
        }
