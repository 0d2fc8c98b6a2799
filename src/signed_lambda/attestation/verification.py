"""Verifies one attestation: offline, every byte hostile until its signature was verified.

In this order; each is a reason to refuse the bundle:

1. `bundle`: a Sigstore bundle of version 0.2 or 0.3 with a DSSE envelope, one signature, one
   certificate.
2. `roots`: an instance of Sigstore in the user's roots has the authority that the certificate
   names.
3. `log`: where that instance has a transparency log, one entry at least, and each of them: a log of
   the roots, the same payload, signature and certificate, an audit path to the root, a checkpoint
   with that root that the log signed, and a signed time, where there is one.
4. `timestamp`: RFC 3161 responses over the signature, by an authority of the roots.
5. At least one time that 3 or 4 vouches for.
6. `certificate`: at each of these times the certificate was valid and issued by an authority of the
   instance, for signing code; where the instance has a log of certificates, one has it.
7. The certificate's key (ECDSA) verifies the signature over the envelope.
8. `certificate`: GitHub Actions vouched for the signer, a workflow of github.com.
9. It is the wanted repository's run, and the wanted workflow.
10. `statement`: in-toto, SLSA provenance, and the build is among its subjects.

Not checked here: what the provenance says of the build (the certificate says it, signed by the
authority), and whether GitHub withdrew the attestation: it then no longer gives it out.

May import the modules of this package. Must never read a clock.
Source: https://docs.sigstore.dev/about/security/, `gh attestation verify`
(https://cli.github.com/manual/gh_attestation_verify), whose defaults these are
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256, SHA384

from signed_lambda.attestation.bundle import Bundle
from signed_lambda.attestation.certificate import (
    Identity,
    check_signer,
    identity_of,
    read_certificate,
)
from signed_lambda.attestation.log import logged_at
from signed_lambda.attestation.reading import UnprovenError, shown
from signed_lambda.attestation.statement import check_statement
from signed_lambda.attestation.timestamp import stamped_at
from signed_lambda.lazy import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from cryptography import x509

    from signed_lambda.attestation import Wanted
    from signed_lambda.attestation.roots import Instance, SigstoreRoots

LOG: Final = "transparency log"
TIMESTAMPER: Final = "timestamping authority"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proven:
    """An attestation that passed all checks."""

    identity: Identity
    signed_at: datetime
    witness: str


def verify(found: Mapping[str, object], wanted: Wanted, roots: SigstoreRoots) -> Proven:
    """Runs all checks on one bundle.

    Raises:
        UnprovenError: One of them fails.
    """
    bundle = Bundle.read(found)  # 1
    leaf = read_certificate(bundle.certificate)
    signed_at, witness = _witnessed(bundle, leaf, roots)  # 2 to 6
    _check_signature(bundle, leaf)  # 7
    identity = identity_of(leaf)  # 8
    _check_identity(identity, wanted)  # 9
    check_statement(bundle, wanted.sha256)  # 10
    return Proven(identity=identity, signed_at=signed_at, witness=witness)


def _witnessed(
    bundle: Bundle, leaf: x509.Certificate, roots: SigstoreRoots
) -> tuple[datetime, str]:
    """When it was signed, by a signer of one of the instances, and who says so."""
    refused = UnprovenError(
        f"its certificate is of {shown(leaf.issuer.rfc4514_string())}, which attestation-roots does"
        " not name"
    )
    for instance in roots.instances:  # of one name there may be several: from several files
        if not any(leaf.issuer == a.chain[0].subject for a in instance.authorities):
            continue
        try:
            times = _times(bundle, instance)  # 3, 4, 5
            for time, _ in times:
                check_signer(instance, leaf, time)  # 6
        except UnprovenError as error:
            refused = error
            continue
        return times[0]
    raise refused


def _times(bundle: Bundle, instance: Instance) -> list[tuple[datetime, str]]:
    if instance.logs and not bundle.entries:
        raise UnprovenError("it is in no transparency log")
    times = []
    if instance.logs:
        logged = [logged_at(bundle, entry, instance.logs) for entry in bundle.entries]
        times = [(time, LOG) for time in logged if time is not None]
    times += [
        (stamped_at(one, bundle.signature, instance.timestampers), TIMESTAMPER)
        for one in bundle.timestamps
    ]
    if not times:
        raise UnprovenError("nobody vouches for the time of its signature")
    return times


def _check_signature(bundle: Bundle, leaf: x509.Certificate) -> None:
    key = leaf.public_key()
    hashes = {"secp256r1": SHA256(), "secp384r1": SHA384()}
    hashed = hashes.get(key.curve.name) if isinstance(key, ec.EllipticCurvePublicKey) else None
    if not isinstance(key, ec.EllipticCurvePublicKey) or hashed is None:
        raise UnprovenError("its certificate has a key of another kind than ECDSA P-256 or P-384")
    try:
        key.verify(bundle.signature, bundle.signed, ec.ECDSA(hashed))
    except InvalidSignature as error:
        raise UnprovenError("its signature does not verify") from error


def _check_identity(identity: Identity, wanted: Wanted) -> None:
    """Names of owners and repositories are compared without case, as GitHub does; paths are not."""
    if identity.repository.lower() != wanted.repository.lower():
        raise UnprovenError(f"it was made in {shown(identity.repository)}")
    signed_by, ref = _in_parts(identity.workflow)
    asked = _in_parts(wanted.workflow) if wanted.workflow else None
    if asked is None:
        if signed_by[:2] == _in_parts(f"{wanted.repository}/@")[0][:2]:
            return
    elif signed_by == asked[0] and asked[1] in ("", ref):
        return
    raise UnprovenError(f"it was signed by {shown(identity.workflow)}")


def _in_parts(workflow: str) -> tuple[tuple[str, str, str], str]:
    """Owner, name and path; and the ref."""
    path, _, ref = workflow.partition("@")
    owner, _, rest = path.partition("/")
    name, _, file = rest.partition("/")
    return (owner.lower(), name.lower(), file), ref
