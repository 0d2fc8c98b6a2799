"""Event patterns against events that are known in part, and against moto's own matcher."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto.events.models import EventPattern

from signed_lambda.scan.matching import ABSENT, UNKNOWN, OneOf, Open, Part, Spelled, matches

if TYPE_CHECKING:
    from signed_lambda.scan.matching import Known


@pytest.mark.parametrize(
    ("item", "value", "chance"),
    [
        ("shop", "shop", "yes"),
        ("shop", "shop2", "no"),
        ("shop", Part("sh"), "maybe"),
        ("shop", Part("x"), "no"),
        ("shop", Part("", "op"), "maybe"),
        ("shop", Part("", "x"), "no"),
        ("shop", UNKNOWN, "maybe"),
        ("shop", ABSENT, "no"),
        ("shop", 5, "no"),
        (5, 5, "yes"),
        (5, 6, "no"),
        (5, 5.0, "maybe"),
        (5, Spelled("5"), "maybe"),
        (5, Spelled("6"), "no"),
        (Spelled("5"), "5", "maybe"),
        (Spelled("5"), Spelled("5"), "yes"),
        (True, True, "yes"),
        (True, "true", "no"),
        (None, None, "yes"),
        ("a", OneOf(("a", "a")), "yes"),
        ("a", OneOf(("a", "b")), "maybe"),
        ("a", OneOf(("c", "b")), "no"),
        ("a", ["b", "a"], "yes"),
        ("a", ["b", "c"], "no"),
        ({"prefix": "ab"}, "abc", "yes"),
        ({"prefix": "ab"}, "bc", "no"),
        ({"prefix": "ab"}, Part("abc"), "yes"),
        ({"prefix": "ab"}, Part("a"), "maybe"),
        ({"prefix": "ab"}, Part("b"), "no"),
        ({"prefix": "ab"}, 5, "no"),
        ({"prefix": {"equals-ignore-case": "AB"}}, Part("abC"), "yes"),
        ({"suffix": ".png"}, Part("", "x.png"), "yes"),
        ({"suffix": ".png"}, Part("x.png"), "maybe"),
        ({"suffix": ".png"}, "x.jpg", "no"),
        ({"equals-ignore-case": "Shop"}, "sHOP", "yes"),
        ({"equals-ignore-case": "Shop"}, Part("SHO"), "maybe"),
        ({"anything-but": "a"}, "b", "yes"),
        ({"anything-but": "a"}, "a", "no"),
        ({"anything-but": ["a", "b"]}, "b", "no"),
        ({"anything-but": "a"}, ABSENT, "no"),
        ({"anything-but": "a"}, UNKNOWN, "maybe"),
        ({"anything-but": {"prefix": "in"}}, Part("out"), "yes"),
        ({"anything-but": {"prefix": "in"}}, Part("in/"), "no"),
        ({"anything-but": {"new": 1}}, "x", "maybe"),
        ({"anything-but": "a"}, ["a", "b"], "maybe"),
        ({"anything-but": "a"}, ["c", "b"], "yes"),
        ({"exists": True}, "a", "yes"),
        ({"exists": True}, None, "yes"),
        ({"exists": True}, ABSENT, "no"),
        ({"exists": False}, ABSENT, "yes"),
        ({"exists": False}, UNKNOWN, "maybe"),
        ({"exists": Spelled("false")}, "a", "no"),
        ({"exists": True}, {"a": 1}, "maybe"),
        ({"numeric": [">", 0, "<=", 5]}, 5, "yes"),
        ({"numeric": [">", 0, "<=", 5]}, 6, "no"),
        ({"numeric": [">", Spelled("0")]}, 6, "yes"),
        ({"numeric": [">", 0]}, "6", "no"),
        ({"numeric": [">", 0]}, Spelled("6"), "maybe"),
        ({"numeric": [">", 9]}, Spelled("6"), "no"),
        ({"numeric": [">"]}, 6, "maybe"),
        ({"wildcard": "a*c"}, "abbc", "yes"),
        ({"wildcard": "a*c"}, "ab", "no"),
        ({"wildcard": "ab*ba"}, "aba", "no"),
        ({"wildcard": "*b*b*"}, "abcb", "yes"),
        ({"wildcard": "*b*b*"}, "abc", "no"),
        ({"wildcard": r"a\*c"}, "a*c", "yes"),
        ({"wildcard": r"a\*c"}, "abc", "no"),
        ({"wildcard": "abc"}, "abc", "yes"),
        ({"wildcard": "a*"}, Part("b"), "no"),
        ({"cidr": "10.0.0.0/24"}, "10.0.0.7", "yes"),
        ({"cidr": "10.0.0.0/24"}, "10.0.1.7", "no"),
        ({"newer": 1}, "x", "maybe"),
        ({"newer": 1}, ABSENT, "no"),
        (UNKNOWN, "x", "maybe"),
    ],
)
def test_an_item_of_a_pattern_is_decided_as_far_as_the_value_is_known(
    item: Known, value: Known, chance: str
) -> None:
    event: Known = {} if value is ABSENT else {"a": value}

    assert matches({"a": [item]}, event) == chance


@pytest.mark.parametrize(
    ("pattern", "event", "chance"),
    [
        ({}, {}, "yes"),
        ({"a": ["x"], "b": ["y"]}, {"a": "x", "b": "y"}, "yes"),
        ({"a": ["x"], "b": ["y"]}, {"a": "x", "b": "z"}, "no"),
        ({"a": ["x"], "b": ["y"]}, {"a": "x"}, "no"),
        ({"a": ["x"], "b": ["y"]}, Open({"a": "x"}), "maybe"),
        ({"a": ["x"], "b": ["y"]}, Open({"a": "z"}), "no"),
        ({"a": ["x", "y"]}, {"a": "y"}, "yes"),
        ({"a": []}, {"a": "y"}, "no"),
        ({"a": {"b": ["x"]}}, {"a": {"b": "x"}}, "yes"),
        ({"a": {"b": ["x"]}}, {"a": UNKNOWN}, "maybe"),
        ({"a": {"b": ["x"]}}, {"a": "text"}, "no"),
        ({"a": {"b": [{"exists": False}]}}, {}, "yes"),
        ({"a": {"b": ["x"]}}, {"a": [{"b": "x"}, {"b": "x"}]}, "yes"),
        ({"a": {"b": ["x"]}}, {"a": [{"b": "x"}, {"b": "y"}]}, "maybe"),
        ({"a": {"b": ["x"]}}, {"a": [{"b": "z"}]}, "no"),
        ({"$or": [{"a": ["x"]}, {"b": ["y"]}]}, {"b": "y"}, "yes"),
        ({"$or": [{"a": ["x"]}, {"b": ["y"]}]}, {"b": "z"}, "no"),
        ({"a": {"$or": [{"b": ["x"]}, {"c": ["y"]}]}}, {"a": {"c": "y"}}, "yes"),
        ({"$or": ["x"]}, {"$or": "x"}, "yes"),
        ({"a": "not an array"}, {"a": "x"}, "maybe"),
        (UNKNOWN, {"a": "x"}, "maybe"),
        ({"a": ["x"]}, OneOf(({"a": "x"}, {"a": "y"})), "maybe"),
    ],
)
def test_a_pattern_is_decided_as_far_as_the_event_is_known(
    pattern: Known, event: Known, chance: str
) -> None:
    assert matches(pattern, event) == chance


def test_a_pattern_that_is_nested_very_deep_is_a_question() -> None:
    pattern: Any = ["x"]
    for _ in range(500):
        pattern = {"a": pattern}

    assert matches(pattern, UNKNOWN) == "maybe"


# -- the same answers as somebody else's matcher, where everything is known

TEXTS = st.text("ab.", max_size=3)
SCALARS = st.one_of(TEXTS, st.integers(2, 5), st.booleans(), st.none())
KEYS = st.sampled_from(["a", "b", "c"])
ITEMS = st.one_of(
    TEXTS,
    st.integers(2, 5),
    st.builds(lambda t: {"prefix": t}, TEXTS),
    st.builds(lambda t: {"suffix": t}, TEXTS),
    st.builds(lambda t: {"prefix": {"equals-ignore-case": t}}, TEXTS),
    st.builds(lambda t: {"equals-ignore-case": t}, TEXTS),
    st.builds(lambda t: {"anything-but": t}, st.lists(TEXTS, min_size=1, max_size=2)),
    st.builds(lambda t: {"anything-but": {"prefix": t}}, TEXTS),
    st.builds(lambda b: {"exists": b}, st.booleans()),
    st.builds(lambda n: {"numeric": [">", n]}, st.integers(2, 5)),
)
PATTERNS = st.recursive(
    st.lists(ITEMS, min_size=1, max_size=2),
    lambda inner: st.dictionaries(KEYS, inner, min_size=1, max_size=2),
).filter(lambda p: isinstance(p, dict))
EVENTS = st.recursive(
    SCALARS, lambda inner: st.dictionaries(KEYS, inner, min_size=1, max_size=3)
).filter(lambda e: isinstance(e, dict))


@given(PATTERNS, EVENTS)
def test_a_known_event_is_decided_as_moto_decides_it(
    pattern: dict[str, Any], event: dict[str, Any]
) -> None:
    mine = matches(pattern, event)

    if mine != "maybe":
        theirs = EventPattern(json.dumps(pattern), pattern).matches_event(event)
        assert mine == ("yes" if theirs else "no")


@given(PATTERNS, EVENTS, st.data())
def test_what_is_decided_of_a_part_of_an_event_holds_for_all_of_it(
    pattern: dict[str, Any], event: dict[str, Any], data: st.DataObject
) -> None:
    hidden = data.draw(st.sampled_from(sorted(event)))
    part = Open({k: v for k, v in event.items() if k != hidden})

    if matches(pattern, part) != "maybe":
        assert matches(pattern, event) in (matches(pattern, part), "maybe")
