"""Dataclasses whose methods are made when the first object is.

`@dataclass` writes the source of some six methods and compiles it, for each class of each module
that is imported: 0.6 ms a class, and of 200 classes one run uses a part. Here a class costs that
when it is first needed; it then is what the standard library makes of it. Type checkers see the
standard library's own decorator. Why: docs/adr, "Dataclasses are made when they are used".

Pure: imports the standard library only.
"""

from __future__ import annotations

import dataclasses
import threading
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_waiting: Final[dict[type[Any], tuple[type[Any], dict[str, bool]]]] = {}
"""Of each class that has no methods yet: the class as it was written, and the options."""
_making: Final = threading.RLock()
_PSEUDO: Final = ("ClassVar", "InitVar", "KW_ONLY")
"""Annotations of what is no field."""


def _dataclass(cls: type[Any] | None = None, /, **options: bool) -> Any:  # noqa: ANN401 - a class or its decorator
    """Decorates as `dataclasses.dataclass` does, and puts off what can be put off.

    That is all of a frozen class with slots. Its objects come to be by `__init__`, or by
    `__setstate__` where they are copied or unpickled: the first of these calls makes the methods,
    so that no object ever lacks one.
    """
    if cls is None:
        return lambda given: _dataclass(given, **options)
    own = {"__init__", "__setstate__"} & cls.__dict__.keys()
    if own or not (options.get("frozen") and options.get("slots")):
        _make(cls)
        return dataclasses.dataclass(cls, **options)
    slotted = _slotted(cls)
    _waiting[slotted] = cls, options
    return slotted


def _slotted(cls: type[Any]) -> type[Any]:
    """The class with its slots and without methods."""

    def first_init(self: object, /, *args: object, **given: object) -> None:
        _make(slotted)
        self.__init__(*args, **given)  # type: ignore[misc] # by now it is the class's own

    def first_setstate(self: object, state: object) -> None:
        _make(slotted)
        self.__setstate__(state)  # type: ignore[attr-defined] # by now there is one

    kinds = {name: str(kind).partition("[")[0] for name, kind in cls.__annotations__.items()}
    fields = [name for name, kind in kinds.items() if not kind.endswith(_PSEUDO)]
    taken = {name for base in cls.__mro__[1:-1] for name in base.__dict__.get("__slots__", ())}
    left_out = {*fields, "__dict__", "__weakref__"}
    namespace = {name: value for name, value in cls.__dict__.items() if name not in left_out}
    namespace["__slots__"] = tuple(name for name in fields if name not in taken)
    namespace["__init__"] = first_init
    namespace["__setstate__"] = first_setstate
    meta: Callable[..., type[Any]] = type(cls)
    slotted = meta(cls.__name__, cls.__bases__, namespace)
    slotted.__qualname__ = cls.__qualname__
    return slotted


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


if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass  # noqa: PLC0414 - handed on
else:
    dataclass = _dataclass
