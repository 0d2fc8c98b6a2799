"""The strict zip reader: takes only a zip that every reader understands in one way.

A zip says everything twice, in a header before the data and in an index at the end; and unpackers
believe one or the other. Here both are walked, from byte 0 to the last, and must agree; no byte
may be left over. What passes can be shown to a reviewer: Lambda unpacks the same.

May import errors, model and this package's modules; reads, never writes.

Source: CVE-2025-54368 (uv) and https://blog.pypi.org/posts/2025-08-07-wheel-archive-confusion-attacks/
"""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from signed_lambda.errors import Problem, ZipError
from signed_lambda.model import Sha256
from signed_lambda.package.contents import (
    AGAIN,
    OPEN_FLAGS,
    ContentError,
    Identity,
    Place,
    ZipContents,
    ZipEntry,
    ZipEntryKind,
    content,
)
from signed_lambda.package.index import check_extra, decode_name, find_index, parse_index
from signed_lambda.package.layout import (
    DEFLATED,
    DESCRIPTOR,
    DESCRIPTOR_SIGNATURE,
    DOS_FOLDER,
    FLAG_DESCRIPTOR,
    FLAGS_ENCRYPTED,
    FLAGS_KNOWN,
    HOSTS_WITH_MODES,
    LOCAL,
    LOCAL_SIGNATURE,
    STORED,
    CentralHeader,
    Header,
    LayoutError,
)
from signed_lambda.package.limits import LINK_TARGET_BYTES_MAX, SIGNED_LIMITS, Limits
from signed_lambda.package.links import NameTree
from signed_lambda.package.names import name_fault, shown, text_fault, twin_notes

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PROBLEMS_MAX: Final = 50
_METHODS: Final = {
    1: "shrink",
    6: "implode",
    9: "deflate64",
    12: "bzip2",
    14: "lzma",
    93: "zstd",
    95: "xz",
    98: "PPMd",
    99: "AES encryption",
}


def read_zip(
    path: Path, *, limits: Limits = SIGNED_LIMITS, label: str | None = None
) -> ZipContents:
    """Reads a zip to its last byte and refuses whatever two readers could see differently.

    All data are unpacked once, in chunks: sizes, CRCs and hashes are verified when this returns.

    Args:
        path: Of the zip.
        limits: Upper bounds; the default takes a full build with Signer's two entries.
        label: What messages call it; by default the file's name.

    Raises:
        ZipError: All bad names together, or the first other fault.
    """
    label = shown(label or path.name)
    try:
        fd = os.open(path, OPEN_FLAGS)
    except OSError as error:
        raise ZipError.of(
            "E-ZIP-01", f"{label} cannot be opened ({error.strerror})", "Is it a file?"
        ) from error
    try:
        return _Reader(fd, path, label, limits).contents()
    finally:
        os.close(fd)


@dataclass(slots=True)
class _Draft:
    """An entry of the index, decoded; its data not yet seen."""

    header: CentralHeader
    name: str
    kind: ZipEntryKind
    mode: int | None


