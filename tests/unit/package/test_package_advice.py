"""What could be left out is told with what it saves, exactly, and is never left out unasked."""

from __future__ import annotations

import hashlib

from trees import Place, names

from signed_lambda.package.advice import advise

OWN = hashlib.shake_128(b"own").digest(30_000)
TREE = {
    "index.js": OWN,
    "index.d.ts": b"export declare const a: string;\n" * 400,
    "index.js.map": b"{}" * 2_000,
    "README.md": b"read at run time\n" * 100,
    "latest/x.js": b"y" * 5_000,
    "node_modules/a/a.js": b"x" * 5_000,
    "node_modules/a/a.js.map": b"[]" * 4_000,
    "node_modules/a/README.md": b"hello " * 900,
    "node_modules/a/b.d.mts": b"export {};\n" * 300,
    "node_modules/a/b.d.cts": b"export {}\n" * 300,
    "node_modules/a/node_modules/b/tests/c.d.ts": b"1" * 5_000,
    "node_modules/a/CHANGES.mdx": b"2" * 100,
    "python/lib/a.pyi": b"def f() -> int: ...\n" * 90,
    "tests/test_app.py": b"3" * 4_000,
    "contests/test_app.py": b"4" * 4_000,
    "lib/tests": b"a file of that name",
    "a.d.txt": b"5" * 100,
}


def test_following_all_advice_saves_exactly_what_was_told(place: Place) -> None:
    place.fill(TREE)
    package = place.pack()

    after = place.pack(exclude=[advice.exclude for advice in package.advice])

    assert {advice.exclude for advice in package.advice} == {
        "*.d.ts",
        "*.d.mts",
        "*.d.cts",
        "*.pyi",
        "**/node_modules/**/*.map",
        "**/node_modules/**/*.md",
        "tests/",
    }
    saved = package.unzipped_bytes - after.unzipped_bytes
    assert saved == sum(advice.size_bytes for advice in package.advice)
    zipped = package.size_bytes - after.size_bytes
    assert zipped == sum(advice.zipped_bytes for advice in package.advice)
    files = len(package.entries) - len(after.entries)
    assert files == sum(advice.files for advice in package.advice)
    assert "index.js.map" in names(after)
    assert "README.md" in names(after)


def test_each_line_alone_saves_what_was_told_of_it(place: Place) -> None:
    """But a file that two lines leave out is counted for one of them."""
    place.fill({n: b for n, b in TREE.items() if "node_modules/b/tests" not in n})
    package = place.pack()

    for advice in package.advice:
        after = place.pack(exclude=[advice.exclude])

        assert package.unzipped_bytes - after.unzipped_bytes == advice.size_bytes
        assert package.size_bytes - after.size_bytes == advice.zipped_bytes


def test_nothing_is_left_out_by_itself(place: Place) -> None:
    place.fill(TREE)

    assert names(place.pack()) == sorted(TREE)


def test_the_largest_saving_stands_first(place: Place) -> None:
    place.fill(TREE)

    saved = [advice.size_bytes for advice in place.pack().advice]

    assert saved == sorted(saved, reverse=True)


def test_what_is_not_worth_reading_is_not_told(place: Place) -> None:
    place.fill({"app.js": OWN, "a.d.ts": b"1" * (len(OWN) // 21)})
    assert place.pack().advice == ()

    place.fill({"b.d.ts": b"1" * (len(OWN) // 21)})
    assert [a.exclude for a in place.pack().advice] == ["*.d.ts"]


def test_an_empty_list_has_no_advice() -> None:
    assert advise([]) == ()
