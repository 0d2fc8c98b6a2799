"""What the rules about quality share: which code a handler runs, and the form of their findings.

Such a finding is about one place, not a loop: it has no cycle, no guard, and is low or medium.
Imports the report's model, `names`, `explore` for types only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from signed_lambda.lazy import regex
from signed_lambda.report.model import Finding
from signed_lambda.scan.form import Member, Name
from signed_lambda.scan.names import last_name

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Literal

    from signed_lambda.scan.form import Call, Function, Module, Site
    from signed_lambda.scan.program import Program
    from signed_lambda.scan.world import World

_ONCE: Final = regex(
    r"\bis (not )?None\b|\bnot in\b|[!=]= None\b|^not [\w.\[\]'\"]+$|hasattr|globals\(\)|^[\w.]+$"
)
"""Conditions under which something is made once and kept."""
_KEPT: Final = regex(r"(?i)cache|memo|singleton|once")
"""Decorators that keep what a function returns."""


def once(site: Site) -> bool:
    """Whether a call stands under a condition that asks for what it makes."""
    return any(_ONCE.search(test.text) for test in site.tests)


def is_kept(function: Function) -> bool:
    """Whether a decorator keeps what the function returns."""
    return any(_KEPT.search(last_name(getattr(d, "func", d))) for d in function.decorators)


def reached(world: World) -> dict[Function, Function]:
    """Each Python function that a handler runs each time, with the handler.

    Calls are followed by names: to a function of the file or of an imported one, to a method of the
    same object, and to any method where only one in the program has the name.
    """
    found: dict[Function, Function] = {}
    waiting = [(h, h) for h in world.handlers if h.module.language == "python"]
    while waiting:
        function, handler = waiting.pop()
        if function in found or is_kept(function):
            continue
        found[function] = handler
        for site in function.sites:
            if not once(site):
                callees = _callees(site.call, function, world.program)
                waiting.extend((callee, handler) for callee in callees)
    return found


def _callees(call: Call, function: Function, program: Program) -> Iterator[Function]:
    named = program.methods.get(last_name(call.func), ())
    if isinstance(call.func, Name):
        yield from (f for f in named if f.owner is None and program.may_call(call, f, function))
        return
    if not isinstance(call.func, Member) or not isinstance(call.func.of, Name):
        return
    if function.owner is not None and call.func.of.name == function.self_name:
        yield from (f for f in named if f.owner is function.owner)
        return
    source = function.module.imports.get(call.func.of.name)
    if source is not None:
        module = _imported(program, function.module, source)
        yield from (f for f in named if module is not None and f.outer is module.top)


def _imported(program: Program, module: Module, source: tuple[str, str]) -> Module | None:
    """The file of `import a.b`, or of `from a import b` where b is a file."""
    name, symbol = source
    inner = f"{name}{'' if name.endswith('.') else '.'}{symbol}" if symbol else name
    return program.imported(module, inner)


def found_at(
    rule: str,
    module: Module,
    line: int,
    *,
    severity: Literal["medium", "low"],
    function: str,
    message: str,
    fix: str,
    end_line: int = 0,
    evidence: str | None = None,
) -> Finding:
    """The finding; its evidence is the line of code, where no other is given."""
    return Finding(
        rule=rule,
        severity=severity,
        certainty="certain",
        path=module.path,
        line=line,
        end_line=max(line, end_line),
        function=function,
        message=message,
        cycle=(),
        evidence=(evidence or f"{module.path}:{line} {module.line(line)}",),
        guard=None,
        aws_stops=None,
        fix=fix,
    )
