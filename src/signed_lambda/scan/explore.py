"""From the entries of a program to its sinks: what a handler can reach, and under what conditions.

Each call of a function of the package is entered with what it was given, so that a helper that is
used twice is seen twice. What no handler reaches is walked afterwards, without an entry.
Imports `form`, `values`, `evaluate`, `sinks`, `names`, `program`.
"""

from __future__ import annotations

from collections import Counter
from itertools import chain
from typing import TYPE_CHECKING, Final

from signed_lambda.lazy import dataclass, regex
from signed_lambda.scan.chosen import choosers, chosen_of, is_chosen, methods_of
from signed_lambda.scan.form import Call, Closure, Either, Member, Name, Other, Row, Table, Text
from signed_lambda.scan.names import DEFAULT, called_as, last_name, names_of, words
from signed_lambda.scan.program import is_test
from signed_lambda.scan.sinks import APIS, COMMON, canonical, sinks_of
from signed_lambda.scan.sourcemap import MINIFIER
from signed_lambda.scan.values import Client, Cls, Frame, Func, Given, Inst, Mod, Obj, Path, Str
from signed_lambda.scan.watch import TookTooLongError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from signed_lambda.scan.evaluate import Evaluator
    from signed_lambda.scan.form import Expr, Function, Module, Site, Test
    from signed_lambda.scan.program import Program
    from signed_lambda.scan.sinks import Sink
    from signed_lambda.scan.values import Value

VISITS: Final = 4
"""How often one function is entered from one entry, with different arguments."""
DEPTH: Final = 16
ENTERED: Final = 3000
"""How many functions are entered from one entry."""
SHARE: Final = 20_000
"""Expressions that are looked at for one file of others, some tenth of a second: a library for the
browser may eat the time of all files (xregexp in Django took 5 s, and found nothing)."""
_EVENT: Final = regex(r"(?i)_*(event|evt|e|input|req|request|records?|payload|s3event)\w*")
_CONTEXT: Final = regex(r"(?i)_\w*|(context|ctx|c|lambda_?context)\w*")
_USUAL: Final = frozenset({"handler", "lambda_handler", "main", "default", "handleRequest"})
_EACH: Final = words("map forEach filter some every flatMap each find reduce eachSeries")
_OTHERS: Final = 2
CALLED: Final = "__call__"
"""What Python calls where an object is called."""
_BY_NAME: Final = 3
"""A method of an unknown object is entered when so few classes have one of its name."""


def is_handler(function: Function) -> bool:
    """Whether Lambda may start it: a function of the file with an event and a context."""
    params = [p.name for p in function.params]
    module = function.module
    if function.owner is not None:
        started = module.language == "go" and function.name in module.starts
        return function.name == "handleRequest" or started
    if not function.of_file:
        return False
    if module.language == "go":
        return function.name in module.starts
    if module.language == "javascript":
        name = module.started_as.get(function.name, function.name)
        return function.name in module.starts and _takes_an_event(name, params)
    if function.name in module.starts:
        return True
    return len(params) in (2, 3) and bool(_CONTEXT.fullmatch(params[1]))


def is_started(function: Function, program: Program) -> bool:
    """Whether it is a handler that nothing of the package calls: then it would be a helper."""
    if not is_handler(function):
        return False
    called = any(
        program.may_call(call, function, caller) for call, caller in program.calls_of(function)
    )
    name = function.module.started_as.get(function.name, function.name)
    return not called or name in _USUAL


def _takes_an_event(name: str, params: list[str]) -> bool:
    if name in ("handler", "default") or not params:
        return name in ("handler", "main")
    return bool(_EVENT.fullmatch(params[0])) and len(params) <= 3  # noqa: PLR2004 - and a callback


@dataclass(frozen=True, slots=True)
class Explored:
    """What was found.

    Attributes:
        cut: Files of others, or minified, of which more would have been to follow.
        given_up: Files that took too long, and why that is.
    """

    sinks: tuple[Sink, ...]
    cut: tuple[str, ...] = ()
    given_up: tuple[tuple[str, str], ...] = ()


