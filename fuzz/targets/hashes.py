"""Hashes and rollback targets as a person writes them: one meaning, or a refusal."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Final

from signed_lambda.inputs.bad import BadValueError
from signed_lambda.inputs.plain import sha256, target
from signed_lambda.inputs.values import CodeTarget, HashAliasTarget, VersionTarget
from signed_lambda.model import Sha256

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_BYTES: Final = 128
WORDS: Final = (
    b"sha256:",
    b"HASH-",
    b"previous",
    b"$LATEST",
    b"==",
    b"=",
    b"-2",
    b"v1",
    b"a1" * 32,
)


def seeds() -> Iterator[bytes]:
    """Each form, and what is nearly one."""
    yield from WORDS
    yield from (b"sha256:" + b"a1" * 32, b"HASH-" + b"0f" * 32, b"42", b"007", b"A" * 64)
    yield from (base64.b64encode(bytes(range(32))), b"A" * 42 + b"B=")
    yield base64.urlsafe_b64encode(b"\xff" * 32)


def check(data: bytes) -> None:
    """A hash that is taken is the one that was written, and nothing but BadValueError is raised."""
    text = data.decode("utf-8", "surrogateescape")
    if not text:
        return  # not given, which no parser sees
    try:
        digest = sha256(text)
    except BadValueError:
        pass
    else:
        assert text in (digest.b64, digest.hex) or text.lower() == digest.hex
        assert Sha256.from_b64(digest.b64) == Sha256.from_hex(digest.hex) == digest
    try:
        wanted = target(text)
    except BadValueError:
        return
    match wanted:
        case CodeTarget(code):
            assert text.lower() == f"sha256:{code.hex}"
        case HashAliasTarget(digits):
            assert text.lower() == f"hash-{digits}"
        case VersionTarget(version):
            assert text == version
        case _:
            assert text == "previous"
