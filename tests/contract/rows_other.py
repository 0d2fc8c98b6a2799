"""Rows on what surrounds a deploy: identities, policies, triggers, alarms, quotas, throttles."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError
from tests.contract.row import Area, Source, further, refused, row

if TYPE_CHECKING:
    from tests.contract.clients import Clients

IAM, OTHER = Area.IAM, Area.OTHER
DOCS, LS, MODEL, SD = Source.DOCS, Source.LOCALSTACK, Source.MODEL, Source.STACKD


def _live(aws: Clients) -> tuple[str, str]:
    """A function with version 1 and the alias `live` on it; its name and its ARN."""
    name = aws.function()
    arn = aws.publish(name)["FunctionArn"].removesuffix(":1")
    aws.lambda_.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    return name, arn


def _policy(action: str, resource: str, effect: str = "Allow", **more: object) -> str:
    statement = {"Effect": effect, "Action": action, "Resource": resource, **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


# -- identities


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
    aws.iam.put_user_policy(**document, PolicyDocument=_policy("lambda:GetFunction", resource))
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
    policy = _policy("lambda:InvokeFunction", allowed)
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
    name, arn = _live(aws)
    client = _invoker(aws, arn)
    _may_invoke(aws, client, name, None)

    with refused("AccessDeniedException", 403, "lambda:GetFunction", arn):
        client.get_function(FunctionName=name)


@further(IAM, SD)
def invoke_allowed_on_alias(aws: Clients) -> None:
    """Leave to invoke fn:live is leave for the alias only: neither $LATEST nor the version."""
    name, arn = _live(aws)
    client = _invoker(aws, f"{arn}:live")
    _may_invoke(aws, client, name, "live")

    with refused("AccessDeniedException", 403, arn):
        client.invoke(FunctionName=name, InvocationType="DryRun")
    with refused("AccessDeniedException", 403, f"{arn}:1"):
        client.invoke(FunctionName=name, InvocationType="DryRun", Qualifier="1")


@further(IAM, SD)
def invoke_allowed_on_function(aws: Clients) -> None:
    """Leave to invoke fn is leave for the unqualified name only, not for its alias."""
    name, arn = _live(aws)
    client = _invoker(aws, arn)
    _may_invoke(aws, client, name, None)

    with refused("AccessDeniedException", 403, f"{arn}:live"):
        client.invoke(FunctionName=name, InvocationType="DryRun", Qualifier="live")


# -- the function's other settings


@row(OTHER, LS, MODEL)
def recursion(aws: Clients) -> None:
    """Recursive calls are terminated unless the function is set to allow them."""
    name = aws.function()

    before = aws.lambda_.get_function_recursion_config(FunctionName=name)["RecursiveLoop"]
    aws.lambda_.put_function_recursion_config(FunctionName=name, RecursiveLoop="Allow")

    after = aws.lambda_.get_function_recursion_config(FunctionName=name)["RecursiveLoop"]
    assert (before, after) == ("Terminate", "Allow")


@row(OTHER, DOCS)
def account_settings(aws: Clients) -> None:
    """GetAccountSettings tells the quotas, and what is used of them."""
    aws.function()

    got = aws.lambda_.get_account_settings()

    limit, usage = got["AccountLimit"], got["AccountUsage"]
    assert limit["TotalCodeSize"] >= 75 * 2**30
    assert (limit["CodeSizeUnzipped"], limit["CodeSizeZipped"]) == (262_144_000, 52_428_800)
    assert usage["FunctionCount"] >= 1
    assert 0 < usage["TotalCodeSize"] < limit["TotalCodeSize"]


@row(OTHER, MODEL)
def provisioned_concurrency_none(aws: Clients) -> None:
    """Provisioned concurrency that was never set is 404."""
    name, _ = _live(aws)

    with refused("ProvisionedConcurrencyConfigNotFoundException", 404):
        aws.lambda_.get_provisioned_concurrency_config(FunctionName=name, Qualifier="live")


@row(OTHER, LS)
def policy_per_qualifier(aws: Clients) -> None:
    """A permission on an alias stands in the alias' policy, and not in the function's."""
    name, arn = _live(aws)
    aws.lambda_.add_permission(
        FunctionName=name,
        Qualifier="live",
        StatementId="events",
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
    )

    policy = json.loads(aws.lambda_.get_policy(FunctionName=name, Qualifier="live")["Policy"])

    (statement,) = policy["Statement"]
    assert (statement["Sid"], statement["Resource"]) == ("events", f"{arn}:live")
    with refused("ResourceNotFoundException", 404):
        aws.lambda_.get_policy(FunctionName=name)


@row(OTHER, LS)
def event_source_alias(aws: Clients) -> None:
    """An event source mapping made for an alias keeps the alias in its FunctionArn."""
    name, arn = _live(aws)
    queue = aws.sqs.create_queue(QueueName=aws.name())["QueueUrl"]
    aws.afterwards(aws.sqs.delete_queue, QueueUrl=queue)
    attributes = aws.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    queue_arn = attributes["Attributes"]["QueueArn"]

    made = aws.lambda_.create_event_source_mapping(
        FunctionName=f"{name}:live", EventSourceArn=queue_arn, Enabled=False
    )

    aws.afterwards(aws.lambda_.delete_event_source_mapping, UUID=made["UUID"])
    listed = aws.lambda_.list_event_source_mappings(EventSourceArn=queue_arn)
    (mapping,) = listed["EventSourceMappings"]
    assert mapping["FunctionArn"] == f"{arn}:live"


@row(OTHER, DOCS)
def rules_by_target(aws: Clients) -> None:
    """ListRuleNamesByTarget names the EventBridge rules that call an alias."""
    _, arn = _live(aws)
    rule = aws.name()
    aws.events.put_rule(Name=rule, ScheduleExpression="rate(1 day)", State="DISABLED")
    aws.afterwards(aws.events.delete_rule, Name=rule)
    aws.events.put_targets(Rule=rule, Targets=[{"Id": "1", "Arn": f"{arn}:live"}])
    aws.afterwards(aws.events.remove_targets, Rule=rule, Ids=["1"])

    qualified = aws.events.list_rule_names_by_target(TargetArn=f"{arn}:live")
    unqualified = aws.events.list_rule_names_by_target(TargetArn=arn)

    assert (qualified["RuleNames"], unqualified["RuleNames"]) == ([rule], [])


@row(OTHER, DOCS)
def topic_subscriptions(aws: Clients) -> None:
    """ListSubscriptionsByTopic shows the alias that a topic calls."""
    _, arn = _live(aws)
    topic = aws.sns.create_topic(Name=aws.name())["TopicArn"]
    aws.afterwards(aws.sns.delete_topic, TopicArn=topic)
    aws.sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=f"{arn}:live")

    (one,) = aws.sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]

    assert (one["Protocol"], one["Endpoint"]) == ("lambda", f"{arn}:live")


@row(OTHER, DOCS)
def alarms(aws: Clients) -> None:
    """DescribeAlarms tells an alarm's state by its name."""
    name = _alarm(aws)

    (alarm,) = aws.cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]

    assert alarm["AlarmName"] == name
    assert alarm["StateValue"] in ("OK", "ALARM", "INSUFFICIENT_DATA")


