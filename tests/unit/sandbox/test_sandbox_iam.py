"""IAM: decisions of policies, their simulation, and calls that are refused by them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from lambda_sandbox.iam.evaluation import decide, statements_of
from lambda_sandbox.lambda_service.service import snake_case
from tests.unit.sandbox.rig import ACCOUNT, ROLE, client, refused, zipped

if TYPE_CHECKING:
    from tests.unit.sandbox.rig import Rig

ARN = f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:orders"
TRUST = '{"Version":"2012-10-17","Statement":[]}'


def statement(
    action: str | list[str],
    resource: str | list[str],
    effect: str = "Allow",
    **more: Any,  # noqa: ANN401 - JSON
) -> dict[str, Any]:
    """A statement."""
    return {"Effect": effect, "Action": action, "Resource": resource, **more}


def document(*statements: dict[str, Any]) -> str:
    """A policy."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def decision(
    policy: str, action: str, resource: str, context: dict[str, list[str]] | None = None
) -> str:
    """What a policy decides."""
    return decide(statements_of("p", json.loads(policy)), action, resource, context or {}).decision


@pytest.mark.parametrize(
    ("allowed", "action", "expected"),
    [
        ("lambda:GetFunction", "lambda:GetFunction", "allowed"),
        ("lambda:getfunction", "lambda:GetFunction", "allowed"),
        ("lambda:Get*", "lambda:GetFunctionConfiguration", "allowed"),
        ("*", "s3:PutObject", "allowed"),
        ("lambda:Get?unction", "lambda:GetFunction", "allowed"),
        ("lambda:Get", "lambda:GetFunction", "implicitDeny"),
        ("s3:*", "lambda:GetFunction", "implicitDeny"),
    ],
)
def test_actions_match_with_wildcards_and_any_case(
    allowed: str, action: str, expected: str
) -> None:
    assert decision(document(statement(allowed, "*")), action, ARN) == expected


@pytest.mark.parametrize(
    ("allowed", "resource", "expected"),
    [
        (ARN, ARN, "allowed"),
        (ARN, f"{ARN}:live", "implicitDeny"),
        (f"{ARN}:live", ARN, "implicitDeny"),
        (f"{ARN}*", f"{ARN}:live", "allowed"),
        (f"{ARN}:*", ARN, "implicitDeny"),
        (ARN.upper(), ARN, "implicitDeny"),
        ("arn:aws:s3:::b/[x]", "arn:aws:s3:::b/[x]", "allowed"),
        ("arn:aws:s3:::b/[x]", "arn:aws:s3:::b/x", "implicitDeny"),
    ],
)
def test_resources_match_with_wildcards_case_and_brackets(
    allowed: str, resource: str, expected: str
) -> None:
    assert (
        decision(document(statement("*", allowed)), "lambda:InvokeFunction", resource) == expected
    )


def test_deny_wins_whatever_the_order() -> None:
    allow, deny = statement("*", "*"), statement("lambda:Delete*", "*", "Deny")

    for policy in (document(allow, deny), document(deny, allow)):
        assert decision(policy, "lambda:DeleteFunction", ARN) == "explicitDeny"
        assert decision(policy, "lambda:GetFunction", ARN) == "allowed"


def test_not_action_and_not_resource_take_the_rest() -> None:
    policy = document(
        {"Effect": "Allow", "NotAction": "iam:*", "NotResource": "arn:aws:s3:::secret/*"}
    )

    assert decision(policy, "s3:GetObject", "arn:aws:s3:::open/k") == "allowed"
    assert decision(policy, "s3:GetObject", "arn:aws:s3:::secret/k") == "implicitDeny"
    assert decision(policy, "iam:PassRole", "*") == "implicitDeny"


