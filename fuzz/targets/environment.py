"""The inputs, as the runner gives them: NAME=value, parted by NUL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fuzz.shared import assert_printable
from signed_lambda.errors import InputError
from signed_lambda.inputs import SPECS, read

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_BYTES: Final = 2_048
WORDS: Final = (
    *(spec.variable.encode() + b"=" for spec in SPECS),
    *(word.encode() for spec in SPECS for word in (spec.default, spec.example) if word),
    *(
        b"AWS_REGION=",
        b"arn:aws:lambda:",
        b"sha256:",
        b"\0",
        b"\n",
        b"\\ ",
        b"**/",
        b"http://[::1]",
    ),
)


def seeds() -> Iterator[bytes]:
    """Each input alone, and all of them together."""
    one = [f"{s.variable}={s.example or s.default}".encode() for s in SPECS]
    yield from one
    for command in ("deploy", "plan", "rollback", "promote", "verify", "lock", "history", "scan"):
        yield b"\0".join((*one, f"INPUT_COMMAND={command}".encode()))


def check(data: bytes) -> None:
    """Typed inputs, or one error of printable problems."""
    pairs = (pair.partition("=") for pair in data.decode("utf-8", "surrogateescape").split("\0"))
    try:
        read({name: value for name, _, value in pairs})
    except InputError as error:
        assert_printable(error)
