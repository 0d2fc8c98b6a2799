"""One good answer of each operation, as AWS spells it.

Source: LocalStack AWS-validated snapshots 2025-11 (members and their order of magnitude); botocore
model (names).
"""

from __future__ import annotations

import base64
import hashlib

from tests.support.canned import Reply, ok, xml

ACCOUNT = "111122223333"
FUNCTION_ARN = f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:fn"
ZIP = b"PK\x05\x06" + bytes(18)
SHA = base64.b64encode(hashlib.sha256(ZIP).digest()).decode()

CONFIGURATION = {
    "FunctionName": "fn",
    "FunctionArn": f"{FUNCTION_ARN}:$LATEST",
    "Runtime": "python3.12",
    "Role": f"arn:aws:iam::{ACCOUNT}:role/fn",
    "Handler": "app.handler",
    "CodeSize": 22,
    "Description": "",
    "Timeout": 3,
    "MemorySize": 128,
    "LastModified": "2026-01-05T09:00:00.000+0000",
    "CodeSha256": SHA,
    "Version": "$LATEST",
    "Environment": {"Variables": {"API_KEY": "canary-env-value"}},
    "TracingConfig": {"Mode": "PassThrough"},
    "RevisionId": "6a6ff1b0-0000-4000-8000-000000000001",
    "State": "Active",
    "LastUpdateStatus": "Successful",
    "PackageType": "Zip",
    "Architectures": ["x86_64"],
}
VERSION = {**CONFIGURATION, "Version": "7", "FunctionArn": f"{FUNCTION_ARN}:7"}
ALIAS = {
    "AliasArn": f"{FUNCTION_ARN}:live",
    "Name": "live",
    "FunctionVersion": "7",
    "Description": "was 6",
    "RevisionId": "6a6ff1b0-0000-4000-8000-000000000002",
}
CSC_ARN = f"arn:aws:lambda:eu-west-1:{ACCOUNT}:code-signing-config:csc-0d45c50c8c50e2c9a"
PROFILE_ARN = f"arn:aws:signer:eu-west-1:{ACCOUNT}:/signing-profiles/prof/abcdefghij"
CODE_SIGNING = {
    "CodeSigningConfig": {
        "CodeSigningConfigId": "csc-0d45c50c8c50e2c9a",
        "CodeSigningConfigArn": CSC_ARN,
        "AllowedPublishers": {"SigningProfileVersionArns": [PROFILE_ARN]},
        "CodeSigningPolicies": {"UntrustedArtifactOnDeployment": "Enforce"},
        "LastModified": "2026-01-05T09:00:00.000+0000",
    }
}
LOCATION = (
    "https://awslambda-eu-west-1-tasks.s3.eu-west-1.amazonaws.com/snapshots/x"
    "?X-Amz-Signature=canary-presigned"
)
CODE = {"RepositoryType": "S3", "Location": LOCATION}
FUNCTION = {"Configuration": VERSION, "Code": CODE}
PROFILE = {
    "profileName": "prof",
    "profileVersion": "abcdefghij",
    "profileVersionArn": PROFILE_ARN,
    "platformId": "AWSLambda-SHA384-ECDSA",
    "status": "Active",
    "arn": f"arn:aws:signer:eu-west-1:{ACCOUNT}:/signing-profiles/prof",
}
JOB = {
    "jobId": "0a1b2c3d-0000-4000-8000-000000000003",
    "jobOwner": ACCOUNT,
    "source": {"s3": {"bucketName": "artefacts", "key": "unsigned/a.zip", "version": "v1"}},
    "signedObject": {"s3": {"bucketName": "artefacts", "key": "signed/a.zip"}},
    "platformId": "AWSLambda-SHA384-ECDSA",
    "profileName": "prof",
    "profileVersion": "abcdefghij",
    "createdAt": 1767603600,
    "completedAt": 1767603603,
    "signatureExpiresAt": 1900000000,
    "status": "Succeeded",
    "statusReason": "Signing Succeeded",
}
IDENTITY = xml(
    '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">'
    "<GetCallerIdentityResult>"
    f"<Arn>arn:aws:sts::{ACCOUNT}:assumed-role/deploy/run</Arn>"
    f"<UserId>AROA:run</UserId><Account>{ACCOUNT}</Account>"
    "</GetCallerIdentityResult></GetCallerIdentityResponse>"
)
VERSIONING = xml("<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>")


def listing(*keys: tuple[str, str], token: str = "") -> Reply:
    """A page of ListObjectsV2: (key, LastModified) each."""
    contents = "".join(
        f"<Contents><Key>{key}</Key><LastModified>{modified}</LastModified>"
        "<ETag>&quot;e&quot;</ETag><Size>1</Size></Contents>"
        for key, modified in keys
    )
    more = f"<NextContinuationToken>{token}</NextContinuationToken>" if token else ""
    cut = "true" if token else "false"
    return xml(
        f"<ListBucketResult><Name>artefacts</Name><IsTruncated>{cut}</IsTruncated>"
        f"{contents}{more}</ListBucketResult>"
    )


def stored(body: bytes = ZIP, **headers: str) -> Reply:
    """An object, as GetObject answers it."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(
        body,
        200,
        {
            "content-type": "binary/octet-stream",
            "etag": '"0123"',
            "x-amz-version-id": "v1",
            "x-amz-checksum-sha256": base64.b64encode(hashlib.sha256(body).digest()).decode(),
            "x-amz-checksum-type": "FULL_OBJECT",
            "last-modified": "Mon, 05 Jan 2026 09:00:00 GMT",
            **named,
        },
    )


def configuration(**members: object) -> Reply:
    """A configuration with other members; None takes one out."""
    return ok({k: v for k, v in {**CONFIGURATION, **members}.items() if v is not None})
