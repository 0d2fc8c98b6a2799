"""Step 6: the build goes to S3, under its own hash, into a versioned bucket."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from signed_lambda.cloud import AlreadyExistsError, Download, StoredObject
from signed_lambda.errors import BucketError
from signed_lambda.lazy import dataclass
from signed_lambda.report.model import Fact, Link, Reach, Status

if TYPE_CHECKING:
    from signed_lambda.chain.workbench import Order, Workbench
    from signed_lambda.model import Package, Sha256


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadedObject:
    """S3 holds exactly the build's bytes in the version of the object that is named here."""

    stored: StoredObject
    sha256: Sha256
    reused: bool

    @property
    def signing_job_arn(self) -> None:
        """An unsigned artefact has none."""

    @property
    def profile_version_arn(self) -> None:
        """An unsigned artefact has none."""

    @classmethod
    def confirm(cls, package: Package, answer: StoredObject) -> Self:
        """From PutObject's answer.

        Raises:
            BucketError: S3 names no version, or another or no checksum.
        """
        if answer.sha256 != package.sha256 or not _pinned(answer.version_id):
            raise BucketError.of(
                "E-BUCKET-07",
                f"s3://{answer.bucket}/{answer.key} was stored as version"
                f" {answer.version_id} with checksum {answer.sha256}, expected {package.sha256}",
                "Check that the endpoint is S3 and that the bucket's versioning is enabled",
            )
        return cls(stored=answer, sha256=package.sha256, reused=False)

    @classmethod
    def confirm_existing(cls, package: Package, stored: StoredObject, got: Download) -> Self:
        """From a download of the object that was there before.

        Raises:
            BucketError: It holds other bytes, or the bucket does not name a version.
        """
        if got.sha256 != package.sha256:
            raise BucketError.of(
                "E-BUCKET-06",
                f"s3://{stored.bucket}/{stored.key} holds {got.sha256}, expected"
                f" {package.sha256}: somebody else wrote it, it was not used",
                f"Find out who wrote version {got.version_id} of it, then delete that version",
            )
        if not _pinned(got.version_id):
            raise BucketError.of(
                "E-BUCKET-07",
                f"s3://{stored.bucket}/{stored.key} has no version id",
                "Delete the object: it was written before versioning was enabled",
            )
        pinned = StoredObject(stored.bucket, stored.key, got.version_id, got.sha256, got.size_bytes)
        return cls(stored=pinned, sha256=got.sha256, reused=True)

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
        """The object in S3 equals the build."""
        return (Link(name="Object in S3", sha256=self.sha256, equals="the build"),)


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
    key = f"{order.prefix}/unsigned/{package.sha256.hex}.zip"
    bench.journal.writing(Reach.ARTEFACTS)
    try:
        stored = bench.cloud.put_object(order.bucket, key, package.path, package.sha256, owner)
    except AlreadyExistsError:
        return _existing(bench, order, package, key, owner)
    return UploadedObject.confirm(package, stored)


def _existing(
    bench: Workbench, order: Order, package: Package, key: str, owner: str
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
        return UploadedObject.confirm_existing(package, stored, got)
    finally:
        to.unlink()


def _pinned(version_id: str | None) -> bool:
    """Whether S3 named a version; "null" is the one version of an unversioned bucket."""
    return version_id is not None and version_id != "null"
