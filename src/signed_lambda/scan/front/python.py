"""Python, by the standard library's own parser; nothing of the file is imported or run."""

from __future__ import annotations

import ast
import warnings
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from signed_lambda.lazy import regex
from signed_lambda.scan.credentials import hidden
from signed_lambda.scan.form import (
    UNKNOWN,
    Call,
    Class,
    Closure,
    Either,
    Function,
    Join,
    Member,
    Module,
    Name,
    Other,
    Param,
    Row,
    Site,
    Table,
    Test,
    Text,
)
from signed_lambda.scan.front import deep
from signed_lambda.scan.front.python_text import require_bounded
from signed_lambda.scan.names import last_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from signed_lambda.scan.form import Expr
    from signed_lambda.scan.watch import Watch

_LINE_END: Final = regex(r"\r\n|\r|\n")
"""What ends a line for Python's tokenizer: a form feed or U+2028 does not.

Source: https://docs.python.org/3/reference/lexical_analysis.html#physical-lines
"""
_ANY: Final = Text("*")
_LEAVES: Final = (ast.Return, ast.Raise, ast.Continue, ast.Break)
_CHECKS: Final = frozenset({"startswith", "endswith", "match", "search", "fullmatch", "exists"})


def read(path: str, body: bytes, watch: Watch) -> Module:
    """The file in the common form.

    Raises:
        SyntaxError, ValueError, RecursionError, MemoryError: Not Python that can be read.
        TookTooLongError: It takes too long, or would: `ast` cannot be stopped.
    """
    require_bounded(body)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # SyntaxWarning: of somebody else's code
        tree = ast.parse(body)
    lines = tuple(_LINE_END.split(body.decode("utf-8", "replace")))
    module = Module(path, "python", lines)
    with deep():
        _Reader(module, watch).block(tree.body)
    module.settle()
    return module


