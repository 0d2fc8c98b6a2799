"""A function's configuration: defaults, what an update changes, and the answer that tells it.

May import core, names and state. Defaults and members: LocalStack AWS-validated snapshot 2025-11
(test_function_lifecycle, test_version_lifecycle); limits as told at each check.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from lambda_sandbox.lambda_service.names import LATEST, function_arn, invalid
from lambda_sandbox.lambda_service.state import copied, timestamp

if TYPE_CHECKING:
    from collections.abc import Mapping

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
    "nodejs nodejs4.3 nodejs4.3-edge nodejs6.10 nodejs8.10 nodejs10.x nodejs12.x nodejs14.x "
    "python2.7 python3.6 python3.7 dotnetcore1.0 dotnetcore2.0 dotnetcore2.1 dotnetcore3.1 "
    "ruby2.5 ruby2.7 java8 go1.x provided".split()
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
    if "Runtime" in params:
        configuration["RuntimeVersionConfig"] = _runtime_version(params["Runtime"], state)
    apply_settings(configuration, params, state)
    return configuration


def apply_settings(
    configuration: dict[str, Any], params: Mapping[str, Any], state: LambdaState
) -> None:
    """Puts the members of a create or update request into a configuration.

    Raises:
        ApiError: InvalidParameterValueException.
    """
    _check(params)
    for key in _PLAIN:
        if key in params:
            configuration[key] = copied(params[key])
    if "Runtime" in params:
        configuration["RuntimeVersionConfig"] = _runtime_version(params["Runtime"], state)
    if "Environment" in params:
        configuration["Environment"] = {
            "Variables": dict(params["Environment"].get("Variables", {}))
        }
    if "VpcConfig" in params:
        vpc = params["VpcConfig"]
        configuration["VpcConfig"] = {
            "SubnetIds": list(vpc.get("SubnetIds", [])),
            "SecurityGroupIds": list(vpc.get("SecurityGroupIds", [])),
            "VpcId": "vpc-0a1b2c3d4e5f60718" if vpc.get("SubnetIds") else "",
            "Ipv6AllowedForDualStack": vpc.get("Ipv6AllowedForDualStack", False),
        }
    if "Layers" in params:
        configuration["Layers"] = [_layer(arn, state) for arn in params["Layers"]]
        if not configuration["Layers"]:
            del configuration["Layers"]
    if "ImageConfig" in params:
        configuration["ImageConfigResponse"] = {"ImageConfig": copied(params["ImageConfig"])}
    if "SnapStart" in params:
        configuration["SnapStart"] = {
            "ApplyOn": params["SnapStart"].get("ApplyOn", "None"),
            "OptimizationStatus": "Off",
        }
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
        "CodeSha256": code.sha256,
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


def _check(params: Mapping[str, Any]) -> None:
    if params.get("PackageType") == "Image":
        return
    runtime = params.get("Runtime")
    if runtime in _RETIRED:
        # Source: LocalStack AWS-validated snapshot (create_deprecated_function_runtime).
        raise invalid(
            f"The runtime parameter of {runtime} is no longer supported for creating or updating "
            "AWS Lambda functions. We recommend you use a supported runtime while creating or "
            "updating functions."
        )
    variables = params.get("Environment", {}).get("Variables", {})
    measured = json.dumps(variables, separators=(",", ":"), ensure_ascii=False)
    if len(measured.encode()) > _ENVIRONMENT_BYTES:
        # Source: LocalStack AWS-validated snapshot 2025-11 (test_large_environment_variables).
        raise invalid(
            "Lambda was unable to configure your environment variables because the environment "
            f"variables you have provided exceeded the 4KB limit. String measured: {measured}"
        )


def _runtime_version(runtime: str, state: LambdaState) -> dict[str, Any]:
    digest = runtime.encode().hex().ljust(64, "0")[:64]
    return {"RuntimeVersionArn": f"arn:aws:lambda:{state.world.region}::runtime:{digest}"}


def _layer(arn: str, state: LambdaState) -> dict[str, Any]:
    """A layer version as the configuration refers to it; layers of other accounts are taken as told."""
    base, _, number = arn.rpartition(":")
    known = state.layers.get(base)
    if known is None:
        return {"Arn": arn, "CodeSize": 0}
    if not number.isdigit() or int(number) not in known:
        raise invalid(f"Layer version {arn} does not exist.")
    content = known[int(number)]["Content"]
    members = {"Arn": arn, "CodeSize": content["CodeSize"]}
    for key in ("SigningJobArn", "SigningProfileVersionArn"):
        if key in content:
            members[key] = content[key]
    return members
