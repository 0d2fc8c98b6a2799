"""What Signer remembers: profiles, jobs, tokens. Plain data and the time arithmetic on it.

May import the sandbox's core. Never checks a request.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

ProfileStatus = Literal["Active", "Canceled", "Revoked"]
JobStatus = Literal["InProgress", "Succeeded", "Failed"]

_MONTHS_A_YEAR = 12


@dataclass(frozen=True, slots=True)
class Validity:
    """How long a profile's signatures live.

    Source: https://docs.aws.amazon.com/signer/latest/api/API_PutSigningProfile.html (the default).
    """

    value: int = 135
    type: Literal["DAYS", "MONTHS", "YEARS"] = "MONTHS"

    def after(self, start: datetime) -> datetime:
        """The end of the period; a day that the month lacks becomes its last day."""
        if self.type == "DAYS":
            return start + timedelta(days=self.value)
        months = self.value * (_MONTHS_A_YEAR if self.type == "YEARS" else 1)
        years, month0 = divmod(start.month - 1 + months, _MONTHS_A_YEAR)
        year, month = start.year + years, month0 + 1
        day = min(start.day, calendar.monthrange(year, month)[1])
        return start.replace(year=year, month=month, day=day)


@dataclass(frozen=True, slots=True)
class Permission:
    """One statement of a profile's policy."""

    statement_id: str
    action: str
    principal: str
    profile_version: str | None


@dataclass(frozen=True, slots=True)
class ProfileRevocation:
    """Signatures made from `effective_from` on are not trusted."""

    effective_from: datetime
    revoked_at: datetime
    revoked_by: str


@dataclass(slots=True, kw_only=True)
class Profile:
    """A signing profile; its name is taken for ever, so it has one version."""

    account: str
    name: str
    version: str
    arn: str
    platform_id: str
    validity: Validity
    signing_parameters: dict[str, str]
    tags: dict[str, str]
    status: ProfileStatus = "Active"
    status_reason: str | None = None
    revocation: ProfileRevocation | None = None
    permissions: list[Permission] = field(default_factory=list)
    revision_id: str | None = None

    @property
    def version_arn(self) -> str:
        """Profile and version: what a code signing configuration allows."""
        return f"{self.arn}/{self.version}"


@dataclass(frozen=True, slots=True)
class Place:
    """A bucket and a key; `version` of a source, None of a signed object."""

    bucket: str
    key: str
    version: str | None = None


@dataclass(frozen=True, slots=True)
class SignatureRevocation:
    """A signature taken back; irreversible."""

    reason: str
    revoked_at: datetime
    revoked_by: str


@dataclass(slots=True, kw_only=True)
class Job:
    """A signing job.

    Attributes:
        id: A UUID.
        arn: As it stands in the signature.
        owner: Account of the profile.
        invoker: Account that started the job.
        source: What was signed; None of a signature made by `SignerService.sign_bytes`.
        destination: Bucket and prefix.
        source_body: The object's bytes as they were at the start; freed at the end.
        due_at: When it ends, UTC.
    """

    id: str
    arn: str
    profile: Profile
    owner: str
    invoker: str
    requested_by: str
    created_at: datetime
    due_at: datetime
    source: Place | None
    destination: Place | None
    source_body: bytes = b""
    status: JobStatus = "InProgress"
    status_reason: str | None = None
    completed_at: datetime | None = None
    expires_at: datetime | None = None
    signed_object: Place | None = None
    revocation: SignatureRevocation | None = None


@dataclass(slots=True)
class Token:
    """A clientRequestToken that was used: the parameters it came with, and its job."""

    parameters: dict[str, Any]
    job_id: str


@dataclass(slots=True)
class State:
    """All of it, for all accounts of the sandbox."""

    profiles: dict[tuple[str, str], Profile] = field(default_factory=dict)
    jobs: dict[str, Job] = field(default_factory=dict)
    tokens: dict[tuple[str, str], Token] = field(default_factory=dict)
