"""CloudFormation and SAM: resources and what triggers what.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/ and
https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/
"""

from __future__ import annotations

import posixpath
import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from signed_lambda.scan.infra import asl, object_events
from signed_lambda.scan.infra.document import NOTHING
from signed_lambda.scan.infra.filters import criteria_of, json_of, policy_of, recursion_of, shown
from signed_lambda.scan.infra.intrinsics import value_of
from signed_lambda.scan.infra.model import (
    PERMISSION,
    SHARED,
    Edge,
    Function,
    Inline,
    KeyFilter,
    Place,
    Resource,
    ref,
)
from signed_lambda.scan.infra.tree import as_table
from signed_lambda.scan.selection import Filter, Recipients, Topics
from signed_lambda.scan.values import Lit, Ref, Str, text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from signed_lambda.scan.infra.document import Tree
    from signed_lambda.scan.infra.model import Infra
    from signed_lambda.scan.selection import Selection
    from signed_lambda.scan.values import Atom

FUNCTIONS: Final = ("AWS::Lambda::Function", "AWS::Serverless::Function")
_KINDS: Final = {
    "AWS::S3::Bucket": ("bucket", "BucketName"),
    "AWS::SQS::Queue": ("queue", "QueueName"),
    "AWS::SNS::Topic": ("topic", "TopicName"),
    "AWS::DynamoDB::Table": ("table", "TableName"),
    "AWS::DynamoDB::GlobalTable": ("table", "TableName"),
    "AWS::Serverless::SimpleTable": ("table", "TableName"),
    "AWS::Kinesis::Stream": ("stream", "Name"),
    "AWS::KinesisFirehose::DeliveryStream": ("delivery", "DeliveryStreamName"),
    "AWS::Events::EventBus": ("bus", "Name"),
    "AWS::StepFunctions::StateMachine": ("machine", "StateMachineName"),
    "AWS::Serverless::StateMachine": ("machine", "Name"),
    "AWS::Logs::LogGroup": ("logs", "LogGroupName"),
    "AWS::Lambda::Url": ("api", ""),
    "AWS::Serverless::Api": ("api", ""),
    "AWS::Serverless::HttpApi": ("api", ""),
    "AWS::ApiGateway::RestApi": ("api", ""),
    "AWS::ApiGatewayV2::Api": ("api", ""),
}
_ASSET: Final = re.compile(r"(?:\w+/)?([0-9a-f]{64})\.zip")
_OFF: Final = ("false", "disabled")
_IMPLICIT: Final = {"Api": "ServerlessRestApi", "HttpApi": "ServerlessHttpApi"}
"""What SAM calls the APIs that it makes.

Source: https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-generated-resources.html
"""
_LEVELS: Final = 20
"""Of a path whose parts are resources of their own."""
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


def is_template(tree: Tree) -> bool:
    """Whether it declares resources as CloudFormation does."""
    resources = tree.get("Resources").table.values()
    return any(r.get("Type").text.startswith(("AWS::", "Custom::")) for r in resources)


def read(
    path: str,
    tree: Tree,
    infra: Infra,
    lines: tuple[str, ...],
    others: Mapping[str, Tree] = MappingProxyType({}),
) -> None:
    """Adds what a template declares.

    Args:
        path: Where it is.
        tree: What it says.
        infra: Is added to.
        lines: For evidence.
        others: Files that it may point to, by path.
    """
    _Reader(path, tree, infra, lines, others).read()


