"""Code-signing configurations and what they are attached to.

May import core and the modules of this package. Source: LocalStack AWS-validated snapshot 2025-11
(TestCodeSigningConfig) and, where told, stackd native captures 2026-09.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lambda_sandbox.core import ApiError
from lambda_sandbox.lambda_service.names import (
    function_arn,
    functions_only,
    invalid,
    parse_name,
)
from lambda_sandbox.lambda_service.pages import page
from lambda_sandbox.lambda_service.state import CodeSigningConfig

if TYPE_CHECKING:
    from lambda_sandbox.lambda_service.state import Function, LambdaState

IMAGE_UNSIGNED = "CodeSigningConfig is not supported for functions with PackageType Image."
"""Source: AWS docs, lambda/latest/dg/configuration-codesigning.html (images)."""
_ID_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789"


def known_config(state: LambdaState, arn: str) -> CodeSigningConfig:
    """The configuration that a function is to be attached to.

    Raises:
        ApiError: 404 CodeSigningConfigNotFoundException.
    """
    config = state.code_signing_configs.get(arn)
    if config is None:
        raise ApiError(
            "CodeSigningConfigNotFoundException",
            "The code signing configuration cannot be found. Check that the provided "
            f"configuration is not deleted: {arn}.",
            404,
        )
    return config


def attached_config(state: LambdaState, function: Function) -> CodeSigningConfig | None:
    """The configuration that judges the function's next code; None where nothing is attached."""
    arn = function.code_signing_config_arn
    return state.code_signing_configs.get(arn) if arn is not None else None


class CodeSigningOperations:
    """The API's operations on code-signing configurations."""

    def __init__(self, state: LambdaState) -> None:
        self._state = state

    def create_code_signing_config(self, params: dict[str, Any]) -> dict[str, Any]:
        """Creates one; any publisher ARN is taken, even of a profile that does not exist.

        The policy is Warn unless told otherwise. Source: stackd native capture 2026-09.
        """
        world = self._state.world
        id_ = "csc-" + "".join(world.random.choices(_ID_ALPHABET, k=17))
        arn = f"arn:aws:lambda:{world.region}:{world.account}:code-signing-config:{id_}"
        policies = params.get("CodeSigningPolicies", {})
        config = CodeSigningConfig(
            arn=arn,
            id=id_,
            allowed_publishers=tuple(params["AllowedPublishers"]["SigningProfileVersionArns"]),
            policy=policies.get("UntrustedArtifactOnDeployment", "Warn"),
            description=params.get("Description", ""),
            last_modified=world.clock.now(),
            tags=dict(params.get("Tags", {})),
        )
        self._state.code_signing_configs[arn] = config
        return {"CodeSigningConfig": config.members()}

    def get_code_signing_config(self, params: dict[str, Any]) -> dict[str, Any]:
        """The configuration."""
        return {"CodeSigningConfig": self._find(params).members()}

    def update_code_signing_config(self, params: dict[str, Any]) -> dict[str, Any]:
        """Changes what was sent; nothing sent changes nothing.

        Source: stackd native capture 2026-09 ("Update with {} keeps the policy").
        """
        config = self._find(params)
        policies = params.get("CodeSigningPolicies", {})
        config.policy = policies.get("UntrustedArtifactOnDeployment", config.policy)
        config.description = params.get("Description", config.description)
        if "AllowedPublishers" in params:
            publishers = params["AllowedPublishers"]["SigningProfileVersionArns"]
            config.allowed_publishers = tuple(publishers)
        config.last_modified = self._state.world.clock.now()
        return {"CodeSigningConfig": config.members()}

    def delete_code_signing_config(self, params: dict[str, Any]) -> dict[str, Any]:
        """Deletes it, unless a function uses it.

        Source: stackd native capture 2026-09 (409 "...another operation is in progress").
        """
        config = self._find(params)
        if self._users(config.arn):
            raise ApiError(
                "ResourceConflictException",
                "The code signing configuration cannot be deleted while it is in use or "
                "another operation is in progress",
                409,
            )
        del self._state.code_signing_configs[config.arn]
        return {}

    def list_code_signing_configs(self, params: dict[str, Any]) -> dict[str, Any]:
        """All configurations, 50 a page."""
        listed = [config.members() for config in self._state.code_signing_configs.values()]
        found, marker = page(listed, params.get("Marker"), params.get("MaxItems"))
        return {"CodeSigningConfigs": found, "NextMarker": marker}

    def list_functions_by_code_signing_config(self, params: dict[str, Any]) -> dict[str, Any]:
        """The ARNs of the functions that a configuration is attached to."""
        found, marker = page(
            self._users(self._find(params).arn), params.get("Marker"), params.get("MaxItems")
        )
        return {"FunctionArns": found, "NextMarker": marker}

    def put_function_code_signing_config(self, params: dict[str, Any]) -> dict[str, Any]:
        """Attaches a configuration; code that is there already is not checked again.

        Source: AWS docs, lambda/latest/dg/configuration-codesigning.html; an unknown configuration
        is told before an unknown function (LocalStack AWS-validated snapshot 2025-11).
        """
        config = known_config(self._state, params["CodeSigningConfigArn"])
        function = self._unqualified(params)
        if function.latest.configuration["PackageType"] == "Image":
            raise invalid(IMAGE_UNSIGNED)
        function.code_signing_config_arn = config.arn
        return {"CodeSigningConfigArn": config.arn, "FunctionName": function.name}

    def get_function_code_signing_config(self, params: dict[str, Any]) -> dict[str, Any]:
        """What is attached: nothing attached is 200 without members, a qualifier is 400."""
        function = self._unqualified(params)
        if function.code_signing_config_arn is None:
            return {}
        return {
            "CodeSigningConfigArn": function.code_signing_config_arn,
            "FunctionName": function.name,
        }

    def delete_function_code_signing_config(self, params: dict[str, Any]) -> dict[str, Any]:
        """Detaches."""
        self._unqualified(params).code_signing_config_arn = None
        return {}

    def _find(self, params: dict[str, Any]) -> CodeSigningConfig:
        arn = params["CodeSigningConfigArn"]
        config = self._state.code_signing_configs.get(arn)
        if config is None:
            raise ApiError(
                "ResourceNotFoundException",
                f"The Lambda code signing configuration {arn} can not be found.",
                404,
            )
        return config

    def _unqualified(self, params: dict[str, Any]) -> Function:
        """Any qualifier is 400. Source: LocalStack AWS-validated snapshot, stackd capture."""
        if parse_name(self._state.world, params["FunctionName"]).qualifier is not None:
            raise functions_only()
        function, _ = self._state.find(params["FunctionName"])
        return function

    def _users(self, arn: str) -> list[str]:
        return [
            function_arn(self._state.world, function.name)
            for function in self._state.functions.values()
            if function.code_signing_config_arn == arn
        ]
