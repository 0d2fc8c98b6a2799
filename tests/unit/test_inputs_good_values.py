"""What the inputs take, what they become, and what they are when nothing is given."""

from __future__ import annotations

import pytest

from signed_lambda.errors import InputError
from signed_lambda.inputs import (
    CodeTarget,
    HashAliasTarget,
    Inputs,
    Previous,
    Target,
    VersionTarget,
    read,
)
from signed_lambda.model import Sha256, Version

HEX = "a1" * 32
B64 = Sha256.from_hex(HEX).b64
ARN = "arn:aws:lambda:eu-central-1:111122223333:function:fn"


def deploy(**inputs: str) -> Inputs:
    """A good deploy with these inputs; "_" in a name stands for "-"."""
    good = {
        "function_name": "fn",
        "source": "dist",
        "bucket": "artefacts",
        "signing_profile": "release",
        "aws_region": "eu-central-1",
    }
    return read({_variable(name): value for name, value in {**good, **inputs}.items()})


def rollback(**inputs: str) -> Inputs:
    """A good rollback with these inputs."""
    good = {"command": "rollback", "function_name": "fn", "aws_region": "eu-central-1"}
    return read({_variable(name): value for name, value in {**good, **inputs}.items()})


def _variable(name: str) -> str:
    return f"INPUT_{name.upper().replace('_', '-')}"


def test_defaults_without_the_runner_are_those_of_the_interface() -> None:
    inputs = deploy()

    assert inputs.command.name == "deploy"
    assert inputs.alias == "live"
    assert inputs.prefix == "signed-lambda"
    assert inputs.require_code_signing == "enforce"
    assert inputs.hash_alias is True
    assert inputs.to == Previous()
    assert inputs.fail_on == "high"
    assert inputs.comment == "update"
    assert inputs.timeout_s == 15 * 60
    assert not inputs.allow_unsigned
    assert not inputs.allow_older
    assert not inputs.allow_secret_files
    assert not inputs.require_reviewed
    assert inputs.github_token is None
    assert inputs.pr_number is None
    assert inputs.bucket_owner is None
    assert inputs.signing_profile_owner is None
    assert inputs.expected_sha256 is None
    assert inputs.smoke_event is None
    assert inputs.from_alias is None
    assert inputs.reason is None
    assert inputs.aws_endpoint_url is None
    assert inputs.signer_root is None
    assert (inputs.include, inputs.exclude, inputs.templates) == ((), (), ())
    assert inputs.allowed_account_ids == ()


@pytest.mark.parametrize(
    ("text", "name", "account", "region"),
    [
        ("fn", "fn", None, None),
        ("A_b-9" + "x" * 59, "A_b-9" + "x" * 59, None, None),
        ("111122223333", "111122223333", None, None),
        (ARN, "fn", "111122223333", "eu-central-1"),
        ("111122223333:function:fn", "fn", "111122223333", None),
    ],
)
def test_a_function_is_named_by_name_arn_or_partial_arn(
    text: str, name: str, account: str | None, region: str | None
) -> None:
    inputs = deploy(function_name=text)

    assert (inputs.function, inputs.function_account, inputs.function_region) == (
        name,
        account,
        region,
    )


@pytest.mark.parametrize(
    ("region", "partition"),
    [("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov"), ("eusc-de-east-1", "aws-eusc")],
)
def test_arns_of_all_partitions_are_taken(region: str, partition: str) -> None:
    arn = f"arn:{partition}:lambda:{region}:111122223333:function:fn"

    inputs = deploy(function_name=arn, aws_region="")

    assert inputs.aws_region == region


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("previous", Previous()),
        ("41", VersionTarget(Version("41"))),
        ("9" * 18, VersionTarget(Version("9" * 18))),
        (f"sha256:{HEX}", CodeTarget(Sha256.from_hex(HEX))),
        (f"sha256:{HEX.upper()}", CodeTarget(Sha256.from_hex(HEX))),
        (f"HASH-{HEX}", HashAliasTarget(HEX)),
        (f"HASH-{HEX.upper()}", HashAliasTarget(HEX)),
    ],
)
def test_a_rollback_target_has_four_forms(text: str, target: Target) -> None:
    assert rollback(to=text).to == target