class _Reader:
    def __init__(
        self,
        path: str,
        tree: Tree,
        infra: Infra,
        lines: tuple[str, ...],
        others: Mapping[str, Tree],
    ) -> None:
        self.path, self.tree, self.infra, self.lines = path, tree, infra, lines
        self.others = others
        self.resources = tree.get("Resources").table
        urls = (n for n, r in self.resources.items() if r.get("Properties", "FunctionUrlConfig"))
        self.made = {*_IMPLICIT.values(), *(f"{name}Url" for name in urls)}

    def read(self) -> None:
        """Resources first, so that references find them."""
        for name, resource in self.resources.items():
            self._declare(name, resource)
        for output in self.tree.get("Outputs").table.values():
            exported = self.value(output.get("Export", "Name")).literal
            if exported:
                self._same(f"import:{exported}", self.value(output.get("Value")))
        for name, resource in self.resources.items():
            kind, properties = resource.get("Type").text, resource.get("Properties")
            reader = _READERS.get(kind)
            if reader is not None:
                reader(self, name, properties)
            elif kind.startswith("Custom::") and properties.get("NotificationConfiguration"):
                self.custom_notification(properties)

    def id(self, name: str) -> str:
        """The id of a resource of this template."""
        return f"{self.path}#{name}"

    def place(self, tree: Tree, path: str = "") -> Place:
        """Where a node stands, in this file or in another."""
        if path and path != self.path:
            return Place(path, tree.line)
        text_there = (
            self.lines[tree.line - 1].strip()[:160] if 0 < tree.line <= len(self.lines) else ""
        )
        return Place(self.path, tree.line, text_there)

    def value(self, tree: Tree) -> Str:
        """A value with its references."""
        return value_of(tree, self._reference)

    def _reference(self, name: str, attribute: str) -> Atom:
        if name in self.resources or name in self.made:
            if attribute.startswith("Outputs."):  # of a nested stack: each one is another thing
                return Ref(f"{self.id(name)}.{attribute}")
            return Ref(self.id(name), attribute)
        return Ref(name if name.startswith("AWS::") else f"param:{name}", attribute)

    def nested(self, name: str, properties: Tree) -> None:
        """A stack in the stack: its outputs are resources of its template, its parameters ours."""
        given = self.value(properties.get("TemplateURL") or properties.get("Location"))
        spelled = "".join(a.text if isinstance(a, Lit) else "/" for a in given.atoms)
        wanted = posixpath.basename(spelled)
        beside = posixpath.normpath(posixpath.join(posixpath.dirname(self.path), spelled))
        found = [p for p in self.others if wanted and posixpath.basename(p) == wanted]
        path = beside if beside in self.others else found[0] if len(found) == 1 else ""
        if not path:
            return
        child = _Reader(path, self.others[path], self.infra, (), self.others)
        for key, output in child.tree.get("Outputs").table.items():
            self._same(f"{self.id(name)}.Outputs.{key}", child.value(output.get("Value")))
        for key, value in properties.get("Parameters").table.items():
            self._same(f"param:{key}", self.value(value))

    def _same(self, identity: str, value: Str) -> None:
        """Two ids of one thing; one that two stacks give different things is nobody's."""
        only = value.atoms[0] if len(value.atoms) == 1 else None
        if isinstance(only, Ref) and self.infra.aliases.setdefault(identity, only.of) != only.of:
            self.infra.aliases[identity] = identity

    def _declare(self, name: str, resource: Tree) -> None:
        kind = resource.get("Type").text
        properties, place = resource.get("Properties"), self.place(resource)
        if kind in FUNCTIONS:
            self._function(name, properties, place, _asset(resource))
        elif kind in _KINDS:
            what, key = _KINDS[kind]
            given = properties.get(key) or properties.get("Domain", "DomainName")
            called = self.value(given) if given else None
            self.infra.add(Resource(self.id(name), what, place, called))

    def _function(self, name: str, properties: Tree, place: Place, asset: str) -> None:
        common = self.tree.get("Globals", "Function")
        called = properties.get("FunctionName")
        variables = common.get("Environment", "Variables").table | (
            properties.get("Environment", "Variables").table
        )
        folder = properties.get("CodeUri") or common.get("CodeUri")
        recursion = properties.get("RecursiveLoop") or common.get("RecursiveLoop")
        handler = properties.get("Handler") or common.get("Handler")
        inline = properties.get("InlineCode") or properties.get("Code", "ZipFile")
        if inline.text or inline.tag:
            runtime = properties.get("Runtime") or common.get("Runtime")
            self.infra.inline[self.id(name)] = _inline(self.path, inline, runtime.text)
        self.infra.add(
            Function(
                self.id(name),
                "function",
                place,
                self.value(called) if called else None,
                handler.text,
                folder.text or asset,
                {key: self.value(v) for key, v in variables.items()},
                recursive_loop=recursion_of(recursion.text),
                allowed_at=self.place(recursion) if recursion.text == "Allow" else None,
            )
        )
        if properties.get("FunctionUrlConfig"):
            url = Resource(self.id(f"{name}Url"), "api", self.place(properties))
            self.infra.add(url)
            self.edge(ref(url.id), "api", ref(self.id(name)), "function", properties)

    # -- edges

    def edge(
        self,
        source: Str,
        source_kind: str,
        target: Str,
        target_kind: str,
        at: Tree,
        *,
        filters: tuple[KeyFilter, ...] = (),
        events: tuple[str, ...] = (),
        certain: bool = True,
        how: str = "",
        selects: bool = False,
        path: str = "",
        guard: str = "",
        takes: Selection | None = None,
    ) -> None:
        """Keeps an edge."""
        self.infra.edges.append(
            Edge(
                source,
                source_kind,
                target,
                target_kind,
                self.place(at, path),
                filters,
                events,
                certain,
                how,
                selects,
                guard,
                takes,
            )
        )

    def sam_function(self, name: str, properties: Tree) -> None:
        """The events of a SAM function, and where its failures go."""
        for event in properties.get("Events").table.values():
            self._sam_event(name, event.get("Type").text, event.get("Properties"), event)
        self.plain_function(name, properties)
        for which in ("OnSuccess", "OnFailure"):
            to = properties.get("EventInvokeConfig", "DestinationConfig", which, "Destination")
            self._destination(ref(self.id(name)), to)

    def _sam_event(self, name: str, kind: str, given: Tree, at: Tree) -> None:
        me = ref(self.id(name))
        if given.get("Enabled").text.lower() in _OFF or given.get("State").text.lower() in _OFF:
            return
        if kind == "S3":
            self.edge(
                self.value(given.get("Bucket")),
                "bucket",
                me,
                "function",
                at,
                filters=_key_filters(given.get("Filter")),
                events=tuple(e.text for e in given.get("Events").items),
            )
        source = {"SQS": "Queue", "SNS": "Topic", "DynamoDB": "Stream", "Kinesis": "Stream"}.get(
            kind
        )
        what = {"SQS": "queue", "SNS": "topic", "DynamoDB": "table", "Kinesis": "stream"}.get(kind)
        if source and what:
            takes = policy_of(given, given) or criteria_of(given.get("FilterCriteria"))
            self.edge(self.value(given.get(source)), what, me, "function", at, takes=takes)
        if kind in ("EventBridgeRule", "CloudWatchEvent"):
            bus = given.get("EventBusName")
            self._rule(given.get("Pattern"), bus, me, at)
        if kind in ("Api", "HttpApi"):
            self._sam_route(me, kind, given, at)
        if kind == "CloudWatchLogs":
            selects = bool(given.get("FilterPattern").text.strip())
            self.edge(
                self.value(given.get("LogGroupName")), "logs", me, "function", at, selects=selects
            )
        if kind == "IoTRule":
            self._topic_rule(given.get("Sql"), me, "function", at)

    def _sam_route(self, me: Str, kind: str, given: Tree, at: Tree) -> None:
        """Of the API that is named, or of the one that SAM makes for all others."""
        named = given.get("RestApiId") or given.get("ApiId")
        api = self.target_id(named) or self.id(_IMPLICIT[kind])
        path = given.get("Path").text or "$default"
        self.infra.route(api, given.get("Method").text, path, me, self.place(at))

    def target_id(self, tree: Tree) -> str:
        """The id of the resource that a value refers to, "" for none."""
        atoms = self.value(tree).atoms if tree else ()
        return atoms[0].of if atoms and isinstance(atoms[0], Ref) else ""

    def _topic_rule(self, sql: Tree, target: Str, kind: str, at: Tree) -> None:
        takes = Topics.of_sql(shown(self.value(sql)))
        if takes is not None:
            self.edge(SHARED, "broker", target, kind, at, takes=takes)

    def plain_function(self, name: str, properties: Tree) -> None:
        """A dead-letter queue of the function."""
        to = properties.get("DeadLetterConfig", "TargetArn") or properties.get(
            "DeadLetterQueue", "TargetArn"
        )
        self._destination(ref(self.id(name)), to)

    def _destination(self, source: Str, to: Tree) -> None:
        if not to:
            return
        target = self.value(to)
        kind = self.infra.kind_of(target)
        if kind:
            self.edge(source, "function", target, kind, to, how="destination")

    def mapping(self, _: str, properties: Tree) -> None:
        """`AWS::Lambda::EventSourceMapping`."""
        if properties.get("Enabled").text.lower() in _OFF:
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
                    filters=_key_filters(one.get("Filter")),
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
                    filters=_filter((r.get("Name").text, r.get("Value").text) for r in rules),
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
        if properties.get("State").text.lower() in _OFF:
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

    def function_url(self, name: str, properties: Tree) -> None:
        """`AWS::Lambda::Url`."""
        target = self.value(properties.get("TargetFunctionArn"))
        self.edge(ref(self.id(name)), "api", target, "function", properties)

    def route(self, _: str, properties: Tree) -> None:
        """`AWS::ApiGatewayV2::Route`, whose target is an integration of the template."""
        target = properties.get("Target")
        holder = target.items[1] if len(target.items) > 1 else target
        named = {i.of.rpartition("#")[2] for i in self.value(holder).atoms if isinstance(i, Ref)}
        named |= {i.text for part in holder.items for i in part.items}
        for name in named & self.resources.keys():
            uri = self.resources[name].get("Properties", "IntegrationUri")
            method, _, path = properties.get("RouteKey").text.rpartition(" ")
            self._leads(self.target_id(properties.get("ApiId")), method, path, uri, properties)

    def quick_api(self, name: str, properties: Tree) -> None:
        """`AWS::ApiGatewayV2::Api` with a target: all requests go there."""
        if properties.get("Target"):
            self._leads(self.id(name), "ANY", "$default", properties.get("Target"), properties)

    def method(self, _: str, properties: Tree) -> None:
        """`AWS::ApiGateway::Method`, whose path is spelled by the resources above it."""
        path, at = "", properties.get("ResourceId")
        for _level in range(_LEVELS):
            above = self.resources.get(self.target_id(at).rpartition("#")[2], NOTHING)
            part = above.get("Properties", "PathPart").text
            if not part:
                break
            path, at = f"/{part}{path}", above.get("Properties", "ParentId")
        uri = properties.get("Integration", "Uri")
        api = self.target_id(properties.get("RestApiId"))
        self._leads(api, properties.get("HttpMethod").text, path, uri, properties)

    def _leads(self, api: str, method: str, path: str, uri: Tree, at: Tree) -> None:
        """A route to the function that is named anywhere in a URI."""
        for atom in self.value(uri).atoms if uri and api else ():
            if isinstance(atom, Ref) and isinstance(self.infra.resources.get(atom.of), Function):
                self.infra.route(api, method, path or "/", ref(atom.of), self.place(at))

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

    def invoke_config(self, _: str, properties: Tree) -> None:
        """`AWS::Lambda::EventInvokeConfig`."""
        source = self.value(properties.get("FunctionName"))
        for which in ("OnSuccess", "OnFailure"):
            to = properties.get("DestinationConfig", which, "Destination")
            self._destination(source, to)

    def machine(self, name: str, properties: Tree) -> None:
        """A state machine: the functions that it runs and the machines that it starts."""
        uri = properties.get("DefinitionUri").text or properties.get("DefinitionS3Location").text
        where = posixpath.normpath(posixpath.join(posixpath.dirname(self.path), uri))
        definition = self.others.get(where) if uri else properties.get("Definition")
        where = where if uri else ""
        subs = properties.get("DefinitionSubstitutions").table
        given = {key: self.value(tree) for key, tree in subs.items()}
        whole = properties.get("DefinitionString")
        if whole:
            definition, held = asl.written(self.value(whole))
            given |= held
        me = ref(self.id(name))
        for state in asl.states(definition) if definition else ():
            function, machine = asl.invoked(state), asl.started(state)
            if function is not None:
                to, at = self._substituted(function, given), whole or state
                self.edge(me, "machine", to, "function", at, path=where)
            if machine is not None:
                own = machine.text == asl.OWN
                to = me if own else self._substituted(machine, given)
                ends = "a Choice state" if definition and asl.chooses(definition) else ""
                at = whole or machine or state
                self.edge(me, "machine", to, "machine", at, how="start", path=where, guard=ends)

    def _substituted(self, value: Tree, given: dict[str, Str]) -> Str:
        return asl.filled(value, given) if not value.tag and value.text else self.value(value)

    def log_filter(self, _: str, properties: Tree) -> None:
        """`AWS::Logs::SubscriptionFilter`."""
        target = self.value(properties.get("DestinationArn"))
        kind = self.infra.kind_of(target)
        if kind:
            source = self.value(properties.get("LogGroupName"))
            pattern = bool(properties.get("FilterPattern").text.strip())
            self.edge(source, "logs", target, kind, properties, selects=pattern)


