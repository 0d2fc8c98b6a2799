"""Steps 7 and 8: a signing job on exactly our object version, and its result verified offline."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Self

from signed_lambda.chain.verify_signed import VerifiedZip, unpack_ahead, verify_signed
from signed_lambda.cloud import SigningJob, StoredObject
from signed_lambda.errors import AccessError, SignatureError, SigningJobError, ZipError
from signed_lambda.lazy import dataclass, regex
from signed_lambda.report.model import Fact, Link, Reach, Status

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from signed_lambda.chain.upload import UploadedObject
    from signed_lambda.chain.workbench import Order, Workbench
    from signed_lambda.cloud import Download, SigningProfile
    from signed_lambda.model import Package, Sha256
    from signed_lambda.package import Ahead

ATTEMPTS: Final = 3
"""Tokens that all runs share. Signer remembers a job that failed under its token, so that the next
token has to be asked with; after these a run has one of its own."""
CLOCKS_APART: Final = timedelta(seconds=2)
"""Signer tells whole seconds, and a clock that is kept right is off by less than one."""
_RESULT: Final = regex(r"[A-Za-z0-9-]{1,64}\.zip")
"""How Signer names its result: the job's id. Anything else in the folder was put there by others.

Source: https://docs.aws.amazon.com/signer/latest/developerguide/lambda-workflow.html
"""
EXPIRY_WARNING: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedObject:
    """S3 holds, in the version named here, the build's files under our job's signature."""

    stored: StoredObject
    sha256: Sha256
    job_id: str
    signing_job_arn: str
    profile_version_arn: str
    files: int
    reused: bool
    path: Path

    @classmethod
    def confirm(
        cls,
        uploaded: UploadedObject,
        profile: SigningProfile,
        job: SigningJob,
        verified: VerifiedZip,
        *,
        reused: bool,
    ) -> Self:
        """From the finished job and the verified download of its result.

        Raises:
            SigningJobError: The job signed another object or version, or with another profile, or
                was revoked.
        """
        if job.revoked:
            raise SigningJobError.of(
                "E-JOB-04",
                f"signing job {job.job_id}, which signed this build, was revoked",
                "Find out why it was revoked; a build that is changed gets a job of its own",
            )
        source = uploaded.stored
        ours = (source.bucket, source.key, source.version_id)
        if job.source is not None and job.source != ours:
            raise SigningJobError.of(
                "E-JOB-02",
                f"signing job {job.job_id} signed version {job.source[2]} of"
                f" s3://{job.source[0]}/{job.source[1]}, ours is version {ours[2]} of"
                f" s3://{ours[0]}/{ours[1]}",
                "Run it again; if it stays so, find out who starts jobs with our token",
            )
        if (job.profile_name, job.profile_version) != (profile.name, profile.version):
            raise SigningJobError.of(
                "E-JOB-02",
                f"signing job {job.job_id} used profile {job.profile_name} version"
                f" {job.profile_version}, expected {profile.name} version {profile.version}",
                "Run it again: the profile was replaced meanwhile",
            )
        stored = StoredObject(
            str(job.signed_bucket),
            str(job.signed_key),
            verified.download.version_id,
            verified.download.sha256,
            verified.download.size_bytes,
        )
        return cls(
            stored=stored,
            sha256=verified.download.sha256,
            job_id=job.job_id,
            signing_job_arn=job.arn,
            profile_version_arn=profile.version_arn,
            files=verified.files,
            reused=reused,
            path=verified.download.path,
        )

    def fact(self) -> Fact:
        """For the journal."""
        how = "reused after full verification" if self.reused else "Succeeded"
        return Fact(
            step="sign",
            title="Sign with AWS Signer and verify the signed zip offline",
            status=Status.OK,
            proof=f"job {self.job_id} {how}, {self.files} files equal to the build, version id"
            f" {self.stored.version_id}",
        )

    def links(self) -> tuple[Link, ...]:
        """The signed zip holds the build."""
        equals = f"the build, entry by entry ({self.files} files), and its signature verifies"
        return (Link(name="Signed zip", sha256=self.sha256, equals=equals),)


def sign(
    bench: Workbench,
    order: Order,
    uploaded: UploadedObject,
    package: Package,
    profile: SigningProfile,
    owner: str,
    *,
    earlier: tuple[str, ...],
) -> SignedObject:
    """Signs the uploaded build, or reuses an earlier signed object of the same build and profile.

    Args:
        bench: The means.
        order: What was asked for.
        uploaded: What is to be signed.
        package: The build, to compare with.
        profile: Active, of Lambda's platform.
        owner: Account that must own the bucket.
        earlier: Keys of `find_earlier`.

    Raises:
        SigningJobError: The job failed (with Signer's reason), or signed something else.
        SignatureError: The result does not hold exactly the build, or does not verify.
    """
    for key in earlier:
        reused = _reuse(bench, uploaded, package, profile, owner, key)
        if reused is not None:
            bench.journal.know(signing_job_id=reused.job_id)
            return reused
    folder = _folder(order, package, profile)
    job = _run_job(bench, order, uploaded, profile, folder, owner)
    bench.journal.know(signing_job_id=job.job_id)
    verified = _verified(bench, package, profile, job, owner)
    return SignedObject.confirm(uploaded, profile, job, verified, reused=False)


def find_earlier(
    bench: Workbench, order: Order, package: Package, profile: SigningProfile, owner: str
) -> tuple[str, ...]:
    """Keys of the newest signed objects of the same build and profile version.

    Reads only: it may run beside the upload.
    """
    folder = _folder(order, package, profile)
    keys = bench.cloud.list_objects(order.bucket, folder, owner)
    return tuple(k for k in keys if _RESULT.fullmatch(k.removeprefix(folder)))[:ATTEMPTS]


def _folder(order: Order, package: Package, profile: SigningProfile) -> str:
    return f"{order.prefix}/signed/{package.sha256.hex}/{profile.version}/"


def _reuse(
    bench: Workbench,
    uploaded: UploadedObject,
    package: Package,
    profile: SigningProfile,
    owner: str,
    key: str,
) -> SignedObject | None:
    """The earlier signed object at `key`, when its job and its bytes verify; else None, told.

    A job that may not be looked at is one of another account with the same bucket and profile, or
    somebody's invention: it would end each run alike. Where the role may look at none, that is told
    of the job that is begun instead.
    """
    job_id = key.rsplit("/", 1)[-1].removesuffix(".zip")
    try:
        job = bench.cloud.signing_job(job_id)
    except AccessError as error:
        bench.journal.warn(
            f"the signed object s3://{uploaded.stored.bucket}/{key} was not used, for signing job"
            f" {job_id} could not be looked at: {error.problems[0].what}"
        )
        return None
    if job is None or job.status != "Succeeded" or job.signed_key != key:
        return None
    if job.signed_bucket != uploaded.stored.bucket:
        return None
    try:
        verified = _verified(bench, package, profile, job, owner)
        return SignedObject.confirm(uploaded, profile, job, verified, reused=True)
    except (SignatureError, SigningJobError, ZipError) as error:
        bench.journal.warn(
            f"the signed object s3://{uploaded.stored.bucket}/{key} was not used:"
            f" {error.problems[0].what}"
        )
        return None


def _run_job(
    bench: Workbench,
    order: Order,
    uploaded: UploadedObject,
    profile: SigningProfile,
    folder: str,
    owner: str,
) -> SigningJob:
    """A succeeded job on our object version, begun by this run or by another one.

    The same token finds the job that another run began, in progress or succeeded. One that failed
    before, or whose signature has expired or whose result was deleted since (by a rule of the
    bucket), is passed over: what made it fail may be mended, and Signer would answer with it for
    ever. A job that fails now is the end: another would, too.

    Raises:
        SigningJobError: E-JOB-01, with Signer's reason.
    """
    tokens = _tokens(bench, order, uploaded.stored, profile)
    while True:
        bench.journal.writing(Reach.ARTEFACTS)
        asked_at = bench.clock.now()
        job_id = bench.cloud.start_signing(
            source=uploaded.stored,
            destination_bucket=order.bucket,
            destination_prefix=folder,
            profile=profile.name,
            profile_owner=order.profile_owner,
            token=tokens.pop(0),
        )
        looks = _looks(bench, job_id)
        job, is_of_now = looks[-1], _is_of_now(bench, looks, asked_at)
        why = _unusable(bench, job, owner, kept=is_of_now)
        if not why:
            return job
        if not tokens or is_of_now:
            raise SigningJobError.of(
                "E-JOB-01",
                why,
                "Mend what Signer names (it uses the bucket with this role's own rights), then run"
                " it again: that begins a new job. All of this one:"
                f" `aws signer describe-signing-job --job-id {job.job_id}`",
            )
        bench.journal.progress(f"{why}; passed over as an earlier run's")


def _tokens(
    bench: Workbench, order: Order, source: StoredObject, profile: SigningProfile
) -> list[str]:
    """Client request tokens for an object version and a profile version, to be asked in this order.

    The first ones are the same in all runs, so that these share a job. They are used up when a job
    failed or expired under each; the last one is of this run and attempt alone: it finds again what
    this very attempt began, and no job of an earlier one. Its result is shared as any other: the
    next run finds it in the bucket. Outside GitHub a run has no name but its time.

    Source: botocore model signer, clientRequestToken: "All calls after the first that use this
    token return the same response as the first call."
    """
    parts = (source.bucket, source.key, str(source.version_id), profile.version_arn)
    run = order.run
    name = f"{run.run_id}.{run.attempt}" if run.run_id else bench.clock.now().isoformat()
    endings = (*([str(n)] for n in range(ATTEMPTS)), ["run", run.repository, name])
    return [hashlib.sha256("\0".join((*parts, *end)).encode()).hexdigest() for end in endings]


def _looks(bench: Workbench, job_id: str) -> list[SigningJob]:
    """The job at each look until its end."""
    looks: list[SigningJob] = []

    def look() -> SigningJob:
        looks.append(_job(bench, job_id))
        return looks[-1]

    bench.poll(
        f"signing job {job_id}",
        look,
        lambda job: job.status != "InProgress",
        lambda job: job.status,
    )
    return looks


def _is_of_now(bench: Workbench, looks: list[SigningJob], asked_at: datetime) -> bool:
    """Whether the job ended while this run looked on, or was begun by the call sent at `asked_at`.

    The first is seen without a clock. Clocks only decide of a job that had ended at the first look,
    and a clock that is wrong does no harm: what seems to be older or of the future is passed over,
    which costs one job more, and the last token is of this run.
    """
    began_at = looks[-1].created_at
    return len(looks) > 1 or (asked_at - CLOCKS_APART < began_at < bench.clock.now() + CLOCKS_APART)


def _unusable(bench: Workbench, job: SigningJob, owner: str, *, kept: bool) -> str:
    """Why an ended job is of no use, "" where it is.

    Args:
        bench: The means.
        job: Ended.
        owner: Account that must own the bucket.
        kept: Its result was written just now: whether it is still there need not be asked.
    """
    if job.status != "Succeeded":
        why = job.status_reason or "no reason given"
        return f"signing job {job.job_id} ended as {job.status}: {why}"
    if _has_expired(job, bench.clock.now()):
        return f"the signature of signing job {job.job_id} expired at {job.signature_expires_at}"
    bucket, key = job.signed_bucket, job.signed_key
    if kept or not bucket or not key or key in bench.cloud.list_objects(bucket, key, owner):
        return ""
    return f"the result of signing job {job.job_id}, s3://{bucket}/{key}, was deleted"


def _has_expired(job: SigningJob, now: datetime) -> bool:
    return job.signature_expires_at is not None and job.signature_expires_at <= now


def _job(bench: Workbench, job_id: str) -> SigningJob:
    job = bench.cloud.signing_job(job_id)
    if job is None:
        raise SigningJobError.of(
            "E-JOB-03",
            f"signing job {job_id} was started and cannot be found",
            "Run it again; check that the profile's account is given as signing-profile-owner",
        )
    return job


def _verified(
    bench: Workbench,
    package: Package,
    profile: SigningProfile,
    job: SigningJob,
    owner: str,
) -> VerifiedZip:
    """The job's result, downloaded and verified.

    What breaks on the way looks like an attack, and S3 keeps no checksum that could tell of what
    Signer wrote: only bytes that come twice are S3's.
    """
    ahead = unpack_ahead()
    got = _result(bench, job, owner, ahead)
    try:
        verified = _verify(bench, package, profile, job, got, ahead)
    except (SignatureError, ZipError):
        again = _result(bench, job, owner, ahead)
        if again.sha256 == got.sha256:
            raise
        verified = _verify(bench, package, profile, job, again, ahead)
    if verified.signature.expires_at - bench.clock.now() < EXPIRY_WARNING:
        bench.journal.warn(
            f"the signature expires on {verified.signature.expires_at:%Y-%m-%d}: this version"
            " cannot be deployed again after that"
        )
    return verified


def _result(bench: Workbench, job: SigningJob, owner: str, ahead: Ahead) -> Download:
    if not job.signed_bucket or not job.signed_key:
        raise SigningJobError.of(
            "E-JOB-03",
            f"signing job {job.job_id} succeeded without naming a signed object",
            "Run it again",
        )
    to = bench.new_file("signed.zip")
    got = bench.cloud.get_object(job.signed_bucket, job.signed_key, None, owner, to, watch=ahead)
    if got is None or got.version_id in (None, "null"):
        raise SigningJobError.of(
            "E-JOB-03",
            f"the result of signing job {job.job_id}, s3://{job.signed_bucket}/{job.signed_key},"
            f" {'is missing' if got is None else 'has no version id'}",
            "Run it again; check the bucket's lifecycle rules and versioning",
        )
    return got


def _verify(
    bench: Workbench,
    package: Package,
    profile: SigningProfile,
    job: SigningJob,
    got: Download,
    ahead: Ahead,
) -> VerifiedZip:
    return verify_signed(
        bench,
        got,
        job_arn=job.arn,
        profile_version_arn=profile.version_arn,
        build=package,
        ahead=ahead,
    )
