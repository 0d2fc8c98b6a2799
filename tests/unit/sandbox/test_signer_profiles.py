"""Signing profiles: names for ever, cancel, revoke, other accounts, tags."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from lambda_sandbox.core import ApiError
from lambda_sandbox.signer.state import Validity
from tests.unit.sandbox.signing import FRIEND, PLATFORM, bench, some_zip

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.sandbox.signing import Bench


def refused(call: Callable[[dict[str, Any]], object], params: dict[str, Any]) -> tuple[str, int]:
    """Code and status of the error."""
    with pytest.raises(ApiError) as caught:
        call(params)
    return caught.value.code, caught.value.status


def revoke(at: Bench, effective: datetime, version: str | None = None) -> dict[str, Any]:
    """RevokeSigningProfile's parameters for `demo`."""
    return {
        "profileName": "demo",
        "profileVersion": version or at.version_arn.rsplit("/", 1)[1],
        "reason": "leaked",
        "effectiveTime": effective,
    }


def test_a_new_profile_is_active_with_both_arns() -> None:
    at = bench()

    got = at.signer.get_signing_profile({"profileName": "demo"})

    assert got["status"] == "Active"
    assert got["arn"] == "arn:aws:signer:eu-west-1:111122223333:/signing-profiles/demo"
    assert got["profileVersionArn"] == f"{got['arn']}/{got['profileVersion']}" == at.version_arn
    assert re.fullmatch(r"[a-zA-Z0-9]{10}", got["profileVersion"])
    assert got["signatureValidityPeriod"] == {"value": 135, "type": "MONTHS"}
    assert not {"signingMaterial", "signingParameters", "tags", "statusReason"} & set(got)


@pytest.mark.parametrize("name", ["a", "has-hyphen", "a" * 65, "", "new\n", "ümlaut"])
def test_a_name_not_of_the_form_is_refused(name: str) -> None:
    at = bench()

    answer = refused(at.signer.put_signing_profile, {"profileName": name, "platformId": PLATFORM})

    assert answer == ("ValidationException", 400)
    assert [p["profileName"] for p in at.signer.list_signing_profiles({})["profiles"]] == ["demo"]


def test_a_name_stays_taken_after_cancel() -> None:
    at = bench()
    at.signer.cancel_signing_profile({"profileName": "demo"})

    with pytest.raises(ApiError, match="Profile with name demo already exists") as caught:
        at.signer.put_signing_profile({"profileName": "demo", "platformId": PLATFORM})

    assert (caught.value.code, caught.value.status) == ("ValidationException", 400)
    got = at.signer.get_signing_profile({"profileName": "demo"})
    assert (got["status"], got["profileVersionArn"]) == ("Canceled", at.version_arn)


def test_another_account_may_use_the_same_name() -> None:
    at = bench()

    made = at.signer.as_account(FRIEND).put_signing_profile(
        {"profileName": "demo", "platformId": PLATFORM}
    )

    assert made["profileVersionArn"] != at.version_arn
    assert f":{FRIEND}:" in made["arn"]


def test_an_unknown_profile_is_not_found() -> None:
    at = bench()

    with pytest.raises(ApiError, match="profile with name nobody does not exist") as caught:
        at.signer.get_signing_profile({"profileName": "nobody"})

    assert (caught.value.code, caught.value.status) == ("ResourceNotFoundException", 404)


@pytest.mark.parametrize(
    ("more", "answer"),
    [
        ({"platformId": "AmazonFreeRTOS-Default"}, ("ResourceNotFoundException", 404)),
        ({"platformId": ""}, ("ValidationException", 400)),
        ({"signingMaterial": {"certificateArn": "arn:x"}}, ("ValidationException", 400)),
        ({"signatureValidityPeriod": {"value": 0, "type": "DAYS"}}, ("ValidationException", 400)),
        ({"signatureValidityPeriod": {"value": 1, "type": "HOURS"}}, ("ValidationException", 400)),
        ({"signatureValidityPeriod": {"value": "1", "type": "DAYS"}}, ("ValidationException", 400)),
        ({"tags": {f"k{n}": "" for n in range(201)}}, ("ValidationException", 400)),
    ],
)
def test_a_profile_that_cannot_be_is_refused(more: dict[str, Any], answer: tuple[str, int]) -> None:
    at = bench()
    params = {"profileName": "fresh", "platformId": PLATFORM} | more

    assert refused(at.signer.put_signing_profile, params) == answer

    assert refused(at.signer.get_signing_profile, {"profileName": "fresh"})[1] == 404


