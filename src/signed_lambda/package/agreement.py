"""What the headers of one entry say, and whether they agree.

Pure: imports this package's pure modules only.
"""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING, Final, NamedTuple

from signed_lambda.package.layout import (
    DEFLATED,
    DOS_FOLDER,
    FLAG_DESCRIPTOR,
    FLAGS_ENCRYPTED,
    FLAGS_KNOWN,
    HOST_UNIX,
    INTERNAL_TEXT,
    STORED,
    U32_MAX,
    VERSION_MAX,
    CentralHeader,
    Header,
    LayoutError,
)
from signed_lambda.package.limits import LINK_TARGET_BYTES_MAX
from signed_lambda.package.names import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from signed_lambda.package.contents import ZipEntryKind

_AES: Final = 99
_METHODS: Final = {
    1: "shrink",
    6: "implode",
    9: "deflate64",
    12: "bzip2",
    14: "lzma",
    93: "zstd",
    95: "xz",
    98: "PPMd",
}


class Draft(NamedTuple):
    """An entry of the index, decoded; its data not yet seen.

    Attributes:
        header: As the index has it.
        offset: Of the header before the data.
        name: Decoded; directories with their closing "/".
        kind: File, link or directory.
        mode: Permission bits; None if the zip has none.
    """

    header: Header
    offset: int
    name: str
    kind: ZipEntryKind
    mode: int | None


def form_fault(entry: CentralHeader) -> tuple[str, str] | None:
    """Why this entry cannot be taken in any way: an id of ZIP and a phrase; None if it can."""
    return next(_form_faults(entry), None)


def _form_faults(entry: CentralHeader) -> Iterator[tuple[str, str]]:
    header = entry.common
    if header.flags & FLAGS_ENCRYPTED or header.method == _AES:
        yield "E-ZIP-07", "is encrypted; Lambda cannot open it"
    if header.method not in {STORED, DEFLATED}:
        method = _METHODS.get(header.method, f"method {header.method}")
        yield "E-ZIP-08", f"uses {method}; Lambda takes stored or deflate"
    if header.flags & ~FLAGS_KNOWN:
        yield "E-ZIP-15", f"has unknown flags (0x{header.flags:04x})"
    if header.version > VERSION_MAX:
        yield "E-ZIP-15", f"needs version {header.version / 10} of the format"
    if entry.internal & ~INTERNAL_TEXT:
        yield "E-ZIP-15", f"has unknown internal attributes (0x{entry.internal:04x})"
    if U32_MAX in {header.compressed_bytes, header.size_bytes, entry.offset}:
        yield "E-ZIP-15", "uses zip64, which no package needs"


def draft(entry: CentralHeader, name: str) -> Draft:
    """The entry with its kind and mode, where no two readers can take them differently.

    Raises:
        LayoutError: Name and attributes disagree; it is a device, FIFO or socket; a folder with
            data, a link without a target. A phrase to be read after the name.
    """
    header, is_folder = entry.common, name.endswith("/")
    mode = entry.external >> 16
    has_mode = entry.host == HOST_UNIX
    type_ = stat.S_IFMT(mode)
    if type_ not in {0, stat.S_IFREG, stat.S_IFDIR} and not (type_ == stat.S_IFLNK and has_mode):
        raise LayoutError(f"is neither file, folder nor link (mode 0{mode:o})")
    votes = {is_folder}
    if type_:
        votes.add(type_ == stat.S_IFDIR)
    if entry.external & DOS_FOLDER:
        votes.add(True)
    if len(votes) > 1:
        raise LayoutError(
            f"is a {'folder' if is_folder else 'file'} by its name and not by its attributes"
        )
    if is_folder and header.size_bytes:
        raise LayoutError("is a folder that holds data")
    is_link = type_ == stat.S_IFLNK
    if is_link and not 0 < header.size_bytes <= LINK_TARGET_BYTES_MAX:
        raise LayoutError(f"is a link of {header.size_bytes:,} bytes")
    kind: ZipEntryKind = "directory" if is_folder else "link" if is_link else "file"
    permissions = stat.S_IMODE(mode) if has_mode and mode else None
    return Draft(header, entry.offset, name, kind, permissions)


def difference(central: Header, local: Header) -> str | None:
    """What the two headers of an entry disagree on.

    With a descriptor, the local header may say 0 for what was not known yet.
    """
    if central.name != local.name:
        return f"is called '{shown(local.name)}' in the data"
    late = bool(central.flags & FLAG_DESCRIPTOR)
    pairs = (
        ("version", central.version, local.version, False),
        ("flags", central.flags, local.flags, False),
        ("method", central.method, local.method, False),
        ("time", central.moment, local.moment, False),
        ("CRC", central.crc, local.crc, late),
        ("compressed size", central.compressed_bytes, local.compressed_bytes, late),
        ("size", central.size_bytes, local.size_bytes, late),
    )
    for what, ours, theirs, may_be_zero in pairs:
        if ours != theirs and not (may_be_zero and theirs == 0):
            told = "08x" if what == "CRC" else ""
            return f"has the {what} {ours:{told}} in the index and {theirs:{told}} in the data"
    if central.method == STORED:
        if central.size_bytes != central.compressed_bytes:
            return "is stored and has two sizes"
        if local.size_bytes != central.size_bytes:
            return "is stored and tells its size only behind its data"
    return None


def name_faults(drafts: list[Draft]) -> list[tuple[str, str, str]]:
    """Names that stand there twice, or are both a file and a folder.

    Returns:
        Name, id and phrase of each.
    """
    faults: list[tuple[str, str, str]] = []
    seen: set[str] = set()
    others: set[str] = set()
    for item in drafts:
        name = item.name.removesuffix("/")
        if name in seen:
            faults.append((item.name, "E-ZIP-06", "is there twice: readers take one or the other"))
        seen.add(name)
        if item.kind != "directory":
            others.add(name)
    folders: set[str] = set()
    for item in drafts:
        above = item.name.removesuffix("/").rpartition("/")[0]
        while above and above not in folders:
            if above in others:
                faults.append(
                    (item.name, "E-ZIP-16", f"lies in {shown(above)}, which is no folder")
                )
            folders.add(above)
            above = above.rpartition("/")[0]
    return faults
