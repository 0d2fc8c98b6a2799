"""Whom attestations are believed: Sigstore's and GitHub's authorities, from a file of the user.

It is what `gh attestation trusted-root` prints: GitHub's own command fetches the roots by TUF and
verifies them. One line is one instance of Sigstore: public repositories are signed for by
sigstore.dev, private ones by GitHub's own, which renews its authorities several times a year; that
is why no copy is shipped.

May import cryptography, certificate and reading. Must never be given what a bundle brings along.
Source: https://cli.github.com/manual/gh_attestation_trusted-root,
https://github.com/sigstore/protobuf-specs/blob/main/protos/sigstore_trustroot.proto
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Self

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from signed_lambda.attestation.certificate import read_certificate
from signed_lambda.attestation.reading import UnprovenError, member, members, octets, text
from signed_lambda.lazy import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cryptography import x509

MEDIA_TYPES: Final = (
    "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
    "application/vnd.dev.sigstore.trustedroot.v0.1+json",
    "application/vnd.dev.sigstore.trustedroot.v0.2+json",
)
_DAWN: Final = datetime.min.replace(tzinfo=UTC)
_DUSK: Final = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Period:
    """From when to when something is believed; both ends belong to it."""

    start: datetime
    end: datetime

    @classmethod
    def read(cls, found: object) -> Self:
        """A `validFor`; what it leaves out is open."""
        start, end = member(found, "start"), member(found, "end")
        return cls(_DAWN if start is None else _time(start), _DUSK if end is None else _time(end))

    def __contains__(self, time: datetime) -> bool:
        return self.start <= time <= self.end


@dataclass(frozen=True, slots=True)
class Authority:
    """Who issues certificates, or gives timestamps.

    Attributes:
        chain: At least one; from the certificate that signs up to the root, which is last.
    """

    chain: tuple[x509.Certificate, ...]
    period: Period


@dataclass(frozen=True, slots=True)
class LogKey:
    """The key of a log: ECDSA on P-256."""

    key: ec.EllipticCurvePublicKey
    period: Period

    def verifies(self, signature: bytes, data: bytes) -> bool:
        """Whether the log signed the data."""
        try:
            self.key.verify(signature, data, ec.ECDSA(SHA256()))
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """One instance of Sigstore.

    Attributes:
        authorities: Who issues the certificates of signers.
        timestampers: Who gives timestamps.
        logs: Transparency logs by key id; where there is one, each attestation must be in one.
        certificate_logs: Likewise, of certificates.
    """

    authorities: tuple[Authority, ...]
    timestampers: tuple[Authority, ...]
    logs: Mapping[bytes, LogKey]
    certificate_logs: Mapping[bytes, LogKey]


@dataclass(frozen=True, slots=True)
class SigstoreRoots:
    """All instances that are believed; at least one."""

    instances: tuple[Instance, ...]

    @classmethod
    def read(cls, data: bytes) -> Self:
        """The roots of a file: one trusted root a line, or one alone.

        Raises:
            ValueError: It is not of that form, or names nobody; says what is wrong.
        """
        try:
            whole = data.decode()
            try:
                documents = [json.loads(whole)]
            except json.JSONDecodeError:
                documents = [json.loads(line) for line in whole.splitlines() if line.strip()]
            instances = tuple(_instance(one) for one in documents)
        except (UnprovenError, RecursionError) as error:
            raise ValueError(str(error)) from error
        if not instances:
            raise ValueError("it is empty")
        return cls(instances)


def _instance(found: object) -> Instance:
    if (kind := text(found, "mediaType")) not in MEDIA_TYPES:
        raise UnprovenError(f"mediaType is {kind!a:.80}, not a trusted root's")
    instance = Instance(
        authorities=_authorities(found, "certificateAuthorities"),
        timestampers=_authorities(found, "timestampAuthorities"),
        logs=_keys(found, "tlogs"),
        certificate_logs=_keys(found, "ctlogs"),
    )
    if not instance.authorities:
        raise UnprovenError("a trusted root names no certificate authority")
    if not (instance.logs or instance.timestampers):
        raise UnprovenError("a trusted root names nobody who says when something was signed")
    return instance


def _authorities(found: object, name: str) -> tuple[Authority, ...]:
    authorities = []
    for one in members(found, name):
        chain = [octets(c, "rawBytes") for c in members(one, "certChain", "certificates")]
        if not chain:
            raise UnprovenError(f"an authority of {name} has no certificate")
        authorities.append(
            Authority(
                tuple(read_certificate(der) for der in chain),
                Period.read(member(one, "validFor")),
            )
        )
    return tuple(authorities)


def _keys(found: object, name: str) -> dict[bytes, LogKey]:
    """Keys by id; those of other kinds (Ed25519 of Rekor v2) are left out.

    Nothing of theirs is believed, and an instance that has none but such is not taken for one
    without a log.
    """
    keys = {}
    logs = members(found, name)
    for one in logs:
        try:
            key = load_der_public_key(octets(one, "publicKey", "rawBytes"))
        except UnsupportedAlgorithm as error:
            raise UnprovenError(f"a key of {name} cannot be read") from error
        if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
            period = Period.read(member(one, "publicKey", "validFor"))
            keys[octets(one, "logId", "keyId")] = LogKey(key, period)
    if logs and not keys:
        raise UnprovenError(f"none of {name} has an ECDSA P-256 key")
    return keys


def _time(found: object) -> datetime:
    if not isinstance(found, str):
        raise UnprovenError("validFor holds something that is no time")
    time = datetime.fromisoformat(found)
    if time.tzinfo is None:
        raise UnprovenError("validFor holds a time without its zone")
    return time
