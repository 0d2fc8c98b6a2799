"""S3: the settings of the artefact bucket. Every call names the owner that it must have.

May import the package's own modules and the port. Never deletes, never reads or writes an object.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final, cast

from signed_lambda.aws.answer import Answer, NotAnAnswer, shown
from signed_lambda.aws.base import AwsBase
from signed_lambda.aws.call import Call, NotThere, not_there
from signed_lambda.errors import BucketError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_s3.literals import BucketLocationConstraintType

    from signed_lambda.aws.call import Expected
    from signed_lambda.aws.refusals import Refusal
    from signed_lambda.setup.account import Document, Versioning

_BLOCK: Final = (
    "BlockPublicAcls",
    "IgnorePublicAcls",
    "BlockPublicPolicy",
    "RestrictPublicBuckets",
)
_FIRST_REGION: Final = "us-east-1"
"""The one region that CreateBucket does not take as a location.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html
"""
_FOREIGN: Final = "S3 answers the same where the bucket is another account's"


class _Gone(Exception):
    """The bucket does not exist."""


class BucketCalls(AwsBase):
    """One bucket's settings."""

    def versioning(self, bucket: str, owner: str) -> Versioning:
        """GetBucketVersioning; see the port.

        Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketVersioning.html

        Raises:
            BucketError: E-BUCKET-08, it is in another region.
        """
        gone: Expected = lambda _: _Gone()  # noqa: E731 - one meaning, two codes
        call = self._of_bucket(
            "GetBucketVersioning", bucket, {"NoSuchBucket": gone, "404": gone}, hint=_FOREIGN
        )
        try:
            status = self._calls.run(
                call,
                lambda: self._clients.s3.get_bucket_versioning(
                    Bucket=bucket, ExpectedBucketOwner=owner
                ),
                lambda answer: answer.maybe_text("Status"),
            )
        except _Gone:
            return "missing"
        if status not in ("Enabled", "Suspended", None):
            raise BucketError.of(
                "E-BUCKET-03",
                f"the versioning of bucket {bucket} is {shown(str(status))!r}",
                "Turn its versioning on",
            )
        return cast("Versioning", status or "never")

    def holds_objects(self, bucket: str, owner: str) -> bool:
        """ListObjectVersions, one: a version or a delete marker.

        Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html
        """
        return self._calls.run(
            self._of_bucket("ListObjectVersions", bucket, {}, action="ListBucketVersions"),
            lambda: self._clients.s3.list_object_versions(
                Bucket=bucket, MaxKeys=1, ExpectedBucketOwner=owner
            ),
            lambda answer: bool(answer.items("Versions") or answer.items("DeleteMarkers")),
        )

    def blocks_public_access(self, bucket: str, owner: str) -> bool:
        """GetPublicAccessBlock; see the port.

        Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetPublicAccessBlock.html
        """

        def all_on(answer: Answer) -> bool:
            inside = answer.inside("PublicAccessBlockConfiguration").members
            return all(inside.get(name) is True for name in _BLOCK)

        call = self._of_bucket(
            "GetPublicAccessBlock",
            bucket,
            {"NoSuchPublicAccessBlockConfiguration": not_there},
            action="GetBucketPublicAccessBlock",
        )
        try:
            return self._calls.run(
                call,
                lambda: self._clients.s3.get_public_access_block(
                    Bucket=bucket, ExpectedBucketOwner=owner
                ),
                all_on,
            )
        except NotThere:
            return False

    def encryption(self, bucket: str, owner: str) -> str | None:
        """GetBucketEncryption: the first rule's algorithm; see the port.

        Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketEncryption.html
        """

        def algorithm(answer: Answer) -> str | None:
            rules = answer.inside("ServerSideEncryptionConfiguration").items("Rules")
            default = rules[0].maybe_inside("ApplyServerSideEncryptionByDefault") if rules else None
            return default.text("SSEAlgorithm") if default else None

        call = self._of_bucket(
            "GetBucketEncryption",
            bucket,
            {"ServerSideEncryptionConfigurationNotFoundError": not_there},
            action="GetEncryptionConfiguration",
        )
        try:
            return self._calls.run(
                call,
                lambda: self._clients.s3.get_bucket_encryption(
                    Bucket=bucket, ExpectedBucketOwner=owner
                ),
                algorithm,
            )
        except NotThere:
            return None

    def bucket_policy(self, bucket: str, owner: str) -> Document | None:
        """GetBucketPolicy; see the port.

        Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketPolicy.html
        """

        def parsed(answer: Answer) -> Document:
            try:
                value = json.loads(answer.text("Policy"))
            except ValueError:
                raise NotAnAnswer("'Policy' is not JSON") from None
            if not isinstance(value, dict):
                raise NotAnAnswer("'Policy' is not a policy")
            return value

        call = self._of_bucket("GetBucketPolicy", bucket, {"NoSuchBucketPolicy": not_there})
        try:
            return self._calls.run(
                call,
                lambda: self._clients.s3.get_bucket_policy(
                    Bucket=bucket, ExpectedBucketOwner=owner
                ),
                parsed,
            )
        except NotThere:
            return None

    def make_bucket(self, bucket: str) -> None:
        """CreateBucket in the region of the clients; a lost answer finds the bucket ours.

        Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html

        Raises:
            BucketError: E-BUCKET-02, another account has the name.
        """

        def foreign(refusal: Refusal) -> Exception:
            return BucketError.of(
                "E-BUCKET-02",
                f"the name {bucket!r} is taken by another account: {shown(refusal.message)}",
                "Choose another name with --bucket: names of buckets are unique in the world",
            )

        call = self._of_bucket(
            "CreateBucket",
            bucket,
            {"BucketAlreadyOwnedByYou": not_there, "BucketAlreadyExists": foreign},
        )
        region = self._clients.region
        s3 = self._clients.s3
        try:
            if region == _FIRST_REGION:
                self._calls.run(call, lambda: s3.create_bucket(Bucket=bucket), _nothing)
            else:
                place = cast("BucketLocationConstraintType", region)
                self._calls.run(
                    call,
                    lambda: s3.create_bucket(
                        Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": place}
                    ),
                    _nothing,
                )
        except NotThere:
            return  # it is there, and ours

    def block_public_access(self, bucket: str, owner: str) -> None:
        """PutPublicAccessBlock, all four.

        Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutPublicAccessBlock.html
        """
        self._calls.run(
            self._of_bucket(
                "PutPublicAccessBlock", bucket, {}, action="PutBucketPublicAccessBlock"
            ),
            lambda: self._clients.s3.put_public_access_block(
                Bucket=bucket,
                PublicAccessBlockConfiguration=dict.fromkeys(_BLOCK, True),  # type: ignore[arg-type] # the names are a TypedDict's
                ExpectedBucketOwner=owner,
            ),
            _nothing,
        )

    def encrypt(self, bucket: str, owner: str) -> None:
        """PutBucketEncryption with S3's own keys.

        Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketEncryption.html
        """
        self._calls.run(
            self._of_bucket("PutBucketEncryption", bucket, {}, action="PutEncryptionConfiguration"),
            lambda: self._clients.s3.put_bucket_encryption(
                Bucket=bucket,
                ServerSideEncryptionConfiguration={
                    "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
                },
                ExpectedBucketOwner=owner,
            ),
            _nothing,
        )

    def keep_versions(self, bucket: str, owner: str) -> None:
        """PutBucketVersioning.

        Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketVersioning.html
        """
        self._calls.run(
            self._of_bucket("PutBucketVersioning", bucket, {}),
            lambda: self._clients.s3.put_bucket_versioning(
                Bucket=bucket,
                VersioningConfiguration={"Status": "Enabled"},
                ExpectedBucketOwner=owner,
            ),
            _nothing,
        )

    def put_bucket_policy(self, bucket: str, owner: str, policy: Document) -> None:
        """PutBucketPolicy.

        Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html
        """
        self._calls.run(
            self._of_bucket("PutBucketPolicy", bucket, {}),
            lambda: self._clients.s3.put_bucket_policy(
                Bucket=bucket, Policy=json.dumps(policy), ExpectedBucketOwner=owner
            ),
            _nothing,
        )

    def _of_bucket(
        self,
        operation: str,
        bucket: str,
        expected: Mapping[str, Expected],
        *,
        action: str = "",
        hint: str = "",
    ) -> Call:
        return Call(
            operation=f"s3:{operation}",
            action=f"s3:{action or operation}",
            resource=self._place.bucket(bucket),
            expected=expected,
            hint=hint,
        )


def _nothing(_: Answer) -> None:
    """The answer of a write that has no members."""
