"""A zip is unpacked while it arrives, into what the strict reader would unpack."""

from __future__ import annotations

import io
import random
import zipfile
from typing import TYPE_CHECKING

import pytest

from signed_lambda.errors import ZipError
from signed_lambda.package import SIGNED_LIMITS, Ahead, Limits, read_zip
from signed_lambda.package.ahead import BATCH_PARTS
from signed_lambda.signature import ContentDigest

if TYPE_CHECKING:
    from pathlib import Path

    from signed_lambda.package.ahead import Unpacked

BODIES = {
    "app.py": b"def handler(event, context): ...\n" * 40,
    "empty.txt": b"",
    "folder/": b"",
    "folder/large.bin": random.Random(7).randbytes(700_000),
    "folder/text.txt": b"words " * 300_000,
}


class Unseekable(io.BytesIO):
    """Makes `zipfile` write sizes and CRC behind the data, as writers of streams do."""

    def seekable(self) -> bool:
        """No."""
        return False

    def seek(self, *_: int) -> int:
        """Refused."""
        raise OSError("a stream")


def made(*, streamed: bool = False, stored: bool = False) -> bytes:
    """A zip of `BODIES`."""
    out = Unseekable() if streamed else io.BytesIO()
    method = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, body in BODIES.items():
            archive.writestr(name, body)
    return out.getvalue()


def arrived(path: Path, raw: bytes, *, step: int, limits: Limits = SIGNED_LIMITS) -> Unpacked:
    """What was unpacked ahead of a zip that came in pieces of `step` bytes."""
    ahead = Ahead(ContentDigest, limits)
    with path.open("wb", buffering=0) as file:
        ahead.begin(path)
        for at in range(0, len(raw), step):
            file.write(raw[at : at + step])
            ahead.grew(min(len(raw), at + step))
    return ahead.unpacked()


def digest_of(raw: bytes) -> bytes:
    """The content digest, by the standard library's reader."""
    digest = ContentDigest()
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        for info in archive.infolist():
            digest.update(info.filename)
            digest.update_body(archive.read(info))
    return digest.digest()


@pytest.mark.parametrize("step", [999, 65_536, 10_000_000])
@pytest.mark.parametrize(
    ("streamed", "stored"), [(False, False), (False, True), (True, False)], ids=str
)
def test_every_entry_of_a_zip_that_arrives_is_unpacked_once(
    tmp_path: Path, *, streamed: bool, stored: bool, step: int
) -> None:
    raw, path = made(streamed=streamed, stored=stored), tmp_path / "signed.zip"

    unpacked = arrived(path, raw, step=step)

    entries = read_zip(path).entries
    assert unpacked.names == list(BODIES)
    assert unpacked.hashes == {e.place: e.sha256 for e in entries}
    assert unpacked.digest.digest() == digest_of(raw)
    assert read_zip(path, unpacked=unpacked).entries == entries


@pytest.mark.parametrize("streamed", [False, True])
def test_many_small_files_are_unpacked_ahead_each_by_itself(
    tmp_path: Path, *, streamed: bool
) -> None:
    out = Unseekable() if streamed else io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(3 * BATCH_PARTS):
            archive.writestr(f"{number}.txt", f"{number} words\n" * (number % 60))
    raw, path = out.getvalue(), tmp_path / "signed.zip"

    unpacked = arrived(path, raw, step=65_536)

    entries = read_zip(path).entries
    assert unpacked.names == [e.name for e in entries]
    assert unpacked.hashes == {e.place: e.sha256 for e in entries}
    assert unpacked.digest.digest() == digest_of(raw)


def test_a_download_that_begins_again_is_unpacked_anew(tmp_path: Path) -> None:
    raw = made()
    ahead = Ahead(ContentDigest, SIGNED_LIMITS)
    broken, whole = tmp_path / "first", tmp_path / "second"
    broken.write_bytes(raw[:100] + b"\0" * 100)
    whole.write_bytes(raw)

    ahead.begin(broken)
    ahead.grew(200)
    ahead.begin(whole)
    ahead.grew(len(raw))
    unpacked = ahead.unpacked()

    assert unpacked.names == list(BODIES)
    assert unpacked.digest.digest() == digest_of(raw)


@pytest.mark.parametrize("at", [60, 1000, 400_000])
def test_data_that_are_not_what_they_say_stay_the_strict_readers_to_refuse(
    tmp_path: Path, at: int
) -> None:
    raw, path = bytearray(made()), tmp_path / "signed.zip"
    raw[at] ^= 0xFF

    unpacked = arrived(path, bytes(raw), step=50_000)

    with pytest.raises(ZipError):
        read_zip(path, unpacked=unpacked)


def test_what_was_unpacked_of_other_data_is_not_taken(tmp_path: Path) -> None:
    """The same names and sizes, another content."""
    raw, path = made(stored=True), tmp_path / "signed.zip"
    unpacked = arrived(path, raw, step=50_000)
    other = raw.replace(b"words ", b"WORDS ")
    path.write_bytes(other)

    with pytest.raises(ZipError, match="E-ZIP-10"):
        read_zip(path, unpacked=unpacked)
    changed = io.BytesIO()
    with zipfile.ZipFile(changed, "w") as archive:
        for name, body in BODIES.items():
            archive.writestr(name, body.replace(b"words ", b"WORDS "))
    path.write_bytes(changed.getvalue())
    [text] = [e for e in read_zip(path, unpacked=unpacked).entries if e.size_bytes > 10**6]
    assert text.sha256 not in unpacked.hashes.values()


def test_a_zip_that_unpacks_to_too_much_is_left_to_the_strict_reader(tmp_path: Path) -> None:
    raw, path = made(), tmp_path / "signed.zip"
    limits = Limits(unzipped_bytes=1_000_000, entries=100, zip_bytes=10_000_000)

    unpacked = arrived(path, raw, step=50_000, limits=limits)

    assert "folder/text.txt" not in unpacked.names
    with pytest.raises(ZipError, match="E-ZIP-11"):
        read_zip(path, limits=limits, unpacked=unpacked)


def test_bytes_behind_the_end_of_compressed_data_stay_refused(tmp_path: Path) -> None:
    raw, path = made(), tmp_path / "signed.zip"
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        first, second = archive.infolist()[:2]
    end = first.header_offset + 30 + len(first.filename) + first.compress_size
    grown = bytearray(raw[:end] + b"\0" * 5 + raw[end:])
    for place in (18, raw.index(b"PK\x01\x02") + 5 + 20):  # both headers: compressed size
        grown[place : place + 4] = (first.compress_size + 5).to_bytes(4, "little")
    assert second.header_offset == end

    unpacked = arrived(path, bytes(grown), step=50_000)

    with pytest.raises(ZipError):
        read_zip(path, unpacked=unpacked)
