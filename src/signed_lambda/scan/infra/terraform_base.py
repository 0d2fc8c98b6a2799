"""What all parts of the reader of Terraform share: edges, tables and documents in a file."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Final

from signed_lambda.scan.form import Call, Member, Name, Row, Table, Text
from signed_lambda.scan.infra import asl
from signed_lambda.scan.infra.document import Tree
from signed_lambda.scan.infra.filters import known_of, shown
from signed_lambda.scan.infra.model import (
    Edge,
    KeyFilter,
    Place,
)
from signed_lambda.scan.infra.modules import Folder, Modules, Scope, chain_of
from signed_lambda.scan.infra.tree import NotScannedError
from signed_lambda.scan.infra.tree import parse as parse_document
from signed_lambda.scan.matching import UNKNOWN, loaded
from signed_lambda.scan.values import Ref, Str

if TYPE_CHECKING:
    from collections.abc import Mapping

    from signed_lambda.scan.form import Expr, Module
    from signed_lambda.scan.infra.hcl import Block
    from signed_lambda.scan.infra.model import Infra
    from signed_lambda.scan.matching import Known
    from signed_lambda.scan.selection import Selection

KINDS: Final = {
    "aws_s3_bucket": ("bucket", "bucket"),
    "aws_sqs_queue": ("queue", "name"),
    "aws_sns_topic": ("topic", "name"),
    "aws_dynamodb_table": ("table", "name"),
    "aws_kinesis_stream": ("stream", "name"),
    "aws_sfn_state_machine": ("machine", "name"),
    "aws_cloudwatch_event_bus": ("bus", "name"),
    "aws_cloudwatch_log_group": ("logs", "name"),
    "aws_lambda_function_url": ("api", ""),
    "aws_apigatewayv2_api": ("api", ""),
    "aws_api_gateway_rest_api": ("api", ""),
}


class Resources(Modules):
    """The blocks of all folders, and what is told of them."""

    def __init__(
        self, folders: dict[str, Folder], infra: Infra, files: Mapping[str, bytes]
    ) -> None:
        super().__init__(folders)
        self.infra, self.files = infra, files

    def edge(
        self,
        ends: tuple[Str, str, Str, str],
        at: tuple[Module, Block],
        *,
        filters: tuple[KeyFilter, ...] = (),
        events: tuple[str, ...] = (),
        how: str = "",
        certain: bool = True,
        selects: bool = False,
        takes: Selection | None = None,
    ) -> None:
        """Keeps an edge: source, its kind, target, its kind."""
        place = place_of(*at)
        self.infra.edges.append(
            Edge(*ends, place, filters, events, certain, how, selects, takes=takes)
        )

    def _kind_of(self, value: Str, default: str) -> str:
        atom = value.atoms[0] if value.atoms else None
        resource = atom.of.rpartition("#")[2].partition(".")[0] if isinstance(atom, Ref) else ""
        return self.infra.kind_of(value, KINDS.get(resource, (default, ""))[0])

    def json(self, expr: Expr | None, scope: Scope) -> Known:
        """`jsonencode({...})`, or a text that is JSON."""
        if isinstance(expr, Call) and expr.args:
            return self._json(expr.args[0], scope)
        literal = self.value(expr, scope).literal
        return loaded(literal) if literal is not None else UNKNOWN

    def _json(self, expr: Expr, scope: Scope) -> Known:
        if isinstance(expr, Table):
            named = {k.text: self._json(v, scope) for k, v in expr.items if isinstance(k, Text)}
            return named if len(named) == len(expr.items) else UNKNOWN
        if isinstance(expr, Row):
            return [self._json(item, scope) for item in expr.items]
        return known_of(self.value(expr, scope))

    def _definition(self, expr: Expr | None, scope: Scope) -> tuple[Tree | None, dict[str, Str]]:
        """A definition, and what stands for the `${name}` in it."""
        expr, scope = self.written(expr, scope)
        chain = chain_of(expr) if isinstance(expr, Member) else [""]
        if chain[:2] == ["data", "template_file"]:
            for _, block in scope.folder.of("data", *chain[1:3]):
                definition, given = self._definition(block.attributes.get("template"), scope)
                return definition, given | dict(self.table(block.attributes.get("vars"), scope))
        name = expr.func.name if isinstance(expr, Call) and isinstance(expr.func, Name) else ""
        if not isinstance(expr, Call) or not expr.args:
            return asl.written(self.value(expr, scope))
        if name in ("file", "templatefile"):
            body = self._file(self.value(expr.args[0], scope).literal or "", scope)
            given = dict(self.table(expr.args[1], scope)) if len(expr.args) > 1 else {}
            return _tree(body), given
        given = {}
        return self._as_tree(expr.args[0], scope, given), given

    def _as_tree(self, expr: Expr | None, scope: Scope, given: dict[str, Str]) -> Tree:
        """`{States = {...}}` as the document that it will be; references become `${name}`."""
        expr, scope = self.written(expr, scope)
        if isinstance(expr, Table):
            members = ((_key(self.value(k, scope)), v) for k, v in expr.items if k is not None)
            return Tree(0, "", {k: self._as_tree(v, scope, given) for k, v in members})
        if isinstance(expr, Row):
            return Tree(0, "", tuple(self._as_tree(item, scope, given) for item in expr.items))
        value = self.value(expr, scope)
        if value.literal is not None:
            return Tree(0, "", value.literal)
        name = f"reference-{len(given)}"
        given[name] = value
        return Tree(0, "", f"${{{name}}}")

    def _file(self, path: str, scope: Scope) -> bytes:
        """The file at a path, or the only one of its name."""
        at = posixpath.normpath(posixpath.join(scope.folder.path, path.lstrip("/")))
        base = posixpath.basename(path)
        same = [p for p in self.files if base and posixpath.basename(p) == base]
        found = at if at in self.files else same[0] if len(same) == 1 else ""
        return self.files.get(found, b"")

    def _block(self, value: Str, kind: str, scope: Scope) -> Block | None:
        """The block of a resource of the same scope that a value refers to."""
        for atom in value.atoms:
            of = atom.of.removeprefix(f"{scope.prefix}#") if isinstance(atom, Ref) else ""
            if of.startswith(f"{kind}."):
                for _, block in scope.folder.of("resource", kind, of.partition(".")[2]):
                    return block
        return None

    def _is_off(self, block: Block, scope: Scope) -> bool:
        said = {
            key: self.value(block.attributes[key], scope).literal
            for key in ("state", "is_enabled", "enabled")
            if key in block.attributes
        }
        return bool({"DISABLED", "false"} & set(said.values()))

    def _me(self, block: Block, scope: Scope) -> Str:
        return Str((Ref(f"{scope.prefix}#{'.'.join(block.labels[:2])}"),))


def _key(value: Str) -> str:
    return value.literal or shown(value)


def _tree(body: bytes) -> Tree | None:
    try:
        return parse_document(body)
    except NotScannedError:
        return None


def place_of(module: Module, block: Block) -> Place:
    """Where a block stands."""
    return Place(module.path, block.line, module.line(block.line))