def explore(
    program: Program,
    evaluator: Evaluator,
    entries: Iterable[Function] = (),
    wanted: set[Function] | None = None,
) -> Explored:
    """The sinks of a program; those that no handler reaches have no entry.

    The function's own files come first, those of others and minified ones last, each of these with
    a share of its own: what they cost is taken from nobody else.

    Args:
        program: The files.
        evaluator: For them.
        entries: Handlers that a template names, whatever they look like.
        wanted: The functions that are entered; None for the relevant ones.
    """
    walk = _Walk(program, evaluator, relevant(program) if wanted is None else wanted)
    of_files = [f for m in program.modules.values() for f in m.functions if f in walk.relevant]
    found = [f for f in of_files if is_started(f, program)]
    walk.trusted = frozenset(entries)
    for function in dict.fromkeys((*entries, *sorted(found, key=walk.rank))):
        if function in walk.relevant:
            walk.enter_handler(function)
    files = [m for m in program.modules.values() if not is_test(m.path)]
    rest = [f for m in files for f in m.functions if f in walk.relevant]
    rest.sort(key=lambda f: (walk.rank(f), _nesting(f), f.name in program.callers))
    walk.known = frozenset(walk.seen)
    for function in rest:  # what nobody calls comes first, and leads to the others
        if function not in walk.seen:
            top = function is function.module.top
            walk.start(Frame(function), function if top else None)
    cut = tuple(dict.fromkeys(m.path for m in walk.cut))  # of a bundle's files, its own
    given_up = tuple(dict.fromkeys((m.path, why) for m, why in walk.given_up.items()))
    return Explored(tuple(walk.sinks), cut, given_up)


def _nesting(function: Function) -> int:
    depth = 0
    while function.outer is not None:
        function, depth = function.outer, depth + 1
    return depth


def relevant(program: Program) -> set[Function]:
    """The functions from which a call that is named as a sink can be reached, by names alone.

    Everything else is never entered: most of a package is.
    """
    found: set[Function] = set()
    asked: set[str] = set()
    known: dict[tuple[Module, str], bool] = {}
    waiting = [
        caller
        for name, calls in program.callers.seen()
        if canonical(name) in APIS or canonical(name) in program.recorded
        for _, caller in calls
        if _may_be_sink(canonical(name), caller.module, known)
    ]
    choosing = choosers(program)
    while waiting:
        function = waiting.pop()
        if function in found:
            continue
        found.add(function)
        waiting.extend(choosing.pop(function.module.language, ()))
        if function.outer is not None:
            waiting.append(function.outer)
        if program.is_whole(function):
            waiting.extend(caller for _, caller in program.calls_of(function))
        names = {function.name}
        if function.owner is not None:
            names.add(function.owner.name)
        for name in names - asked:  # many functions of one name have the same callers
            asked.add(name)
            waiting.extend(caller for _, caller in program.callers.get(name, ()))
            waiting.extend(program.givers.get(name, ()) if name else ())
        if function.name == CALLED and function.owner is not None:
            for name in _objects_of(function.owner.name, program):
                waiting.extend(caller for _, caller in program.callers.get(name, ()))
    return found


def _objects_of(owner: str, program: Program) -> frozenset[str]:
    """The variables and attributes that hold an object of a class where it is made."""
    found = set[str]()
    for call, caller in program.callers.get(owner, ()):
        sets = [caller.sets, *([caller.owner.sets] if caller.owner is not None else [])]
        for name, values in chain.from_iterable(stored.items() for stored in sets):
            if any(value is call for value, _ in values):
                found.add(name)
    return frozenset(found)


def _may_be_sink(name: str, module: Module, known: dict[tuple[Module, str], bool]) -> bool:
    """Whether a file that calls something by a common name has any word that goes with it."""
    if name not in COMMON:
        return True
    if (module, name) not in known:
        text = "\n".join(module.lines)
        known[module, name] = any(word in text for word in COMMON[name])
    return known[module, name]