@pytest.mark.parametrize(
    ("condition", "context", "expected"),
    [
        ({"StringEquals": {"k": "v"}}, {"K": ["v"]}, "allowed"),
        ({"StringEquals": {"k": ["v", "w"]}}, {"k": ["w"]}, "allowed"),
        ({"StringEquals": {"k": "v"}}, {"k": ["V"]}, "implicitDeny"),
        ({"StringEqualsIgnoreCase": {"k": "v"}}, {"k": ["V"]}, "allowed"),
        ({"StringLike": {"k": "repo:o/*"}}, {"k": ["repo:o/r"]}, "allowed"),
        ({"StringEquals": {"k": "v"}}, {}, "implicitDeny"),
        ({"StringEqualsIfExists": {"k": "v"}}, {}, "allowed"),
        ({"StringNotEquals": {"k": "v"}}, {}, "allowed"),
        ({"StringNotEquals": {"k": ["v", "w"]}}, {"k": ["w"]}, "implicitDeny"),
        ({"ArnLike": {"k": "arn:aws:lambda:*:*:function:*"}}, {"k": [ARN]}, "allowed"),
        ({"ArnLike": {"k": "arn:aws:*"}}, {"k": [ARN]}, "implicitDeny"),
        ({"Bool": {"k": "true"}}, {"k": ["True"]}, "allowed"),
        ({"Null": {"k": "true"}}, {}, "allowed"),
        ({"Null": {"k": "false"}}, {}, "implicitDeny"),
        ({"NumericLessThan": {"k": "10"}}, {"k": ["9"]}, "allowed"),
        ({"NumericLessThan": {"k": "10"}}, {"k": ["nine"]}, "implicitDeny"),
        ({"NumericGreaterThanEquals": {"k": "10"}}, {"k": ["10"]}, "allowed"),
        (
            {"DateLessThan": {"k": "2026-01-01T00:00:00Z"}},
            {"k": ["2025-12-31T00:00:00Z"]},
            "allowed",
        ),
        ({"IpAddress": {"k": "10.0.0.0/8"}}, {"k": ["10.1.2.3"]}, "allowed"),
        ({"NotIpAddress": {"k": "10.0.0.0/8"}}, {"k": ["10.1.2.3"]}, "implicitDeny"),
        ({"ForAllValues:StringEquals": {"k": ["a", "b"]}}, {"k": ["a", "b"]}, "allowed"),
        ({"ForAllValues:StringEquals": {"k": ["a"]}}, {"k": ["a", "b"]}, "implicitDeny"),
        ({"ForAnyValue:StringEquals": {"k": ["a"]}}, {"k": ["a", "b"]}, "allowed"),
        ({"NoSuchOperator": {"k": "v"}}, {"k": ["v"]}, "implicitDeny"),
    ],
)
def test_conditions(
    condition: dict[str, Any], context: dict[str, list[str]], expected: str
) -> None:
    policy = document(statement("*", "*", Condition=condition))

    assert decision(policy, "lambda:GetFunction", ARN, context) == expected


def role_with(rig: Rig, *statements: dict[str, Any], name: str = "deploy") -> str:
    """A role with an inline policy; its ARN."""
    del rig
    iam = client("iam")
    arn: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=document(*statements))
    return arn


def simulated(arn: str, *actions: str, **more: Any) -> list[str]:  # noqa: ANN401 - parameters
    """The decisions, in the order of the actions."""
    answer = client("iam").simulate_principal_policy(
        PolicySourceArn=arn, ActionNames=list(actions), ResourceArns=[ARN], **more
    )
    return [result["EvalDecision"] for result in answer["EvaluationResults"]]


def test_simulation_tells_each_action_of_a_role(rig: Rig) -> None:
    arn = role_with(
        rig, statement("lambda:Update*", ARN), statement("lambda:UpdateAlias", "*", "Deny")
    )

    told = simulated(
        arn, "lambda:UpdateFunctionCode", "lambda:UpdateAlias", "lambda:DeleteFunction"
    )

    assert told == ["allowed", "explicitDeny", "implicitDeny"]


def test_simulation_takes_managed_and_group_policies_in(rig: Rig) -> None:
    del rig
    iam = client("iam")
    user = iam.create_user(UserName="ann")["User"]["Arn"]
    iam.create_group(GroupName="ops")
    iam.add_user_to_group(GroupName="ops", UserName="ann")
    managed = iam.create_policy(
        PolicyName="read", PolicyDocument=document(statement("lambda:Get*", "*"))
    )["Policy"]["Arn"]
    iam.attach_user_policy(UserName="ann", PolicyArn=managed)
    iam.put_group_policy(
        GroupName="ops",
        PolicyName="list",
        PolicyDocument=document(statement("lambda:List*", "*")),
    )

    told = simulated(user, "lambda:GetFunction", "lambda:ListAliases", "lambda:UpdateAlias")

    assert told == ["allowed", "allowed", "implicitDeny"]


