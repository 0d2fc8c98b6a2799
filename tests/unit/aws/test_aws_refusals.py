"""What AWS's refusals become: the error id, what is named, what is advised."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from signed_lambda.cloud import StoredObject
from signed_lambda.errors import AccessError, AwsError, BucketError, DeployError, IdentityError
from signed_lambda.model import AliasName, FunctionName, Sha256, Version
from tests.support.canned import Reply, bench, ok, refused, s3_refused, sts_refused, xml
from tests.unit.aws import good

FN, LIVE, V7 = FunctionName("fn"), AliasName("live"), Version("7")
HASH = Sha256.from_b64(good.SHA)


def _caught(reply: Reply) -> DeployError:
    at = bench(good.IDENTITY, reply)
    aws = at.aws()
    aws.identity()
    with pytest.raises(DeployError) as caught:
        aws.publish(FN, HASH, "r", "d")
    assert len(at.canned.requests) == 2, "a refusal is not repeated"
    return caught.value


def test_a_missing_permission_names_action_resource_and_statement() -> None:
    error = _caught(refused("AccessDeniedException", "not allowed", 403))

    problem = error.problems[0]
    assert isinstance(error, AccessError)
    assert problem.id == "E-ACCESS-01"
    assert problem.what.startswith(f"missing lambda:PublishVersion on {good.FUNCTION_ARN} ")
    statement = json.loads(problem.do[problem.do.index("{") :])
    assert statement == {
        "Effect": "Allow",
        "Action": "lambda:PublishVersion",
        "Resource": good.FUNCTION_ARN,
    }


def test_the_action_that_aws_names_wins_over_the_call() -> None:
    said = (
        "User: arn:aws:sts::111122223333:assumed-role/d/r is not authorized to perform:"
        " kms:Decrypt on resource: arn:aws:kms:eu-west-1:111122223333:key/k because no"
        " identity-based policy allows the kms:Decrypt action"
    )

    problem = _caught(refused("AccessDeniedException", said, 403)).problems[0]

    assert "missing kms:Decrypt on arn:aws:kms:eu-west-1:111122223333:key/k (" in problem.what
    assert '"Action": "kms:Decrypt"' in problem.do


def test_what_lambda_may_not_read_for_us_is_named_as_a_right_in_s3() -> None:
    said = (
        "Your access has been denied by S3, please make sure your request credentials have"
        " permission to GetObject for artefacts/k. S3 Error Code: AccessDenied."
    )
    at = bench(good.IDENTITY, refused("AccessDeniedException", said, 403))
    aws = at.aws()
    aws.identity()

    with pytest.raises(AccessError) as caught:
        aws.update_code(FN, StoredObject("artefacts", "k", "v1", HASH, 1), "r")

    problem = caught.value.problems[0]
    assert problem.what.startswith("missing s3:GetObjectVersion on arn:aws:s3:::artefacts/k (at ")
    assert '"Action": "s3:GetObjectVersion"' in problem.do


def test_an_explicit_deny_is_not_answered_with_an_allow() -> None:
    said = "is not authorized to perform: lambda:PublishVersion with an explicit deny in an SCP"

    problem = _caught(refused("AccessDeniedException", said, 403)).problems[0]

    assert "A policy denies it explicitly" in problem.do
    assert '"Effect"' not in problem.do


def test_before_the_account_is_known_the_resource_has_a_wildcard() -> None:
    at = bench(refused("AccessDeniedException", "no", 403))

    with pytest.raises(AccessError) as caught:
        at.aws().function(FN, "7")

    assert "on arn:aws:lambda:eu-west-1:*:function:fn:7 " in caught.value.problems[0].what


@pytest.mark.parametrize(
    ("reply", "id_", "said"),
    [
        (
            refused("ExpiredTokenException", "The security token included is expired", 403),
            "E-IDENTITY-03",
            "the AWS session token expired before lambda:PublishVersion",
        ),
        (
            refused("UnrecognizedClientException", "The security token is invalid.", 403),
            "E-IDENTITY-08",
            "at lambda:PublishVersion: UnrecognizedClientException",
        ),
        (
            refused("InvalidSignatureException", "The request signature does not match", 403),
            "E-IDENTITY-08",
            "InvalidSignatureException: The request signature",
        ),
    ],
)
def test_refused_credentials_are_an_identity_error(reply: Reply, id_: str, said: str) -> None:
    error = _caught(reply)

    assert isinstance(error, IdentityError)
    assert error.problems[0].id == id_
    assert said in error.problems[0].what


def test_our_own_request_behind_a_refused_signature_is_not_shown() -> None:
    said = (
        "The signature does not match.\n\nThe Canonical String was\n'GET\nx-amz-security-token:S3CR"
    )

    problem = _caught(refused("InvalidSignatureException", said, 403)).problems[0]

    assert "InvalidSignatureException: The signature does not match" in problem.what
    assert "S3CR" not in str(problem)
    assert "Canonical" not in str(problem)


def test_the_statement_for_a_key_that_is_made_of_a_hash_covers_the_next_build_too() -> None:
    arn = "arn:aws:s3:::b/team/unsigned/" + "0a" * 32 + ".zip"
    said = f"User: u is not authorized to perform: s3:PutObject on resource: {arn} because no"

    problem = _caught(refused("AccessDeniedException", said, 403)).problems[0]

    assert arn in problem.what
    assert '"Resource": "arn:aws:s3:::b/team/unsigned/*"' in problem.do


@pytest.mark.parametrize(
    ("text", "date", "said"),
    [
        ("Signature expired: 20260105T0844Z", "Mon, 05 Jan 2026 09:16:00 GMT", "16 min behind AWS"),
        ("Signature not yet current", "Mon, 05 Jan 2026 08:00:00 GMT", "60 min ahead of AWS"),
        ("Signature expired", "yesterday", "clock differs from the one of AWS"),
        ("Signature expired", "", "clock differs from the one of AWS"),
        ("Signature expired", "Mon, 05 Jan 2026 09:16:00 -0000", "clock differs from the one of"),
    ],
)
def test_a_differing_clock_is_told_with_its_minutes(text: str, date: str, said: str) -> None:
    body = json.dumps({"message": text}).encode()
    headers = {"x-amzn-errortype": "InvalidSignatureException", "date": date}

    error = _caught(Reply(body, 403, headers))

    assert error.problems[0].id == "E-IDENTITY-06"
    assert said in error.problems[0].what


def test_a_differing_clock_at_s3_is_the_same_error() -> None:
    at = bench(s3_refused("RequestTimeTooSkewed", "The difference is too large.", 403))

    with pytest.raises(IdentityError, match="E-IDENTITY-06"):
        at.aws().bucket("artefacts", good.ACCOUNT)


def test_a_differing_clock_at_sts_is_the_same_error() -> None:
    at = bench(sts_refused("SignatureDoesNotMatch", "Signature expired: x is now earlier", 403))

    with pytest.raises(IdentityError, match="E-IDENTITY-06"):
        at.aws().identity()


@pytest.mark.parametrize(
    "reply",
    [
        s3_refused("ExpiredToken", "The provided token has expired.", 400),
        s3_refused("InvalidAccessKeyId", "The key does not exist.", 403),
        s3_refused("InvalidToken", "malformed", 400),
    ],
)
def test_refused_credentials_at_s3_are_an_identity_error_too(reply: Reply) -> None:
    with pytest.raises(IdentityError):
        bench(reply).aws().list_objects("artefacts", "p/", good.ACCOUNT)


@pytest.mark.parametrize(
    ("reply", "where"),
    [
        (
            s3_refused(
                "PermanentRedirect", "use the endpoint", 301, "<Endpoint>b.s3-us-west-2</Endpoint>"
            ),
            "another region",
        ),
        (
            s3_refused(
                "AuthorizationHeaderMalformed",
                "the region 'eu-west-1' is wrong",
                400,
                "<Region>us-west-2</Region>",
            ),
            "us-west-2",
        ),
        (
            xml(
                "<Error><Code>PermanentRedirect</Code></Error>",
                301,
                x_amz_bucket_region="eu-north-1",
            ),
            "eu-north-1",
        ),
    ],
)
def test_a_bucket_of_another_region_is_refused_without_following_it(
    reply: Reply, where: str
) -> None:
    at = bench(reply)

    with pytest.raises(BucketError, match="E-BUCKET-08") as caught:
        at.aws().bucket("artefacts", good.ACCOUNT)

    assert f"arn:aws:s3:::artefacts is in {where}, not" in str(caught.value)
    assert len(at.canned.requests) == 1


def test_an_error_that_no_call_expects_is_shown_as_data() -> None:
    error = _caught(refused("Weird\nException", "what?\x1b[2J::error::x" + "y" * 1000, 400))

    problem = error.problems[0]
    assert isinstance(error, AwsError)
    assert problem.id == "E-AWS-04"
    assert "lambda:PublishVersion on arn:aws:lambda" in problem.what
    assert "\n" not in problem.what
    assert "\x1b" not in problem.what
    assert len(problem.what) < 500


def test_an_error_answer_without_code_and_text_is_told_by_its_status() -> None:
    error = _caught(Reply(b"{}", 418))

    assert error.problems[0].id == "E-AWS-04"
    assert "418" in error.problems[0].what


@pytest.mark.parametrize("code", ["KMSAccessDeniedException", "InvalidZipFileException"])
def test_a_5xx_that_stays_is_not_repeated(code: str) -> None:
    error = _caught(refused(code, "it stays", 502))

    assert error.problems[0].id == "E-AWS-04"
    assert f"{code}: it stays" in error.problems[0].what


def test_a_403_of_an_object_names_the_cause_that_hides_behind_it(tmp_path: Path) -> None:
    at = bench(xml(status=403))

    with pytest.raises(AccessError) as caught:
        at.aws().get_object("artefacts", "k", None, good.ACCOUNT, tmp_path / "k")

    problem = caught.value.problems[0]
    assert "missing s3:GetObject on arn:aws:s3:::artefacts/k" in problem.what
    assert "s3:ListBucket" in problem.do


def test_secrets_of_an_answer_are_in_no_error() -> None:
    leaking = {**good.CONFIGURATION, "Version": 7}
    at = bench(ok(leaking))

    with pytest.raises(AwsError) as caught:
        at.aws().function(FN)

    shown = f"{caught.value}{caught.value!r}{at.said}{caught.value.__cause__!r}"
    assert "canary" not in shown
