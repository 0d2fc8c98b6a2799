"""The emulated account that whole deploys are measured in: `lambda_sandbox` on a port.

It answers each request and download after 50 ms; an update settles after 0.5 s, as in the runs of
the peers that the aims are from. Used by deploy_peers.py and scan_in_deploy.py.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import urllib.request
import zipfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

import boto3

from lambda_sandbox.estate import make_estate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bench.figures import Run

LATENCY_MS, SETTLE_S = 50, 0.5
REGION, ACCOUNT, KEY = "eu-west-1", "111122223333", "AKIASANDBOX000000001"
SAM_REGION, SAM_BUCKET = "eu-central-1", "sam-artifacts"
"""Where moto's Lambda, which its CloudFormation fills, is not replaced by the sandbox's own."""
PLAIN = "plain"
"""A function without code signing, for unsigned deploys."""


@dataclass(frozen=True)
class Account:
    """A sandbox on a port, with what a team has before its first deploy."""

    url: str
    bucket: str
    profile: str
    root: Path

    def client(self, service: str, region: str = REGION) -> Any:  # noqa: ANN401 - of any service
        """A boto3 client."""
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name=region,
            aws_access_key_id=KEY,
            aws_secret_access_key="sandbox",  # noqa: S106 - opens nothing
        )

    def environ(self, region: str = REGION) -> dict[str, str]:
        """For every peer: where AWS is, and who they are."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.root.parent),
            "AWS_ENDPOINT_URL": self.url,
            "AWS_REGION": region,
            "AWS_DEFAULT_REGION": region,
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": "sandbox",
            "AWS_PAGER": "",
            "SAM_CLI_TELEMETRY": "0",
        }


@contextmanager
def account(python: Path, signing_s: float, folder: Path) -> Iterator[Account]:
    """Serves it; AWS's times as in PERF's runs of the peers."""
    root = folder / "signer-root.pem"
    words = [python, "-m", "lambda_sandbox", "--port", "0", "--latency", str(LATENCY_MS)]
    words += ["--settle", str(SETTLE_S), "--signing", str(signing_s), "--root-out", root]
    server = subprocess.Popen(
        [str(w) for w in words],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
    )
    try:
        assert server.stdout is not None
        # By name: moto takes the first number of 127.0.0.1 for a bucket.
        url = server.stdout.readline().split()[-1].replace("127.0.0.1", "localhost")
        made = Account(url, "acme-artifacts", "orders_prod", root)
        make_estate(made.client, region=REGION)
        trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}}
        policy = {"Version": "2012-10-17", "Statement": [trust | {"Action": "sts:AssumeRole"}]}
        made.client("iam").create_role(
            RoleName="orders", AssumeRolePolicyDocument=json.dumps(policy)
        )
        settle_stacks(url)
        s3 = made.client("s3", SAM_REGION)
        place = {"LocationConstraint": SAM_REGION}
        s3.create_bucket(Bucket=SAM_BUCKET, CreateBucketConfiguration=place)
        s3.put_bucket_versioning(Bucket=SAM_BUCKET, VersioningConfiguration={"Status": "Enabled"})
        made.client("signer", SAM_REGION).put_signing_profile(
            profileName=made.profile, platformId="AWSLambda-SHA384-ECDSA"
        )
        yield made
    finally:
        server.terminate()
        server.wait()


def settle_stacks(url: str) -> None:
    """A change set is executed no sooner than the update in it settles; moto's takes no time."""
    order = {"op": "cloudformation:ExecuteChangeSet", "latency": SETTLE_S, "times": None}
    request = urllib.request.Request(f"{url}/_sandbox/faults", json.dumps(order).encode())  # noqa: S310 - the sandbox's own port
    urllib.request.urlopen(request).close()  # noqa: S310 - as above


def settled(made: Account, side: Callable[[], Run]) -> Callable[[], Run]:
    """The side, begun once the plain function stands still.

    aws-lambda-deploy ends while its update is in progress, and its next run begins with another
    one, which Lambda refuses; who comes behind it would wait for it.
    """

    def run() -> Run:
        waiter = made.client("lambda").get_waiter("function_updated_v2")
        waiter.wait(FunctionName=PLAIN, WaiterConfig={"Delay": 1})
        return side()

    return run


def plain_function(made: Account, handler: str, runtime: str) -> None:
    """A function without code signing."""
    made.client("lambda").create_function(
        FunctionName=PLAIN,
        Runtime=runtime,
        Role=f"arn:aws:iam::{ACCOUNT}:role/orders",
        Handler=handler,
        Code={"ZipFile": empty_zip()},
    )


def empty_zip() -> bytes:
    """A zip of one small file."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("app.py", "def handler(event, context): ...\n")
    return out.getvalue()
