"""Instances of Sigstore, thrown away with the process: they sign attestations as GitHub's do.

Two kinds, as GitHub has them: the public one (authority, log of certificates, transparency log) and
the one for private repositories (authority, timestamps). Every signature is real; what a test wants
to be wrong it says, or changes in the bundle.
"""

from __future__ import annotations

import base64
import hashlib
import json
import struct
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any, Final

from asn1crypto import algos, cms, core, tsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from signed_lambda.model import Sha256

BUILT: Final = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
"""When attestations are signed, unless a test says otherwise."""
ARC: Final = "1.3.6.1.4.1.57264.1"
SCTS: Final = ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2")
_FROM, _UNTIL = datetime(2025, 1, 1, tzinfo=UTC), datetime(2035, 1, 1, tzinfo=UTC)
Json = dict[str, Any]

TST_INFO = "1.2.840.113549.1.9.16.1.4"
"""id-ct-TSTInfo, by number: its name is known to asn1crypto only if `tsp` was imported before any
content type was written. Source: RFC 3161, section 2.4.2
"""


def b64(data: bytes) -> str:
    """As Protobuf writes bytes."""
    return base64.b64encode(data).decode()


def new_key() -> ec.EllipticCurvePrivateKey:
    """P-256."""
    return ec.generate_private_key(ec.SECP256R1())


def public(key: ec.EllipticCurvePrivateKey) -> bytes:
    """DER of the public key."""
    return key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def der(certificate: x509.Certificate) -> bytes:
    """Its bytes."""
    return certificate.public_bytes(serialization.Encoding.DER)


def sign(key: ec.EllipticCurvePrivateKey, data: bytes) -> bytes:
    """ECDSA with SHA-256."""
    return key.sign(data, ec.ECDSA(hashes.SHA256()))


@dataclass
class Authority:
    """A root, an intermediate below it, and what that one issues."""

    name: str
    purpose: ObjectIdentifier = ExtendedKeyUsageOID.CODE_SIGNING
    root_key: ec.EllipticCurvePrivateKey = field(default_factory=new_key)
    key: ec.EllipticCurvePrivateKey = field(default_factory=new_key)

    @cached_property
    def root(self) -> x509.Certificate:
        """Self-signed."""
        return self._ca("root", self.root_key, self.root_key, "root")

    @cached_property
    def middle(self) -> x509.Certificate:
        """Issues."""
        return self._ca("intermediate", self.key, self.root_key, "root")

    def _ca(
        self,
        name: str,
        key: ec.EllipticCurvePrivateKey,
        signer: ec.EllipticCurvePrivateKey,
        issuer: str,
    ) -> x509.Certificate:
        usage = dict.fromkeys(_USAGES, False) | {"key_cert_sign": True, "crl_sign": True}
        return (
            _certificate(self._name(name), self._name(issuer), key, signer, _FROM, _UNTIL)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(x509.KeyUsage(**usage), critical=True)
            .sign(signer, hashes.SHA256())
        )

    def _name(self, common: str) -> x509.Name:
        return x509.Name(
            [
                x509.NameAttribute(NameOID.COMMON_NAME, common),
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, self.name),
            ]
        )

    def leaf(
        self,
        key: ec.EllipticCurvePrivateKey,
        at: datetime,
        extensions: list[tuple[x509.ExtensionType, bool]],
        purpose: ObjectIdentifier | None = None,
        lasts: timedelta = timedelta(minutes=10),
    ) -> x509.CertificateBuilder:
        """A certificate for `key`, to be signed with the authority's."""
        usage = dict.fromkeys(_USAGES, False) | {"digital_signature": True}
        made = (
            _certificate(x509.Name([]), self._name("intermediate"), key, self.key, at, at + lasts)
            .add_extension(x509.KeyUsage(**usage), critical=True)
            .add_extension(x509.ExtendedKeyUsage([purpose or self.purpose]), critical=False)
        )
        for extension, critical in extensions:
            made = made.add_extension(extension, critical)
        return made

    def as_json(self, *above: x509.Certificate) -> Json:
        """For a trusted root."""
        chain = [*above, self.middle, self.root]
        return {
            "certChain": {"certificates": [{"rawBytes": b64(der(c))} for c in chain]},
            "validFor": {"start": "2025-01-01T00:00:00Z"},
        }


