"""The port to AWS: what the chain asks for, and the shape of each answer.

The core owns this port; `aws` implements it with botocore and is its only importer. Answers
are parsed and shape-checked by the implementation: a value that exists here has its form. Times are
UTC. Nothing here decides anything.

Errors that every method may raise, beside those it names: `IdentityError` (credentials),
`AccessError` (a permission, named), `AwsError` (unreachable, kept failing, not an answer),
`DeadlineError`, `Cancelled`. Single transient faults never surface: reads and writes are repeated
within the deadline, and each write below is safe to repeat, or says how the caller reads it back.
"""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Any, Literal, Protocol

from signed_lambda.lazy import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    from signed_lambda.latest import FunctionUrl, Simulated, Statement
    from signed_lambda.model import AliasName, FunctionName, Sha256, Version
    from signed_lambda.triggers import (
        EventRule,
        EventSource,
        FilterPolicy,
        Listed,
        LogSubscription,
        Notification,
        Permission,
        Subscription,
    )


class Clock(Protocol):
    """Time, injected, so that no test waits."""

    def now(self) -> datetime:
        """The current time, UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds of a clock that never goes back."""
        ...

    def processor(self) -> float:
        """Seconds of the processor that this thread has used."""
        ...

    def sleep(self, seconds: float) -> None:
        """Waits; a stop signal ends the wait by raising `Cancelled`."""
        ...


class RevisionMovedError(Exception):
    """412: the RevisionId sent is no longer the resource's. May be our own write, answered late."""


class InProgressError(Exception):
    """409 until the deadline: another update of the function is still in progress."""


class AlreadyExistsError(Exception):
    """409/412 on a create-only write: something has the name. May be our own write."""


class InUseError(Exception):
    """409 on a deletion: an alias names the version."""


class CodeChangedError(Exception):
    """PublishVersion found other code in $LATEST than the CodeSha256 sent.

    Attributes:
        message: Lambda's text, with both hashes.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class SignatureRefusedError(Exception):
    """Lambda's own code-signing check refused the zip.

    Attributes:
        message: Lambda's text.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@dataclass(frozen=True, slots=True)
class Identity:
    """Who we are for AWS.

    Attributes:
        account: 12 digits.
        arn: Of the caller.
        region: Of the clients.
        partition: "aws", "aws-cn", "aws-us-gov".
    """

    account: str
    arn: str
    region: str
    partition: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionConfiguration:
    """A version's (or $LATEST's) configuration as Lambda answers it.

    Attributes:
        arn: Qualified as Lambda answers it.
        version: "$LATEST" or a number.
        code_sha256: None while Lambda has not computed it (REFERENCE storage, image functions).
        revision_id: Rotates on update, again when the update settles, and on publish.
        state: None in lists of versions.
        package_type: "Zip" or "Image".
        content: All members of the answer as botocore parsed them, for the fingerprint; holds the
            environment's values in clear: never printed.
    """

    arn: str
    name: FunctionName
    version: str
    code_sha256: Sha256 | None
    code_size_bytes: int
    revision_id: str
    description: str
    package_type: str
    state: str | None
    state_reason: str | None
    state_reason_code: str | None
    last_update_status: str | None
    last_update_reason: str | None
    last_update_reason_code: str | None
    last_modified: str
    signing_job_arn: str | None
    signing_profile_version_arn: str | None
    handler: str | None
    content: Mapping[str, object] = field(repr=False)

    @property
    def why_state(self) -> str:
        """Why it is in its state, as Lambda says."""
        return _why(self.state_reason_code, self.state_reason)

    @property
    def why_update(self) -> str:
        """Why its last update ended as it did, as Lambda says."""
        return _why(self.last_update_reason_code, self.last_update_reason)


def _why(code: str | None, text: str | None) -> str:
    return f"{code} ({text})" if code and text else code or text or "Lambda gives no reason"


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldVersion:
    """A version as GetFunction answers it: its configuration, and where its code lies.

    Attributes:
        answer: As it came, for `Cloud.download_code` alone: opens the code for ten minutes.
    """

    configuration: FunctionConfiguration
    answer: Mapping[str, object] = field(repr=False)


