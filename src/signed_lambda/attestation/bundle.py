"""A Sigstore bundle with a DSSE envelope, taken apart; nothing in it is believed yet.

May import the standard library and reading. Must never verify anything.
Source: https://github.com/sigstore/protobuf-specs/blob/main/protos/sigstore_bundle.proto,
https://github.com/secure-systems-lab/dsse/blob/master/protocol.md
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Self

from signed_lambda.attestation.reading import (
    UnprovenError,
    member,
    members,
    number,
    objects,
    octets,
    text,
)
from signed_lambda.lazy import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping

MEDIA_TYPES: Final = (
    "application/vnd.dev.sigstore.bundle.v0.3+json",
    "application/vnd.dev.sigstore.bundle+json;version=0.3",
    "application/vnd.dev.sigstore.bundle+json;version=0.2",
)
"""0.1 may do without an inclusion proof, so it is not taken. actions/attest writes 0.3."""
MOST: Final = 32
"""Log entries or timestamps of a bundle that are looked at; real ones have one. Bounds the work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """An entry of a transparency log, with the proof that it is in.

    Attributes:
        log_id: Key id of the log, 32 bytes.
        index: In the whole log; `proof_index` is the one in its newest part.
        kind: Of the body, with its version: "dsse/0.0.1".
        integrated_at: Seconds since 1970; None where the log gives none.
        promise: Signed entry timestamp; None where there is none.
        hashes: Audit path, from the leaf up, 32 bytes each.
        checkpoint: Signed note with the tree's size and root.
        body: What was logged, canonical JSON.
    """

    log_id: bytes
    index: int
    kind: str
    integrated_at: int | None
    promise: bytes | None
    proof_index: int
    tree_size: int
    root: bytes
    hashes: tuple[bytes, ...]
    checkpoint: str
    body: bytes

    @classmethod
    def read(cls, found: object) -> Self:
        """The entry.

        Raises:
            UnprovenError: It is not of its form, or has no inclusion proof with a checkpoint.
        """
        proof = member(found, "inclusionProof")
        if member(proof, "checkpoint") is None:
            raise UnprovenError("its log entry has no inclusion proof with a checkpoint")
        promised = member(found, "inclusionPromise") is not None
        timed = member(found, "integratedTime") not in (None, "0", 0)
        return cls(
            log_id=octets(found, "logId", "keyId"),
            index=number(found, "logIndex"),
            kind=f"{text(found, 'kindVersion', 'kind')}/{text(found, 'kindVersion', 'version')}",
            integrated_at=number(found, "integratedTime") if timed else None,
            promise=octets(found, "inclusionPromise", "signedEntryTimestamp") if promised else None,
            proof_index=number(proof, "logIndex"),
            tree_size=number(proof, "treeSize"),
            root=octets(proof, "rootHash"),
            hashes=tuple(octets({"hash": one}, "hash") for one in members(proof, "hashes")),
            checkpoint=text(proof, "checkpoint", "envelope"),
            body=octets(found, "canonicalizedBody"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """The parts.

    Attributes:
        certificate: DER of the signer's.
        payload: What was signed, behind `payload_type`.
        signature: The only one of the envelope.
        timestamps: RFC 3161 responses, DER.
    """

    certificate: bytes
    payload_type: str
    payload: bytes
    signature: bytes
    entries: tuple[LogEntry, ...]
    timestamps: tuple[bytes, ...]

    @classmethod
    def read(cls, found: Mapping[str, object]) -> Self:
        """The bundle.

        Raises:
            UnprovenError: It is not of its form.
        """
        if (kind := text(found, "mediaType")) not in MEDIA_TYPES:
            raise UnprovenError(f"it is a bundle of another version: {kind!a:.80}")
        material = member(found, "verificationMaterial")
        envelope = member(found, "dsseEnvelope")
        signatures = members(envelope, "signatures")
        if len(signatures) != 1:
            raise UnprovenError(f"its envelope has {len(signatures)} signatures, not one")
        entries = members(material, "tlogEntries")
        times = members(material, "timestampVerificationData", "rfc3161Timestamps")
        if max(len(entries), len(times)) > MOST:
            raise UnprovenError(f"it has more than {MOST} log entries or timestamps")
        return cls(
            certificate=_certificate(material),
            payload_type=text(envelope, "payloadType"),
            payload=octets(envelope, "payload"),
            signature=octets(signatures[0], "sig"),
            entries=tuple(LogEntry.read(one) for one in entries),
            timestamps=tuple(octets(one, "signedTimestamp") for one in times),
        )

    @property
    def signed(self) -> bytes:
        """What the signature is over: the pre-authentication encoding."""
        kind = self.payload_type.encode()
        return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(self.payload), self.payload)


def _certificate(material: object) -> bytes:
    """The signer's: 0.3 brings it alone, older bundles as the first of a chain."""
    if member(material, "certificate") is not None:
        return octets(material, "certificate", "rawBytes")
    chain = member(material, "x509CertificateChain")
    if not isinstance(chain, dict) or not (found := objects(chain, "certificates")):
        raise UnprovenError("it has no certificate")
    return octets(found[0], "rawBytes")