def test_a_list_shows_the_active_unless_asked() -> None:
    at = bench()
    at.signer.put_signing_profile({"profileName": "gone", "platformId": PLATFORM})
    at.signer.cancel_signing_profile({"profileName": "gone"})
    at.signer.put_signing_profile({"profileName": "bad", "platformId": PLATFORM})
    bad = at.signer.get_signing_profile({"profileName": "bad"})
    at.signer.revoke_signing_profile(
        revoke(at, at.clock.now(), bad["profileVersion"]) | {"profileName": "bad"}
    )

    def names(**params: object) -> list[str]:
        return [p["profileName"] for p in at.signer.list_signing_profiles(params)["profiles"]]

    assert names() == ["demo"]
    assert names(includeCanceled=True) == ["demo", "gone"]
    assert names(statuses=["Revoked"]) == ["bad"]
    assert names(platformId="Notation-OCI-SHA384-ECDSA") == []


def test_what_a_profile_was_given_is_shown_again() -> None:
    at = bench()
    given = {"signingParameters": {"a": "b"}, "tags": {"team": "x"}}

    at.signer.put_signing_profile({"profileName": "rich", "platformId": PLATFORM} | given)

    got = at.signer.get_signing_profile({"profileName": "rich"})
    assert {name: got[name] for name in given} == given
    job_id = at.start(some_zip(), profileName="rich")
    assert at.signer.describe_signing_job({"jobId": job_id})["signingParameters"] == {"a": "b"}


def test_a_list_shows_the_callers_profiles_only() -> None:
    at = bench()

    assert at.signer.as_account(FRIEND).list_signing_profiles({})["profiles"] == []


def test_a_list_comes_in_pages() -> None:
    at = bench()
    for n in range(3):
        at.signer.put_signing_profile({"profileName": f"more_{n}", "platformId": PLATFORM})

    first = at.signer.list_signing_profiles({"maxResults": 3})
    second = at.signer.list_signing_profiles({"maxResults": 3, "nextToken": first["nextToken"]})

    names = [p["profileName"] for p in first["profiles"] + second["profiles"]]
    assert names == ["demo", "more_0", "more_1", "more_2"]
    assert "nextToken" not in second


@pytest.mark.parametrize(
    "params", [{"maxResults": 0}, {"maxResults": 26}, {"nextToken": "elsewhere"}]
)
def test_a_page_that_cannot_be_is_refused(params: dict[str, Any]) -> None:
    at = bench()

    assert refused(at.signer.list_signing_profiles, params) == ("ValidationException", 400)


def test_revoking_shows_since_when_and_why() -> None:
    at = bench()
    effective = at.clock.now() - timedelta(hours=1)

    at.signer.revoke_signing_profile(revoke(at, effective))

    got = at.signer.get_signing_profile({"profileName": "demo"})
    assert (got["status"], got["statusReason"]) == ("Revoked", "leaked")
    assert got["revocationRecord"]["revocationEffectiveFrom"] == effective
    assert got["revocationRecord"]["revokedAt"] == at.clock.now()


def test_revoking_takes_no_time_to_come() -> None:
    at = bench()

    later = revoke(at, at.clock.now() + timedelta(microseconds=1))

    assert refused(at.signer.revoke_signing_profile, later) == ("ValidationException", 400)
    assert at.signer.get_signing_profile({"profileName": "demo"})["status"] == "Active"


def test_a_revocation_moves_to_an_earlier_time_only() -> None:
    at = bench()
    now = at.clock.now()
    at.signer.revoke_signing_profile(revoke(at, now - timedelta(hours=2)))

    later = refused(at.signer.revoke_signing_profile, revoke(at, now - timedelta(hours=1)))
    at.signer.revoke_signing_profile(revoke(at, now - timedelta(hours=3)))

    record = at.signer.get_signing_profile({"profileName": "demo"})["revocationRecord"]
    assert later == ("ValidationException", 400)
    assert record["revocationEffectiveFrom"] == now - timedelta(hours=3)


@pytest.mark.parametrize(
    ("more", "answer"),
    [
        ({"profileVersion": "0000000000"}, ("ResourceNotFoundException", 404)),
        ({"profileName": "nobody"}, ("ResourceNotFoundException", 404)),
        ({"reason": ""}, ("ValidationException", 400)),
        ({"reason": "x" * 501}, ("ValidationException", 400)),
        ({"effectiveTime": None}, ("ValidationException", 400)),
        ({"effectiveTime": "yesterday"}, ("ValidationException", 400)),
    ],
)
def test_a_revocation_that_cannot_be_is_refused(
    more: dict[str, Any], answer: tuple[str, int]
) -> None:
    at = bench()

    assert refused(at.signer.revoke_signing_profile, revoke(at, at.clock.now()) | more) == answer

    assert at.signer.get_signing_profile({"profileName": "demo"})["status"] == "Active"