class _Reader(ast.NodeVisitor):
    """Walks the tree once; knows the function, the class and the conditions that it is in."""

    def __init__(self, module: Module, watch: Watch) -> None:
        self.module = module
        self.watch = watch
        self.function = module.top
        self.owner: Class | None = None
        self.tests: list[Test] = []
        self.shared: set[str] = set()

    # -- statements

    def block(self, body: Iterable[ast.stmt]) -> None:
        """The statements in order; what stands after `if x: return` stands under x."""
        depth = len(self.tests)
        for statement in body:
            self.visit(statement)
            if isinstance(statement, ast.If) and isinstance(statement.body[-1], _LEAVES):
                self.tests.append(_test(statement.test))
        del self.tests[depth:]

    def generic_visit(self, node: ast.AST) -> Expr:
        """Any other node: what is in it is looked at."""
        parts: list[Expr] = []
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                parts.append(self.expr(child))
            elif isinstance(child, ast.stmt):
                self.block((child,))
            elif isinstance(child, ast.comprehension):
                self._comprehension(child)
            elif not isinstance(child, ast.expr_context | ast.operator | ast.cmpop):
                self.generic_visit(child)
        return Other(tuple(parts)) if parts else UNKNOWN

    def _under(self, test: ast.expr, run: Callable[[], None]) -> None:
        self.tests.append(_test(test))
        run()
        self.tests.pop()

    def visit_If(self, node: ast.If) -> None:
        self.expr(node.test)
        self._under(node.test, lambda: self.block(node.body))
        self._under(node.test, lambda: self.block(node.orelse))

    def visit_For(self, node: ast.For | ast.AsyncFor) -> None:
        rows = self.expr(node.iter)
        self._unwritten(rows, "__iter__", node.iter)
        self._assign(node.target, Member(rows, _ANY))
        self.block(node.body)
        self.block(node.orelse)

    visit_AsyncFor = visit_For

    def visit_With(self, node: ast.With | ast.AsyncWith) -> None:
        for item in node.items:
            value = self.expr(item.context_expr)
            if item.optional_vars is not None:
                line = item.context_expr.lineno
                given = Call(Name("entered"), (value,), (), line, line)
                self._assign(item.optional_vars, given)
            self._unwritten(value, "__enter__", item.context_expr)
            self._unwritten(value, "__exit__", item.context_expr)
        self.block(node.body)

    visit_AsyncWith = visit_With

    def _unwritten(self, of: Expr, method: str, at: ast.expr) -> None:
        """A call of a method that the language makes where nobody writes it."""
        call = Call(Member(of, Text(method)), (), (), at.lineno, at.end_lineno or at.lineno)
        self.function.sites.append(Site(call, tuple(reversed(self.tests))))

    def visit_Try(self, node: ast.Try | ast.TryStar) -> None:
        self.block(node.body)
        for caught in node.handlers:
            self.block(caught.body)
        self.block(node.orelse)
        self.block(node.finalbody)

    def visit_TryStar(self, node: ast.TryStar) -> None:
        """As without the star."""
        self.visit_Try(node)

    def visit_Assign(self, node: ast.Assign | ast.AnnAssign | ast.AugAssign) -> None:
        value = self.expr(node.value) if node.value else None
        if value is None:
            return
        if isinstance(node, ast.AugAssign):
            value = Join((self.expr(node.target), value))
        for target in node.targets if isinstance(node, ast.Assign) else (node.target,):
            self._assign(target, value)

    visit_AnnAssign = visit_Assign
    visit_AugAssign = visit_Assign

    def _assign(self, target: ast.expr, value: Expr) -> None:
        if isinstance(target, ast.Name):
            where = self.module.top if target.id in self.shared else self.function
            if self.owner is not None and where is self.function:
                self.owner.sets.setdefault(target.id, []).append((value, where))
            else:
                where.sets.setdefault(target.id, []).append((value, self.function))
        elif isinstance(target, ast.Tuple | ast.List):
            for place, part in enumerate(target.elts):
                self._assign(part, Member(value, Text(str(place))))
        elif isinstance(target, ast.Starred):
            self._assign(target.value, value)
        elif isinstance(target, ast.Attribute):
            self._put(target.value, Text(target.attr), value)
        elif isinstance(target, ast.Subscript):
            self._put(target.value, self.expr(target.slice), value)

    def _put(self, of: ast.expr, key: Expr, value: Expr) -> None:
        if not isinstance(of, ast.Name):
            self.expr(of)
            return
        owner = self.function.owner
        if owner is not None and self.function.self_name == of.id and isinstance(key, Text):
            owner.sets.setdefault(key.text, []).append((value, self.function))
        else:
            where = self.module.top if of.id in self.shared else self.function
            where.puts.setdefault(of.id, []).append((key, value, self.function))

    def visit_Return(self, node: ast.Return) -> None:
        if node.value is not None:
            self.function.returns.append(self.expr(node.value))

    def visit_Global(self, node: ast.Global) -> None:
        self.shared.update(node.names)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        made = self._function(node.name, node.args, node.lineno)
        for decorator in node.decorator_list:
            made.decorators.append(self.expr(decorator))
        if self.owner is not None:
            self.owner.methods[node.name] = made
            made.owner = self.owner
        else:
            self.function.functions[node.name] = made
        self._inside(made, lambda: self.block(node.body))

    visit_AsyncFunctionDef = visit_FunctionDef

    def _function(self, name: str, args: ast.arguments, line: int) -> Function:
        made = Function(name, self.module, line, self.function)
        self.module.functions.append(made)
        plain = [*args.posonlyargs, *args.args]
        defaults = [None] * (len(plain) - len(args.defaults)) + [*args.defaults]
        pairs = [*zip(plain, defaults, strict=True)]
        pairs += zip(args.kwonlyargs, args.kw_defaults, strict=True)
        made.params = [Param(a.arg, self.expr(d) if d else None, _kind(a)) for a, d in pairs]
        made.params += [Param(a.arg) for a in (args.vararg, args.kwarg) if a]
        return made

    def _inside(self, made: Function, run: Callable[[], None]) -> None:
        kept = self.function, self.owner, self.tests, self.shared
        self.function, self.owner, self.tests, self.shared = made, None, [], set()
        run()
        self.function, self.owner, self.tests, self.shared = kept

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        made = Class(node.name, self.module, [self.expr(b) for b in node.bases])
        self.module.classes.append(made)
        self.function.classes[node.name] = made
        kept, self.owner = self.owner, made
        self.block(node.body)
        self.owner = kept

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            local = alias.asname or alias.name.split(".", maxsplit=1)[0]
            self.module.imports[local] = (alias.name if alias.asname else local, "")

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        source = "." * node.level + (node.module or "")
        for alias in node.names:
            self.module.imports[alias.asname or alias.name] = (source, alias.name)

    # -- expressions

    def expr(self, node: ast.expr) -> Expr:
        """The expression; its calls are kept with the conditions that they stand under."""
        self.watch.step()
        found: Expr = self.visit(node)
        return found

    def visit_Name(self, node: ast.Name) -> Expr:
        """A variable that is read."""
        return Name(node.id)

    def visit_Constant(self, node: ast.Constant) -> Expr:
        value = node.value
        if isinstance(value, bytes):
            return Text(value.decode("utf-8", "replace"))
        return Text(value if isinstance(value, str) else str(value)[:40])

    def visit_BinOp(self, node: ast.BinOp) -> Expr:
        """Left-leaning chains without recursion: `1+1+...` is legal a thousand times."""
        parts: list[Expr] = []
        left: ast.expr = node
        while isinstance(left, ast.BinOp) and isinstance(left.op, ast.Add):
            parts.append(self.expr(left.right))
            left = left.left
        if parts:
            parts.append(self.expr(left))
            return Join(tuple(reversed(parts)))
        if isinstance(node.op, ast.Mod):
            values = node.right.elts if isinstance(node.right, ast.Tuple) else [node.right]
            args = tuple(self.expr(v) for v in values)
            return Call(Member(self.expr(node.left), Text("%")), args, (), node.lineno, node.lineno)
        return self.generic_visit(node)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> Expr:
        parts = [v.value if isinstance(v, ast.FormattedValue) else v for v in node.values]
        return Join(tuple(self.expr(v) for v in parts))

    def visit_Dict(self, node: ast.Dict) -> Expr:
        pairs = zip(node.keys, node.values, strict=True)
        items = tuple((self.expr(k) if k else None, self.expr(v)) for k, v in pairs)
        return Table(items, node.lineno)

    def visit_List(self, node: ast.List | ast.Tuple | ast.Set) -> Expr:
        return Row(tuple(self.expr(e) for e in node.elts))

    visit_Tuple = visit_List
    visit_Set = visit_List

    def visit_BoolOp(self, node: ast.BoolOp) -> Expr:
        if isinstance(node.op, ast.Or):
            return Either(tuple(self.expr(v) for v in node.values))
        depth, found = len(self.tests), []
        for value in node.values:
            found.append(self.expr(value))
            self.tests.append(_test(value))
        del self.tests[depth:]
        return found[-1]

    def visit_IfExp(self, node: ast.IfExp) -> Expr:
        self.expr(node.test)
        self.tests.append(_test(node.test))
        found = Either((self.expr(node.body), self.expr(node.orelse)))
        self.tests.pop()
        return found

    def _comprehension(self, node: ast.comprehension) -> None:
        self._assign(node.target, Member(self.expr(node.iter), _ANY))
        for test in node.ifs:
            self.expr(test)

    def visit_ListComp(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp) -> Expr:
        for part in node.generators:
            self._comprehension(part)
        return Call(Name("list_of"), (self.expr(node.elt),), (), node.lineno, node.lineno)

    visit_SetComp = visit_ListComp
    visit_GeneratorExp = visit_ListComp

    def visit_DictComp(self, node: ast.DictComp) -> Expr:
        for part in node.generators:
            self._comprehension(part)
        return Table(((self.expr(node.key), self.expr(node.value)),))

    def visit_Subscript(self, node: ast.Subscript) -> Expr:
        key = _start(node) if isinstance(node.slice, ast.Slice) else self.expr(node.slice)
        if isinstance(node.slice, ast.UnaryOp) and isinstance(node.slice.operand, ast.Constant):
            key = Text(f"-{node.slice.operand.value!s}")
        return Member(self.expr(node.value), key)

    def visit_Attribute(self, node: ast.Attribute) -> Expr:
        return Member(self.expr(node.value), Text(node.attr))

    def visit_Lambda(self, node: ast.Lambda) -> Expr:
        made = self._function("<lambda>", node.args, node.lineno)
        self._inside(made, lambda: made.returns.append(self.expr(node.body)))
        return Closure(made)

    def visit_Await(self, node: ast.Await | ast.Starred | ast.YieldFrom) -> Expr:
        return self.expr(node.value)

    visit_Starred = visit_Await
    visit_YieldFrom = visit_Await

    def visit_Yield(self, node: ast.Yield) -> Expr:
        if node.value is not None:
            self.function.returns.append(Row((self.expr(node.value),)))
        return UNKNOWN

    def visit_NamedExpr(self, node: ast.NamedExpr) -> Expr:
        value = self.expr(node.value)
        self._assign(node.target, value)
        return value

    def visit_Call(self, node: ast.Call) -> Expr:
        if isinstance(node.func, ast.Name) and node.func.id == "dict" and node.keywords:
            spread = [(None, self.expr(a)) for a in node.args]
            named = [(Text(k.arg) if k.arg else None, self.expr(k.value)) for k in node.keywords]
            return Table((*spread, *named), node.lineno)
        call = Call(
            self.expr(node.func),
            tuple(self.expr(a) for a in node.args),
            tuple((k.arg, self.expr(k.value)) for k in node.keywords),
            node.lineno,
            node.end_lineno or node.lineno,
        )
        for made in (call, *_later(call)):
            self.function.sites.append(Site(made, tuple(reversed(self.tests))))
        return call


