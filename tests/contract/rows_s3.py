"""Rows on S3, as far as a deploy relies on it: versions, checksums, conditions, owner, triggers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.contract.material import sha256_b64
from tests.contract.row import Area, Source, further, refused, row

if TYPE_CHECKING:
    from tests.contract.clients import Clients

S3 = Area.S3
LS, DOCS = Source.LOCALSTACK, Source.DOCS
OTHER_ACCOUNT = "999988887777"


@row(S3, LS)
def s3_versions(aws: Clients) -> None:
    """In a bucket with versioning Enabled every PUT answers a VersionId of its own."""
    bucket = aws.bucket()

    first = aws.s3.put_object(Bucket=bucket, Key="a", Body=b"one")
    second = aws.s3.put_object(Bucket=bucket, Key="a", Body=b"two")

    assert first["VersionId"] != second["VersionId"]
    assert "null" not in (first["VersionId"], second["VersionId"])
    assert aws.s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"


@row(S3, LS)
def s3_read_by_version(aws: Clients) -> None:
    """GetObject with a VersionId answers that version's bytes after the key was overwritten."""
    bucket = aws.bucket()
    first = aws.upload(bucket, "a", b"one")
    aws.upload(bucket, "a", b"two")

    got = aws.s3.get_object(Bucket=bucket, Key="a", VersionId=first)

    assert (got["Body"].read(), got["VersionId"]) == (b"one", first)


@row(S3, LS)
def s3_if_none_match(aws: Clients) -> None:
    """IfNoneMatch="*" refuses to overwrite with 412, on a versioned bucket too."""
    bucket = aws.bucket()
    aws.upload(bucket, "a", b"one")

    with refused("PreconditionFailed", 412) as answer:
        aws.s3.put_object(Bucket=bucket, Key="a", Body=b"two", IfNoneMatch="*")

    assert answer["Error"].get("Condition", "If-None-Match") == "If-None-Match"
    assert aws.s3.get_object(Bucket=bucket, Key="a")["Body"].read() == b"one"


@row(S3, LS)
def s3_wrong_checksum(aws: Clients) -> None:
    """A PUT whose ChecksumSHA256 is of other bytes is 400 BadDigest and stores nothing."""
    bucket = aws.bucket()

    with refused("BadDigest", 400, "SHA256 you specified did not match the calculated checksum"):
        aws.s3.put_object(Bucket=bucket, Key="a", Body=b"one", ChecksumSHA256=sha256_b64(b"two"))

    assert aws.s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


@row(S3, LS)
def s3_malformed_checksum(aws: Clients) -> None:
    """A PUT whose ChecksumSHA256 is not 32 bytes of base64 is 400 InvalidRequest."""
    bucket = aws.bucket()

    with refused("InvalidRequest", 400, "Value for x-amz-checksum-sha256 header is invalid."):
        aws.s3.put_object(Bucket=bucket, Key="a", Body=b"one", ChecksumSHA256="nonsense")

    assert aws.s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


@row(S3, LS)
def s3_checksum_echoed(aws: Clients) -> None:
    """A PUT with the right ChecksumSHA256 answers it again, as ChecksumType FULL_OBJECT."""
    bucket = aws.bucket()
    sha = sha256_b64(b"one")

    put = aws.s3.put_object(Bucket=bucket, Key="a", Body=b"one", ChecksumSHA256=sha)

    assert (put.get("ChecksumSHA256"), put.get("ChecksumType")) == (sha, "FULL_OBJECT")


@row(S3, LS)
def s3_expected_owner(aws: Clients) -> None:
    """ExpectedBucketOwner of another account is 403 AccessDenied, and nothing is written."""
    bucket = aws.bucket()
    aws.upload(bucket, "a", b"one")

    with refused("AccessDenied", 403):
        aws.s3.put_object(Bucket=bucket, Key="a", Body=b"two", ExpectedBucketOwner=OTHER_ACCOUNT)
    with refused("AccessDenied", 403):
        aws.s3.get_object(Bucket=bucket, Key="a", ExpectedBucketOwner=OTHER_ACCOUNT)

    mine = aws.s3.get_object(Bucket=bucket, Key="a", ExpectedBucketOwner=aws.account)
    assert mine["Body"].read() == b"one"


@row(S3, LS)
def s3_notification(aws: Clients) -> None:
    """A bucket's trigger is read back with the alias in its LambdaFunctionArn."""
    bucket, name = aws.bucket(), aws.function()
    aws.publish(name)
    alias = aws.lambda_.create_alias(FunctionName=name, Name="live", FunctionVersion="1")[
        "AliasArn"
    ]
    aws.lambda_.add_permission(
        FunctionName=name,
        Qualifier="live",
        StatementId="bucket",
        Action="lambda:InvokeFunction",
        Principal="s3.amazonaws.com",
        SourceArn=f"arn:aws:s3:::{bucket}",
    )
    trigger: Any = {"LambdaFunctionArn": alias, "Events": ["s3:ObjectCreated:*"]}

    aws.s3.put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={"LambdaFunctionConfigurations": [trigger]}
    )

    got = aws.s3.get_bucket_notification_configuration(Bucket=bucket)
    assert [c["LambdaFunctionArn"] for c in got["LambdaFunctionConfigurations"]] == [alias]


