"""Signer's calls: profiles, jobs, and what a refusal to sign becomes."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from signed_lambda.cloud import StoredObject
from signed_lambda.errors import AccessError, InternalError, ProfileError
from tests.support.canned import Bench, Reply, bench, ok, refused
from tests.unit.aws import good

if TYPE_CHECKING:
    from signed_lambda.aws import Aws

SOURCE = StoredObject("artefacts", "unsigned/a.zip", "v1", None, None)


def _start(aws: Aws, source: StoredObject = SOURCE, owner: str | None = None) -> str:
    return aws.start_signing(
        source=source,
        destination_bucket="artefacts",
        destination_prefix="signed/a/v/",
        profile="prof",
        profile_owner=owner,
        token="token-1",
    )


def test_a_profile_is_read() -> None:
    found = bench(ok(good.PROFILE)).aws().profile("prof", None)

    assert found is not None
    assert (found.name, found.status, found.platform) == (
        "prof",
        "Active",
        "AWSLambda-SHA384-ECDSA",
    )
    assert (found.version, found.version_arn) == ("abcdefghij", good.PROFILE_ARN)


def test_a_profile_of_another_account_is_asked_for_with_its_owner() -> None:
    at = bench(ok(good.PROFILE))

    at.aws().profile("prof", "444455556666")

    assert at.canned.requests[0].url.endswith("/signing-profiles/prof?profileOwner=444455556666")


def test_an_unknown_profile_or_job_is_none() -> None:
    gone = refused("ResourceNotFoundException", "profile with name prof does not exist", 404)

    assert bench(gone).aws().profile("prof", None) is None
    assert bench(gone).aws().signing_job("0a1b") is None


def test_a_job_is_read() -> None:
    found = bench(ok(good.JOB)).aws().signing_job("0a1b")

    assert found is not None
    assert found.job_id == good.JOB["jobId"]
    assert found.arn == (f"arn:aws:signer:eu-west-1:111122223333:/signing-jobs/{good.JOB['jobId']}")
    assert (found.status, found.status_reason) == ("Succeeded", "Signing Succeeded")
    assert found.created_at == datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
    assert found.source == ("artefacts", "unsigned/a.zip", "v1")
    assert (found.signed_bucket, found.signed_key) == ("artefacts", "signed/a.zip")
    assert (found.profile_name, found.profile_version) == ("prof", "abcdefghij")
    assert found.revoked is False
    assert found.signature_expires_at == datetime.fromtimestamp(1_900_000_000, UTC)


def test_a_job_that_has_not_ended_has_no_result() -> None:
    running = {
        k: good.JOB[k] for k in ("jobId", "jobOwner", "createdAt", "profileName", "profileVersion")
    }

    found = bench(ok({**running, "status": "InProgress"})).aws().signing_job("0a1b")

    assert found is not None
    assert (found.signed_bucket, found.signed_key, found.source) == (None, None, None)
    assert found.signature_expires_at is None


def test_a_revoked_job_is_told() -> None:
    record = {"reason": "leaked", "revokedAt": 1767603700, "revokedBy": "arn"}

    found = bench(ok({**good.JOB, "revocationRecord": record})).aws().signing_job("0a1b")

    assert found is not None
    assert found.revoked is True


def test_a_job_without_owner_belongs_to_the_account_of_the_credentials() -> None:
    job = {k: v for k, v in good.JOB.items() if k != "jobOwner"}
    at = bench(ok(job), good.IDENTITY, ok(job))
    aws = at.aws()

    first, second = aws.signing_job("0a1b"), aws.signing_job("0a1b")

    assert first is not None
    assert second is not None
    assert ":111122223333:" in first.arn
    assert first.arn == second.arn
    assert at.canned.operations.count("sts.GetCallerIdentity") == 1


def _sent(at: Bench) -> object:
    body = at.canned.requests[0].body
    assert isinstance(body, bytes)
    return json.loads(body)


def test_signing_names_the_object_version_and_carries_our_token() -> None:
    at = bench(ok({"jobId": "0a1b", "jobOwner": good.ACCOUNT}))

    job_id = _start(at.aws(), owner="444455556666")

    assert job_id == "0a1b"
    assert _sent(at) == {
        "source": {"s3": {"bucketName": "artefacts", "key": "unsigned/a.zip", "version": "v1"}},
        "destination": {"s3": {"bucketName": "artefacts", "prefix": "signed/a/v/"}},
        "profileName": "prof",
        "profileOwner": "444455556666",
        "clientRequestToken": "token-1",
    }


def test_signing_that_is_sent_again_carries_the_same_token() -> None:
    at = bench(ConnectionResetError("reset"), ok({"jobId": "0a1b"}))

    assert _start(at.aws()) == "0a1b"

    first, second = at.canned.requests
    assert first.body == second.body


def test_an_object_without_a_version_is_never_signed() -> None:
    at = bench(ok({"jobId": "0a1b"}))

    with pytest.raises(InternalError, match="without its version"):
        _start(at.aws(), StoredObject("artefacts", "k", None, None, None))

    assert at.canned.requests == []


@pytest.mark.parametrize(
    ("reply", "id_", "said"),
    [
        (
            refused("ResourceNotFoundException", "profile with name prof does not exist", 404),
            "E-PROFILE-01",
            "signing profile 'prof' does not exist: profile with name prof does not exist",
        ),
        (
            refused("ValidationException", "Profile is canceled", 400),
            "E-PROFILE-02",
            "Signer refused to sign with profile 'prof': Profile is canceled",
        ),
    ],
)
def test_a_refusal_to_sign_is_a_profile_error(reply: Reply, id_: str, said: str) -> None:
    at = bench(reply)

    with pytest.raises(ProfileError) as caught:
        _start(at.aws())

    assert caught.value.problems[0].id == id_
    assert caught.value.problems[0].what == said
    assert len(at.canned.requests) == 1


def test_a_missing_permission_to_sign_reminds_of_the_s3_permissions() -> None:
    with pytest.raises(AccessError) as caught:
        _start(bench(refused("AccessDeniedException", "no", 403)).aws())

    problem = caught.value.problems[0]
    assert "signer:StartSigningJob on arn:aws:signer:eu-west-1:*:/signing-profiles/prof" in (
        problem.what
    )
    assert "s3:GetObjectVersion on arn:aws:s3:::artefacts/unsigned/* and s3:PutObject" in problem.do
