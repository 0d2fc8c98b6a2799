"""S3's calls: owner, version and checksum on each, downloads whole or not at all."""

from __future__ import annotations

import base64
import hashlib
import os
from io import BytesIO
from pathlib import Path

import pytest

from signed_lambda.aws.files import PACKAGE_LIMIT_BYTES, _copy
from signed_lambda.cloud import AlreadyExistsError
from signed_lambda.errors import AwsError, BucketError
from signed_lambda.model import Sha256
from tests.support.canned import Bench, Reply, bench, s3_refused, xml
from tests.unit.aws import good

OWNER = good.ACCOUNT
HASH = Sha256(hashlib.sha256(good.ZIP).digest())


def _header(at: Bench, name: str, number: int = -1) -> str:
    value: object = at.canned.requests[number].headers.get(name)
    return value.decode() if isinstance(value, bytes) else str(value)


@pytest.fixture
def upload(tmp_path: Path) -> Path:
    path = tmp_path / "a.zip"
    path.write_bytes(good.ZIP)
    return path


# -- the bucket


@pytest.mark.parametrize(
    ("status", "versioning"),
    [
        ("<Status>Enabled</Status>", "Enabled"),
        ("<Status>Suspended</Status>", "Suspended"),
        ("", None),
    ],
)
def test_versioning_is_read_with_the_expected_owner(status: str, versioning: str | None) -> None:
    at = bench(xml(f"<VersioningConfiguration>{status}</VersioningConfiguration>"))

    found = at.aws().bucket("artefacts", OWNER)

    assert (found.name, found.state, found.versioning) == ("artefacts", "ours", versioning)
    assert _header(at, "x-amz-expected-bucket-owner") == OWNER


@pytest.mark.parametrize(
    ("reply", "state"),
    [
        (s3_refused("NoSuchBucket", "The specified bucket does not exist", 404), "missing"),
        (s3_refused("AccessDenied", "Access Denied", 403), "foreign"),
    ],
)
def test_a_bucket_that_is_missing_or_not_ours_is_told_as_a_state(reply: Reply, state: str) -> None:
    at = bench(reply)

    found = at.aws().bucket("artefacts", OWNER)

    assert (found.state, found.versioning) == (state, None)
    assert len(at.canned.requests) == 1


def test_keys_of_all_pages_come_newest_first() -> None:
    at = bench(
        good.listing(("p/b", "2026-01-02T00:00:00Z"), ("p/c", "2026-01-03T00:00:00Z"), token="t1"),
        s3_refused("SlowDown", "Reduce your request rate", 503),
        good.listing(("p/a", "2026-01-04T00:00:00Z")),
    )

    keys = at.aws().list_objects("artefacts", "p/", OWNER)

    assert keys == ("p/a", "p/c", "p/b")
    assert "prefix=p%2F" in at.canned.requests[0].url
    assert "continuation-token=t1" in at.canned.requests[1].url
    assert "continuation-token=t1" in at.canned.requests[2].url
    assert _header(at, "x-amz-expected-bucket-owner") == OWNER


def test_no_keys_are_no_keys() -> None:
    assert bench(good.listing()).aws().list_objects("artefacts", "p/", OWNER) == ()


def test_at_most_ten_pages_and_a_thousand_keys_are_looked_at() -> None:
    page = good.listing(*[(f"p/{n}", "2026-01-02T00:00:00Z") for n in range(150)], token="more")
    at = bench(page)

    keys = at.aws().list_objects("artefacts", "p/", OWNER)

    assert len(keys) == 1000
    assert len(at.canned.requests) == 10


# -- what is stored


@pytest.mark.parametrize(
    "headers",
    [
        {"x_amz_checksum_sha256": f"{good.SHA}-2"},
        {"x_amz_checksum_sha256": good.SHA, "x_amz_checksum_type": "COMPOSITE"},
        {"x_amz_checksum_sha256": ""},
    ],
)
def test_a_checksum_of_checksums_is_no_sha256(headers: dict[str, str], upload: Path) -> None:
    at = bench(good.stored(b"", **headers))

    assert at.aws().put_object("artefacts", "k", upload, HASH, OWNER).sha256 is None


