"""A deploy under its published role, end to end over HTTP, on an emulator that enforces IAM.

ministack signs no zip that Lambda would take, so the deploy is an unsigned one; of the role's
statements those about Signer are proven on the sandbox (tests/chain/test_roles.py).
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import time
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.exceptions import ClientError

from lambda_sandbox.estate import first_code
from signed_lambda.aws import Aws, UrlFetch, make_clients
from signed_lambda.clock import SystemClock
from signed_lambda.main import main
from signed_lambda.signals import StopFlag
from tests.contract import servers
from tests.support.action import read_outputs
from tests.support.aws import session_of, unmasked
from tests.support.roles import filled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    import botocore.session

    from signed_lambda.clock import Deadline
    from signed_lambda.cloud import Cloud
    from signed_lambda.inputs import Inputs

pytestmark = pytest.mark.ministack
REGION = "eu-west-1"
ACCOUNT = "000000000000"
FUNCTION, BUCKET = "orders", "acme-artifacts"
NAMES = {
    "REGION": REGION,
    "ACCOUNT": ACCOUNT,
    "FUNCTION": FUNCTION,
    "PROFILE": "orders_prod",
    "BUCKET": BUCKET,
    "PREFIX": "signed-lambda",
}

ASKED_TOO = ("lambda:ListAliases",)
"""ministack 1.5.33 takes GetAlias for this action; AWS has one of its own for it."""


def role(name: str) -> dict[str, Any]:
    """The published policy, with what ministack asks for beside it."""
    document = filled(name, NAMES)
    more = {"Effect": "Allow", "Action": list(ASKED_TOO), "Resource": "*"}
    document["Statement"].append(more)
    return document


@pytest.fixture(scope="module")
def url(ministack_installed: None) -> Iterator[str]:
    """The emulator's address; its owner has a function and a versioned bucket there."""
    del ministack_installed
    with servers.ministack(auth=True) as target:
        make_estate(target.endpoint)
        yield target.endpoint


def client(url: str, service: str, key: str = "test", secret: str = "test") -> Any:  # noqa: ANN401 - a boto3 client
    """A client of a user; without a key, of the account's owner."""
    session = boto3.Session(key, secret, region_name=REGION)
    style = Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1})
    return session.client(service, endpoint_url=url, config=style)


def make_estate(url: str) -> None:
    """What the owner has before the first deploy; ministack attaches no code signing."""
    s3, lambda_ = client(url, "s3"), client(url, "lambda")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}}
    client(url, "iam").create_role(
        RoleName="orders",
        AssumeRolePolicyDocument=json.dumps(
            {"Version": "2012-10-17", "Statement": [trust | {"Action": "sts:AssumeRole"}]}
        ),
    )
    lambda_.create_function(
        FunctionName=FUNCTION,
        Runtime="python3.13",
        Role=f"arn:aws:iam::{ACCOUNT}:role/orders",
        Handler="app.handler",
        Code={"ZipFile": first_code()},
    )
    lambda_.get_waiter("function_active_v2").wait(
        FunctionName=FUNCTION, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )


def user(url: str, name: str, document: Mapping[str, Any]) -> tuple[str, str]:
    """Credentials of a new user who has this policy and no other."""
    iam = client(url, "iam")
    iam.create_user(UserName=name)
    iam.put_user_policy(UserName=name, PolicyName="role", PolicyDocument=json.dumps(document))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return key["AccessKeyId"], key["SecretAccessKey"]


def amend(session: botocore.session.Session, url: str) -> None:
    """Mends two answers of ministack, so that a deploy comes to its end.

    PutObject answers the checksum that was sent, and a DryRun deploys nothing and answers what
    Lambda would hold. Our guards refuse both as ministack has them (E-BUCKET-07, E-CONFLICT-02).
    Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html (response elements),
    https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionCode.html (DryRun)
    """
    sent: list[str] = []

    def remember(params: dict[str, Any], **_: object) -> None:
        sent.append(params["headers"]["x-amz-checksum-sha256"])

    def checksum(response_dict: dict[str, Any], **_: object) -> None:
        response_dict["headers"].setdefault("x-amz-checksum-sha256", sent[-1])

    def dry_run(params: dict[str, Any], **_: object) -> tuple[AWSResponse, dict[str, Any]] | None:
        asked = json.loads(params["body"])
        if not asked["DryRun"]:
            return None
        owner = client(url, "lambda")
        answer = owner.get_function_configuration(FunctionName=FUNCTION)
        stored = client(url, "s3").get_object(
            Bucket=asked["S3Bucket"], Key=asked["S3Key"], VersionId=asked["S3ObjectVersion"]
        )
        sha256 = hashlib.sha256(stored["Body"].read()).digest()
        answer["CodeSha256"] = base64.b64encode(sha256).decode()
        return AWSResponse(url, 200, {}, None), answer

    session.register("before-call.s3.PutObject", remember)
    session.register("before-parse.s3.PutObject", checksum)
    session.register("before-call.lambda.UpdateFunctionCode", dry_run)


