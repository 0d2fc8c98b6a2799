"""Rows on Lambda's code-signing configurations, and on what they let into a function."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.contract.material import sha256_b64, some_code
from tests.contract.row import Area, Source, further, refused, row

if TYPE_CHECKING:
    from tests.contract.clients import Clients

CODE_SIGNING = Area.CODE_SIGNING
DOCS, LS, SD = Source.DOCS, Source.LOCALSTACK, Source.STACKD

NO_CONFIG = "arn:aws:lambda:{region}:{account}:code-signing-config:csc-0123456789abcdef0"
NO_PUBLISHER = "arn:aws:signer:eu-west-1:999988887777:/signing-profiles/nobody/abcDEF1234"
REFUSED = ("CodeVerificationFailedException", 400)
NOT_ACCEPTED = "not configured to accept"
TWELVE_YEARS_S = 12 * 366 * 86_400.0  # a signature is valid for 135 months


@row(CODE_SIGNING, SD)
def config_create(aws: Clients) -> None:
    """A code-signing configuration answers 201, is named csc-..., and only warns by default."""
    publisher = aws.profile(kept="main").version_arn

    made = aws.lambda_.create_code_signing_config(
        AllowedPublishers={"SigningProfileVersionArns": [publisher]}
    )

    config = made["CodeSigningConfig"]
    arn = config["CodeSigningConfigArn"]
    aws.afterwards(aws.lambda_.delete_code_signing_config, CodeSigningConfigArn=arn)
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert re.fullmatch(r"csc-[a-z0-9]{17}", config["CodeSigningConfigId"])
    assert arn.endswith(f":code-signing-config:{config['CodeSigningConfigId']}")
    assert config["CodeSigningPolicies"] == {"UntrustedArtifactOnDeployment": "Warn"}


@row(CODE_SIGNING, SD)
def config_get(aws: Clients) -> None:
    """GetCodeSigningConfig answers the publishers and the policy as they were given."""
    publisher = aws.profile(kept="main").version_arn
    arn = aws.code_signing_config(publisher, "Enforce")

    got = aws.lambda_.get_code_signing_config(CodeSigningConfigArn=arn)["CodeSigningConfig"]

    assert got["AllowedPublishers"] == {"SigningProfileVersionArns": [publisher]}
    assert got["CodeSigningPolicies"] == {"UntrustedArtifactOnDeployment": "Enforce"}


@row(CODE_SIGNING, SD)
def config_update(aws: Clients) -> None:
    """UpdateCodeSigningConfig changes what it names; without a policy the policy stays."""
    arn = aws.code_signing_config(aws.profile(kept="main").version_arn, "Enforce")
    other = aws.profile(kept="other").version_arn

    aws.lambda_.update_code_signing_config(
        CodeSigningConfigArn=arn, AllowedPublishers={"SigningProfileVersionArns": [other]}
    )

    got = aws.lambda_.get_code_signing_config(CodeSigningConfigArn=arn)["CodeSigningConfig"]
    assert got["AllowedPublishers"]["SigningProfileVersionArns"] == [other]
    assert got["CodeSigningPolicies"] == {"UntrustedArtifactOnDeployment": "Enforce"}


@row(CODE_SIGNING, SD)
def config_functions(aws: Clients) -> None:
    """ListFunctionsByCodeSigningConfig names the functions that it is attached to."""
    name = aws.function()
    arn = aws.code_signing_config(aws.profile(kept="main").version_arn)
    before = aws.lambda_.list_functions_by_code_signing_config(CodeSigningConfigArn=arn)
    aws.attach(name, arn)

    after = aws.lambda_.list_functions_by_code_signing_config(CodeSigningConfigArn=arn)

    assert before["FunctionArns"] == []
    (function_arn,) = after["FunctionArns"]
    assert function_arn.endswith(f":function:{name}")


@row(CODE_SIGNING, LS)
def config_attach(aws: Clients) -> None:
    """An attached configuration is read back from the function."""
    name = aws.function()
    arn = aws.code_signing_config(aws.profile(kept="main").version_arn)

    put = aws.attach(name, arn)

    got = aws.lambda_.get_function_code_signing_config(FunctionName=name)
    assert (put["FunctionName"], put["CodeSigningConfigArn"]) == (name, arn)
    assert (got["FunctionName"], got["CodeSigningConfigArn"]) == (name, arn)


@row(CODE_SIGNING, LS)
def config_attach_unknown(aws: Clients) -> None:
    """Attaching a configuration that does not exist is 404 CodeSigningConfigNotFoundException."""
    name = aws.function()
    arn = NO_CONFIG.format(region=aws.target.region, account=aws.account)

    with refused("CodeSigningConfigNotFoundException", 404):
        aws.attach(name, arn)

    assert "CodeSigningConfigArn" not in aws.lambda_.get_function_code_signing_config(
        FunctionName=name
    )


@further(CODE_SIGNING, SD)
def config_any_publisher(aws: Clients) -> None:
    """A configuration takes any publisher, even a profile that does not exist."""
    arn = aws.code_signing_config(NO_PUBLISHER)

    got = aws.lambda_.get_code_signing_config(CodeSigningConfigArn=arn)["CodeSigningConfig"]
    assert got["AllowedPublishers"]["SigningProfileVersionArns"] == [NO_PUBLISHER]


@further(CODE_SIGNING, LS)
def config_unknown(aws: Clients) -> None:
    """A configuration that does not exist is 404 ResourceNotFoundException, told by its ARN."""
    arn = NO_CONFIG.format(region=aws.target.region, account=aws.account)
    text = f"The Lambda code signing configuration {arn} can not be found."

    with refused("ResourceNotFoundException", 404, text):
        aws.lambda_.get_code_signing_config(CodeSigningConfigArn=arn)
    with refused("ResourceNotFoundException", 404, text):
        aws.lambda_.list_functions_by_code_signing_config(CodeSigningConfigArn=arn)
    with refused("ResourceNotFoundException", 404, text):
        aws.lambda_.delete_code_signing_config(CodeSigningConfigArn=arn)


@further(CODE_SIGNING, SD)
def config_delete_in_use(aws: Clients) -> None:
    """An attached configuration cannot be deleted: 409 ResourceConflictException."""
    name = aws.function()
    arn = aws.code_signing_config(aws.profile(kept="main").version_arn)
    aws.attach(name, arn)

    with refused("ResourceConflictException", 409):
        aws.lambda_.delete_code_signing_config(CodeSigningConfigArn=arn)

    got = aws.lambda_.get_function_code_signing_config(FunctionName=name)
    assert got["CodeSigningConfigArn"] == arn


@further(CODE_SIGNING, LS, SD)
def config_none_attached(aws: Clients) -> None:
    """GetFunctionCodeSigningConfig of a function without one is 200, naming no configuration."""
    got = aws.lambda_.get_function_code_signing_config(FunctionName=aws.function())

    assert got["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert "CodeSigningConfigArn" not in got


@further(CODE_SIGNING, LS, SD)
def config_qualifier(aws: Clients) -> None:
    """GetFunctionCodeSigningConfig refuses any qualifier: 400 InvalidParameterValueException."""
    name = aws.function()
    aws.publish(name)

    with refused("InvalidParameterValueException", 400):
        aws.lambda_.get_function_code_signing_config(FunctionName=f"{name}:1")


@further(CODE_SIGNING, DOCS)
def config_detach(aws: Clients) -> None:
    """Without its configuration, an Enforce function takes unsigned code again."""
    name = aws.guarded_function(aws.profile(kept="main"), "Enforce")
    code = some_code()

    aws.lambda_.delete_function_code_signing_config(FunctionName=name)

    assert aws.update(name, code)["CodeSha256"] == sha256_b64(code)


@further(CODE_SIGNING, DOCS)
def config_attach_checks_nothing(aws: Clients) -> None:
    """Attaching an Enforce configuration leaves unsigned code in place, and it can be published."""
    code = some_code()
    name = aws.function(code)

    aws.attach(name, aws.code_signing_config(aws.profile(kept="main").version_arn, "Enforce"))

    assert aws.publish(name)["CodeSha256"] == sha256_b64(code)