@further(OTHER, DOCS)
def alarm_at_first(aws: Clients) -> None:
    """A new alarm has INSUFFICIENT_DATA."""
    name = _alarm(aws)

    (alarm,) = aws.cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]

    assert alarm["StateValue"] == "INSUFFICIENT_DATA"


def _alarm(aws: Clients) -> str:
    """A new alarm on a function's errors; its name."""
    name = aws.name()
    aws.cloudwatch.put_metric_alarm(
        AlarmName=name,
        Namespace="AWS/Lambda",
        MetricName="Errors",
        Dimensions=[{"Name": "FunctionName", "Value": name}],
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
    )
    aws.afterwards(aws.cloudwatch.delete_alarms, AlarmNames=[name])
    return name


@row(OTHER, MODEL, SD)
def resource_policy(aws: Clients) -> None:
    """PutResourcePolicy takes a Deny on the unqualified ARN, and answers it with a RevisionId."""
    _, arn = _live(aws)
    document = _policy("lambda:InvokeFunction", arn, "Deny", Principal="*", Sid="latest")

    put = aws.lambda_.put_resource_policy(ResourceArn=arn, Policy=document)

    got = aws.lambda_.get_resource_policy(ResourceArn=arn)
    (statement,) = json.loads(got["Policy"])["Statement"]
    assert (statement["Effect"], statement["Resource"]) == ("Deny", arn)
    assert got["RevisionId"] == put["RevisionId"]
    with refused("PreconditionFailedException", 412):
        aws.lambda_.put_resource_policy(
            ResourceArn=arn, Policy=document, RevisionId="00000000-0000-4000-8000-000000000000"
        )


