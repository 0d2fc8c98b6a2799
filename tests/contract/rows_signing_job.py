"""Rows on signing jobs: how they start, end, fail, and how a signature is revoked."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.contract.material import PLATFORM, some_code, zip_of
from tests.contract.row import Area, Source, further, refused, row
from tests.contract.rows_signer import revoke_profile

if TYPE_CHECKING:
    from tests.contract.clients import Clients

SIGNER = Area.SIGNER
DOCS, MM, MODEL, SD = Source.DOCS, Source.MINISTACK, Source.MODEL, Source.STACKD


@row(SIGNER, MODEL)
def job_start(aws: Clients) -> None:
    """StartSigningJob answers the job's id and its owner, this account."""
    bucket, profile = aws.bucket(), aws.profile(kept="main")
    version = aws.upload(bucket, "a.zip", some_code())

    started = aws.signer.start_signing_job(
        source={"s3": {"bucketName": bucket, "key": "a.zip", "version": version}},
        destination={"s3": {"bucketName": bucket, "prefix": "signed/"}},
        profileName=profile.name,
    )

    assert re.fullmatch(r"[0-9a-f-]{36}", started["jobId"])
    assert started["jobOwner"] == aws.account


@row(SIGNER, MODEL, MM)
def job_described(aws: Clients) -> None:
    """A job that succeeded tells what it signed, with which profile version, and until when."""
    bucket, profile = aws.bucket(), aws.profile(kept="main")

    job = aws.job_done(aws.start_job(profile.name, bucket, some_code()))

    assert job["status"] == "Succeeded"
    assert (job["source"]["s3"]["bucketName"], job["source"]["s3"]["key"]) == (
        bucket,
        "unsigned/code.zip",
    )
    assert (job["profileName"], job["profileVersion"]) == (profile.name, profile.version)
    assert job["platformId"] == PLATFORM
    assert (job["jobOwner"], job["jobInvoker"]) == (aws.account, aws.account)
    assert job["requestedBy"].startswith("arn:aws:")
    assert job["createdAt"] <= job["completedAt"]
    months = (job["signatureExpiresAt"] - job["createdAt"]).days / 30.44
    assert 134 < months < 136
    assert "version" not in job["signedObject"]["s3"]


@row(SIGNER, MM)
def job_key(aws: Clients) -> None:
    """A signed zip lies at prefix + job id + ".zip" in the destination bucket."""
    bucket = aws.bucket()

    job_id = aws.start_job(aws.profile(kept="main").name, bucket, some_code())

    where = aws.job_done(job_id)["signedObject"]["s3"]
    assert where == {"bucketName": bucket, "key": f"signed/{job_id}.zip"}
    assert aws.s3.head_object(Bucket=bucket, Key=where["key"])["ContentLength"] > 0


@row(SIGNER, MODEL)
def job_token(aws: Clients) -> None:
    """The same clientRequestToken starts no second job: it answers the first one's id."""
    bucket, profile = aws.bucket(), aws.profile(kept="main")
    request: Any = {
        "source": {
            "s3": {
                "bucketName": bucket,
                "key": "a.zip",
                "version": aws.upload(bucket, "a.zip", some_code()),
            }
        },
        "destination": {"s3": {"bucketName": bucket, "prefix": "signed/"}},
        "profileName": profile.name,
        "clientRequestToken": aws.name(),
    }

    first = aws.signer.start_signing_job(**request)["jobId"]
    aws.job_done(first)
    again = aws.signer.start_signing_job(**request)["jobId"]
    other = aws.signer.start_signing_job(**request | {"clientRequestToken": aws.name()})["jobId"]

    assert again == first
    assert other != first


@row(SIGNER, MM)
def job_profile_unknown(aws: Clients) -> None:
    """StartSigningJob with a profile that does not exist is 404 ResourceNotFoundException."""
    with refused("ResourceNotFoundException", 404, "profile with name nobody_ever does not exist"):
        aws.start_job("nobody_ever", aws.bucket(), some_code())


@row(SIGNER, MODEL)
def job_asynchronous(aws: Clients) -> None:
    """A job is InProgress at first, without signedObject, and Succeeded later."""
    job_id = aws.start_job(aws.profile(kept="main").name, aws.bucket(), some_code())

    at_first = aws.signer.describe_signing_job(jobId=job_id)

    assert at_first["status"] == "InProgress"
    assert "signedObject" not in at_first
    assert aws.job_done(job_id)["status"] == "Succeeded"


@row(SIGNER, DOCS)
def job_malformed_zip(aws: Clients) -> None:
    """What is not a zip makes the job fail, with a reason and no signedObject."""
    job_id = aws.start_job(aws.profile(kept="main").name, aws.bucket(), b"PK\x03\x04 not a zip")

    job = aws.job_done(job_id)

    assert job["status"] == "Failed"
    assert job["statusReason"]
    assert "signedObject" not in job


