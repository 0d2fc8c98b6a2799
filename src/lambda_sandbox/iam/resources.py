"""Which IAM action an operation is, and which ARN it acts on, for the services that are judged.

Pure. Source: https://docs.aws.amazon.com/service-authorization/latest/reference/ (list_awslambda,
list_awssigner, list_amazons3, list_amazonsns, list_amazoneventbridge, list_amazoncloudwatchlogs,
list_awsidentityandaccessmanagementiam);
that a qualified invocation is asked of the qualified ARN only: stackd native capture 2026-09.
"""

from __future__ import annotations

import re
from typing import Any, Final

_LAMBDA_ACTIONS: Final = {
    "Invoke": "InvokeFunction",
    "InvokeWithResponseStream": "InvokeFunction",
    "ListFunctionVersionsByCapacityProvider": "ListFunctionVersionsByCapacityProvider",
}
_S3_ACTIONS: Final = {
    "HeadObject": "GetObject",
    "HeadBucket": "ListBucket",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "ListObjectVersions": "ListBucketVersions",
    "ListBuckets": "ListAllMyBuckets",
    "GetBucketNotificationConfiguration": "GetBucketNotification",
    "PutBucketNotificationConfiguration": "PutBucketNotification",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "PutBucketEncryption": "PutEncryptionConfiguration",
    "CopyObject": "PutObject",
    "CreateMultipartUpload": "PutObject",
    "UploadPart": "PutObject",
    "CompleteMultipartUpload": "PutObject",
    "DeleteObjects": "DeleteObject",
}
_UNNAMED_JOB: Final = "00000000-0000-0000-0000-000000000000"
_NAME: Final = re.compile(r"(?:.*function:)?([A-Za-z0-9_-]+)(?::([A-Za-z0-9_$-]+))?")


def lambda_access(
    operation: str, params: dict[str, Any], region: str, account: str
) -> tuple[str, str]:
    """The action and the ARN of a Lambda call."""
    action = f"lambda:{_LAMBDA_ACTIONS.get(operation, operation)}"
    root = f"arn:aws:lambda:{region}:{account}"
    match = _NAME.fullmatch(params.get("FunctionName", ""))
    if "ResourceArn" in params or "Resource" in params:
        return action, params.get("ResourceArn") or params["Resource"]
    if "EventSourceMapping" in operation or operation == "ListFunctions":
        uuid = params.get("UUID")
        return action, f"{root}:event-source-mapping:{uuid}" if uuid else "*"
    if match is not None:
        qualifier = params.get("Qualifier") or match[2]
        arn = f"{root}:function:{match[1]}"
        return action, f"{arn}:{qualifier}" if qualifier else arn
    if "CodeSigningConfigArn" in params:
        return action, params["CodeSigningConfigArn"]
    if "LayerName" in params:
        layer = f"{root}:layer:{params['LayerName'].rpartition(':')[2]}"
        number = params.get("VersionNumber")
        return action, f"{layer}:{number}" if number else layer
    return action, "*"


def signer_access(
    operation: str, params: dict[str, Any], region: str, account: str
) -> tuple[str, str]:
    """The action and the ARN of a Signer call."""
    action = f"signer:{operation}"
    owner = params.get("profileOwner") or params.get("jobOwner") or account
    root = f"arn:aws:signer:{region}:{owner}:"
    if "profileName" in params:
        return action, f"{root}/signing-profiles/{params['profileName']}"
    if "jobId" in params:
        return action, f"{root}/signing-jobs/{params['jobId']}"
    return action, params.get("resourceArn", "*")


def s3_on_behalf(operation: str, params: dict[str, Any]) -> list[tuple[str, str]]:
    """What Lambda and Signer do in S3 with the caller's own rights: actions and ARNs.

    Source: Lambda reads the object as the caller ("Your access has been denied by S3, please make
    sure your request credentials have permission to GetObject"); that Signer reads the source's
    version and writes under the destination's prefix as the caller is the usual practice, not
    measured (https://docs.aws.amazon.com/signer/latest/developerguide/lambda-workflow.html).
    """
    if operation == "UpdateFunctionCode" and "S3Key" in params:
        read = {"Bucket": params.get("S3Bucket"), "Key": params["S3Key"]}
        if params.get("S3ObjectVersion"):
            read["VersionId"] = params["S3ObjectVersion"]
        return [s3_access("GetObject", read)]
    if operation == "StartSigningJob":
        source = params.get("source", {}).get("s3", {})
        target = params.get("destination", {}).get("s3", {})
        read = {"Bucket": source.get("bucketName"), "Key": source.get("key"), "VersionId": "any"}
        key = f"{target.get('prefix', '')}{_UNNAMED_JOB}.zip"
        return [
            s3_access("GetObject", read),
            s3_access("PutObject", {"Bucket": target.get("bucketName"), "Key": key}),
        ]
    return []


def sns_access(operation: str, params: dict[str, Any]) -> tuple[str, str]:
    """The action and the ARN of an SNS call; those on a subscription have no resource."""
    return f"sns:{operation}", params.get("TopicArn", "*")


def iam_access(
    operation: str, params: dict[str, Any], _region: str, account: str
) -> tuple[str, str]:
    """The action and the ARN of an IAM call: roles, users, OIDC providers, simulations."""
    root = f"arn:aws:iam::{account}:"
    if operation == "CreateOpenIDConnectProvider":
        host = params.get("Url", "").removeprefix("https://")
        return f"iam:{operation}", f"{root}oidc-provider/{host}"
    if "OpenIDConnectProviderArn" in params:
        return f"iam:{operation}", params["OpenIDConnectProviderArn"]
    for kind in ("Role", "User"):
        if f"{kind}Name" in params:
            return f"iam:{operation}", f"{root}{kind.lower()}/{params[f'{kind}Name']}"
    return f"iam:{operation}", params.get("PolicySourceArn", "*")


def events_access(
    operation: str, params: dict[str, Any], region: str, account: str
) -> tuple[str, str]:
    """The action and the ARN of an EventBridge call; lists have no resource."""
    name, bus = params.get("Name"), params.get("EventBusName", "default")
    if "Rule" not in operation or operation.startswith("List") or not name:
        return f"events:{operation}", "*"
    path = name if bus == "default" else f"{bus.rpartition('/')[2]}/{name}"
    return f"events:{operation}", f"arn:aws:events:{region}:{account}:rule/{path}"


def logs_access(
    operation: str, params: dict[str, Any], region: str, account: str
) -> tuple[str, str]:
    """The action and the ARN of a call of CloudWatch Logs."""
    group = params.get("logGroupName")
    arn = f"arn:aws:logs:{region}:{account}:log-group:{group}" if group else "*"
    return f"logs:{operation}", arn


def s3_access(operation: str, params: dict[str, Any]) -> tuple[str, str]:
    """The action and the ARN of an S3 call; a version's reading or deletion is its own action."""
    action = _S3_ACTIONS.get(operation, operation)
    if "VersionId" in params and action in {"GetObject", "DeleteObject"}:
        action += "Version"
    bucket = params.get("Bucket")
    if bucket is None:
        return f"s3:{action}", "*"
    key = params.get("Key")
    return f"s3:{action}", f"arn:aws:s3:::{bucket}/{key}" if key else f"arn:aws:s3:::{bucket}"
