"""Whether a build is attested: by which workflow of which repository it was made, verified here.

`Attested.confirm` is the guard: it takes what GitHub's API gave (hostile until its signature was
verified) and gives the evidence, or raises `AttestationError`. The list of its checks stands in
`verification`. What brings cryptography along is imported when there is something to verify. Why
this is own code, and where the roots come from: docs/adr, "Attestations are verified here".

May be imported by main and tests. Must never take roots from a bundle or from GitHub's API.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Self

from signed_lambda.errors import AttestationError
from signed_lambda.lazy import dataclass
from signed_lambda.report.model import Fact, Status

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from signed_lambda.attestation.roots import SigstoreRoots
    from signed_lambda.model import Sha256
    from signed_lambda.report.model import Link

ADVICE: Final = "Attest the .zip in the job that builds it (actions/attest)"
SHOWN: Final = 3
"""Attestations whose refusal a message tells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What an attestation must say.

    Attributes:
        sha256: Of the .zip that was given, or of the zip that was made of a folder.
        repository: "owner/name" whose run made it.
        workflow: "owner/name/.github/workflows/file.yml" that signed, with "@" and a full ref
            where only that one may; "": any workflow of `repository`.
    """

    sha256: Sha256
    repository: str
    workflow: str

    def __str__(self) -> str:
        by = f" by {self.workflow}" if self.workflow else ""
        return f"made in {self.repository}{by}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What GitHub's API gave.

    Attributes:
        bundles: Sigstore bundles as they came; hostile.
        notice: Why there could be others; "" when GitHub was asked and answered.
    """

    bundles: tuple[Mapping[str, object], ...] = ()
    notice: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attested:
    """The build is the subject of SLSA provenance that the wanted workflow signed.

    Attributes:
        sha256: Of the subject.
        workflow: Workflow that signed, with its ref: its certificate's own words.
        repository: "owner/name" whose run it was, likewise.
        commit: Of that run; "" where the certificate does not say.
        signed_at: UTC; the log or the timestamping authority says so.
        witness: "transparency log" or "timestamping authority".
    """

    sha256: Sha256
    workflow: str
    repository: str
    commit: str
    signed_at: datetime
    witness: str

    @classmethod
    def confirm(cls, wanted: Wanted, found: Found, roots: SigstoreRoots) -> Self:
        """The first attestation that passes all checks and says what is wanted.

        Raises:
            AttestationError: There is none (E-ATTESTATION-01), none passes (-02), or GitHub could
                not be asked (-03).
        """
        from signed_lambda.attestation.reading import UnprovenError  # noqa: PLC0415 - lazy: see above
        from signed_lambda.attestation.verification import verify  # noqa: PLC0415 - lazy: see above

        refused: list[str] = []
        for bundle in found.bundles:
            try:
                proven = verify(bundle, wanted, roots)
            except UnprovenError as unproven:
                refused.append(str(unproven))
                continue
            return cls(
                sha256=wanted.sha256,
                workflow=proven.identity.workflow,
                repository=proven.identity.repository,
                commit=proven.identity.commit,
                signed_at=proven.signed_at,
                witness=proven.witness,
            )
        raise _refusal(wanted, found, refused)

    def fact(self) -> Fact:
        """For the journal."""
        commit = f" of commit {self.commit[:7]}" if self.commit else ""
        return Fact(
            step="attestation",
            title="Build attested",
            status=Status.OK,
            proof=f"{self.workflow} in {self.repository}{commit}, signed"
            f" {self.signed_at:%Y-%m-%d %H:%M:%S} UTC ({self.witness})",
        )

    def links(self) -> tuple[Link, ...]:
        """None: the attestation is of the source, which comes before the chain's first link."""
        return ()


def _refusal(wanted: Wanted, found: Found, refused: list[str]) -> AttestationError:
    subject = f"sha256:{wanted.sha256.hex}"
    if refused:
        more = f"; {len(refused) - SHOWN} more" if len(refused) > SHOWN else ""
        told = "; ".join(dict.fromkeys(refused[:SHOWN]))
        return AttestationError.of(
            "E-ATTESTATION-02",
            f"no attestation of {subject} proves that it was {wanted}: {told}{more}",
            "Find out what made this .zip; deploy one that the wanted workflow attested",
        )
    if found.notice:
        return AttestationError.of(
            "E-ATTESTATION-03",
            f"whether {subject} is attested is not known: {found.notice}",
            "Give the job `permissions: {attestations: read}` and `github-token`; then run it"
            " again",
        )
    return AttestationError.of(
        "E-ATTESTATION-01",
        f"{wanted.repository} has no attestation of {subject} that this token may read",
        ADVICE,
    )