@dataclass(frozen=True, slots=True)
class CodeSigning:
    """The code-signing configuration attached to a function.

    Attributes:
        arn: Of the configuration.
        policy: "Enforce" or "Warn" for untrusted artefacts.
        allowed_publishers: Signing-profile-version ARNs.
    """

    arn: str
    policy: str
    allowed_publishers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Alias:
    """An alias.

    Attributes:
        version: Number or "$LATEST".
        weights: Further versions and their share (0..1); empty when no shift is under way.
        revision_id: Rotates with each update of the alias.
    """

    name: AliasName
    version: str
    weights: Mapping[str, float]
    description: str
    revision_id: str

    @property
    def route(self) -> str:
        """Where calls go, as a person reads it: "version 2 (90 %) and version 1 (10 %)"."""
        rest = 1 - sum(self.weights.values())
        shares = {self.version: rest, **self.weights} if self.weights else {}
        return " and ".join(f"version {v} ({100 * w:g} %)" for v, w in shares.items()) or (
            f"version {self.version}"
        )


@dataclass(frozen=True, slots=True)
class SigningProfile:
    """A Signer profile's newest version.

    Attributes:
        status: "Active", "Canceled", "Revoked".
        platform: "AWSLambda-SHA384-ECDSA" for Lambda.
        version: 10 letters and digits.
        version_arn: What AllowedPublishers and signatures name.
    """

    name: str
    status: str
    platform: str
    version: str
    version_arn: str