def test_simulation_obeys_the_permissions_boundary(rig: Rig) -> None:
    arn = role_with(rig, statement("lambda:*", "*"))
    boundary = client("iam").create_policy(
        PolicyName="limit", PolicyDocument=document(statement("lambda:Get*", "*"))
    )["Policy"]["Arn"]
    client("iam").put_role_permissions_boundary(RoleName="deploy", PermissionsBoundary=boundary)

    assert simulated(arn, "lambda:GetFunction", "lambda:DeleteFunction") == [
        "allowed",
        "implicitDeny",
    ]


def test_simulation_takes_context_and_tells_what_is_missing(rig: Rig) -> None:
    condition = {"StringEquals": {"lambda:CodeSigningConfigArn": "csc"}}
    arn = role_with(rig, statement("lambda:CreateFunction", "*", Condition=condition))
    entry = {
        "ContextKeyName": "lambda:CodeSigningConfigArn",
        "ContextKeyValues": ["csc"],
        "ContextKeyType": "string",
    }

    without = client("iam").simulate_principal_policy(
        PolicySourceArn=arn, ActionNames=["lambda:CreateFunction"]
    )["EvaluationResults"][0]
    told = simulated(arn, "lambda:CreateFunction", ContextEntries=[entry])

    assert without["EvalDecision"] == "implicitDeny"
    assert without["MissingContextValues"] == ["lambda:CodeSigningConfigArn"]
    assert told == ["allowed"]


def test_simulation_of_nobody_and_of_nonsense_is_refused(rig: Rig) -> None:
    arn = role_with(rig, statement("*", "*"))

    with refused("NoSuchEntity", 404):
        simulated(arn + "x", "lambda:GetFunction")
    with refused("InvalidInput", 400):
        simulated("arn:aws:iam::999999999999:role/deploy", "lambda:GetFunction")
    with refused("InvalidInput", 400, "not valid JSON"):
        simulated(arn, "lambda:GetFunction", PolicyInputList=["{"])


def test_custom_policies_can_be_simulated(rig: Rig) -> None:
    del rig

    answer = client("iam").simulate_custom_policy(
        PolicyInputList=[document(statement("s3:Get*", "*"))],
        ActionNames=["s3:GetObject", "s3:PutObject"],
    )

    assert [r["EvalDecision"] for r in answer["EvaluationResults"]] == ["allowed", "implicitDeny"]


def keyed(rig: Rig, service: str, *statements: dict[str, Any]) -> Any:  # noqa: ANN401 - a client
    """A client of a new user with these statements."""
    del rig
    iam = client("iam")
    iam.create_user(UserName="ann")
    iam.put_user_policy(UserName="ann", PolicyName="p", PolicyDocument=document(*statements))
    key = iam.create_access_key(UserName="ann")["AccessKey"]["AccessKeyId"]
    return client(service, access_key=key)


def test_user_without_leave_is_refused_by_name_action_and_arn(rig: Rig) -> None:
    rig.function()
    ann = keyed(rig, "lambda", statement("lambda:GetFunctionConfiguration", ARN))

    ann.get_function_configuration(FunctionName="orders")
    with refused(
        "AccessDeniedException",
        403,
        f"User: arn:aws:iam::{ACCOUNT}:user/ann is not authorized to perform: "
        f"lambda:UpdateFunctionCode on resource: {ARN} because no identity-based policy",
    ):
        ann.update_function_code(FunctionName="orders", ZipFile=zipped("two"))


@pytest.mark.parametrize(
    ("allowed", "qualifier", "may"),
    [
        (ARN, None, True),
        (ARN, "live", False),
        (f"{ARN}:live", "live", True),
        (f"{ARN}:live", None, False),
        (f"{ARN}:live", "1", False),
        (f"{ARN}:1", "1", True),
    ],
)
def test_invocation_is_asked_of_the_qualified_arn_only(
    rig: Rig,
    allowed: str,
    qualifier: str | None,
    may: bool,  # noqa: FBT001 - a parameter
) -> None:
    rig.function()
    rig.sandbox.acts.publish("orders")
    rig.sandbox.acts.create_alias("orders", "live", "1")
    ann = keyed(rig, "lambda", statement("lambda:InvokeFunction", allowed))
    more = {"Qualifier": qualifier} if qualifier else {}

    if may:
        assert ann.invoke(FunctionName="orders", **more)["StatusCode"] == 200
    else:
        with refused("AccessDeniedException", 403):
            ann.invoke(FunctionName="orders", **more)
    assert len(rig.sandbox.lambda_state.invocations) == may


