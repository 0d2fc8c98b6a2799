"""Rows on what surrounds a deploy: identities, policies, triggers, alarms, quotas, throttles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.contract.row import Area, Source, further, refused, row

if TYPE_CHECKING:
    from tests.contract.clients import Clients

IAM, OTHER = Area.IAM, Area.OTHER
DOCS, LS, MODEL, SD = Source.DOCS, Source.LOCALSTACK, Source.MODEL, Source.STACKD


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


@row(OTHER, LS, MODEL)
def provisioned_concurrency_none(aws: Clients) -> None:
    """Provisioned concurrency that was never set is 404."""
    name, _ = aws.function_with_alias()

    with refused("ProvisionedConcurrencyConfigNotFoundException", 404):
        aws.lambda_.get_provisioned_concurrency_config(FunctionName=name, Qualifier="live")


@row(OTHER, LS)
def event_source_alias(aws: Clients) -> None:
    """An event source mapping made for an alias keeps the alias in its FunctionArn."""
    name, arn = aws.function_with_alias()
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
    _, arn = aws.function_with_alias()
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
    _, arn = aws.function_with_alias()
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
def invoke_destination(aws: Clients) -> None:
    """FunctionEventInvokeConfig shows where an alias' results are sent."""
    name, arn = aws.function_with_alias()
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


@further(OTHER, LS)
def invoke_destination_none(aws: Clients) -> None:
    """A version without a FunctionEventInvokeConfig is 404 with its qualified ARN."""
    name, arn = aws.function_with_alias()

    with refused("ResourceNotFoundException", 404, f"{arn}:1 doesn't have an EventInvokeConfig"):
        aws.lambda_.get_function_event_invoke_config(FunctionName=name, Qualifier="1")
