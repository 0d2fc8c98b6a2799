"""Step 8: a signed zip is compared with the build entry by entry, and its signature verified.

The signature alone does not pin the files: its digest runs over names and bodies without lengths,
so a text can be split into a module, files merged, a file turned into a link under one digest.
Hence both checks, always.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from signed_lambda.errors import Problem, SignatureError
from signed_lambda.lazy import dataclass
from signed_lambda.package import (
    SIGNATURE_FILE,
    SIGNATURE_FOLDER,
    SIGNED_LIMITS,
    Ahead,
    compare,
    read_zip,
)
from signed_lambda.signature import (
    DIGEST_FORMULA,
    MAX_SF_BYTES,
    ContentDigest,
    Expected,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from signed_lambda.chain.workbench import Workbench
    from signed_lambda.cloud import Download
    from signed_lambda.model import Package
    from signed_lambda.package import ZipContents
    from signed_lambda.package.ahead import Unpacked
    from signed_lambda.signature import Signature

SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class VerifiedZip:
    """A downloaded zip whose signature verifies and whose files are the build's, where given."""

    download: Download
    signature: Signature
    files: int


def verify_signed(
    bench: Workbench,
    download: Download,
    *,
    job_arn: str,
    profile_version_arn: str,
    build: Package | None,
    ahead: Ahead | None = None,
) -> VerifiedZip:
    """Verifies a signed zip offline, in one pass over its data.

    Args:
        bench: The means; its roots are trusted.
        download: The zip.
        job_arn: Of the job that must have signed it.
        profile_version_arn: Of the profile version that must have signed it.
        build: What its files must equal; None at a rollback, where Lambda's CodeSha256 pins them.
        ahead: Followed this very download; None: the data are unpacked now.

    Raises:
        ZipError: It is not an unambiguous zip.
        SignatureError: Its files are not the build's, or its signature does not verify.
    """
    from signed_lambda.signature import TrustRoots, verify  # noqa: PLC0415 - brings cryptography

    if ahead is None:
        ahead = unpack_ahead()
        ahead.begin(download.path)
        ahead.grew(download.size_bytes)
    unpacked = ahead.unpacked()
    contents = read_zip(download.path, limits=SIGNED_LIMITS, unpacked=unpacked)
    if build is not None:
        _require_same(build, contents)
    signature_file = _signature_file(contents)
    if not signature_file:
        raise SignatureError.of(
            "E-SIGNATURE-02",
            f"{download.path.name} holds no {SIGNATURE_FILE}",
            "Sign it with AWS Signer",
        )
    signature = verify(
        signature_file,
        expected=Expected(job_arn=job_arn, profile_version_arn=profile_version_arn),
        digest=_digest(contents, unpacked),
        roots=bench.roots() or TrustRoots.AWS,
        now=bench.clock.now(),
        digest_formula=DIGEST_FORMULA,
    )
    if signature.other_attributes:
        bench.journal.warn(
            "the signature carries signed attributes that this version does not know:"
            f" {', '.join(signature.other_attributes)}"
        )
    if not signature.content_digest_matches:
        bench.journal.warn(
            "the signature's content digest does not follow the formula known for AWS Signer"
            " (one source, not yet confirmed on a live account); the files were compared with the"
            " build one by one and are equal"
            if build is not None
            else "the signature's content digest does not follow the formula known for AWS Signer"
            " (one source, not yet confirmed on a live account); the bytes are those that Lambda"
            " recorded for the version"
        )
    return VerifiedZip(download, signature, _count_files(contents))


def unpack_ahead() -> Ahead:
    """Unpacks a signed zip as it is downloaded, and makes the digest of its content."""
    return Ahead(ContentDigest, SIGNED_LIMITS)


def _signature_file(contents: ZipContents) -> bytes:
    entry = next((e for e in contents.entries if e.name == SIGNATURE_FILE), None)
    return _at_most(contents.chunks(entry), MAX_SF_BYTES) if entry is not None else b""


def _digest(contents: ZipContents, unpacked: Unpacked) -> bytes:
    """The content digest, of what was unpacked ahead if that was exactly this zip's entries."""
    same = unpacked.identity == contents.identity
    whole = same and all(e.place in unpacked.hashes for e in contents.entries)
    if whole and unpacked.names == [e.name for e in contents.entries]:
        return unpacked.digest.digest()
    digest = ContentDigest()
    for entry, chunks in contents.bodies():
        digest.update(entry.name)
        for chunk in chunks:
            digest.update_body(chunk)
    return digest.digest()


def _at_most(chunks: Iterator[bytes], limit_bytes: int) -> bytes:
    """The body, or enough of a longer one for `verify` to refuse it by its size."""
    body = b""
    for chunk in chunks:
        body += chunk
        if len(body) > limit_bytes:
            break
    return body


def _count_files(contents: ZipContents) -> int:
    return sum(e.kind != "directory" and e.name != SIGNATURE_FILE for e in contents.entries)


def _require_same(build: Package, contents: ZipContents) -> None:
    differences = compare(build, contents, added=(f"{SIGNATURE_FOLDER}/", SIGNATURE_FILE))
    if differences:
        shown = "; ".join(str(d) for d in differences[:SHOWN])
        more = f" and {len(differences) - SHOWN} more" if len(differences) > SHOWN else ""
        raise SignatureError(
            Problem(
                "E-SIGNATURE-01",
                f"the signed zip differs from the build: {shown}{more}",
                "Somebody can write to the bucket's signed/ folder: find out who, then run it"
                " again",
            )
        )
