"""A handler that creates a client of AWS each time it is called.

Why: creating one reads the service's model and opens new connections; it costs tens to hundreds of
milliseconds of each call, which code outside of the handler pays once for each environment.

Bad::

    import boto3

    def handler(event, context):
        table = boto3.resource("dynamodb").Table("orders")
        return table.get_item(Key={"id": event["id"]})

Good::

    import boto3

    table = boto3.resource("dynamodb").Table("orders")

    def handler(event, context):
        return table.get_item(Key={"id": event["id"]})

Source: https://docs.aws.amazon.com/lambda/latest/dg/best-practices.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from signed_lambda.scan.form import Call, Either, Join, Member, Name, Other, Row, Table, Text
from signed_lambda.scan.handled import found_at, once, reached
from signed_lambda.scan.names import last_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from signed_lambda.report.model import Finding
    from signed_lambda.scan.form import Expr, Function
    from signed_lambda.scan.world import World

ID: Final = "LAM-CLIENT"
FIX: Final = "Create it outside of the handler, or keep it where the first call has created it"
_MAKES: Final = ("client", "resource")
_SESSIONS: Final = ("Session", "session")
_SETTINGS: Final = ("Config", "getenv", "get", "Session", "timedelta", "int", "str", "bool")


def check(world: World) -> Iterator[Finding]:
    """The clients that are made anew with what is the same at each call."""
    for function, handler in reached(world).items():
        if function.module.installed:
            continue
        for site in function.sites:
            if (
                not _makes_a_client(site.call, function)
                or once(site)
                or _is_stored(site.call, function)
            ):
                continue
            what = f"a {last_name(site.call.func)} of {_service(site.call)}"
            by = "" if function is handler else f", which `{handler.name}` calls,"
            yield found_at(
                ID,
                function.module,
                site.call.line,
                end_line=site.call.end_line,
                severity="low",
                function=function.name,
                message=f"`{function.name}`{by} creates {what} each time it is called",
                fix=FIX,
            )


def _service(call: Call) -> str:
    named = [v for k, v in call.named if k == "service_name"]
    given = next(iter((*named, *call.args)), None)
    return given.text if isinstance(given, Text) else "AWS"


def _makes_a_client(call: Call, function: Function) -> bool:
    """Whether it is boto3's, with nothing in it that depends on the event."""
    if last_name(call.func) not in _MAKES or not (call.args or call.named):
        return False
    if isinstance(call.func, Name):
        ours = function.module.imports.get(call.func.name, ("", ""))[0] == "boto3"
    else:
        ours = isinstance(call.func, Member) and _is_boto3(call.func.of, function)
    return ours and all(_is_fixed(e, function) for e in (*call.args, *(v for _, v in call.named)))


def _is_boto3(of: Expr, function: Function) -> bool:
    """`boto3`, `boto3.Session()` or a variable that is one, made of fixed values only."""
    if isinstance(of, Name):
        if function.module.imports.get(of.name, ("", ""))[0] == "boto3":
            return True
        made = [value for value, _ in function.sets.get(of.name, ())]
        return len(made) == 1 and isinstance(made[0], Call) and _is_boto3(made[0], function)
    if isinstance(of, Member):
        return _is_boto3(of.of, function) and last_name(of) in _SESSIONS
    if isinstance(of, Call) and last_name(of.func) == "Session":
        given = (*of.args, *(v for _, v in of.named))
        whose = of.func.of if isinstance(of.func, Member) else of.func
        return _is_boto3(whose, function) and all(_is_fixed(e, function) for e in given)
    return False


def _is_fixed(expr: Expr, function: Function, depth: int = 8) -> bool:
    """Whether it is the same at each call: a text, a setting, the environment."""
    if depth == 0:
        return False
    if isinstance(expr, Name):
        return _is_fixed_name(expr.name, function, depth)
    if isinstance(expr, Call) and last_name(expr.func) not in _SETTINGS:
        return False
    parts = _parts(expr)
    return isinstance(expr, Text) or (
        bool(parts) and all(_is_fixed(part, function, depth - 1) for part in parts)
    )


def _parts(expr: Expr) -> tuple[Expr, ...]:
    """What it is made of; nothing where that is not known."""
    match expr:
        case Member():
            return (expr.of, expr.key)
        case Join() | Other():
            return expr.parts
        case Either() | Row():
            return expr.options if isinstance(expr, Either) else expr.items
        case Table() | Call():
            named = expr.items if isinstance(expr, Table) else expr.named
            plain = (expr.func, *expr.args) if isinstance(expr, Call) else ()
            return (*plain, *(value for _, value in named))
        case _:
            return ()


def _is_fixed_name(name: str, function: Function, depth: int) -> bool:
    """A name of the file or of Python; a variable of the function that is given one fixed value."""
    if any(p.name == name for p in function.params):
        return False
    own = function.sets.get(name)
    if own is not None:
        return len(own) == 1 and _is_fixed(own[0][0], function, depth - 1)
    scope = function.outer
    while scope is not None and scope.outer is not None:
        if scope.declares(name):
            return False
        scope = scope.outer
    top = function.module.top
    if any(where is not top for _, where in top.sets.get(name, ())):
        return False  # a call of before may have changed it
    return top.declares(name) or name in function.module.imports or name in _SETTINGS


def _is_stored(call: Call, function: Function) -> bool:
    """Whether it goes into a variable of the file or of an object, which may keep it.

    And whether it stands in for something (`given or boto3.client("s3")`).
    """
    top = function.module.top
    held = [pair for values in top.sets.values() for pair in values]
    held += [(value, where) for puts in top.puts.values() for _, value, where in puts]
    if function.owner is not None and function.name != "__init__":
        held += [pair for values in function.owner.sets.values() for pair in values]
    held += [
        pair for values in function.sets.values() for pair in values if isinstance(pair[0], Either)
    ]
    return any(where is function and _holds(value, call) for value, where in held)


def _holds(value: Expr, call: Call) -> bool:
    """Whether an expression is or may be the call, or what one on it gives (`.Table("orders")`)."""
    while value is not call:
        if isinstance(value, Call):
            value = value.func
        elif isinstance(value, Member):
            value = value.of
        elif isinstance(value, Either):
            return any(_holds(option, call) for option in value.options)
        else:
            return False
    return True
