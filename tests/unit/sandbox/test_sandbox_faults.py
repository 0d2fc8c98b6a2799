"""Faults on demand: what the client sees, and whether the call had its effect."""

from __future__ import annotations

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    EndpointConnectionError,
    IncompleteReadError,
    ReadTimeoutError,
)

from lambda_sandbox.faults import AFTER, BEFORE, Faults
from tests.unit.sandbox.rig import Rig, client, refused, zipped


def publish(rig: Rig) -> None:
    """The call that the faults below hit."""
    rig.lambda_.publish_version(FunctionName="orders")


def test_refused_connection_reaches_no_service(rig: Rig) -> None:
    rig.function()
    begun = len(rig.sandbox.calls)
    rig.sandbox.faults.add("PublishVersion", "conn_before")

    with pytest.raises(EndpointConnectionError):
        publish(rig)

    assert len(rig.sandbox.calls) == begun
    assert rig.versions() == ["$LATEST"]


@pytest.mark.parametrize(
    ("kind", "seen"),
    [
        ("lost_after", ConnectionClosedError),
        ("timeout_after", ReadTimeoutError),
    ],
)
def test_lost_answer_leaves_the_effect(rig: Rig, kind: str, seen: type[Exception]) -> None:
    rig.function()
    rig.sandbox.faults.add("PublishVersion", kind)

    with pytest.raises(seen):
        publish(rig)

    assert rig.versions() == ["$LATEST", "1"]
    assert rig.sandbox.writes("lambda")[-1].operation == "PublishVersion"


def test_a_request_that_is_never_taken_has_no_effect(rig: Rig) -> None:
    rig.function()
    rig.sandbox.faults.add("PublishVersion", "timeout_before", seconds=30)
    begun, at = len(rig.sandbox.calls), rig.clock.now()

    with pytest.raises(ReadTimeoutError):
        publish(rig)

    assert (rig.clock.now() - at).total_seconds() >= 30
    assert len(rig.sandbox.calls) == begun
    assert rig.versions() == ["$LATEST"]


def test_a_fault_can_let_calls_pass_first(rig: Rig) -> None:
    rig.function()
    rig.sandbox.faults.add("GetFunction", "throttle", skip=2)

    for _ in range(2):
        assert rig.lambda_.get_function(FunctionName="orders")["Code"]
    with refused("TooManyRequestsException", 429):
        rig.lambda_.get_function(FunctionName="orders")
    assert rig.lambda_.get_function(FunctionName="orders")["Code"]


def test_timeout_takes_its_time_on_the_virtual_clock(rig: Rig) -> None:
    rig.function()
    begun = rig.clock.now()
    rig.sandbox.faults.add("PublishVersion", "timeout_after", seconds=30)

    with pytest.raises(ReadTimeoutError):
        publish(rig)

    assert (rig.clock.now() - begun).total_seconds() == 30


def test_slow_answer_takes_its_time_and_is_right(rig: Rig) -> None:
    rig.function()
    begun = rig.clock.now()
    rig.sandbox.faults.add("PublishVersion", "slow", seconds=7)

    publish(rig)

    assert (rig.clock.now() - begun).total_seconds() == 7
    assert rig.versions() == ["$LATEST", "1"]


def test_server_error_after_the_effect_and_before_it(rig: Rig) -> None:
    rig.function()
    rig.sandbox.faults.add("PublishVersion", "error500_before")
    with refused("ServiceException", 500):
        publish(rig)
    without = rig.versions()

    rig.sandbox.faults.add("PublishVersion", "error500_after")
    with refused("ServiceException", 500):
        publish(rig)

    assert without == ["$LATEST"]
    assert rig.versions() == ["$LATEST", "1"]


@pytest.mark.parametrize(
    ("kind", "code", "status"),
    [
        ("throttle", "TooManyRequestsException", 429),
        ("denied", "AccessDeniedException", 403),
        ("expired_token", "ExpiredTokenException", 403),
        ("clock_skew", "InvalidSignatureException", 403),
    ],
)
def test_lambda_refuses_without_effect(rig: Rig, kind: str, code: str, status: int) -> None:
    rig.function()
    rig.sandbox.faults.add("PublishVersion", kind)

    with refused(code, status):
        publish(rig)

    assert rig.versions() == ["$LATEST"]
    assert (rig.sandbox.calls[-2].error, rig.sandbox.calls[-2].status) == (code, status)


def test_throttle_of_lambda_tells_its_reason_and_when_to_come_back(rig: Rig) -> None:
    rig.function()
    rig.sandbox.faults.add("GetFunction", "throttle")

    with pytest.raises(ClientError) as caught:
        rig.lambda_.get_function(FunctionName="orders")

    assert caught.value.response["Reason"] == "CallerRateLimitExceeded"  # type: ignore[typeddict-item] # a member of the error
    assert caught.value.response["ResponseMetadata"]["HTTPHeaders"]["retry-after"] == "1"


@pytest.mark.parametrize(
    ("kind", "code", "status"),
    [
        ("throttle", "SlowDown", 503),
        ("denied", "AccessDenied", 403),
        ("expired_token", "ExpiredToken", 400),
        ("clock_skew", "RequestTimeTooSkewed", 403),
        ("error500_before", "InternalError", 500),
    ],
)
def test_s3_refuses_in_its_own_words(rig: Rig, kind: str, code: str, status: int) -> None:
    bucket = rig.bucket()
    rig.sandbox.faults.add("PutObject", kind, service="s3")

    with refused(code, status):
        rig.s3.put_object(Bucket=bucket, Key="k", Body=b"x")

    assert "Contents" not in rig.s3.list_objects_v2(Bucket=bucket)


