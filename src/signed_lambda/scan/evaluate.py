"""What an expression may be at run time, as far as the package's own text tells.

Flow is not followed: a variable is everything that is ever assigned to it. Each question has a
budget; what is over it is unknown. Imports `form`, `values`, `names`, `library`, `frames`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from signed_lambda.scan import library
from signed_lambda.scan.form import Call, Closure, Either, Join, Member, Name, Row, Table, Text
from signed_lambda.scan.frames import (
    OPTIONS,
    arguments,
    distinct,
    items_at,
    of_text,
    outer_frame,
    spelled,
)
from signed_lambda.scan.names import exports_of, last_name
from signed_lambda.scan.values import (
    UNSEEN,
    Client,
    Cls,
    Env,
    Frame,
    Func,
    Given,
    Inst,
    Mod,
    Obj,
    Path,
    Str,
    joined,
    text,
)
from signed_lambda.scan.watch import untimed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from signed_lambda.scan.form import Class, Expr, Function, Module
    from signed_lambda.scan.program import Program
    from signed_lambda.scan.values import Value
    from signed_lambda.scan.watch import Watch

STEPS: Final = 3000
"""Expressions that are looked at for one question."""
ALL_STEPS: Final = 1_000_000
"""Expressions that are looked at for all questions together: some ten seconds."""
DEPTH: Final = 45
"""Names, members and calls that are followed one behind the other."""
BASES: Final = 5
"""Classes that are followed upwards."""


class Evaluator:
    """Answers what expressions may be.

    Attributes:
        spent: Expressions that were looked at so far.
        ends: What of them ends it: nothing is looked at any more.
    """

    def __init__(self, program: Program, watch: Watch | None = None) -> None:
        """Begins with nothing looked at.

        Args:
            program: The files.
            watch: Ends what takes too long; None for files that are known.
        """
        self.program = program
        self.watch = watch or untimed()
        self.spent = 0
        self.ends = ALL_STEPS
        self._left = 0
        self._depth = 0
        self._cuts = 0
        self._known: dict[tuple[Expr, Function], tuple[Value, ...]] = {}
        self._entered: dict[tuple[Expr, Function], tuple[Value, ...]] = {}
        """What `callees` found where that took all that one question may."""
        self._given: dict[tuple[int, int, str], tuple[Value, ...]] = {}
        self._kinds: dict[tuple[Module, str], Inst | None] = {}
        self._busy: set[tuple[int, int, str]] = set()

    @property
    def is_over(self) -> bool:
        """Whether it has looked at all that it may."""
        return self.spent >= self.ends

    def values(self, expr: Expr, frame: Frame) -> tuple[Value, ...]:
        """What the expression may be, at least one value.

        Raises:
            TookTooLongError: The time of the file that is worked on is over.
        """
        self.watch.step()
        outermost = self._depth == 0
        if outermost:
            self._left = min(STEPS, self.ends - self.spent)
        self._left -= 1
        self.spent += 1
        free = not frame.bound and frame.outer is None and frame.this is None
        if free and (expr, frame.function) in self._known:
            return self._known[expr, frame.function]
        key = (id(expr), id(frame.function), "")
        if self._left < 0 or self._depth > DEPTH or key in self._busy:
            self._cuts += 1
            return (UNSEEN,)
        cuts = self._cuts
        self._busy.add(key)
        self._depth += 1
        try:
            found = [*self._evaluate(expr, frame)]
        finally:
            self._depth -= 1
            self._busy.discard(key)
        result = distinct(found) or (UNSEEN,)
        if free and cuts == self._cuts:
            self._known[expr, frame.function] = result
        return result

    def callees(self, expr: Expr, frame: Frame) -> tuple[Value, ...]:
        """What is called, or handed over to be called, may be.

        As `values`; but a question that took all that one may is not asked again for another
        caller, and has the answer that it had: in a bundle some are asked at every turn. What a
        call sends, and where to, is asked anew for each caller.
        """
        key = expr, frame.function
        if key not in self._entered:
            before, found = self.spent, self.values(expr, frame)
            if self.spent - before <= STEPS:
                return found
            self._entered[key] = found
        return self._entered[key]

    def member(self, expr: Expr, name: str, frame: Frame) -> tuple[Value, ...]:
        """What `expr.name` may be."""
        return self.values(Member(expr, Text(name)), frame)

    def inside(self, given: tuple[Value, ...], keys: tuple[str, ...]) -> tuple[Value, ...]:
        """What stands at a path in any of some values."""
        for key in keys:
            given = distinct([v for value in given for v in self._of(value, key)])
        return given

    def bind(self, func: Func, call: Call | None, frame: Frame) -> Frame:
        """The frame of a function that a call enters."""
        function = func.function
        bound: dict[str, Given | tuple[Value, ...]] = {}
        if call is not None:
            for param in function.params:
                if param.default is not None:
                    bound[param.name] = Given(param.default, Frame(function))
            for name, arg in arguments(function, call).items():
                bound[name] = Given(arg, frame)
        return Frame(function, bound, func.outer, func.this, call, frame)

    # -- the kinds of expressions

    def _evaluate(self, expr: Expr, frame: Frame) -> Iterable[Value]:
        match expr:
            case Text():
                found: Iterable[Value] = (text(expr.text),)
            case Name():
                found = self._name(expr.name, frame)
            case Member():
                found = self._member(expr, frame)
            case Join():
                found = self._join(expr.parts, frame)
            case Either():
                found = [v for option in expr.options for v in self.values(option, frame)]
            case Table() | Row():
                found = (Obj(expr, frame),)
            case Call():
                found = self._call(expr, frame)
            case Closure():
                found = (Func(expr.body, frame, frame.this),)
            case _:
                found = (UNSEEN,)
        return found

    def _join(self, parts: Iterable[Expr], frame: Frame) -> list[Value]:
        rows: list[tuple[Value, ...]] = [()]
        for part in parts:
            options = self.values(part, frame)
            rows = [(*row, option) for row in rows for option in options][:OPTIONS]
        return [joined(row) for row in rows]

    def _name(self, name: str, frame: Frame) -> list[Value]:
        scope: Frame | None = frame
        while scope is not None:
            found = self._declared(name, scope)
            if found is not None:
                return found
            scope = outer_frame(scope)
        return self._global(name, frame.function.module)

    def _this(self, scope: Frame) -> Value:
        if scope.this is not None:
            return scope.this
        owner = scope.function.owner
        return Inst(owner) if owner is not None else UNSEEN

    def _declared(self, name: str, scope: Frame) -> list[Value] | None:
        function = scope.function
        if name == (function.self_name or "\0"):
            return [self._this(scope)]
        if not function.declares(name):
            return None
        given = scope.bound.get(name, ())
        if isinstance(given, Given):
            given = self.values(given.expr, given.frame)
        found: list[Value] = list(given)
        for value, where in function.sets.get(name, ()):
            found.extend(self.values(value, scope if where is function else Frame(where)))
        if name in function.functions:
            found.append(Func(function.functions[name], scope, scope.this))
        if name in function.classes:
            found.append(Cls(function.classes[name]))
        param = next((p for p in function.params if p.name == name), None)
        if name not in scope.bound and param is not None:
            found.extend([*self._from_callers(function, name)] or [Str((Path(name),))])
        if param is not None:
            found = self._or_kind(found, param.kind, function.module)
        puts = tuple(function.puts.get(name, ()))
        if puts:
            found = [
                Obj(v.expr, v.frame, v.puts + puts) if isinstance(v, Obj) else v for v in found
            ]
        return found or [Str((Path(name),))]

    def of_kind(self, kind: str, module: Module) -> Inst | None:
        """An object of a class of the package, by its name in a file; of the only one of that kind.

        Whoever makes it (a framework, a container of dependencies) is often not in the package.
        """
        if (module, kind) not in self._kinds:
            self._kinds[module, kind] = None  # a class may be declared to hold one of its own
            self._kinds[module, kind] = self._found_kind(kind, module)
        return self._kinds[module, kind]

    def _found_kind(self, kind: str, module: Module) -> Inst | None:
        named = [v.cls for v in self.values(Name(kind), Frame(module.top)) if isinstance(v, Cls)]
        made = [c for c in named if c.methods or c.sets]
        found = made or self.program.classes_of(kind)
        return Inst(found[0]) if len(found) == 1 else None

    def _from_callers(self, function: Function, name: str) -> Iterator[Value]:
        """What the callers in the package give for a parameter."""
        key = (id(function), 0, name)
        if key in self._busy:
            self._cuts += 1
            return
        if key in self._given:
            yield from self._given[key]
            return
        self._busy.add(key)
        found = tuple(self._all_given(function, name))
        self._busy.discard(key)
        if self._left > 0:
            self._given[key] = found
        yield from found

    def _all_given(self, function: Function, name: str) -> Iterator[Value]:
        for call, caller in self.program.calls_of(function)[:OPTIONS]:
            if not self.program.may_call(call, function, caller):
                continue
            given = arguments(function, call).get(name)
            if given is not None:
                yield from self.values(given, Frame(caller))
        default = next((p.default for p in function.params if p.name == name), None)
        if default is not None:
            yield from self.values(default, Frame(function))

    def _global(self, name: str, module: Module) -> list[Value]:
        """A name that the file does not declare itself."""
        key = (id(module), 1, name)
        if key in self._busy:
            self._cuts += 1
            return []  # two files that import a name from each other
        self._busy.add(key)
        found = self._outside(name, module)
        self._busy.discard(key)
        return found

    def _outside(self, name: str, module: Module) -> list[Value]:
        for sibling in self.program.siblings(module, name):
            if sibling is not module and sibling.top.declares(name):
                return self._declared(name, Frame(sibling.top)) or []
        if name not in module.imports:
            return [Str((Path(name),))]
        source, symbol = module.imports[name]
        if module.language == "java":
            return list(self._of_package(source, symbol))
        found = self.program.imported(module, f"{source}.{symbol}" if symbol else source)
        if found is not None and (not symbol or module.language == "python"):
            return [Mod(found)]
        found = self.program.imported(module, source)
        if found is None:
            return [Str((Path(source, (symbol,) if symbol else ()),))]
        return list(self._of_module(found, symbol))

    def _of_package(self, source: str, symbol: str) -> Iterator[Value]:
        """A class of a package of Java, or a constant of one (`import static`)."""
        package, _, holder = source.rpartition(".")
        for wanted, name in ((source, symbol), (package, holder)):
            self.program.open_naming(name)
            file = f"/{wanted.replace('.', '/')}/{name}.java"
            for module in self.program.modules.values():
                if f"/{module.path}".endswith(file) and name in module.top.classes:
                    found = Cls(module.top.classes[name])
                    yield from (found,) if name == symbol else self._of(found, symbol)
                    return
        yield Str((Path(source, (symbol,)),))

    def _of_module(self, module: Module, name: str) -> Iterable[Value]:
        if not name:
            return (Mod(module),)
        top = Frame(module.top)
        found = self._declared(name, top)
        if found is None and module.language == "go":  # a package is all files of its folder
            files = self.program.siblings(module, name)
            found = next(
                (self._declared(name, Frame(f.top)) for f in files if f.top.declares(name)), None
            )
        if found is None:
            found = []
            for value, where in exports_of(module).get(name, ()):
                found.extend(self.values(value, Frame(where)))
            for value, where in module.top.sets.get("module.exports", ()):
                wanted = value if name == "default" else Member(value, Text(name))
                found.extend(self.values(wanted, Frame(where)))
        if not found and name in module.imports:
            return self._global(name, module)
        return found

    # -- members

    def _member(self, expr: Member, frame: Frame) -> list[Value]:
        keys = [spelled(v) for v in self.values(expr.key, frame)]
        found: list[Value] = []
        if isinstance(expr.of, Name):
            found.extend(self._put(expr.of.name, keys, frame))
        for base in self.values(expr.of, frame):
            for key in keys:
                found.extend(self._of(base, key))
        seen = [v for v in found if v != UNSEEN]
        return seen or found

    def _put(self, name: str, keys: list[str], frame: Frame) -> Iterator[Value]:
        scope: Frame | None = frame
        while scope is not None and not scope.function.declares(name):
            scope = outer_frame(scope)
        where = scope.function if scope is not None else frame.function
        given = scope.bound.get(name) if scope is not None else None
        if isinstance(given, Given) and isinstance(given.expr, Name):
            yield from self._put(given.expr.name, keys, given.frame)
        for key, value, function in where.puts.get(name, ()):
            if isinstance(key, Text) and key.text in keys:
                same = scope is not None and function is scope.function
                yield from self.values(
                    value, scope if same and scope is not None else Frame(function)
                )

    def _of(self, base: Value, key: str) -> Iterable[Value]:
        found: Iterable[Value]
        match base:
            case Obj():
                found = self._of_object(base, key)
            case Inst():
                found = self._of_instance(base.cls, key, base, 0)
            case Cls():
                found = self._of_instance(base.cls, key, Inst(base.cls), 0)
            case Mod():
                found = self._of_module(base.module, key)
            case Client():
                found = library.member_of_client(base, key)
            case Str():
                found = (of_text(base, key),)
            case _:
                found = (base,)
        return found

    def _of_object(self, base: Obj, key: str) -> Iterator[Value]:
        for put, value, where in base.puts:
            if isinstance(put, Text) and key in (put.text, "*"):
                frame = base.frame if where is base.frame.function else Frame(where)
                yield from self.values(value, frame)
        if isinstance(base.expr, Row):
            for item in items_at(base.expr, key):
                yield from self.values(item, base.frame)
            return
        for name, value in base.expr.items:
            if name is None:
                # through `values`, whose depth is bounded: a table may spread itself
                yield from self.values(Member(value, Text(key)), base.frame)
            elif key == "*" or key in map(spelled, self.values(name, base.frame)):
                yield from self.values(value, base.frame)

    def _of_instance(self, cls: Class, key: str, inst: Inst, level: int) -> list[Value]:
        found: list[Value] = []
        for name in (key, *_getters(cls, key)):
            if name in cls.methods:
                method = Func(cls.methods[name], None, inst)
                is_read = method.function.is_property or name != key
                read = self._result(method, None, Frame(method.function)) if is_read else (method,)
                found.extend(read)
        for value, where in cls.sets.get(key, ()):
            init = inst.init
            same = init is not None and init.function is where
            frame = init if same and init is not None else Frame(where, {}, None, inst)
            found.extend(self.values(value, frame))
        found.extend(self._given_to(inst, key) if level == 0 else ())
        for base in cls.bases if not found and level < BASES else ():
            for parent in self.values(base, Frame(cls.module.top)):
                if isinstance(parent, Cls):
                    found.extend(self._of_instance(parent.cls, key, inst, level + 1))
        found = self._or_kind(found, cls.kinds.get(key, ""), cls.module)
        if not found and level == 0:
            found.append(Str((Path("self", (key,)),)))
        return found

    def _given_to(self, inst: Inst, key: str) -> Iterator[Value]:
        """What an object has without a constructor that is written: of a call, or a variable."""
        if key.isidentifier() and _reads_environment(inst.cls):
            yield Str((Env(key.upper()),))
        for name, value in inst.call.named if inst.call is not None else ():
            if name == key and inst.caller is not None:
                yield from self.values(value, inst.caller)

    def _or_kind(self, found: list[Value], kind: str, module: Module) -> list[Value]:
        """What was found, or an object of the declared class where that says no more."""
        if not kind or any(not isinstance(value, Str) for value in found):
            return found
        of_kind = self.of_kind(kind, module)
        return found if of_kind is None else [of_kind]

    # -- calls

    def _call(self, call: Call, frame: Frame) -> Iterable[Value]:
        name = last_name(call.func)
        if isinstance(call.func, Call):
            name = f"{last_name(call.func.func)}()"
        known = library.RESULTS.get(name)
        if known is not None and not self._is_of_package(call.func, frame):
            result = known(self, call, frame)
            if result is not None:
                return result
        found: list[Value] = []
        for callee in self.values(call.func, frame):
            found.extend(self._result(callee, call, frame))
        return found

    def _is_of_package(self, func: Expr, frame: Frame) -> bool:
        """Whether a function of the package is called, whatever it is called like."""
        if not isinstance(func, Name):
            return False
        return any(isinstance(v, Func | Cls) for v in self.values(func, frame))

    def _result(self, callee: Value, call: Call | None, frame: Frame) -> Iterable[Value]:
        found: list[Value]
        match callee:
            case Func():
                inner = self.bind(callee, call, frame)
                found = [v for r in callee.function.returns for v in self.values(r, inner)]
            case Cls():
                found = [self._make(callee.cls, call, frame)]
            case Inst() if call is not None:
                is_class = isinstance(call.func, Name) and call.func.name == "cls"
                found = [self._make(callee.cls, call, frame)] if is_class else []
                for method in self.method(callee, "__call__"):  # of an object, not of its class
                    found.extend(self._result(method, call, frame) if not is_class else ())
            case Str():
                found = [*library.result_of_foreign(self, callee, call, frame)]
            case Client():
                found = [*library.result_of_client(self, callee, call, frame)]
            case Mod():
                exported = self.exported(callee.module)
                found = [v for e in exported for v in self._result(e, call, frame)]
            case _:
                found = [UNSEEN]
        return found

    def _make(self, cls: Class, call: Call | None, frame: Frame) -> Inst:
        init = self.constructor(cls)
        if init is None:
            return Inst(cls, None, call, frame)
        return Inst(cls, self.bind(Func(init, None, Inst(cls)), call, frame))

    def exported(self, module: Module, level: int = 0) -> Iterator[Value]:
        """What `module.exports = x` makes of a file, also where x is another file's."""
        for stored, where in module.top.sets.get("module.exports", ()):
            for value in self.values(stored, Frame(where)):
                passed_on = isinstance(value, Mod) and value.module is not module
                if isinstance(value, Mod) and passed_on and level < BASES:
                    yield from self.exported(value.module, level + 1)
                else:
                    yield value

    def method(self, inst: Inst, name: str) -> Iterator[Func]:
        """A method of an object, its own or a base's."""
        found = self._of_instance(inst.cls, name, inst, 0)
        return (f for f in found if isinstance(f, Func))

    def constructor(self, cls: Class, level: int = 0) -> Function | None:
        """The constructor of a class, its own or a base's."""
        for name in ("__init__", "constructor"):
            if name in cls.methods:
                return cls.methods[name]
        for base in cls.bases if level < BASES else ():
            for parent in self.values(base, Frame(cls.module.top)):
                if isinstance(parent, Cls):
                    return self.constructor(parent.cls, level + 1)
        return None


def _reads_environment(cls: Class) -> bool:
    """Whether attributes of a class are variables of the environment, as pydantic fills them.

    Source: https://docs.pydantic.dev/latest/concepts/pydantic_settings/
    """
    return any(last_name(base) == "BaseSettings" for base in cls.bases)


def _getters(cls: Class, key: str) -> tuple[str, ...]:
    """The getter of a class of Java, whose calls are read as members."""
    if cls.module.language != "java" or not key[:1].islower():
        return ()
    return tuple(f"{start}{key[:1].upper()}{key[1:]}" for start in ("get", "is"))