_USAGES: Final = (
    *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment"),
    *("key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
)


def _certificate(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    signer: ec.EllipticCurvePrivateKey,
    start: datetime,
    end: datetime,
) -> x509.CertificateBuilder:
    names = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    above = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
        .add_extension(names, critical=False)
        .add_extension(above, critical=False)
    )


@dataclass(frozen=True, kw_only=True)
class Run:
    """What an attestation is made of: an honest run, unless it is said otherwise."""

    sha256: Sha256
    repository: str = "acme/orders"
    workflow: str = "acme/orders/.github/workflows/build.yml@refs/heads/main"
    issuer: str = "https://token.actions.githubusercontent.com"
    server: str = "https://github.com/"
    predicate: str = "https://slsa.dev/provenance/v1"
    payload_type: str = "application/vnd.in-toto+json"
    issued: datetime = BUILT
    signed: datetime = BUILT + timedelta(seconds=5)
    purpose: ObjectIdentifier = ExtendedKeyUsageOID.CODE_SIGNING
    names: tuple[str, ...] | None = None
    logged: bool = True
    promised: bool = True
    promised_by: bytes | None = None
    without: tuple[int, ...] = ()
    key: Any = None

    @property
    def extensions(self) -> list[tuple[x509.ExtensionType, bool]]:
        """Of the certificate, as Fulcio writes them."""
        said = {
            8: self.issuer,
            9: self.server + self.workflow,
            12: self.server + self.repository,
            13: "c" * 40,
        }
        own = [
            x509.UnrecognizedExtension(
                ObjectIdentifier(f"{ARC}.{number}"), core.UTF8String(text).dump()
            )
            for number, text in said.items()
            if number not in self.without
        ]
        names = (self.server + self.workflow,) if self.names is None else self.names
        uris = x509.SubjectAlternativeName([x509.UniformResourceIdentifier(n) for n in names])
        return [*([(uris, True)] if names else []), *((extension, False) for extension in own)]

    @property
    def payload(self) -> bytes:
        """The statement."""
        return json.dumps(
            {
                "_type": "https://in-toto.io/Statement/v1",
                "subject": [{"name": "given.zip", "digest": {"sha256": self.sha256.hex}}],
                "predicateType": self.predicate,
                "predicate": {"buildDefinition": {}, "runDetails": {}},
            }
        ).encode()


