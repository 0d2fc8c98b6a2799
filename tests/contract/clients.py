"""What a row works with: the clients and resources of one target, signing among them.

Uses nothing but the AWS API, as any stranger would.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from tests.contract.material import PLATFORM, Profile, Signed, some_code
from tests.contract.resources import PREFIX, Resources


class Clients(Resources):
    """The clients of one target, and the fresh resources of one row."""

    def profile(self, *, kept: str = "") -> Profile:
        """A signing profile of the Lambda platform.

        Args:
            kept: On a real account, where a profile's name is taken for ever, the profile of this
                name is used again; rows that change a profile leave it empty.
        """
        if kept and self.target.endpoint is None:
            return self.target.once(f"profile {kept}", lambda: self._kept_profile(kept))
        name = self.name().replace("-", "_")
        self.signer.put_signing_profile(profileName=name, platformId=PLATFORM)
        self.afterwards(self._cancel_profile, profileName=name)
        return self._profile(name)

    def _kept_profile(self, kept: str) -> Profile:
        name = f"{PREFIX}_{kept}"
        with suppress(self.signer.exceptions.ValidationException):  # it is there already
            self.signer.put_signing_profile(profileName=name, platformId=PLATFORM)
        return self._profile(name)

    def _cancel_profile(self, profileName: str) -> None:  # noqa: N803 - spelled as boto3 does
        """Cancels it; a revoked or canceled one stays as it is."""
        if self.signer.get_signing_profile(profileName=profileName)["status"] == "Active":
            self.signer.cancel_signing_profile(profileName=profileName)

    def _profile(self, name: str) -> Profile:
        got = self.signer.get_signing_profile(profileName=name)
        return Profile(name, got["profileVersion"], got["arn"], got["profileVersionArn"])

    def start_job(self, profile: str, bucket: str, body: bytes, **more: Any) -> str:  # noqa: ANN401 - boto3's
        """Uploads and starts a signing job; its id."""
        version_id = self.upload(bucket, "unsigned/code.zip", body)
        started = self.signer.start_signing_job(
            source={
                "s3": {"bucketName": bucket, "key": "unsigned/code.zip", "version": version_id}
            },
            destination={"s3": {"bucketName": bucket, "prefix": "signed/"}},
            profileName=profile,
            **more,
        )
        return str(started["jobId"])

    def job_done(self, job_id: str) -> Any:  # noqa: ANN401 - boto3's
        """DescribeSigningJob's answer, once the job is no longer in progress."""
        return self.eventually(
            lambda: self.signer.describe_signing_job(jobId=job_id),
            lambda job: job["status"] != "InProgress",
        )

    def sign(self, profile: Profile, body: bytes | None = None, bucket: str = "") -> Signed:
        """Signs a zip; where it lies, and its bytes."""
        bucket = bucket or self.bucket()
        job_id = self.start_job(profile.name, bucket, body or some_code())
        job = self.job_done(job_id)
        assert job["status"] == "Succeeded", job.get("statusReason")
        key = job["signedObject"]["s3"]["key"]
        version_id = self.s3.head_object(Bucket=bucket, Key=key)["VersionId"]
        arn = f"arn:aws:signer:{self.target.region}:{job['jobOwner']}:/signing-jobs/{job_id}"
        signed = self.download(bucket, key, version_id)
        return Signed(job_id, arn, bucket, key, version_id, signed)

    def code_signing_config(self, publisher: str, policy: str | None = None) -> str:
        """A new code-signing configuration; its ARN.

        Args:
            publisher: ARN of the profile version that it allows.
            policy: "Enforce" or "Warn"; None leaves it to AWS.
        """
        more: Any = {}
        if policy:
            more["CodeSigningPolicies"] = {"UntrustedArtifactOnDeployment": policy}
        made = self.lambda_.create_code_signing_config(
            AllowedPublishers={"SigningProfileVersionArns": [publisher]}, **more
        )
        arn = made["CodeSigningConfig"]["CodeSigningConfigArn"]
        self.afterwards(self.lambda_.delete_code_signing_config, CodeSigningConfigArn=arn)
        return str(arn)

    def guarded_function(self, profile: Profile, policy: str) -> str:
        """A new function whose code-signing configuration allows one profile version.

        The code that it has is unsigned: attaching never checks what is there.
        """
        name = self.function()
        self.attach(name, self.code_signing_config(profile.version_arn, policy))
        return name

    def attach(self, name: str, config_arn: str) -> Any:  # noqa: ANN401 - boto3's
        """Attaches a code-signing configuration; the answer."""
        answer = self.lambda_.put_function_code_signing_config(
            FunctionName=name, CodeSigningConfigArn=config_arn
        )
        self.afterwards(self.lambda_.delete_function_code_signing_config, FunctionName=name)
        return answer
