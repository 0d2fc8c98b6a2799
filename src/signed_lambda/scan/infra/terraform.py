"""Terraform: resources, what triggers what, and the modules between them.

A module of the tree is read once for each call of it, with what the call gives; a variable has its
default where nobody gives one. A module from elsewhere that looks like a function is one.
Source: https://registry.terraform.io/providers/hashicorp/aws/latest/docs
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Final, Literal

from signed_lambda.scan.form import Member
from signed_lambda.scan.infra import asl
from signed_lambda.scan.infra.filters import recursion_of
from signed_lambda.scan.infra.hcl import Block, parse
from signed_lambda.scan.infra.model import (
    Function,
    Resource,
)
from signed_lambda.scan.infra.modules import Folder, Scope, chain_of
from signed_lambda.scan.infra.terraform_apis import Apis
from signed_lambda.scan.infra.terraform_base import KINDS, place_of
from signed_lambda.scan.infra.terraform_triggers import Triggers
from signed_lambda.scan.reading import Unread
from signed_lambda.scan.values import Hole, Ref, Str
from signed_lambda.scan.watch import TookTooLongError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from signed_lambda.scan.form import Module
    from signed_lambda.scan.infra.model import Infra
    from signed_lambda.scan.watch import Watch

_STANDS_FOR: Final = {
    "aws_lambda_alias": "function_name",
    "aws_apigatewayv2_stage": "api_id",
    "aws_api_gateway_stage": "rest_api_id",
    "aws_api_gateway_deployment": "rest_api_id",
}
"""Resources that lead to another one, and the argument that names it."""


def read(files: Mapping[str, bytes], infra: Infra, watch: Watch) -> list[Unread]:
    """Adds what the files declare; those that are only partly understood are returned.

    Files of another ending are what a `file(...)` or `templatefile(...)` may name.
    """
    folders: dict[str, Folder] = {}
    unread: list[Unread] = []
    for path, body in files.items():
        if not path.endswith(".tf"):
            continue
        try:
            with watch.on(path):
                module, blocks = parse(path, body, watch)
        except RecursionError:
            unread.append(Unread(path, "nested too deep; not scanned"))
            continue
        except TookTooLongError as error:
            unread.append(Unread(path, f"{error}; not scanned"))
            continue
        if module.unread_line:
            why = f"partly read: line {module.unread_line} is not understood"
            unread.append(Unread(path, why))
        at = posixpath.dirname(path)
        folder = folders.setdefault(at, Folder(at))
        folder.blocks += [(module, block) for block in blocks]
        infra.sources.append(path)
    reader = _Reader(folders, infra, files)
    for scope in reader.scopes():
        reader.declare(scope)
    for scope in reader.all:
        reader.connect(scope)
    return unread


class _Reader(Apis, Triggers):
    # -- resources

    def declare(self, scope: Scope) -> None:
        """Adds the resources of a scope."""
        for module, block in scope.folder.blocks:
            if block.kind == "resource" and len(block.labels) > 1:
                self._resource(module, block, scope)
            elif block.kind == "module" and block.labels and _is_function(block):
                identity = f"{scope.prefix}#module.{block.labels[0]}"
                if (scope, block.labels[0]) not in self.called:
                    self._function(identity, module, block, scope)

    def _resource(self, module: Module, block: Block, scope: Scope) -> None:
        kind, name = block.labels[:2]
        identity = f"{scope.prefix}#{kind}.{name}"
        if kind == "aws_lambda_function":
            self._function(identity, module, block, scope)
        elif kind in _STANDS_FOR:
            atom = self.value(block.attributes.get(_STANDS_FOR[kind]), scope).atoms[0]
            if isinstance(atom, Ref):
                self.infra.aliases[identity] = atom.of
        elif kind in KINDS:
            what, key = KINDS[kind]
            given = block.attributes.get(key)
            called = self.value(given, scope) if given is not None else None
            self.infra.add(Resource(identity, what, place_of(module, block), _known(called)))

    def _function(self, identity: str, module: Module, block: Block, scope: Scope) -> None:
        made = Function(identity, "function", place_of(module, block))
        attributes = block.attributes
        made.name = _known(self.value(attributes.get("function_name"), scope))
        made.handler = self.value(attributes.get("handler"), scope).literal or ""
        made.folder = self._folder(block, scope)
        made.recursive_loop = self._recursion(block, scope)
        made.allowed_at = place_of(module, block) if made.recursive_loop == "Allow" else None
        tables = [attributes.get("environment_variables")]
        tables += [b.attributes.get("variables") for b in block.inner("environment")]
        for table in tables:
            for key, value in self.table(table, scope):
                made.env[key] = value
        self.infra.add(made)

    def _folder(self, block: Block, scope: Scope) -> str:
        """Where the code is: a path given, or the source of the archive that is given."""
        for name in ("source_path", "source_dir"):
            literal = self.value(block.attributes.get(name), scope).literal
            if literal:
                return literal.lstrip("/")
        filename = block.attributes.get("filename")
        chain = chain_of(filename) if isinstance(filename, Member) else []
        if chain[:2] == ["data", "archive_file"] and len(chain) > 2:  # noqa: PLR2004 - and its name
            for _, archive in scope.folder.of("data", "archive_file", chain[2]):
                folder = self.value(archive.attributes.get("source_dir"), scope).literal
                file = self.value(archive.attributes.get("source_file"), scope).literal
                return (folder or posixpath.dirname(file or "")).lstrip("/")
        return ""

    def _recursion(self, block: Block, scope: Scope) -> Literal["Allow", "Terminate"] | None:
        given = block.attributes.get("recursive_loop")
        return recursion_of(self.value(given, scope).literal or "") if given is not None else None

    # -- edges

    def connect(self, scope: Scope) -> None:
        """Adds the edges of a scope."""
        for module, block in scope.folder.blocks:
            kind = block.labels[0] if block.kind == "resource" and block.labels else ""
            reader = _EDGES.get(kind)
            if reader is not None:
                reader(self, module, block, scope)
            elif block.kind == "module" and "lambda_notifications" in block.attributes:
                self.notification_module(module, block, scope)
            elif block.kind == "module" and "event_source_mapping" in block.attributes:
                self.mapping_module(module, block, scope)

    def destinations(self, module: Module, block: Block, scope: Scope) -> None:
        """`aws_lambda_function_event_invoke_config`."""
        source = self.value(block.attributes.get("function_name"), scope)
        for config in block.inner("destination_config"):
            for name in ("on_failure", "on_success"):
                for one in config.inner(name):
                    to = self.value(one.attributes.get("destination"), scope)
                    ends = (source, "function", to, self._kind_of(to, "function"))
                    self.edge(ends, (module, one), how="destination")

    def dead_letters(self, module: Module, block: Block, scope: Scope) -> None:
        """`dead_letter_config` of a function."""
        me = Str((Ref(f"{scope.prefix}#{'.'.join(block.labels[:2])}"),))
        for one in block.inner("dead_letter_config"):
            to = self.value(one.attributes.get("target_arn"), scope)
            ends = (me, "function", to, self._kind_of(to, "queue"))
            self.edge(ends, (module, one), how="destination")

    def machine(self, module: Module, block: Block, scope: Scope) -> None:
        """The functions that a state machine runs, and the machines that it starts."""
        me = self._me(block, scope)
        definition, given = self._definition(block.attributes.get("definition"), scope)
        for state in asl.states(definition) if definition else ():
            function, started = asl.invoked(state), asl.started(state)
            if function is not None:
                to = asl.filled(function, given)
                self.edge((me, "machine", to, "function"), (module, block))
            if started is not None:
                to = me if started.text == asl.OWN else asl.filled(started, given)
                self.edge((me, "machine", to, "machine"), (module, block), how="start")

    def recursion(self, module: Module, block: Block, scope: Scope) -> None:
        """`aws_lambda_function_recursion_config`."""
        atom = self.value(block.attributes.get("function_name"), scope).atoms[0]
        function = self.infra.resources.get(atom.of) if isinstance(atom, Ref) else None
        if isinstance(function, Function):
            function.recursive_loop = self._recursion(block, scope)
            allows = function.recursive_loop == "Allow"
            function.allowed_at = place_of(module, block) if allows else None


_EDGES: Final[dict[str, Callable[[_Reader, Module, Block, Scope], None]]] = {
    "aws_lambda_event_source_mapping": _Reader.mapping,
    "aws_s3_bucket_notification": _Reader.notification,
    "aws_sns_topic_subscription": _Reader.subscription,
    "aws_sfn_state_machine": _Reader.machine,
    "aws_pipes_pipe": _Reader.pipe,
    "aws_sqs_queue": _Reader.queue,
    "aws_sqs_queue_redrive_policy": _Reader.queue,
    "aws_lambda_function_event_invoke_config": _Reader.destinations,
    "aws_lambda_function": _Reader.dead_letters,
    "aws_lambda_permission": _Reader.permission,
    "aws_cloudwatch_log_subscription_filter": _Reader.log_filter,
    "aws_cloudwatch_event_target": _Reader.event_target,
    "aws_lambda_function_recursion_config": _Reader.recursion,
    "aws_lambda_function_url": _Reader.function_url,
    "aws_apigatewayv2_api": _Reader.quick_api,
    "aws_apigatewayv2_route": _Reader.route,
    "aws_api_gateway_integration": _Reader.integration,
    "aws_iot_topic_rule": _Reader.topic_rule,
    "aws_ses_receipt_rule": _Reader.receipt_rule,
}


def _is_function(block: Block) -> bool:
    given = block.attributes.keys()
    return "function_name" in given and bool(given & {"handler", "environment_variables"})


def _known(value: Str | None) -> Str | None:
    """A name, None where a part of it is unknown."""
    if value is None or any(isinstance(a, Hole) for a in value.atoms):
        return None
    return value