@dataclass(slots=True)
class _Reader:
    fd: int
    path: Path
    label: str
    limits: Limits
    problems: list[Problem] = field(default_factory=list)

    def contents(self) -> ZipContents:
        """Index first, then the data in the order of the index, then both as a whole."""
        status = os.fstat(self.fd)
        if not stat.S_ISREG(status.st_mode):
            raise ZipError.of("E-ZIP-01", f"{self.label} is not a regular file", "Give a .zip")
        if status.st_size > self.limits.zip_bytes:
            raise ZipError.of(
                "E-ZIP-11",
                f"{self.label} has {status.st_size:,} bytes, limit {self.limits.zip_bytes:,}",
                "Leave out what the function does not need",
            )
        identity = Identity.of(self.fd)
        record = find_index(self._read, status.st_size, self.label, self.limits)
        drafts = [
            draft
            for header in parse_index(self._read, record, self.label)
            if (draft := self._draft(header)) is not None
        ]
        self._check_names(drafts)
        self._stop_on_problems()
        self._check_total(drafts)
        entries = self._walk(drafts, record.index_offset)
        self._check_links(entries)
        self._stop_on_problems()
        if Identity.of(self.fd) != identity:
            raise ZipError.of("E-ZIP-17", f"{self.label} changed while it was read", "Run it again")
        return ZipContents(
            path=self.path,
            label=self.label,
            size_bytes=status.st_size,
            entries=entries,
            notes=twin_notes(e.name for e in entries),
            identity=identity,
        )

    def _read(self, size: int, at: int) -> bytes:
        chunk = os.pread(self.fd, size, at)
        while len(chunk) < size and (more := os.pread(self.fd, size - len(chunk), at + len(chunk))):
            chunk += more
        return chunk

    # -- the index alone

    def _draft(self, header: CentralHeader) -> _Draft | None:
        """The entry, if nothing is wrong with what the index says of it."""
        raw = header.name
        if header.flags & FLAGS_ENCRYPTED or header.method == 99:  # noqa: PLR2004 - AES
            raise self._error(raw, "E-ZIP-07", "is encrypted; Lambda cannot open it")
        if header.method not in {STORED, DEFLATED}:
            method = _METHODS.get(header.method, f"method {header.method}")
            raise self._error(raw, "E-ZIP-08", f"uses {method}; Lambda takes stored or deflate")
        if header.flags & ~FLAGS_KNOWN:
            raise self._error(raw, "E-ZIP-15", f"has unknown flags (0x{header.flags:04x})")
        if 0xFFFFFFFF in {header.compressed_bytes, header.size_bytes, header.offset}:
            raise self._error(raw, "E-ZIP-15", "uses zip64, which no package needs")
        try:
            name = decode_name(raw, header.flags)
        except LayoutError as error:
            self._note(raw, "E-ZIP-09", str(error))
            return None
        if fault := name_fault(name.removesuffix("/")):
            self._note(raw, "E-ZIP-09", f"has {fault}")
            return None
        try:
            check_extra(header.extra, raw, name)
        except LayoutError as error:
            raise self._error(raw, "E-ZIP-15", str(error)) from error
        try:
            kind, mode = _kind(header, name)
        except LayoutError as error:
            self._note(raw, "E-ZIP-13", str(error))
            return None
        if kind == "directory" and header.size_bytes:
            raise self._error(raw, "E-ZIP-13", "is a folder that holds data")
        if kind == "link" and not 0 < header.size_bytes <= LINK_TARGET_BYTES_MAX:
            raise self._error(raw, "E-ZIP-13", f"is a link of {header.size_bytes:,} bytes")
        return _Draft(header, name, kind, mode)

    def _check_names(self, drafts: list[_Draft]) -> None:
        """No name twice, no name both a file and a folder."""
        seen: set[str] = set()
        others: set[str] = set()
        for draft in drafts:
            name = draft.name.removesuffix("/")
            if name in seen:
                self._note(draft.name, "E-ZIP-06", "is there twice: readers take one or the other")
            seen.add(name)
            if draft.kind != "directory":
                others.add(name)
        folders: set[str] = set()
        for draft in drafts:
            above = draft.name.removesuffix("/").rpartition("/")[0]
            while above and above not in folders:
                if above in others:
                    self._note(
                        draft.name, "E-ZIP-16", f"lies in {shown(above)}, which is no folder"
                    )
                folders.add(above)
                above = above.rpartition("/")[0]

    def _check_total(self, drafts: list[_Draft]) -> None:
        total = sum(d.header.size_bytes for d in drafts)
        if total <= self.limits.unzipped_bytes:
            return
        largest = max(drafts, key=lambda d: d.header.size_bytes)
        packed = sum(d.header.compressed_bytes for d in drafts) or 1
        raise ZipError.of(
            "E-ZIP-11",
            f"{self.label} unpacks to {total:,} bytes ({total / packed:,.0f} times its size), limit "
            f"{self.limits.unzipped_bytes:,}; largest: {shown(largest.name)} "
            f"({largest.header.size_bytes:,})",
            "Leave out what the function does not need",
        )

    # -- the data

    def _walk(self, drafts: list[_Draft], index_offset: int) -> tuple[ZipEntry, ...]:
        """Reads header, data and descriptor of each entry; they must lie end to end from byte 0."""
        at = 0
        entries: list[ZipEntry] = []
        for order, draft in enumerate(drafts):
            offset = draft.header.offset
            if offset != at:
                raise self._out_of_line(at, offset, draft)
            following = drafts[order + 1].header.offset if order + 1 < len(drafts) else index_offset
            data_at = self._check_local(at, draft, index_offset)
            entry = self._unpack(order, draft, data_at)
            end = data_at + draft.header.compressed_bytes
            if draft.header.flags & FLAG_DESCRIPTOR:
                end = self._check_descriptor(end, following, draft.header)
            entries.append(entry)
            at = end
        if at != index_offset:
            raise self._gap(at, index_offset)
        return tuple(entries)

    def _out_of_line(self, at: int, offset: int, draft: _Draft) -> Exception:
        if offset > at:
            return self._gap(at, offset)
        return self._error(
            draft.name,
            "E-ZIP-05",
            f"begins at byte {offset:,}, inside or before the entry that ends at {at:,}",
        )

    def _gap(self, at: int, end: int) -> Exception:
        """What lies between two parts: an entry that the index hides, or other bytes."""
        if end < at:
            return ZipError.of(
                "E-ZIP-05", f"the last entry of {self.label} runs into the index", AGAIN
            )
        raw = self._read(LOCAL.size, at)
        if raw.startswith(LOCAL_SIGNATURE) and len(raw) == LOCAL.size:
            name = self._read(LOCAL.unpack(raw)[9], at + LOCAL.size)
            return self._error(
                name, "E-ZIP-04", "is in the data and not in the index: readers see other files"
            )
        return ZipError.of(
            "E-ZIP-03", f"{self.label} has {end - at:,} bytes between its parts at {at:,}", AGAIN
        )

    def _check_local(self, at: int, draft: _Draft, index_offset: int) -> int:
        """Compares the local header with the index; returns where the data begin."""
        central = draft.header
        raw = self._read(LOCAL.size, at)
        if not raw.startswith(LOCAL_SIGNATURE) or at + LOCAL.size > index_offset:
            raise self._error(draft.name, "E-ZIP-04", "is in the index and not in the data")
        _, _, flags, method, time, date, crc, compressed, size, name_bytes, extra_bytes = (
            LOCAL.unpack(raw)
        )
        data_at = at + LOCAL.size + name_bytes + extra_bytes
        if data_at + central.compressed_bytes > index_offset:
            raise self._error(draft.name, "E-ZIP-05", "has data that run into the index")
        tail = self._read(name_bytes + extra_bytes, at + LOCAL.size)
        local = Header(
            flags=flags,
            method=method,
            moment=(time, date),
            crc=crc,
            compressed_bytes=compressed,
            size_bytes=size,
            name=tail[:name_bytes],
            extra=tail[name_bytes:],
        )
        if difference := _difference(central, local):
            raise self._error(draft.name, "E-ZIP-05", difference)
        try:
            check_extra(local.extra, local.name, draft.name)
        except LayoutError as error:
            raise self._error(draft.name, "E-ZIP-15", str(error)) from error
        return data_at

    def _check_descriptor(self, at: int, following: int, header: CentralHeader) -> int:
        """Checks the record behind the data, with or without signature; returns its end."""
        expected = DESCRIPTOR.pack(header.crc, header.compressed_bytes, header.size_bytes)
        for form in (DESCRIPTOR_SIGNATURE + expected, expected):
            if following - at == len(form) and self._read(len(form), at) == form:
                return following
        found = self._read(DESCRIPTOR.size + 4, at)
        if found.startswith((DESCRIPTOR_SIGNATURE + expected, expected)):
            signed = found.startswith(DESCRIPTOR_SIGNATURE + expected)
            raise self._gap(at + DESCRIPTOR.size + 4 * signed, following)
        raise self._error(header.name, "E-ZIP-05", "has other values behind its data than in front")

    def _unpack(self, order: int, draft: _Draft, data_at: int) -> ZipEntry:
        """Unpacks the data once: verifies size and CRC, computes the hash."""
        header = draft.header
        place = Place(
            method=header.method,
            offset=data_at,
            compressed_bytes=header.compressed_bytes,
            size_bytes=header.size_bytes,
            crc=header.crc,
        )
        digest = hashlib.sha256()
        target = b""
        try:
            for chunk in content(self._read, place):
                digest.update(chunk)
                if draft.kind == "link":
                    target += chunk
        except ContentError as error:
            raise self._error(draft.name, "E-ZIP-10", str(error)) from error
        return ZipEntry(
            name=draft.name,
            kind=draft.kind,
            mode=draft.mode,
            size_bytes=header.size_bytes,
            sha256=Sha256(digest.digest()),
            order=order,
            link_target=self._link_target(draft.name, target),
            place=place,
        )

    def _link_target(self, name: str, raw: bytes) -> str:
        try:
            target = raw.decode("utf-8")
        except UnicodeDecodeError:
            self._note(name, "E-ZIP-13", f"is a link to {shown(raw)}, which is not UTF-8")
            return ""
        if fault := text_fault(target):
            self._note(name, "E-ZIP-13", f"is a link to {shown(target)}, which has {fault}")
        return target

    def _check_links(self, entries: tuple[ZipEntry, ...]) -> None:
        links = {e.name: e.link_target for e in entries if e.kind == "link"}
        if not links or self.problems:
            return
        tree = NameTree(
            files=(e.name for e in entries if e.kind == "file"),
            links=links,
            folders=(e.name.removesuffix("/") for e in entries if e.kind == "directory"),
        )
        for name, target in links.items():
            landing = tree.follow(name)
            if isinstance(landing, str):
                self._note(name, "E-ZIP-13", f"is a link to {shown(target)}: {_LINKS[landing]}")

    # -- errors

    def _note(self, name: str | bytes, id_: str, what: str) -> None:
        if len(self.problems) < PROBLEMS_MAX:
            self.problems.append(
                Problem(id_, f"entry '{shown(name)}' of {self.label} {what}", AGAIN)
            )

    def _stop_on_problems(self) -> None:
        if self.problems:
            raise ZipError(*self.problems)

    def _error(self, name: str | bytes, id_: str, what: str) -> Exception:
        return ZipError.of(id_, f"entry '{shown(name)}' of {self.label} {what}", AGAIN)


