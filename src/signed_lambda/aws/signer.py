"""AWS Signer: profiles and signing jobs.

May import the package's own modules and the port.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypedDict

from signed_lambda.aws.answer import Answer, shown
from signed_lambda.aws.base import AwsBase
from signed_lambda.aws.call import Call, NotThere, not_there
from signed_lambda.aws.lambda_writes import pinned
from signed_lambda.cloud import SigningJob, SigningProfile
from signed_lambda.errors import ProfileError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from signed_lambda.aws.call import Expected
    from signed_lambda.aws.refusals import Refusal
    from signed_lambda.cloud import StoredObject

_MISSING: Final[Mapping[str, Expected]] = {"ResourceNotFoundException": not_there}


class _Owned(TypedDict, total=False):
    profileOwner: str


class SignerCalls(AwsBase):
    """Profiles and jobs."""

    def profile(self, name: str, owner: str | None) -> SigningProfile | None:
        """GetSigningProfile; None when unknown.

        Source: https://docs.aws.amazon.com/signer/latest/api/API_GetSigningProfile.html
        """
        call = Call(
            operation="signer:GetSigningProfile",
            action="signer:GetSigningProfile",
            resource=self._place.profile(name, owner),
            expected=_MISSING,
        )
        owned: _Owned = {"profileOwner": owner} if owner else {}
        try:
            return self._calls.run(
                call,
                lambda: self._clients.signer.get_signing_profile(profileName=name, **owned),
                _profile,
            )
        except NotThere:
            return None

    def signing_job(self, job_id: str) -> SigningJob | None:
        """DescribeSigningJob; None when unknown.

        Source: https://docs.aws.amazon.com/signer/latest/api/API_DescribeSigningJob.html
        """
        call = Call(
            operation="signer:DescribeSigningJob",
            action="signer:DescribeSigningJob",
            resource=self._place.job(job_id),
            expected=_MISSING,
        )
        try:
            return self._calls.run(
                call,
                lambda: self._clients.signer.describe_signing_job(jobId=job_id),
                self._read_job,
            )
        except NotThere:
            return None

    def start_signing(
        self,
        *,
        source: StoredObject,
        destination_bucket: str,
        destination_prefix: str,
        profile: str,
        profile_owner: str | None,
        token: str,
    ) -> str:
        """StartSigningJob; the job's id. The same token gives the same job.

        Source: https://docs.aws.amazon.com/signer/latest/api/API_StartSigningJob.html

        Raises:
            ProfileError: E-PROFILE-01 (unknown) or E-PROFILE-02 (refused by Signer).
        """

        def unknown(refusal: Refusal) -> Exception:
            return ProfileError.of(
                "E-PROFILE-01",
                f"signing profile {profile!r} does not exist: {shown(refusal.message)}",
                "Correct signing-profile; a profile of another account needs signing-profile-owner",
            )

        def refused(refusal: Refusal) -> Exception:
            return ProfileError.of(
                "E-PROFILE-02",
                f"Signer refused to sign with profile {profile!r}: {shown(refusal.message)}",
                "Check the profile's status and platform, and that the bucket is in its region",
            )

        version = pinned(source)
        owned: _Owned = {"profileOwner": profile_owner} if profile_owner else {}
        return self._calls.run(
            Call(
                operation="signer:StartSigningJob",
                action="signer:StartSigningJob",
                resource=self._place.profile(profile, profile_owner),
                expected={"ResourceNotFoundException": unknown, "ValidationException": refused},
                hint="Signer reads and writes the bucket with the role's own rights, so it needs"
                f" s3:GetObjectVersion on {self._place.object(source.bucket, source.key)} and"
                " s3:PutObject on"
                f" {self._place.object(destination_bucket, destination_prefix)}*, too",
            ),
            lambda: self._clients.signer.start_signing_job(
                source={"s3": {"bucketName": source.bucket, "key": source.key, "version": version}},
                destination={
                    "s3": {"bucketName": destination_bucket, "prefix": destination_prefix}
                },
                profileName=profile,
                clientRequestToken=token,
                **owned,
            ),
            lambda answer: answer.text("jobId"),
        )

    def _read_job(self, answer: Answer) -> SigningJob:
        """A job; its ARN is made of its owner's account, as signatures and Lambda spell it.

        The signed object has no version in the answer: who uses it pins the one that is read.
        """
        job_id = answer.text("jobId")
        owner = answer.maybe_text("jobOwner") or self.account()
        source, target = answer.maybe_inside("source"), answer.maybe_inside("signedObject")
        read = source.maybe_inside("s3") if source else None
        written = target.maybe_inside("s3") if target else None
        expires = answer.has("signatureExpiresAt")
        return SigningJob(
            job_id=job_id,
            arn=self._place.of_account(owner).job(job_id),
            status=answer.text("status"),
            status_reason=answer.maybe_text("statusReason"),
            created_at=answer.time("createdAt"),
            source=(read.text("bucketName"), read.text("key"), read.text("version"))
            if read
            else None,
            signed_bucket=written.text("bucketName") if written else None,
            signed_key=written.text("key") if written else None,
            profile_name=answer.maybe_text("profileName"),
            profile_version=answer.maybe_text("profileVersion"),
            revoked=answer.has("revocationRecord"),
            signature_expires_at=answer.time("signatureExpiresAt") if expires else None,
        )


def _profile(answer: Answer) -> SigningProfile:
    return SigningProfile(
        name=answer.text("profileName"),
        status=answer.text("status"),
        platform=answer.text("platformId"),
        version=answer.text("profileVersion"),
        version_arn=answer.text("profileVersionArn"),
    )