@row(OTHER, MODEL, alone=True)
def throttled(aws: Clients) -> None:
    """A call too many is 429 TooManyRequestsException with its Reason, and has no effect."""
    name = aws.function()
    aws.knobs.throttle("PublishVersion", 1)

    with refused("TooManyRequestsException", 429) as answer:
        aws.publish(name)

    assert answer.get("Reason") == "CallerRateLimitExceeded"
    assert aws.versions(name) == ["$LATEST"]
    assert aws.publish(name)["Version"] == "1"


@row(OTHER, DOCS)
def codedeploy_application(aws: Clients) -> None:
    """CodeDeploy keeps applications for Lambda."""
    name = aws.name()
    aws.codedeploy.create_application(applicationName=name, computePlatform="Lambda")
    aws.afterwards(aws.codedeploy.delete_application, applicationName=name)

    got = aws.codedeploy.get_application(applicationName=name)["application"]

    assert (got["applicationName"], got["computePlatform"]) == (name, "Lambda")


@further(OTHER, LS)
def policy_none(aws: Clients) -> None:
    """GetPolicy of a function without a policy is 404 ResourceNotFoundException."""
    with refused("ResourceNotFoundException", 404):
        aws.lambda_.get_policy(FunctionName=aws.function())


@further(OTHER, MODEL)
def policy_on_latest(aws: Clients) -> None:
    """AddPermission on $LATEST is refused."""
    name = aws.function()

    with refused(None, 400):
        aws.lambda_.add_permission(
            FunctionName=name,
            Qualifier="$LATEST",
            StatementId="events",
            Action="lambda:InvokeFunction",
            Principal="events.amazonaws.com",
        )


@further(OTHER, MODEL)
def resource_policy_replaces(aws: Clients) -> None:
    """PutResourcePolicy replaces the whole policy, triggers included."""
    name, arn = _live(aws)
    aws.lambda_.add_permission(
        FunctionName=name,
        StatementId="events",
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
    )
    document = _policy("lambda:InvokeFunction", arn, "Deny", Principal="*", Sid="latest")

    aws.lambda_.put_resource_policy(ResourceArn=arn, Policy=document)

    policy = json.loads(aws.lambda_.get_policy(FunctionName=name)["Policy"])
    assert [s["Sid"] for s in policy["Statement"]] == ["latest"]


@further(OTHER, MODEL)
def invoke_destination(aws: Clients) -> None:
    """FunctionEventInvokeConfig shows where an alias' results are sent."""
    name, arn = _live(aws)
    queue = aws.sqs.create_queue(QueueName=aws.name())["QueueUrl"]
    aws.afterwards(aws.sqs.delete_queue, QueueUrl=queue)
    attributes = aws.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    queue_arn = attributes["Attributes"]["QueueArn"]

    aws.lambda_.put_function_event_invoke_config(
        FunctionName=name,
        Qualifier="live",
        DestinationConfig={"OnSuccess": {"Destination": queue_arn}},
    )

    got = aws.lambda_.get_function_event_invoke_config(FunctionName=name, Qualifier="live")
    assert got["DestinationConfig"]["OnSuccess"]["Destination"] == queue_arn
    assert got["FunctionArn"] == f"{arn}:live"
