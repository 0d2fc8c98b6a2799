"""Whether a transparency log holds exactly this attestation, and when it took it in.

May import the standard library, bundle, roots, reading. Must never believe a time that the log did
not sign.
Source: RFC 9162 section 2.1.3 (the audit path); https://c2sp.org/tlog-checkpoint,
https://c2sp.org/signed-note; https://github.com/sigstore/rekor/blob/main/pkg/types/dsse/README.md
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from signed_lambda.attestation.reading import UnprovenError, member, members, octets, shown, text
from signed_lambda.lazy import regex

if TYPE_CHECKING:
    from collections.abc import Mapping

    from signed_lambda.attestation.bundle import Bundle, LogEntry
    from signed_lambda.attestation.roots import LogKey

KIND: Final = "dsse/0.0.1"
"""How Rekor v1 keeps a DSSE envelope; actions/attest uses no other."""
_HINT: Final = 4
"""Bytes before a note's signature that tell the key: the first of its id."""
_SIGNED: Final = regex("\u2014 ([^ \n]+) ([A-Za-z0-9+/=]+)")


def logged_at(bundle: Bundle, entry: LogEntry, logs: Mapping[bytes, LogKey]) -> datetime | None:
    """When the log took in the attestation; None where it does not sign a time.

    Raises:
        UnprovenError: It does not hold it, or the log is not known.
    """
    log = logs.get(entry.log_id)
    if log is None:
        raise UnprovenError("its log entry is of a log that the roots do not name")
    _check_body(bundle, entry)
    _check_inclusion(entry)
    _check_checkpoint(entry, log)
    if entry.integrated_at is None or entry.promise is None:
        return None
    if not log.verifies(entry.promise, _promised(entry)):
        raise UnprovenError("its log entry's signed timestamp does not verify")
    try:
        time = datetime.fromtimestamp(entry.integrated_at, UTC)
    except (OverflowError, ValueError, OSError) as error:
        raise UnprovenError("its log entry's time is no time") from error
    if time not in log.period:
        raise UnprovenError("its log entry was made when the log's key was not valid")
    return time


def _check_body(bundle: Bundle, entry: LogEntry) -> None:
    """What was logged is this envelope's payload, signature and certificate."""
    try:
        body = json.loads(entry.body)
    except (ValueError, RecursionError) as error:
        raise UnprovenError("its log entry is not JSON") from error
    kind = f"{text(body, 'kind')}/{text(body, 'apiVersion')}"
    if (kind, entry.kind) != (KIND, KIND):
        raise UnprovenError(f"its log entry is {shown(kind)}, not {KIND}")
    hashed = member(body, "spec", "payloadHash")
    if hashed != {"algorithm": "sha256", "value": hashlib.sha256(bundle.payload).hexdigest()}:
        raise UnprovenError("its log entry is of another statement")
    signatures = members(body, "spec", "signatures")
    if len(signatures) != 1 or octets(signatures[0], "signature") != bundle.signature:
        raise UnprovenError("its log entry is of another signature")
    try:
        logged = x509.load_pem_x509_certificate(octets(signatures[0], "verifier"))
        same = logged.public_bytes(Encoding.DER) == bundle.certificate
    except ValueError as error:
        raise UnprovenError("its log entry's certificate cannot be read") from error
    if not same:
        raise UnprovenError("its log entry is of another certificate")


def _check_inclusion(entry: LogEntry) -> None:
    """The audit path leads from the entry to the root."""
    index, last = entry.proof_index, entry.tree_size - 1
    if index > last:
        raise UnprovenError("its log entry lies beyond the log's end")
    node = hashlib.sha256(b"\0" + entry.body).digest()
    for sibling in entry.hashes:
        if last == 0:
            raise UnprovenError("its log entry's proof is too long")
        if index % 2 or index == last:
            node = hashlib.sha256(b"\1" + sibling + node).digest()
            while index % 2 == 0 and index:
                index, last = index >> 1, last >> 1
        else:
            node = hashlib.sha256(b"\1" + node + sibling).digest()
        index, last = index >> 1, last >> 1
    if last or node != entry.root:
        raise UnprovenError("its log entry's proof does not lead to the log's root")


def _check_checkpoint(entry: LogEntry, log: LogKey) -> None:
    """The log signed that root, for a tree of that size."""
    note, blank, signatures = entry.checkpoint.partition("\n\n")
    lines = note.split("\n")
    stated = [str(entry.tree_size), base64.b64encode(entry.root).decode()]
    if not blank or lines[1:3] != stated:
        raise UnprovenError("its log entry's checkpoint is of another tree")
    signed = f"{note}\n".encode()
    for line in signatures.split("\n"):
        if match := _SIGNED.fullmatch(line):
            try:
                signature = base64.b64decode(match[2], validate=True)
            except binascii.Error as error:
                raise UnprovenError("its log entry's checkpoint is not of its form") from error
            ours = signature[:_HINT] == entry.log_id[:_HINT]
            if ours and log.verifies(signature[_HINT:], signed):
                return
    raise UnprovenError("its log entry's checkpoint is not signed by the log")


def _promised(entry: LogEntry) -> bytes:
    """What a signed entry timestamp is over: canonical JSON of numbers and ASCII.

    Source: RFC 8785; https://github.com/sigstore/rekor/blob/main/types.md
    """
    promised = {
        "body": base64.b64encode(entry.body).decode(),
        "integratedTime": entry.integrated_at,
        "logID": entry.log_id.hex(),
        "logIndex": entry.index,
    }
    return json.dumps(promised, sort_keys=True, separators=(",", ":")).encode()
