"""The one loop: what is repeated, how long, and what it ends in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import (
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
    SSLError,
)

from signed_lambda.cloud import InProgressError
from signed_lambda.errors import AwsError, Cancelled, DeadlineError, InputError
from signed_lambda.model import AliasName, FunctionName, Sha256
from tests.support.canned import (
    PORTAL,
    Bench,
    Reply,
    bench,
    ok,
    refused,
    s3_refused,
    sts_refused,
    xml,
)
from tests.unit.aws.good import ALIAS, CONFIGURATION, IDENTITY, VERSIONING

if TYPE_CHECKING:
    from collections.abc import Callable

    from signed_lambda.aws import Aws

FN, LIVE = FunctionName("fn"), AliasName("live")
HASH = Sha256(bytes(32))
URL = "https://lambda.eu-west-1.amazonaws.com/"

PASSING = {
    "429": refused("TooManyRequestsException", "Rate exceeded", 429),
    "429 of Signer": refused("ThrottlingException", "Rate exceeded", 429),
    "500": refused("ServiceException", "An error occurred", 500),
    "503 without a body": Reply(b"", 503),
    "502 HTML": Reply(b"<html>Bad Gateway</html>", 502, {"content-type": "text/html"}),
    "200 HTML": PORTAL,
    "JSON cut off": Reply(b'{"Name": "li', 200, {"content-type": "application/json"}),
    "body cut off": Reply(b"{}", 200, {"content-length": "200"}),
    "empty": Reply(b"", 200),
    "empty though it says it is not": Reply(b"", 200, {"content-length": "20"}),
    "JSON of another kind": ok(["live"]),
    "JSON too deep": Reply(b"[" * 200_000, 200, {"content-type": "application/json"}),
    "not UTF-8": Reply(b'{"Name": "\xff"}', 200, {"content-type": "application/json"}),
    "a member missing": ok({**ALIAS, "RevisionId": None}),
    "refused connection": EndpointConnectionError(endpoint_url=URL, error="refused"),
    "connect timeout": ConnectTimeoutError(endpoint_url=URL, error="slow"),
    "read timeout": ReadTimeoutError(endpoint_url=URL, error="slow"),
    "TLS": SSLError(endpoint_url=URL, error=OSError("certificate verify failed")),
    "reset": ConnectionResetError("reset by peer"),
    "builtin timeout": TimeoutError("timed out"),
}


@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING)
def test_a_single_transient_fault_never_surfaces(fault: Reply | Exception) -> None:
    at = bench(fault, ok(ALIAS))

    alias = at.aws().alias(FN, LIVE)

    assert alias is not None
    assert alias.version == "7"
    assert at.canned.operations == ["lambda.GetAlias"] * 2
    assert len(at.said) == 1
    assert at.said[0].startswith("lambda:GetAlias: ")


@pytest.mark.parametrize(
    "fault",
    [
        s3_refused("SlowDown", "Please reduce your request rate.", 503),
        s3_refused("InternalError", "We encountered an internal error.", 500),
        s3_refused("OperationAborted", "A conflicting operation is in progress.", 409),
        s3_refused("RequestTimeout", "Your socket connection timed out.", 400),
        xml("<VersioningConfiguration><Status>Ena"),
        PORTAL,
    ],
)
def test_a_single_transient_fault_of_s3_never_surfaces(fault: Reply) -> None:
    at = bench(fault, VERSIONING)

    found = at.aws().bucket("artefacts", "111122223333")

    assert (found.state, found.versioning) == ("ours", "Enabled")
    assert len(at.canned.requests) == 2


@pytest.mark.parametrize(
    "fault", [sts_refused("Throttling", "Rate exceeded"), sts_refused("InternalFailure", "", 500)]
)
def test_a_single_transient_fault_of_sts_never_surfaces(fault: Reply) -> None:
    at = bench(fault, IDENTITY)

    assert at.aws().identity().account == "111122223333"


def test_delays_double_from_a_tenth_to_two_seconds() -> None:
    throttled = refused("TooManyRequestsException", "Rate exceeded", 429)
    at = bench(*[throttled] * 8, ok(ALIAS))
    start = at.clock.monotonic()

    at.aws().alias(FN, LIVE)

    assert at.clock.monotonic() - start == pytest.approx(0.1 + 0.2 + 0.4 + 0.8 + 1.6 + 3 * 2.0)


def test_jitter_takes_at_most_half_of_a_delay() -> None:
    at = bench(refused("TooManyRequestsException", "Rate exceeded", 429), ok(ALIAS))
    aws = at.aws()
    aws._calls._jitter = aws._calls._pace._jitter = lambda: 0.0
    start = at.clock.monotonic()

    aws.alias(FN, LIVE)

    assert at.clock.monotonic() - start == pytest.approx(0.05)


@pytest.mark.parametrize(
    ("header", "waited_s"),
    [
        ("7", 7.0),
        ("0.5", 0.5),
        ("86400", 60.0),
        ("0", 0.1),
        ("soon", 0.1),
        ("-5", 0.1),
        ("Mon, 05 Jan 2026 09:00:30 GMT", 0.1),
    ],
)
def test_the_wait_that_aws_asks_for_is_kept_up_to_a_minute(header: str, waited_s: float) -> None:
    throttled = {"retry-after": header, "x-amzn-errortype": "TooManyRequestsException"}
    at = bench(Reply(b"{}", 429, throttled), ok(ALIAS))
    start = at.clock.monotonic()

    at.aws().alias(FN, LIVE)

    assert at.clock.monotonic() - start == pytest.approx(waited_s)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (refused("TooManyRequestsException", "", 429), "throttled (TooManyRequestsException)"),
        (refused("ServiceException", "", 500), "failing (500 ServiceException)"),
        (Reply(b"", 503), "failing (503 503)"),
    ],
)
def test_throttles_and_5xx_are_ridden_out_until_the_deadline(fault: Reply, reason: str) -> None:
    at = bench(fault, deadline_s=120)

    with pytest.raises(AwsError) as caught:
        at.aws().alias(FN, LIVE)

    problem = caught.value.problems[0]
    tries = len(at.canned.requests)
    assert problem.id == "E-AWS-01"
    assert problem.what.startswith(f"gave up after {tries} tries in 1")
    assert problem.what.endswith(f"s at lambda:GetAlias: {reason}")
    assert "a new run goes on from there" in problem.do
    assert 118 <= at.clock.monotonic() <= 120


def test_an_unreachable_network_is_told_after_a_minute() -> None:
    at = bench(EndpointConnectionError(endpoint_url=URL, error="refused"))

    with pytest.raises(AwsError) as caught:
        at.aws().alias(FN, LIVE)

    assert caught.value.problems[0].id == "E-AWS-02"
    assert 60 <= at.clock.monotonic() <= 63


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (PORTAL, "status 200 with an HTML page"),
        (
            Reply(b"<html>Bad Gateway</html>", 502, {"content-type": "text/html"}),
            "status 502 with an HTML page",
        ),
        (Reply(b"upstream connect error", 503), "status 503 with a body that is not JSON"),
        (ok({k: v for k, v in ALIAS.items() if k != "RevisionId"}), "no 'RevisionId'"),
        (Reply(b'{"Name', 200), "status 200 with a body that is not JSON"),
        (Reply(b"{}", 200, {"content-length": "9"}), "status 200 with 2 bytes instead of 9"),
    ],
)
def test_what_is_not_an_answer_of_aws_is_told_after_a_minute(answer: Reply, said: str) -> None:
    at = bench(answer)

    with pytest.raises(AwsError) as caught:
        at.aws().alias(FN, LIVE)

    problem = caught.value.problems[0]
    assert problem.id == "E-AWS-03"
    assert problem.what.startswith(f"unexpected answer from lambda:GetAlias: {said}")
    assert 60 <= at.clock.monotonic() <= 63


def test_slow_failures_are_tried_three_times() -> None:
    at = bench(ReadTimeoutError(endpoint_url=URL, error="slow"))
    at.canned.on_request = lambda _: at.clock.advance(60)

    with pytest.raises(AwsError, match="gave up after 3 tries in 180 s"):
        at.aws().alias(FN, LIVE)


def test_a_403_of_a_portal_is_not_taken_for_a_missing_permission() -> None:
    at = bench(Reply(b"<html>blocked</html>", 403, {"content-type": "text/html"}))

    with pytest.raises(AwsError) as caught:
        at.aws().alias(FN, LIVE)

    assert "status 403 with an HTML page" in caught.value.problems[0].what


def test_an_empty_code_signing_answer_of_a_portal_is_not_taken_for_none_attached() -> None:
    at = bench(PORTAL, ok({}))

    assert at.aws().code_signing(FN) is None
    assert len(at.canned.requests) == 2


def test_nothing_is_sent_after_the_deadline() -> None:
    at = bench(ok(ALIAS), deadline_s=10)
    aws = at.aws()
    at.clock.advance(10)

    with pytest.raises(DeadlineError, match="asking lambda:GetAlias"):
        aws.alias(FN, LIVE)

    assert at.canned.requests == []


def test_nothing_is_sent_after_a_stop_signal() -> None:
    at = bench(ok(CONFIGURATION))
    at.stop.set("SIGTERM")

    with pytest.raises(Cancelled):
        at.aws().publish(FN, HASH, "r", "d")

    assert at.canned.requests == []


def test_a_stop_signal_ends_the_repetitions() -> None:
    at = bench(refused("ServiceException", "", 500))
    at.canned.on_request = lambda _: at.stop.set("SIGINT")

    with pytest.raises(Cancelled):
        at.aws().publish(FN, HASH, "r", "d")

    assert len(at.canned.requests) == 1


def test_another_update_is_ridden_out() -> None:
    busy = refused(
        "ResourceConflictException",
        "The operation cannot be performed at this time. An update is in progress for resource: x",
        409,
    )
    at = bench(*[busy] * 30, ok(CONFIGURATION))

    assert at.aws().publish(FN, HASH, "r", "d").version == "$LATEST"
    assert at.clock.monotonic() > 40
    first, *later = at.said
    assert re.fullmatch(r"lambda:PublishVersion: .* in progress .*; try 2 in 0.1 s", first)
    assert [re.sub(r".*, try \d+ follows, ", "", line) for line in later] == [
        f"{s} s so far, {900 - s} s left of timeout-minutes" for s in (3, 13, 23, 33, 43, 53)
    ]


def test_another_update_until_the_deadline_is_in_progress() -> None:
    at = bench(refused("ResourceConflictException", "An update is in progress", 409))

    with pytest.raises(InProgressError, match="An update is in progress"):
        at.aws().publish(FN, HASH, "r", "d")

    assert 897 <= at.clock.monotonic() <= 900


@pytest.mark.parametrize("at", [bench(ok(ALIAS))])
def test_answers_are_asked_for_once_when_all_is_well(at: Bench) -> None:
    at.aws().alias(FN, LIVE)

    assert len(at.canned.requests) == 1
    assert at.said == []


@pytest.mark.parametrize(
    "ask",
    [
        lambda aws: aws.profile("x", None),
        lambda aws: aws.bucket("a/b", "111122223333"),
        lambda aws: aws.bucket("arn:aws:s3:eu-west-1:111122223333:bucket/b", "111122223333"),
        lambda aws: aws.bucket("arn:aws:s3:us-east-1:1:accesspoint/b", "111122223333"),
    ],
)
def test_a_value_that_cannot_be_sent_is_an_input_error(ask: Callable[[Aws], object]) -> None:
    at = bench(ok({}))

    with pytest.raises(InputError, match=r"E-INPUT-03 \S+ does not take the values"):
        ask(at.aws())

    assert at.canned.requests == []