_LINKS: Final = {
    "absolute": "it is absolute",
    "outside": "it leaves the package",
    "dangling": "it leads to nothing",
    "loop": "it is a loop",
}


def _kind(header: CentralHeader, name: str) -> tuple[ZipEntryKind, int | None]:
    """Kind and permission bits by name and attributes, where no two readers can differ.

    Raises:
        LayoutError: Name and attributes disagree, or it is a device, FIFO or socket.
    """
    by_name = name.endswith("/")
    mode = header.external >> 16
    has_mode = header.host in HOSTS_WITH_MODES
    type_ = stat.S_IFMT(mode)
    if type_ not in {0, stat.S_IFREG, stat.S_IFDIR} and not (type_ == stat.S_IFLNK and has_mode):
        raise LayoutError(f"is neither file, folder nor link (mode 0{mode:o})")
    votes = {by_name}
    if type_:
        votes.add(type_ == stat.S_IFDIR)
    if header.external & DOS_FOLDER:
        votes.add(True)
    if len(votes) > 1:
        raise LayoutError(
            f"is a {'folder' if by_name else 'file'} by its name and not by its attributes"
        )
    permissions = stat.S_IMODE(mode) if has_mode and mode else None
    if by_name:
        return "directory", permissions
    return ("link" if type_ == stat.S_IFLNK else "file"), permissions


def _difference(central: CentralHeader, local: Header) -> str | None:
    """What the two headers of an entry disagree on; "version needed" may differ, it says nothing.

    With a descriptor, the local header may say 0 for what was not known yet.
    """
    if central.name != local.name:
        return f"is called '{shown(local.name)}' in the data"
    late = bool(central.flags & FLAG_DESCRIPTOR)
    pairs = (
        ("flags", central.flags, local.flags, False),
        ("method", central.method, local.method, False),
        ("time", central.moment, local.moment, False),
        ("CRC", central.crc, local.crc, late),
        ("compressed size", central.compressed_bytes, local.compressed_bytes, late),
        ("size", central.size_bytes, local.size_bytes, late),
    )
    for what, ours, theirs, may_be_zero in pairs:
        if ours != theirs and not (may_be_zero and theirs == 0):
            return f"has the {what} {ours} in the index and {theirs} in the data"
    if central.method == STORED:
        if central.size_bytes != central.compressed_bytes:
            return "is stored and has two sizes"
        if local.size_bytes != central.size_bytes:
            return "is stored and tells its size only behind its data"
    return None