def test_resource_policy_may_allow_what_the_identity_does_not(rig: Rig) -> None:
    rig.function()
    ann = keyed(rig, "lambda", statement("s3:*", "*"))
    rig.lambda_.add_permission(
        FunctionName="orders",
        StatementId="ann",
        Action="lambda:InvokeFunction",
        Principal=f"arn:aws:iam::{ACCOUNT}:user/ann",
    )

    assert ann.invoke(FunctionName="orders")["StatusCode"] == 200


def test_creation_needs_leave_to_pass_the_role(rig: Rig) -> None:
    del rig.sandbox.calls[:]
    ann = keyed(rig, "lambda", statement("lambda:*", "*"))

    with refused("AccessDeniedException", 403, f"iam:PassRole on resource: {ROLE}"):
        ann.create_function(
            FunctionName="orders",
            Role=ROLE,
            Runtime="python3.13",
            Handler="a.b",
            Code={"ZipFile": zipped()},
        )

    assert rig.lambda_.list_functions()["Functions"] == []


def test_s3_tells_reading_a_version_apart(rig: Rig) -> None:
    bucket = rig.bucket()
    version = rig.s3.put_object(Bucket=bucket, Key="k", Body=b"x")["VersionId"]
    ann = keyed(rig, "s3", statement("s3:GetObject", f"arn:aws:s3:::{bucket}/*"))

    newest = ann.get_object(Bucket=bucket, Key="k")
    with refused("AccessDenied", 403):
        ann.get_object(Bucket=bucket, Key="k", VersionId=version)

    assert newest["Body"].read() == b"x"


def test_signer_is_asked_of_the_profile(rig: Rig) -> None:
    rig.profile()
    arn = f"arn:aws:signer:eu-west-1:{ACCOUNT}:/signing-profiles/team"
    ann = keyed(rig, "signer", statement("signer:GetSigningProfile", arn))

    assert ann.get_signing_profile(profileName="team")["status"] == "Active"
    with refused("AccessDeniedException", 403, arn):
        ann.cancel_signing_profile(profileName="team")


@pytest.mark.parametrize(
    ("action", "resource", "given", "code"),
    [
        (
            "sns:ListSubscriptionsByTopic",
            f"arn:aws:sns:eu-west-1:{ACCOUNT}:mine",
            {"TopicArn": f"arn:aws:sns:eu-west-1:{ACCOUNT}:mine"},
            "AuthorizationError",
        ),
        (
            "events:DescribeRule",
            f"arn:aws:events:eu-west-1:{ACCOUNT}:rule/shop/mine",
            {"Name": "mine", "EventBusName": "shop"},
            "AccessDeniedException",
        ),
        (
            "events:ListRuleNamesByTarget",
            "*",
            {"TargetArn": ARN},
            "AccessDeniedException",
        ),
        (
            "logs:DescribeSubscriptionFilters",
            f"arn:aws:logs:eu-west-1:{ACCOUNT}:log-group:mine",
            {"logGroupName": "mine"},
            "AccessDeniedException",
        ),
    ],
)
def test_what_triggers_is_asked_of_its_own_arn(
    rig: Rig, action: str, resource: str, given: dict[str, Any], code: str
) -> None:
    service, operation = action.split(":")
    ann = keyed(rig, service, statement(action, f"arn:aws:{service}:eu-west-1:{ACCOUNT}:other"))

    text = f"is not authorized to perform: {action} on resource: {resource} because"
    with refused(code, 403, text):
        getattr(ann, snake_case(operation))(**given)


def test_session_of_a_known_role_is_judged_and_of_an_unknown_one_not(rig: Rig) -> None:
    rig.function()
    arn = role_with(rig, statement("lambda:GetAlias", "*"))
    token = "a.b.c"

    def assumed(role: str) -> Any:  # noqa: ANN401 - a client
        answer = rig.sts.assume_role_with_web_identity(
            RoleArn=role, RoleSessionName="run", WebIdentityToken=token
        )
        return client("lambda", access_key=answer["Credentials"]["AccessKeyId"])

    with refused("AccessDeniedException", 403, ":assumed-role/deploy/"):
        assumed(arn).get_function(FunctionName="orders")
    assert assumed(ROLE).get_function(FunctionName="orders")["Code"]


def test_unknown_key_is_the_account_itself(rig: Rig) -> None:
    rig.function()
    keyed(rig, "lambda", statement("s3:*", "*"))

    assert client("lambda", access_key="AKIANOBODY").get_function(FunctionName="orders")["Code"]
