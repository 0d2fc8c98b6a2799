"""Code from S3: pinned versions, errors inside errors, objects that stay in the bucket."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.sandbox.rig import ROLE, refused, sha256, zipped

if TYPE_CHECKING:
    from tests.unit.sandbox.rig import Rig


def test_pinned_object_version_is_what_is_deployed(rig: Rig) -> None:
    rig.function()
    bucket = rig.bucket()
    put = rig.s3.put_object(Bucket=bucket, Key="k.zip", Body=zipped("old"))
    rig.s3.put_object(Bucket=bucket, Key="k.zip", Body=zipped("new"))

    pinned = rig.lambda_.update_function_code(
        FunctionName="orders", S3Bucket=bucket, S3Key="k.zip", S3ObjectVersion=put["VersionId"]
    )
    rig.settle()
    newest = rig.lambda_.update_function_code(FunctionName="orders", S3Bucket=bucket, S3Key="k.zip")

    assert pinned["CodeSha256"] == sha256(zipped("old"))
    assert newest["CodeSha256"] == sha256(zipped("new"))


@pytest.mark.parametrize(
    ("bucket", "key", "text"),
    [
        ("nobody", "k", "S3 Error Code: NoSuchBucket. S3 Error Message: The specified bucket"),
        ("artefacts", "k", "S3 Error Code: NoSuchKey. S3 Error Message: The specified key"),
    ],
)
def test_missing_object_is_400_with_s3s_own_error_inside(
    rig: Rig, bucket: str, key: str, text: str
) -> None:
    rig.function()
    rig.bucket()

    with refused("InvalidParameterValueException", 400, f"Error occurred while GetObject. {text}"):
        rig.lambda_.update_function_code(FunctionName="orders", S3Bucket=bucket, S3Key=key)

    assert rig.lambda_.get_function_configuration(FunctionName="orders")["CodeSha256"] == sha256(
        zipped("one")
    )


def test_missing_object_version_is_400(rig: Rig) -> None:
    rig.function()
    bucket = rig.bucket()
    rig.s3.put_object(Bucket=bucket, Key="k", Body=zipped("two"))

    with refused("InvalidParameterValueException", 400, "NoSuchVersion"):
        rig.lambda_.update_function_code(
            FunctionName="orders", S3Bucket=bucket, S3Key="k", S3ObjectVersion="nobody"
        )


def test_deleted_object_is_no_such_key(rig: Rig) -> None:
    rig.function()
    bucket = rig.bucket()
    rig.s3.put_object(Bucket=bucket, Key="k", Body=zipped("two"))
    rig.s3.delete_object(Bucket=bucket, Key="k")

    with refused("InvalidParameterValueException", 400, "NoSuchKey"):
        rig.lambda_.update_function_code(FunctionName="orders", S3Bucket=bucket, S3Key="k")


def test_no_source_at_all_is_400(rig: Rig) -> None:
    rig.function()

    with refused("InvalidParameterValueException", 400, "source for function code"):
        rig.lambda_.update_function_code(FunctionName="orders")


def test_referenced_object_is_told_and_has_no_hash_before_active(rig: Rig) -> None:
    bucket = rig.bucket()
    put = rig.s3.put_object(Bucket=bucket, Key="k", Body=zipped("two"))

    created = rig.lambda_.create_function(
        FunctionName="orders",
        Role=ROLE,
        Runtime="python3.13",
        Handler="app.handler",
        Code={"S3Bucket": bucket, "S3Key": "k", "S3ObjectStorageMode": "REFERENCE"},
    )
    rig.settle()
    found = rig.lambda_.get_function(FunctionName="orders")

    assert created["CodeSha256"] == ""
    assert found["Configuration"]["CodeSha256"] == sha256(zipped("two"))
    assert found["Code"]["ResolvedS3Object"] == {
        "S3Bucket": bucket,
        "S3Key": "k",
        "S3ObjectVersion": put["VersionId"],
    }
