"""A file that somebody else writes hangs nothing: what is done with a text grows as it does.

Most of it runs where no clock of ours is looked at: in the expressions of `re`, in Unicode's
normalization, in Python's parser, none of which lets another thread run meanwhile. Each text here
took from a minute to days when its time grew with the square of its length; now all of them take
seconds together. A test that goes on for longer is ended by the processor's time.
"""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Final

import pytest

from lambda_sandbox.core import VirtualClock
from signed_lambda.package.worker import folded
from signed_lambda.report.escape import prose
from signed_lambda.scan import review
from signed_lambda.scan.discovery import find_templates
from signed_lambda.scan.front.python_text import MAX_ROW
from signed_lambda.scan.reading import Unread, read
from tests.unit.package.trees import Place

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import FrameType

    from signed_lambda.scan import Review

END_S: Final = 60.0
MANY, SOME = 300_000, 110_000
MARKS: Final = "\u0301" * (MANY // 2) + "\u0316" * (MANY // 2)
"""Combining marks out of their canonical order: sorted one by one by `unicodedata`."""
WRITES: Final = "import boto3\ndef handler(event, context):\n    boto3.client('s3').put_object("
LITERALS: Final = {
    "zeros": f"Bucket='%{'0' * MANY}' % ('x',))\n",
    "keys": f"Bucket='{'%(' * SOME}' % ('x',))\n",
    "braces": f"Bucket='{{{'a' * MANY}'.format('x'))\n",
    "underscores": f"Bucket={'_' * MANY}1)\ndef g(event, {'_' * MANY}):\n    pass\n",
    "replaced": f"Bucket='a', Key=event['key'].replace('{'>' * SOME}', '>'))\n",
}
TEMPLATE: Final = """Resources:
  Orders:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: {}
      Events:
        Put: {{Type: S3, Properties: {{Bucket: {}, Events: "s3:ObjectCreated:*"}}}}
"""
TEMPLATES: Final = {
    "template.yaml": TEMPLATE.format("orders", "!Sub '" + "${" * MANY + "'"),
    "names/template.yaml": TEMPLATE.format("fn" * MANY + "x", "b"),
    "serverless.yml": "service: s\nfunctions:\n  f:\n    handler: ${" + "file(" * SOME + "}\n",
}


@pytest.fixture(autouse=True)
def ended() -> Iterator[None]:
    """Ends a test that hangs."""

    def end(_number: int, _frame: FrameType | None) -> None:
        raise AssertionError(f"not over after {END_S:.0f} s of the processor")

    before = signal.signal(signal.SIGVTALRM, end)
    signal.setitimer(signal.ITIMER_VIRTUAL, END_S)
    yield
    signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    signal.signal(signal.SIGVTALRM, before)


def reviewed_alone(
    folder: Path, files: dict[str, str], templates: dict[str, bytes] | None = None
) -> Review:
    """The review of a package of these files."""
    place = Place.beneath(folder)
    for name, text in files.items():
        (place.dist / name).write_text(text)
    return review(place.pack(), "orders", VirtualClock(), templates or {})


@pytest.mark.parametrize("name", LITERALS)
def test_a_long_literal_or_name_is_read(tmp_path: Path, name: str) -> None:
    reviewed = reviewed_alone(tmp_path, {"app.py": WRITES + LITERALS[name]})

    assert reviewed.unread == ()


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_long_value_of_a_template_is_read(tmp_path: Path, name: str) -> None:
    files = {"app.py": WRITES + "Bucket='b', Key='k')\n"}

    reviewed = reviewed_alone(tmp_path, files, {name: TEMPLATES[name].encode()})

    assert reviewed.unread == ()


def test_documents_that_are_no_templates_are_looked_through(tmp_path: Path) -> None:
    for name in ("words.json", "lines.yml", "spaces.yaml"):
        (tmp_path / name).write_bytes((b" \n" if name[0] == "s" else b"\n") * MANY)

    found, unread = find_templates(tmp_path)

    assert (found, unread) == ({}, ())


def test_a_machine_in_a_document_of_another_name_is_found(tmp_path: Path) -> None:
    (tmp_path / "orders.json").write_text('\n\n{\n\n \t"StartAt" :\n"First",\n"States": {}}\n')

    assert list(find_templates(tmp_path)[0]) == ["orders.json"]


def test_a_row_of_combining_marks_hides_no_word_and_holds_nothing_up(tmp_path: Path) -> None:
    code = f"// {MARKS}\nexports.handler = async () => {{ await client.putObject({{}}); }};\n"

    reviewed = reviewed_alone(tmp_path, {"index.js": code})

    assert reviewed.unread == ()
    assert b"put_object" in folded(f"{MARKS}\uff50ut_object".encode())


def test_python_with_such_a_row_is_told_as_unread() -> None:
    row = MARKS[: 3 * MAX_ROW]

    found = read("app.py", f"x{MARKS[:100_000]} = 1\n".encode())

    assert found == Unread("app.py", f"not read: more than {MAX_ROW} combining marks in a row")
    assert not isinstance(read("app.py", f"x{row[:MAX_ROW]} = 1\n".encode()), Unread)
    assert isinstance(read("app.py", f"# {row}\n".encode()), Unread)


ENCODED: Final = {
    "utf-7": MARKS.encode("utf-7"),
    "cp1258": b"\xec" * (MANY // 2) + b"\xf2" * (MANY // 2),
    "unicode_escape": MARKS.encode("unicode_escape"),
}


@pytest.mark.parametrize("encoding", ENCODED)
@pytest.mark.parametrize("before", ["# ", "\n# vim: ", "\r# ", "\t\x0c#"])
def test_no_declared_encoding_hides_such_a_row(before: str, encoding: str) -> None:
    marks = ENCODED[encoding][:100_002]
    cookie = f"{before}coding: {encoding}{before[0] if before[0] == chr(13) else chr(10)}"

    found = read("app.py", cookie.encode() + b"x" + marks + b" = 1\n")

    assert found == Unread("app.py", f"not read: more than {MAX_ROW} combining marks in a row")


def test_an_encoding_that_takes_long_to_read_is_not_read() -> None:
    found = read("app.py", b"# coding: Punycode\n# " + b"a" * MANY)

    assert found == Unread("app.py", "not read: an encoding that takes long to read, punycode")
    assert not isinstance(read("app.py", "# coding: latin-1\n# \xe9\n".encode("latin-1")), Unread)
    assert isinstance(read("app.py", b"# coding: rot13\n"), Unread)
    assert isinstance(read("app.py", b"# coding: nothing\n"), Unread)


@pytest.mark.parametrize("unit", ["?", "'", "(", ".,;:!?)", "\u2026"])
def test_a_word_of_signs_alone_is_told(unit: str) -> None:
    assert prose(unit * MANY + "x")
    assert prose(unit * MANY)
