"""Rows on what triggers a function, as far as a reader of the account can see it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.contract.row import Area, Source, further, refused

if TYPE_CHECKING:
    from tests.contract.clients import Clients

S3, OTHER = Area.S3, Area.OTHER
DOCS, LS, MODEL, PRACTICE = Source.DOCS, Source.LOCALSTACK, Source.MODEL, Source.PRACTICE
QUEUES = 3


def queue(aws: Clients) -> str:
    """ARN of a new queue."""
    url = aws.sqs.create_queue(QueueName=aws.name())["QueueUrl"]
    aws.afterwards(aws.sqs.delete_queue, QueueUrl=url)
    attributes = aws.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    arn: str = attributes["Attributes"]["QueueArn"]
    return arn


def mapping(aws: Clients, function: str, source: str, **given: Any) -> Any:  # noqa: ANN401 - boto3's
    """A new event source mapping that is off."""
    made = aws.lambda_.create_event_source_mapping(
        FunctionName=function, EventSourceArn=source, Enabled=False, **given
    )
    aws.afterwards(aws.lambda_.delete_event_source_mapping, UUID=made["UUID"])
    return made


@further(S3, LS)
def s3_notification_filter(aws: Clients) -> None:
    """A notification's filter rules are named "Prefix" and "Suffix", however they were sent."""
    _, arn = aws.function_with_alias()
    bucket = aws.bucket()
    rules = [{"Name": "prefix", "Value": "in/"}, {"Name": "SUFFIX", "Value": ".json"}]
    one = {
        "LambdaFunctionArn": arn,
        "Events": ["s3:ObjectCreated:Put"],
        "Filter": {"Key": {"FilterRules": rules}},
    }

    aws.s3.put_bucket_notification_configuration(
        Bucket=bucket,
        NotificationConfiguration={"LambdaFunctionConfigurations": [one]},
        SkipDestinationValidation=True,
    )

    got = aws.s3.get_bucket_notification_configuration(Bucket=bucket)
    (kept,) = got["LambdaFunctionConfigurations"]
    assert kept["Events"] == ["s3:ObjectCreated:Put"]
    assert sorted((r["Name"], r["Value"]) for r in kept["Filter"]["Key"]["FilterRules"]) == [
        ("Prefix", "in/"),
        ("Suffix", ".json"),
    ]


@further(S3, DOCS)
def s3_notification_no_bucket(aws: Clients) -> None:
    """The notifications of a bucket that does not exist are 404 NoSuchBucket."""
    with refused("NoSuchBucket", 404):
        aws.s3.get_bucket_notification_configuration(Bucket=aws.name())


@further(OTHER, PRACTICE)
def event_sources_of_function(aws: Clients) -> None:
    """The mappings of a function without a qualifier do not hold those of its alias."""
    name, _ = aws.function_with_alias()
    own, of_alias = queue(aws), queue(aws)
    mapping(aws, name, own)
    mapping(aws, f"{name}:live", of_alias)

    unqualified = aws.lambda_.list_event_source_mappings(FunctionName=name)
    qualified = aws.lambda_.list_event_source_mappings(FunctionName=f"{name}:live")

    assert [m["EventSourceArn"] for m in unqualified["EventSourceMappings"]] == [own]
    assert [m["EventSourceArn"] for m in qualified["EventSourceMappings"]] == [of_alias]


@further(OTHER, MODEL)
def event_sources_page(aws: Clients) -> None:
    """ListEventSourceMappings gives MaxItems at a time, and the Marker of the next ones."""
    name = aws.function()
    made = {mapping(aws, name, queue(aws))["UUID"] for _ in range(QUEUES)}

    first = aws.lambda_.list_event_source_mappings(FunctionName=name, MaxItems=QUEUES - 1)
    second = aws.lambda_.list_event_source_mappings(FunctionName=name, Marker=first["NextMarker"])

    pages = [[m["UUID"] for m in page["EventSourceMappings"]] for page in (first, second)]
    assert [len(page) for page in pages] == [QUEUES - 1, 1]
    assert {*pages[0], *pages[1]} == made
    assert not second.get("NextMarker")


@further(OTHER, MODEL)
def event_source_filter(aws: Clients) -> None:
    """A mapping tells its state and its filter criteria."""
    name = aws.function()
    filters = {"Filters": [{"Pattern": json.dumps({"body": {"kind": ["new"]}})}]}
    made = mapping(aws, name, queue(aws), FilterCriteria=filters)

    def disabled() -> Any:  # noqa: ANN401 - boto3's
        return aws.lambda_.get_event_source_mapping(UUID=made["UUID"])

    got = aws.eventually(disabled, lambda m: m["State"] == "Disabled")

    assert got["FilterCriteria"] == filters


