"""Dataclasses and regular expressions that are compiled when a run needs them.

`@dataclass` writes the source of some six methods and compiles it, for each class of each module
that is imported: 0.6 ms a class. One run makes objects of a third of the 250 classes, and of most
of these a handful, which it neither compares nor prints. So here the first objects of a class are
filled field by field; a class that has more of them, or of which another method is called, becomes
what the standard library makes of it. A regular expression of a module is compiled when it is first
used: a run uses half of them. Type checkers see what the standard library has. Why: docs/adr,
"Dataclasses are made when they are used".

Pure: imports the standard library only.
"""

from __future__ import annotations

import dataclasses
import re
import sys
import threading
from dataclasses import MISSING
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

FEW: Final = 100
"""Objects that are filled field by field: some 2 us each, against 600 us to compile the methods."""

_waiting: Final[dict[type[Any], tuple[type[Any], dict[str, bool]]]] = {}
"""Of each class whose methods are not compiled: the class as it was written, and the options."""
_making: Final = threading.RLock()
_PSEUDO: Final = ("ClassVar", "InitVar", "KW_ONLY")
"""Annotations of what is no field."""
_OPTIONS: Final = frozenset({"frozen", "slots", "kw_only", "eq"})
"""With others a class is left to the standard library."""


def _dataclass(cls: type[Any] | None = None, /, **options: bool) -> Any:  # noqa: ANN401 - a class or its decorator
    """Decorates as `dataclasses.dataclass` does, and puts off what can be put off.

    That is all of a class with slots. What its methods would be is compiled at the first call of
    one of them; `__init__` is, once there are many objects.
    """
    if cls is None:
        return lambda given: _dataclass(given, **options)
    own = {"__init__", "__getstate__", "__setstate__"} & cls.__dict__.keys()
    if own or not options.get("slots") or options.keys() - _OPTIONS:
        return dataclasses.dataclass(cls, **options)
    return _slotted(cls, options)


def _slotted(cls: type[Any], options: dict[str, bool]) -> type[Any]:
    """The class with its slots, and with what stands for its methods."""
    kinds = {name: str(kind).partition("[")[0] for name, kind in cls.__annotations__.items()}
    fields = [name for name, kind in kinds.items() if not kind.endswith(_PSEUDO)]
    taken = {name for base in cls.__mro__[1:-1] for name in base.__dict__.get("__slots__", ())}
    left_out = {*fields, "__dict__", "__weakref__"}
    namespace = {name: value for name, value in cls.__dict__.items() if name not in left_out}
    if options.get("eq", True) and not options.get("frozen"):
        namespace.setdefault("__hash__", None)
    late = [name for name in _late(options) if name not in namespace]
    namespace |= dict.fromkeys(late)  # Python gives a class with __eq__ a __hash__ else
    namespace["__slots__"] = tuple(name for name in fields if name not in taken)
    meta: Callable[..., type[Any]] = type(cls)
    slotted = meta(cls.__name__, cls.__bases__, namespace)
    slotted.__qualname__ = cls.__qualname__
    for name in late:
        setattr(slotted, name, _late_method(slotted, name))
    for name in ("__dataclass_fields__", "__dataclass_params__", "__match_args__"):
        if name not in namespace:
            setattr(slotted, name, _Late(slotted, name))
    setattr(slotted, "__init__", _first_init(slotted))  # noqa: B010 - until it is compiled
    _waiting[slotted] = cls, options
    return slotted


def _late(options: Mapping[str, bool]) -> list[str]:
    """The methods that the standard library would make."""
    frozen, eq = options.get("frozen"), options.get("eq", True)
    names = ["__repr__"]
    names += ["__eq__"] if eq else []
    names += ["__hash__"] if eq and frozen else []
    names += ["__setattr__", "__delattr__", "__getstate__", "__setstate__"] if frozen else []
    return names + (["__replace__"] if sys.version_info >= (3, 13) else [])


def _late_method(slotted: type[Any], name: str) -> Callable[..., Any]:
    """Compiles all methods at the first call, and goes on with its own."""

    def late(self: object, /, *args: object, **given: object) -> Any:  # noqa: ANN401 - of any method
        _make(slotted)
        return vars(slotted)[name](self, *args, **given)

    return late


class _Late:
    """What the class tells of its fields; compiles all methods when it is first looked at."""

    def __init__(self, slotted: type[Any], name: str) -> None:
        self._slotted, self._name = slotted, name

    def __get__(self, _: object, owner: type[Any] | None = None) -> Any:  # noqa: ANN401 - of any attribute
        _make(self._slotted)
        return vars(self._slotted)[self._name]


