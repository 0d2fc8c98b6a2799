"""The strict zip reader: takes only a zip that every reader understands in one way.

A zip says everything twice, in a header before the data and in an index at the end; and unpackers
believe one or the other. Here both are walked, from byte 0 to the last, and must agree; no byte
may be left over. What passes can be shown to a reviewer: Lambda unpacks the same.

May import errors, model and this package's modules; reads, never writes.

Source: CVE-2025-54368 (uv): the wheel archive confusion attacks of August 2025
"""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import field
from typing import TYPE_CHECKING, Final

from signed_lambda.errors import Problem, ZipError
from signed_lambda.lazy import dataclass
from signed_lambda.model import Place, Sha256
from signed_lambda.package.agreement import Draft, difference, draft, form_fault, name_faults
from signed_lambda.package.contents import (
    AGAIN,
    OPEN_FLAGS,
    ContentError,
    Identity,
    ZipContents,
    ZipEntry,
    changed,
    content,
    whole,
)
from signed_lambda.package.index import check_extra, decode_name, find_index, parse_index
from signed_lambda.package.layout import (
    DESCRIPTOR,
    DESCRIPTOR_SIGNATURE,
    FLAG_DESCRIPTOR,
    LOCAL,
    LOCAL_SIGNATURE,
    CentralHeader,
    Header,
    LayoutError,
)
from signed_lambda.package.limits import SIGNED_LIMITS, Limits
from signed_lambda.package.links import NameTree
from signed_lambda.package.names import (
    name_fault,
    paths_characters,
    shown,
    text_fault,
    twin_notes,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from signed_lambda.model import Package
    from signed_lambda.package.ahead import Unpacked

PROBLEMS_MAX: Final = 50


def read_zip(
    path: Path,
    *,
    limits: Limits = SIGNED_LIMITS,
    label: str | None = None,
    unpacked: Unpacked | None = None,
) -> ZipContents:
    """Reads a zip to its last byte and refuses whatever two readers could see differently.

    All data are unpacked once, in chunks: sizes, CRCs and hashes are verified when this returns.

    Args:
        path: Of the zip.
        limits: Upper bounds; the default takes a full build with Signer's two entries.
        label: What messages call it; by default the file's name.
        unpacked: What `Ahead` has unpacked of this very file; of another one, or one that was
            changed since, nothing of it is taken.

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
        identity = Identity.of(fd)
        same = unpacked is not None and unpacked.identity == identity
        hashes = unpacked.hashes if unpacked is not None and same else {}
        return _Reader(fd, path, label, limits, identity, hashes).contents()
    finally:
        os.close(fd)


def reopen(package: Package) -> ZipContents:
    """The zip that `pack` made, to read from it again.

    The writer told where the data of each file lie and what they hash to; they are unpacked, and
    held against that, when they are read.

    Raises:
        ZipError: E-ZIP-17: the zip is gone, or another.
    """
    label = shown(package.path.name)
    try:
        fd = os.open(package.path, OPEN_FLAGS)
    except OSError as error:
        raise ZipError.of(
            "E-ZIP-17", f"{label} cannot be opened again ({error.strerror})", "Run it again"
        ) from error
    try:
        identity = Identity.of(fd)
        return ZipContents(
            path=package.path,
            label=label,
            size_bytes=identity.size_bytes,
            entries=tuple(_own_entries(fd, package)),
            notes=package.notes,
            identity=identity,
        )
    except ContentError as error:
        raise changed(label) from error
    finally:
        os.close(fd)


def _own_entries(fd: int, package: Package) -> Iterator[ZipEntry]:
    pairs = zip(package.entries, package.places, strict=True)
    for order, (entry, place) in enumerate(pairs):
        target = whole(fd, place, entry.sha256) if entry.kind == "link" else b""
        yield ZipEntry(
            name=entry.name,
            kind=entry.kind,
            mode=entry.mode,
            size_bytes=entry.size_bytes,
            sha256=entry.sha256,
            order=order,
            link_target=target.decode(),
            place=place,
        )


@dataclass(slots=True)
class _Reader:
    fd: int
    path: Path
    label: str
    limits: Limits
    identity: Identity
    unpacked: Mapping[Place, Sha256] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def contents(self) -> ZipContents:
        """Index first, then the data in the order of the index, then both as a whole."""
        size_bytes = self.identity.size_bytes
        if not stat.S_ISREG(os.fstat(self.fd).st_mode):
            raise ZipError.of("E-ZIP-01", f"{self.label} is not a regular file", "Give a .zip")
        if size_bytes > self.limits.zip_bytes:
            raise ZipError.of(
                "E-ZIP-11",
                f"{self.label} has {size_bytes:,} bytes, limit {self.limits.zip_bytes:,}",
                "Leave out what the function does not need",
            )
        record = find_index(self._read, size_bytes, self.label, self.limits)
        headers = parse_index(self._read, record, self.label)
        drafts = [item for item in map(self._draft, headers) if item is not None]
        self._check_names(drafts)
        for name, id_, what in name_faults(drafts):
            self._note(name, id_, what)
        self._stop_on_problems()
        self._check_total(drafts)
        entries = self._walk(drafts, record.index_offset)
        self._stop_on_problems()
        self._check_links(entries)
        self._stop_on_problems()
        if Identity.of(self.fd) != self.identity:
            raise changed(self.label)
        return ZipContents(
            path=self.path,
            label=self.label,
            size_bytes=size_bytes,
            entries=entries,
            notes=twin_notes(e.name for e in entries),
            identity=self.identity,
        )

    def _read(self, size: int, at: int) -> bytes:
        """At most so many bytes; fewer only at the end that the zip had when it was opened.

        Raises:
            ZipError: E-ZIP-17.
        """
        chunk = os.pread(self.fd, size, at)
        if len(chunk) < min(size, self.identity.size_bytes - at):
            raise changed(self.label)
        return chunk

    # -- the index alone

    def _draft(self, entry: CentralHeader) -> Draft | None:
        """The entry, if nothing is wrong with what the index says of it."""
        header, raw = entry.common, entry.common.name
        if fault := form_fault(entry):
            raise self._error(raw, *fault)
        try:
            name = decode_name(raw, header.flags)
        except LayoutError as error:
            self._note(raw, "E-ZIP-09", str(error))
            return None
        if bad := name_fault(name.removesuffix("/")):
            self._note(raw, "E-ZIP-09", f"has {bad}")
            return None
        try:
            check_extra(header.extra, raw, name)
        except LayoutError as error:
            raise self._error(raw, "E-ZIP-15", str(error)) from error
        try:
            return draft(entry, name)
        except LayoutError as error:
            self._note(raw, "E-ZIP-13", str(error))
            return None

    def _check_names(self, drafts: list[Draft]) -> None:
        """Before each folder above each name becomes a text of its own."""
        characters = paths_characters(item.name for item in drafts)
        if characters > self.limits.paths_characters:
            longest = max(len(item.name) for item in drafts)
            raise ZipError.of(
                "E-ZIP-12",
                f"the names in {self.label}, with the folders above each, have {characters:,}"
                f" characters, limit {self.limits.paths_characters:,}; one has {longest:,}",
                "Give the files shorter names, or fewer folders within folders",
            )

    def _check_total(self, drafts: list[Draft]) -> None:
        total = sum(d.header.size_bytes for d in drafts)
        if total <= self.limits.unzipped_bytes:
            return
        largest = max(drafts, key=lambda d: d.header.size_bytes)
        packed = sum(d.header.compressed_bytes for d in drafts) or 1
        raise ZipError.of(
            "E-ZIP-11",
            f"{self.label} unpacks to {total:,} bytes ({total / packed:,.0f} times its size), "
            f"limit {self.limits.unzipped_bytes:,}; largest: {shown(largest.name)} "
            f"({largest.header.size_bytes:,})",
            "Leave out what the function does not need",
        )

    # -- the data

    def _walk(self, drafts: list[Draft], index_offset: int) -> tuple[ZipEntry, ...]:
        """Reads header, data and descriptor of each entry; they must lie end to end from byte 0."""
        starts = [*(item.offset for item in drafts), index_offset]
        if starts[0] != 0:
            raise self._gap(0, starts[0])
        entries: list[ZipEntry] = []
        for order, item in enumerate(drafts):
            following = starts[order + 1]
            if following > index_offset:
                raise self._error(
                    drafts[order + 1].name, "E-ZIP-05", "begins behind the start of the index"
                )
            data_at = self._check_local(starts[order], item, following)
            entries.append(self._unpack(order, item, data_at))
            end = data_at + item.header.compressed_bytes
            if item.header.flags & FLAG_DESCRIPTOR:
                end = self._check_descriptor(end, following, item.header)
            if end != following:
                raise self._gap(end, following)
        return tuple(entries)

    def _gap(self, at: int, end: int) -> Exception:
        """What lies between two parts: an entry that the index hides, or other bytes."""
        raw = self._read(LOCAL.size, at)
        if raw.startswith(LOCAL_SIGNATURE) and len(raw) == LOCAL.size:
            name = self._read(LOCAL.unpack(raw)[9], at + LOCAL.size)
            return self._error(
                name, "E-ZIP-04", "is in the data and not in the index: readers see other files"
            )
        return ZipError.of(
            "E-ZIP-03", f"{self.label} has {end - at:,} bytes between its parts at {at:,}", AGAIN
        )

    def _check_local(self, at: int, item: Draft, following: int) -> int:
        """Compares the local header with the index; returns where the data begin.

        The data must end before the next entry begins: so no byte is unpacked twice.
        """
        central = item.header
        # As long as the index lets expect: then name and extra fields come with it.
        raw = self._read(LOCAL.size + len(central.name) + len(central.extra), at)
        if not raw.startswith(LOCAL_SIGNATURE):
            raise self._error(item.name, "E-ZIP-04", "is in the index and not in the data")
        _, version, flags, method, time, date, crc, compressed, size, name_bytes, extra_bytes = (
            LOCAL.unpack_from(raw)
        )
        data_at: int = at + LOCAL.size + name_bytes + extra_bytes
        if data_at + central.compressed_bytes > following:
            raise self._error(
                item.name,
                "E-ZIP-05",
                f"has data that run over byte {following:,}, where others begin",
            )
        tail = raw[LOCAL.size :]
        if len(tail) != name_bytes + extra_bytes:
            tail = self._read(name_bytes + extra_bytes, at + LOCAL.size)
        name, extra = tail[:name_bytes], tail[name_bytes:]
        local = Header(version, flags, method, (time, date), crc, compressed, size, name, extra)
        if what := difference(central, local):
            raise self._error(item.name, "E-ZIP-05", what)
        try:
            check_extra(local.extra, local.name, item.name)
        except LayoutError as error:
            raise self._error(item.name, "E-ZIP-15", str(error)) from error
        return data_at

    def _check_descriptor(self, at: int, following: int, header: Header) -> int:
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

    def _unpack(self, order: int, item: Draft, data_at: int) -> ZipEntry:
        """Unpacks the data once, unless that was done ahead: verifies size and CRC, hashes."""
        header = item.header
        place = Place(
            method=header.method,
            offset=data_at,
            compressed_bytes=header.compressed_bytes,
            size_bytes=header.size_bytes,
            crc=header.crc,
        )
        sha256 = self.unpacked.get(place) if item.kind != "link" else None
        target = b""
        if sha256 is None:
            digest = hashlib.sha256()
            try:
                for chunk in content(self._read, place):
                    digest.update(chunk)
                    if item.kind == "link":
                        target += chunk
            except ContentError as error:
                raise self._error(item.name, "E-ZIP-10", str(error)) from error
            sha256 = Sha256(digest.digest())
        return ZipEntry(
            name=item.name,
            kind=item.kind,
            mode=item.mode,
            size_bytes=header.size_bytes,
            sha256=sha256,
            order=order,
            link_target=self._link_target(item.name, target) if target else "",
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
