"""A sandbox with boto3 clients on it, in this process, without retries and without waiting.

Clients cost some 100 ms each; they are made once and hand every request to the sandbox of the
running test.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import io
import zipfile
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from lambda_sandbox import ApiError, Sandbox, VirtualClock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from botocore.awsrequest import AWSPreparedRequest, AWSResponse
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_signer import SignerClient
    from mypy_boto3_sts import STSClient

ACCOUNT = "111122223333"
REGION = "eu-west-1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/orders"
STALE = "11111111-1111-1111-1111-111111111111"
SETTLED_S = 5.0
PLATFORM = "AWSLambda-SHA384-ECDSA"


class _Current:
    """The sandbox of the running test."""

    sandbox: Sandbox

    def send(self, request: AWSPreparedRequest, **context: object) -> AWSResponse:
        return self.sandbox.before_send(request, **context)


_current = _Current()


@functools.cache
def client(service: str, access_key: str = "AKIAANYBODY", region: str = REGION) -> Any:  # noqa: ANN401 - boto3's clients have no common type
    """A client of the running test's sandbox, made once for all tests."""
    session = boto3.Session(
        aws_access_key_id=access_key, aws_secret_access_key="any", region_name=region
    )
    hook: Any = _current.send
    session.events.register("before-send", hook)
    return session.client(service, config=Config(retries={"total_max_attempts": 1}))


class Rig:
    """One sandbox and what tests do with it most."""

    def __init__(self, sandbox: Sandbox | None = None) -> None:
        """Takes the clients for its own sandbox; only one rig at a time has them."""
        self.sandbox = sandbox if sandbox is not None else Sandbox()
        _current.sandbox = self.sandbox

    @property
    def lambda_(self) -> LambdaClient:
        """Lambda."""
        found: LambdaClient = client("lambda")
        return found

    @property
    def s3(self) -> S3Client:
        """S3."""
        found: S3Client = client("s3")
        return found

    @property
    def signer(self) -> SignerClient:
        """Signer."""
        found: SignerClient = client("signer")
        return found

    @property
    def sts(self) -> STSClient:
        """STS."""
        found: STSClient = client("sts")
        return found

    @property
    def clock(self) -> VirtualClock:
        """The virtual clock."""
        clock = self.sandbox.clock
        assert isinstance(clock, VirtualClock)
        return clock

    def settle(self) -> None:
        """Lets everything that is in progress end."""
        self.clock.advance(SETTLED_S)

    def function(self, name: str = "orders", code: bytes | None = None, **more: Any) -> str:  # noqa: ANN401 - CreateFunction's parameters
        """A function that is Active; its name."""
        parameters: dict[str, Any] = {"Runtime": "python3.13", "Handler": "app.handler", **more}
        body = code if code is not None else zipped("one")
        self.lambda_.create_function(
            FunctionName=name, Role=ROLE, Code={"ZipFile": body}, **parameters
        )
        self.settle()
        return name

    def bucket(self, name: str = "artefacts", *, versioned: bool = True) -> str:
        """A bucket; its name."""
        self.s3.create_bucket(
            Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
        )
        if versioned:
            self.s3.put_bucket_versioning(
                Bucket=name, VersioningConfiguration={"Status": "Enabled"}
            )
        return name

    def profile(self, name: str = "team") -> str:
        """A signing profile for Lambda; the ARN of its version."""
        answer = self.signer.put_signing_profile(
            profileName=name, platformId="AWSLambda-SHA384-ECDSA"
        )
        return answer["profileVersionArn"]

    def revision(self, name: str = "orders") -> str:
        """The RevisionId of $LATEST."""
        return self.lambda_.get_function_configuration(FunctionName=name)["RevisionId"]

    def versions(self, name: str = "orders") -> list[str]:
        """The numbers of all versions, $LATEST first."""
        listed = self.lambda_.list_versions_by_function(FunctionName=name)["Versions"]
        return [version["Version"] for version in listed]


def zipped(text: str = "one", name: str = "app.py") -> bytes:
    """A zip with one file, the same bytes whenever it is made."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(zipfile.ZipInfo(name), text)
    return buffer.getvalue()


def sha256(body: bytes) -> str:
    """base64 of the SHA-256, as Lambda and S3 spell it."""
    return base64.b64encode(hashlib.sha256(body).digest()).decode()


@contextmanager
def refused(code: str, status: int, text: str = "") -> Iterator[None]:
    """Expects the call inside to be refused with this error, status and part of the message."""
    with pytest.raises(ClientError) as caught:
        yield
    response = caught.value.response
    told = (response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"])

    assert told == (code, status)
    assert text in response["Error"].get("Message", "")


@contextmanager
def refused_fetch(code: str) -> Iterator[None]:
    """Expects the download inside to be refused with 403 and this code."""
    with pytest.raises(ApiError) as caught:
        yield

    assert (caught.value.code, caught.value.status) == (code, 403)