class _Walk:
    """One walk over a program.

    Attributes:
        seen: Functions that were entered.
        known: Those that a handler leads to, once all were walked from: to enter them from the file
            that they are in would be to forget what they stand under.
        trusted: Handlers that a template names.
        cut, given_up: As in `Explored`, in the order of the walk.
    """

    def __init__(self, program: Program, evaluator: Evaluator, wanted: set[Function]) -> None:
        self.relevant = wanted
        self.program = program
        self.evaluator = evaluator
        self.sinks: list[Sink] = []
        self.seen: set[Function] = set()
        self.known: frozenset[Function] = frozenset()
        self.trusted: frozenset[Function] = frozenset()
        self.cut: dict[Module, None] = {}
        self.given_up: dict[Module, str] = {}
        self._shares: dict[Module, int] = {}
        self.visits: Counter[Function] = Counter()
        self.entry: Function | None = None
        owners = {f.owner.name for f in wanted if f.owner is not None}
        whole = {DEFAULT for f in wanted if program.is_whole(f)}
        self._wanted = {f.name for f in wanted} | owners | whole
        classes = {f.owner.name for f in wanted if f.owner is not None and f.name == CALLED}
        self._called_objects = {name for c in classes for name in _objects_of(c, program)}

    def enter_handler(self, function: Function) -> None:
        """Walks from a handler, whose first two parameters are known for what they are."""
        params = [p.name for p in function.given]
        if function.module.language == "go":
            params.reverse()  # the context comes first
        bound: dict[str, Given | tuple[Value, ...]] = {
            name: (Str((Path(what),)),)
            for name, what in zip(params, ("event", "context"), strict=False)
        }
        this = Inst(function.owner) if function.owner else None
        self.start(Frame(function, bound, None, this), function)

    def start(self, frame: Frame, entry: Function | None) -> None:
        """Walks from a frame, as long as its file has time left."""
        module = frame.function.module
        try:
            with self.evaluator.watch.on(module.path):
                self._start(frame, entry)
        except TookTooLongError as error:
            self.given_up[module] = str(error)

    def _start(self, frame: Frame, entry: Function | None) -> None:
        """One of others as long as their file has a share left."""
        self.entry = entry
        self.visits.clear()
        module, evaluator = frame.function.module, self.evaluator
        if frame.function in self.trusted or self.rank(frame.function) < _OTHERS:
            self._enter(frame, (), 0)
            return
        whole, before = evaluator.ends, evaluator.spent
        left = self._shares.get(module, SHARE)
        evaluator.ends = min(whole, before + left)
        try:
            self._enter(frame, (), 0)
            if evaluator.is_over:
                self.cut[module] = None
        finally:
            self._shares[module] = left - (evaluator.spent - before)
            evaluator.ends = whole

    def rank(self, function: Function) -> int:
        """When it is walked: the function's own files, its bundles, what others wrote."""
        module = function.module
        named = module.started_as.get(function.name, function.name) in _USUAL
        if module.installed or (module.bundler == MINIFIER and not named):
            return _OTHERS
        return 1 if module.bundler else 0

    def _enter(self, frame: Frame, tests: tuple[Test, ...], depth: int) -> None:
        function = frame.function
        self.seen.add(function)
        if function not in self.relevant or function in self.known or self.evaluator.is_over:
            return
        if depth > DEPTH or self.visits[function] >= VISITS or self.visits.total() > ENTERED:
            return
        self.visits[function] += 1
        leading = [(s, self._leads_to(s, frame, tests)) for s in function.sites]
        for site, frames in leading:  # what is called here is told before what that may call
            for inner in frames:
                self._enter(inner, site.tests + tests, depth + 1)

    def _leads_to(self, site: Site, frame: Frame, tests: tuple[Test, ...]) -> list[Frame]:
        """The frames that a call enters; keeps the sink that it is."""
        self.evaluator.watch.step()
        callees = [*self._callees(site.call, frame)]
        if not callees:  # what is a function of the package is no call of AWS
            under = site.tests + tests
            self.sinks.extend(sinks_of(site.call, frame, self.evaluator, under, self.entry))
            callees = [*self._by_name(site.call, frame)]
        entered = [self.evaluator.bind(callee, site.call, frame) for callee in callees]
        return [*entered, *self._handed_over(site.call, frame)]

    def _callees(self, call: Call, frame: Frame) -> Iterator[Func]:
        """The functions of the package that a call is known to enter."""
        if isinstance(call.func, Closure):
            yield Func(call.func.body, frame, frame.this)
        names = called_as(call, frame.function)
        if is_chosen(call, frame.function):
            yield from self._chosen(call, frame)
        if self._wanted.isdisjoint(names) and self._called_objects.isdisjoint(names):
            return
        for value in self.evaluator.callees(call.func, frame):
            if isinstance(value, Func):
                yield value
            elif isinstance(value, Mod):
                yield from (v for v in self.evaluator.exported(value.module) if isinstance(v, Func))
            elif isinstance(value, Inst):
                yield from self.evaluator.method(value, "__call__")
            elif isinstance(value, Cls):
                init = self.evaluator.constructor(value.cls)
                if init is not None:
                    yield Func(init, None, Inst(value.cls))

    def _chosen(self, call: Call, frame: Frame) -> Iterator[Func]:
        """Any method of the object, or function of the file, that the run chooses one of."""
        for base in chosen_of(call.func, frame.function):
            for value in self.evaluator.values(base, frame):
                if isinstance(value, Inst | Cls):
                    this = value if isinstance(value, Inst) else Inst(value.cls)
                    for method in methods_of(value.cls, self.evaluator):
                        if method in self.relevant:
                            yield Func(method, None, this)
                elif isinstance(value, Mod):
                    inner = value.module.top.functions.values()
                    yield from (Func(f) for f in inner if f in self.relevant)
                elif isinstance(value, Obj):
                    yield from self._listed(value)

    def _listed(self, table: Obj) -> Iterator[Func]:
        """The functions in a table, each of which is asked for: there may be very many."""
        items = table.expr.items
        members = (m[1] if isinstance(m, tuple) else m for m in items)
        for member in members:
            if not self._wanted.isdisjoint(names_of(member, table.frame.function)):
                found = self.evaluator.values(member, table.frame)
                yield from (v for v in found if isinstance(v, Func))

    def _by_name(self, call: Call, frame: Frame) -> Iterator[Func]:
        """Methods of an object that is not known, functions of a file that was not read."""
        name = last_name(call.func)
        if name not in self._wanted or name.startswith("__"):
            return
        functions = self.program.methods.get(name, ())
        values = self.evaluator.callees(call.func, frame)
        if any(isinstance(v, Client) for v in values):
            return  # AWS's own method of that name
        if isinstance(call.func, Member):
            methods = [m for m in functions if m.owner is not None]
            for method in methods if len(methods) <= _BY_NAME else ():
                yield Func(method, None, Inst(method.owner) if method.owner else None)
        paths = [v.path for v in values if isinstance(v, Str)]
        if len(functions) == 1 and any(p and p.root.startswith(".") for p in paths):
            yield Func(functions[0])

    def _handed_over(self, call: Call, frame: Frame) -> Iterator[Frame]:
        """Functions that are given to a call; they are taken to be called by it."""
        for expr in _values_given(call):
            if isinstance(expr, Closure):
                yield self._closure_frame(expr, call, frame)
            elif isinstance(expr, Name | Member) and not self._wanted.isdisjoint(
                names_of(expr, frame.function)
            ):
                for value in self.evaluator.callees(expr, frame):
                    if isinstance(value, Func):
                        yield Frame(value.function, {}, value.outer, value.this)

    def _closure_frame(self, closure: Closure, call: Call, frame: Frame) -> Frame:
        """`rows.map(row => ...)`: the parameter is any item; `p.then(x => ...)`: what p gives."""
        bound: dict[str, Given | tuple[Value, ...]] = {}
        name = last_name(call.func)
        params = closure.body.params
        if isinstance(call.func, Member) and params:
            if name in _EACH:
                bound[params[0].name] = Given(Member(call.func.of, Text("*")), frame)
            elif name == "then":
                bound[params[0].name] = Given(call.func.of, frame)
        return Frame(closure.body, bound, frame, frame.this)


def _values_given(call: Call) -> Iterable[Expr]:
    waiting: list[Expr] = [*call.args, *(v for _, v in call.named)]
    if isinstance(call.func, Member) and isinstance(call.func.of, Closure):
        waiting.append(call.func.of)
    while waiting:
        expr = waiting.pop()
        match expr:
            case Row():
                waiting.extend(expr.items)
            case Table():
                waiting.extend(v for _, v in expr.items)
            case Either():
                waiting.extend(expr.options)
            case Other():
                waiting.extend(expr.parts)
            case Closure() | Name() | Member():
                yield expr
            case _:
                pass
