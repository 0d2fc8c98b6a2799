"""Signing profiles: make, read, list, cancel, revoke.

May import the sandbox's core and this package's state. Never signs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from lambda_sandbox.signer import requests
from lambda_sandbox.signer.platforms import PLATFORMS
from lambda_sandbox.signer.requests import denied, invalid, not_found, present
from lambda_sandbox.signer.state import Profile, ProfileRevocation, Validity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lambda_sandbox.signer.caller import Caller

_VALIDITY_TYPES: Final = ("DAYS", "MONTHS", "YEARS")
_REASON_MAX: Final = 500
_TAGS_MAX: Final = 200


def put(caller: Caller, params: Mapping[str, Any]) -> dict[str, Any]:
    """PutSigningProfile. A name is taken for ever, also after the profile was canceled.

    Raises:
        ApiError: ValidationException: the name is taken or not valid, a bad validity, or
            signingMaterial, which none of the sandbox's platforms takes;
            ResourceNotFoundException: unknown platform.

    Source: radkawar/stackd, captured on AWS 2026-09 (taken names); ministack 1.5.33, measured
    2026-08-26 (signingMaterial).
    """
    name = requests.profile_name(params)
    platform = requests.text(params, "platformId")
    if platform not in PLATFORMS:
        raise not_found(f"Signing platform {platform} does not exist")
    if params.get("signingMaterial") is not None:
        raise invalid(f"Signing material is not allowed for platform {platform}")
    if (caller.account, name) in caller.state.profiles:
        raise invalid(f"Profile with name {name} already exists")
    tags = dict(params.get("tags") or {})
    if len(tags) > _TAGS_MAX:
        raise invalid(f"A profile has at most {_TAGS_MAX} tags, not {len(tags)}")
    profile = Profile(
        account=caller.account,
        name=name,
        version=requests.new_version(caller.world.random),
        arn=caller.arn(f"/signing-profiles/{name}"),
        platform_id=platform,
        validity=_validity(params.get("signatureValidityPeriod")),
        signing_parameters=dict(params.get("signingParameters") or {}),
        tags=tags,
    )
    caller.state.profiles[caller.account, name] = profile
    return {
        "arn": profile.arn,
        "profileVersion": profile.version,
        "profileVersionArn": profile.version_arn,
    }


def get(caller: Caller, params: Mapping[str, Any]) -> dict[str, Any]:
    """GetSigningProfile; of another account where its policy lets us.

    Raises:
        ApiError: ResourceNotFoundException, AccessDeniedException.
    """
    profile = usable(caller, params, "signer:GetSigningProfile")
    revoked = profile.revocation
    return _summary(profile) | present(
        statusReason=profile.status_reason,
        revocationRecord=None
        if revoked is None
        else {
            "revocationEffectiveFrom": revoked.effective_from,
            "revokedAt": revoked.revoked_at,
            "revokedBy": revoked.revoked_by,
        },
    )


def list_all(caller: Caller, params: Mapping[str, Any]) -> dict[str, Any]:
    """ListSigningProfiles: Active ones, unless `includeCanceled` or `statuses` say otherwise.

    Raises:
        ApiError: ValidationException: paging.
    """
    wanted = set(params.get("statuses") or ())
    if not wanted:
        wanted = {"Active", "Canceled"} if params.get("includeCanceled") else {"Active"}
    platform = params.get("platformId")
    profiles = [
        _summary(profile)
        for (account, _), profile in sorted(caller.state.profiles.items())
        if account == caller.account
        and profile.status in wanted
        and platform in (None, profile.platform_id)
    ]
    return requests.page(profiles, params, "profiles")


def cancel(caller: Caller, params: Mapping[str, Any]) -> dict[str, Any]:
    """CancelSigningProfile: no new jobs; signatures stay valid.

    Raises:
        ApiError: ResourceNotFoundException; ValidationException: revoked.

    Source: radkawar/stackd, captured on AWS 2026-09 (a revoked profile cannot be canceled).
    """
    profile = own(caller, requests.profile_name(params))
    if profile.status == "Revoked":
        raise invalid(f"Profile with name {profile.name} is revoked and cannot be canceled")
    profile.status = "Canceled"
    return {}


def revoke(caller: Caller, params: Mapping[str, Any]) -> dict[str, Any]:
    """RevokeSigningProfile: signatures from `effectiveTime` on are not trusted; irreversible.

    The time lies in the past, and may be moved earlier only.

    Raises:
        ApiError: ResourceNotFoundException; ValidationException.

    Source: https://docs.aws.amazon.com/signer/latest/developerguide/revocation.html
    """
    profile = own(caller, requests.profile_name(params))
    version = requests.text(params, "profileVersion")
    reason = revocation_reason(params)
    effective = requests.time(params, "effectiveTime")
    if version != profile.version:
        raise not_found(f"profile with name {profile.name} and version {version} does not exist")
    now = caller.world.clock.now()
    if effective is None or effective > now:
        raise invalid("effectiveTime must not be in the future")
    if profile.revocation is not None and effective > profile.revocation.effective_from:
        raise invalid("effectiveTime can only be moved to an earlier time")
    profile.revocation = ProfileRevocation(effective, now, caller.principal)
    profile.status, profile.status_reason = "Revoked", reason
    return {}


def revocation_reason(params: Mapping[str, Any]) -> str:
    """The member `reason`: 1 to 500 characters.

    Raises:
        ApiError: ValidationException.
    """
    reason = requests.text(params, "reason")
    if len(reason) > _REASON_MAX:
        raise invalid(f"reason has at most {_REASON_MAX} characters, not {len(reason)}")
    return reason


def own(caller: Caller, name: str) -> Profile:
    """The caller's profile of that name.

    Raises:
        ApiError: ResourceNotFoundException.

    Source: ministack 1.5.33, measured 2026-08-26 (the text).
    """
    profile = caller.state.profiles.get((caller.account, name))
    if profile is None:
        raise not_found(f"profile with name {name} does not exist")
    return profile


def usable(caller: Caller, params: Mapping[str, Any], action: str) -> Profile:
    """The profile that `profileName` and `profileOwner` name, if the caller may use it.

    Raises:
        ApiError: ResourceNotFoundException of one's own; AccessDeniedException of another
            account's, whether it is there or not.
    """
    name = requests.profile_name(params)
    owner = requests.account(params, "profileOwner", caller.account)
    if owner == caller.account:
        return own(caller, name)
    profile = caller.state.profiles.get((owner, name))
    if profile is None or not allows(profile, caller.account, action):
        raise denied(
            f"User: {caller.principal} is not authorized to perform: {action} on resource: "
            f"{caller.arn(f'/signing-profiles/{name}', owner)}"
        )
    return profile


def allows(profile: Profile, account: str, action: str) -> bool:
    """The profile's policy lets `account` (or a role of it) do `action` with its version."""
    return any(
        permission.action == action
        and (permission.principal == account or f"::{account}:" in permission.principal)
        for permission in profile.permissions
    )


def _validity(period: Mapping[str, Any] | None) -> Validity:
    if period is None:
        return Validity()
    value, kind = period.get("value"), period.get("type")
    if not isinstance(value, int) or value < 1 or kind not in _VALIDITY_TYPES:
        raise invalid(f"signatureValidityPeriod is not valid: {value} {kind}")
    return Validity(value, cast("Any", kind))


def _summary(profile: Profile) -> dict[str, Any]:
    return present(
        profileName=profile.name,
        profileVersion=profile.version,
        profileVersionArn=profile.version_arn,
        platformId=profile.platform_id,
        platformDisplayName=PLATFORMS[profile.platform_id].display_name,
        signatureValidityPeriod={"value": profile.validity.value, "type": profile.validity.type},
        signingParameters=profile.signing_parameters or None,
        status=profile.status,
        arn=profile.arn,
        tags=dict(profile.tags) or None,
    )
