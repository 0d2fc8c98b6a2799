"""T8, T9, T12: somebody else writes to the bucket, or owns it."""

from __future__ import annotations

import pytest

from tests.attacks.conftest import evil_zip, nothing_moves
from tests.support.action import Team


def key_of(team: Team, folder: str) -> str:
    """The newest key under a folder of the prefix."""
    answer = team.client("s3").list_objects_v2(Bucket=team.estate.bucket, Prefix=folder)
    return max(answer["Contents"], key=lambda o: o["LastModified"])["Key"]


def next_build_key(team: Team) -> str:
    """Where the next deploy will upload its build."""
    planned = team.run("plan", bucket=team.estate.bucket, signing_profile=team.estate.profile)
    return f"signed-lambda/unsigned/{planned.outputs['build-sha256']}.zip"


def test_a_key_created_before_with_other_bytes_is_not_used(released: Team) -> None:
    key = next_build_key(released)
    released.sandbox.acts.put_object(released.estate.bucket, key, evil_zip())

    with nothing_moves(released):
        ended = released.run()

    assert (ended.exit_code, ended.error_ids) == (14, ["E-BUCKET-06"])
    assert ended.report["outcome"] == "refused"


def test_a_key_created_before_with_our_bytes_is_rehashed_and_used(released: Team) -> None:
    released.sandbox.before("StartSigningJob", lambda _: None)
    released.sandbox.faults.add("StartSigningJob", "denied", times=1)
    assert released.run().exit_code == 28

    ended = released.run()

    assert ended.exit_code == 0
    assert "already there, downloaded and re-hashed" in ended.log


def test_the_upload_sends_checksum_condition_and_owner(team: Team) -> None:
    ended = team.deployed()

    put, _statement = (c for c in ended.calls if c.operation == "PutObject")
    assert put.params["IfNoneMatch"] == "*"
    assert put.params["ExpectedBucketOwner"] == "111122223333"
    assert len(put.params["ChecksumSHA256"]) == 44


def test_the_build_overwritten_after_the_upload_is_not_what_is_signed(released: Team) -> None:
    def overwrite(sandbox: object) -> None:
        acts = released.sandbox.acts
        acts.put_object(
            released.estate.bucket, key_of(released, "signed-lambda/unsigned/"), evil_zip()
        )

    released.sandbox.before("StartSigningJob", overwrite)

    ended = released.run()

    assert ended.exit_code == 0, ended.log
    [job] = [c for c in ended.calls if c.operation == "StartSigningJob"]
    put, _statement = (c for c in ended.calls if c.operation == "PutObject")
    assert job.params["source"]["s3"]["version"] not in (None, "null")
    assert put.params["Key"] == job.params["source"]["s3"]["key"]


def test_the_signed_object_overwritten_before_its_download_is_refused(released: Team) -> None:
    def overwrite(sandbox: object) -> None:
        acts = released.sandbox.acts
        acts.put_object(
            released.estate.bucket, key_of(released, "signed-lambda/signed/"), evil_zip()
        )

    released.sandbox.before("GetObject", overwrite)

    with nothing_moves(released):
        ended = released.run()

    assert ended.exit_code == 22
    assert ended.error_ids == ["E-SIGNATURE-01"]


def test_the_signed_object_overwritten_after_its_download_is_not_what_is_deployed(
    released: Team,
) -> None:
    def overwrite(sandbox: object) -> None:
        acts = released.sandbox.acts
        acts.put_object(
            released.estate.bucket, key_of(released, "signed-lambda/signed/"), evil_zip()
        )

    released.sandbox.before("UpdateFunctionCode", overwrite)

    ended = released.run()

    assert ended.exit_code == 0, ended.log
    sent = [c.params["S3ObjectVersion"] for c in ended.calls if c.operation == "UpdateFunctionCode"]
    assert len(sent) == 2  # the dry run and the update
    assert sent[0] == sent[1]


@pytest.mark.parametrize(
    ("inputs", "error_id"),
    [
        ({"bucket": "no-such-bucket"}, "E-BUCKET-01"),
        ({"bucket_owner": "999988887777"}, "E-BUCKET-02"),
    ],
)
def test_a_bucket_that_is_not_ours_is_refused_before_any_write(
    released: Team, inputs: dict[str, str], error_id: str
) -> None:
    with nothing_moves(released):
        ended = released.run(**inputs)

    assert (ended.exit_code, ended.error_ids) == (14, [error_id])
    assert ended.writes == []


@pytest.mark.parametrize(
    ("status", "error_id"), [(None, "E-BUCKET-03"), ("Suspended", "E-BUCKET-04")]
)
def test_a_bucket_without_versioning_is_refused_with_the_command_that_enables_it(
    released: Team, status: str | None, error_id: str
) -> None:
    s3 = released.client("s3")
    s3.create_bucket(Bucket="plain", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    if status:
        s3.put_bucket_versioning(Bucket="plain", VersioningConfiguration={"Status": status})

    ended = released.run(bucket="plain")

    assert ended.error_ids == [error_id]
    assert "aws s3api put-bucket-versioning --bucket plain" in ended.log
    assert ended.writes == []