@pytest.mark.parametrize("version", ["null", ""])
def test_an_object_of_an_unversioned_bucket_has_no_version(version: str, upload: Path) -> None:
    at = bench(good.stored(b"", x_amz_version_id=version))

    assert at.aws().put_object("artefacts", "k", upload, HASH, OWNER).version_id is None


def test_a_missing_object_is_none(tmp_path: Path) -> None:
    for code, status in (("NoSuchKey", 404), ("NoSuchVersion", 404), ("MethodNotAllowed", 405)):
        at = bench(s3_refused(code, "", status))
        to = tmp_path / code
        assert at.aws().get_object("artefacts", "k", None, OWNER, to) is None
        assert not to.exists()


# -- download


def test_a_download_is_stored_and_hashed(tmp_path: Path) -> None:
    at = bench(good.stored())
    to = tmp_path / "k.zip"

    found = at.aws().get_object("artefacts", "signed/a b.zip", None, OWNER, to)

    assert found is not None
    assert (found.path, found.sha256, found.size_bytes, found.version_id) == (to, HASH, 22, "v1")
    assert to.read_bytes() == good.ZIP
    assert to.stat().st_mode & 0o777 == 0o600
    assert _header(at, "x-amz-expected-bucket-owner") == OWNER
    assert at.canned.requests[0].url.endswith("/signed/a%20b.zip")


def test_a_version_is_asked_for_and_must_be_the_one_that_comes(tmp_path: Path) -> None:
    at = bench(good.stored(x_amz_version_id="v2"))

    with pytest.raises(AwsError, match="another 'VersionId' than asked for"):
        at.aws().get_object("artefacts", "k", "v1", OWNER, tmp_path / "k")

    assert at.canned.requests[0].url.endswith("/k?versionId=v1")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "cut",
    [
        good.stored(good.ZIP[:9], content_length="22", x_amz_checksum_sha256=good.SHA),
        good.stored(b"", content_length="22", x_amz_checksum_sha256=good.SHA),
        good.stored(good.ZIP[::-1], x_amz_checksum_sha256=good.SHA),
    ],
    ids=["short", "empty", "changed"],
)
def test_a_download_that_does_not_arrive_whole_is_begun_again(cut: Reply, tmp_path: Path) -> None:
    at = bench(cut, good.stored())
    to = tmp_path / "k.zip"

    found = at.aws().get_object("artefacts", "k", "v1", OWNER, to)

    assert found is not None
    assert found.sha256 == HASH
    assert to.read_bytes() == good.ZIP
    assert len(at.canned.requests) == 2


def test_a_download_that_never_arrives_whole_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    at = bench(good.stored(good.ZIP[::-1], x_amz_checksum_sha256=good.SHA))

    with pytest.raises(AwsError) as caught:
        at.aws().get_object("artefacts", "k", None, OWNER, tmp_path / "k.zip")

    assert caught.value.problems[0].id == "E-AWS-05"
    assert "at s3:GetObject: other bytes arrived than S3 holds" in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_more_than_any_package_is_not_downloaded(tmp_path: Path) -> None:
    at = bench(good.stored(content_length=str(PACKAGE_LIMIT_BYTES + 1)))

    with pytest.raises(AwsError) as caught:
        at.aws().get_object("artefacts", "k", None, OWNER, tmp_path / "k.zip")

    assert caught.value.problems[0].id == "E-AWS-06"
    assert len(at.canned.requests) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["file", "link", "dangling"])
