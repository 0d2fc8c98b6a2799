"""Triggers in Terraform: buckets, queues, topics, rules, pipes, mail and logs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from signed_lambda.scan.form import Call, Row, Table, Text
from signed_lambda.scan.infra import asl, object_events
from signed_lambda.scan.infra.filters import scope_of, shown
from signed_lambda.scan.infra.model import (
    PERMISSION,
    SHARED,
    KeyFilter,
)
from signed_lambda.scan.infra.terraform_base import Resources
from signed_lambda.scan.selection import Filter, Recipients, Topics
from signed_lambda.scan.values import Ref, Str, text

if TYPE_CHECKING:
    from signed_lambda.scan.form import Expr, Module
    from signed_lambda.scan.infra.hcl import Block
    from signed_lambda.scan.infra.modules import Scope

_ACTIONS: Final = {
    "lambda": ("function", "function_arn"),
    "sns": ("topic", "target_arn"),
    "sqs": ("queue", "queue_url"),
    "kinesis": ("stream", "stream_name"),
}
"""Of an IoT rule: what each leads to, and which argument names it."""

_MAIL_ACTIONS: Final = {
    "lambda_action": ("function", "function_arn"),
    "sns_action": ("topic", "topic_arn"),
    "s3_action": ("bucket", "bucket_name"),
}

_ENDS: Final = ("filter_prefix", "filter_suffix")


class Triggers(Resources):
    """What starts functions."""

    def mapping(self, module: Module, block: Block, scope: Scope) -> None:
        """`aws_lambda_event_source_mapping`."""
        given = block.attributes
        if self.value(given.get("enabled"), scope).literal == "false":
            return
        source = self.value(given.get("event_source_arn"), scope)
        target = self.value(given.get("function_name"), scope)
        kind = self._kind_of(source, "queue")
        patterns = [
            self.json(one.attributes.get("pattern"), scope)
            for criteria in block.inner("filter_criteria")
            for one in criteria.inner("filter")
        ]
        takes = Filter(tuple(patterns)) if patterns else None
        self.edge((source, kind, target, "function"), (module, block), takes=takes)

    def mapping_module(self, module: Module, block: Block, scope: Scope) -> None:
        """`event_source_mapping` of the usual module for a function."""
        me = Str((Ref(f"{scope.prefix}#module.{block.labels[0]}"),))
        given, where = self.written(block.attributes["event_source_mapping"], scope)
        for _, one in given.items if isinstance(given, Table) else ():
            named = dict(self.table(one, where))
            source = named.get("event_source_arn")
            if source is not None:
                kind = self._kind_of(source, "queue")
                self.edge((source, kind, me, "function"), (module, block))

    def pipe(self, module: Module, block: Block, scope: Scope) -> None:
        """`aws_pipes_pipe`: a poller between a source and its targets."""
        source = self.value(block.attributes.get("source"), scope)
        given = [b for p in block.inner("source_parameters") for b in p.inner("filter_criteria")]
        selects = bool(given)
        for name in ("enrichment", "target"):
            if name in block.attributes:
                to = self.value(block.attributes[name], scope)
                ends = (source, self._kind_of(source, "queue"), to, self._kind_of(to, ""))
                self.edge(ends, (module, block), selects=selects)

    def notification(self, module: Module, block: Block, scope: Scope) -> None:
        """`aws_s3_bucket_notification`."""
        bucket = self.value(block.attributes.get("bucket"), scope)
        for name, key, kind in (
            ("lambda_function", "lambda_function_arn", "function"),
            ("queue", "queue_arn", "queue"),
            ("topic", "topic_arn", "topic"),
        ):
            for one in block.inner(name):
                target = self.value(one.attributes.get(key), scope)
                self._notifies(bucket, target, kind, one.attributes, (module, one), scope)

    def notification_module(self, module: Module, block: Block, scope: Scope) -> None:
        """`lambda_notifications` of the usual module for it."""
        bucket = self.value(block.attributes.get("bucket"), scope)
        given = block.attributes["lambda_notifications"]
        for _, one in given.items if isinstance(given, Table) else ():
            if isinstance(one, Table):
                members = {k.text: v for k, v in one.items if isinstance(k, Text)}
                arn = members.get("function_arn") or members.get("function_name")
                target = self.value(arn, scope)
                self._notifies(bucket, target, "function", members, (module, block), scope)

    def _notifies(
        self,
        bucket: Str,
        target: Str,
        kind: str,
        given: dict[str, Expr],
        at: tuple[Module, Block],
        scope: Scope,
    ) -> None:
        ends = [self.value(given[k], scope) if k in given else text("") for k in _ENDS]
        certain = all(e.literal is not None for e in ends)
        prefix, suffix = (e.literal or "" for e in ends)
        events = given.get("events")
        names = (
            [self.value(e, scope).literal or "*" for e in events.items]
            if (isinstance(events, Row))
            else []
        )
        filters = (KeyFilter(prefix, suffix),)
        self.edge(
            (bucket, "bucket", target, kind),
            at,
            filters=filters,
            events=tuple(names),
            certain=certain,
        )

    def subscription(self, module: Module, block: Block, scope: Scope) -> None:
        """`aws_sns_topic_subscription`."""
        given = block.attributes
        protocol = self.value(given.get("protocol"), scope).literal or ""
        kind = {"lambda": "function", "sqs": "queue"}.get(protocol)
        if kind:
            topic = self.value(given.get("topic_arn"), scope)
            target = self.value(given.get("endpoint"), scope)
            policy, takes = given.get("filter_policy"), None
            if policy is not None:
                of = scope_of(self.value(given.get("filter_policy_scope"), scope).literal or "")
                takes = Filter((self.json(policy, scope),), of)
            self.edge((topic, "topic", target, kind), (module, block), takes=takes)

    def queue(self, module: Module, block: Block, scope: Scope) -> None:
        """`redrive_policy` of a queue, in it or as a resource of its own."""
        given = block.attributes.get("redrive_policy")
        table = given.args[0] if isinstance(given, Call) and given.args else None
        for key, value in table.items if isinstance(table, Table) else ():
            if isinstance(key, Text) and key.text == "deadLetterTargetArn":
                url = block.attributes.get("queue_url")
                me = self._me(block, scope) if url is None else self.value(url, scope)
                to = self.value(value, scope)
                self.edge((me, "queue", to, "queue"), (module, block), how="redrive")

    def permission(self, module: Module, block: Block, scope: Scope) -> None:
        """`aws_lambda_permission`: that the service does is declared elsewhere, or nowhere."""
        given = block.attributes
        principal = self.value(given.get("principal"), scope).literal or ""
        kind = {"s3": "bucket", "sns": "topic"}.get(principal.partition(".")[0])
        if kind and "source_arn" in given:
            source = self.value(given["source_arn"], scope)
            target = self.value(given.get("function_name"), scope)
            ends = (source, kind, target, "function")
            self.edge(ends, (module, block), certain=False, how=PERMISSION)

    def log_filter(self, module: Module, block: Block, scope: Scope) -> None:
        """`aws_cloudwatch_log_subscription_filter`."""
        given = block.attributes
        source = self.value(given.get("log_group_name"), scope)
        target = self.value(given.get("destination_arn"), scope)
        selects = bool((self.value(given.get("filter_pattern"), scope).literal or "").strip())
        ends = (source, "logs", target, self._kind_of(target, "function"))
        self.edge(ends, (module, block), selects=selects)

    def event_target(self, module: Module, block: Block, scope: Scope) -> None:
        """`aws_cloudwatch_event_target`, with the pattern of its rule."""
        given = block.attributes
        named = self.value(given.get("rule"), scope)
        rule = self._block(named, "aws_cloudwatch_event_rule", scope)
        pattern = rule.attributes.get("event_pattern") if rule is not None else None
        if rule is None or pattern is None or self._is_off(rule, scope):
            return
        bus = rule.attributes.get("event_bus_name")
        source = self.value(bus, scope) if bus is not None else text("default")
        target = self.value(given.get("arn"), scope)
        kind = self._kind_of(target, "function")
        self._object_events(pattern, (target, kind), (module, block), scope)
        ends = (source, "bus", target, kind)
        self.edge(ends, (module, block), takes=Filter((self.json(pattern, scope),)))

    def _object_events(
        self, pattern: Expr, to: tuple[Str, str], at: tuple[Module, Block], scope: Scope
    ) -> None:
        """The buckets whose events a rule takes."""
        document, given = self._definition(pattern, scope)
        if document is None:
            return
        for one in object_events.of_pattern(document, lambda tree: asl.filled(tree, given)):
            ends = (one.bucket, "bucket", *to)
            self.edge(
                ends, at, filters=one.filters, events=object_events.EVENTS, certain=one.certain
            )

    def topic_rule(self, module: Module, block: Block, scope: Scope) -> None:
        """`aws_iot_topic_rule`."""
        takes = Topics.of_sql(shown(self.value(block.attributes.get("sql"), scope)))
        if takes is None or self._is_off(block, scope):
            return
        for name, (kind, key) in _ACTIONS.items():
            for one in block.inner(name):
                target = self.value(one.attributes.get(key), scope)
                self.edge((SHARED, "broker", target, kind), (module, one), takes=takes)

    def receipt_rule(self, module: Module, block: Block, scope: Scope) -> None:
        """`aws_ses_receipt_rule`."""
        enabled = self.value(block.attributes.get("enabled"), scope).literal
        if enabled != "true":
            return
        given = block.attributes.get("recipients")
        listed = given.items if isinstance(given, Row) else ()
        values = [self.value(item, scope).literal for item in listed]
        known = None not in values and (given is None or isinstance(given, Row))
        takes = Recipients(tuple(v for v in values if v is not None), known)
        for name, (kind, key) in _MAIL_ACTIONS.items():
            for one in block.inner(name):
                target = self.value(one.attributes.get(key), scope)
                self.edge((SHARED, "mail", target, kind), (module, one), takes=takes)