def test_a_revoked_profile_cannot_be_canceled() -> None:
    at = bench()
    at.signer.revoke_signing_profile(revoke(at, at.clock.now()))

    answer = refused(at.signer.cancel_signing_profile, {"profileName": "demo"})

    assert answer == ("ValidationException", 400)
    assert at.signer.get_signing_profile({"profileName": "demo"})["status"] == "Revoked"


def test_the_validity_period_keeps_to_the_calendar() -> None:
    start = datetime(2026, 1, 31, 12, 0, 0, 338000, UTC)

    assert Validity(1, "MONTHS").after(start) == start.replace(month=2, day=28)
    assert Validity(25, "MONTHS").after(start) == start.replace(year=2028, month=2, day=29)
    assert Validity(2, "YEARS").after(start) == start.replace(year=2028)
    assert Validity(40, "DAYS").after(start) == start + timedelta(days=40)
    # What AWS wrote into a real signature: signed 2022-02-11, valid to 2033-05-11.
    signed = datetime(2022, 2, 11, 17, 45, 24, 338000, UTC)
    assert Validity().after(signed) == datetime(2033, 5, 11, 17, 45, 24, 338000, UTC)


# -- other accounts


def allow(at: Bench, action: str, **more: str) -> dict[str, Any]:
    """Adds a statement for the friend."""
    return at.signer.add_profile_permission(
        {"profileName": "demo", "action": action, "principal": FRIEND, "statementId": action[7:]}
        | more
    )


def test_another_account_needs_the_permission_for_each_action() -> None:
    at = bench()
    friend = at.signer.as_account(FRIEND)
    wanted = {"profileName": "demo", "profileOwner": at.world.account}

    before = refused(friend.get_signing_profile, wanted)
    allow(at, "signer:StartSigningJob")
    still = refused(friend.get_signing_profile, wanted)
    allow(at, "signer:GetSigningProfile")

    assert before == still == ("AccessDeniedException", 403)
    assert friend.get_signing_profile(wanted)["profileVersionArn"] == at.version_arn


def test_a_permission_may_name_a_role_of_the_account() -> None:
    at = bench()

    allow(at, "signer:GetSigningProfile", principal=f"arn:aws:iam::{FRIEND}:role/team/deploy")

    got = at.signer.as_account(FRIEND).get_signing_profile(
        {"profileName": "demo", "profileOwner": at.world.account}
    )
    assert got["profileVersionArn"] == at.version_arn


def test_a_permission_is_for_the_account_it_names() -> None:
    at = bench()
    allow(at, "signer:GetSigningProfile")

    stranger = at.signer.as_account("777788889999")

    wanted = {"profileName": "demo", "profileOwner": at.world.account}
    assert refused(stranger.get_signing_profile, wanted) == ("AccessDeniedException", 403)


def test_a_profile_without_statements_has_no_policy() -> None:
    at = bench()

    assert refused(at.signer.list_profile_permissions, {"profileName": "demo"}) == (
        "ResourceNotFoundException",
        404,
    )


def test_another_accounts_missing_profile_looks_like_a_forbidden_one() -> None:
    friend = bench().signer.as_account(FRIEND)

    answer = refused(
        friend.get_signing_profile, {"profileName": "nobody", "profileOwner": "111122223333"}
    )

    assert answer == ("AccessDeniedException", 403)


def test_permissions_are_listed_with_their_revision() -> None:
    at = bench()
    allow(at, "signer:GetSigningProfile")
    last = allow(at, "signer:StartSigningJob")

    got = at.signer.list_profile_permissions({"profileName": "demo"})

    assert [p["statementId"] for p in got["permissions"]] == [
        "GetSigningProfile",
        "StartSigningJob",
    ]
    assert got["revisionId"] == last["revisionId"]
    assert 0 < got["policySizeBytes"] <= 2000


