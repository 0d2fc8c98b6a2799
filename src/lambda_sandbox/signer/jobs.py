"""Signing jobs: start, finish by the clock, show, revoke.

A job's end is computed when somebody looks (`settle`): the source's bytes are those of the start,
the signed object is written when the job is due. Never moves the clock.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from lambda_sandbox.core import ApiError
from lambda_sandbox.signer import archive, profiles, requests
from lambda_sandbox.signer.envelope import Claims, seal
from lambda_sandbox.signer.platforms import LAMBDA, PLATFORMS
from lambda_sandbox.signer.requests import denied, invalid, not_found, present, whole_seconds
from lambda_sandbox.signer.state import Job, Place, Profile, SignatureRevocation, Token

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from lambda_sandbox.signer.caller import Caller

_ZIP = ".zip"


def start(caller: Caller, params: Mapping[str, Any]) -> dict[str, Any]:
    """StartSigningJob: always InProgress at first.

    Raises:
        ApiError: ValidationException, ResourceNotFoundException (profile, object or bucket),
            AccessDeniedException (another account's profile).

    Source: https://docs.aws.amazon.com/signer/latest/api/API_StartSigningJob.html; the text on an
    empty version: terraform-aws-modules/terraform-aws-lambda#351. AWS's texts on a canceled
    profile and an unversioned bucket are not known.
    """
    source, destination = _source(params), _destination(params)
    token = requests.text(params, "clientRequestToken")
    asked = {name: value for name, value in params.items() if name != "clientRequestToken"}
    known = caller.state.tokens.get((caller.account, token))
    if known is not None:
        if known.parameters != asked and caller.behaviour.token_conflict == "refuse":
            raise invalid("clientRequestToken was used before, with other parameters")
        return _started(caller.state.jobs[known.job_id])
    profile = profiles.usable(caller, params, "signer:StartSigningJob")
    if profile.status != "Active":
        raise invalid(f"Profile with name {profile.name} is not active: {profile.status}")
    if profile.platform_id != LAMBDA:
        raise invalid(f"Platform {profile.platform_id} does not support StartSigningJob")
    body = _read(caller, source, destination)
    job = record(caller, profile, source=source, destination=destination, source_body=body)
    caller.state.tokens[caller.account, token] = Token(asked, job.id)
    return _started(job)


def record(
    caller: Caller,
    profile: Profile,
    *,
    source: Place | None = None,
    destination: Place | None = None,
    source_body: bytes = b"",
) -> Job:
    """A new job, InProgress until the world's `timing.signing_s` have passed."""
    now = caller.world.clock.now()
    job_id = requests.new_uuid(caller.world.random)
    job = Job(
        id=job_id,
        arn=caller.arn(f"/signing-jobs/{job_id}", profile.account),
        profile=profile,
        owner=profile.account,
        invoker=caller.account,
        requested_by=caller.principal,
        created_at=now,
        due_at=now + timedelta(seconds=caller.world.timing.signing_s),
        source=source,
        destination=destination,
        source_body=source_body,
    )
    caller.state.jobs[job_id] = job
    return job


def settle(caller: Caller) -> None:
    """Ends every job that is due."""
    now = caller.world.clock.now()
    for job in list(caller.state.jobs.values()):
        if job.status == "InProgress" and job.due_at <= now and caller.settles(job):
            _finish(caller, job)


def describe(caller: Caller, params: Mapping[str, Any]) -> dict[str, Any]:
    """DescribeSigningJob. There is no VersionId of the signed object in it.

    Raises:
        ApiError: ResourceNotFoundException.

    Source: botocore model; ministack 1.5.33, measured 2026-08-26 ("Signing Succeeded").
    """
    settle(caller)
    job = _visible(caller, requests.text(params, "jobId"))
    profile = job.profile
    return _summary(job) | present(
        completedAt=whole_seconds(job.completed_at),
        requestedBy=job.requested_by,
        statusReason=job.status_reason,
        signingParameters=profile.signing_parameters or None,
        revocationRecord=None
        if job.revocation is None
        else {
            "reason": job.revocation.reason,
            "revokedAt": whole_seconds(job.revocation.revoked_at),
            "revokedBy": job.revocation.revoked_by,
        },
    )


def list_all(caller: Caller, params: Mapping[str, Any]) -> dict[str, Any]:
    """ListSigningJobs: newest first, filtered.

    Raises:
        ApiError: ValidationException: paging or a filter.
    """
    settle(caller)
    before = requests.time(params, "signatureExpiresBefore")
    after = requests.time(params, "signatureExpiresAfter")
    jobs = [
        _summary(job) | {"isRevoked": job.revocation is not None}
        for job in reversed(caller.state.jobs.values())
        if caller.account in (job.owner, job.invoker)
        and all(params.get(name) in (None, value) for name, value in _filters(job).items())
        and (before is None or (job.expires_at is not None and job.expires_at < before))
        and (after is None or (job.expires_at is not None and job.expires_at > after))
    ]
    return requests.page(jobs, params, "jobs")


def revoke(caller: Caller, params: Mapping[str, Any]) -> dict[str, Any]:
    """RevokeSignature: irreversible; Lambda refuses the signature from now on.

    Raises:
        ApiError: ResourceNotFoundException; ValidationException: the job has not succeeded, or
            is revoked; AccessDeniedException: another account's job.

    Source: https://docs.aws.amazon.com/signer/latest/developerguide/revocation.html
    """
    settle(caller)
    reason = profiles.revocation_reason(params)
    owner = requests.account(params, "jobOwner", caller.account)
    job = caller.state.jobs.get(requests.text(params, "jobId"))
    if job is None or job.owner != owner:
        raise not_found(f"Signing job {params['jobId']} does not exist")
    if owner != caller.account and not profiles.allows(
        job.profile, caller.account, "signer:RevokeSignature"
    ):
        raise denied(
            f"User: {caller.principal} is not authorized to perform: signer:RevokeSignature "
            f"on resource: {job.arn}"
        )
    if job.status != "Succeeded":
        raise invalid(f"Signing job {job.id} has no signature: {job.status}")
    if job.revocation is not None:
        raise invalid(f"Signing job {job.id} is revoked already")
    job.revocation = SignatureRevocation(reason, caller.world.clock.now(), caller.principal)
    return {}


def sign_now(caller: Caller, job: Job, zip_bytes: bytes, at: datetime) -> bytes:
    """The signed zip of a job, signed at `at`; notes the signature's end in the job.

    Raises:
        RefusedArchive: Signer does not sign such a zip.
    """
    behaviour = caller.behaviour
    members = archive.to_be_signed(zip_bytes, behaviour.package_limit_bytes)
    claims = Claims(
        digest=archive.content_digest(members),
        job_arn=job.arn,
        profile_version_arn=job.profile.version_arn,
        signed_at=at,
        expires_at=job.profile.validity.after(at),
    )
    signature = seal(claims, caller.authority.signing_at(at))
    job.expires_at = claims.expires_at
    return archive.signed_zip(members, signature, at, streamed=behaviour.streamed_zip)


def moment_of_signing(caller: Caller, job: Job) -> datetime:
    """Just before the job's end, at an odd millisecond as on AWS, never before its start."""
    room_ms = min(999, int((job.due_at - job.created_at).total_seconds() * 1000))
    early = timedelta(milliseconds=caller.world.random.randint(min(1, room_ms), room_ms))
    at = job.due_at - early
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def _finish(caller: Caller, job: Job) -> None:
    """Succeeded with the object written, or Failed with a reason and no object."""
    job.completed_at = job.due_at
    body, job.source_body = job.source_body, b""
    try:
        signed = sign_now(caller, job, body, moment_of_signing(caller, job))
        # Only `sign_bytes` makes jobs without them, and it finishes its own.
        assert job.destination is not None
        assert job.source is not None
        extension = _ZIP if job.source.key.endswith(_ZIP) else ""
        key = f"{job.destination.key}{job.id}{extension}"
        caller.world.objects.put(job.destination.bucket, key, signed)
        job.signed_object = Place(job.destination.bucket, key)
    except (archive.RefusedArchive, ApiError) as error:
        job.status, job.expires_at = "Failed", None
        job.status_reason = error.message if isinstance(error, ApiError) else str(error)
        return
    job.status, job.status_reason = "Succeeded", "Signing Succeeded"


def _read(caller: Caller, source: Place, destination: Place) -> bytes:
    """The source's bytes now, after the buckets were looked at."""
    objects = caller.world.objects
    try:
        versioning = objects.versioning(source.bucket)
        objects.versioning(destination.bucket)
        if versioning is None:
            raise invalid(f"Versioning is not enabled on bucket {source.bucket}")
        return objects.get(source.bucket, source.key, source.version).body
    except ApiError as error:
        if error.code == "ValidationException":
            raise
        raise not_found(f"{error.message} ({error.code})") from error


def _source(params: Mapping[str, Any]) -> Place:
    s3 = (params.get("source") or {}).get("s3") or {}
    for member in ("bucketName", "key", "version"):
        if not s3.get(member):
            raise invalid(f"StartSigningJobRequest:source:{member} should not be empty")
    return Place(s3["bucketName"], s3["key"], s3["version"])


def _destination(params: Mapping[str, Any]) -> Place:
    s3 = (params.get("destination") or {}).get("s3") or {}
    if not s3.get("bucketName"):
        raise invalid("StartSigningJobRequest:destination:bucketName should not be empty")
    return Place(s3["bucketName"], s3.get("prefix") or "")


def _started(job: Job) -> dict[str, Any]:
    return {"jobId": job.id, "jobOwner": job.owner}


def _visible(caller: Caller, job_id: str) -> Job:
    job = caller.state.jobs.get(job_id)
    if job is None or caller.account not in (job.owner, job.invoker):
        raise not_found(f"Signing job {job_id} does not exist")
    return job


def _filters(job: Job) -> dict[str, object]:
    """The members of ListSigningJobs' request that a job must equal."""
    return {
        "status": job.status,
        "platformId": job.profile.platform_id,
        "requestedBy": job.requested_by,
        "jobInvoker": job.invoker,
        "isRevoked": job.revocation is not None,
    }


def _summary(job: Job) -> dict[str, Any]:
    """What DescribeSigningJob and ListSigningJobs have in common."""
    source, signed = job.source, job.signed_object
    return present(
        jobId=job.id,
        source=None
        if source is None
        else {"s3": {"bucketName": source.bucket, "key": source.key, "version": source.version}},
        signedObject=None
        if signed is None
        else {"s3": {"bucketName": signed.bucket, "key": signed.key}},
        platformId=job.profile.platform_id,
        platformDisplayName=PLATFORMS[job.profile.platform_id].display_name,
        profileName=job.profile.name,
        profileVersion=job.profile.version,
        createdAt=whole_seconds(job.created_at),
        signatureExpiresAt=whole_seconds(job.expires_at),
        status=job.status,
        jobOwner=job.owner,
        jobInvoker=job.invoker,
    )