@dataclass(frozen=True, slots=True)
class Bucket:
    """What could be learnt of a bucket.

    Attributes:
        state: "ours", "missing", or "foreign" (403 for the expected owner: another account's, or
            no permission to look).
        versioning: "Enabled", "Suspended", or None where it was never on; None unless "ours".
    """

    name: str
    state: Literal["ours", "missing", "foreign"]
    versioning: str | None


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object version in S3.

    Attributes:
        version_id: None when the bucket is not versioned.
        sha256: The full-object checksum S3 answered, None when it holds none.
        size_bytes: Of the object, None when the answer does not say.
    """

    bucket: str
    key: str
    version_id: str | None
    sha256: Sha256 | None
    size_bytes: int | None


@dataclass(frozen=True, slots=True)
class Download:
    """Bytes that were downloaded and hashed by us.

    Attributes:
        path: Where they were written.
        version_id: Of the object, None for code from Lambda.
    """

    path: Path
    sha256: Sha256
    size_bytes: int
    version_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningJob:
    """A signing job.

    Attributes:
        status: "InProgress", "Succeeded", "Failed".
        source: Bucket, key, version of what was signed; None where the answer leaves it out.
        signed_bucket, signed_key: Of the result, None unless succeeded.
        revoked: A revocation record stands for the job.
        signature_expires_at: UTC.
    """

    job_id: str
    arn: str
    status: str
    status_reason: str | None
    created_at: datetime
    source: tuple[str, str, str] | None
    signed_bucket: str | None
    signed_key: str | None
    profile_name: str | None
    profile_version: str | None
    revoked: bool
    signature_expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class PolicyDocument:
    """A function's resource policy, whole.

    Attributes:
        content: The document as JSON parsed it, to be merged and sent back.
        revision_id: Of the policy; rotates with each change of it.
    """

    content: Mapping[str, Any] = field(repr=False)
    revision_id: str


@dataclass(frozen=True, slots=True)
class Invocation:
    """The answer of a smoke test.

    Attributes:
        status: HTTP status.
        function_error: "Unhandled", "Handled", None on success.
        payload: At most 64 KiB of the answer: foreign text.
        executed_version: As Lambda says it.
    """

    status: int
    function_error: str | None
    payload: bytes
    executed_version: str


class Watch(Protocol):
    """Follows a download as it is written."""

    def begin(self, path: Path) -> None:
        """A new file is begun there; also again, where a download failed and is repeated."""
        ...

    def grew(self, size_bytes: int) -> None:
        """So many bytes of it can be read."""
        ...


class Cloud(Protocol):
    """AWS, as far as the chain needs it. One implementation: `signed_lambda.aws.Aws`."""

    def slowed(self, calls_per_s: float) -> Cloud:
        """The same, with at most so many calls a second, whichever thread makes them."""
        ...

    def elsewhere(self, region: str, role: str | None = None) -> Cloud:
        """The same in another region, and as another role where one is named: STS AssumeRole.

        Raises:
            AccessError: The role may not be assumed.
        """
        ...

    # -- who and where
    def identity(self) -> Identity:
        """STS GetCallerIdentity."""
        ...

    # -- Lambda, reads
    def function(
        self, name: FunctionName, qualifier: str | None = None
    ) -> FunctionConfiguration | None:
        """GetFunctionConfiguration; None when the function or the qualifier does not exist."""
        ...

    def held(self, name: FunctionName, qualifier: str) -> HeldVersion | None:
        """GetFunction of a version or an alias; None when the function or it does not exist."""
        ...

    def code_signing(self, name: FunctionName) -> CodeSigning | None:
        """`code_signing_arn`, then `code_signing_config`; None when none is attached."""
        ...

    def code_signing_arn(self, name: FunctionName) -> str | None:
        """GetFunctionCodeSigningConfig; None when none is attached."""
        ...

    def code_signing_config(self, arn: str) -> CodeSigning | None:
        """GetCodeSigningConfig; None when it does not exist."""
        ...

    def alias(self, name: FunctionName, alias: AliasName) -> Alias | None:
        """GetAlias; None when it does not exist."""
        ...

    def aliases(self, name: FunctionName) -> tuple[Alias, ...]:
        """ListAliases, all pages."""
        ...

    def versions(self, name: FunctionName) -> tuple[FunctionConfiguration, ...]:
        """ListVersionsByFunction, all pages, without $LATEST, oldest first."""
        ...

    def provisioned(self, name: FunctionName) -> frozenset[str]:
        """ListProvisionedConcurrencyConfigs, all pages: versions and aliases that have some."""
        ...

    def download_code(
        self, name: FunctionName, version: str, to: Path, held: HeldVersion | None = None
    ) -> Download:
        """GetFunction(Qualifier) and its Code.Location, host-checked, hashed while written.

        Args:
            name: Of the function.
            version: Its number.
            to: A path that does not exist.
            held: An answer of this run's for the version: it saves the question.

        Raises:
            TargetError: E-TARGET-05, the version's code is stored by reference in a bucket
                (S3ObjectStorageMode REFERENCE), so "immutable" is not true of it.
        """
        ...

    # -- triggers, reads: each gives up after 20 s, because no deploy depends on them
    def get_ready(self) -> None:
        """Makes ready what these questions need, while another answer is waited for; asks none."""
        ...

    def permissions(
        self, name: FunctionName, qualifier: str | None = None
    ) -> tuple[Permission, ...]:
        """GetPolicy of exactly this qualifier; empty when there is none."""
        ...

    def statements(self, name: FunctionName) -> tuple[Statement, ...]:
        """GetPolicy of the unqualified function; empty when there is none."""
        ...

    def policy_document(self, arn: str) -> PolicyDocument | None:
        """GetResourcePolicy; None when there is none."""
        ...

    def function_urls(self, name: FunctionName) -> Listed[FunctionUrl]:
        """ListFunctionUrlConfigs, at most ten pages: of the function and of its aliases."""
        ...

    def simulated(
        self, principal: str, action: str, resources: tuple[str, ...]
    ) -> tuple[Simulated, ...] | None:
        """SimulatePrincipalPolicy, a result for each resource.

        None when IAM knows no user or role of that ARN.
        """
        ...

    def event_sources(
        self, name: FunctionName, qualifier: str | None = None
    ) -> Listed[EventSource]:
        """ListEventSourceMappings of exactly this qualifier, at most ten pages."""
        ...

    def destinations(self, name: FunctionName, qualifier: str | None = None) -> tuple[str, ...]:
        """GetFunctionEventInvokeConfig: the ARNs of OnSuccess and OnFailure."""
        ...

    def recursive_loop(self, name: FunctionName) -> str:
        """GetFunctionRecursionConfig: "Allow" or "Terminate"."""
        ...

    def notifications(self, bucket: str) -> tuple[Notification, ...]:
        """GetBucketNotificationConfiguration; empty when the bucket does not exist.

        Errors hold the bucket's name nowhere: it may be a value of the function's environment.
        """
        ...

    def subscriptions(self, topic: str) -> Listed[Subscription]:
        """ListSubscriptionsByTopic, at most ten pages; empty when the topic does not exist."""
        ...

    def filter_policy(self, subscription: str) -> FilterPolicy:
        """GetSubscriptionAttributes: what the subscription takes; all when it does not exist."""
        ...

    def rule_names(self, target: str, bus: str) -> Listed[str]:
        """ListRuleNamesByTarget, at most ten pages; empty when the bus does not exist."""
        ...

    def rule(self, name: str, bus: str) -> EventRule | None:
        """DescribeRule; None when it does not exist."""
        ...

    def log_subscriptions(self, group: str) -> Listed[LogSubscription]:
        """DescribeSubscriptionFilters; empty when the log group does not exist."""
        ...

    # -- Signer and S3, reads
    def profile(self, name: str, owner: str | None) -> SigningProfile | None:
        """GetSigningProfile; None when unknown."""
        ...

    def signing_job(self, job_id: str) -> SigningJob | None:
        """DescribeSigningJob; None when unknown."""
        ...

    def bucket(self, name: str, owner: str) -> Bucket:
        """GetBucketVersioning with ExpectedBucketOwner."""
        ...

    def list_objects(self, bucket: str, prefix: str, owner: str) -> tuple[str, ...]:
        """Keys under a prefix, newest first, at most 1,000."""
        ...

    def get_object(
        self,
        bucket: str,
        key: str,
        version_id: str | None,
        owner: str,
        to: Path,
        *,
        watch: Watch | None = None,
    ) -> Download | None:
        """GetObject, hashed while written; None when it does not exist. Retried as a whole."""
        ...

    # -- writes
    def put_object(
        self,
        bucket: str,
        key: str,
        body: Path,
        sha256: Sha256,
        owner: str,
        *,
        content_type: str = "application/zip",
    ) -> StoredObject:
        """PutObject with ChecksumSHA256, IfNoneMatch "*", ExpectedBucketOwner.

        Raises:
            AlreadyExistsError: The key has an object (perhaps ours: read it back).
            BucketError: E-BUCKET-05, the bytes changed on the way (BadDigest), repeatedly.
        """
        ...

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

        Raises:
            ProfileError: E-PROFILE-01 (unknown) or E-PROFILE-02 (refused by Signer).
        """
        ...

    def dry_run(
        self, name: FunctionName, source: StoredObject, revision_id: str
    ) -> FunctionConfiguration:
        """UpdateFunctionCode(DryRun) of the pinned object version: what Lambda would hold.

        Raises:
            RevisionMovedError, InProgressError, SignatureRefusedError: As named.
        """
        ...

    def update_code(
        self, name: FunctionName, source: StoredObject, revision_id: str
    ) -> FunctionConfiguration:
        """UpdateFunctionCode of the pinned object version, storage mode COPY, with RevisionId.

        Raises:
            RevisionMovedError, InProgressError, SignatureRefusedError: As named.
            LambdaFailure: E-LAMBDA-03, the region's code storage is full.
        """
        ...

    def publish(
        self, name: FunctionName, sha256: Sha256, revision_id: str, description: str
    ) -> FunctionConfiguration:
        """PublishVersion with CodeSha256 and RevisionId; the same version when nothing changed.

        Raises:
            RevisionMovedError, InProgressError, CodeChangedError: As named.
        """
        ...

    def create_alias(
        self, name: FunctionName, alias: AliasName, version: Version, description: str
    ) -> Alias:
        """CreateAlias.

        Raises:
            AlreadyExistsError: The alias exists (perhaps by us: read it back).
        """
        ...

    def update_alias(
        self,
        name: FunctionName,
        alias: AliasName,
        version: Version,
        description: str,
        revision_id: str,
    ) -> Alias:
        """UpdateAlias with RevisionId and an empty RoutingConfig.

        Raises:
            RevisionMovedError: As named.
        """
        ...

    def delete_alias(self, name: FunctionName, alias: AliasName) -> None:
        """DeleteAlias; nothing happens where there is none."""
        ...

    def delete_version(self, name: FunctionName, version: Version) -> None:
        """DeleteFunction of one version by its number, never of the function.

        Nothing happens where there is none.

        Raises:
            InUseError: An alias names it.
        """
        ...

    def put_policy(self, arn: str, policy: str, revision_id: str | None) -> None:
        """PutResourcePolicy, which replaces the whole policy.

        Args:
            arn: Of the function, unqualified.
            policy: JSON, at most 20,480 characters.
            revision_id: Of the policy that is replaced; None where there was none.

        Raises:
            RevisionMovedError: Another policy is there (perhaps ours: read it back).
        """
        ...

    def delete_policy(self, arn: str, revision_id: str | None) -> None:
        """DeleteResourcePolicy; nothing when there is none.

        Raises:
            RevisionMovedError: Another policy is there.
        """
        ...

    def invoke(self, name: FunctionName, version: Version, payload: bytes) -> Invocation:
        """Invoke (RequestResponse) of a version by number."""
        ...