@pytest.mark.parametrize(
    ("more", "answer"),
    [
        ({"action": "signer:SignPayload"}, ("ValidationException", 400)),
        ({"principal": "12345"}, ("ValidationException", 400)),
        ({"principal": "arn:aws:iam:444455556666:role/x"}, ("ValidationException", 400)),
        ({"profileVersion": "0000000000"}, ("ResourceNotFoundException", 404)),
        ({"statementId": "GetSigningProfile"}, ("ConflictException", 409)),
        ({"revisionId": "another"}, ("ConflictException", 409)),
        ({"profileName": "nobody"}, ("ResourceNotFoundException", 404)),
    ],
)
def test_a_permission_that_cannot_be_is_refused(
    more: dict[str, str], answer: tuple[str, int]
) -> None:
    at = bench()
    revision = allow(at, "signer:GetSigningProfile")["revisionId"]
    params = {
        "profileName": "demo",
        "action": "signer:StartSigningJob",
        "principal": FRIEND,
        "statementId": "new",
    } | more

    assert refused(at.signer.add_profile_permission, params) == answer

    got = at.signer.list_profile_permissions({"profileName": "demo"})
    assert (len(got["permissions"]), got["revisionId"]) == (1, revision)


def test_a_policy_has_at_most_2000_bytes() -> None:
    at = bench()
    fits = 0
    with suppress(ApiError):
        for fits in range(100):
            allow(at, "signer:GetSigningProfile", statementId=f"statement-{fits}")

    with pytest.raises(ApiError) as caught:
        allow(at, "signer:GetSigningProfile", statementId="one-more")

    assert (caught.value.code, caught.value.status) == ("ServiceLimitExceededException", 402)
    got = at.signer.list_profile_permissions({"profileName": "demo"})
    assert len(got["permissions"]) == fits
    assert 1500 < got["policySizeBytes"] <= 2000


def test_a_permission_is_removed_with_the_current_revision_only() -> None:
    at = bench()
    old = allow(at, "signer:GetSigningProfile")["revisionId"]
    new = allow(at, "signer:StartSigningJob")["revisionId"]
    params = {"profileName": "demo", "statementId": "StartSigningJob"}

    stale = refused(at.signer.remove_profile_permission, params | {"revisionId": old})
    unknown = refused(
        at.signer.remove_profile_permission, params | {"revisionId": new, "statementId": "x"}
    )
    at.signer.remove_profile_permission(params | {"revisionId": new})

    left = at.signer.list_profile_permissions({"profileName": "demo"})["permissions"]
    assert stale == ("ConflictException", 409)
    assert unknown == ("ResourceNotFoundException", 404)
    assert [p["statementId"] for p in left] == ["GetSigningProfile"]


def test_a_friend_signs_with_our_profile_and_the_job_is_ours() -> None:
    at = bench()
    allow(at, "signer:StartSigningJob")
    friend = at.signer.as_account(FRIEND)

    started = friend.start_signing_job(
        at.request(at.upload(some_zip()), profileOwner=at.world.account)
    )

    at.clock.advance(3)
    theirs = friend.describe_signing_job({"jobId": started["jobId"]})
    assert started["jobOwner"] == theirs["jobOwner"] == at.world.account
    assert theirs["jobInvoker"] == FRIEND
    assert theirs == at.signer.describe_signing_job({"jobId": started["jobId"]})
    arn = f"arn:aws:signer:eu-west-1:{at.world.account}:/signing-jobs/{started['jobId']}"
    job = at.signer.find_job(arn)
    assert job is not None
    assert job.status == "Succeeded"


def test_a_friend_without_permission_starts_no_job() -> None:
    at = bench()
    friend = at.signer.as_account(FRIEND)
    params = at.request(at.upload(some_zip()), profileOwner=at.world.account)

    assert refused(friend.start_signing_job, params) == ("AccessDeniedException", 403)
    assert refused(friend.start_signing_job, params | {"profileOwner": "12"}) == (
        "ValidationException",
        400,
    )

    assert at.signer.list_signing_jobs({})["jobs"] == []


def test_a_stranger_does_not_see_a_job() -> None:
    at = bench()
    job_id = at.start(some_zip())

    stranger = at.signer.as_account(FRIEND)

    assert refused(stranger.describe_signing_job, {"jobId": job_id})[1] == 404
    assert stranger.list_signing_jobs({})["jobs"] == []


# -- tags


def test_tags_are_put_read_and_taken_away() -> None:
    at = bench()
    arn = at.version_arn.rsplit("/", 1)[0]

    at.signer.tag_resource({"resourceArn": arn, "tags": {"team": "a", "stage": "b"}})
    at.signer.untag_resource({"resourceArn": arn, "tagKeys": ["stage", "never"]})

    at.signer.tag_resource({"resourceArn": arn})
    at.signer.untag_resource({"resourceArn": arn})

    assert at.signer.list_tags_for_resource({"resourceArn": arn}) == {"tags": {"team": "a"}}
    assert at.signer.get_signing_profile({"profileName": "demo"})["tags"] == {"team": "a"}


