"""What the signer does to a zip, and the digest that it signs."""

from __future__ import annotations

import hashlib
import io
import stat
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lambda_sandbox.signer import Behaviour
from lambda_sandbox.signer.archive import content_digest, read_members
from lambda_sandbox.signer.verify import read_signature
from tests.unit.sandbox.signing import (
    SIGNATURE_FILE,
    bench,
    entries,
    some_zip,
    zip_of,
)

MB = 1 << 20
NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\x00/\\"), min_size=1, max_size=9)


def test_the_signature_is_appended_and_everything_else_stays() -> None:
    before = entries(some_zip())

    after = entries(bench().signed(some_zip()))

    assert after[:-2] == before
    assert [name for name, _, _ in after[-2:]] == ["META_INF/", SIGNATURE_FILE]
    assert after[-2][1] == b""
    assert after[-1][1].startswith(b"-----BEGIN PKCS7-----\n")


def test_links_modes_and_missing_modes_are_kept() -> None:
    body = zip_of(
        ("link", b"target", stat.S_IFLNK | 0o777),
        ("tool", b"x", stat.S_IFREG | 0o755),
        ("bare", b"y", 0),
    )
    with zipfile.ZipFile(buffer := io.BytesIO(body), "a") as archive:
        archive.filelist[2].external_attr = 0
        archive.writestr("last", b"z")

    signed = bench().signed(buffer.getvalue())

    assert [attributes >> 16 for _, _, attributes in entries(signed)[:3]] == [
        stat.S_IFLNK | 0o777,
        stat.S_IFREG | 0o755,
        0,
    ]


def test_a_folder_that_is_there_keeps_its_place() -> None:
    body = zip_of(("z.py", b"1"), ("META_INF/", b""), ("a.py", b"2"), ("META_INF/x", b"3"))

    names = [name for name, _, _ in entries(bench().signed(body))]

    assert names == ["z.py", "META_INF/", "a.py", "META_INF/x", SIGNATURE_FILE]


def test_no_entry_keeps_its_compressed_bytes() -> None:
    body = zip_of(("a.txt", b"the same words again and again, and again the same words" * 20))

    signed = bench().signed(body)

    def sizes(data: bytes) -> int:
        return zipfile.ZipFile(io.BytesIO(data)).infolist()[0].compress_size

    assert sizes(signed) != sizes(body)
    assert entries(signed)[0][1] == entries(body)[0][1]


@pytest.mark.parametrize("streamed", [False, True])
def test_a_streamed_zip_has_data_descriptors_and_the_same_content(*, streamed: bool) -> None:
    at = bench(behaviour=Behaviour(streamed_zip=streamed))

    signed = at.signed(some_zip())

    infos = zipfile.ZipFile(io.BytesIO(signed)).infolist()
    assert {bool(info.flag_bits & 8) for info in infos if info.file_size} == {streamed}
    assert entries(signed)[:-2] == entries(some_zip())
    read_signature(signed, at.signer.root_pem, at.clock.now())


def test_the_same_zip_signed_twice_has_other_bytes() -> None:
    at = bench()

    assert at.signed(some_zip()) != at.signed(some_zip())


def test_the_digest_runs_over_names_and_bodies_in_order_without_the_signature() -> None:
    body = zip_of(("b", b"1"), ("folder/", b""), ("a", b"2"), ("ü", b""))
    inner = hashlib.sha384(b"b1folder/a2" + "ü".encode() + b"META_INF/").digest()

    signed = bench().signed(body)

    assert content_digest(read_members(signed, MB)) == hashlib.sha384(inner).digest()
    assert content_digest(read_members(body, MB)) != hashlib.sha384(inner).digest()


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.dictionaries(NAMES, st.binary(max_size=200), min_size=1, max_size=6))
def test_any_zip_is_signed_and_read_back(files: dict[str, bytes]) -> None:
    at = bench()
    body = zip_of(*files.items())

    signed = at.signed(body)

    signature = read_signature(signed, at.signer.root_pem, at.clock.now())
    assert entries(signed)[:-2] == entries(body)
    assert signature.profile_version_arn == at.version_arn
