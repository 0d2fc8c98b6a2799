"""A build's list of files in little space: which files differ, however many there are."""

from __future__ import annotations

import base64
import json
import zlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signed_lambda.manifest import LIMIT_CHARACTERS, Manifest, decode, differing, encode
from signed_lambda.model import Entry, Sha256
from signed_lambda.report.model import Differing


def entry(name: str, content: int = 0, **changes: object) -> Entry:
    """A file with some content."""
    made = Entry(
        name=name,
        kind="file",
        mode=0o644,
        size_bytes=3,
        sha256=Sha256(content.to_bytes(32, "big")),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


BUILD = [entry("app.py"), entry("lib/a.py", 1), entry("lib/deep/b.py", 2)]
names = st.lists(
    st.lists(st.sampled_from(["a", "b", "lib", "ü", "x y"]), min_size=1, max_size=4).map("/".join),
    min_size=1,
    max_size=12,
    unique=True,
)


@given(names=names, limit=st.integers(200, 2_000))
def test_what_is_decoded_is_what_was_encoded(names: list[str], limit: int) -> None:
    build = [entry(name, i) for i, name in enumerate(names)]

    text = encode(build, limit=limit)
    read = decode(text)

    assert len(text) <= limit
    assert text.isascii()
    assert read is not None
    assert differing(read, reversed(build)) == ()


@pytest.mark.parametrize(
    ("now", "found"),
    [
        ([*BUILD, entry("new.py")], [Differing("new.py", "added")]),
        (BUILD[1:], [Differing("app.py", "removed")]),
        ([entry("app.py", 9), *BUILD[1:]], [Differing("app.py", "changed")]),
        ([entry("app.py", mode=0o755), *BUILD[1:]], [Differing("app.py", "changed")]),
        ([entry("app.py", kind="link"), *BUILD[1:]], [Differing("app.py", "changed")]),
        (BUILD, []),
    ],
)
def test_each_kind_of_difference_is_told_by_name(now: list[Entry], found: list[Differing]) -> None:
    reviewed = decode(encode(BUILD))

    assert reviewed is not None
    assert differing(reviewed, now) == tuple(found)


def test_a_build_of_fifty_thousand_files_fits_and_tells_the_folder() -> None:
    build = [entry(f"node_modules/p{i % 900}/f{i}.js", i) for i in range(50_000)]
    changed = [*build[:-1], entry(build[-1].name, 1)]

    text = encode(build)
    reviewed = decode(text)

    assert len(text) <= LIMIT_CHARACTERS
    assert reviewed is not None
    assert differing(reviewed, changed) == (Differing(f"node_modules/p{49_999 % 900}/", "changed"),)


def test_fifty_thousand_files_in_one_folder_are_one_name() -> None:
    build = [entry(f"f{i}.js", i) for i in range(50_000)]

    reviewed = decode(encode(build))

    assert reviewed == Manifest.of(build, 0)
    assert differing(reviewed, build[1:]) == (Differing("/", "changed"),)


def test_a_limit_for_nothing_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="no manifest fits into 10 characters"):
        encode(BUILD, limit=10)


def packed(data: object, tail: bytes = b"") -> str:
    return base64.b64encode(zlib.compress(json.dumps(data).encode()) + tail).decode()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no base64!",
        base64.b64encode(b"no zlib").decode(),
        base64.b64encode(zlib.compress(b"no json")).decode(),
        packed([]),
        packed({"manifest": 2, "depth": 1, "hashes": {}}),
        packed({"manifest": 1, "depth": "1", "hashes": {}}),
        packed({"manifest": 1, "depth": True, "hashes": {}}),
        packed({"manifest": 1, "depth": -1, "hashes": {}}),
        packed({"manifest": 1, "depth": 1, "hashes": []}),
        packed({"manifest": 1, "depth": 1, "hashes": {"a": 1}}),
        packed({"manifest": 1, "depth": 1, "hashes": {}}, b"more"),
        base64.b64encode(zlib.compress(b"[" * 100_000)).decode(),
        base64.b64encode(zlib.compress(b" " * 20_000_000)).decode(),
    ],
    ids=range(14),
)
def test_any_other_text_is_no_manifest(text: str) -> None:
    assert decode(text) is None