@further(S3, LS)
def s3_notification_empty(aws: Clients) -> None:
    """A bucket without triggers answers an empty notification configuration."""
    bucket = aws.bucket()

    got: dict[str, Any] = dict(aws.s3.get_bucket_notification_configuration(Bucket=bucket))

    got.pop("ResponseMetadata")
    assert got == {}


@further(S3, LS)
def s3_notification_eventbridge(aws: Clients) -> None:
    """A bucket that sends all events to EventBridge shows an EventBridgeConfiguration."""
    bucket = aws.bucket()

    aws.s3.put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={"EventBridgeConfiguration": {}}
    )

    got = aws.s3.get_bucket_notification_configuration(Bucket=bucket)
    assert got["EventBridgeConfiguration"] == {}
    assert "LambdaFunctionConfigurations" not in got


@further(S3, LS)
def s3_unversioned(aws: Clients) -> None:
    """A bucket whose versioning was never set has no Status, and a PUT answers no VersionId."""
    bucket = aws.bucket(versioned=False)

    put = aws.s3.put_object(Bucket=bucket, Key="a", Body=b"one")

    assert "VersionId" not in put
    assert "Status" not in aws.s3.get_bucket_versioning(Bucket=bucket)


@further(S3, LS)
def s3_head_checksum(aws: Clients) -> None:
    """HeadObject answers the checksum only with ChecksumMode=ENABLED."""
    bucket = aws.bucket()
    aws.upload(bucket, "a", b"one")

    asked = aws.s3.head_object(Bucket=bucket, Key="a", ChecksumMode="ENABLED")
    plain = aws.s3.head_object(Bucket=bucket, Key="a")

    assert asked["ChecksumSHA256"] == sha256_b64(b"one")
    assert "ChecksumSHA256" not in plain


@further(S3, LS)
def s3_if_none_match_after_delete(aws: Clients) -> None:
    """A delete marker frees the key for IfNoneMatch="*"."""
    bucket = aws.bucket()
    aws.upload(bucket, "a", b"one")
    aws.s3.delete_object(Bucket=bucket, Key="a")

    aws.s3.put_object(Bucket=bucket, Key="a", Body=b"two", IfNoneMatch="*")

    assert aws.s3.get_object(Bucket=bucket, Key="a")["Body"].read() == b"two"


@further(S3, LS)
def s3_if_none_match_etag(aws: Clients) -> None:
    """IfNoneMatch on a PUT with anything but "*" is 501 NotImplemented."""
    bucket = aws.bucket()

    with refused("NotImplemented", 501):
        aws.s3.put_object(Bucket=bucket, Key="a", Body=b"one", IfNoneMatch='"abc"')


@further(S3, LS)
def s3_both_conditions(aws: Clients) -> None:
    """IfMatch together with IfNoneMatch on a PUT is 501 NotImplemented."""
    bucket = aws.bucket()
    put = aws.s3.put_object(Bucket=bucket, Key="a", Body=b"one")

    with refused("NotImplemented", 501):
        aws.s3.put_object(Bucket=bucket, Key="a", Body=b"two", IfMatch=put["ETag"], IfNoneMatch="*")


@further(S3, LS)
def s3_owner_malformed(aws: Clients) -> None:
    """ExpectedBucketOwner that is not 12 digits is 400 InvalidBucketOwnerAWSAccountID."""
    bucket = aws.bucket()

    with refused("InvalidBucketOwnerAWSAccountID", 400):
        aws.s3.put_object(Bucket=bucket, Key="a", Body=b"one", ExpectedBucketOwner="nobody")


@further(S3, LS)
def s3_owner_on_reads_of_settings(aws: Clients) -> None:
    """ExpectedBucketOwner of another account refuses HeadBucket and GetBucketVersioning too."""
    bucket = aws.bucket()

    with refused("403", 403):  # a HEAD has no body, so the code is the status
        aws.s3.head_bucket(Bucket=bucket, ExpectedBucketOwner=OTHER_ACCOUNT)
    with refused("AccessDenied", 403):
        aws.s3.get_bucket_versioning(Bucket=bucket, ExpectedBucketOwner=OTHER_ACCOUNT)


@further(S3, DOCS)
def s3_new_bucket_is_closed(aws: Clients) -> None:
    """A new bucket blocks public access in all four ways and encrypts with AES256, unasked."""
    bucket = aws.bucket(versioned=False)

    block = aws.s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    rules = aws.s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]

    assert list(block.values()) == [True] * 4
    (rule,) = rules["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}


@further(S3, DOCS)
def s3_policy_is_kept_as_it_was_put(aws: Clients) -> None:
    """PutBucketPolicy answers 204; GetBucketPolicy gives the text that was put; none is 404."""
    bucket = aws.bucket()
    with refused("NoSuchBucketPolicy", 404):
        aws.s3.get_bucket_policy(Bucket=bucket)
    statement = {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    policy = {"Version": "2012-10-17", "Statement": [statement]}

    put = aws.s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))

    assert put["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert json.loads(aws.s3.get_bucket_policy(Bucket=bucket)["Policy"]) == policy
