"""A bundle of GitHub's, and a file of roots behind a NUL: it proves the build, or is refused."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from fuzz.shared import assert_printable
from signed_lambda.attestation import Attested, Found, Wanted
from signed_lambda.attestation.roots import SigstoreRoots
from signed_lambda.errors import AttestationError
from signed_lambda.model import Sha256
from tests.support.sigstore import Instance, Run

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_BYTES: Final = 16_384
BUILD: Final = Sha256.from_hex("a" * 64)
WANTED: Final = Wanted(sha256=BUILD, repository="acme/orders", workflow="")
INSTANCES: Final = (Instance(name="public"), Instance(private=True, name="private"))
ROOTS: Final = SigstoreRoots.read("\n".join(json.dumps(i.roots()) for i in INSTANCES).encode())
WORDS: Final = (
    *(b"rawBytes", b"tlogEntries", b"inclusionProof", b"hashes", b"checkpoint", b"validFor"),
    *(b"rfc3161Timestamps", b"signedTimestamp", b"dsseEnvelope", b"certChain", b"null", b"[[[["),
)


def seeds() -> Iterator[bytes]:
    """A good one of each kind, and one of another file."""
    for instance in INSTANCES:
        roots = json.dumps(instance.roots()).encode()
        for sha256 in (BUILD, Sha256.from_hex("b" * 64)):
            yield json.dumps(instance.attest(Run(sha256=sha256))).encode() + b"\0" + roots


def check(data: bytes) -> None:
    """The evidence is of what was asked for; all else is one printable refusal."""
    bundle, _, roots = data.partition(b"\0")
    with suppress(ValueError):  # told as E-INPUT-03
        SigstoreRoots.read(roots)
    try:
        read = json.loads(bundle)
    except (ValueError, RecursionError):
        return
    if not isinstance(read, dict):
        return
    try:
        attested = Attested.confirm(WANTED, Found(bundles=(read,)), ROOTS)
    except AttestationError as error:
        assert_printable(error)
    else:
        assert (attested.sha256, attested.repository) == (BUILD, "acme/orders")
