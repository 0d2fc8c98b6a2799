"""Triggers in CloudFormation: buckets, queues, topics, rules, pipes, mail and logs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from signed_lambda.scan.infra import object_events
from signed_lambda.scan.infra.cloudformation_base import OFF, Template, filter_of, key_filters
from signed_lambda.scan.infra.filters import criteria_of, json_of, policy_of, shown
from signed_lambda.scan.infra.model import (
    PERMISSION,
    SHARED,
    ref,
)
from signed_lambda.scan.infra.tree import as_table
from signed_lambda.scan.selection import Filter, Recipients, Topics
from signed_lambda.scan.values import Str, text

if TYPE_CHECKING:
    from signed_lambda.scan.infra.document import Tree

_ACTIONS: Final = {
    "Lambda": ("function", "FunctionArn"),
    "Sns": ("topic", "TargetArn"),
    "Sqs": ("queue", "QueueUrl"),
    "Kinesis": ("stream", "StreamName"),
    "Firehose": ("delivery", "DeliveryStreamName"),
}
"""Of an IoT rule: what each leads to, and which member names it."""

_MAIL_ACTIONS: Final = {
    "LambdaAction": ("function", "FunctionArn"),
    "SNSAction": ("topic", "TopicArn"),
    "S3Action": ("bucket", "BucketName"),
}


class Triggers(Template):
    """What starts functions."""

    def _topic_rule(self, sql: Tree, target: Str, kind: str, at: Tree) -> None:
        takes = Topics.of_sql(shown(self.value(sql)))
        if takes is not None:
            self.edge(SHARED, "broker", target, kind, at, takes=takes)

    def mapping(self, _: str, properties: Tree) -> None:
        """`AWS::Lambda::EventSourceMapping`."""
        if properties.get("Enabled").text.lower() in OFF:
            return
        source = self.value(properties.get("EventSourceArn"))
        kind = self.infra.kind_of(source, "queue")
        target = self.value(properties.get("FunctionName"))
        takes = criteria_of(properties.get("FilterCriteria"))
        self.edge(source, kind, target, "function", properties, takes=takes)

    def pipe(self, _: str, properties: Tree) -> None:
        """`AWS::Pipes::Pipe`: a poller between a source and its targets."""
        if properties.get("DesiredState").text == "STOPPED":
            return
        source = self.value(properties.get("Source"))
        takes = criteria_of(properties.get("SourceParameters", "FilterCriteria"))
        for name in ("Enrichment", "Target"):
            to = self.value(properties.get(name)) if properties.get(name) else None
            kind = self.infra.kind_of(to) if to is not None else ""
            if to is not None and kind:
                ends = (source, self.infra.kind_of(source, "queue"), to, kind)
                self.edge(*ends, properties, takes=takes)

    def bucket(self, name: str, properties: Tree) -> None:
        """Notifications of a bucket."""
        given = properties.get("NotificationConfiguration")
        for list_key, key, kind in (
            ("LambdaConfigurations", "Function", "function"),
            ("QueueConfigurations", "Queue", "queue"),
            ("TopicConfigurations", "Topic", "topic"),
        ):
            for one in given.get(list_key).items:
                self.edge(
                    ref(self.id(name)),
                    "bucket",
                    self.value(one.get(key)),
                    kind,
                    one,
                    filters=key_filters(one.get("Filter")),
                    events=(one.get("Event").text,) if one.get("Event").text else (),
                )

    def custom_notification(self, properties: Tree) -> None:
        """What a custom resource sets by S3's own API, as one of the CDK does.

        Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketNotificationConfiguration.html
        """
        bucket = properties.get("BucketName") or properties.get("Bucket")
        given = properties.get("NotificationConfiguration")
        for list_key, key, kind in (
            ("LambdaFunctionConfigurations", "LambdaFunctionArn", "function"),
            ("QueueConfigurations", "QueueArn", "queue"),
            ("TopicConfigurations", "TopicArn", "topic"),
        ):
            for one in given.get(list_key).items:
                rules = one.get("Filter", "Key", "FilterRules").items
                self.edge(
                    *(self.value(bucket), "bucket", self.value(one.get(key)), kind, one),
                    filters=filter_of((r.get("Name").text, r.get("Value").text) for r in rules),
                    events=tuple(e.text for e in one.get("Events").items),
                )

    def permission(self, _: str, properties: Tree) -> None:
        """A service may invoke the function: that it does is declared elsewhere, or nowhere."""
        principal = properties.get("Principal").text
        kinds = {"s3": "bucket", "sns": "topic"}
        kind = kinds.get(principal.partition(".")[0], "")
        source = properties.get("SourceArn")
        target = self.value(properties.get("FunctionName"))
        if kind and source:
            ends = (self.value(source), kind, target, "function")
            self.edge(*ends, properties, certain=False, how=PERMISSION)

    def topic(self, name: str, properties: Tree) -> None:
        """Subscriptions that are written inside a topic."""
        for one in properties.get("Subscription").items:
            self._subscription(ref(self.id(name)), one)

    def subscription(self, _: str, properties: Tree) -> None:
        """`AWS::SNS::Subscription`."""
        self._subscription(self.value(properties.get("TopicArn")), properties)

    def _subscription(self, topic: Str, given: Tree) -> None:
        kind = {"lambda": "function", "sqs": "queue"}.get(given.get("Protocol").text)
        if kind:
            target = self.value(given.get("Endpoint"))
            self.edge(topic, "topic", target, kind, given, takes=policy_of(given, given))

    def queue(self, name: str, properties: Tree) -> None:
        """After too many receives a message goes to another queue."""
        to = properties.get("RedrivePolicy", "deadLetterTargetArn")
        if to:
            self.edge(ref(self.id(name)), "queue", self.value(to), "queue", to, how="redrive")

    def rule(self, _: str, properties: Tree) -> None:
        """`AWS::Events::Rule`."""
        if properties.get("State").text.lower() in OFF:
            return
        for target in properties.get("Targets").items:
            to = self.value(target.get("Arn"))
            kind = self.infra.kind_of(to)
            if kind:
                bus = properties.get("EventBusName")
                self._rule(properties.get("EventPattern"), bus, to, target, kind)

    def _rule(
        self, pattern: Tree, bus: Tree, target: Str, at: Tree, kind: str = "function"
    ) -> None:
        if not pattern:
            return
        for one in object_events.of_pattern(as_table(pattern), self.value):
            self.edge(
                *(one.bucket, "bucket", target, kind, at),
                filters=one.filters,
                events=object_events.EVENTS,
                certain=one.certain,
            )
        source = self.value(bus) if bus else text("default")
        takes = Filter((json_of(pattern),))
        self.edge(source, "bus", target, kind, at, takes=takes)

    def topic_rule(self, _: str, properties: Tree) -> None:
        """`AWS::IoT::TopicRule`: to whom its actions lead."""
        given = properties.get("TopicRulePayload")
        if given.get("RuleDisabled").text.lower() == "true":
            return
        for action in given.get("Actions").items:
            for name, (kind, key) in _ACTIONS.items():
                if action.get(name, key):
                    target = self.value(action.get(name, key))
                    self._topic_rule(given.get("Sql"), target, kind, action)

    def receipt_rule(self, _: str, properties: Tree) -> None:
        """`AWS::SES::ReceiptRule`: to whom its actions lead."""
        given = properties.get("Rule")
        if given.get("Enabled").text.lower() != "true":
            return
        values = [self.value(r).literal for r in given.get("Recipients").items]
        takes = Recipients(tuple(v for v in values if v is not None), None not in values)
        for action in given.get("Actions").items:
            for name, (kind, key) in _MAIL_ACTIONS.items():
                if action.get(name, key):
                    target = self.value(action.get(name, key))
                    self.edge(SHARED, "mail", target, kind, action, takes=takes)

    def log_filter(self, _: str, properties: Tree) -> None:
        """`AWS::Logs::SubscriptionFilter`."""
        target = self.value(properties.get("DestinationArn"))
        kind = self.infra.kind_of(target)
        if kind:
            source = self.value(properties.get("LogGroupName"))
            pattern = bool(properties.get("FilterPattern").text.strip())
            self.edge(source, "logs", target, kind, properties, selects=pattern)
