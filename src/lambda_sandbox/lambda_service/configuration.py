"""A function's configuration: defaults, what an update changes, and the answer that tells it.

May import core, the wire package's models, names and state. Defaults and members: LocalStack
AWS-validated snapshot 2025-11 (test_function_lifecycle, test_version_lifecycle); limits as told at
each check.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from lambda_sandbox.lambda_service.names import LATEST, function_arn, invalid
from lambda_sandbox.lambda_service.state import copied, timestamp
from lambda_sandbox.wire.models import required_model

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lambda_sandbox.lambda_service.state import Function, LambdaState, Version

_PLAIN = (
    "Runtime",
    "Role",
    "Handler",
    "Description",
    "Timeout",
    "MemorySize",
    "DeadLetterConfig",
    "KMSKeyArn",
    "TracingConfig",
    "FileSystemConfigs",
    "EphemeralStorage",
    "TenancyConfig",
    "CapacityProviderConfig",
    "DurableConfig",
)
_ENVIRONMENT_BYTES = 4096
_RETIRED = frozenset(
    {
        *("nodejs", "nodejs4.3", "nodejs4.3-edge", "nodejs6.10", "nodejs8.10", "nodejs10.x"),
        *("nodejs12.x", "nodejs14.x", "python2.7", "python3.6", "python3.7", "dotnetcore1.0"),
        *("dotnetcore2.0", "dotnetcore2.1", "dotnetcore3.1", "ruby2.5", "ruby2.7", "java8"),
        *("go1.x", "provided"),
    }
)


def first_configuration(params: Mapping[str, Any], state: LambdaState) -> dict[str, Any]:
    """The configuration of a new function: what was asked for, over Lambda's defaults."""
    name = params["FunctionName"].rpartition(":")[2]
    configuration: dict[str, Any] = {
        "Description": "",
        "Timeout": 3,
        "MemorySize": 128,
        "TracingConfig": {"Mode": "PassThrough"},
        "EphemeralStorage": {"Size": 512},
        "PackageType": params.get("PackageType", "Zip"),
        "Architectures": list(params.get("Architectures", ["x86_64"])),
        "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
        "LoggingConfig": {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{name}"},
    }
    apply_settings(configuration, params, state)
    return configuration


def apply_settings(
    configuration: dict[str, Any], params: Mapping[str, Any], state: LambdaState
) -> None:
    """Puts the members of a create or update request into a configuration.

    Raises:
        ApiError: InvalidParameterValueException.
    """
    _check(params, state)
    for key in _PLAIN:
        if key in params:
            configuration[key] = copied(params[key])
    for key, (member, shape) in _SHAPED.items():
        if key in params:
            configuration[member] = shape(params[key], state)
    if params.get("Layers") == []:
        del configuration["Layers"]
    if "LoggingConfig" in params:
        configuration["LoggingConfig"] |= copied(params["LoggingConfig"])


def function_configuration(
    state: LambdaState, function: Function, version: Version, qualifier: str | None
) -> dict[str, Any]:
    """The API's FunctionConfiguration; its FunctionArn carries the qualifier that was asked for.

    Source: LocalStack AWS-validated snapshot 2025-11 (test_alias_lifecycle: through an alias the
    ARN ends in the alias and Version is the number; test_publish_version_on_create: with Qualifier
    $LATEST the ARN ends in $LATEST, without it in the name).
    """
    code = version.code
    members: dict[str, Any] = {
        "FunctionName": function.name,
        "FunctionArn": function_arn(state.world, function.name, qualifier),
        "CodeSize": code.size_bytes,
        "CodeSha256": "" if _not_read_yet(version) else code.sha256,
        "Version": version.number,
        "LastModified": timestamp(version.last_modified),
        "RevisionId": version.revision_id,
        **copied(version.configuration),
        **version.progress.members(),
    }
    if code.signing_job_arn is not None:
        members["SigningJobArn"] = code.signing_job_arn
        members["SigningProfileVersionArn"] = code.signing_profile_version_arn
    return members


def _not_read_yet(version: Version) -> bool:
    """Code that stays in the bucket has no hash before the function is Active.

    Source: radkawar/stackd (code; not captured on AWS).
    """
    return "ResolvedS3Object" in version.code.location and version.progress.state == "Pending"


def listed_configuration(
    state: LambdaState, function: Function, version: Version, qualifier: str | None
) -> dict[str, Any]:
    """A FunctionConfiguration as lists tell it: without states.

    Source: LocalStack AWS-validated snapshot 2025-11 (test_version_lifecycle); botocore model.
    """
    members = function_configuration(state, function, version, qualifier)
    return {
        key: value for key, value in members.items() if not key.startswith(("State", "LastUpdate"))
    }


def fingerprint(version: Version) -> tuple[Any, ...]:
    """Code and configuration as one comparable value: PublishVersion's "nothing changed".

    Source: https://docs.aws.amazon.com/lambda/latest/api/API_PublishVersion.html ("doesn't publish
    a version if the function's configuration and code haven't changed since the last version").
    """
    code = version.code
    return (code.sha256, code.signing_job_arn, json.dumps(version.configuration, sort_keys=True))


def qualifier_of(version: Version) -> str | None:
    """How a version's own ARN is qualified in the answers of create, update and publish."""
    return None if version.number == LATEST else version.number


def _check(params: Mapping[str, Any], state: LambdaState) -> None:
    if "Runtime" in params:
        _check_runtime(params["Runtime"])
    _check_layers(params.get("Layers", []), state)
    variables = params.get("Environment", {}).get("Variables", {})
    measured = json.dumps(variables, separators=(",", ":"), ensure_ascii=False)
    if len(measured.encode()) > _ENVIRONMENT_BYTES:
        # Source: LocalStack AWS-validated snapshot 2025-11 (test_large_environment_variables).
        raise invalid(
            "Lambda was unable to configure your environment variables because the environment "
            f"variables you have provided exceeded the 4KB limit. String measured: {measured}"
        )


def _check_runtime(runtime: str) -> None:
    """Source: LocalStack AWS-validated snapshots (test_create_lambda_exceptions, deprecated)."""
    known: list[str] = _model_runtimes()
    if runtime not in known:
        raise invalid(
            f"Value {runtime} at 'runtime' failed to satisfy constraint: Member must satisfy enum "
            f"value set: [{', '.join(known)}] or be a valid ARN"
        )
    if runtime in _RETIRED:
        raise invalid(
            f"The runtime parameter of {runtime} is no longer supported for creating or updating "
            "AWS Lambda functions. We recommend you use a supported runtime while creating or "
            "updating functions."
        )


def _model_runtimes() -> list[str]:
    runtimes: list[str] = required_model("lambda").shape_for("Runtime").metadata["enum"]
    return runtimes


def _check_layers(arns: list[str], state: LambdaState) -> None:
    """Source: LocalStack AWS-validated snapshot 2025-11 (test_layer_function_exceptions)."""
    seen: dict[str, str] = {}
    for arn in arns:
        base, _, number = arn.rpartition(":")
        if base in seen:
            raise invalid(
                "Two different versions of the same layer are not allowed to be referenced in the "
                f"same function. {seen[base]} and {arn} are versions of the same layer."
            )
        seen[base] = arn
        mine = base.startswith(f"arn:aws:lambda:{state.world.region}:{state.world.account}:")
        if mine and not (number.isdigit() and int(number) in state.layers.get(base, {})):
            raise invalid(f"Layer version {arn} does not exist.")


def _environment(given: dict[str, Any], _: LambdaState) -> dict[str, Any]:
    return {"Variables": dict(given.get("Variables", {}))}


def _vpc(given: dict[str, Any], _: LambdaState) -> dict[str, Any]:
    return {
        "SubnetIds": list(given.get("SubnetIds", [])),
        "SecurityGroupIds": list(given.get("SecurityGroupIds", [])),
        "VpcId": "vpc-0a1b2c3d4e5f60718" if given.get("SubnetIds") else "",
        "Ipv6AllowedForDualStack": given.get("Ipv6AllowedForDualStack", False),
    }


def _layers(arns: list[str], state: LambdaState) -> list[dict[str, Any]]:
    return [_layer(arn, state) for arn in arns]


def _image(given: dict[str, Any], _: LambdaState) -> dict[str, Any]:
    return {"ImageConfig": copied(given)}


def _snap_start(given: dict[str, Any], _: LambdaState) -> dict[str, Any]:
    return {"ApplyOn": given.get("ApplyOn", "None"), "OptimizationStatus": "Off"}


def _runtime_version(runtime: str, state: LambdaState) -> dict[str, Any]:
    digest = runtime.encode().hex().ljust(64, "0")[:64]
    return {"RuntimeVersionArn": f"arn:aws:lambda:{state.world.region}::runtime:{digest}"}


def _layer(arn: str, state: LambdaState) -> dict[str, Any]:
    """A layer version as the configuration tells it; of other accounts' layers only the ARN."""
    base, _, number = arn.rpartition(":")
    known = state.layers.get(base, {}).get(int(number))
    if known is None:
        return {"Arn": arn, "CodeSize": 0}
    content = known["Content"]
    members = {"Arn": arn, "CodeSize": content["CodeSize"]}
    for key in ("SigningJobArn", "SigningProfileVersionArn"):
        if key in content:
            members[key] = content[key]
    return members


_SHAPED: Final[dict[str, tuple[str, Callable[[Any, LambdaState], Any]]]] = {
    "Runtime": ("RuntimeVersionConfig", _runtime_version),
    "Environment": ("Environment", _environment),
    "VpcConfig": ("VpcConfig", _vpc),
    "Layers": ("Layers", _layers),
    "ImageConfig": ("ImageConfigResponse", _image),
    "SnapStart": ("SnapStart", _snap_start),
}
"""Members whose answer has another form than the request: where they go, and how they are made."""
