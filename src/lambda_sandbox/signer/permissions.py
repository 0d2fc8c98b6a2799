"""Cross-account permissions of a profile, and its tags.

May import this package's state and profiles. Never signs.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from lambda_sandbox.core import ApiError
from lambda_sandbox.signer import profiles, requests
from lambda_sandbox.signer.platforms import PLATFORMS
from lambda_sandbox.signer.requests import conflict, invalid, not_found, present
from lambda_sandbox.signer.state import Permission, Profile

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lambda_sandbox.signer.caller import Caller

_POLICY_MAX_BYTES: Final = 2000
_PRINCIPAL: Final = re.compile(r"[0-9]{12}|arn:aws[a-z-]*:iam::[0-9]{12}:(root|role/.+)")


def add(caller: Caller, params: Mapping[str, Any]) -> dict[str, Any]:
    """AddProfilePermission.

    Raises:
        ApiError: ValidationException: action or principal; ConflictException: the statement is
            there, or `revisionId` is not the policy's; ServiceLimitExceededException: more than
            2000 bytes; ResourceNotFoundException.

    Source: hashicorp/terraform-provider-aws#33941 (text on the action), aws/aws-sdk#519 (text on
    the principal), ministack 1.5.33 (2000 bytes, measured 2026-08-26).
    """
    profile = profiles.own(caller, requests.profile_name(params))
    permission = Permission(
        statement_id=requests.text(params, "statementId"),
        action=requests.text(params, "action"),
        principal=requests.text(params, "principal"),
        profile_version=params.get("profileVersion"),
    )
    actions = PLATFORMS[profile.platform_id].actions
    if permission.action not in actions:
        raise invalid(
            f"Action {permission.action} not supported for platform {profile.platform_id}. "
            f"Action must be one of [{', '.join(actions)}]"
        )
    if not _PRINCIPAL.fullmatch(permission.principal):
        raise invalid("Principal is not a valid AWS account id or IAM Role Arn")
    if permission.profile_version not in (None, profile.version):
        raise not_found(
            f"profile with name {profile.name} and version {permission.profile_version} "
            "does not exist"
        )
    if params.get("revisionId") not in (None, profile.revision_id):
        raise conflict("The revision id provided does not match the latest revision id")
    if any(other.statement_id == permission.statement_id for other in profile.permissions):
        raise conflict(f"Statement id {permission.statement_id} already exists")
    wanted = [*profile.permissions, permission]
    if _size_bytes(wanted) > _POLICY_MAX_BYTES:
        raise ApiError(
            "ServiceLimitExceededException",
            f"The policy would be larger than {_POLICY_MAX_BYTES} bytes",
            402,
        )
    return _replace(caller, profile, wanted)


def remove(caller: Caller, params: Mapping[str, Any]) -> dict[str, Any]:
    """RemoveProfilePermission.

    Raises:
        ApiError: ResourceNotFoundException; ConflictException: another revision.
    """
    profile = profiles.own(caller, requests.profile_name(params))
    statement_id = requests.text(params, "statementId")
    left = [p for p in profile.permissions if p.statement_id != statement_id]
    if len(left) == len(profile.permissions):
        raise not_found(f"Statement id {statement_id} does not exist")
    if requests.text(params, "revisionId") != profile.revision_id:
        raise conflict("The revision id provided does not match the latest revision id")
    return _replace(caller, profile, left)


def list_all(caller: Caller, params: Mapping[str, Any]) -> dict[str, Any]:
    """ListProfilePermissions.

    Raises:
        ApiError: ResourceNotFoundException: no such profile, or it has no policy.
    """
    profile = profiles.own(caller, requests.profile_name(params))
    if not profile.permissions:
        raise not_found(f"No policy found for profile {profile.name}")
    rows = [
        present(
            action=p.action,
            principal=p.principal,
            statementId=p.statement_id,
            profileVersion=p.profile_version,
        )
        for p in profile.permissions
    ]
    return requests.page(rows, params, "permissions") | {
        "revisionId": profile.revision_id,
        "policySizeBytes": _size_bytes(profile.permissions),
    }


def tag(caller: Caller, params: Mapping[str, Any]) -> dict[str, Any]:
    """TagResource.

    Raises:
        ApiError: NotFoundException, BadRequestException.
    """
    _tagged(caller, params).tags.update(params.get("tags") or {})
    return {}


def untag(caller: Caller, params: Mapping[str, Any]) -> dict[str, Any]:
    """UntagResource; keys that are not there do not matter.

    Raises:
        ApiError: NotFoundException, BadRequestException.
    """
    tags = _tagged(caller, params).tags
    for key in params.get("tagKeys") or ():
        tags.pop(key, None)
    return {}


def tags(caller: Caller, params: Mapping[str, Any]) -> dict[str, Any]:
    """ListTagsForResource.

    Raises:
        ApiError: NotFoundException, BadRequestException.
    """
    return {"tags": dict(_tagged(caller, params).tags)}


def _tagged(caller: Caller, params: Mapping[str, Any]) -> Profile:
    """The profile of `resourceArn`: profiles are all that has tags."""
    arn = params.get("resourceArn") or ""
    if "/signing-profiles/" not in arn:
        raise ApiError("BadRequestException", f"Invalid resource ARN: {arn}")
    for (account, _), profile in caller.state.profiles.items():
        if account == caller.account and profile.arn == arn:
            return profile
    raise ApiError("NotFoundException", f"Resource {arn} not found", 404)


def _replace(caller: Caller, profile: Profile, permissions: list[Permission]) -> dict[str, Any]:
    profile.permissions = permissions
    profile.revision_id = requests.new_uuid(caller.world.random)
    return {"revisionId": profile.revision_id}


def _size_bytes(permissions: Sequence[Permission]) -> int:
    """Of the policy as compact JSON; how AWS counts is not known."""
    statements = [
        {
            "Sid": p.statement_id,
            "Effect": "Allow",
            "Principal": {"AWS": p.principal},
            "Action": p.action,
        }
        for p in permissions
    ]
    document = {"Version": "2012-10-17", "Statement": statements}
    return len(json.dumps(document, separators=(",", ":")))
