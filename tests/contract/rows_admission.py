"""Rows on what a code-signing configuration lets into a function, under Enforce and under Warn."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING, Any

from tests.contract.material import sha256_b64, some_code, zip_of
from tests.contract.row import Area, Source, further, refused, row

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.contract.clients import Clients
    from tests.contract.material import Signed

CODE_SIGNING = Area.CODE_SIGNING
DOCS, SD = Source.DOCS, Source.STACKD

REFUSED = ("CodeVerificationFailedException", 400)
NOT_ACCEPTED = "not configured to accept"
NOT_PROPERLY_SIGNED = "not properly signed"
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

    with refused(*REFUSED, NOT_PROPERLY_SIGNED):
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

    with refused(*REFUSED, NOT_PROPERLY_SIGNED):
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