@further(OTHER, MODEL, DOCS)
def topic_filter_policy(aws: Clients) -> None:
    """A subscription's filter policy stands in its attributes, and not in the topic's list."""
    topic = aws.sns.create_topic(Name=aws.name())["TopicArn"]
    aws.afterwards(aws.sns.delete_topic, TopicArn=topic)
    policy = {"kind": ["new"]}
    filtered = aws.sns.subscribe(
        TopicArn=topic,
        Protocol="sqs",
        Endpoint=queue(aws),
        Attributes={"FilterPolicy": json.dumps(policy)},
    )["SubscriptionArn"]
    plain = aws.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue(aws))

    listed = aws.sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    attributes = aws.sns.get_subscription_attributes(SubscriptionArn=filtered)["Attributes"]
    others = aws.sns.get_subscription_attributes(SubscriptionArn=plain["SubscriptionArn"])

    assert len(listed) == 2
    assert not any("FilterPolicy" in one for one in listed)
    assert json.loads(attributes["FilterPolicy"]) == policy
    assert not others["Attributes"].get("FilterPolicy")


@further(OTHER, MODEL)
def topic_unknown(aws: Clients) -> None:
    """The subscriptions of a topic that does not exist are 404 NotFound."""
    topic = aws.sns.create_topic(Name=aws.name())["TopicArn"]
    aws.sns.delete_topic(TopicArn=topic)

    with refused("NotFound", 404):
        aws.sns.list_subscriptions_by_topic(TopicArn=topic)


@further(OTHER, DOCS)
def rule_of_bus(aws: Clients) -> None:
    """A rule of another bus is found on that bus only, and tells its pattern and state."""
    _, arn = aws.function_with_alias()
    bus, rule = aws.name(), aws.name()
    aws.events.create_event_bus(Name=bus)
    aws.afterwards(aws.events.delete_event_bus, Name=bus)
    pattern = {"source": ["shop"]}
    aws.events.put_rule(
        Name=rule, EventBusName=bus, EventPattern=json.dumps(pattern), State="DISABLED"
    )
    aws.afterwards(aws.events.delete_rule, Name=rule, EventBusName=bus)
    aws.events.put_targets(Rule=rule, EventBusName=bus, Targets=[{"Id": "1", "Arn": arn}])
    aws.afterwards(aws.events.remove_targets, Rule=rule, EventBusName=bus, Ids=["1"])

    there = aws.events.list_rule_names_by_target(TargetArn=arn, EventBusName=bus)
    default = aws.events.list_rule_names_by_target(TargetArn=arn)
    told = aws.events.describe_rule(Name=rule, EventBusName=bus)

    assert (there["RuleNames"], default["RuleNames"]) == ([rule], [])
    assert (told["State"], json.loads(told["EventPattern"])) == ("DISABLED", pattern)
    assert told["Arn"].endswith(f":rule/{bus}/{rule}")


@further(OTHER, MODEL)
def rule_unknown(aws: Clients) -> None:
    """A rule that does not exist is ResourceNotFoundException."""
    with refused("ResourceNotFoundException", None):
        aws.events.describe_rule(Name=aws.name())


@further(OTHER, MODEL)
def log_group_unknown(aws: Clients) -> None:
    """The subscriptions of a log group that does not exist are ResourceNotFoundException."""
    with refused("ResourceNotFoundException", None):
        aws.logs.describe_subscription_filters(logGroupName=f"/aws/lambda/{aws.name()}")


@further(OTHER, LS)
def destination_is_itself(aws: Clients) -> None:
    """A function is refused as a destination of itself."""
    name, arn = aws.function_with_alias()

    with refused("InvalidParameterValueException", 400):
        aws.lambda_.put_function_event_invoke_config(
            FunctionName=name, DestinationConfig={"OnFailure": {"Destination": arn}}
        )


@further(OTHER, LS)
def urls_of_function_and_alias(aws: Clients) -> None:
    """All URLs of a function are listed together, each with the ARN that it leads to."""
    name, arn = aws.function_with_alias()
    for qualifier in ({}, {"Qualifier": "live"}):
        aws.lambda_.create_function_url_config(FunctionName=name, AuthType="AWS_IAM", **qualifier)
        aws.afterwards(aws.lambda_.delete_function_url_config, FunctionName=name, **qualifier)

    listed = aws.lambda_.list_function_url_configs(FunctionName=name)["FunctionUrlConfigs"]

    assert {url["FunctionArn"] for url in listed} == {arn, f"{arn}:live"}
    assert {url["AuthType"] for url in listed} == {"AWS_IAM"}


@further(OTHER, PRACTICE)
def event_source_of_latest(aws: Clients) -> None:
    """A mapping that names $LATEST is listed under that name."""
    name = aws.function()
    source = queue(aws)
    mapping(aws, f"{name}:$LATEST", source)

    listed = aws.lambda_.list_event_source_mappings(FunctionName=f"{name}:$LATEST")

    assert [m["EventSourceArn"] for m in listed["EventSourceMappings"]] == [source]
