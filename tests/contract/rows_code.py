"""Rows on a function's code: creating, updating, dry runs, revisions, what is stored."""

from __future__ import annotations

import functools
import io
import zipfile
from typing import TYPE_CHECKING

from tests.contract.material import sha256_b64, some_code
from tests.contract.row import Area, Source, further, refused, row

if TYPE_CHECKING:
    from tests.contract.clients import Clients

CODE = Area.CODE
DOCS, LS, MODEL, SD = Source.DOCS, Source.LOCALSTACK, Source.MODEL, Source.STACKD

STALE = "00000000-0000-4000-8000-000000000000"
STALE_TEXT = "The Revision Id provided does not match"
MAX_ZIP_BYTES = 52_428_800
MAX_UNZIPPED_BYTES = 262_144_000


@row(CODE, LS)
def create_pending(aws: Clients) -> None:
    """A new function is Pending, for the reason Creating, and Active later."""
    made = aws.create()

    settled = aws.settled(made["FunctionName"])

    assert (made["State"], made["StateReasonCode"]) == ("Pending", "Creating")
    assert (settled["State"], settled["LastUpdateStatus"]) == ("Active", "Successful")


@row(CODE, DOCS)
def dry_run_hash(aws: Clients) -> None:
    """A dry run answers the CodeSha256 that the given code would have."""
    name = aws.function()
    code = some_code()

    dry = aws.lambda_.update_function_code(FunctionName=name, ZipFile=code, DryRun=True)

    assert dry["CodeSha256"] == sha256_b64(code)


@row(CODE, DOCS)
def dry_run_writes_nothing(aws: Clients) -> None:
    """A dry run leaves the function's code as it is."""
    code = some_code()
    name = aws.function(code)

    aws.lambda_.update_function_code(FunctionName=name, ZipFile=some_code(), DryRun=True)

    config = aws.settled(name)
    assert config["CodeSha256"] == sha256_b64(code)
    assert aws.versions(name) == ["$LATEST"]


@row(CODE, DOCS)
def s3_object_version(aws: Clients) -> None:
    """An update with S3ObjectVersion takes that version, though the key was overwritten."""
    name, bucket, code = aws.function(), aws.bucket(), some_code()
    version = aws.upload(bucket, "code.zip", code)
    aws.upload(bucket, "code.zip", some_code())

    config = aws.update(name, S3Bucket=bucket, S3Key="code.zip", S3ObjectVersion=version)

    assert config["CodeSha256"] == sha256_b64(code)


@row(CODE, LS)
def s3_no_such_key(aws: Clients) -> None:
    """An update from a key that does not exist is 400, with S3's error code in the text."""
    name, bucket = aws.function(), aws.bucket()

    with refused(
        "InvalidParameterValueException",
        400,
        "Error occurred while GetObject. S3 Error Code: NoSuchKey",
    ):
        aws.lambda_.update_function_code(FunctionName=name, S3Bucket=bucket, S3Key="none.zip")


@row(CODE, LS)
def bad_zip(aws: Clients) -> None:
    """An update with bytes that are no zip is 400, and the code stays."""
    code = some_code()
    name = aws.function(code)

    with refused("InvalidParameterValueException", 400, "Could not unzip uploaded file"):
        aws.lambda_.update_function_code(FunctionName=name, ZipFile=b"not a zip")

    assert aws.stored_sha(name) == sha256_b64(code)


@row(CODE, LS, alone=True)
def unzipped_limit(aws: Clients) -> None:
    """A zip that unpacks to more than 262144000 bytes is 400 InvalidParameterValueException."""
    name = aws.function()

    with refused(
        "InvalidParameterValueException", 400, "Unzipped size must be smaller than 262144000 bytes"
    ):
        aws.lambda_.update_function_code(FunctionName=name, ZipFile=_unpacks_to_too_much())