_READERS: Final[dict[str, Callable[[_Reader, str, Tree], None]]] = {
    "AWS::Serverless::Function": _Reader.sam_function,
    "AWS::Lambda::Function": _Reader.plain_function,
    "AWS::Lambda::EventSourceMapping": _Reader.mapping,
    "AWS::Lambda::Permission": _Reader.permission,
    "AWS::Lambda::EventInvokeConfig": _Reader.invoke_config,
    "AWS::Pipes::Pipe": _Reader.pipe,
    "AWS::S3::Bucket": _Reader.bucket,
    "AWS::SNS::Topic": _Reader.topic,
    "AWS::SNS::Subscription": _Reader.subscription,
    "AWS::SQS::Queue": _Reader.queue,
    "AWS::Events::Rule": _Reader.rule,
    "AWS::Logs::SubscriptionFilter": _Reader.log_filter,
    "AWS::Lambda::Url": _Reader.function_url,
    "AWS::ApiGatewayV2::Api": _Reader.quick_api,
    "AWS::ApiGatewayV2::Route": _Reader.route,
    "AWS::ApiGateway::Method": _Reader.method,
    "AWS::IoT::TopicRule": _Reader.topic_rule,
    "AWS::SES::ReceiptRule": _Reader.receipt_rule,
    "AWS::Serverless::StateMachine": _Reader.machine,
    "AWS::StepFunctions::StateMachine": _Reader.machine,
    "AWS::CloudFormation::Stack": _Reader.nested,
    "AWS::Serverless::Application": _Reader.nested,
}


def _asset(resource: Tree) -> str:
    """The folder of a synthesized CDK application (`cdk.out`) that a function's code is in.

    Source: https://docs.aws.amazon.com/cdk/v2/guide/assets.html
    """
    said = resource.get("Metadata", "aws:asset:path").text
    key = _ASSET.fullmatch(resource.get("Properties", "Code", "S3Key").text)
    return said or (f"asset.{key[1]}" if key is not None else "")


def _inline(path: str, tree: Tree, runtime: str) -> Inline:
    """Code in the template's text, moved down to the lines that it has there."""
    source = tree.text or (tree.items[0].text if tree.items else "")
    below = "\n" * tree.line if "\n" in source else "\n" * (tree.line - 1)
    return Inline(path, "index.py" if "python" in runtime else "index.js", below + source)


def _key_filters(given: Tree) -> tuple[KeyFilter, ...]:
    rules = given.get("S3Key", "Rules").items
    return _filter((r.get("Name").text, r.get("Value").text) for r in rules) if rules else ()


def _filter(rules: Iterable[tuple[str, str]]) -> tuple[KeyFilter, ...]:
    found = {name.lower(): value for name, value in rules}
    return (KeyFilter(found.get("prefix", ""), found.get("suffix", "")),)
