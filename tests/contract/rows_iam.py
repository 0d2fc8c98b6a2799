"""Rows on identities: who gets credentials, and which ARN an Allow is leave for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from tests.contract.material import policy_document
from tests.contract.row import Area, Source, further, refused, row

if TYPE_CHECKING:
    from tests.contract.clients import Clients

IAM = Area.IAM
DOCS, SD = Source.DOCS, Source.STACKD


@row(IAM, DOCS)
def web_identity(aws: Clients) -> None:
    """AssumeRoleWithWebIdentity answers temporary credentials of the role's session."""
    token = aws.knobs.web_identity_token()

    got = aws.sts.assume_role_with_web_identity(
        RoleArn=aws.role, RoleSessionName="run-1", WebIdentityToken=token
    )

    assert got["Credentials"]["SessionToken"]
    assert got["AssumedRoleUser"]["Arn"].endswith("/run-1")
    assert ":assumed-role/" in got["AssumedRoleUser"]["Arn"]


@row(IAM, DOCS)
def simulate_policy(aws: Clients) -> None:
    """SimulatePrincipalPolicy says of each action whether the role's policies allow it."""
    resource = f"arn:aws:lambda:{aws.target.region}:{aws.account}:function:f"
    user = aws.iam.create_user(UserName=aws.name())["User"]
    aws.afterwards(aws.iam.delete_user, UserName=user["UserName"])
    document = {"UserName": user["UserName"], "PolicyName": "p"}
    aws.iam.put_user_policy(
        **document, PolicyDocument=policy_document("lambda:GetFunction", resource)
    )
    aws.afterwards(aws.iam.delete_user_policy, **document)

    def simulated() -> dict[str, str]:
        answer = aws.iam.simulate_principal_policy(
            PolicySourceArn=user["Arn"],
            ActionNames=["lambda:GetFunction", "lambda:DeleteFunction"],
            ResourceArns=[resource],
        )
        return {e["EvalActionName"]: e["EvalDecision"] for e in answer["EvaluationResults"]}

    expected = {"lambda:GetFunction": "allowed", "lambda:DeleteFunction": "implicitDeny"}
    aws.eventually(simulated, lambda seen: seen == expected)


def _invoker(aws: Clients, allowed: str) -> Any:  # noqa: ANN401 - a boto3 client
    """A Lambda client of a new user who may invoke this one ARN."""
    user = aws.name()
    aws.iam.create_user(UserName=user)
    aws.afterwards(aws.iam.delete_user, UserName=user)
    policy = policy_document("lambda:InvokeFunction", allowed)
    aws.iam.put_user_policy(UserName=user, PolicyName="p", PolicyDocument=policy)
    aws.afterwards(aws.iam.delete_user_policy, UserName=user, PolicyName="p")
    key = aws.iam.create_access_key(UserName=user)["AccessKey"]
    aws.afterwards(aws.iam.delete_access_key, UserName=user, AccessKeyId=key["AccessKeyId"])
    return aws.target.client_as("lambda", key["AccessKeyId"], key["SecretAccessKey"])


def _may_invoke(aws: Clients, client: Any, name: str, qualifier: str | None) -> None:  # noqa: ANN401 - a boto3 client
    """Waits until IAM knows the new user and lets it invoke; DryRun runs nothing."""
    more = {"Qualifier": qualifier} if qualifier else {}

    def status() -> object:
        try:
            answer = client.invoke(FunctionName=name, InvocationType="DryRun", **more)
        except ClientError as error:
            return error.response["Error"]["Code"]
        return answer["StatusCode"]

    aws.eventually(status, lambda seen: seen == 204)


@further(IAM, DOCS, SD)
def identity_policy_enforced(aws: Clients) -> None:
    """A user without a permission gets 403 AccessDeniedException that names the function's ARN."""
    name, arn = aws.function_with_alias()
    client = _invoker(aws, arn)
    _may_invoke(aws, client, name, None)

    with refused("AccessDeniedException", 403, "lambda:GetFunction", arn):
        client.get_function(FunctionName=name)