def test_a_download_never_writes_over_or_through_what_is_there(kind: str, tmp_path: Path) -> None:
    to, other = tmp_path / "k.zip", tmp_path / "other"
    other.write_bytes(b"kept")
    if kind == "file":
        to.write_bytes(b"kept")
    else:
        to.symlink_to(other if kind == "link" else tmp_path / "nowhere")

    with pytest.raises(AwsError, match="E-AWS-07"):
        bench(good.stored()).aws().get_object("artefacts", "k", None, OWNER, to)

    assert other.read_bytes() == b"kept"
    assert not (tmp_path / "nowhere").exists()
    assert to.is_symlink() == (kind != "file")


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(AwsError, match=r"E-AWS-07 .*No such file"):
        bench(good.stored()).aws().get_object("artefacts", "k", None, OWNER, tmp_path / "x" / "k")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_told() -> None:
    descriptor = os.open("/dev/full", os.O_WRONLY)
    try:
        with pytest.raises(AwsError, match=r"E-AWS-07 .*No space left"):
            _copy(BytesIO(good.ZIP), descriptor, "it", 100, None)
    finally:
        os.close(descriptor)


# -- upload


def test_an_upload_carries_checksum_owner_and_create_only(upload: Path) -> None:
    at = bench(good.stored(b"", x_amz_checksum_sha256=good.SHA))

    found = at.aws().put_object("artefacts", "unsigned/a.zip", upload, HASH, OWNER)

    assert (found.bucket, found.key, found.version_id) == ("artefacts", "unsigned/a.zip", "v1")
    assert (found.sha256, found.size_bytes) == (HASH, 22)
    assert _header(at, "x-amz-checksum-sha256") == good.SHA
    assert _header(at, "If-None-Match") == "*"
    assert _header(at, "x-amz-expected-bucket-owner") == OWNER
    assert _header(at, "Content-Length") == "22"


def test_what_s3_says_it_stored_is_reported_as_it_says(upload: Path) -> None:
    other = base64.b64encode(bytes(32)).decode()

    found = (
        bench(good.stored(b"", x_amz_checksum_sha256=other, x_amz_version_id=""))
        .aws()
        .put_object("artefacts", "k", upload, HASH, OWNER)
    )

    assert found.sha256 == Sha256(bytes(32))
    assert found.version_id is None


@pytest.mark.parametrize(
    "first",
    [
        s3_refused("ConditionalRequestConflict", "A conflicting operation occurred.", 409),
        s3_refused("BadDigest", "The SHA256 you specified did not match", 400),
        ConnectionResetError("reset"),
        s3_refused("SlowDown", "Reduce your request rate", 503),
    ],
)
def test_an_upload_is_sent_again_from_its_first_byte(
    first: Reply | Exception, upload: Path
) -> None:
    at = bench(first, good.stored(b"", x_amz_checksum_sha256=good.SHA))
    bodies: list[bytes] = []
    at.canned.on_request = lambda request: bodies.append(request.body.read())

    at.aws().put_object("artefacts", "k", upload, HASH, OWNER)

    assert bodies == [good.ZIP, good.ZIP]


def test_a_key_that_is_taken_is_told(upload: Path) -> None:
    at = bench(s3_refused("PreconditionFailed", "At least one of the pre-conditions", 412))

    with pytest.raises(AlreadyExistsError):
        at.aws().put_object("artefacts", "k", upload, HASH, OWNER)

    assert len(at.canned.requests) == 1


def test_an_upload_that_meets_its_own_effect_tells_the_caller_to_read_back(upload: Path) -> None:
    at = bench(
        ConnectionResetError("reset"),
        s3_refused("PreconditionFailed", "At least one of the pre-conditions", 412),
    )

    with pytest.raises(AlreadyExistsError):
        at.aws().put_object("artefacts", "k", upload, HASH, OWNER)


def test_bytes_that_keep_changing_on_the_way_are_told(upload: Path) -> None:
    at = bench(s3_refused("BadDigest", "The SHA256 you specified did not match", 400))

    with pytest.raises(BucketError) as caught:
        at.aws().put_object("artefacts", "k", upload, HASH, OWNER)

    assert caught.value.problems[0].id == "E-BUCKET-05"
    assert "3 times" in caught.value.problems[0].what
    assert len(at.canned.requests) == 3


def test_a_link_is_not_uploaded(upload: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.zip"
    link.symlink_to(upload)
    at = bench(good.stored(b""))

    with pytest.raises(OSError, match="symbolic links"):
        at.aws().put_object("artefacts", "k", link, HASH, OWNER)

    assert at.canned.requests == []