def test_a_hash_alias_target_knows_the_alias_name() -> None:
    assert HashAliasTarget(HEX).alias == f"HASH-{HEX}"


@pytest.mark.parametrize("text", [HEX, HEX.upper(), B64])
def test_an_expected_hash_is_hex_or_base64(text: str) -> None:
    assert deploy(expected_sha256=text).expected_sha256 == Sha256.from_hex(HEX)


def test_blanks_and_line_breaks_at_the_ends_do_not_count() -> None:
    inputs = deploy(function_name=" \tfn\r\n", alias="blue\n", reason="  because  \n")

    assert (inputs.function, inputs.alias, inputs.reason) == ("fn", "blue", "because")


@pytest.mark.parametrize("blank", ["", " ", "\n", " \t\r\n"])
def test_a_blank_value_is_not_given(blank: str) -> None:
    inputs = deploy(alias=blank, reason=blank, include=blank, allowed_account_ids=blank)

    assert (inputs.alias, inputs.reason) == ("live", None)
    assert (inputs.include, inputs.allowed_account_ids) == ((), ())


def test_lists_are_read_line_by_line_without_comments() -> None:
    inputs = deploy(
        include="src/**\n\n  # tests\n\tlib/*.py  \r\n",
        exclude="kept\\ \ncut \\\n!a b\n\\#c\ntab\\\t",
    )

    assert inputs.include == ("src/**", "lib/*.py")
    assert inputs.exclude == ("kept\\ ", "cut \\", "!a b", "\\#c", "tab\\")


def test_a_list_of_one_line_keeps_the_blank_of_a_pattern() -> None:
    assert deploy(include="kept\\ ").include == ("kept\\ ",)


def test_an_account_that_is_allowed_may_hold_the_function() -> None:
    inputs = deploy(function_name=ARN, allowed_account_ids="444455556666 111122223333")

    assert inputs.function_account == "111122223333"


def test_a_list_of_comments_alone_is_empty() -> None:
    assert deploy(include="# nothing\n").include == ()


def test_account_ids_are_separated_by_commas_blanks_or_line_breaks() -> None:
    inputs = deploy(allowed_account_ids="111122223333, 444455556666\n000000000001 111122223333,")

    assert inputs.allowed_account_ids == ("111122223333", "444455556666", "000000000001")


def test_a_reason_may_be_in_any_script() -> None:
    persian = "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"
    reason = f"r\u00e9gression\u00a0: {persian} \U0001f468\u200d\U0001f469"

    assert deploy(reason=reason).reason == reason


def test_a_reason_of_200_characters_is_taken() -> None:
    assert deploy(reason="x" * 200).reason == "x" * 200


@pytest.mark.parametrize("minutes", [1, 360])
def test_the_deadline_is_told_in_seconds(minutes: int) -> None:
    assert deploy(timeout_minutes=str(minutes)).timeout_s == minutes * 60


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:4566",
        "https://emulator.example/path/",
        "http://[::1]:5000",
        "HTTP://Host_1:80",
    ],
)
def test_an_endpoint_is_an_http_url(url: str) -> None:
    assert deploy(aws_endpoint_url=url).aws_endpoint_url == url


@pytest.mark.parametrize("prefix", ["a", "team/env-1/x_y.z", "a" * 900])
def test_a_prefix_is_made_of_what_s3_calls_safe(prefix: str) -> None:
    assert deploy(prefix=prefix).prefix == prefix


@pytest.mark.parametrize("bucket", ["abc", "a" * 63, "my.bucket-1", "0-9"])
def test_a_bucket_has_s3s_name_rules(bucket: str) -> None:
    assert deploy(bucket=bucket).bucket == bucket


@pytest.mark.parametrize("alias", ["a", "7a", "-", "_" * 128, "hash-1", "LATEST"])
def test_an_alias_has_lambdas_name_rules(alias: str) -> None:
    assert deploy(alias=alias).alias == alias


@pytest.mark.parametrize("region", ["us-iso-east-1", "us-isob-east-1", "xx-new-12"])
def test_a_region_that_is_not_known_yet_is_taken(region: str) -> None:
    assert deploy(aws_region=region).aws_region == region


