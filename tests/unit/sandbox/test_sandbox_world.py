"""The sandbox as a whole: isolation, repeatability, the log, the adversary, the clock."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from lambda_sandbox import RealClock, Sandbox, Timing, VirtualClock
from tests.unit.sandbox.rig import ACCOUNT, Rig, client, refused, sha256, zipped

if TYPE_CHECKING:
    from collections.abc import Callable


def test_two_sandboxes_never_see_each_other() -> None:
    first, second = Sandbox(), Sandbox()
    mine, theirs = first.session().client("s3"), second.session().client("s3")
    where = {"LocationConstraint": "eu-west-1"}

    mine.create_bucket(Bucket="artefacts", CreateBucketConfiguration=where)
    mine.put_object(Bucket="artefacts", Key="k", Body=b"mine")
    theirs.create_bucket(Bucket="artefacts", CreateBucketConfiguration=where)
    theirs.put_object(Bucket="artefacts", Key="k", Body=b"theirs")

    assert mine.get_object(Bucket="artefacts", Key="k")["Body"].read() == b"mine"
    assert theirs.get_object(Bucket="artefacts", Key="k")["Body"].read() == b"theirs"
    assert len(mine.list_buckets()["Buckets"]) == 1
    assert (len(first.calls), len(second.calls)) == (4, 3)


def test_account_and_region_are_the_sandboxs_own() -> None:
    sandbox = Sandbox(account="444455556666", region="us-west-2")
    session = sandbox.session()
    session.client("lambda").create_function(
        FunctionName="f",
        Role="arn:aws:iam::444455556666:role/r",
        Runtime="python3.13",
        Handler="a.b",
        Code={"ZipFile": zipped()},
    )

    found = session.client("lambda").get_function_configuration(FunctionName="f")

    assert session.client("sts").get_caller_identity()["Account"] == "444455556666"
    assert found["FunctionArn"] == "arn:aws:lambda:us-west-2:444455556666:function:f"


def test_other_region_is_another_lambda(rig: Rig) -> None:
    rig.function()

    elsewhere = client("lambda", region="us-east-1").list_functions()["Functions"]

    assert elsewhere == []


def test_same_seed_gives_the_same_ids_and_another_seed_others() -> None:
    def revision(seed: int) -> tuple[str, str]:
        rig = Rig(Sandbox(seed=seed))
        rig.function()
        bucket = rig.bucket()
        version = rig.s3.put_object(Bucket=bucket, Key="k", Body=b"x")["VersionId"]
        return rig.revision(), version

    assert revision(7) == revision(7)
    assert revision(7)[0] != revision(8)[0]
    assert revision(7)[1] != revision(8)[1]


def test_calls_tell_service_operation_parameters_and_how_it_ended(rig: Rig) -> None:
    rig.function()
    with refused("ResourceNotFoundException", 404):
        rig.lambda_.get_alias(FunctionName="orders", Name="live")
    rig.sts.get_caller_identity()

    created, missed, asked = rig.sandbox.calls

    assert (created.service, created.operation, created.write) == ("lambda", "CreateFunction", True)
    assert created.params["Code"] == {"ZipFile": zipped("one")}
    assert created.at == datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
    assert (missed.params, missed.write) == ({"FunctionName": "orders", "Name": "live"}, False)
    assert (missed.status, missed.error) == (404, "ResourceNotFoundException")
    assert (asked.service, asked.operation, asked.write) == ("sts", "GetCallerIdentity", False)


def test_s3_operations_are_told_apart(rig: Rig) -> None:
    bucket = rig.bucket()
    rig.s3.put_object(Bucket=bucket, Key="a b/ü", Body=b"x", Metadata={"run": "1"})
    rig.s3.copy_object(Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": "a b/ü"})
    rig.s3.head_object(Bucket=bucket, Key="copy")
    upload = rig.s3.create_multipart_upload(Bucket=bucket, Key="big")["UploadId"]
    rig.s3.upload_part(Bucket=bucket, Key="big", UploadId=upload, PartNumber=1, Body=b"x")
    rig.s3.list_objects_v2(Bucket=bucket)
    rig.s3.get_bucket_notification_configuration(Bucket=bucket)

    told = [(call.operation, call.write) for call in rig.sandbox.calls]

    assert told == [
        ("CreateBucket", True),
        ("PutBucketVersioning", True),
        ("PutObject", True),
        ("CopyObject", True),
        ("HeadObject", False),
        ("CreateMultipartUpload", True),
        ("UploadPart", True),
        ("ListObjectsV2", False),
        ("GetBucketNotificationConfiguration", False),
    ]
    put = rig.sandbox.calls[2].params
    assert (put["Key"], put["Body"], put["Metadata"]) == ("a b/ü", b"x", {"run": "1"})


def test_every_answer_has_one_request_id(rig: Rig) -> None:
    bucket = rig.bucket()
    answers = [
        rig.lambda_.list_functions(),
        rig.s3.list_objects_v2(Bucket=bucket),
        rig.sts.get_caller_identity(),
    ]

    ids = [answer["ResponseMetadata"]["RequestId"] for answer in answers]  # type: ignore[index] # of three kinds

    assert len(set(ids)) == 3
    assert not any("," in id_ for id_ in ids)


def test_dry_runs_reads_and_refused_writes_are_no_writes(rig: Rig) -> None:
    rig.function()
    rig.lambda_.update_function_code(FunctionName="orders", ZipFile=zipped("two"), DryRun=True)
    with refused("ResourceNotFoundException", 404):
        rig.lambda_.create_alias(FunctionName="orders", Name="live", FunctionVersion="9")
    rig.lambda_.invoke(FunctionName="orders")

    assert [call.operation for call in rig.sandbox.writes()] == ["CreateFunction"]
    assert rig.sandbox.writes("signer") == []


def test_adversary_acts_just_before_the_nth_call_and_once(rig: Rig) -> None:
    rig.function()
    seen: list[int] = []

    def edit(sandbox: Sandbox) -> None:
        seen.append(len(sandbox.calls))
        sandbox.acts.console_edit_code("orders", zipped("evil"))

    rig.sandbox.before("GetFunction", edit, nth=2)
    before = [
        rig.lambda_.get_function(FunctionName="orders")["Configuration"]["CodeSha256"]
        for _ in range(3)
    ]

    assert before == [sha256(zipped("one"))] + 2 * [sha256(zipped("evil"))]
    assert seen == [2]
    assert [call.operation for call in rig.sandbox.calls] == ["CreateFunction"] + 3 * [
        "GetFunction"
    ]


def test_adversary_may_use_a_client_of_its_own(rig: Rig) -> None:
    rig.function()
    rig.sandbox.before(
        "PublishVersion",
        lambda _: rig.lambda_.update_function_configuration(FunctionName="orders", Timeout=9),
    )

    with refused("ResourceConflictException", 409):
        rig.lambda_.publish_version(FunctionName="orders")


def test_nth_counts_from_one(rig: Rig) -> None:
    with pytest.raises(ValueError, match="counts from 1"):
        rig.sandbox.before("GetFunction", lambda _: None, nth=0)


def alias_of(rig: Rig) -> dict[str, object]:
    found = rig.lambda_.get_alias(FunctionName="orders", Name="live")
    return {key: found.get(key) for key in ("FunctionVersion", "RoutingConfig")}


@pytest.mark.parametrize(
    ("act", "expected"),
    [
        (
            lambda rig: rig.sandbox.acts.move_alias("orders", "live", "2"),
            {"FunctionVersion": "2", "RoutingConfig": None},
        ),
        (
            lambda rig: rig.sandbox.acts.set_weights("orders", "live", {"2": 0.5}),
            {
                "FunctionVersion": "1",
                "RoutingConfig": {"AdditionalVersionWeights": {"2": 0.5}},
            },
        ),
    ],
)
def test_acts_on_aliases_rotate_the_revision(
    rig: Rig, act: Callable[[Rig], None], expected: dict[str, object]
) -> None:
    rig.function()
    rig.sandbox.acts.publish("orders")
    rig.sandbox.acts.console_edit_configuration("orders", timeout=9)
    assert rig.sandbox.acts.publish("orders") == "2"
    rig.sandbox.acts.create_alias("orders", "live", "1")
    before = rig.lambda_.get_alias(FunctionName="orders", Name="live")["RevisionId"]

    act(rig)

    assert alias_of(rig) == expected
    assert rig.lambda_.get_alias(FunctionName="orders", Name="live")["RevisionId"] != before
    assert [call.operation for call in rig.sandbox.writes()] == ["CreateFunction"]


def test_acts_delete_and_recreate(rig: Rig) -> None:
    rig.function()
    rig.sandbox.acts.publish("orders")
    rig.sandbox.acts.create_alias("orders", "live", "1")

    rig.sandbox.acts.delete_version("orders", "1")
    dangling = rig.lambda_.get_alias(FunctionName="orders", Name="live")["FunctionVersion"]
    rig.sandbox.acts.delete_alias("orders", "live")
    rig.sandbox.acts.recreate_function("orders")
    again = rig.lambda_.publish_version(FunctionName="orders")["Version"]
    rig.sandbox.acts.delete_function("orders")

    assert (dangling, again) == ("1", "1")
    with refused("ResourceNotFoundException", 404):
        rig.lambda_.get_function(FunctionName="orders")


def test_console_edit_of_configuration_takes_short_names(rig: Rig) -> None:
    rig.function()
    before = rig.revision()

    rig.sandbox.acts.console_edit_configuration(
        "orders", timeout=900, env={"MODE": "test"}, memory=256
    )

    found = rig.lambda_.get_function_configuration(FunctionName="orders")
    assert (found["Timeout"], found["MemorySize"]) == (900, 256)
    assert found["Environment"]["Variables"] == {"MODE": "test"}
    assert (found["RevisionId"] != before, found["LastUpdateStatus"]) == (True, "Successful")


def test_acts_on_code_signing(rig: Rig) -> None:
    publishers = {"SigningProfileVersionArns": [rig.profile()]}
    made = rig.lambda_.create_code_signing_config(AllowedPublishers=publishers)
    arn = made["CodeSigningConfig"]["CodeSigningConfigArn"]
    rig.function(CodeSigningConfigArn=arn)

    rig.sandbox.acts.set_code_signing_policy("orders", "Enforce")
    policy = rig.lambda_.get_code_signing_config(CodeSigningConfigArn=arn)["CodeSigningConfig"]
    rig.sandbox.acts.remove_code_signing("orders")
    rig.sandbox.acts.cancel_profile("team")

    assert policy["CodeSigningPolicies"] == {"UntrustedArtifactOnDeployment": "Enforce"}
    found = rig.lambda_.get_function_code_signing_config(FunctionName="orders")
    assert "CodeSigningConfigArn" not in found
    assert rig.signer.get_signing_profile(profileName="team")["status"] == "Canceled"


def test_put_object_makes_a_version_that_clients_see(rig: Rig) -> None:
    bucket = rig.bucket()

    version = rig.sandbox.acts.put_object(bucket, "k", b"planted")

    found = rig.s3.get_object(Bucket=bucket, Key="k")
    assert (found["VersionId"], found["Body"].read()) == (version, b"planted")


def test_virtual_clock_stands_still_until_told() -> None:
    clock = VirtualClock()
    begun, ticks = clock.now(), clock.monotonic()

    clock.sleep(2)
    clock.advance(3)
    clock.advance(-9)

    assert clock.now() - begun == timedelta(seconds=5)
    assert clock.monotonic() - ticks == 5


def test_real_clock_can_be_set_ahead() -> None:
    clock = RealClock()
    before = clock.now()

    clock.advance(3600)

    assert timedelta(seconds=3600) <= clock.now() - before < timedelta(seconds=3660)


def test_timing_decides_how_long_states_take() -> None:
    rig = Rig(Sandbox(timing=Timing(create_s=100)))
    rig.lambda_.create_function(
        FunctionName="orders",
        Role=f"arn:aws:iam::{ACCOUNT}:role/r",
        Runtime="python3.13",
        Handler="a.b",
        Code={"ZipFile": zipped()},
    )

    rig.clock.advance(99)
    early = rig.lambda_.get_function_configuration(FunctionName="orders")["State"]
    rig.clock.advance(1)
    late = rig.lambda_.get_function_configuration(FunctionName="orders")["State"]

    assert (early, late) == ("Pending", "Active")


def test_threads_may_share_a_sandbox(rig: Rig) -> None:
    rig.function()
    bucket = rig.bucket()
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for turn in range(5):
                rig.s3.put_object(Bucket=bucket, Key=f"{number}/{turn}", Body=b"x")
                rig.lambda_.get_function(FunctionName="orders")
        except BaseException as exc:  # noqa: BLE001 - the main thread looks
            failures.append(exc)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert rig.s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 40
