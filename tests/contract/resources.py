"""Plain boto3 clients of one target, and fresh buckets and functions made by them.

Everything made here is removed when the row ends. Uses nothing but the AWS API, as any stranger
would.
"""

from __future__ import annotations

import json
import secrets
import time
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

import requests
from botocore.exceptions import ClientError

from tests.contract.material import sha256_b64, some_code

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.contract.target import Target

T = TypeVar("T")

PREFIX: Final = "contract"
_TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}
_ROLE_POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
            "Resource": "*",
        }
    ],
}


class Resources:
    """The clients of one target, and the buckets and functions of one row."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.knobs = target.knobs
        self.lambda_ = target.client("lambda")
        self.signer = target.client("signer")
        self.s3 = target.client("s3")
        self.sts = target.client("sts")
        self.iam = target.client("iam")
        self.events = target.client("events")
        self.logs = target.client("logs")
        self.sns = target.client("sns")
        self.sqs = target.client("sqs")
        self.cloudwatch = target.client("cloudwatch")
        self.codedeploy = target.client("codedeploy")
        self._cleanup = ExitStack()

    # -- the row's life

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._cleanup.close()

    def afterwards(self, undo: Callable[..., object], **arguments: object) -> None:
        """Has `undo(**arguments)` called when the row ends, the last one first.

        On a target that is not tidy a failure of it is of no interest: it has no such call.
        """

        def call() -> None:
            if self.target.tidy:
                self._remove(undo, arguments)
                return
            with suppress(ClientError, requests.RequestException):
                undo(**arguments)

        self._cleanup.callback(call)

    def _remove(self, undo: Callable[..., object], arguments: dict[str, object]) -> None:
        """Removes, waiting while it is in use; what the row removed itself is not missed."""

        def removed() -> bool:
            try:
                undo(**arguments)
            except ClientError as error:
                status = error.response["ResponseMetadata"]["HTTPStatusCode"]
                if status in (404, 501) or "NonExistent" in error.response["Error"]["Code"]:
                    return True  # gone already; or an emulator that has no such call
                if status == 409:
                    return False
                raise
            return True

        self.eventually(removed, bool)

    def eventually(self, look: Callable[[], T], done: Callable[[T], bool]) -> T:
        """Looks again and again until `done`; what was seen then.

        Raises:
            AssertionError: It took longer than the target's patience.
        """
        until = time.monotonic() + self.target.patience_s
        while not done(seen := look()):
            assert time.monotonic() < until, f"still {seen!r} after {self.target.patience_s} s"
            time.sleep(0.1)
        return seen

    # -- names and identity

    def name(self) -> str:
        """A name that is taken nowhere; letters, digits and hyphens."""
        return f"{PREFIX}-{secrets.token_hex(6)}"

    @property
    def account(self) -> str:
        """Number of the account, 12 digits."""
        return self.target.once("account", lambda: str(self.sts.get_caller_identity()["Account"]))

    @property
    def role(self) -> str:
        """ARN of the functions' role; one for all rows, kept on a real account."""
        return self.target.once("role", self._make_role)

    def _make_role(self) -> str:
        name = f"{PREFIX}-lambda"
        try:
            made = self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(_TRUST))
        except self.iam.exceptions.EntityAlreadyExistsException:
            made = self.iam.get_role(RoleName=name)
        policy = json.dumps(_ROLE_POLICY)
        self.iam.put_role_policy(RoleName=name, PolicyName="queues", PolicyDocument=policy)
        arn: str = made["Role"]["Arn"]
        return arn

    # -- S3

    def bucket(self, *, versioned: bool = True) -> str:
        """A new bucket, versioning Enabled or never set."""
        name = self.name()
        where: Any = {"LocationConstraint": self.target.region}
        if self.target.region == "us-east-1":
            self.s3.create_bucket(Bucket=name)
        else:
            self.s3.create_bucket(Bucket=name, CreateBucketConfiguration=where)
        self.afterwards(self._remove_bucket, Bucket=name)
        if versioned:
            enabled: Any = {"Status": "Enabled"}
            self.s3.put_bucket_versioning(Bucket=name, VersioningConfiguration=enabled)
        return name

    def _remove_bucket(self, Bucket: str) -> None:  # noqa: N803 - spelled as boto3 does
        listed = self.s3.list_object_versions(Bucket=Bucket)
        for one in [*listed.get("Versions", []), *listed.get("DeleteMarkers", [])]:
            self.s3.delete_object(Bucket=Bucket, Key=one["Key"], VersionId=one["VersionId"])
        self.s3.delete_bucket(Bucket=Bucket)

    def upload(self, bucket: str, key: str, body: bytes) -> str:
        """Uploads; the VersionId, "null" where the bucket keeps none."""
        sha = sha256_b64(body)
        put = self.s3.put_object(Bucket=bucket, Key=key, Body=body, ChecksumSHA256=sha)
        return str(put.get("VersionId", "null"))

    def download(self, bucket: str, key: str, version_id: str) -> bytes:
        """The bytes of one version of an object."""
        got = self.s3.get_object(Bucket=bucket, Key=key, VersionId=version_id)
        body: bytes = got["Body"].read()
        return body

    def fetch(self, url: str) -> bytes:
        """The bytes behind a presigned URL, as anybody gets them."""
        with requests.Session() as session:
            session.trust_env = self.target.endpoint is None
            answer = session.get(url, timeout=self.target.patience_s)
        assert answer.status_code == 200, f"{answer.status_code}: {answer.text[:200]}"
        return answer.content

    # -- functions

    def function(self, code: bytes | None = None, **more: Any) -> str:  # noqa: ANN401 - boto3's
        """A new function, ready to use; its name."""
        name = self.create(code, **more)["FunctionName"]
        self.settled(name)
        return str(name)

    def create(self, code: bytes | None = None, **more: Any) -> Any:  # noqa: ANN401 - boto3's
        """CreateFunction; its answer. The role of a first run may not yet be known to Lambda."""
        given: dict[str, Any] = {
            "FunctionName": self.name(),
            "Role": self.role,
            "Runtime": "python3.13",
            "Handler": "handler.handler",
            "Code": {"ZipFile": code or some_code()},
        } | more
        until = time.monotonic() + self.target.patience_s
        while True:
            try:
                made = self.lambda_.create_function(**given)
            except ClientError as error:
                young = "cannot be assumed by Lambda" in error.response["Error"]["Message"]
                if not young or time.monotonic() > until:
                    raise
                time.sleep(1)
            else:
                self.afterwards(self.lambda_.delete_function, FunctionName=given["FunctionName"])
                return made

    def settled(self, name: str) -> Any:  # noqa: ANN401 - boto3's
        """The function's configuration, once nothing is pending."""

        def look() -> Any:  # noqa: ANN401 - boto3's
            return self.lambda_.get_function_configuration(FunctionName=name)

        def quiet(config: Any) -> bool:  # noqa: ANN401 - boto3's
            pending = config.get("State") == "Pending"
            return not pending and config.get("LastUpdateStatus") != "InProgress"

        return self.eventually(look, quiet)

    def update(self, name: str, code: bytes | None = None, **more: Any) -> Any:  # noqa: ANN401 - boto3's
        """Updates the function's code and waits; its configuration then."""
        given = more if "S3Bucket" in more else {"ZipFile": code or some_code(), **more}
        self.lambda_.update_function_code(FunctionName=name, **given)
        return self.settled(name)

    def publish(self, name: str, **more: Any) -> Any:  # noqa: ANN401 - boto3's
        """Publishes a version; the answer."""
        return self.lambda_.publish_version(FunctionName=name, **more)

    def two_versions(self) -> str:
        """A new function with the versions 1 and 2 of different code."""
        name = self.function()
        self.publish(name)
        self.update(name)
        self.publish(name)
        return name

    def versions(self, name: str) -> list[str]:
        """The function's versions as listed, "$LATEST" first."""
        listed = self.lambda_.list_versions_by_function(FunctionName=name)
        return [v["Version"] for v in listed["Versions"]]

    def stored_sha(self, name: str, qualifier: str = "$LATEST") -> str:
        """CodeSha256 of a version."""
        got = self.lambda_.get_function_configuration(FunctionName=name, Qualifier=qualifier)
        return str(got["CodeSha256"])

    def function_with_alias(self) -> tuple[str, str]:
        """A new function with version 1 and the alias `live` on it; its name and ARN."""
        name = self.function()
        arn = self.publish(name)["FunctionArn"].removesuffix(":1")
        self.lambda_.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
        return name, arn