@pytest.mark.parametrize(
    ("arn", "answer"),
    [
        ("arn:aws:signer:eu-west-1:111122223333:/signing-profiles/no", ("NotFoundException", 404)),
        ("arn:aws:lambda:eu-west-1:111122223333:function:x", ("BadRequestException", 400)),
    ],
)
def test_only_profiles_have_tags(arn: str, answer: tuple[str, int]) -> None:
    at = bench()

    assert refused(at.signer.list_tags_for_resource, {"resourceArn": arn}) == answer
    assert refused(at.signer.tag_resource, {}) == ("BadRequestException", 400)


def test_another_account_does_not_see_the_tags() -> None:
    at = bench()
    arn = at.version_arn.rsplit("/", 1)[0]

    answer = refused(at.signer.as_account(FRIEND).list_tags_for_resource, {"resourceArn": arn})

    assert answer == ("NotFoundException", 404)


# -- platforms


def test_the_lambda_platform_takes_250_mb_and_revokes() -> None:
    at = bench()

    (ours,) = at.signer.list_signing_platforms({"target": "SHA384-ECDSA", "partner": "AWSLambda"})[
        "platforms"
    ]

    assert ours == at.signer.get_signing_platform({"platformId": PLATFORM})
    assert (ours["maxSizeInMB"], ours["revocationSupported"]) == (250, True)


def test_an_unknown_platform_is_not_found() -> None:
    at = bench()

    assert refused(at.signer.get_signing_platform, {"platformId": "x"}) == (
        "ResourceNotFoundException",
        404,
    )


def test_revocation_status_refuses_the_lambda_platform() -> None:
    at = bench()
    with pytest.raises(ApiError, match=f"Invalid platformId: {PLATFORM}") as caught:
        at.signer.get_revocation_status(
            {
                "platformId": PLATFORM,
                "signatureTimestamp": at.clock.now(),
                "profileVersionArn": at.version_arn,
                "jobArn": "arn:x",
                "certificateHashes": [],
            }
        )

    assert (caught.value.code, caught.value.status) == ("ValidationException", 400)


@pytest.mark.parametrize(
    ("operation", "params"),
    [
        ("get_signing_profile", {"profileName": 5}),
        ("get_signing_profile", {"profileName": "demo", "profileOwner": 111122223333}),
        ("list_signing_profiles", {"maxResults": "3"}),
        ("revoke_signing_profile", {"effectiveTime": datetime(2020, 1, 1)}),  # noqa: DTZ001
    ],
)
def test_a_member_of_the_wrong_type_is_refused(operation: str, params: dict[str, Any]) -> None:
    at = bench()
    given = revoke(at, at.clock.now()) if operation.startswith("revoke") else {}

    assert refused(getattr(at.signer, operation), given | params) == ("ValidationException", 400)

    assert at.signer.get_signing_profile({"profileName": "demo"})["status"] == "Active"


def test_revocation_status_knows_nothing_of_strangers_and_needs_a_time() -> None:
    at = bench()
    asked = {
        "platformId": "Notation-OCI-SHA384-ECDSA",
        "signatureTimestamp": at.clock.now(),
        "profileVersionArn": "arn:profile",
        "jobArn": "arn:job",
        "certificateHashes": [],
    }
    call = at.signer.get_revocation_status

    assert call(asked) == {"revokedEntities": []}
    assert refused(call, asked | {"signatureTimestamp": None}) == ("ValidationException", 400)
    assert refused(call, asked | {"platformId": "unknown"}) == ("ValidationException", 400)


def test_revocation_status_names_a_revoked_profile_and_job() -> None:
    at = bench()
    job_id = at.start(some_zip())
    at.done(job_id)
    job = next(iter(at.signer.list_signing_jobs({})["jobs"]))
    arn = f"arn:aws:signer:eu-west-1:111122223333:/signing-jobs/{job['jobId']}"
    asked = {
        "platformId": "Notation-OCI-SHA384-ECDSA",
        "signatureTimestamp": at.clock.now(),
        "profileVersionArn": at.version_arn,
        "jobArn": arn,
        "certificateHashes": [],
    }

    before = at.signer.get_revocation_status(asked)
    at.signer.revoke_signature({"jobId": job_id, "reason": "leaked"})
    at.signer.revoke_signing_profile(revoke(at, at.clock.now()))
    after = at.signer.get_revocation_status(asked)
    earlier = asked | {"signatureTimestamp": at.clock.now() - timedelta(seconds=1)}

    assert before == {"revokedEntities": []}
    assert after == {"revokedEntities": [at.version_arn, arn]}
    assert at.signer.get_revocation_status(earlier) == {"revokedEntities": [arn]}
