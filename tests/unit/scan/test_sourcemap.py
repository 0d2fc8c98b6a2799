"""A source map is foreign: it places a finding or is told as not used, and never costs much."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_sandbox.core import VirtualClock
from signed_lambda.scan import review
from signed_lambda.scan.sourcemap import MAX_BYTES, Origin, SourceMap, map_of
from signed_lambda.scan.watch import FILE_S, Watch, untimed
from tests.unit.package.trees import Place

if TYPE_CHECKING:
    from pathlib import Path

DIGITS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
BUNDLE: Final = (
    b"exports.handler=async(e,t)=>{await new Lambda().invoke({FunctionName:t.functionName})};\n"
)


def vlq(*numbers: int) -> str:
    """A segment, as the specification spells it."""
    text = ""
    for number in numbers:
        left = (abs(number) << 1) | (number < 0)
        while True:
            left, digit = left >> 5, left & 31
            text += DIGITS[digit | (32 if left else 0)]
            if not left:
                break
    return text


def made(mappings: str, **others: object) -> bytes:
    """A map of two sources."""
    data = {"version": 3, "sources": ["../src/a.ts", "b.ts"], "mappings": mappings}
    return json.dumps(data | others).encode()


def at(text: bytes, line: int, column: int) -> tuple[Origin | None, str]:
    """What the map says, and why it is not used."""
    found = SourceMap("dist/index.js.map", text, untimed())
    return found.at(line, column), found.why


@given(
    st.lists(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 70_000)), max_size=4), max_size=4)
)
def test_every_place_is_found_again(lines: list[list[tuple[int, int]]]) -> None:
    source = number = 0
    rows = []
    for places in lines:
        segments = []
        for to_source, to_number in places:
            segments.append(vlq(10, to_source - source, to_number - number, 0))
            source, number = to_source, to_number
        rows.append(",".join(segments))
    text = made(";".join(rows))

    for line, places in enumerate(lines, 1):
        assert at(text, line, 9) == (None, "")
        for place, (to_source, to_number) in enumerate(places, 1):
            for column in (10 * place, 10 * place + 9):
                found, _ = at(text, line, column)
                name = ("src/a.ts", "dist/b.ts")[to_source]
                assert found == Origin(name, to_number + 1, ())


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"", "not JSON"),
        (b"[" * 200_000, "not JSON"),
        (b"[]", "not a source map of one file"),
        (json.dumps({"version": 3, "sections": []}).encode(), "not a source map of one file"),
        (made("AAAA", sources=[1]), "its sources are not names"),
        (made("AA?A"), "its mappings are not numbers"),
        (made("AAA" + "g" * 50), "its mappings are not numbers"),
        (made("AAAg"), "its mappings are cut off"),
        (made(vlq(0, 9, 0, 0)), "its line 1 points outside its sources"),
        (made(";" + vlq(0, 0, -1, 0)), "its line 2 points outside its sources"),
        (made(vlq(0, 0, 1 << 29, 0)), "its line 1 points outside its sources"),
        (b" " * (MAX_BYTES + 1), f"more than {MAX_BYTES:,} bytes"),
    ],
)
def test_a_broken_map_is_not_used_and_says_why(text: bytes, why: str) -> None:
    assert at(text, 1, 0) == (None, why)


def test_a_map_that_takes_too_long_is_not_used() -> None:
    clock = VirtualClock()

    def later() -> float:
        clock.advance(FILE_S)
        return clock.monotonic()

    large = SourceMap("a.js.map", made(",".join([vlq(1, 0, 0, 0)] * 5000)), Watch(later))

    assert large.at(1, 0) is None
    assert large.why == "took over 2 s"


@pytest.mark.parametrize(
    ("root", "source", "shown"),
    [
        ("", "../src/a.ts", "src/a.ts"),
        ("", "webpack://orders/./src/a.ts", "src/a.ts"),
        ("", "../webpack:/orders/src/a.ts", "src/a.ts"),
        ("/home/me", "a.ts", "/home/me/a.ts"),
        ("src", "a.ts", "dist/src/a.ts"),
        ("", "x" * 1000, "dist/" + "x" * 295),
        ("", None, "dist/?"),
    ],
)
def test_a_source_is_named_as_seen_from_the_package(
    root: str, source: str | None, shown: str
) -> None:
    found, _ = at(made("AAAA", sourceRoot=root, sources=[source]), 1, 0)

    assert found is not None
    assert found.path == shown


@pytest.mark.parametrize(
    ("last", "files", "found"),
    [
        ("//# sourceMappingURL=b.map", {"d/b.map": b"1"}, True),
        ("//# sourceMappingURL=b.map?x", {"d/b.map": b"1"}, True),
        ("//# sourceMappingURL=https://example.com/a.js.map", {}, False),
        ("//# sourceMappingURL=../../etc/passwd", {"../etc/passwd": b"1"}, False),
        ("//# sourceMappingURL=/etc/passwd", {"/etc/passwd": b"1"}, False),
        ("", {"d/a.js.map": b"1"}, True),
        ("", {"a.js.map": b"1"}, False),
    ],
)
def test_a_map_is_looked_for_inside_the_package_only(
    last: str, files: dict[str, bytes], *, found: bool
) -> None:
    made_of = map_of("d/a.js", f"x\n{last}\n".encode(), files.get, untimed())

    assert (made_of is not None) is found


def test_a_map_inside_the_file_is_read() -> None:
    data = base64.b64encode(made("AAAA")).decode()
    body = f"x\n//# sourceMappingURL=data:application/json;charset=utf-8;base64,{data}\n"

    found = map_of("dist/a.js", body.encode(), {}.get, untimed())

    assert found is not None
    assert str(found.at(1, 0)) == "src/a.ts:1"


@pytest.mark.parametrize("data", ["e30\u00b7", "e30=\udcb7", "e3", "*"])
def test_an_inline_map_that_is_not_base64_is_told_as_not_used(data: str) -> None:
    """Found by the fuzzer: a letter that ASCII does not have."""
    body = f"x\n//# sourceMappingURL=data:application/json;base64,{data}\n"

    found = map_of("dist/a.js", body.encode("utf-8", "surrogateescape"), {}.get, untimed())

    assert found is not None
    assert (found.at(1, 0), found.why) == (None, "not JSON")


def test_a_bundle_with_a_broken_map_is_reviewed_all_the_same_and_says_it(tmp_path: Path) -> None:
    place = Place.beneath(tmp_path)
    place.fill({"index.js": BUNDLE * 3, "index.js.map": b"{"})

    done = review(place.pack(), "orders", VirtualClock())

    assert [(f.rule, f.line) for f in done.findings] == [("REC-SELF-CTX", n) for n in (1, 2, 3)]


def test_a_minified_file_says_why_its_map_is_not_used(tmp_path: Path) -> None:
    place = Place.beneath(tmp_path)
    one_line = b"/*" + b" " * 300 + b"*/" + BUNDLE.strip()
    place.fill({"index.js": one_line, "index.js.map": b"{"})

    done = review(place.pack(), "orders", VirtualClock())

    assert done.bundles == ("index.js (by a minifier, its source map is not used: not JSON)",)
    assert done.findings[0].evidence[0].startswith("index.js:1 new Lambda().invoke(")
