"""Chalice: functions whose triggers are decorators of their code.

Source: https://aws.github.io/chalice/topics/events.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from signed_lambda.scan.form import Call, Member
from signed_lambda.scan.infra.model import Edge, Function, KeyFilter, Place
from signed_lambda.scan.names import last_name
from signed_lambda.scan.values import Env, Frame, Ref, Str
from signed_lambda.scan.watch import TookTooLongError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from signed_lambda.scan.evaluate import Evaluator
    from signed_lambda.scan.form import Expr
    from signed_lambda.scan.form import Function as CodeFunction
    from signed_lambda.scan.infra.model import Infra
    from signed_lambda.scan.program import Program

_TRIGGERS: Final = {
    "on_s3_event": ("bucket", "bucket"),
    "on_sqs_message": ("queue", "queue"),
    "on_sns_message": ("topic", "topic"),
    "on_kinesis_record": ("stream", "stream"),
    "on_dynamodb_record": ("table", "stream_arn"),
}
_PLAIN: Final = ("lambda_function", "schedule", "on_cw_event")


def read(program: Program, evaluator: Evaluator, infra: Infra) -> Iterator[tuple[str, str]]:
    """Adds the functions that decorators of a program make.

    Yields:
        Each file that takes too long, and why it is given up.
    """
    for module in program.modules.values():
        if all(source != "chalice" for source, _ in module.imports.values()):
            continue
        try:
            with evaluator.watch.on(module.path):
                for function in module.functions:
                    for decorator in function.decorators:
                        if isinstance(decorator, Call) and isinstance(decorator.func, Member):
                            _decorated(function, decorator, evaluator, infra)
        except TookTooLongError as error:
            yield module.path, str(error)


def _decorated(function: CodeFunction, decorator: Call, evaluator: Evaluator, infra: Infra) -> None:
    name = last_name(decorator.func)
    module = function.module
    if name not in _TRIGGERS and name not in _PLAIN:
        return
    place = Place(module.path, decorator.line, module.line(decorator.line))
    made = Function(f"{module.key}#{function.name}", "function", place, code=function)
    infra.add(made)
    if name not in _TRIGGERS:
        return
    kind, key = _TRIGGERS[name]
    given = dict(decorator.named)
    source = given.get(key) or given.get("queue_arn") or next(iter(decorator.args), None)
    if source is None:
        return
    filters = {k: _literal(given.get(k), evaluator, function) for k in ("prefix", "suffix")}
    for value in evaluator.values(source, Frame(module.top)):
        if isinstance(value, Str):
            for atom in value.atoms:
                if isinstance(atom, Env):
                    made.env[atom.name] = Str((Ref(f"param:env:{atom.name}"),))
            infra.edges.append(
                Edge(
                    _as_reference(value),
                    kind,
                    Str((Ref(made.id),)),
                    "function",
                    place,
                    (KeyFilter(filters["prefix"], filters["suffix"]),),
                )
            )


def _as_reference(value: Str) -> Str:
    """An environment variable is equal to itself, in the decorator and in the function."""
    return Str(tuple(Ref(f"param:env:{a.name}") if isinstance(a, Env) else a for a in value.atoms))


def _literal(expr: Expr | None, evaluator: Evaluator, function: CodeFunction) -> str:
    if expr is None:
        return ""
    for value in evaluator.values(expr, Frame(function.module.top)):
        if isinstance(value, Str) and value.literal is not None:
            return value.literal
    return ""
