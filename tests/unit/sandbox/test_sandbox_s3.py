"""S3: the rules in front of moto, each as AWS was seen to answer."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import pytest

from lambda_sandbox import ApiError
from lambda_sandbox.wire.message import Request
from tests.unit.sandbox.rig import ACCOUNT, refused, sha256, zipped

if TYPE_CHECKING:
    from tests.unit.sandbox.rig import Rig

STRANGER = "999999999999"


def test_versions_are_kept_and_read_by_id(rig: Rig) -> None:
    bucket = rig.bucket()
    first = rig.s3.put_object(Bucket=bucket, Key="k", Body=b"1")["VersionId"]
    second = rig.s3.put_object(Bucket=bucket, Key="k", Body=b"2")["VersionId"]

    old = rig.s3.get_object(Bucket=bucket, Key="k", VersionId=first)

    assert first != second
    assert old["Body"].read() == b"1"
    assert rig.s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"2"


def test_head_tells_the_length_of_the_object(rig: Rig) -> None:
    bucket = rig.bucket()
    rig.s3.put_object(Bucket=bucket, Key="k", Body=b"12345")

    assert rig.s3.head_object(Bucket=bucket, Key="k")["ContentLength"] == 5


def test_unversioned_bucket_tells_no_version_and_no_status(rig: Rig) -> None:
    bucket = rig.bucket(versioned=False)

    put = rig.s3.put_object(Bucket=bucket, Key="k", Body=b"1")

    assert "VersionId" not in put
    assert "Status" not in rig.s3.get_bucket_versioning(Bucket=bucket)


def test_right_checksum_comes_back_with_its_type(rig: Rig) -> None:
    bucket = rig.bucket()

    put = rig.s3.put_object(Bucket=bucket, Key="k", Body=b"x", ChecksumSHA256=sha256(b"x"))
    head = rig.s3.head_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    plain = rig.s3.head_object(Bucket=bucket, Key="k")

    assert (put["ChecksumSHA256"], put["ChecksumType"]) == (sha256(b"x"), "FULL_OBJECT")
    assert (head["ChecksumSHA256"], head["ChecksumType"]) == (sha256(b"x"), "FULL_OBJECT")
    assert "ChecksumSHA256" not in plain


def test_wrong_checksum_is_bad_digest_and_stores_nothing(rig: Rig) -> None:
    bucket = rig.bucket()

    with refused(
        "BadDigest", 400, "The SHA256 you specified did not match the calculated checksum."
    ):
        rig.s3.put_object(Bucket=bucket, Key="k", Body=b"x", ChecksumSHA256=sha256(b"y"))

    assert "Versions" not in rig.s3.list_object_versions(Bucket=bucket)


@pytest.mark.parametrize("checksum", ["short", "a" * 44, "AAAA"])
def test_malformed_checksum_is_invalid_request(rig: Rig, checksum: str) -> None:
    bucket = rig.bucket()

    with refused("InvalidRequest", 400, "x-amz-checksum-sha256 header is invalid"):
        rig.s3.put_object(Bucket=bucket, Key="k", Body=b"x", ChecksumSHA256=checksum)


def test_wrong_content_md5_is_bad_digest(rig: Rig) -> None:
    bucket = rig.bucket()

    with refused("BadDigest", 400, "The Content-MD5 you specified"):
        rig.s3.put_object(Bucket=bucket, Key="k", Body=b"x", ContentMD5="rL0Y20zC+Fzt72VPzMSk2A==")


@pytest.mark.parametrize("body", [b"plain", io.BytesIO(b"plain")])
def test_trailing_checksum_of_botocore_is_undone(rig: Rig, body: Any) -> None:  # noqa: ANN401 - bytes or a file
    bucket = rig.bucket()

    rig.s3.put_object(Bucket=bucket, Key="k", Body=body)

    assert rig.s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"plain"


@pytest.mark.parametrize("body", [b"", b"5\r\nabc", b"xyz\r\n", b"1\r\nx\r\n"])
def test_broken_chunks_are_an_incomplete_body(rig: Rig, body: bytes) -> None:
    bucket = rig.bucket()
    scope = "Credential=a/20260105/eu-west-1/s3/aws4_request, SignedHeaders=host"
    headers = {
        "authorization": f"AWS4-HMAC-SHA256 {scope}",
        "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        "content-encoding": "aws-chunked",
    }

    response = rig.sandbox.gateway.handle(
        Request("PUT", "https", "s3", f"/{bucket}/k", "", headers, body, in_process=True)
    )

    assert (response.status, response.error) == (400, "IncompleteBody")
    assert rig.s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


@pytest.mark.parametrize("versioned", [True, False])
def test_if_none_match_refuses_an_existing_key(rig: Rig, versioned: bool) -> None:  # noqa: FBT001 - a parameter
    bucket = rig.bucket(versioned=versioned)
    rig.s3.put_object(Bucket=bucket, Key="k", Body=b"1", IfNoneMatch="*")

    with refused("PreconditionFailed", 412):
        rig.s3.put_object(Bucket=bucket, Key="k", Body=b"2", IfNoneMatch="*")

    assert rig.s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"1"


@pytest.mark.parametrize("versioned", [True, False])
def test_deleted_key_is_free_again(rig: Rig, versioned: bool) -> None:  # noqa: FBT001 - a parameter
    bucket = rig.bucket(versioned=versioned)
    rig.s3.put_object(Bucket=bucket, Key="k", Body=b"1")
    rig.s3.delete_object(Bucket=bucket, Key="k")

    rig.s3.put_object(Bucket=bucket, Key="k", Body=b"2", IfNoneMatch="*")

    assert rig.s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"2"


@pytest.mark.parametrize(
    "conditions", [{"IfNoneMatch": '"etag"'}, {"IfNoneMatch": "*", "IfMatch": '"etag"'}]
)
def test_other_conditions_are_501(rig: Rig, conditions: dict[str, str]) -> None:
    bucket = rig.bucket()
    more: Any = conditions

    with refused("NotImplemented", 501, "A header you provided implies functionality"):
        rig.s3.put_object(Bucket=bucket, Key="k", Body=b"1", **more)


def test_expected_owner_must_be_the_account(rig: Rig) -> None:
    bucket = rig.bucket()
    rig.s3.put_object(Bucket=bucket, Key="k", Body=b"1", ExpectedBucketOwner=ACCOUNT)

    with refused("AccessDenied", 403):
        rig.s3.put_object(Bucket=bucket, Key="k", Body=b"2", ExpectedBucketOwner=STRANGER)
    with refused("AccessDenied", 403):
        rig.s3.get_object(Bucket=bucket, Key="k", ExpectedBucketOwner=STRANGER)
    with refused("403", 403):
        rig.s3.head_object(Bucket=bucket, Key="k", ExpectedBucketOwner=STRANGER)
    with refused("InvalidBucketOwnerAWSAccountID", 400):
        rig.s3.get_object(Bucket=bucket, Key="k", ExpectedBucketOwner="12")

    assert len(rig.s3.list_object_versions(Bucket=bucket)["Versions"]) == 1


def test_notifications_keep_the_qualifier_and_the_event_bridge(rig: Rig) -> None:
    bucket = rig.bucket()
    none = rig.s3.get_bucket_notification_configuration(Bucket=bucket)
    arn = f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:orders:live"

    rig.s3.put_bucket_notification_configuration(
        Bucket=bucket,
        NotificationConfiguration={
            "LambdaFunctionConfigurations": [
                {"LambdaFunctionArn": arn, "Events": ["s3:ObjectCreated:*"]}
            ],
            "EventBridgeConfiguration": {},
        },
    )
    found = rig.s3.get_bucket_notification_configuration(Bucket=bucket)

    assert set(none) == {"ResponseMetadata"}
    assert [c["LambdaFunctionArn"] for c in found["LambdaFunctionConfigurations"]] == [arn]
    assert found["EventBridgeConfiguration"] == {}


def test_event_bridge_alone_is_told(rig: Rig) -> None:
    bucket = rig.bucket()

    rig.s3.put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={"EventBridgeConfiguration": {}}
    )

    found = rig.s3.get_bucket_notification_configuration(Bucket=bucket)
    assert set(found) == {"ResponseMetadata", "EventBridgeConfiguration"}


def test_objects_of_the_world_raise_as_s3_spells_it(rig: Rig) -> None:
    bucket = rig.bucket(versioned=False)
    objects = rig.sandbox.world.objects
    stored = objects.put(bucket, "k", b"x")

    codes = []
    for place in (("nobody", "k", None), (bucket, "nobody", None), (bucket, "k", "nobody")):
        with pytest.raises(ApiError) as caught:
            objects.get(*place)
        codes.append((caught.value.code, caught.value.status))

    assert stored == "null"
    assert objects.get(bucket, "k").body == b"x"
    assert objects.versioning(bucket) is None
    assert codes == [("NoSuchBucket", 404), ("NoSuchKey", 404), ("NoSuchVersion", 404)]


def test_signed_object_appears_in_s3_when_the_job_is_done(rig: Rig) -> None:
    bucket = rig.bucket()
    rig.profile()
    source = rig.s3.put_object(Bucket=bucket, Key="a.zip", Body=zipped())
    job = rig.signer.start_signing_job(
        source={"s3": {"bucketName": bucket, "key": "a.zip", "version": source["VersionId"]}},
        destination={"s3": {"bucketName": bucket, "prefix": "signed/"}},
        profileName="team",
    )["jobId"]

    early = rig.s3.list_objects_v2(Bucket=bucket, Prefix="signed/")["KeyCount"]
    rig.settle()
    late = rig.s3.list_objects_v2(Bucket=bucket, Prefix="signed/")

    assert early == 0
    assert [found["Key"] for found in late["Contents"]] == [f"signed/{job}.zip"]


TLS_ONLY = {"Bool": {"aws:SecureTransport": "false"}}


@pytest.mark.parametrize(
    ("action", "condition", "denied"),
    [
        ("s3:*", TLS_ONLY, False),
        ("s3:*", {"Bool": {"aws:SecureTransport": "true"}}, True),
        ("s3:PutObject", {}, True),
        ("s3:DeleteObject", {}, False),
    ],
)
def test_a_buckets_policy_is_obeyed_with_its_conditions(
    rig: Rig, action: str, condition: dict[str, object], *, denied: bool
) -> None:
    s3, bucket = rig.s3, rig.bucket()
    statement = {"Effect": "Deny", "Principal": "*", "Action": action, "Condition": condition}
    statement["Resource"] = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Statement": [statement]}))

    if denied:
        with refused("AccessDenied", 403):
            s3.put_object(Bucket=bucket, Key="a", Body=b"x")
    else:
        s3.put_object(Bucket=bucket, Key="a", Body=b"x")


def test_a_policy_that_was_deleted_is_gone(rig: Rig) -> None:
    s3, bucket = rig.s3, rig.bucket()
    denies = {"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": "*"}
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Statement": [denies]}))

    s3.delete_bucket_policy(Bucket=bucket)

    with refused("NoSuchBucketPolicy", 404):
        s3.get_bucket_policy(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="a", Body=b"x")
