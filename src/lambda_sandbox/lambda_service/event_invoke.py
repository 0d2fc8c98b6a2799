"""How Lambda treats asynchronous invocations: retries, age, destinations, one per qualifier.

May import core and the modules of this package. Source: LocalStack AWS-validated snapshot 2025-11
(TestLambdaEventInvokeConfig).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lambda_sandbox.core import ApiError
from lambda_sandbox.lambda_service.names import LATEST, function_arn, invalid, parse_name
from lambda_sandbox.lambda_service.pages import page
from lambda_sandbox.lambda_service.state import Function, copied

if TYPE_CHECKING:
    from lambda_sandbox.lambda_service.state import LambdaState

_SETTABLE = ("MaximumRetryAttempts", "MaximumEventAgeInSeconds", "DestinationConfig")


class EventInvokeOperations:
    """Put, update, get, delete, list."""

    def __init__(self, state: LambdaState) -> None:
        self._state = state

    def put_function_event_invoke_config(self, params: dict[str, Any]) -> dict[str, Any]:
        """Sets the configuration anew: what is not sent is as if never set."""
        function, qualifier = self._existing(params)
        return self._write(function, qualifier, {}, params)

    def update_function_event_invoke_config(self, params: dict[str, Any]) -> dict[str, Any]:
        """Changes what was sent of an existing configuration."""
        function, qualifier = self._existing(params)
        before = self._find(params)
        return self._write(function, qualifier, before, params)

    def get_function_event_invoke_config(self, params: dict[str, Any]) -> dict[str, Any]:
        """The configuration; 404 names the qualified function."""
        return copied(self._find(params))

    def delete_function_event_invoke_config(self, params: dict[str, Any]) -> dict[str, Any]:
        """Removes the configuration."""
        self._find(params)
        function, qualifier = self._existing(params)
        del function.event_invoke[qualifier]
        return {}

    def list_function_event_invoke_configs(self, params: dict[str, Any]) -> dict[str, Any]:
        """All configurations of a function."""
        function, _ = self._existing({"FunctionName": params["FunctionName"]})
        listed = [copied(function.event_invoke[key]) for key in sorted(function.event_invoke)]
        found, marker = page(listed, params.get("Marker"), params.get("MaxItems"))
        return {"FunctionEventInvokeConfigs": found, "NextMarker": marker}

    def _existing(self, params: dict[str, Any]) -> tuple[Function, str]:
        ref = parse_name(self._state.world, params["FunctionName"], params.get("Qualifier"))
        function = self._state.functions.get(ref.name)
        qualifier = ref.qualifier or LATEST
        if function is None or qualifier not in {LATEST, *function.aliases, *function.versions}:
            raise ApiError("ResourceNotFoundException", "The function doesn't exist.", 404)
        return function, qualifier

    def _find(self, params: dict[str, Any]) -> dict[str, Any]:
        world = self._state.world
        ref = parse_name(world, params["FunctionName"], params.get("Qualifier"))
        function = self._state.functions.get(ref.name)
        qualifier = ref.qualifier or LATEST
        if function is None or qualifier not in function.event_invoke:
            arn = function_arn(world, ref.name, qualifier)
            raise ApiError(
                "ResourceNotFoundException",
                f"The function {arn} doesn't have an EventInvokeConfig",
                404,
            )
        return function.event_invoke[qualifier]

    def _write(
        self, function: Function, qualifier: str, before: dict[str, Any], params: dict[str, Any]
    ) -> dict[str, Any]:
        if not any(name in params for name in _SETTABLE):
            raise invalid("You must specify at least one of error handling or destination setting.")
        arn = function_arn(self._state.world, function.name, qualifier)
        config = {
            "DestinationConfig": {"OnSuccess": {}, "OnFailure": {}},
            **before,
            "FunctionArn": arn,
            "LastModified": self._state.world.clock.now(),
        }
        for name in _SETTABLE:
            if name in params:
                config[name] = copied(params[name])
        config["DestinationConfig"] = {
            "OnSuccess": {},
            "OnFailure": {},
            **config["DestinationConfig"],
        }
        self._check_destinations(config["DestinationConfig"], function)
        function.event_invoke[qualifier] = config
        return copied(config)

    def _check_destinations(self, destinations: dict[str, Any], function: Function) -> None:
        for side in ("OnSuccess", "OnFailure"):
            arn = destinations[side].get("Destination", "")
            if ":lambda:" not in arn:
                continue
            name = parse_name(self._state.world, arn).name
            if name == function.name:
                raise invalid("You can't specify the function as a destination for itself.")
            if name not in self._state.functions:
                raise invalid(f"The destination ARN {arn} is invalid.")