def test_a_pull_request_is_a_number() -> None:
    assert deploy(pr_number="42").pr_number == 42


def test_the_token_is_not_in_the_repr() -> None:
    inputs = deploy(github_token="ghs_verysecret")

    assert inputs.github_token == "ghs_verysecret"
    assert "verysecret" not in repr(inputs)


@pytest.mark.parametrize("token", ["ghs_very secret", "ghs_very\0secret", "ghs_very" * 1000])
def test_a_bad_token_is_not_in_the_message(token: str) -> None:
    with pytest.raises(InputError) as caught:
        deploy(github_token=token)

    assert "very" not in str(caught.value)


def test_a_password_in_an_endpoint_is_not_in_the_message() -> None:
    with pytest.raises(InputError) as caught:
        deploy(aws_endpoint_url="http://user:p@ss word@host")

    assert "user" not in str(caught.value).replace("user name", "")
    assert "ss word" not in str(caught.value)


SCAN = {"INPUT_COMMAND": "scan", "INPUT_SOURCE": "."}
VERIFY = {"INPUT_COMMAND": "verify", "INPUT_FUNCTION-NAME": "fn"}


def test_the_input_wins_over_the_environment() -> None:
    environment = {"INPUT_AWS-REGION": "us-west-2", "AWS_REGION": "us-east-1"}

    assert read({**VERIFY, **environment}).aws_region == "us-west-2"


def test_the_arn_wins_over_the_environment() -> None:
    environment = {"INPUT_FUNCTION-NAME": ARN, "AWS_REGION": "us-east-1"}

    assert read({**VERIFY, **environment}).aws_region == "eu-central-1"


def test_aws_region_wins_over_the_default_region() -> None:
    environment = {"AWS_DEFAULT_REGION": "us-east-1", "AWS_REGION": "us-east-2"}

    assert read({**VERIFY, **environment}).aws_region == "us-east-2"


def test_the_default_region_is_read_last() -> None:
    environment = {"AWS_DEFAULT_REGION": "us-east-1", "AWS_REGION": " "}

    assert read({**VERIFY, **environment}).aws_region == "us-east-1"


def test_a_scan_needs_none() -> None:
    assert read(SCAN).aws_region is None


@pytest.mark.parametrize(
    ("region", "says"),
    [
        ("us east 1", "E-INPUT-03 AWS_REGION 'us east 1' is not a region's code."),
        ("us-east-1\0", "E-INPUT-05 AWS_REGION 'us-east-1\\x00' has a NUL at position 10."),
    ],
)
def test_a_bad_region_of_the_environment_is_named_by_its_variable(region: str, says: str) -> None:
    with pytest.raises(InputError) as caught:
        read({**VERIFY, "AWS_REGION": region})

    assert str(caught.value).startswith(says)
    assert len(caught.value.problems) == 1


def test_a_scan_can_do_without_a_function() -> None:
    assert read(SCAN).function == ""


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("fn", [("fn", None, None, None)]),
        ("fn:live", [("fn", None, None, "live")]),
        (
            f"\n# ours\n  a:blue \nb\n\n{ARN}\n{ARN}:live\n111122223333:function:c:x\nb\n",
            [
                ("a", None, None, "blue"),
                ("b", None, None, None),
                ("fn", "111122223333", "eu-central-1", None),
                ("fn", "111122223333", "eu-central-1", "live"),
                ("c", "111122223333", None, "x"),
            ],
        ),
    ],
)
def test_verify_takes_functions_one_a_line_each_with_or_without_an_alias(
    text: str, named: list[tuple[str, str | None, str | None, str | None]]
) -> None:
    environ = {
        "INPUT_COMMAND": "verify",
        "INPUT_FUNCTION-NAME": text,
        "INPUT_AWS-REGION": "eu-central-1",
    }

    inputs = read(environ)

    assert [(f.name, f.account, f.region, f.alias) for f in inputs.functions] == named
    assert inputs.alias == ((named[0][3] or "live") if len(named) == 1 else "live")
    assert inputs.function == (named[0][0] if len(named) == 1 else "")