@row(SIGNER, DOCS)
def job_already_signed(aws: Clients) -> None:
    """A zip that is signed already makes the job fail."""
    bucket, profile = aws.bucket(), aws.profile(kept="main")
    signed = aws.sign(profile, bucket=bucket)

    job = aws.job_done(aws.start_job(profile.name, bucket, signed.body))

    assert job["status"] == "Failed"
    assert "signedObject" not in job


@row(SIGNER, DOCS, MODEL)
def signature_revoked(aws: Clients) -> None:
    """RevokeSignature leaves a revocationRecord on the job, which stays Succeeded."""
    job_id = aws.start_job(aws.profile(kept="main").name, aws.bucket(), some_code())
    before = aws.job_done(job_id)

    aws.signer.revoke_signature(jobId=job_id, reason="a test of revocation")

    after = aws.signer.describe_signing_job(jobId=job_id)
    record = after["revocationRecord"]
    assert "revocationRecord" not in before
    assert record["reason"] == "a test of revocation"
    assert record["revokedAt"] >= before["completedAt"].replace(microsecond=0)
    assert record["revokedBy"]
    assert after["status"] == "Succeeded"


@row(SIGNER, DOCS)
def job_profile_canceled(aws: Clients) -> None:
    """A canceled profile starts no jobs."""
    profile, bucket = aws.profile(), aws.bucket()
    aws.start_job(profile.name, bucket, some_code())
    aws.signer.cancel_signing_profile(profileName=profile.name)

    with refused(None, None):
        aws.start_job(profile.name, bucket, some_code())


@further(SIGNER, DOCS)
def job_profile_revoked(aws: Clients) -> None:
    """A revoked profile starts no jobs."""
    profile, bucket = aws.profile(), aws.bucket()
    aws.start_job(profile.name, bucket, some_code())
    revoke_profile(aws, profile, datetime.now(UTC) - timedelta(hours=1))

    with refused(None, None):
        aws.start_job(profile.name, bucket, some_code())


@further(SIGNER, DOCS)
def job_empty_zip(aws: Clients) -> None:
    """A zip without entries makes the job fail."""
    job_id = aws.start_job(aws.profile(kept="main").name, aws.bucket(), zip_of({}))

    assert aws.job_done(job_id)["status"] == "Failed"


@further(SIGNER, MM)
def job_status_reason(aws: Clients) -> None:
    """The statusReason of a job that succeeded is "Signing Succeeded"."""
    job_id = aws.start_job(aws.profile(kept="main").name, aws.bucket(), some_code())

    assert aws.job_done(job_id)["statusReason"] == "Signing Succeeded"


@further(SIGNER, MODEL)
def job_unknown(aws: Clients) -> None:
    """DescribeSigningJob of an id that does not exist is 404 ResourceNotFoundException."""
    with refused("ResourceNotFoundException", 404):
        aws.signer.describe_signing_job(jobId="00000000-0000-4000-8000-000000000000")


@further(SIGNER, MODEL)
def job_signs_the_version(aws: Clients) -> None:
    """The job signs the version that it was started with, though the key was overwritten since."""
    bucket, profile = aws.bucket(), aws.profile(kept="main")
    version = aws.upload(bucket, "a.zip", zip_of({"a": b"first"}))
    aws.upload(bucket, "a.zip", zip_of({"a": b"second"}))

    started = aws.signer.start_signing_job(
        source={"s3": {"bucketName": bucket, "key": "a.zip", "version": version}},
        destination={"s3": {"bucketName": bucket, "prefix": "signed/"}},
        profileName=profile.name,
    )

    job = aws.job_done(started["jobId"])
    signed = aws.s3.get_object(Bucket=bucket, Key=job["signedObject"]["s3"]["key"])["Body"].read()
    assert job["source"]["s3"]["version"] == version
    with zipfile.ZipFile(io.BytesIO(signed)) as archive:
        assert archive.read("a") == b"first"


@further(SIGNER, MODEL)
def jobs_listed(aws: Clients) -> None:
    """ListSigningJobs shows a finished job with its status, and filters by it."""
    job_id = aws.start_job(aws.profile(kept="main").name, aws.bucket(), some_code())
    aws.job_done(job_id)

    pages = aws.signer.get_paginator("list_signing_jobs").paginate(status="Succeeded")

    listed = {job["jobId"]: job["status"] for page in pages for job in page["jobs"]}
    assert listed[job_id] == "Succeeded"
    assert set(listed.values()) == {"Succeeded"}


@further(SIGNER, SD)
def revocation_status_of_lambda(aws: Clients) -> None:
    """GetRevocationStatus refuses the Lambda platform."""
    profile = aws.profile(kept="main")

    with refused("ValidationException", 400, f"Invalid platformId: {PLATFORM}"):
        aws.signer.get_revocation_status(
            signatureTimestamp=datetime.now(UTC),
            platformId=PLATFORM,
            profileVersionArn=profile.version_arn,
            jobArn=profile.arn.replace("signing-profiles", "signing-jobs"),
            certificateHashes=["0" * 96],
        )
