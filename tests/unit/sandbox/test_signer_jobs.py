"""Signing jobs: states by the clock, failures, tokens, what is refused at the start."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from lambda_sandbox.core import ApiError
from lambda_sandbox.signer import Behaviour
from lambda_sandbox.signer.archive import RefusedArchive
from tests.unit.sandbox.signing import (
    BUCKET,
    FRIEND,
    SIGNATURE_FILE,
    bench,
    entries,
    some_zip,
    zip_of,
)

if TYPE_CHECKING:
    from tests.unit.sandbox.signing import Bench


def start_refused(at: Bench, params: dict[str, Any]) -> ApiError:
    """The error, after a look that nothing was begun."""
    objects = dict(at.store.objects)
    with pytest.raises(ApiError) as caught:
        at.signer.start_signing_job(params)
    at.clock.advance(3600)
    assert at.signer.list_signing_jobs({})["jobs"] == []
    assert at.store.objects == objects
    return caught.value


def test_a_job_is_in_progress_until_its_time_has_passed() -> None:
    at = bench()
    job_id = at.start(some_zip())
    at.clock.advance(at.world.timing.signing_s - 0.001)

    before = at.signer.describe_signing_job({"jobId": job_id})
    at.clock.advance(0.001)
    after = at.signer.describe_signing_job({"jobId": job_id})

    assert before["status"] == "InProgress"
    assert not {"signedObject", "completedAt", "signatureExpiresAt", "statusReason"} & set(before)
    assert (after["status"], after["statusReason"]) == ("Succeeded", "Signing Succeeded")
    assert after["completedAt"] == after["createdAt"] + timedelta(seconds=3)


def test_a_finished_job_tells_what_it_signed() -> None:
    at = bench()
    version = at.upload(some_zip())
    started = at.signer.start_signing_job(at.request(version))

    job = at.done(started["jobId"])

    assert re.fullmatch(
        r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", started["jobId"]
    )
    assert job["jobId"] == started["jobId"]
    assert job["source"] == {
        "s3": {"bucketName": BUCKET, "key": "unsigned/code.zip", "version": version}
    }
    assert job["signedObject"] == {
        "s3": {"bucketName": BUCKET, "key": f"signed/{started['jobId']}.zip"}
    }
    assert f"{at.version_arn}".endswith(f"/{job['profileName']}/{job['profileVersion']}")
    assert job["platformId"] == "AWSLambda-SHA384-ECDSA"
    assert job["jobOwner"] == job["jobInvoker"] == started["jobOwner"] == at.world.account
    assert not {"revocationRecord", "signingParameters"} & set(job)


def test_the_signed_object_appears_when_the_job_is_due() -> None:
    at = bench()
    job_id = at.start(some_zip())
    key = (BUCKET, f"signed/{job_id}.zip")

    at.signer.settle()
    early = key in at.store.objects
    at.clock.advance(3)
    at.signer.settle()

    assert not early
    assert len(at.store.objects[key]) == 1
    at.signer.describe_signing_job({"jobId": job_id})
    assert len(at.store.objects[key]) == 1


def test_a_job_signs_the_version_it_was_started_with() -> None:
    at = bench()
    first = at.upload(zip_of(("a.py", b"first")))
    at.upload(zip_of(("a.py", b"second")))
    job_id = at.signer.start_signing_job(at.request(first))["jobId"]
    at.upload(zip_of(("a.py", b"third")))

    key = at.done(job_id)["signedObject"]["s3"]["key"]

    assert entries(at.store.get(BUCKET, key).body)[0][:2] == ("a.py", b"first")


def test_the_signed_object_keeps_the_extension_of_a_zip_only() -> None:
    at = bench()
    version = at.store.put(BUCKET, "code.bin", some_zip())
    source = {"s3": {"bucketName": BUCKET, "key": "code.bin", "version": version}}

    job_id = at.signer.start_signing_job(at.request(version, source=source))["jobId"]

    assert at.done(job_id)["signedObject"]["s3"]["key"] == f"signed/{job_id}"


def test_a_job_without_a_prefix_writes_to_the_top() -> None:
    at = bench()
    job_id = at.start(some_zip(), destination={"s3": {"bucketName": "other"}})

    assert at.done(job_id)["signedObject"]["s3"] == {
        "bucketName": "other",
        "key": f"{job_id}.zip",
    }


def _encrypted() -> bytes:
    body = bytearray(zip_of(("a.py", b"x")))
    at = body.index(b"PK\x01\x02")
    body[6] |= 1
    body[at + 8] |= 1
    return bytes(body)


def _unknown_method() -> bytes:
    body = bytearray(zip_of(("a.py", b"x")))
    at = body.index(b"PK\x01\x02")
    body[8] = body[at + 10] = 99
    return bytes(body)


def _twice() -> bytes:
    return zip_of(("aa", b"1"), ("bb", b"2")).replace(b"bb", b"aa")


def _bad_crc() -> bytes:
    body = bytearray(zip_of(("a.py", b"x")))
    body[body.index(b"PK\x01\x02") + 16] ^= 1
    return bytes(body)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"PK\x03\x04 not a zip",
        zip_of(),
        some_zip()[:-30],
        _encrypted(),
        _unknown_method(),
        _twice(),
        _bad_crc(),
        zip_of(("a.py", b""), ("META_INF/", b""), (SIGNATURE_FILE, b"x")),
    ],
    ids=["empty", "no-zip", "no-entry", "cut", "encrypted", "method", "twice", "crc", "signed"],
)
def test_a_zip_that_cannot_be_signed_fails_the_job(body: bytes) -> None:
    at = bench()
    job_id = at.start(body)

    job = at.done(job_id)

    assert job["status"] == "Failed"
    assert len(job["statusReason"]) > 10
    assert not {"signedObject", "signatureExpiresAt"} & set(job)
    assert "completedAt" in job
    assert list(at.store.objects) == [(BUCKET, "unsigned/code.zip")]


def test_a_really_signed_zip_is_not_signed_again() -> None:
    at = bench()

    job = at.done(at.start(at.signed(some_zip())))

    assert (job["status"], job["statusReason"]) == ("Failed", "The ZIP is already signed.")


@pytest.mark.parametrize("over", [0, 1])
def test_content_up_to_the_limit_is_signed(over: int) -> None:
    at = bench(behaviour=Behaviour(package_limit_bytes=5000))

    job = at.done(at.start(zip_of(("zeros", bytes(5000 + over)))))

    assert job["status"] == ("Failed" if over else "Succeeded")


def test_an_object_over_the_limit_is_not_signed() -> None:
    body = zip_of(("a.py", b"x"))
    at = bench(behaviour=Behaviour(package_limit_bytes=len(body) - 1))

    job = at.done(at.start(body))

    assert job["status"] == "Failed"
    assert "larger than" in job["statusReason"]


def test_the_limit_is_250_mib() -> None:
    assert bench().signer.behaviour.package_limit_bytes == 262_144_000


def test_a_destination_that_vanished_fails_the_job() -> None:
    at = bench()
    job_id = at.start(some_zip(), destination={"s3": {"bucketName": "other", "prefix": ""}})
    at.store.buckets.remove("other")

    job = at.done(job_id)

    assert (job["status"], job["statusReason"]) == (
        "Failed",
        "The specified bucket does not exist",
    )
    assert not {"signedObject", "signatureExpiresAt"} & set(job)


# -- what is refused at the start


@pytest.mark.parametrize("member", ["bucketName", "key", "version"])
def test_a_source_needs_all_its_members(member: str) -> None:
    at = bench()
    params = at.request(at.upload(some_zip()))
    params["source"]["s3"][member] = ""

    error = start_refused(at, params)

    assert error.code == "ValidationException"
    assert error.message == f"StartSigningJobRequest:source:{member} should not be empty"


def test_a_job_needs_a_destination_bucket_and_a_token() -> None:
    at = bench()
    params = at.request(at.upload(some_zip()))

    nothing: tuple[dict[str, Any] | None, ...] = (None, {}, {"s3": {}})
    for absent in nothing:
        assert start_refused(at, params | {"destination": absent}).code == "ValidationException"
        assert start_refused(at, params | {"source": absent}).code == "ValidationException"
    assert start_refused(at, params | {"clientRequestToken": ""}).code == "ValidationException"


def test_a_source_bucket_must_be_versioned() -> None:
    at = bench()
    at.store.unversioned.add(BUCKET)

    error = start_refused(at, at.request(at.upload(some_zip())))

    assert (error.code, error.status) == ("ValidationException", 400)


def test_the_null_version_of_a_suspended_bucket_is_signed() -> None:
    at = bench()
    at.store.suspended.add(BUCKET)
    version = at.upload(some_zip())

    job = at.done(at.signer.start_signing_job(at.request(version))["jobId"])

    assert version == "null"
    assert job["status"] == "Succeeded"


@pytest.mark.parametrize(
    "s3",
    [
        {"bucketName": "nowhere", "key": "unsigned/code.zip", "version": "v1"},
        {"bucketName": BUCKET, "key": "nothing.zip", "version": "v1"},
        {"bucketName": BUCKET, "key": "unsigned/code.zip", "version": "v9"},
    ],
)
def test_a_source_that_is_not_there_is_not_found(s3: dict[str, str]) -> None:
    at = bench()
    at.upload(some_zip())

    error = start_refused(at, at.request("v1", source={"s3": s3}))

    assert (error.code, error.status) == ("ResourceNotFoundException", 404)


def test_a_destination_bucket_that_is_not_there_is_not_found() -> None:
    at = bench()

    error = start_refused(
        at,
        at.request(at.upload(some_zip()), destination={"s3": {"bucketName": "nowhere"}}),
    )

    assert (error.code, error.status) == ("ResourceNotFoundException", 404)


def test_an_unknown_profile_starts_no_job() -> None:
    at = bench()

    error = start_refused(at, at.request(at.upload(some_zip()), profileName="nobody"))

    assert (error.code, error.status) == ("ResourceNotFoundException", 404)
    assert error.message == "profile with name nobody does not exist"


def test_a_canceled_profile_starts_no_job() -> None:
    at = bench()
    at.signer.cancel_signing_profile({"profileName": "demo"})

    assert start_refused(at, at.request(at.upload(some_zip()))).code == "ValidationException"


def test_a_revoked_profile_starts_no_job() -> None:
    at = bench()
    at.signer.revoke_signing_profile(
        {
            "profileName": "demo",
            "profileVersion": at.version_arn.rsplit("/", 1)[1],
            "reason": "leaked",
            "effectiveTime": at.clock.now(),
        }
    )

    assert start_refused(at, at.request(at.upload(some_zip()))).code == "ValidationException"


def test_a_profile_for_container_images_starts_no_job() -> None:
    at = bench()
    at.signer.put_signing_profile(
        {"profileName": "images", "platformId": "Notation-OCI-SHA384-ECDSA"}
    )

    error = start_refused(at, at.request(at.upload(some_zip()), profileName="images"))

    assert error.code == "ValidationException"


def test_canceling_a_profile_leaves_its_running_job_alone() -> None:
    at = bench()
    job_id = at.start(some_zip())
    at.signer.cancel_signing_profile({"profileName": "demo"})

    assert at.done(job_id)["status"] == "Succeeded"


# -- tokens


def test_the_same_token_answers_the_first_job_for_ever() -> None:
    at = bench()
    params = at.request(at.upload(some_zip()))
    first = at.signer.start_signing_job(params)
    at.clock.advance(10 * 365 * 86_400)
    at.signer.cancel_signing_profile({"profileName": "demo"})

    again = at.signer.start_signing_job(dict(params))

    assert again == first
    assert len(at.signer.list_signing_jobs({})["jobs"]) == 1


def test_another_token_starts_another_job() -> None:
    at = bench()
    params = at.request(at.upload(some_zip()))

    first = at.signer.start_signing_job(params)
    other = at.signer.start_signing_job(params | {"clientRequestToken": "other"})

    assert first["jobId"] != other["jobId"]


def test_a_token_with_other_parameters_is_refused() -> None:
    at = bench()
    params = at.request(at.upload(some_zip()))
    at.signer.start_signing_job(params)

    with pytest.raises(ApiError, match="clientRequestToken") as caught:
        at.signer.start_signing_job(params | {"destination": {"s3": {"bucketName": "other"}}})

    assert (caught.value.code, caught.value.status) == ("ValidationException", 400)
    assert len(at.signer.list_signing_jobs({})["jobs"]) == 1


def test_a_token_with_other_parameters_can_answer_the_first_job() -> None:
    at = bench(behaviour=Behaviour(token_conflict="answer"))
    params = at.request(at.upload(some_zip()))
    first = at.signer.start_signing_job(params)

    other = at.signer.start_signing_job(params | {"destination": {"s3": {"bucketName": "other"}}})

    assert other == first


def test_a_token_belongs_to_its_account() -> None:
    at = bench()
    first = at.start(some_zip())
    friend = at.signer.as_account(FRIEND)
    friend.put_signing_profile({"profileName": "demo", "platformId": "AWSLambda-SHA384-ECDSA"})

    other = friend.start_signing_job(at.request("v1"))

    assert other["jobId"] != first


# -- lists


def test_jobs_are_listed_newest_first_and_filtered() -> None:
    at = bench()
    good = at.start(some_zip())
    at.done(good)
    bad = at.start(b"no zip", clientRequestToken="2")
    at.done(bad)
    going = at.start(some_zip(), clientRequestToken="3")
    at.signer.revoke_signature({"jobId": good, "reason": "leaked"})
    expires = at.signer.describe_signing_job({"jobId": good})["signatureExpiresAt"]

    def ids(**params: object) -> list[str]:
        return [job["jobId"] for job in at.signer.list_signing_jobs(params)["jobs"]]

    assert ids() == [going, bad, good]
    assert ids(status="Failed") == [bad]
    assert ids(status="InProgress") == [going]
    assert ids(isRevoked=True) == [good]
    assert ids(isRevoked=False) == [going, bad]
    assert ids(jobInvoker=FRIEND) == []
    assert ids(platformId="AWSLambda-SHA384-ECDSA", requestedBy="nobody") == []
    assert ids(signatureExpiresBefore=expires + timedelta(seconds=1)) == [good]
    assert ids(signatureExpiresBefore=expires) == []
    assert ids(signatureExpiresAfter=expires + timedelta(seconds=1)) == []
    assert ids(signatureExpiresAfter=expires - timedelta(seconds=1)) == [good]


def test_an_unknown_job_is_not_found() -> None:
    with pytest.raises(ApiError) as caught:
        bench().signer.describe_signing_job({"jobId": "00000000-0000-4000-8000-000000000000"})

    assert (caught.value.code, caught.value.status) == ("ResourceNotFoundException", 404)


# -- revocation


def test_a_revoked_signature_leaves_a_record_on_a_job_that_stays_succeeded() -> None:
    at = bench()
    job_id = at.start(some_zip())
    at.done(job_id)

    at.signer.revoke_signature({"jobId": job_id, "reason": "leaked"})

    job = at.signer.describe_signing_job({"jobId": job_id})
    assert job["status"] == "Succeeded"
    assert job["revocationRecord"] == {
        "reason": "leaked",
        "revokedAt": at.clock.now(),
        "revokedBy": f"arn:aws:iam::{at.world.account}:root",
    }


def test_a_signature_is_revoked_once_and_only_when_there_is_one() -> None:
    at = bench()
    job_id = at.start(some_zip())

    def code(**params: str) -> str:
        with pytest.raises(ApiError) as caught:
            at.signer.revoke_signature({"jobId": job_id, "reason": "leaked"} | params)
        return caught.value.code

    assert code() == "ValidationException"
    at.done(job_id)
    assert code(reason="") == "ValidationException"
    assert code(jobId="unknown") == "ResourceNotFoundException"
    assert code(jobOwner=FRIEND) == "ResourceNotFoundException"
    at.signer.revoke_signature({"jobId": job_id, "reason": "leaked"})
    assert code() == "ValidationException"


def test_another_account_revokes_with_permission_only() -> None:
    at = bench()
    job_id = at.start(some_zip())
    at.done(job_id)
    friend = at.signer.as_account(FRIEND)
    params = {"jobId": job_id, "reason": "leaked", "jobOwner": at.world.account}

    with pytest.raises(ApiError) as caught:
        friend.revoke_signature(params)
    before = at.signer.describe_signing_job({"jobId": job_id})
    at.signer.add_profile_permission(
        {
            "profileName": "demo",
            "action": "signer:RevokeSignature",
            "principal": FRIEND,
            "statementId": "s",
        }
    )
    friend.revoke_signature(params)

    after = at.signer.describe_signing_job({"jobId": job_id})
    assert (caught.value.code, caught.value.status) == ("AccessDeniedException", 403)
    assert "revocationRecord" not in before
    assert after["revocationRecord"]["revokedBy"] == f"arn:aws:iam::{FRIEND}:root"


# -- signing without S3


def test_signing_bytes_leaves_a_job_that_can_be_revoked() -> None:
    at = bench()

    signed = at.signer.sign_bytes(some_zip(), profile="demo")

    (job,) = at.signer.list_signing_jobs({})["jobs"]
    at.signer.revoke_signature({"jobId": job["jobId"], "reason": "test"})
    assert zipfile.ZipFile(io.BytesIO(signed)).namelist()[-1] == SIGNATURE_FILE
    assert (job["status"], at.store.objects) == ("Succeeded", {})


def test_signing_bytes_refuses_what_a_job_refuses() -> None:
    at = bench()

    with pytest.raises(RefusedArchive, match="already signed"):
        at.signed(at.signed(some_zip()))
    with pytest.raises(ApiError, match="does not exist"):
        at.signer.sign_bytes(some_zip(), profile="nobody")


def test_two_worlds_with_one_seed_give_the_same_ids() -> None:
    one, two = bench(), bench()

    assert one.start(some_zip()) == two.start(some_zip())
    assert one.version_arn == two.version_arn
