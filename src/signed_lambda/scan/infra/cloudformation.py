"""CloudFormation and SAM: resources and what triggers what.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/ and
https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/
"""

from __future__ import annotations

import posixpath
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from signed_lambda.lazy import regex
from signed_lambda.scan.infra import asl
from signed_lambda.scan.infra.cloudformation_apis import Apis
from signed_lambda.scan.infra.cloudformation_base import OFF, key_filters
from signed_lambda.scan.infra.cloudformation_triggers import Triggers
from signed_lambda.scan.infra.filters import criteria_of, policy_of, recursion_of
from signed_lambda.scan.infra.model import (
    Function,
    Inline,
    Place,
    Resource,
    ref,
)
from signed_lambda.scan.values import Lit, Str

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from signed_lambda.scan.infra.document import Tree
    from signed_lambda.scan.infra.model import Infra

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
_ASSET: Final = regex(r"(?:\w+/)?([0-9a-f]{64})\.zip")


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


class _Reader(Apis, Triggers):
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
        if given.get("Enabled").text.lower() in OFF or given.get("State").text.lower() in OFF:
            return
        if kind == "S3":
            self.edge(
                self.value(given.get("Bucket")),
                "bucket",
                me,
                "function",
                at,
                filters=key_filters(given.get("Filter")),
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

    def plain_function(self, name: str, properties: Tree) -> None:
        """A dead-letter queue of the function."""
        to = properties.get("DeadLetterConfig", "TargetArn") or properties.get(
            "DeadLetterQueue", "TargetArn"
        )
        self._destination(ref(self.id(name)), to)

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
