"""A dataclass that is made late is what the standard library would have made at once."""

from __future__ import annotations

import copy
import dataclasses
import importlib
import pickle
import re
import threading
from dataclasses import FrozenInstanceError, field, fields, replace
from typing import TYPE_CHECKING, Any, ClassVar, Self

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signed_lambda.lazy import FEW, dataclass, regex
from tests.promises.modules import product

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


@dataclass
class Ordinary:
    """Without slots: the standard library's, at once."""

    a: int


@dataclass(frozen=True, slots=True, order=True)
class Ordered:
    """With an option that is left to the standard library."""

    a: int


@dataclass(slots=True)
class Open:
    """May be changed, and has no hash therefore."""

    a: int
    b: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Inner:
    """Has a field that is not given."""

    a: int
    b: int = field(init=False, default=3)


def fresh() -> type[Any]:
    """A class that nobody has used."""

    @dataclass(frozen=True, slots=True)
    class Fresh:
        a: int
        b: str = "x"
        c: list[int] = field(default_factory=list, kw_only=True)

        def __post_init__(self) -> None:
            if self.a == -1:
                raise ValueError(self.a)

    return Fresh


def is_compiled(cls: type[Any]) -> bool:
    """Whether its methods are the standard library's, which have no file."""
    return bool(vars(cls)["__init__"].__code__.co_filename == "<string>")


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
    one, found = Contended(1), list[bool]()
    second = threading.Thread(target=lambda: found.append(Contended(2) == Contended(2)))

    def come() -> None:
        second.start()
        second.join(0.05)  # it waits for us

    meanwhile.append(come)
    found.append(one == Contended(1))
    second.join()

    assert found == [True, True]


def test_the_first_objects_are_made_without_compiling_anything() -> None:
    cls = fresh()

    made = [cls(n) for n in range(FEW)]
    before = is_compiled(cls)
    made.append(cls(FEW))

    assert (before, is_compiled(cls)) == (False, True)
    assert [(one.a, one.b, one.c) for one in made] == [(n, "x", []) for n in range(FEW + 1)]
    assert made[0] == cls(0)


USES: dict[str, Callable[[type[Any]], bool]] = {
    "__repr__": lambda cls: repr(cls(1)).endswith("Fresh(a=1, b='x', c=[])"),
    "__eq__": lambda cls: cls(1) == cls(1) != cls(2),
    "__setattr__": lambda cls: is_frozen(lambda: setattr(cls(1), "a", 2)),
    "__delattr__": lambda cls: is_frozen(lambda: delattr(cls(1), "a")),
    "copy": lambda cls: (copy.copy(cls(1)).a, copy.deepcopy(cls(1)).b) == (1, "x"),
    "fields": lambda cls: [f.name for f in fields(cls)] == ["a", "b", "c"],
    "replace": lambda cls: replace(cls(1), a=5).a == 5,
    "is_dataclass": dataclasses.is_dataclass,
    "asdict": lambda cls: dataclasses.asdict(cls(1)) == {"a": 1, "b": "x", "c": []},
    "__match_args__": lambda cls: cls.__match_args__ == ("a", "b"),
    "__hash__": lambda cls: is_unhashable(cls(1)),
}


def is_frozen(change: Callable[[], None]) -> bool:
    """Whether a change is refused as the standard library refuses it."""
    with pytest.raises(FrozenInstanceError, match="field 'a'"):
        change()
    return True


def is_unhashable(one: object) -> bool:
    """Whether the hash is that of the fields, of which one is a list."""
    with pytest.raises(TypeError, match="unhashable type: 'list'"):
        hash(one)
    return True


@pytest.mark.parametrize("name", USES)
def test_any_other_use_compiles_the_methods(name: str) -> None:
    cls = fresh()
    assert not is_compiled(cls)

    assert USES[name](cls)
    assert is_compiled(cls)


def test_what_may_be_changed_is_changed_and_has_no_hash() -> None:
    one, other = Open(1), Open(1)
    one.b.append(2)
    one.a = 7

    assert (one.a, one.b, other.b) == (7, [2], [])
    assert one != other
    with pytest.raises(TypeError, match="unhashable type: 'Open'"):
        hash(one)


def test_a_field_that_is_not_given_is_left_to_the_standard_library() -> None:
    assert (Inner(1).b, Inner(1)) == (3, Inner(1))


def test_a_class_of_a_class_of_another_time_has_all_fields() -> None:
    early = fresh()
    assert early(1) == early(1)

    @dataclass(frozen=True, slots=True)
    class Late(early):  # type: ignore[misc,valid-type] # that is the test
        d: int = 4

        @classmethod
        def of(cls, a: int) -> Self:
            return cls(a, d=5)

    made = Late.of(1)

    assert not is_compiled(Late)
    assert (made.a, made.b, made.c, made.d) == (1, "x", [], 5)
    assert made == Late(1, "x", 5)


@dataclass(frozen=True, slots=True)
class Known:
    """Has something that belongs to the class."""

    every: ClassVar[int] = 7
    a: int


def test_what_belongs_to_the_class_is_no_field_of_those_derived_from_it() -> None:
    assert (Known(1), Known.every) == (Known(1), 7)

    @dataclass(frozen=True, slots=True)
    class Later(Known):
        b: int = 2

    made = Later(1)

    assert (made.a, made.b, made.every, repr(made)[-5:]) == (1, 2, 7, " b=2)")


WORDS = st.dictionaries(st.sampled_from(["a", "b", "c", "d"]), st.integers(-1, 1), max_size=4)


@given(args=st.lists(st.integers(-1, 1), max_size=4), words=WORDS)
def test_arguments_are_taken_as_the_standard_library_takes_them(
    args: list[int], words: dict[str, int]
) -> None:
    late = fresh()
    at_once = dataclasses.make_dataclass(
        "Fresh",
        [("a", int), ("b", str, "x"), ("c", list, field(default_factory=list, kw_only=True))],
        namespace={"__post_init__": late.__post_init__},
        frozen=True,
        slots=True,
    )

    def told(cls: type[Any]) -> object:
        try:
            one = cls(*args, **words)
        except (TypeError, ValueError) as error:
            return type(error), str(error).rpartition(".")[2]
        return one.a, one.b, one.c

    assert told(late) == told(at_once)


@pytest.mark.parametrize("cls", [Ordinary, Ordered])
def test_what_cannot_be_put_off_is_made_at_once(cls: type[Any]) -> None:
    assert is_compiled(cls)


def test_a_regex_does_what_the_compiled_one_does() -> None:
    pattern, given_text = "(?P<n>a+)", "bAab"
    late, at_once = regex(pattern, re.IGNORECASE), re.compile(pattern, re.IGNORECASE)

    found, expected = late.search(given_text), at_once.search(given_text)

    assert found
    assert expected
    assert (found.span(), found["n"]) == (expected.span(), expected["n"])
    assert late.sub("", given_text) == "bb"
    assert late.findall(given_text) == ["Aa"]
    assert (late.pattern, late.flags, late.groups) == (pattern, at_once.flags, 1)
    assert regex(rb"\w").findall(b"a-b") == [b"a", b"b"]


def test_a_regex_is_compiled_at_its_first_use() -> None:
    late = regex("(")

    with pytest.raises(re.error, match="unterminated subpattern"):
        late.search("x")


def test_every_regex_of_the_product_compiles() -> None:
    kind = type(regex(""))
    found = [
        value
        for module in product()
        if not module.name.startswith("lambda_sandbox")
        for value in vars(importlib.import_module(module.name)).values()
        if isinstance(value, kind)
    ]

    assert len(found) > 100
    assert [one for one in found if not one.pattern] == []
