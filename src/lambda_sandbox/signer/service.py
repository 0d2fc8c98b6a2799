"""AWS Signer: one method per operation of the API, in snake case, in botocore's parsed shape.

A façade: the rules stand in `profiles`, `jobs` and `permissions`. SignPayload is not here: it signs
container images, not zips.

Source: botocore model signer 2017-08-25; each rule names its own source.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lambda_sandbox.signer import jobs, permissions, profiles, requests
from lambda_sandbox.signer.authority import Authority, shared_authority
from lambda_sandbox.signer.behaviour import Behaviour
from lambda_sandbox.signer.caller import Caller
from lambda_sandbox.signer.platforms import PLATFORMS
from lambda_sandbox.signer.requests import invalid, not_found
from lambda_sandbox.signer.state import Job, Profile, State

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lambda_sandbox.core import World
    from lambda_sandbox.partition import Partition


class SignerService:
    """Signer as one account sees it. Every operation raises ApiError as AWS would answer."""

    def __init__(
        self,
        world: World,
        *,
        behaviour: Behaviour | None = None,
        authority: Authority | None = None,
        account: str | None = None,
        state: State | None = None,
        partition: Partition | None = None,
    ) -> None:
        """A new service, or with `state` another account's view of an old one.

        Args:
            world: Clock, S3, account, region.
            behaviour: What is not known of AWS; None: the defaults.
            authority: Who signs; None: the one that all sandboxes of this process share.
            account: Who calls; None: the world's own account.
            state: What is remembered already.
            partition: Gives the state, unless one is given, and the Signers of other regions and
                accounts; None: there are none.
        """
        if state is None:
            state = State() if partition is None else partition.signer_states[world.region]
        self._caller = Caller(
            world,
            state,
            authority or shared_authority(world.region),
            behaviour or Behaviour(),
            account or world.account,
            partition,
        )

    @property
    def root_pem(self) -> bytes:
        """The root that signatures chain to, PEM: what a verifier is given to trust."""
        return self._caller.authority.root_pem

    @property
    def authority(self) -> Authority:
        """Who signs."""
        return self._caller.authority

    @property
    def behaviour(self) -> Behaviour:
        """The switches; may be changed at any time."""
        return self._caller.behaviour

    @property
    def state(self) -> State:
        """What is remembered, for all accounts."""
        return self._caller.state

    @property
    def world(self) -> World:
        """The world it lives in."""
        return self._caller.world

    def as_account(self, account: str) -> SignerService:
        """The same service as another account sees it."""
        mine = self._caller
        return SignerService(
            mine.world,
            behaviour=mine.behaviour,
            authority=mine.authority,
            account=account,
            state=mine.state,
            partition=mine.partition,
        )

    # -- profiles

    def put_signing_profile(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """See `profiles.put`."""
        return profiles.put(self._caller, params)

    def get_signing_profile(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """See `profiles.get`."""
        return profiles.get(self._caller, params)

    def list_signing_profiles(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """See `profiles.list_all`."""
        return profiles.list_all(self._caller, params)

    def cancel_signing_profile(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """See `profiles.cancel`."""
        return profiles.cancel(self._caller, params)

    def revoke_signing_profile(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """See `profiles.revoke`."""
        return profiles.revoke(self._caller, params)

    # -- jobs

    def start_signing_job(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """See `jobs.start`."""
        return jobs.start(self._caller, params)

    def describe_signing_job(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """See `jobs.describe`."""
        return jobs.describe(self._caller, params)

    def list_signing_jobs(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """See `jobs.list_all`."""
        return jobs.list_all(self._caller, params)

    def revoke_signature(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """See `jobs.revoke`."""
        return jobs.revoke(self._caller, params)

    def get_revocation_status(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """The given profile version and job that are revoked; not for the Lambda platform.

        Raises:
            ApiError: ValidationException.

        Source: radkawar/stackd, captured on AWS 2026-09 (the refusal and its text).
        """
        platform = requests.text(params, "platformId")
        if platform not in PLATFORMS or not PLATFORMS[platform].in_revocation_status:
            raise invalid(f"Invalid platformId: {platform}")
        at = requests.time(params, "signatureTimestamp")
        if at is None:
            raise invalid("signatureTimestamp should not be empty")
        profile_arn = requests.text(params, "profileVersionArn")
        job_arn = requests.text(params, "jobArn")
        revoked = []
        profile = self.find_profile_version(profile_arn)
        if profile and profile.revocation and profile.revocation.effective_from <= at:
            revoked.append(profile_arn)
        job = self.find_job(job_arn)
        if job and job.revocation:
            revoked.append(job_arn)
        return {"revokedEntities": revoked}

    # -- permissions and tags

    def add_profile_permission(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """See `permissions.add`."""
        return permissions.add(self._caller, params)

    def remove_profile_permission(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """See `permissions.remove`."""
        return permissions.remove(self._caller, params)

    def list_profile_permissions(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """See `permissions.list_all`."""
        return permissions.list_all(self._caller, params)

    def tag_resource(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """See `permissions.tag`."""
        return permissions.tag(self._caller, params)

    def untag_resource(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """See `permissions.untag`."""
        return permissions.untag(self._caller, params)

    def list_tags_for_resource(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """See `permissions.tags`."""
        return permissions.tags(self._caller, params)

    # -- platforms

    def list_signing_platforms(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """The platforms, filtered by `category`, `partner` and `target`.

        Raises:
            ApiError: ValidationException: paging.
        """
        rows = [platform.describe() for platform in PLATFORMS.values()]
        wanted = [
            row
            for row in rows
            if all(params.get(m) in (None, row[m]) for m in ("category", "partner", "target"))
        ]
        return requests.page(wanted, params, "platforms")

    def get_signing_platform(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """One platform.

        Raises:
            ApiError: ResourceNotFoundException.
        """
        platform = requests.text(params, "platformId")
        if platform not in PLATFORMS:
            raise not_found(f"Signing platform {platform} does not exist")
        return PLATFORMS[platform].describe()

    # -- for the sandbox and its tests, not part of the API

    def settle(self) -> None:
        """Ends the jobs that are due, so that their signed objects are in S3.

        Every operation on jobs does this; call it before S3 is read by itself.
        """
        jobs.settle(self._caller)

    def find_job(self, arn: str) -> Job | None:
        """The job of that ARN, of any account and region."""
        self.settle()
        jobs_of_all = (job for state in self._states() for job in state.jobs.values())
        return next((job for job in jobs_of_all if job.arn == arn), None)

    def find_profile_version(self, arn: str) -> Profile | None:
        """The profile whose version has that ARN, of any account and region."""
        known = (profile for state in self._states() for profile in state.profiles.values())
        return next((profile for profile in known if profile.version_arn == arn), None)

    def _states(self) -> list[State]:
        partition = self._caller.partition
        others = partition.signer_states.values() if partition is not None else ()
        return [self._caller.state, *(s for s in others if s is not self._caller.state)]

    def sign_bytes(self, zip_bytes: bytes, *, profile: str) -> bytes:
        """The signed zip of `zip_bytes`, at once and without S3; a job stands behind it.

        Args:
            zip_bytes: Unsigned.
            profile: Name of a profile of this account, in any state.

        Raises:
            ApiError: ResourceNotFoundException.
            RefusedArchive: Signer does not sign such a zip.
        """
        job = jobs.record(self._caller, profiles.own(self._caller, profile))
        job.due_at = job.completed_at = job.created_at
        signed = jobs.sign_now(
            self._caller, job, zip_bytes, jobs.moment_of_signing(self._caller, job)
        )
        job.status, job.status_reason = "Succeeded", "Signing Succeeded"
        return signed