def deploy(
    url: str, folder: Path, key: tuple[str, str], **inputs: str
) -> tuple[int, dict[str, Any], str]:
    """The action over HTTP: exit code, report, log."""
    source = folder / "function"
    source.mkdir(exist_ok=True)
    code = f"def handler(event, context):\n    return '{folder.name}'\n"
    (source / "app.py").write_text(code, encoding="utf-8")
    for name in ("output", "summary"):
        (folder / name).touch()
    given = {
        "function-name": FUNCTION,
        "source": "function",
        "bucket": BUCKET,
        "allow-unsigned": "true",
        "require-code-signing": "off",
        "aws-region": REGION,
        "aws-endpoint-url": url,
        "comment": "off",
    } | inputs
    environment = {
        "GITHUB_ACTIONS": "true",
        "GITHUB_WORKSPACE": str(folder),
        "GITHUB_OUTPUT": str(folder / "output"),
        "GITHUB_STEP_SUMMARY": str(folder / "summary"),
        "GITHUB_REPOSITORY": "acme/orders",
        "GITHUB_EVENT_NAME": "push",
        "GITHUB_RUN_ID": "1",
        "GITHUB_RUN_ATTEMPT": "1",
        "GITHUB_SHA": "1" * 40,
        **{f"INPUT_{name.upper()}": value for name, value in given.items()},
    }

    def connect(_inputs: Inputs, deadline: Deadline, say: Callable[[str], None]) -> Cloud:
        session = session_of(*key)
        amend(session, url)
        clients = make_clients({}, region=REGION, endpoint_url=url, mask=unmasked, session=session)
        fetch = UrlFetch(unmasked)
        return Aws(clients, clock=deadline.clock, deadline=deadline, fetch=fetch, say=say)

    out = io.StringIO()
    ended = main(environment, out, connect, SystemClock(StopFlag()))
    report = folder / read_outputs(folder / "output")["report"]
    return ended, json.loads(report.read_text(encoding="utf-8")), out.getvalue()


def test_a_deploy_ends_well_under_its_published_role(url: str, tmp_path: Path) -> None:
    credentials = user(url, "deployer", role("deploy"))

    code, report, log = deploy(url, tmp_path, credentials)

    assert (code, report["outcome"]) == (0, "deployed"), log


@pytest.mark.parametrize(
    "action", ["lambda:UpdateFunctionCode", "lambda:PublishVersion", "s3:PutObject"]
)
def test_a_deploy_names_the_permission_that_its_role_lacks(
    url: str, tmp_path: Path, action: str
) -> None:
    document = role("deploy")
    document["Statement"].append({"Effect": "Deny", "Action": action, "Resource": "*"})
    credentials = user(url, f"without-{action.partition(':')[2]}", document)

    code, report, log = deploy(url, tmp_path, credentials, alias="other")

    assert code != 0, log
    assert [p["id"] for p in report["problems"]] == ["E-ACCESS-01"], log
    assert action in report["problems"][0]["what"]


@pytest.mark.parametrize("named", ["deploy", "rollback", "promote", "plan", "verify"])
@pytest.mark.parametrize(
    "attempt",
    [
        lambda functions, _: functions.delete_function(FunctionName=FUNCTION),
        lambda functions, _: functions.update_function_configuration(
            FunctionName=FUNCTION, Timeout=9
        ),
        lambda _, bucket: bucket.delete_object(Bucket=BUCKET, Key="signed-lambda/signed/a.zip"),
        lambda _, bucket: bucket.put_bucket_versioning(
            Bucket=BUCKET, VersioningConfiguration={"Status": "Suspended"}
        ),
    ],
    ids=["delete", "configure", "delete-object", "versioning"],
)
def test_a_role_cannot_do_what_is_not_its_job(
    url: str, named: str, attempt: Callable[[Any, Any], object]
) -> None:
    name = f"{named}-{time.monotonic_ns()}"
    key = user(url, name, role(named))

    with pytest.raises(ClientError) as caught:
        attempt(client(url, "lambda", *key), client(url, "s3", *key))

    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
