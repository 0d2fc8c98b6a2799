"""Rows on AWS Signer: profiles, jobs, revocation. What a signed zip holds: rows_signed_zip."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.contract.material import PLATFORM
from tests.contract.row import Area, Source, further, refused, row

if TYPE_CHECKING:
    from tests.contract.clients import Clients
    from tests.contract.material import Profile

SIGNER = Area.SIGNER
DOCS, MM, MODEL, SD = Source.DOCS, Source.MINISTACK, Source.MODEL, Source.STACKD


@row(SIGNER, MM, MODEL)
def profile_put_get(aws: Clients) -> None:
    """A signing profile is Active with a version of 10 letters and digits, in both its ARNs."""
    name = aws.name().replace("-", "_")

    put = aws.signer.put_signing_profile(profileName=name, platformId=PLATFORM)

    aws.afterwards(aws.signer.cancel_signing_profile, profileName=name)
    got = aws.signer.get_signing_profile(profileName=name)
    arn = f"arn:aws:signer:{aws.target.region}:{aws.account}:/signing-profiles/{name}"
    assert re.fullmatch(r"[a-zA-Z0-9]{10}", put["profileVersion"])
    assert (put["arn"], put["profileVersionArn"]) == (arn, f"{arn}/{put['profileVersion']}")
    assert (got["status"], got["platformId"], got["profileVersionArn"]) == (
        "Active",
        PLATFORM,
        put["profileVersionArn"],
    )


@row(SIGNER, SD)
def profile_name_taken(aws: Clients) -> None:
    """PutSigningProfile with a name that exists is 400 ValidationException."""
    name = aws.profile().name

    with refused("ValidationException", 400, f"Profile with name {name} already exists"):
        aws.signer.put_signing_profile(profileName=name, platformId=PLATFORM)


@row(SIGNER, MM)
def profile_unknown(aws: Clients) -> None:
    """GetSigningProfile of a name nobody used is 404 ResourceNotFoundException."""
    with refused("ResourceNotFoundException", 404):
        aws.signer.get_signing_profile(profileName="nobody_ever")


@row(SIGNER, MM, MODEL)
def profile_permission(aws: Clients) -> None:
    """AddProfilePermission answers a revisionId, and ListProfilePermissions shows the statement."""
    name = aws.profile().name
    friend = "444455556666" if aws.target.endpoint else aws.account

    added = aws.signer.add_profile_permission(
        profileName=name, action="signer:StartSigningJob", principal=friend, statementId="friend"
    )

    listed = aws.signer.list_profile_permissions(profileName=name)
    (statement,) = listed["permissions"]
    assert listed["revisionId"] == added["revisionId"]
    assert statement["action"] == "signer:StartSigningJob"
    assert (statement["principal"], statement["statementId"]) == (friend, "friend")
    assert listed["policySizeBytes"] > 0


@row(SIGNER, SD, MODEL)
def signing_platforms(aws: Clients) -> None:
    """The Lambda platform takes up to 250 MB and supports revocation."""
    platforms = aws.signer.list_signing_platforms()["platforms"]

    (ours,) = [p for p in platforms if p["platformId"] == PLATFORM]
    assert (ours["maxSizeInMB"], ours["revocationSupported"]) == (250, True)


@further(SIGNER, MODEL)
def profile_validity(aws: Clients) -> None:
    """A profile's signatures are valid for 135 months unless it says otherwise."""
    got = aws.signer.get_signing_profile(profileName=aws.profile(kept="main").name)

    assert got["signatureValidityPeriod"] == {"value": 135, "type": "MONTHS"}


@further(SIGNER, SD)
def profile_name_taken_after_cancel(aws: Clients) -> None:
    """A canceled profile is still shown, as Canceled, and keeps its name for ever."""
    name = aws.profile().name
    aws.signer.cancel_signing_profile(profileName=name)

    with refused("ValidationException", 400, f"Profile with name {name} already exists"):
        aws.signer.put_signing_profile(profileName=name, platformId=PLATFORM)

    assert aws.signer.get_signing_profile(profileName=name)["status"] == "Canceled"


@further(SIGNER, MM, MODEL)
def profile_name_illegal(aws: Clients) -> None:
    """A profile's name holds letters, digits and _ only: a hyphen is 400 ValidationException."""
    with refused("ValidationException", 400):
        aws.signer.put_signing_profile(profileName="not-legal", platformId=PLATFORM)


@further(SIGNER, MM)
def profile_signing_material(aws: Clients) -> None:
    """The Lambda platform takes no signingMaterial: 400 ValidationException."""
    certificate = f"arn:aws:acm:{aws.target.region}:{aws.account}:certificate/1234"

    with refused("ValidationException", 400):
        aws.signer.put_signing_profile(
            profileName=aws.name().replace("-", "_"),
            platformId=PLATFORM,
            signingMaterial={"certificateArn": certificate},
        )


@further(SIGNER, SD)
def profile_revoked(aws: Clients) -> None:
    """A revoked profile says so, and cannot be canceled any more."""
    profile = aws.profile()

    revoke_profile(aws, profile, datetime.now(UTC) - timedelta(hours=1))

    got = aws.signer.get_signing_profile(profileName=profile.name)
    assert got["status"] == "Revoked"
    assert "revocationRecord" in got
    with refused(None, None):
        aws.signer.cancel_signing_profile(profileName=profile.name)


@further(SIGNER, DOCS)
def profile_revoked_in_future(aws: Clients) -> None:
    """RevokeSigningProfile refuses an effectiveTime to come."""
    profile = aws.profile()

    with refused("ValidationException", 400):
        revoke_profile(aws, profile, datetime.now(UTC) + timedelta(hours=1))

    assert aws.signer.get_signing_profile(profileName=profile.name)["status"] == "Active"
    revoke_profile(aws, profile, datetime.now(UTC) - timedelta(hours=1))


@further(SIGNER, DOCS)
def profile_revoked_later(aws: Clients) -> None:
    """The effectiveTime of a revoked profile can only be moved to an earlier one."""
    profile = aws.profile()
    now = datetime.now(UTC)
    revoke_profile(aws, profile, now - timedelta(hours=2))

    with refused("ValidationException", 400):
        revoke_profile(aws, profile, now - timedelta(hours=1))
    revoke_profile(aws, profile, now - timedelta(hours=3))

    record = aws.signer.get_signing_profile(profileName=profile.name)["revocationRecord"]
    assert abs(record["revocationEffectiveFrom"] - (now - timedelta(hours=3))).total_seconds() < 2


def revoke_profile(aws: Clients, profile: Profile, effective: datetime) -> None:
    aws.signer.revoke_signing_profile(
        profileName=profile.name,
        profileVersion=profile.version,
        reason="a test of revocation",
        effectiveTime=effective,
    )


@further(SIGNER, MODEL)
def profile_permission_removed(aws: Clients) -> None:
    """RemoveProfilePermission takes the current revisionId and the statement is gone."""
    name = aws.profile().name
    added = aws.signer.add_profile_permission(
        profileName=name,
        action="signer:GetSigningProfile",
        principal=aws.account,
        statementId="friend",
    )

    aws.signer.remove_profile_permission(
        profileName=name, revisionId=added["revisionId"], statementId="friend"
    )

    listed: Any = {}
    with suppress(aws.signer.exceptions.ResourceNotFoundException):  # no statement, no policy
        listed = aws.signer.list_profile_permissions(profileName=name)
    assert not listed.get("permissions")
