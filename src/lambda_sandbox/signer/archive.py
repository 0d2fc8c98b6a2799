"""The zip around a signature: what Signer takes, what it writes, and the digest in between.

Imports the standard library only. Never looks inside a signature.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

META_INF: Final = "META_INF/"
SIGNATURE_FILE: Final = "META_INF/aws_signer_signature_v1.0.SF"
"""Underscore, unlike a jar's META-INF. Source: signed layers of Datadog and radkawar/stackd."""

_ZLIB_LEVEL: Final = 1
_FIRST_YEAR: Final = 1980


class RefusedArchive(Exception):
    """A zip that Signer does not sign; the text becomes the job's statusReason.

    AWS's texts are not known; that these zips fail is documented.
    Source: https://docs.aws.amazon.com/signer/latest/developerguide/Welcome.html
    """


@dataclass(frozen=True, slots=True)
class Member:
    """An entry of a zip and its content, uncompressed."""

    info: zipfile.ZipInfo
    body: bytes

    @property
    def name(self) -> str:
        """As it stands in the zip; ends with "/" for a folder."""
        return self.info.filename


def read_members(zip_bytes: bytes, limit_bytes: int) -> tuple[Member, ...]:
    """All entries, in the order of the zip's index.

    Args:
        zip_bytes: The zip.
        limit_bytes: Most bytes of the zip, and most bytes of its content.

    Raises:
        RefusedArchive: Not a zip, broken, encrypted, too large, or a name twice.
    """
    if len(zip_bytes) > limit_bytes:
        raise RefusedArchive(f"The object is larger than {limit_bytes} bytes.")
    try:
        with zipfile.ZipFile(io.BytesIO(zip_bytes)) as archive:
            infos = archive.infolist()
            if sum(info.file_size for info in infos) > limit_bytes:
                raise RefusedArchive(f"The ZIP unpacks to more than {limit_bytes} bytes.")
            if len({info.filename for info in infos}) != len(infos):
                raise RefusedArchive("The ZIP holds a name twice.")
            return tuple(Member(info, archive.read(info)) for info in infos)
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:
        # RuntimeError is zipfile's word for an encrypted entry, NotImplementedError (one of its
        # kind) for a compression that it does not know.
        raise RefusedArchive(f"The ZIP cannot be read: {error}.") from error


def content_digest(members: Iterable[Member]) -> bytes:
    """The 48 bytes that Signer signs: SHA384(SHA384(name1 || body1 || name2 || body2 || ...)).

    In the zip's order, folders included, the signature file left out. No lengths stand between:
    different entries can have one digest. Times, modes and compression are not covered.

    Source: radkawar/stackd, `compute/lambda/signature` (derived from packages that AWS signed);
    AWS does not document it.
    """
    inner = hashlib.sha384()
    for member in members:
        if member.name != SIGNATURE_FILE:
            inner.update(member.name.encode())
            inner.update(member.body)
    return hashlib.sha384(inner.digest()).digest()


def to_be_signed(zip_bytes: bytes, limit_bytes: int) -> tuple[Member, ...]:
    """The source's entries plus the folder of the signature, as they will be signed.

    Raises:
        RefusedArchive: Not signable: see `read_members`; also empty, or already signed.
    """
    members = read_members(zip_bytes, limit_bytes)
    names = {member.name for member in members}
    if not names:
        raise RefusedArchive("The ZIP is empty.")
    if SIGNATURE_FILE in names:
        raise RefusedArchive("The ZIP is already signed.")
    if META_INF not in names:
        members += (Member(_made_by_signer(META_INF, members[-1].info.date_time), b""),)
    return members


def signed_zip(
    members: Iterable[Member], signature: bytes, at: datetime, *, streamed: bool = False
) -> bytes:
    """The zip with the signature file as its last entry.

    Order, names, contents, types and modes stay; everything is compressed again, so that no entry
    has the raw bytes it had before (AWS does not promise them either).

    Args:
        members: Of `to_be_signed`.
        signature: PEM text.
        at: Time of the signature file's entry.
        streamed: Sizes and CRC after the data.
    """
    date = (max(at.year, _FIRST_YEAR), at.month, at.day, at.hour, at.minute, at.second)
    last = Member(_made_by_signer(SIGNATURE_FILE, date), signature)
    return write_zip((*members, last), level=_ZLIB_LEVEL, streamed=streamed)


def write_zip(members: Iterable[Member], *, level: int, streamed: bool = False) -> bytes:
    """A zip of the members; deflate where an entry has content and is not a link or folder."""
    buffer = io.BytesIO()
    sink = _OneWay(buffer) if streamed else buffer
    with zipfile.ZipFile(sink, "w") as archive:
        for member in members:
            header = _copied(member.info)
            archive.writestr(
                header,
                member.body,
                zipfile.ZIP_DEFLATED if member.body else zipfile.ZIP_STORED,
                level if member.body else None,
            )
            # zipfile turns 0 into 0o600; the index is written at close, so this puts 0 back.
            header.external_attr = member.info.external_attr
    return buffer.getvalue()


class _OneWay(io.RawIOBase):
    """A sink that cannot go back, so that zipfile writes data descriptors."""

    def __init__(self, sink: io.BytesIO) -> None:
        super().__init__()
        self._sink = sink

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        return self._sink.write(bytes(memoryview(data)))  # type: ignore[arg-type]


def _copied(info: zipfile.ZipInfo) -> zipfile.ZipInfo:
    """A new header with the old one's name, time, type and mode; extra fields are not kept."""
    copy = zipfile.ZipInfo(info.filename, info.date_time)
    copy.create_system = info.create_system
    copy.external_attr = info.external_attr
    return copy


def _made_by_signer(name: str, date: tuple[int, int, int, int, int, int]) -> zipfile.ZipInfo:
    """A header without Unix modes: nothing is known of the real one's, so none is promised."""
    info = zipfile.ZipInfo(name, date)
    info.create_system = 0
    info.external_attr = 0
    return info
