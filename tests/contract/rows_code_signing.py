"""Rows on Lambda's code-signing configurations, and on what they let into a function."""

from __future__ import annotations

import io
import re
import zipfile
from typing import TYPE_CHECKING, Any

from tests.contract.clients import sha256_b64, some_code, zip_of
from tests.contract.row import Area, Source, further, refused, row

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.contract.clients import Clients, Signed

CODE_SIGNING = Area.CODE_SIGNING
DOCS, LS, SD = Source.DOCS, Source.LOCALSTACK, Source.STACKD

NO_CONFIG = "arn:aws:lambda:{region}:{account}:code-signing-config:csc-0123456789abcdef0"
NO_PUBLISHER = "arn:aws:signer:eu-west-1:999988887777:/signing-profiles/nobody/abcDEF1234"
REFUSED = ("CodeVerificationFailedException", 400)
NOT_ACCEPTED = "not configured to accept"
TWELVE_YEARS_S = 12 * 366 * 86_400.0  # a signature is valid for 135 months


def _at(signed: Signed) -> dict[str, Any]:
    """Where a signed zip lies, as UpdateFunctionCode takes it."""
    return {
        "S3Bucket": signed.bucket,
        "S3Key": signed.key,
        "S3ObjectVersion": signed.version_id,
    }


def _rewritten(
    body: bytes, change: Callable[[dict[str, bytes]], dict[str, bytes]], *, compress: bool = False
) -> bytes:
    """The zip with its entries changed: other bytes, names or order; new times in any case."""
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    return zip_of(change(entries), compress=compress)


def _edited(entries: dict[str, bytes]) -> dict[str, bytes]:
    return entries | {"handler.py": entries["handler.py"] + b"# edited\n"}


# -- the configuration itself


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

    put = aws.lambda_.put_function_code_signing_config(FunctionName=name, CodeSigningConfigArn=arn)

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


# -- Enforce


@row(CODE_SIGNING, SD)
def enforce_unsigned_update(aws: Clients) -> None:
    """Under Enforce an update with unsigned code is 400, and the function keeps its code."""
    name = aws.guarded_function(aws.profile(kept="main"), "Enforce")
    before = aws.stored_sha(name)

    with refused(*REFUSED, "Lambda cannot deploy the function", NOT_ACCEPTED):
        aws.lambda_.update_function_code(FunctionName=name, ZipFile=some_code())

    assert aws.stored_sha(name) == before


@row(CODE_SIGNING, SD)
def enforce_unsigned_dry_run(aws: Clients) -> None:
    """Under Enforce a dry run with unsigned code is refused like the update itself."""
    name = aws.guarded_function(aws.profile(kept="main"), "Enforce")

    with refused(*REFUSED):
        aws.lambda_.update_function_code(FunctionName=name, ZipFile=some_code(), DryRun=True)


@row(CODE_SIGNING, SD)
def enforce_unsigned_create(aws: Clients) -> None:
    """Under Enforce no function is created from unsigned code."""
    arn = aws.code_signing_config(aws.profile(kept="main").version_arn, "Enforce")
    name = aws.name()

    with refused(*REFUSED):
        aws.create(FunctionName=name, CodeSigningConfigArn=arn)

    with refused("ResourceNotFoundException", 404):
        aws.lambda_.get_function(FunctionName=name)


@row(CODE_SIGNING, DOCS, SD)
def enforce_signed(aws: Clients) -> None:
    """Code signed by an allowed profile is deployed, and the function names job and profile."""
    profile = aws.profile(kept="main")
    name, signed = aws.guarded_function(profile, "Enforce"), aws.sign(profile)

    config = aws.update(name, **_at(signed))

    assert config["CodeSha256"] == sha256_b64(signed.body)
    assert config["SigningJobArn"] == signed.job_arn
    assert config["SigningProfileVersionArn"] == profile.version_arn


