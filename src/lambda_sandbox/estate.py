"""What a team has before its first deploy: bucket, signing profile, code signing, a function.

Made through the API with any boto3 clients: in-process, or over a port.
"""

from __future__ import annotations

import io
import sys
import time
import urllib.request
import zipfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass(frozen=True, slots=True)
class Estate:
    """Names of what was made.

    Attributes:
        profile_version_arn: The allowed publisher.
        code_signing_config_arn: Attached to the function, policy Enforce.
    """

    function: str
    bucket: str
    profile: str
    profile_version_arn: str
    code_signing_config_arn: str


def make_estate(
    client: Callable[[str], Any],
    *,
    sleep: Callable[[float], object] = time.sleep,
    function: str = "orders",
    bucket: str = "acme-artifacts",
    profile: str = "orders_prod",
    handler: str = "app.handler",
    region: str = "eu-west-1",
    environment: Mapping[str, str] | None = None,
) -> Estate:
    """Makes a versioned bucket, a Lambda signing profile, an Enforce configuration, a function.

    Args:
        client: Makes a boto3 client by service name.
        sleep: Waits; in-process, the sandbox's own clock.
        function: Made with a one-line program as its first code, before code signing is attached.
        bucket: Versioning is enabled on it.
        profile: Of platform AWSLambda-SHA384-ECDSA.
        handler: Of the function, runtime python3.13.
        region: Where the bucket is made.
        environment: The function's variables.
    """
    s3, signer, lambda_ = client("s3"), client("signer"), client("lambda")
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": region})
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    version_arn = signer.put_signing_profile(
        profileName=profile, platformId="AWSLambda-SHA384-ECDSA"
    )["profileVersionArn"]
    configuration = lambda_.create_code_signing_config(
        AllowedPublishers={"SigningProfileVersionArns": [version_arn]},
        CodeSigningPolicies={"UntrustedArtifactOnDeployment": "Enforce"},
    )["CodeSigningConfig"]["CodeSigningConfigArn"]
    lambda_.create_function(
        FunctionName=function,
        Runtime="python3.13",
        Role="arn:aws:iam::111122223333:role/orders",
        Handler=handler,
        Code={"ZipFile": first_code(handler)},
        Timeout=3,
        MemorySize=128,
        Environment={
            "Variables": dict(environment or {"TABLE": "orders", "API_KEY": "s3cr3t-v4lue"})
        },
    )
    while lambda_.get_function_configuration(FunctionName=function)["State"] != "Active":
        sleep(0.2)
    lambda_.put_function_code_signing_config(
        FunctionName=function, CodeSigningConfigArn=configuration
    )
    return Estate(function, bucket, profile, version_arn, configuration)


def main() -> None:
    """`python -m lambda_sandbox.estate URL ROOT.pem [FUNCTION]`: an estate on a running port."""
    url, root, *function = sys.argv[1:]
    session = boto3.Session(
        aws_access_key_id="testing", aws_secret_access_key="testing", region_name="eu-west-1"
    )
    estate = make_estate(
        partial(session.client, endpoint_url=url), function=(function or ["orders"])[0]
    )
    with urllib.request.urlopen(f"{url}/_sandbox/signer-root.pem") as answer:
        Path(root).write_bytes(answer.read())
    print(estate)


def first_code(handler: str = "app.handler") -> bytes:
    """A zip with the handler's file, as `aws lambda create-function` would send it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        name = handler.rsplit(".", 1)[0].replace(".", "/")
        archive.writestr(f"{name}.py", "def handler(event, context):\n    return {}\n")
    return buffer.getvalue()


if __name__ == "__main__":
    main()
