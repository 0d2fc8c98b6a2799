"""A signed zip, downloaded: what is read of it, what is refused, what is told."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

import pytest

from lambda_sandbox.core import VirtualClock
from signed_lambda.chain.verify_signed import VerifiedZip, verify_signed
from signed_lambda.chain.workbench import Workbench
from signed_lambda.clock import Deadline
from signed_lambda.cloud import Download
from signed_lambda.errors import DeployError, SignatureError
from signed_lambda.journal import Journal
from signed_lambda.model import Sha256
from signed_lambda.report.model import Run
from signed_lambda.runner import Runner
from signed_lambda.signals import StopFlag
from signed_lambda.signature import ContentDigest
from tests.support.lanes import OneByOne
from tests.unit.signature import forge
from tests.unit.signature.variants import GOOD, ROOTS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from signed_lambda.cloud import Cloud
    from signed_lambda.report.model import Report

SF = "META_INF/aws_signer_signature_v1.0.SF"
FILES = {"app.py": b"def handler(event, context): ...\n", "words.txt": b"x" * 200_000}


class Desk:
    """A workbench without a cloud: nothing is asked of AWS here."""

    def __init__(self, folder: Path, refuse: Callable[[], Cloud]) -> None:
        clock = VirtualClock(forge.NOW)
        self.folder = folder
        self.journal = Journal(clock, Runner({}, io.StringIO()))
        self.bench = Workbench(
            cloud=refuse,  # type: ignore[arg-type]
            clock=clock,
            deadline=Deadline.after(clock, 60, StopFlag().check),
            journal=self.journal,
            folder=folder,
            roots=lambda: ROOTS,
            lanes=OneByOne(),
            spread=lambda: 0.0,
        )

    def verify(self, sf: bytes | None, *, job: str = forge.JOB) -> VerifiedZip:
        """Verifies a zip with the files and this signature file."""
        path = self.folder / "signed.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, body in FILES.items():
                archive.writestr(name, body)
            if sf is not None:
                archive.writestr("META_INF/", b"")
                archive.writestr(SF, sf)
        return verify_signed(
            self.bench,
            Download(path, Sha256(bytes(32)), path.stat().st_size, None),
            job_arn=job,
            profile_version_arn=forge.PROFILE,
            build=None,
        )

    def report(self) -> Report:
        """What the journal holds."""
        return self.journal.close(
            command="rollback",
            outcome="rolled-back",
            function_name="orders",
            alias="live",
            run=Run(),
            action_version="0",
        )


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    def refuse() -> Cloud:
        raise AssertionError("AWS was asked")

    return Desk(tmp_path, refuse)


def content_digest() -> bytes:
    """Of the files as Signer hashes them."""
    digest = ContentDigest()
    for name, body in (*FILES.items(), ("META_INF/", b"")):
        digest.update(name)
        digest.update_body(body)
    return digest.digest()


def signed(*more: bytes) -> bytes:
    """A good signature file over the files, with further signed attributes."""
    made = forge.attributes(MESSAGE_DIGEST=forge.tlv(0x04, content_digest()))
    return GOOD.but(attributes=(*made, *more)).sf()


def test_a_good_signature_over_the_files_is_told_without_a_warning(desk: Desk) -> None:
    found = desk.verify(signed())

    assert found.files == len(FILES)
    assert found.signature.content_digest_matches
    assert desk.report().warnings == ()


def test_a_zip_without_a_signature_is_refused(desk: Desk) -> None:
    with pytest.raises(SignatureError) as caught:
        desk.verify(None)

    assert caught.value.problems[0].id == "E-SIGNATURE-02"


@pytest.mark.parametrize("sf", [b"", b"x", b"x" * 1_000_000])
def test_a_signature_file_of_another_size_is_refused(desk: Desk, sf: bytes) -> None:
    with pytest.raises(SignatureError) as caught:
        desk.verify(sf)

    assert caught.value.problems[0].id == ("E-SIGNATURE-21" if sf else "E-SIGNATURE-02")


def test_a_signature_of_another_job_is_refused(desk: Desk) -> None:
    with pytest.raises(DeployError) as caught:
        desk.verify(signed(), job=f"{forge.JOB[:-1]}5")

    assert caught.value.problems[0].id == "E-SIGNATURE-39"


def test_a_digest_of_an_unknown_formula_is_told_loudly(desk: Desk) -> None:
    found = desk.verify(GOOD.sf())

    [warning] = desk.report().warnings
    assert not found.signature.content_digest_matches
    assert "content digest does not follow the formula" in warning
    assert "the bytes are those that Lambda recorded" in warning


def test_signed_attributes_that_are_not_known_are_told(desk: Desk) -> None:
    found = desk.verify(signed(forge.attribute("1.2.3.4", forge.utf8("something"))))

    [warning] = desk.report().warnings
    assert warning.endswith(f"does not know: {found.signature.other_attributes[0]}")
    assert found.signature.other_attributes == (forge.oid("1.2.3.4").hex(),)
