"""Function URLs as configuration; nothing answers at them.

May import core and the modules of this package. Source: LocalStack AWS-validated snapshot 2025-11
(TestLambdaUrl).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lambda_sandbox.core import ApiError
from lambda_sandbox.lambda_service.names import function_arn, parse_name
from lambda_sandbox.lambda_service.pages import page
from lambda_sandbox.lambda_service.state import copied

if TYPE_CHECKING:
    from lambda_sandbox.lambda_service.state import Function, LambdaState

_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"


class UrlOperations:
    """Create, get, update, delete, list."""

    def __init__(self, state: LambdaState) -> None:
        self._state = state

    def create_function_url_config(self, params: dict[str, Any]) -> dict[str, Any]:
        """Gives the function or an alias a URL; the answer of creation is shorter than Get's."""
        world = self._state.world
        function, qualifier = self._existing(params)
        arn = function_arn(world, function.name, qualifier)
        if qualifier in function.urls:
            raise ApiError(
                "ResourceConflictException",
                f"Failed to create function url config for [functionArn = {arn}]. Error message:  "
                "FunctionUrlConfig exists for this Lambda function",
                409,
            )
        label = "".join(world.random.choices(_ALPHABET, k=32))
        now = world.clock.now().strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        config: dict[str, Any] = {
            "FunctionUrl": f"https://{label}.lambda-url.{world.region}.on.aws/",
            "FunctionArn": arn,
            "AuthType": params["AuthType"],
            "CreationTime": now,
            "LastModifiedTime": now,
            "InvokeMode": params.get("InvokeMode", "BUFFERED"),
        }
        if "Cors" in params:
            config["Cors"] = copied(params["Cors"])
        function.urls[qualifier] = config
        shown = {"FunctionUrl", "FunctionArn", "AuthType", "CreationTime", "Cors"}
        shown |= {"InvokeMode"} & set(params)
        return {key: copied(value) for key, value in config.items() if key in shown}

    def get_function_url_config(self, params: dict[str, Any]) -> dict[str, Any]:
        """The configuration."""
        return copied(self._find(params))

    def update_function_url_config(self, params: dict[str, Any]) -> dict[str, Any]:
        """Changes what was sent."""
        self._existing(params)
        config = self._find(params)
        for name in ("AuthType", "Cors", "InvokeMode"):
            if name in params:
                config[name] = copied(params[name])
        config["LastModifiedTime"] = self._state.world.clock.now().strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        return copied(config)

    def delete_function_url_config(self, params: dict[str, Any]) -> dict[str, Any]:
        """Takes the URL away."""
        self._find(params)
        function, qualifier = self._existing(params)
        del function.urls[qualifier]
        return {}

    def list_function_url_configs(self, params: dict[str, Any]) -> dict[str, Any]:
        """All URLs of a function."""
        function, _ = self._existing({"FunctionName": params["FunctionName"]})
        listed = [copied(config) for config in function.urls.values()]
        found, marker = page(listed, params.get("Marker"), params.get("MaxItems"))
        return {"FunctionUrlConfigs": found, "NextMarker": marker}

    def _existing(self, params: dict[str, Any]) -> tuple[Function, str | None]:
        ref = parse_name(self._state.world, params["FunctionName"], params.get("Qualifier"))
        function = self._state.functions.get(ref.name)
        if function is None or ref.qualifier not in {None, *function.aliases}:
            raise ApiError("ResourceNotFoundException", "Function does not exist", 404)
        return function, ref.qualifier

    def _find(self, params: dict[str, Any]) -> dict[str, Any]:
        ref = parse_name(self._state.world, params["FunctionName"], params.get("Qualifier"))
        function = self._state.functions.get(ref.name)
        if function is None or ref.qualifier not in function.urls:
            raise ApiError(
                "ResourceNotFoundException", "The resource you requested does not exist.", 404
            )
        return function.urls[ref.qualifier]
