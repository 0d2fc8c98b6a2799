"""What is sent to AWS: each condition that lets AWS itself refuse what is not ours.

Two guards often cover one attack, ours and AWS's. Here AWS's half is held to be asked for.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.action import Ended, Team


@pytest.fixture
def second(team: Team) -> Ended:
    """The second deploy of a team: every write of the chain is in it."""
    team.deployed()
    team.change_code()
    return team.deployed()


def sent(ended: Ended, operation: str) -> list[dict[str, Any]]:
    """Parameters of each call of an operation."""
    return [c.params for c in ended.calls if c.operation == operation]


def test_the_upload_sends_create_only_checksum_and_owner(team: Team) -> None:
    ended = team.run()

    build_and_statement = sent(ended, "PutObject")
    for put in build_and_statement:
        assert put.get("IfNoneMatch") == "*"
        assert put.get("ExpectedBucketOwner") == "111122223333"
        assert len(put.get("ChecksumSHA256", "")) == 44
    assert len(build_and_statement) == 2


@pytest.mark.parametrize("operation", ["GetBucketVersioning", "ListObjectsV2", "GetObject"])
def test_every_look_at_the_bucket_names_its_owner(second: Ended, operation: str) -> None:
    looks = sent(second, operation)

    assert looks
    assert {look.get("ExpectedBucketOwner") for look in looks} == {"111122223333"}


def test_another_bucket_owner_that_was_given_is_the_one_that_is_sent(team: Team) -> None:
    ended = team.run(bucket_owner="999988887777")

    assert ended.error_ids == ["E-BUCKET-02"]
    assert {p.get("ExpectedBucketOwner") for p in sent(ended, "GetBucketVersioning")} == {
        "999988887777"
    }


def test_signer_is_asked_to_sign_the_version_that_was_uploaded(team: Team) -> None:
    ended = team.deployed()

    [started] = sent(ended, "StartSigningJob")
    source = started["source"]["s3"]
    versions = team.client("s3").list_object_versions(
        Bucket=team.estate.bucket, Prefix=source["key"]
    )["Versions"]
    assert [v["VersionId"] for v in versions] == [source["version"]]


def test_the_first_update_that_is_sent_is_dry(team: Team) -> None:
    ended = team.run()

    assert sent(ended, "UpdateFunctionCode")[0].get("DryRun") is True


def test_the_update_is_tried_dry_first_and_is_pinned_conditional_and_copied(
    second: Ended,
) -> None:
    calls = sent(second, "UpdateFunctionCode")

    assert [call.get("DryRun") for call in calls] == [True, False]
    for call in calls:
        assert call.get("RevisionId")
        assert call.get("S3ObjectVersion")
        assert call.get("S3ObjectStorageMode") == "COPY"
        assert call.get("Publish") is False
    assert len({call["S3ObjectVersion"] for call in calls}) == 1


def test_publish_names_the_code_and_the_revision(second: Ended) -> None:
    [publish] = sent(second, "PublishVersion")

    assert publish.get("CodeSha256") == second.outputs["code-sha256"]
    assert publish.get("RevisionId")


def test_the_move_is_conditional_and_clears_every_weight(second: Ended) -> None:
    [move] = sent(second, "UpdateAlias")

    assert move.get("RevisionId")
    assert move.get("RoutingConfig") == {"AdditionalVersionWeights": {}}


def test_the_alias_is_read_after_the_move(second: Ended) -> None:
    operations = [c.operation for c in second.calls]

    assert operations[-3:] == ["UpdateAlias", "GetAlias", "PutObject"]


def test_nothing_is_written_twice_and_nothing_else_is_written(second: Ended) -> None:
    assert second.writes == [
        "PutObject",
        "StartSigningJob",
        "UpdateFunctionCode",
        "PublishVersion",
        "CreateAlias",
        "UpdateAlias",
        "PutObject",
    ]
