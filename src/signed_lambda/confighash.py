"""CodeAndConfigSha256: one hash over a function's code and configuration.

Scheme "signed-lambda-config/1". Input: the FunctionConfiguration that Lambda answers (GetFunction-
Configuration, UpdateFunctionCode, PublishVersion). Steps:

1. Drop `VOLATILE` members (each with its reason) and everything that is empty: null, "", [], {}
   mean "not set" and AWS is not consistent about leaving them out.
2. `Environment.Variables`: each value is replaced by the hex SHA-256 of
   "signed-lambda-env/1" NUL function-ARN NUL name NUL value: comparable, never readable. Any other
   member of Environment is replaced likewise, its value being its canonical JSON.
3. Sort the lists whose order means nothing (`UNORDERED`).
4. Canonical JSON: UTF-8, keys sorted by code point, no white space. SHA-256 of it is the
   configuration's hash.
5. SHA-256 of "signed-lambda-config/1" NUL code-hash-hex NUL configuration-hash-hex is the
   code-and-config hash, the name of the alias `HASH-<hex>`.

A member that this version does not know is included and reported, so that a property AWS adds
later is never silently ignored.

Pure: imports errors and model only.
Source of the members: botocore model lambda 2015-03-31, shape FunctionConfiguration (1.44.5).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Final

from signed_lambda.errors import AccessError
from signed_lambda.lazy import dataclass
from signed_lambda.model import MemberChange, Sha256

SCHEME: Final = "signed-lambda-config/1"

VOLATILE: Final[Mapping[str, str]] = {
    "FunctionName": "names the function, not its content",
    "FunctionArn": "names the version, not its content",
    "Version": "names the version, not its content",
    "MasterArn": "names the function at its edge",
    "Description": "the version's description is this action's record",
    "LastModified": "a time",
    "RevisionId": "a lock, rotates on every change",
    "CodeSha256": "the code's hash, which enters in step 5",
    "CodeSize": "follows from the code",
    "ConfigSha256": "Lambda's own hash of the configuration",
    "SigningJobArn": "evidence about the code, checked by itself",
    "SigningProfileVersionArn": "evidence about the code, checked by itself",
    "State": "a state",
    "StateReason": "a state",
    "StateReasonCode": "a state",
    "LastUpdateStatus": "a state",
    "LastUpdateStatusReason": "a state",
    "LastUpdateStatusReasonCode": "a state",
    "RuntimeVersionConfig": "AWS patches the runtime under a published version",
    "SnapStart.OptimizationStatus": "a state: off for $LATEST, on for a version",
    "ResponseMetadata": "of the HTTP answer",
}
"""Members that are not content, each with the reason. Dotted: a member of a member."""

CONTENT: Final = frozenset(
    {
        "Runtime",
        "Role",
        "Handler",
        "Timeout",
        "MemorySize",
        "VpcConfig",
        "DeadLetterConfig",
        "Environment",
        "KMSKeyArn",
        "TracingConfig",
        "Layers",
        "FileSystemConfigs",
        "PackageType",
        "ImageConfigResponse",
        "Architectures",
        "EphemeralStorage",
        "SnapStart",
        "LoggingConfig",
        "TenancyConfig",
        "CapacityProviderConfig",
        "DurableConfig",
        "RuntimeConfig",
        "AcceleratorConfig",
    }
)
"""Members known to be content."""

UNORDERED: Final = frozenset({"SubnetIds", "SecurityGroupIds", "Architectures"})


@dataclass(frozen=True, slots=True)
class Configuration:
    """A function's configuration in canonical form.

    Attributes:
        sha256: Step 4's hash.
        members: Canonical JSON of each member by name; environment values only as hashes.
        unknown: Members that this version does not know, included in the hash.
    """

    sha256: Sha256
    members: Mapping[str, str]
    unknown: tuple[str, ...]


def canonical(content: Mapping[str, object]) -> Configuration:
    """The canonical form of a FunctionConfiguration.

    Args:
        content: As botocore parsed it.

    Raises:
        AccessError: E-ACCESS-02, Lambda could not decrypt the environment for this role, so edits
            of it could not be seen.
    """
    arn = unqualified(str(content.get("FunctionArn", "")))
    kept = {
        name: _canonical_member(name, value, arn)
        for name, value in content.items()
        if name not in VOLATILE
    }
    members = {name: value for name, value in kept.items() if not _is_empty(value)}
    return Configuration(
        sha256=_sha256(_json(members)),
        members={name: _json(value).decode() for name, value in sorted(members.items())},
        unknown=tuple(sorted((set(members) - CONTENT) | _unknown_of_environment(members))),
    )


def code_and_config(code: Sha256, configuration: Configuration) -> Sha256:
    """Step 5: the hash over code and configuration, hex in the alias `HASH-<hex>`."""
    return _sha256(b"\0".join(p.encode() for p in (SCHEME, code.hex, configuration.sha256.hex)))


def changes(before: Configuration, after: Configuration) -> tuple[MemberChange, ...]:
    """What differs, by member, without any environment value."""
    names = sorted(set(before.members) | set(after.members))
    return tuple(
        _change(name, before.members.get(name), after.members.get(name))
        for name in names
        if before.members.get(name) != after.members.get(name)
    )


def _change(name: str, before: str | None, after: str | None) -> MemberChange:
    if name == "Environment":
        old, new = _variables(before), _variables(after)
        parts = [f"added {n}" for n in sorted(set(new) - set(old))]
        parts += [f"removed {n}" for n in sorted(set(old) - set(new))]
        parts += [f"changed {n}" for n in sorted(set(old) & set(new)) if old[n] != new[n]]
        return MemberChange(name=name, note=", ".join(parts))
    if name not in CONTENT:
        return MemberChange(name=name, note="changed")  # may its value be shown? nobody knows
    return MemberChange(name=name, before=before, after=after)


def _variables(member: str | None) -> dict[str, str]:
    """Hashes by name: of the variables, and of members of Environment that are not known."""
    parsed = json.loads(member or "{}")
    others = {f"Environment.{n}": hashed for n, hashed in parsed.items() if n != "Variables"}
    return {**parsed.get("Variables", {}), **others}


def _canonical_member(name: str, value: object, arn: str) -> object:
    if name == "Environment":
        return _canonical_environment(value if isinstance(value, Mapping) else {}, arn)
    return _canonical_value(value, name)


def _canonical_environment(value: Mapping[str, object], arn: str) -> object:
    error = value.get("Error")
    if isinstance(error, Mapping):
        raise AccessError.of(
            "E-ACCESS-02",
            f"the environment of {arn} cannot be decrypted ({error.get('ErrorCode', 'no code')}),"
            " so a change of it could not be seen",
            "Allow the role kms:Decrypt on the function's key",
        )
    variables = value.get("Variables")
    named = variables if isinstance(variables, Mapping) else {}
    found: dict[str, object] = {
        str(name): _hashed(arn, str(name), _json(_canonical_value(other, "Environment")).decode())
        for name, other in value.items()
        if name not in ("Variables", "Error") and not _is_empty(other)
    }
    if named:
        found["Variables"] = {str(k): _hashed(arn, str(k), str(v)) for k, v in named.items()}
    return found


def _unknown_of_environment(members: Mapping[str, object]) -> set[str]:
    environment = members.get("Environment")
    names = environment if isinstance(environment, Mapping) else {}
    return {f"Environment.{name}" for name in names if name != "Variables"}


def _canonical_value(value: object, path: str) -> object:
    if isinstance(value, Mapping):
        kept = {str(k): _canonical_value(v, f"{path}.{k}") for k, v in value.items()}
        return {k: v for k, v in kept.items() if not _is_empty(v) and f"{path}.{k}" not in VOLATILE}
    if isinstance(value, list | tuple):
        items = [_canonical_value(v, path) for v in value]
        name = path.rsplit(".", 1)[-1]
        return sorted(items, key=_json) if name in UNORDERED else items
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return str(value)


def _hashed(arn: str, name: str, value: str) -> str:
    return _sha256(f"signed-lambda-env/1\0{arn}\0{name}\0{value}".encode()).hex


def _is_empty(value: object) -> bool:
    return value is None or value in ("", [], {})


def unqualified(arn: str) -> str:
    """The function's ARN, of the ARN of a version or an alias."""
    return ":".join(arn.split(":")[:7])


def _json(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _sha256(data: bytes) -> Sha256:
    return Sha256(hashlib.sha256(data).digest())