@further(IAM, SD)
def invoke_allowed_on_alias(aws: Clients) -> None:
    """Leave to invoke fn:live is leave for the alias only: neither $LATEST nor the version."""
    name, arn = aws.function_with_alias()
    client = _invoker(aws, f"{arn}:live")
    _may_invoke(aws, client, name, "live")

    with refused("AccessDeniedException", 403, arn):
        client.invoke(FunctionName=name, InvocationType="DryRun")
    with refused("AccessDeniedException", 403, f"{arn}:1"):
        client.invoke(FunctionName=name, InvocationType="DryRun", Qualifier="1")


@further(IAM, SD)
def invoke_allowed_on_function(aws: Clients) -> None:
    """Leave to invoke fn is leave for the unqualified name only, not for its alias."""
    name, arn = aws.function_with_alias()
    client = _invoker(aws, arn)
    _may_invoke(aws, client, name, None)

    with refused("AccessDeniedException", 403, f"{arn}:live"):
        client.invoke(FunctionName=name, InvocationType="DryRun", Qualifier="live")


@further(IAM, DOCS)
def role_is_kept_as_it_was_made(aws: Clients) -> None:
    """GetRole and GetRolePolicy give the trust and the policy that were put; a second is 409."""
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "lambda.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
    role, policy = aws.name(), json.loads(policy_document("lambda:GetFunction", "*"))
    named = {"RoleName": role}
    with refused("NoSuchEntity", 404):
        aws.iam.get_role(**named)
    aws.iam.create_role(**named, AssumeRolePolicyDocument=json.dumps(trust))
    aws.afterwards(aws.iam.delete_role, **named)
    with refused("NoSuchEntity", 404):
        aws.iam.get_role_policy(**named, PolicyName="p")

    aws.iam.put_role_policy(**named, PolicyName="p", PolicyDocument=json.dumps(policy))
    aws.afterwards(aws.iam.delete_role_policy, **named, PolicyName="p")

    with refused("EntityAlreadyExists", 409):
        aws.iam.create_role(**named, AssumeRolePolicyDocument=json.dumps(trust))
    assert aws.iam.get_role(**named)["Role"]["AssumeRolePolicyDocument"] == trust
    assert aws.iam.get_role_policy(**named, PolicyName="p")["PolicyDocument"] == policy
    assert aws.iam.list_role_policies(**named)["PolicyNames"] == ["p"]
    assert aws.iam.list_attached_role_policies(**named)["AttachedPolicies"] == []


@further(IAM, DOCS)
def oidc_provider_is_one_for_its_url(aws: Clients) -> None:
    """An OIDC provider's ARN is made of its URL, needs no thumbprint, and is made once only."""
    url = f"https://{aws.name()}.example.com"
    host = url.removeprefix("https://")
    arn = f"arn:aws:iam::{aws.account}:oidc-provider/{host}"
    with refused("NoSuchEntity", 404):
        aws.iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)

    made = aws.iam.create_open_id_connect_provider(Url=url, ClientIDList=["sts.amazonaws.com"])
    aws.afterwards(aws.iam.delete_open_id_connect_provider, OpenIDConnectProviderArn=arn)

    assert made["OpenIDConnectProviderArn"] == arn
    with refused("EntityAlreadyExists", 409):
        aws.iam.create_open_id_connect_provider(Url=url, ClientIDList=["sts.amazonaws.com"])
    found = aws.iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    assert found["ClientIDList"] == ["sts.amazonaws.com"]


@further(IAM, DOCS)
def iam_is_judged_too(aws: Clients) -> None:
    """A user without leave for an IAM call gets 403 AccessDenied that names action and ARN."""
    user = aws.name()
    aws.iam.create_user(UserName=user)
    aws.afterwards(aws.iam.delete_user, UserName=user)
    key = aws.iam.create_access_key(UserName=user)["AccessKey"]
    aws.afterwards(aws.iam.delete_access_key, UserName=user, AccessKeyId=key["AccessKeyId"])
    client = aws.target.client_as("iam", key["AccessKeyId"], key["SecretAccessKey"])

    def code() -> object:
        try:
            client.get_role(RoleName="none")
        except ClientError as error:
            return error.response["Error"]["Code"]
        return "allowed"

    aws.eventually(code, lambda seen: seen == "AccessDenied")
    role = f"arn:aws:iam::{aws.account}:role/none"
    with refused("AccessDenied", 403, "iam:GetRole", role):
        client.get_role(RoleName="none")