def _first_init(slotted: type[Any]) -> Callable[..., None]:
    """Fills the first objects; what it cannot do is left to the compiled method."""
    left = FEW
    plan: _Plan | None = None

    def __init__(self: object, /, *args: object, **given: object) -> None:  # noqa: N807 - it is one
        nonlocal left, plan
        left -= 1
        plan = plan or _plan_of(slotted)
        if left < 0 or not plan.fill(self, args, given):
            _make(slotted)
            self.__init__(*args, **given)  # type: ignore[misc] # by now it is the class's own
        elif plan.checks:
            self.__post_init__()  # type: ignore[attr-defined] # there is one

    return __init__


class _Field(NamedTuple):
    """A field, as `__init__` sees it."""

    set: Callable[[object, object], None]
    kw_only: bool
    default: object
    factory: Any


class _Plan(NamedTuple):
    """How objects of a class are filled.

    Attributes:
        fields: By name, in the order of the class; None: the compiled method has to do it.
        positional: Names of those that may be given by position.
        checks: Whether there is a `__post_init__`.
    """

    fields: Mapping[str, _Field] | None
    positional: tuple[str, ...]
    checks: bool

    def fill(self, into: object, args: tuple[object, ...], given: dict[str, object]) -> bool:
        """Sets all fields; False, and nothing is set, where the arguments are not as expected."""
        if self.fields is None or len(args) > len(self.positional):
            return False
        values = dict(zip(self.positional, args, strict=False))
        if given.keys() - self.fields.keys() or given.keys() & values.keys():
            return False
        values |= given
        for name, one in self.fields.items():
            if name not in values:
                if one.factory is not MISSING:
                    values[name] = one.factory()
                elif one.default is not MISSING:
                    values[name] = one.default
                else:
                    return False
        for name, one in self.fields.items():
            one.set(into, values[name])
        return True


def _plan_of(slotted: type[Any]) -> _Plan:
    """From what is written in the class and in those it is derived from."""
    found: dict[str, tuple[bool, object, object]] = {}
    for base in reversed(slotted.__mro__):
        written = _written(base)
        if written is None:
            return _Plan(None, (), checks=False)
        found |= written
    fields = {n: _Field(getattr(slotted, n).__set__, *told) for n, told in found.items()}
    positional = tuple(name for name, one in fields.items() if not one.kw_only)
    return _Plan(fields, positional, checks=hasattr(slotted, "__post_init__"))


def _written(base: type[Any]) -> dict[str, tuple[bool, object, object]] | None:
    """A class's own fields: by keyword only, default, its factory; None: not for us to fill."""
    with _making:
        cls, options = _waiting.get(base, (base, {}))
        made = vars(base).get("__dataclass_fields__", {}) if base not in _waiting else None
    if made is not None:
        whole = not made or len(made) == len(dataclasses.fields(base))  # else some are no fields
        if not whole or not all(f.init for f in made.values()):
            return None
        return {n: (f.kw_only, f.default, f.default_factory) for n, f in made.items()}
    written: dict[str, tuple[bool, object, object]] = {}
    for name, annotation in cls.__annotations__.items():
        kind = str(annotation).partition("[")[0]
        if kind.endswith("ClassVar"):
            continue
        default: Any = vars(cls).get(name, MISSING)
        kw_only, factory = options.get("kw_only", False), MISSING
        if isinstance(default, dataclasses.Field):
            if not default.init:
                return None
            kw_only = kw_only if default.kw_only is MISSING else default.kw_only
            default, factory = default.default, default.default_factory
        if kind.endswith(_PSEUDO):
            return None
        written[name] = (kw_only, default, factory)
    return written


def _make(slotted: type[Any]) -> None:
    """Gives a class, and those it is derived from, the standard library's methods."""
    with _making:
        for base in reversed(slotted.__mro__):
            if base not in _waiting:
                continue
            cls, options = _waiting[base]
            decorate: Callable[[type[Any]], type[Any]] = dataclasses.dataclass(**options)
            made = decorate(cls).__dict__
            kept = {*made["__slots__"], "__slots__"}
            own = (n for n in made.keys() - kept if made[n] is not vars(base).get(n))
            for name in sorted(own, key="__init__".__eq__):  # last: other threads wait for it
                setattr(base, name, made[name])
            del _waiting[base]


class _Regex:
    """Stands for `re.compile(...)`, which is called when an attribute is first asked for."""

    def __init__(self, pattern: Any, flags: int = 0) -> None:  # noqa: ANN401 - text or bytes
        self._given = pattern, flags

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - of any attribute
        """Only asked for what this object has not; from then on it has all of the compiled one."""
        if name.startswith("__"):
            raise AttributeError(name)
        compiled = re.compile(*self._given)
        vars(self).update({n: getattr(compiled, n) for n in dir(compiled) if n[0] != "_"})
        return getattr(compiled, name)


if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass  # noqa: PLC0414 - handed on
    from re import compile as regex_of

    regex = regex_of
else:
    dataclass, regex = _dataclass, _Regex