@functools.cache
def _unpacks_to_too_much() -> bytes:
    out = io.BytesIO()
    chunk = bytes(1 << 20)
    with (
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("zeros.bin", "w") as entry,
    ):
        for _ in range(MAX_UNZIPPED_BYTES // len(chunk) + 1):
            entry.write(chunk)
    return out.getvalue()


@row(CODE, DOCS)
def location(aws: Clients) -> None:
    """GetFunction's Code.Location downloads the very bytes that $LATEST was given."""
    code = some_code()
    name = aws.function(code)

    got = aws.lambda_.get_function(FunctionName=name)

    assert got["Code"]["RepositoryType"] == "S3"
    assert aws.fetch(got["Code"]["Location"]) == code


@row(CODE, DOCS)
def location_of_version(aws: Clients) -> None:
    """Code.Location of a version downloads its bytes after $LATEST went on to other code."""
    code = some_code()
    name = aws.function(code)
    aws.publish(name)
    aws.update(name)

    got = aws.lambda_.get_function(FunctionName=name, Qualifier="1")

    assert aws.fetch(got["Code"]["Location"]) == code


@further(CODE, LS)
def create_without_update_status(aws: Clients) -> None:
    """CreateFunction answers no LastUpdateStatus: nothing was updated yet."""
    assert "LastUpdateStatus" not in aws.create()


@further(CODE, LS)
def create_existing(aws: Clients) -> None:
    """CreateFunction with a name that exists is 409 ResourceConflictException."""
    name = aws.function()

    with refused("ResourceConflictException", 409, f"Function already exist: {name}"):
        aws.lambda_.create_function(
            FunctionName=name,
            Role=aws.role,
            Runtime="python3.13",
            Handler="handler.handler",
            Code={"ZipFile": some_code()},
        )


@further(CODE, LS)
def function_unknown(aws: Clients) -> None:
    """GetFunction of a name that does not exist is 404 with the function's ARN in the text."""
    name = aws.name()
    arn = f"arn:aws:lambda:{aws.target.region}:{aws.account}:function:{name}"

    with refused("ResourceNotFoundException", 404, f"Function not found: {arn}"):
        aws.lambda_.get_function(FunctionName=name)


@further(CODE, LS, alone=True)
def zip_file_limit(aws: Clients) -> None:
    """A ZipFile of more than 52428800 bytes is 413 RequestEntityTooLargeException."""
    with refused(
        "RequestEntityTooLargeException", 413, "Zipped size must be smaller than 52428800 bytes"
    ):
        aws.create(bytes(MAX_ZIP_BYTES + 1))


@further(CODE, LS)
def s3_no_such_bucket(aws: Clients) -> None:
    """An update from a bucket that does not exist is 400, with S3's error code in the text."""
    name = aws.function()

    with refused("InvalidParameterValueException", 400, "S3 Error Code: NoSuchBucket"):
        aws.lambda_.update_function_code(FunctionName=name, S3Bucket=aws.name(), S3Key="code.zip")


@further(CODE, LS, SD)
def dry_run_bad_zip(aws: Clients) -> None:
    """A dry run validates the code: bytes that are no zip are 400."""
    name = aws.function()

    with refused("InvalidParameterValueException", 400, "Could not unzip uploaded file"):
        aws.lambda_.update_function_code(FunctionName=name, ZipFile=b"not a zip", DryRun=True)


@further(CODE, MODEL)
def code_size(aws: Clients) -> None:
    """CodeSize is the size of the zip in bytes."""
    code = some_code()

    assert aws.settled(aws.function(code))["CodeSize"] == len(code)


@further(CODE, LS)
def qualifier_mismatch(aws: Clients) -> None:
    """A qualifier in the function's ARN that is not the Qualifier given is 400."""
    name = aws.function()
    version_arn = aws.publish(name)["FunctionArn"]

    with refused(
        "InvalidParameterValueException",
        400,
        "The derived qualifier from the function name does not match the specified qualifier.",
    ):
        aws.lambda_.get_function(FunctionName=version_arn, Qualifier="$LATEST")
