"""Signer's word on the job and the profile behind a version's signature: revoked since?

Both are asked where they are: in the region of their ARNs, of the account that owns the profile. A
job is shown to the account that owns its profile and to the one that started it, and to nobody
else: of code that was promoted from another account, the job cannot be seen. That is said, and the
profile must be seen all the same.
Source: https://docs.aws.amazon.com/signer/latest/api/API_AddProfilePermission.html (what an account
may allow another one: not DescribeSigningJob)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from signed_lambda.errors import AccessError, TargetError
from signed_lambda.lazy import dataclass
from signed_lambda.report.model import Status

if TYPE_CHECKING:
    from concurrent.futures import Future

    from signed_lambda.chain.workbench import Workbench
    from signed_lambda.cloud import Cloud, FunctionConfiguration, Identity, SigningJob
    from signed_lambda.cloud import SigningProfile as Profile

_ARN_PARTS: Final = 6
"""arn:partition:signer:region:account:resource"""


@dataclass(frozen=True, slots=True)
class SignerArn:
    """Where a job or a profile is; "" where the ARN is none.

    Attributes:
        name: Of a profile without its version, of a job its id.
    """

    region: str
    account: str
    name: str

    @classmethod
    def of(cls, arn: str | None) -> SignerArn:
        """From ".../signing-jobs/ID" or ".../signing-profiles/NAME/VERSION"."""
        parts = (arn or "").split(":", _ARN_PARTS - 1)
        if len(parts) < _ARN_PARTS:
            return cls("", "", "")
        name = parts[5].removeprefix("/signing-jobs/").removeprefix("/signing-profiles/")
        return cls(parts[3], parts[4], name.partition("/")[0])

    def seen_from(self, cloud: Cloud, identity: Identity) -> Cloud:
        """The cloud in the region where it is."""
        return cloud.elsewhere(self.region or identity.region)

    def owner_for(self, identity: Identity) -> str | None:
        """Its account, None for the caller's own: a namesake here is no answer."""
        return None if self.account == identity.account else self.account


class SignerLook:
    """Questions about a version's job and profile, under way; none of an unsigned version."""

    def __init__(
        self,
        bench: Workbench,
        identity: Identity,
        version: FunctionConfiguration,
        profiles: dict[SignerArn, Future[Profile | None]] | None = None,
    ) -> None:
        """Begins both questions.

        Args:
            bench: The means.
            identity: Who asks.
            version: Whose signature it is about.
            profiles: Those asked for already, of several versions; it is added to.
        """
        self._bench = bench
        self._job_arn = SignerArn.of(version.signing_job_arn)
        self._profile_arn = profile = SignerArn.of(version.signing_profile_version_arn)
        self._is_foreign = self._job_arn.owner_for(identity) is not None
        self._job: Future[SigningJob | None] | None = None
        if job_id := self._job_arn.name:
            at_job = self._job_arn.seen_from(bench.cloud, identity)
            self._job = bench.ask(lambda: at_job.signing_job(job_id))
        known = {} if profiles is None else profiles
        if profile.name and profile not in known:
            at_profile = profile.seen_from(bench.cloud, identity)
            known[profile] = bench.ask(
                lambda: at_profile.profile(profile.name, profile.owner_for(identity))
            )
        self._profile = known.get(profile)

    @property
    def job_id(self) -> str:
        """Of the job, "" where there is none."""
        return self._job_arn.name

    @property
    def is_unsigned(self) -> bool:
        """Whether Lambda recorded no signature."""
        return self._job is None or self._profile is None

    @property
    def unseen_job(self) -> str:
        """Why the job is not seen, "" where it is, or is gone."""
        if not self._is_foreign or self.job() is not None:
            return ""
        return (
            f"signing job {self.job_id} is of account {self._job_arn.account}, which alone sees"
            " whether it was revoked; the profile is looked at"
        )

    def job(self) -> SigningJob | None:
        """The job; None where it is not known, or is another account's.

        Raises:
            AccessError: The role may not ask.
        """
        try:
            return self._job.result() if self._job else None
        except AccessError:
            if self._is_foreign:
                return None
            raise

    def profile(self) -> Profile | None:
        """The profile; None where it is not known.

        Raises:
            AccessError: The role may not ask, or the profile's account does not let it.
        """
        return self._profile.result() if self._profile else None

    def require_not_revoked(self, version: str, do: str) -> None:
        """Does nothing where job and profile are known and not revoked.

        Args:
            version: For the message.
            do: What to do where the job is revoked.

        Raises:
            TargetError: E-TARGET-04.
        """
        job, unseen = self.job(), self.unseen_job
        if unseen:
            self._bench.journal.fact(
                step="verify-signature",
                title="Look at the signing job",
                status=Status.SKIPPED,
                proof=unseen,
            )
        elif job is None or job.revoked:
            why = "was revoked" if job else "is not known to Signer any more, so it may be revoked"
            raise TargetError.of(
                "E-TARGET-04", f"the signing job {self.job_id} of version {version} {why}", do
            )
        profile = self.profile()
        if profile is None or profile.status == "Revoked":
            raise TargetError.of(
                "E-TARGET-04",
                f"the signing profile {self._profile_arn.name} of version {version} is"
                f" {profile.status if profile else 'unknown'}",
                "Choose a version signed by another profile",
            )
