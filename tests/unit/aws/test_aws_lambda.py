"""Lambda's calls: what is sent, what the port's types hold, what each refusal becomes."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from signed_lambda.cloud import (
    AlreadyExistsError,
    CodeChangedError,
    InProgressError,
    RevisionMovedError,
    SignatureRefusedError,
    StoredObject,
)
from signed_lambda.errors import AwsError, FunctionError, InternalError, LambdaFailure
from signed_lambda.model import AliasName, FunctionName, Sha256, Version
from tests.support.canned import Reply, bench, ok, refused
from tests.unit.aws import good

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_lambda import LambdaClient

    from signed_lambda.aws import Aws

FN, LIVE, V7 = FunctionName("fn"), AliasName("live"), Version("7")
HASH = Sha256.from_b64(good.SHA)
SOURCE = StoredObject("artefacts", "signed/a.zip", "v1", None, None)
GONE = refused("ResourceNotFoundException", "Function not found", 404)

UPDATE = pytest.param(lambda aws: aws.update_code(FN, SOURCE, "r1"), id="update")
DRY_RUN = pytest.param(lambda aws: aws.dry_run(FN, SOURCE, "r1"), id="dry-run")
PUBLISH = pytest.param(lambda aws: aws.publish(FN, HASH, "r2", "d"), id="publish")
CREATE_ALIAS = pytest.param(lambda aws: aws.create_alias(FN, LIVE, V7, "d"), id="create-alias")
MOVE_ALIAS = pytest.param(lambda aws: aws.update_alias(FN, LIVE, V7, "d", "r3"), id="move-alias")
INVOKE = pytest.param(lambda aws: aws.invoke(FN, V7, b"{}"), id="invoke")


def _sent(at: Any, number: int = 0) -> dict[str, Any]:  # noqa: ANN401 - JSON
    body = at.canned.requests[number].body
    sent: dict[str, Any] = json.loads(body if isinstance(body, bytes | str) else body.read())
    return sent


def test_a_configuration_is_read_member_by_member() -> None:
    answer = {
        **good.VERSION,
        "State": "Failed",
        "StateReason": "x",
        "StateReasonCode": "InvalidSubnet",
        "LastUpdateStatus": "Failed",
        "LastUpdateStatusReason": "y",
        "LastUpdateStatusReasonCode": "ImageDeleted",
        "SigningJobArn": "arn:job",
        "SigningProfileVersionArn": good.PROFILE_ARN,
        "Description": "d",
    }

    found = bench(ok(answer)).aws().function(FN, "7")

    assert found is not None
    assert found.arn == f"{good.FUNCTION_ARN}:7"
    assert (found.name, found.version, found.revision_id) == ("fn", "7", answer["RevisionId"])
    assert found.code_sha256 == HASH
    assert found.code_size_bytes == 22
    assert (found.state, found.state_reason, found.state_reason_code) == (
        "Failed",
        "x",
        "InvalidSubnet",
    )
    assert found.last_update_status == "Failed"
    assert (found.last_update_reason, found.last_update_reason_code) == ("y", "ImageDeleted")
    assert (found.signing_job_arn, found.signing_profile_version_arn) == (
        "arn:job",
        good.PROFILE_ARN,
    )
    assert (found.handler, found.package_type, found.description) == ("app.handler", "Zip", "d")
    assert found.last_modified == good.CONFIGURATION["LastModified"]
    assert dict(found.content) == answer


def test_content_is_read_only_and_never_in_a_repr() -> None:
    found = bench(ok(good.CONFIGURATION)).aws().function(FN)

    assert found is not None
    assert "canary" not in repr(found)
    with pytest.raises(TypeError):
        found.content["Role"] = "other"  # type: ignore[index]


@pytest.mark.parametrize(
    "members",
    [
        {"PackageType": "Image", "CodeSha256": "a" * 64},
        {"CodeSha256": ""},
        {"CodeSha256": None},
    ],
)
def test_code_that_lambda_has_not_hashed_has_no_sha256(members: dict[str, object]) -> None:
    found = bench(good.configuration(**members)).aws().function(FN)

    assert found is not None
    assert found.code_sha256 is None


def test_a_code_sha256_of_another_form_is_not_an_answer() -> None:
    with pytest.raises(AwsError, match="'CodeSha256' is not a SHA-256 in base64"):
        bench(good.configuration(CodeSha256="a" * 64)).aws().function(FN)


@pytest.mark.parametrize("version", ["0", "07", "latest", "1.5", "$latest", "-1"])
def test_a_version_of_another_form_is_not_an_answer(version: str) -> None:
    with pytest.raises(AwsError, match="'Version' is not a version"):
        bench(good.configuration(Version=version)).aws().function(FN)


@pytest.mark.parametrize(
    "ask",
    [
        lambda aws: aws.function(FN),
        lambda aws: aws.function(FN, "7"),
        lambda aws: aws.alias(FN, LIVE),
    ],
)
def test_what_does_not_exist_is_none(ask: Callable[[Aws], object]) -> None:
    assert ask(bench(GONE).aws()) is None


def test_code_signing_of_a_function_that_is_gone_is_not_taken_for_none() -> None:
    with pytest.raises(FunctionError, match="E-FUNCTION-01 no function fn any more"):
        bench(GONE).aws().code_signing(FN)


def test_lists_of_a_function_that_does_not_exist_are_empty() -> None:
    assert bench(GONE).aws().versions(FN) == ()
    assert bench(GONE).aws().aliases(FN) == ()


def test_the_qualifier_is_sent_when_given() -> None:
    at = bench(ok(good.VERSION))
    aws = at.aws()

    aws.function(FN)
    aws.function(FN, "7")

    assert at.canned.requests[0].url.endswith("/functions/fn/configuration")
    assert at.canned.requests[1].url.endswith("/functions/fn/configuration?Qualifier=7")


def test_versions_of_all_pages_come_oldest_first_without_latest() -> None:
    def version(number: str) -> dict[str, object]:
        return {**good.VERSION, "Version": number}

    at = bench(
        ok({"Versions": [version("$LATEST"), version("10")], "NextMarker": "m1"}),
        refused("TooManyRequestsException", "Rate exceeded", 429),
        ok({"Versions": [version("9"), version("2")], "NextMarker": "m2"}),
        ok({"Versions": []}),
    )

    found = at.aws().versions(FN)

    assert [v.version for v in found] == ["2", "9", "10"]
    assert [r.url.partition("?")[2] for r in at.canned.requests] == [
        "",
        "Marker=m1",
        "Marker=m1",
        "Marker=m2",
    ]


def test_aliases_of_all_pages_are_read_with_their_weights() -> None:
    shifting = {**good.ALIAS, "RoutingConfig": {"AdditionalVersionWeights": {"8": 0.1}}}
    at = bench(
        ok({"Aliases": [good.ALIAS], "NextMarker": "m"}),
        ok({"Aliases": [{**shifting, "Name": "next", "FunctionVersion": "$LATEST"}]}),
    )

    live, shifted = at.aws().aliases(FN)

    assert (live.name, live.version, dict(live.weights)) == ("live", "7", {})
    assert (live.description, live.revision_id) == ("was 6", good.ALIAS["RevisionId"])
    assert (shifted.version, dict(shifted.weights)) == ("$LATEST", {"8": 0.1})


@pytest.mark.parametrize("routing", [None, {}, {"AdditionalVersionWeights": None}])
def test_an_alias_without_weights_shifts_nothing(routing: object) -> None:
    found = bench(ok({**good.ALIAS, "RoutingConfig": routing})).aws().alias(FN, LIVE)

    assert found is not None
    assert dict(found.weights) == {}


def test_code_signing_is_read_from_the_configuration_that_is_attached() -> None:
    at = bench(ok({"CodeSigningConfigArn": good.CSC_ARN}), ok(good.CODE_SIGNING))

    found = at.aws().code_signing(FN)

    assert found is not None
    assert (found.arn, found.policy) == (good.CSC_ARN, "Enforce")
    assert found.allowed_publishers == (good.PROFILE_ARN,)
    assert at.canned.operations == [
        "lambda.GetFunctionCodeSigningConfig",
        "lambda.GetCodeSigningConfig",
    ]


@pytest.mark.parametrize(
    "replies",
    [
        [ok({})],
        [ok({"CodeSigningConfigArn": "", "FunctionName": "fn"})],
        [refused("CodeSigningConfigNotFoundException", "gone", 404)],
        [ok({"CodeSigningConfigArn": good.CSC_ARN}), GONE],
    ],
)
def test_no_code_signing_configuration_is_none(replies: list[Reply]) -> None:
    assert bench(*replies).aws().code_signing(FN) is None


def test_the_update_carries_every_guard() -> None:
    at = bench(ok(good.CONFIGURATION))

    at.aws().update_code(FN, SOURCE, "r1")

    assert _sent(at) == {
        "S3Bucket": "artefacts",
        "S3Key": "signed/a.zip",
        "S3ObjectVersion": "v1",
        "S3ObjectStorageMode": "COPY",
        "RevisionId": "r1",
        "DryRun": False,
        "Publish": False,
    }


def test_the_dry_run_is_the_update_with_dry_run() -> None:
    at = bench(ok(good.CONFIGURATION))
    aws = at.aws()

    aws.dry_run(FN, SOURCE, "r1")
    aws.update_code(FN, SOURCE, "r1")

    assert {**_sent(at, 0), "DryRun": False} == _sent(at, 1)
    assert _sent(at, 0)["DryRun"] is True


def test_an_object_without_a_version_is_never_deployed() -> None:
    at = bench(ok(good.CONFIGURATION))

    with pytest.raises(InternalError, match="without its version"):
        at.aws().update_code(FN, StoredObject("b", "k", None, None, None), "r1")

    assert at.canned.requests == []


def test_publishing_carries_hash_and_revision() -> None:
    at = bench(ok(good.VERSION))

    found = at.aws().publish(FN, HASH, "r2", "build abc")

    assert found.version == "7"
    assert _sent(at) == {"CodeSha256": good.SHA, "RevisionId": "r2", "Description": "build abc"}


def test_an_alias_move_carries_the_revision_and_ends_every_shift() -> None:
    at = bench(ok(good.ALIAS))

    at.aws().update_alias(FN, LIVE, V7, "was 6", "r3")

    assert _sent(at) == {
        "FunctionVersion": "7",
        "Description": "was 6",
        "RevisionId": "r3",
        "RoutingConfig": {"AdditionalVersionWeights": {}},
    }


@pytest.mark.parametrize("ask", [UPDATE, DRY_RUN, PUBLISH, MOVE_ALIAS])
def test_a_stale_revision_is_told_and_not_repeated(ask: Callable[[Aws], object]) -> None:
    at = bench(
        refused(
            "PreconditionFailedException", "The Revision Id provided does not match the latest", 412
        )
    )

    with pytest.raises(RevisionMovedError, match="does not match"):
        ask(at.aws())

    assert len(at.canned.requests) == 1


@pytest.mark.parametrize("ask", [UPDATE, PUBLISH, MOVE_ALIAS])
@pytest.mark.parametrize(
    "lost", [ConnectionResetError("reset"), Reply(b"{", 200), refused("ServiceException", "", 500)]
)
def test_a_write_that_meets_its_own_effect_tells_the_caller_to_read_back(
    ask: Callable[[Aws], object], lost: Reply | Exception
) -> None:
    at = bench(lost, refused("PreconditionFailedException", "does not match", 412))

    with pytest.raises(RevisionMovedError):
        ask(at.aws())

    assert len(at.canned.requests) == 2


@pytest.mark.parametrize("ask", [UPDATE, DRY_RUN])
@pytest.mark.parametrize(
    "code", ["CodeVerificationFailedException", "InvalidCodeSignatureException"]
)
def test_a_refused_signature_is_told_with_lambdas_text(
    ask: Callable[[Aws], object], code: str
) -> None:
    at = bench(refused(code, "Lambda cannot deploy the function.", 400))

    with pytest.raises(SignatureRefusedError) as caught:
        ask(at.aws())

    assert caught.value.message == "Lambda cannot deploy the function."
    assert len(at.canned.requests) == 1


@pytest.mark.parametrize("ask", [UPDATE, DRY_RUN, PUBLISH])
def test_full_code_storage_is_a_failure_of_lambda(ask: Callable[[Aws], object]) -> None:
    at = bench(refused("CodeStorageExceededException", "Code storage limit exceeded.", 400))

    with pytest.raises(LambdaFailure, match=r"E-LAMBDA-03 .*Code storage limit exceeded"):
        ask(at.aws())


@pytest.mark.parametrize("ask", [UPDATE, DRY_RUN, PUBLISH])
@pytest.mark.parametrize(
    "text",
    [
        "The operation cannot be performed at this time. An update is in progress for resource: x",
        "The function is currently in the following state: Pending",
    ],
)
def test_a_busy_function_is_waited_for(ask: Callable[[Aws], object], text: str) -> None:
    busy = refused("ResourceConflictException", text, 409)

    ask(bench(busy, busy, ok(good.VERSION)).aws())
    with pytest.raises(InProgressError):
        ask(bench(busy, deadline_s=30).aws())


@pytest.mark.parametrize("ask", [MOVE_ALIAS, INVOKE])
def test_a_busy_alias_or_function_ends_as_an_aws_error(ask: Callable[[Aws], object]) -> None:
    """The port knows no InProgressError there."""
    busy = refused("ResourceConflictException", "The function is currently Pending", 409)

    with pytest.raises(AwsError, match=r"E-AWS-01 .*Pending"):
        ask(bench(busy, deadline_s=30).aws())


def test_other_code_in_latest_is_told_with_both_hashes() -> None:
    text = (
        "CodeSHA256 (AAA=) is different from current CodeSHA256 in $LATEST (BBB=). Please try"
        " again with the CodeSHA256 in $LATEST."
    )
    at = bench(refused("InvalidParameterValueException", text, 400))

    with pytest.raises(CodeChangedError) as caught:
        at.aws().publish(FN, HASH, "r2", "d")

    assert caught.value.message == text
    assert len(at.canned.requests) == 1


def test_another_invalid_parameter_is_not_taken_for_other_code() -> None:
    at = bench(refused("InvalidParameterValueException", "Description is too long", 400))

    with pytest.raises(AwsError, match=r"E-AWS-04 .*Description is too long"):
        at.aws().publish(FN, HASH, "r2", "d")


def test_an_alias_that_exists_is_told() -> None:
    at = bench(refused("ResourceConflictException", "Alias already exists: arn", 409))

    with pytest.raises(AlreadyExistsError, match="Alias already exists"):
        at.aws().create_alias(FN, LIVE, V7, "d")

    assert len(at.canned.requests) == 1


def test_an_alias_is_created_once_the_update_is_over() -> None:
    busy = refused("ResourceConflictException", "An update is in progress for resource: x", 409)
    at = bench(busy, ok(good.ALIAS))

    assert at.aws().create_alias(FN, LIVE, V7, "was none").version == "7"
    assert _sent(at) == {"Name": "live", "FunctionVersion": "7", "Description": "was none"}


def test_an_alias_deleted_meanwhile_has_moved() -> None:
    at = bench(refused("ResourceNotFoundException", "Alias not found: arn", 404))

    with pytest.raises(RevisionMovedError, match="Alias not found"):
        at.aws().update_alias(FN, LIVE, V7, "d", "r3")


def test_a_version_deleted_meanwhile_is_not_a_moved_alias() -> None:
    at = bench(refused("ResourceNotFoundException", "Function not found: arn:fn:7", 404))

    with pytest.raises(AwsError, match=r"E-AWS-04 lambda:UpdateAlias .*Function not found"):
        at.aws().update_alias(FN, LIVE, V7, "d", "r3")


def _invoked(body: bytes, **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(body, 200, {"x-amz-executed-version": "7", **named})


def test_an_invocation_is_by_number_and_waits_for_the_answer() -> None:
    at = bench(_invoked(b'{"ok": true}'))

    answer = at.aws().invoke(FN, V7, b'{"smoke": 1}')

    request = at.canned.requests[0]
    assert request.url.endswith("/functions/fn/invocations?Qualifier=7")
    assert request.body == b'{"smoke": 1}'
    assert request.headers["X-Amz-Invocation-Type"] in ("RequestResponse", b"RequestResponse")
    assert (answer.status, answer.function_error) == (200, None)
    assert (answer.payload, answer.executed_version) == (b'{"ok": true}', "7")


@pytest.mark.parametrize(("deadline_s", "waits_s"), [(120, 120.0), (3_600, 910.0), (0.5, 1.0)])
def test_an_invocation_is_waited_for_until_the_deadline(deadline_s: float, waits_s: float) -> None:
    at = bench(_invoked(b"{}"), deadline_s=deadline_s)
    aws = at.aws()
    waited: list[float] = []

    def invoker(timeout_s: float) -> LambdaClient:
        waited.append(timeout_s)
        return clients.invoker(timeout_s)

    clients = aws._clients
    aws._clients = replace(clients, invoker=invoker)

    aws.invoke(FN, V7, b"{}")

    assert waited == [waits_s]


def test_not_even_debug_logging_shows_environment_values(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)

    bench(ok(good.CONFIGURATION)).aws().function(FN)

    assert "canary" not in caplog.text


def test_a_functions_error_is_an_answer_and_not_a_failure() -> None:
    answer = bench(_invoked(b"{}", x_amz_function_error="Unhandled")).aws().invoke(FN, V7, b"{}")

    assert answer.function_error == "Unhandled"


def test_a_long_payload_is_cut_at_64_kib() -> None:
    answer = bench(_invoked(b"x" * 100_000)).aws().invoke(FN, V7, b"{}")

    assert len(answer.payload) == 65_536


def test_an_html_payload_is_the_functions_and_not_a_portals() -> None:
    page = _invoked(b"<html></html>", content_type="text/html")

    assert bench(page).aws().invoke(FN, V7, b"{}").payload == b"<html></html>"


def test_an_invocation_whose_answer_is_cut_off_is_sent_again() -> None:
    cut = _invoked(b"12345", content_length="50")
    at = bench(cut, _invoked(b"12345"))

    assert at.aws().invoke(FN, V7, b"{}").payload == b"12345"
    assert len(at.canned.requests) == 2