@row(CODE_SIGNING, SD)
def enforce_tampered(aws: Clients) -> None:
    """Under Enforce a signed zip in which one file was edited is refused."""
    profile = aws.profile(kept="main")
    name, signed = aws.guarded_function(profile, "Enforce"), aws.sign(profile)
    before = aws.stored_sha(name)

    with refused(*REFUSED, "not properly signed"):
        aws.lambda_.update_function_code(
            FunctionName=name, ZipFile=_rewritten(signed.body, _edited)
        )

    assert aws.stored_sha(name) == before


@row(CODE_SIGNING, SD)
def enforce_foreign(aws: Clients) -> None:
    """Under Enforce code signed by a profile that is not allowed is refused."""
    name = aws.guarded_function(aws.profile(kept="main"), "Enforce")
    signed = aws.sign(aws.profile(kept="other"))

    with refused(*REFUSED, NOT_ACCEPTED):
        aws.lambda_.update_function_code(FunctionName=name, **_at(signed))


@row(CODE_SIGNING, DOCS)
def enforce_revoked(aws: Clients) -> None:
    """Under Enforce code whose signature was revoked is refused."""
    profile = aws.profile(kept="main")
    name, signed = aws.guarded_function(profile, "Enforce"), aws.sign(profile)
    aws.signer.revoke_signature(jobId=signed.job_id, reason="a test of revocation")

    with refused(*REFUSED):
        aws.lambda_.update_function_code(FunctionName=name, **_at(signed))


@row(CODE_SIGNING, DOCS, alone=True)
def enforce_expired(aws: Clients) -> None:
    """Under Enforce code whose signature has expired is refused."""
    profile = aws.profile(kept="main")
    name, signed = aws.guarded_function(profile, "Enforce"), aws.sign(profile)
    aws.knobs.advance(TWELVE_YEARS_S)

    with refused(*REFUSED):
        aws.lambda_.update_function_code(FunctionName=name, **_at(signed))


@further(CODE_SIGNING, SD)
def enforce_recompressed(aws: Clients) -> None:
    """The signature covers names, bytes and order: a signed zip recompressed later is accepted."""
    profile = aws.profile(kept="main")
    name, signed = aws.guarded_function(profile, "Enforce"), aws.sign(profile)
    recompressed = _rewritten(signed.body, lambda entries: entries, compress=True)

    config = aws.update(name, recompressed)

    assert recompressed != signed.body
    assert config["CodeSha256"] == sha256_b64(recompressed)
    assert config["SigningJobArn"] == signed.job_arn


@further(CODE_SIGNING, SD)
def enforce_renamed(aws: Clients) -> None:
    """Under Enforce a signed zip in which one file was renamed is refused."""
    profile = aws.profile(kept="main")
    name, signed = aws.guarded_function(profile, "Enforce"), aws.sign(profile)
    renamed = _rewritten(
        signed.body,
        lambda entries: {n.replace("data.txt", "date.txt"): b for n, b in entries.items()},
    )

    with refused(*REFUSED):
        aws.lambda_.update_function_code(FunctionName=name, ZipFile=renamed)


@further(CODE_SIGNING, SD)
def enforce_reordered(aws: Clients) -> None:
    """Under Enforce a signed zip with its files in another order is refused."""
    profile = aws.profile(kept="main")
    name, signed = aws.guarded_function(profile, "Enforce"), aws.sign(profile)

    def swapped(entries: dict[str, bytes]) -> dict[str, bytes]:
        first, second, *rest = entries.items()
        return dict([second, first, *rest])

    with refused(*REFUSED):
        aws.lambda_.update_function_code(
            FunctionName=name, ZipFile=_rewritten(signed.body, swapped)
        )


@further(CODE_SIGNING, SD)
def enforce_file_added(aws: Clients) -> None:
    """Under Enforce a signed zip with one file more is refused."""
    profile = aws.profile(kept="main")
    name, signed = aws.guarded_function(profile, "Enforce"), aws.sign(profile)
    more = _rewritten(signed.body, lambda entries: entries | {"more.py": b""})

    with refused(*REFUSED):
        aws.lambda_.update_function_code(FunctionName=name, ZipFile=more)


