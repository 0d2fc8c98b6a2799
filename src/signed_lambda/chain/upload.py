"""Step 6: the build goes to S3, under its own hash, into a versioned bucket.

At a promotion from another function it is the signed code that goes there, in the same way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from signed_lambda.cloud import AlreadyExistsError, Download, StoredObject
from signed_lambda.errors import BucketError
from signed_lambda.lazy import dataclass
from signed_lambda.report.model import Fact, Link, Reach, Status

if TYPE_CHECKING:
    from pathlib import Path

    from signed_lambda.chain.workbench import Order, Workbench
    from signed_lambda.model import Package, Sha256


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadedObject:
    """S3 holds exactly the build's bytes in the version of the object that is named here."""

    stored: StoredObject
    sha256: Sha256
    reused: bool
    what: str
    signing_job_arn: str | None
    profile_version_arn: str | None

    @classmethod
    def confirm(cls, wanted: Bytes, answer: StoredObject) -> Self:
        """From PutObject's answer.

        Raises:
            BucketError: S3 names no version, or another or no checksum.
        """
        if answer.sha256 != wanted.sha256 or not _pinned(answer.version_id):
            raise BucketError.of(
                "E-BUCKET-07",
                f"s3://{answer.bucket}/{answer.key} was stored as version"
                f" {answer.version_id} with checksum {answer.sha256}, expected {wanted.sha256}",
                "Check that the endpoint is S3 and that the bucket's versioning is enabled",
            )
        return cls._of(wanted, answer, reused=False)

    @classmethod
    def confirm_existing(cls, wanted: Bytes, stored: StoredObject, got: Download) -> Self:
        """From a download of the object that was there before.

        Raises:
            BucketError: It holds other bytes, or the bucket does not name a version.
        """
        if got.sha256 != wanted.sha256:
            raise BucketError.of(
                "E-BUCKET-06",
                f"s3://{stored.bucket}/{stored.key} holds {got.sha256}, expected"
                f" {wanted.sha256}: somebody else wrote it, it was not used",
                f"Find out who wrote version {got.version_id} of it, then delete that version",
            )
        if not _pinned(got.version_id):
            raise BucketError.of(
                "E-BUCKET-07",
                f"s3://{stored.bucket}/{stored.key} has no version id",
                "Delete the object: it was written before versioning was enabled",
            )
        pinned = StoredObject(stored.bucket, stored.key, got.version_id, got.sha256, got.size_bytes)
        return cls._of(wanted, pinned, reused=True)

    @classmethod
    def _of(cls, wanted: Bytes, stored: StoredObject, *, reused: bool) -> Self:
        return cls(
            stored=stored,
            sha256=wanted.sha256,
            reused=reused,
            what=wanted.what,
            signing_job_arn=wanted.signing_job_arn,
            profile_version_arn=wanted.profile_version_arn,
        )

    def fact(self) -> Fact:
        """For the journal."""
        how = "already there, downloaded and re-hashed" if self.reused else "checksum accepted"
        return Fact(
            step="upload",
            title=f"Upload to s3://{self.stored.bucket}/{self.stored.key}",
            status=Status.OK,
            proof=f"{how}, version id {self.stored.version_id}",
        )

    def links(self) -> tuple[Link, ...]:
        """The object in S3 equals what was to be stored."""
        return (Link(name="Object in S3", sha256=self.sha256, equals=self.what),)


@dataclass(frozen=True, slots=True)
class Bytes:
    """What is to be stored.

    Attributes:
        path: Of the file.
        what: In words, for the chain: "the build".
        signing_job_arn, profile_version_arn: Of their signature, which was verified; None of bytes
            that are not signed.
    """

    path: Path
    sha256: Sha256
    what: str
    signing_job_arn: str | None = None
    profile_version_arn: str | None = None


def upload(bench: Workbench, order: Order, package: Package, owner: str) -> UploadedObject:
    """Stores the build, or takes the object that is already there after hashing it.

    Args:
        bench: The means.
        order: What was asked for.
        package: The build.
        owner: Account that must own the bucket.

    Raises:
        BucketError: The bucket does not hold exactly our bytes.
    """
    wanted = Bytes(package.path, package.sha256, "the build")
    return store(bench, order, wanted, f"unsigned/{package.sha256.hex}.zip", owner)


def store(bench: Workbench, order: Order, wanted: Bytes, name: str, owner: str) -> UploadedObject:
    """Stores bytes under a name that says their hash, or takes those that are there after hashing.

    Args:
        bench: The means.
        order: What was asked for.
        wanted: The bytes.
        name: Of the key, behind the prefix.
        owner: Account that must own the bucket.

    Raises:
        BucketError: The bucket does not hold exactly our bytes.
    """
    key = f"{order.prefix}/{name}"
    bench.journal.writing(Reach.ARTEFACTS)
    try:
        stored = bench.cloud.put_object(order.bucket, key, wanted.path, wanted.sha256, owner)
    except AlreadyExistsError:
        return _existing(bench, order, wanted, key, owner)
    return UploadedObject.confirm(wanted, stored)


def _existing(
    bench: Workbench, order: Order, wanted: Bytes, key: str, owner: str
) -> UploadedObject:
    to = bench.new_file("existing-build.zip")
    got = bench.cloud.get_object(order.bucket, key, None, owner, to)
    if got is None:
        raise BucketError.of(
            "E-BUCKET-06",
            f"s3://{order.bucket}/{key} exists for S3's If-None-Match, yet cannot be read",
            "Run it again; if it stays so, look for a lifecycle rule or a delete marker",
        )
    stored = StoredObject(order.bucket, key, got.version_id, None, got.size_bytes)
    try:
        return UploadedObject.confirm_existing(wanted, stored, got)
    finally:
        to.unlink()


def _pinned(version_id: str | None) -> bool:
    """Whether S3 named a version; "null" is the one version of an unversioned bucket."""
    return version_id is not None and version_id != "null"