@dataclass
class Instance:
    """Signs.

    Attributes:
        private: With timestamps instead of logs.
        others: Entries of the log before ours and after it.
    """

    private: bool = False
    name: str = "sigstore.example"
    others: tuple[int, int] = (5, 3)
    tsa_purpose: ObjectIdentifier = ExtendedKeyUsageOID.TIME_STAMPING
    tsa_until: datetime = _UNTIL
    log_key: ec.EllipticCurvePrivateKey = field(default_factory=new_key)
    ct_key: ec.EllipticCurvePrivateKey = field(default_factory=new_key)
    tsa_key: ec.EllipticCurvePrivateKey = field(default_factory=new_key)

    @cached_property
    def authority(self) -> Authority:
        """Of the signers."""
        return Authority(self.name)

    @cached_property
    def tsa(self) -> tuple[Authority, x509.Certificate]:
        """Of the timestamps, with the certificate that signs them."""
        authority = Authority(f"{self.name} time", self.tsa_purpose)
        leaf = authority.leaf(self.tsa_key, _FROM, [], lasts=self.tsa_until - _FROM)
        return authority, leaf.sign(authority.key, hashes.SHA256())

    def roots(self) -> Json:
        """The trusted root of this instance."""
        made: Json = {
            "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
            "certificateAuthorities": [self.authority.as_json()],
        }
        if self.private:
            tsa, leaf = self.tsa
            return made | {"timestampAuthorities": [tsa.as_json(leaf)]}
        logs = {"tlogs": self.log_key, "ctlogs": self.ct_key}
        return made | {name: [_log_as_json(key)] for name, key in logs.items()}

    def attest(self, run: Run) -> Json:
        """A bundle."""
        key = run.key or new_key()
        certificate = self._issue(run, key)
        kind, payload = run.payload_type.encode(), run.payload
        signed = b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)
        signature = key.sign(signed) if run.key else sign(key, signed)
        material: Json = {"certificate": {"rawBytes": b64(der(certificate))}}
        if self.private:
            stamp = {"signedTimestamp": b64(self.stamp(signature, run.signed))}
            material |= {"timestampVerificationData": {"rfc3161Timestamps": [stamp]}}
        elif run.logged:
            body = _body(payload, signature, certificate)
            material |= {"tlogEntries": [self.entry(body, run.signed)]}
        return {
            "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
            "verificationMaterial": material,
            "dsseEnvelope": {
                "payload": b64(payload),
                "payloadType": run.payload_type,
                "signatures": [{"sig": b64(signature)}],
            },
        }

    def _issue(self, run: Run, key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
        made = self.authority.leaf(key, run.issued, run.extensions, run.purpose)
        plain = made.sign(self.authority.key, hashes.SHA256())
        if self.private or not run.promised:
            return plain
        issuer = hashlib.sha256(public(self.authority.key)).digest()
        tbs = plain.tbs_certificate_bytes
        at = int(run.issued.timestamp() * 1000)
        promised = struct.pack(">BBQH", 0, 0, at, 1) + issuer + len(tbs).to_bytes(3) + tbs
        promise = sign(self.ct_key, promised + b"\0\0")
        log = run.promised_by or hashlib.sha256(public(self.ct_key)).digest()
        sct = struct.pack(">B32sQHBBH", 0, log, at, 0, 4, 3, len(promise)) + promise
        listed = struct.pack(">HH", len(sct) + 2, len(sct)) + sct
        held = x509.UnrecognizedExtension(SCTS, core.OctetString(listed).dump())
        return made.add_extension(held, critical=False).sign(self.authority.key, hashes.SHA256())

    def entry(self, body: bytes, at: datetime) -> Json:
        """Puts the body into the log."""
        before, after = self.others
        leaves = [b"%d" % n for n in range(before)] + [body] + [b"%d" % n for n in range(after)]
        root, size = tree_hash(leaves), len(leaves)
        log = hashlib.sha256(public(self.log_key)).digest()
        note = f"log.example - 1\n{size}\n{b64(root)}\n"
        line = f"\u2014 log.example {b64(log[:4] + sign(self.log_key, note.encode()))}\n"
        promised = {
            "body": b64(body),
            "integratedTime": int(at.timestamp()),
            "logID": log.hex(),
            "logIndex": before + 1000,
        }
        canonical = json.dumps(promised, sort_keys=True, separators=(",", ":")).encode()
        return {
            "logIndex": str(before + 1000),
            "logId": {"keyId": b64(log)},
            "kindVersion": {"kind": "dsse", "version": "0.0.1"},
            "integratedTime": str(int(at.timestamp())),
            "inclusionPromise": {"signedEntryTimestamp": b64(sign(self.log_key, canonical))},
            "inclusionProof": {
                "logIndex": str(before),
                "rootHash": b64(root),
                "treeSize": str(size),
                "hashes": [b64(one) for one in audit_path(before, leaves)],
                "checkpoint": {"envelope": f"{note}\n{line}"},
            },
            "canonicalizedBody": b64(body),
        }

    def stamp(
        self,
        message: bytes,
        at: datetime,
        status: str = "granted",
        *,
        content: str = TST_INFO,
        signers: int = 1,
        doubled: bool = False,
    ) -> bytes:
        """An RFC 3161 response; an honest one, unless it is said otherwise."""
        digest = hashlib.sha256(message).digest()
        info = tsp.TSTInfo(
            {
                "version": 1,
                "policy": "1.2.3",
                "message_imprint": {
                    "hash_algorithm": {"algorithm": "sha256"},
                    "hashed_message": digest,
                },
                "serial_number": 7,
                "gen_time": at,
            }
        ).dump()
        attributes = cms.CMSAttributes(
            [
                {"type": "content_type", "values": [TST_INFO]},
                {"type": "message_digest", "values": [hashlib.sha256(info).digest()]},
                *([{"type": "content_type", "values": [TST_INFO]}] * doubled),
            ]
        )
        _, leaf = self.tsa
        signer = {
            "version": "v1",
            "sid": cms.SignerIdentifier(
                "issuer_and_serial_number",
                {
                    "issuer": cms.Name.load(leaf.issuer.public_bytes()),
                    "serial_number": leaf.serial_number,
                },
            ),
            "digest_algorithm": {"algorithm": "sha256"},
            "signed_attrs": attributes,
            "signature_algorithm": {"algorithm": "sha256_ecdsa"},
            "signature": sign(self.tsa_key, attributes.dump()),
        }
        signed = {
            "version": "v3",
            "digest_algorithms": [algos.DigestAlgorithm({"algorithm": "sha256"})],
            "encap_content_info": {
                "content_type": content,
                "content": core.ParsableOctetString(info),
            },
            "signer_infos": [signer] * signers,
        }
        held = {"content_type": "signed_data", "content": cms.SignedData(signed)}
        response = {"status": {"status": status}, "time_stamp_token": held}
        return bytes(tsp.TimeStampResp(response).dump())


def _log_as_json(key: ec.EllipticCurvePrivateKey) -> Json:
    return {
        "publicKey": {
            "rawBytes": b64(public(key)),
            "validFor": {"start": "2025-01-01T00:00:00Z", "end": "2027-01-01T00:00:00Z"},
        },
        "logId": {"keyId": b64(hashlib.sha256(public(key)).digest())},
    }


def _body(payload: bytes, signature: bytes, certificate: x509.Certificate) -> bytes:
    """What Rekor keeps of an envelope."""
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    hashed = {"algorithm": "sha256", "value": hashlib.sha256(payload).hexdigest()}
    spec = {
        "envelopeHash": {"algorithm": "sha256", "value": hashlib.sha256(signature).hexdigest()},
        "payloadHash": hashed,
        "signatures": [{"signature": b64(signature), "verifier": b64(pem)}],
    }
    return json.dumps({"apiVersion": "0.0.1", "kind": "dsse", "spec": spec}).encode()


def tree_hash(leaves: list[bytes]) -> bytes:
    """RFC 9162 section 2.1.1, as it is defined."""
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest()
    half = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\1" + tree_hash(leaves[:half]) + tree_hash(leaves[half:])).digest()


def audit_path(index: int, leaves: list[bytes]) -> list[bytes]:
    """RFC 9162 section 2.1.3.1, as it is defined."""
    if len(leaves) == 1:
        return []
    half = 1 << (len(leaves) - 1).bit_length() - 1
    if index < half:
        return [*audit_path(index, leaves[:half]), tree_hash(leaves[half:])]
    return [*audit_path(index - half, leaves[half:]), tree_hash(leaves[:half])]


def changed(bundle: Json, *path: str | int, to: object) -> Json:
    """A copy with another value at one place; None takes it out."""
    copy: Json = json.loads(json.dumps(bundle))
    *above, last = path
    inside: Any = copy
    for name in above:
        inside = inside[name]
    if to is None:
        del inside[last]
    else:
        inside[last] = to
    return copy
