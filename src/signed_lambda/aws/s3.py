"""S3: the artefact bucket. Every call names the owner that the bucket must have.

May import the package's own modules and the port. Never deletes, never writes over an object.
Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-owner-condition.html
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final, TypedDict

from signed_lambda.aws.answer import Answer, NotAnAnswer, shown
from signed_lambda.aws.base import AwsBase
from signed_lambda.aws.call import Call, NotThere, not_there
from signed_lambda.aws.calls import Repeat
from signed_lambda.aws.files import store
from signed_lambda.cloud import AlreadyExistsError, Bucket, Download, StoredObject
from signed_lambda.errors import BucketError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    from signed_lambda.aws.call import Expected
    from signed_lambda.aws.refusals import Refusal
    from signed_lambda.cloud import Watch
    from signed_lambda.model import Sha256

UPLOAD_TRIES: Final = 3
_LISTED_PAGES: Final = 10
_LISTED_KEYS: Final = 1_000
_KEY_IS_MISSING: Final = (
    "Without s3:ListBucket on the bucket S3 answers 403 for a key that does not exist, too"
)
_GONE: Final[Mapping[str, Expected]] = dict.fromkeys(
    ("404", "NoSuchKey", "NoSuchVersion", "NotFound", "405", "MethodNotAllowed"), not_there
)
"""404; and 405 for a version that is a delete marker.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
"""


class _Missing(Exception):
    """The bucket does not exist."""


class _Foreign(Exception):
    """403 for the expected owner."""


class _Version(TypedDict, total=False):
    VersionId: str


class _Continued(TypedDict, total=False):
    ContinuationToken: str


class S3Calls(AwsBase):
    """The bucket and its objects."""

    def bucket(self, name: str, owner: str) -> Bucket:
        """GetBucketVersioning with ExpectedBucketOwner; no Status where it was never on.

        Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketVersioning.html

        Raises:
            BucketError: E-BUCKET-08, it is in another region.
        """
        denied: Expected = lambda _: _Foreign()  # noqa: E731 - one meaning, four codes
        call = Call(
            operation="s3:GetBucketVersioning",
            action="s3:GetBucketVersioning",
            resource=self._place.bucket(name),
            expected={
                "NoSuchBucket": lambda _: _Missing(),
                "404": lambda _: _Missing(),
                "AccessDenied": denied,
                "403": denied,
            },
        )
        try:
            status = self._calls.run(
                call,
                lambda: self._clients.s3.get_bucket_versioning(
                    Bucket=name, ExpectedBucketOwner=owner
                ),
                lambda answer: answer.maybe_text("Status"),
            )
        except _Missing:
            return Bucket(name, "missing", None)
        except _Foreign:
            return Bucket(name, "foreign", None)
        return Bucket(name, "ours", status)

    def list_objects(self, bucket: str, prefix: str, owner: str) -> tuple[str, ...]:
        """Keys under a prefix, newest first: the newest 1,000 of the first 10,000 S3 lists.

        Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
        """
        call = Call(
            operation="s3:ListObjectsV2",
            action="s3:ListBucket",
            resource=self._place.bucket(bucket),
        )
        found: list[tuple[datetime, str]] = []
        continued: _Continued = {}

        def page(answer: Answer) -> tuple[list[tuple[datetime, str]], str | None]:
            items = [(i.time("LastModified"), i.text("Key")) for i in answer.items("Contents")]
            return items, answer.maybe_text("NextContinuationToken")

        for _ in range(_LISTED_PAGES):
            items, token = self._calls.run(
                call,
                lambda: self._clients.s3.list_objects_v2(
                    Bucket=bucket, Prefix=prefix, ExpectedBucketOwner=owner, **continued
                ),
                page,
            )
            found.extend(items)
            if not token:
                break
            continued["ContinuationToken"] = token
        newest = sorted(found, key=lambda item: item[0], reverse=True)
        return tuple(key for _, key in newest[:_LISTED_KEYS])

    def get_object(
        self,
        bucket: str,
        key: str,
        version_id: str | None,
        owner: str,
        to: Path,
        *,
        watch: Watch | None = None,
    ) -> Download | None:
        """GetObject, hashed while written; None when it does not exist. Retried as a whole.

        The body must have ContentLength bytes and, where S3 holds one, the full-object checksum.
        Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html

        Raises:
            AwsError: E-AWS-05, -06, -07: it does not arrive whole, is too large, or cannot be
                stored.
        """
        action = "GetObjectVersion" if version_id else "GetObject"
        call = self._object_call("GetObject", action, bucket, key, _GONE)
        wanted: _Version = {"VersionId": version_id} if version_id else {}
        where = f"s3://{bucket}/{key}"

        def keep(answer: Answer) -> Download:
            stored = _stored(bucket, key, answer, answer.number("ContentLength"))
            if version_id and stored.version_id not in (version_id, None):
                raise NotAnAnswer("another 'VersionId' than asked for")
            # The stream compares itself with ContentLength and, because of ChecksumMode, with the
            # checksum that S3 holds.
            sha256, size = store(
                answer.stream("Body"), to, size_bytes=stored.size_bytes, what=where, watch=watch
            )
            return Download(to, sha256, size, stored.version_id)

        try:
            return self._calls.run(
                call,
                lambda: self._clients.s3.get_object(
                    Bucket=bucket,
                    Key=key,
                    ExpectedBucketOwner=owner,
                    ChecksumMode="ENABLED",
                    **wanted,
                ),
                keep,
            )
        except NotThere:
            return None

    def put_object(
        self,
        bucket: str,
        key: str,
        body: Path,
        sha256: Sha256,
        owner: str,
        *,
        content_type: str = "application/zip",
    ) -> StoredObject:
        """PutObject with ChecksumSHA256, IfNoneMatch "*", ExpectedBucketOwner.

        Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html

        Raises:
            AlreadyExistsError: The key has an object (perhaps ours: read it back).
            BucketError: E-BUCKET-05, the bytes changed on the way (BadDigest), repeatedly.
        """
        tries = 0

        def changed(refusal: Refusal) -> Exception:
            nonlocal tries
            tries += 1
            if tries < UPLOAD_TRIES:
                return Repeat("cut", shown(f"{refusal.code}: {refusal.message}"))
            return BucketError.of(
                "E-BUCKET-05",
                f"the bytes of s3://{bucket}/{key} changed on the way, {tries} times:"
                f" {shown(refusal.message)}",
                "Is there a proxy in between, or is the file being written to? Run it again",
            )

        def exists(refusal: Refusal) -> Exception:
            return AlreadyExistsError(shown(refusal.message))

        call = self._object_call(
            "PutObject",
            "PutObject",
            bucket,
            key,
            {
                "PreconditionFailed": exists,
                "412": exists,
                "BadDigest": changed,
                "InvalidDigest": changed,
                "XAmzContentChecksumMismatch": changed,
                "XAmzContentSHA256Mismatch": changed,
            },
        )
        with os.fdopen(os.open(body, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb") as file:
            size = os.fstat(file.fileno()).st_size

            def send() -> Mapping[str, object]:
                file.seek(0)
                return self._clients.s3.put_object(
                    Bucket=bucket,
                    Key=key,
                    Body=file,
                    ContentLength=size,
                    ContentType=content_type,
                    ChecksumSHA256=sha256.b64,
                    IfNoneMatch="*",
                    ExpectedBucketOwner=owner,
                )

            return self._calls.run(call, send, lambda answer: _stored(bucket, key, answer, size))

    def _object_call(
        self, operation: str, action: str, bucket: str, key: str, expected: Mapping[str, Expected]
    ) -> Call:
        return Call(
            operation=f"s3:{operation}",
            action=f"s3:{action}",
            resource=self._place.object(bucket, key),
            expected=expected,
            hint=_KEY_IS_MISSING if operation != "PutObject" else "",
        )


def _stored(bucket: str, key: str, answer: Answer, size_bytes: int) -> StoredObject:
    """What S3 says it holds; every object has an ETag, so an answer without one is not S3's.

    The checksum of a multipart upload is one of checksums ("...-2"), not of the bytes: None.
    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
    """
    answer.text("ETag")
    text = answer.maybe_text("ChecksumSHA256")
    whole = text and answer.maybe_text("ChecksumType") != "COMPOSITE" and "-" not in text
    version = answer.maybe_text("VersionId")
    return StoredObject(
        bucket=bucket,
        key=key,
        version_id=version if version and version != "null" else None,
        sha256=answer.sha256("ChecksumSHA256") if whole else None,
        size_bytes=size_bytes,
    )