def test_signer_and_sts_throttle_in_their_own_words(rig: Rig) -> None:
    rig.sandbox.faults.add("GetSigningProfile", "throttle")
    rig.sandbox.faults.add("GetCallerIdentity", "throttle")

    with refused("ThrottlingException", 429):
        rig.signer.get_signing_profile(profileName="team")
    with refused("Throttling", 400):
        rig.sts.get_caller_identity()


@pytest.mark.parametrize("service", ["monitoring", "events", "sqs"])
def test_other_protocols_carry_errors_too(rig: Rig, service: str) -> None:
    calls = {
        "monitoring": ("cloudwatch", "describe_alarms", "DescribeAlarms"),
        "events": ("events", "list_rules", "ListRules"),
        "sqs": ("sqs", "list_queues", "ListQueues"),
    }
    name, method, operation = calls[service]
    rig.sandbox.faults.add(operation, "throttle", service=service)

    with refused("Throttling", 400, "Rate exceeded"):
        getattr(client(name), method)()


def test_html_of_a_proxy_is_no_answer_and_no_effect(rig: Rig) -> None:
    rig.function()
    rig.sandbox.faults.add("PublishVersion", "html_200")

    answer = rig.lambda_.publish_version(FunctionName="orders")

    # botocore does not mind: what is not JSON becomes an answer without members.
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert "Version" not in answer
    assert rig.versions() == ["$LATEST"]


def test_truncated_stream_is_noticed_by_its_length(rig: Rig) -> None:
    bucket = rig.bucket()
    rig.s3.put_object(Bucket=bucket, Key="k", Body=b"0123456789")
    rig.sandbox.faults.add("GetObject", "truncated")

    body = rig.s3.get_object(Bucket=bucket, Key="k")["Body"]

    with pytest.raises(IncompleteReadError):
        body.read()


@pytest.mark.parametrize("declared", ["whole", "cut"])
def test_truncated_answer_has_no_members(rig: Rig, declared: str) -> None:
    rig.function()
    rig.sandbox.faults.add("PublishVersion", "truncated", declared=declared)

    answer = rig.lambda_.publish_version(FunctionName="orders")

    # botocore does not compare lengths except of streams, nor does it mind broken JSON.
    assert "Version" not in answer
    assert rig.versions() == ["$LATEST", "1"]


def test_fault_strikes_as_often_as_ordered_or_for_ever(rig: Rig) -> None:
    rig.function()
    rig.sandbox.faults.add("GetAlias", "throttle", times=2)
    rig.sandbox.faults.add("GetFunction", "throttle", times=None)

    for _ in range(2):
        with refused("TooManyRequestsException", 429):
            rig.lambda_.get_alias(FunctionName="orders", Name="live")
    for _ in range(5):
        with refused("TooManyRequestsException", 429):
            rig.lambda_.get_function(FunctionName="orders")
    rig.sandbox.faults.clear()

    with refused("ResourceNotFoundException", 404):
        rig.lambda_.get_alias(FunctionName="orders", Name="live")
    assert rig.lambda_.get_function(FunctionName="orders")["Code"]


def test_named_error_has_the_status_of_the_model_or_the_given_one(rig: Rig) -> None:
    rig.function()
    rig.sandbox.faults.add("GetFunction", "error", code="EC2ThrottledException", message="later")
    rig.sandbox.faults.add("GetFunction", "error", code="Odd", status=418)

    with refused("EC2ThrottledException", 502, "later"):
        rig.lambda_.get_function(FunctionName="orders")
    with refused("Odd", 418):
        rig.lambda_.get_function(FunctionName="orders")


def test_race_of_conditional_writes_can_be_ordered(rig: Rig) -> None:
    bucket = rig.bucket()
    rig.sandbox.faults.add("PutObject", "error", code="ConditionalRequestConflict", status=409)

    with refused("ConditionalRequestConflict", 409):
        rig.s3.put_object(Bucket=bucket, Key="k", Body=b"x", IfNoneMatch="*")


@pytest.mark.parametrize(
    ("kind", "options"), [("nonsense", {}), ("slow", {"colour": 1}), ("error", {})]
)
def test_unknown_fault_is_refused_at_once(kind: str, options: dict[str, object]) -> None:
    faults = Faults()

    with pytest.raises(ValueError, match=r"fault"):
        faults.add("GetFunction", kind, **options)

    assert faults.pending() == ()


def test_every_kind_of_the_interface_exists() -> None:
    assert {
        *(
            "conn_before",
            "timeout_before",
            "lost_after",
            "timeout_after",
            "throttle",
            "error500_before",
        ),
        *("error500_after", "slow", "truncated", "html_200", "denied", "expired_token"),
        *("clock_skew", "error"),
    } == BEFORE | AFTER


def test_fault_of_any_operation_strikes_the_next_call(rig: Rig) -> None:
    rig.function(code=zipped())
    rig.sandbox.faults.add("*", "denied", service="lambda")

    rig.sts.get_caller_identity()

    with refused("AccessDeniedException", 403):
        rig.lambda_.list_functions()
