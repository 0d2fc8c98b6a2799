"""A dataclass that is made late is what the standard library would have made at once."""

from __future__ import annotations

import copy
import pickle
import threading
from dataclasses import FrozenInstanceError, field, fields, replace
from typing import TYPE_CHECKING

import pytest

from signed_lambda.lazy import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Base:
    """A class that others are derived from."""

    a: int
    b: str = "x"

    @property
    def doubled(self) -> int:
        """A property."""
        return 2 * self.a


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived(Base):
    """Its fields come after those of the base, which has no methods yet."""

    c: list[int] = field(default_factory=list, repr=False)
    b: str = "y"


@dataclass(frozen=True, slots=True, eq=False)
class Same:
    """Equal to itself only."""

    a: int


@dataclass(frozen=True, slots=True)
class Checked:
    """Looks at its fields."""

    a: int

    def __post_init__(self) -> None:
        """Refuses what is negative."""
        if self.a < 0:
            raise ValueError(self.a)


@dataclass(frozen=True, slots=True)
class Sent:
    """Comes from another process, where objects of it were made."""

    a: int
    b: str = "x"


class Meanwhile:
    """Does something in the midst of making a class that is derived from it."""

    def __init_subclass__(cls) -> None:
        """Called each time such a class is made, at last for its methods."""
        if meanwhile:
            meanwhile.pop()()


meanwhile: list[Callable[[], None]] = []


@dataclass(frozen=True, slots=True)
class Contended(Meanwhile):
    """A second thread comes while the first one makes it."""

    a: int


@dataclass(frozen=True, slots=True, order=True)
class Unused:
    """No object is made of it."""

    a: int


@dataclass
class Ordinary:
    """Neither frozen nor with slots: the standard library's, at once."""

    a: int


def test_it_shows_compares_and_hashes_as_its_fields_do() -> None:
    made = Derived(a=1)

    assert repr(made) == f"{Derived.__qualname__}(a=1, b='y')"
    assert (made, hash(Base(1))) == (Derived(a=1, b="y", c=[]), hash((1, "x")))
    assert made != Derived(a=2)
    assert Base(1) != Derived(a=1, b="x")
    assert made.doubled == 2
    assert [f.name for f in fields(made)] == ["a", "b", "c"]


def test_defaults_are_made_anew_for_each_object() -> None:
    assert Derived(a=1).c is not Derived(a=1).c


def test_it_cannot_be_changed_and_has_no_room_for_more() -> None:
    made = Base(1)

    with pytest.raises(FrozenInstanceError):
        made.a = 2  # type: ignore[misc] # that is the test
    assert not hasattr(made, "__dict__")
    assert Derived.__slots__ == ("c",)  # type: ignore[attr-defined] # the stubs lack it


def test_without_eq_it_is_equal_to_itself_only() -> None:
    one, other = Same(1), Same(1)

    assert one != other
    assert len({one, other, one}) == 2


def test_it_is_replaced_matched_and_copied() -> None:
    match Base(5, "z"):
        case Base(a, b):
            assert (a, b) == (5, "z")
    assert replace(Base(5), b="w") == Base(5, "w")
    assert copy.deepcopy(Derived(a=1, c=[2])) == Derived(a=1, c=[2])


def test_what_it_checks_is_checked_from_the_first_object_on() -> None:
    with pytest.raises(ValueError, match="-1"):
        Checked(-1)
    with pytest.raises(TypeError, match="unexpected keyword argument"):
        Checked(b=1)  # type: ignore[call-arg] # that is the test


def test_an_object_that_was_unpickled_first_has_its_methods() -> None:
    twin = pickle.dumps(Base(7)).replace(b"Base", b"Sent")

    assert pickle.loads(twin) == Sent(7)


def test_a_thread_that_comes_while_the_class_is_made_waits_for_it() -> None:
    made: list[Contended] = []
    second = threading.Thread(target=lambda: made.append(Contended(2)))

    def come() -> None:
        second.start()
        second.join(0.05)  # it waits for us

    meanwhile.append(come)
    made.append(Contended(1))
    second.join()

    assert made == [Contended(1), Contended(2)]


def test_no_method_is_made_before_the_first_object() -> None:
    assert "__eq__" not in vars(Unused)

    assert Unused(1) < Unused(2)
    assert "__eq__" in vars(Unused)


def test_what_cannot_be_put_off_is_made_at_once() -> None:
    assert "__eq__" in vars(Ordinary)