@further(CODE_SIGNING, SD)
def enforce_signed_dry_run(aws: Clients) -> None:
    """Under Enforce a dry run with signed code answers its CodeSha256 and deploys nothing."""
    profile = aws.profile(kept="main")
    name, signed = aws.guarded_function(profile, "Enforce"), aws.sign(profile)
    before = aws.stored_sha(name)

    dry = aws.lambda_.update_function_code(FunctionName=name, DryRun=True, ZipFile=signed.body)

    assert dry["CodeSha256"] == sha256_b64(signed.body)
    assert aws.stored_sha(name) == before


@further(CODE_SIGNING, DOCS)
def enforce_signed_create(aws: Clients) -> None:
    """Under Enforce a function is created from signed code, and names job and profile."""
    profile = aws.profile(kept="main")
    signed = aws.sign(profile)
    arn = aws.code_signing_config(profile.version_arn, "Enforce")

    name = aws.function(Code=_at(signed), CodeSigningConfigArn=arn)

    config = aws.lambda_.get_function_configuration(FunctionName=name)
    assert config["SigningJobArn"] == signed.job_arn
    assert config["SigningProfileVersionArn"] == profile.version_arn


@further(CODE_SIGNING, DOCS)
def version_keeps_signer(aws: Clients) -> None:
    """A version keeps job and profile of its code after $LATEST went on to another job."""
    profile = aws.profile(kept="main")
    name = aws.guarded_function(profile, "Enforce")
    first, second = aws.sign(profile), aws.sign(profile)
    aws.update(name, **_at(first))
    aws.publish(name)

    aws.update(name, **_at(second))

    got = aws.lambda_.get_function_configuration(FunctionName=name, Qualifier="1")
    assert got["SigningJobArn"] == first.job_arn
    assert got["SigningProfileVersionArn"] == profile.version_arn


# -- Warn


@row(CODE_SIGNING, DOCS, SD)
def warn_unsigned(aws: Clients) -> None:
    """Under Warn unsigned code is deployed, without job and profile."""
    name = aws.guarded_function(aws.profile(kept="main"), "Warn")
    code = some_code()

    config = aws.update(name, code)

    assert aws.lambda_.get_function_code_signing_config(FunctionName=name)["CodeSigningConfigArn"]
    assert config["CodeSha256"] == sha256_b64(code)
    assert "SigningJobArn" not in config
    assert "SigningProfileVersionArn" not in config


@row(CODE_SIGNING, SD)
def warn_tampered(aws: Clients) -> None:
    """Under Warn too a signed zip in which one file was edited is refused."""
    profile = aws.profile(kept="main")
    name, signed = aws.guarded_function(profile, "Warn"), aws.sign(profile)
    before = aws.stored_sha(name)

    with refused(*REFUSED, "not properly signed"):
        aws.lambda_.update_function_code(
            FunctionName=name, ZipFile=_rewritten(signed.body, _edited)
        )

    assert aws.stored_sha(name) == before


@further(CODE_SIGNING, DOCS)
def warn_foreign(aws: Clients) -> None:
    """Under Warn code signed by a profile that is not allowed is deployed."""
    name = aws.guarded_function(aws.profile(kept="main"), "Warn")
    signed = aws.sign(aws.profile(kept="other"))

    assert aws.update(name, **_at(signed))["CodeSha256"] == sha256_b64(signed.body)


@further(CODE_SIGNING, DOCS)
def warn_revoked(aws: Clients) -> None:
    """Under Warn code whose signature was revoked is deployed."""
    profile = aws.profile(kept="main")
    name, signed = aws.guarded_function(profile, "Warn"), aws.sign(profile)
    aws.signer.revoke_signature(jobId=signed.job_id, reason="a test of revocation")

    assert aws.update(name, **_at(signed))["CodeSha256"] == sha256_b64(signed.body)