def _kind(arg: ast.arg) -> str:
    """The class in an annotation: `a: B`, `a: "B"`, `a: B | None`; "" for anything else."""
    said = arg.annotation
    if isinstance(said, ast.BinOp):
        said = said.left
    name = said.id if isinstance(said, ast.Name) else ""
    if isinstance(said, ast.Constant) and isinstance(said.value, str):
        name = said.value
    return name if name[:1].isupper() and name.isidentifier() else ""


def _start(node: ast.Subscript) -> Text:
    """`0:7` of `text.split(":")[:7]`, any of them for other slices."""
    cut, of = node.slice, node.value
    splits = isinstance(of, ast.Call) and isinstance(of.func, ast.Attribute)
    if isinstance(cut, ast.Slice) and splits and cut.lower is None and cut.step is None:
        end = cut.upper.value if isinstance(cut.upper, ast.Constant) else None
        return Text(f"0:{end}") if isinstance(end, int) else _ANY
    return _ANY


def _later(call: Call) -> Iterator[Call]:
    """The calls that a call has others make: `pool.submit(f, a)`, `Thread(target=f, args=(a,))`.

    Also `retried(client.invoke, FunctionName=a)`: what is named as AWS's arguments are is for AWS.
    """
    name, args, named = last_name(call.func), call.args, dict(call.named)
    if name in ("submit", "partial", "to_thread") and args:
        yield replace(call, func=args[0], args=args[1:])
    elif name == "run_in_executor" and len(args) > 1:
        yield replace(call, func=args[1], args=args[2:], named=())
    elif name in ("map", "imap", "imap_unordered") and len(args) > 1:
        yield replace(call, func=args[0], args=(Member(args[1], _ANY),), named=())
    elif name in ("Thread", "Process") and "target" in named:
        given = named.get("args")
        items = given.items if isinstance(given, Row) else ()
        yield replace(call, func=named["target"], args=items, named=())
    elif args and isinstance(args[0], Member) and any(k and k[0].isupper() for k in named):
        yield replace(call, func=args[0], args=args[1:])


def _test(node: ast.expr) -> Test:
    compares, words = False, set[str]()
    for part in ast.walk(node):
        if isinstance(part, ast.Compare):
            compares = True
        elif isinstance(part, ast.Name):
            words.add(part.id.lower())
        elif isinstance(part, ast.Attribute):
            words.add(part.attr.lower())
            compares = compares or part.attr in _CHECKS
        elif isinstance(part, ast.Constant):
            words.add(str(part.value).lower()[:40])
    return Test(hidden(ast.unparse(node))[:120], node.lineno, compares, frozenset(words))
