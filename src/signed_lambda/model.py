"""The values that flow through the chain: hashes, names, the package.

Pure: imports errors only; no clock, no file, no network. Evidence of each step lives with its step
in `chain/`; what is here is shared by all.
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Final, Literal, NewType, Self

from signed_lambda.lazy import dataclass, regex

if TYPE_CHECKING:
    from pathlib import Path

FunctionName = NewType("FunctionName", str)
"""Unqualified name of a function, 1-64 of letters, digits, - and _."""
AliasName = NewType("AliasName", str)
"""Name of an alias, 1-128 of letters, digits, - and _, not all digits."""
Version = NewType("Version", str)
"""Number of a published version as Lambda spells it: "1", "2"; never "$LATEST"."""

_HEX: Final = regex(r"[0-9a-f]{64}")
_BASE64: Final = regex(r"[A-Za-z0-9+/]{43}=")


@dataclass(frozen=True, slots=True)
class Sha256:
    """A SHA-256, compared as its 32 bytes: spellings (hex, base64) are never compared."""

    digest: bytes

    def __post_init__(self) -> None:
        if len(self.digest) != 32:  # noqa: PLR2004 - a SHA-256 has 32 bytes
            raise ValueError(f"a SHA-256 has 32 bytes, not {len(self.digest)}")

    @classmethod
    def from_b64(cls, text: str) -> Self:
        """The hash that Lambda and S3 write as 44 characters of base64.

        Strict: S3's "...=-2" of multipart uploads, line breaks, missing padding, the URL-safe
        alphabet and non-zero padding bits are refused.

        Raises:
            ValueError: The text is not of that form.
        """
        if not _BASE64.fullmatch(text):
            raise ValueError(f"not 44 characters of base64: {text[:80]!r}")
        digest = binascii.a2b_base64(text)
        if base64.b64encode(digest).decode() != text:
            raise ValueError(f"not canonical base64: {text!r}")
        return cls(digest)

    @classmethod
    def from_hex(cls, text: str) -> Self:
        """The hash from 64 lower-case hex digits.

        Raises:
            ValueError: The text is not of that form.
        """
        if not _HEX.fullmatch(text):
            raise ValueError(f"not 64 lower-case hex digits: {text[:80]!r}")
        return cls(bytes.fromhex(text))

    @property
    def hex(self) -> str:
        """64 lower-case hex digits, as `sha256sum` prints."""
        return self.digest.hex()

    @property
    def b64(self) -> str:
        """44 characters of base64, as Lambda shows it in CodeSha256."""
        return base64.b64encode(self.digest).decode()

    def __str__(self) -> str:
        return f"sha256:{self.hex}"


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberChange:
    """A member of a function's configuration that differs.

    Attributes:
        name: "Timeout".
        before, after: As canonical JSON, None where it is not set; both None when the values must
            not be shown, or nobody knows whether they may.
        note: What differs instead ("changed TABLE"), "" where the values say it.
    """

    name: str
    before: str | None = None
    after: str | None = None
    note: str = ""

    def __str__(self) -> str:
        """One phrase: "Timeout 3 -> 900"."""
        if self.note:
            return f"{self.name}: {self.note}"
        return f"{self.name} {self.before or 'not set'} -> {self.after or 'not set'}"


EntryKind = Literal["file", "link"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of a package, by what Lambda would unpack from it.

    Attributes:
        name: Path in the zip, "/"-separated, no leading "/", UTF-8.
        kind: A regular file, or a symbolic link (its content is the link's target).
        mode: Permission bits: 0o644 or 0o755 of a file, 0o777 of a link.
        size_bytes: Of the content.
        sha256: Of the content.
    """

    name: str
    kind: EntryKind
    mode: int
    size_bytes: int
    sha256: Sha256


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the data of an entry lie in a zip.

    Attributes:
        method: 0 for stored, 8 for deflated.
        offset: Of the data.
        compressed_bytes: Of the data.
        size_bytes: Of the content.
        crc: CRC-32 of the content.
    """

    method: int
    offset: int
    compressed_bytes: int
    size_bytes: int
    crc: int


Compression = Literal["fast", "default", "small"]
"""How small a package is made; each gives other bytes, so another hash."""

LeftOutReason = Literal["secret", "pattern", "bytecode", "empty-folder", "control-file"]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something of the source that is not in the package, and why: shown, never silent."""

    name: str
    reason: LeftOutReason


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """Something in a package that could be left out; it is not, unless the user says so.

    Attributes:
        exclude: The line of `exclude` that leaves it out.
        what: In words.
        files: How many.
        size_bytes: Of their contents.
        zipped_bytes: What they take in the zip.
    """

    exclude: str
    what: str
    files: int
    size_bytes: int
    zipped_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """The reproducible zip of a source: the same files give the same bytes on any machine.

    Built only by `signed_lambda.package.pack`.

    Attributes:
        path: Of the zip, in a private temporary folder.
        sha256: Of the zip.
        size_bytes: Of the zip.
        unzipped_bytes: Sum of the entries' sizes.
        entries: In the order of the zip: sorted by the bytes of their names.
        places: Where the data of each entry lie, in the same order.
        left_out: What was not packed.
        compression: As asked for.
        codec: Compressor, its version and level, for the report.
        source: As the user wrote it.
        source_sha256: Of the .zip that was given as source; None for a folder.
        notes: Warnings for the report, one sentence each (names differing only by case, ...).
        advice: What could be left out, the largest saving first.
        wordless: Names of files in whose bytes none of the words is that `pack` looked for. It
            does not look into every file.
    """

    path: Path
    sha256: Sha256
    size_bytes: int
    unzipped_bytes: int
    entries: tuple[Entry, ...]
    places: tuple[Place, ...]
    left_out: tuple[LeftOut, ...]
    compression: Compression
    codec: str
    source: str
    source_sha256: Sha256 | None
    notes: tuple[str, ...] = ()
    advice: tuple[Advice, ...] = ()
    wordless: frozenset[str] = frozenset()
