"""What Lambda remembers: functions, versions, aliases, and how their states settle with the clock.

May import core and names. Holds no operation: those are in the modules beside this one.
"""

from __future__ import annotations

import copy
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from lambda_sandbox.core import ApiError
from lambda_sandbox.lambda_service.names import (
    LATEST,
    FunctionRef,
    function_arn,
    function_not_found,
    parse_name,
    stale_revision,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from lambda_sandbox.core import World
    from lambda_sandbox.lambda_service.invocation import InvocationContext

T = TypeVar("T")
CODE_STORAGE = 80_530_636_800
"""75 GB, the default quota. Source: AWS docs, lambda/latest/dg/gettingstarted-limits.html."""
CREATING = "The function is being created."
"""StateReason and LastUpdateStatusReason while Lambda works, also of updates.

Source: LocalStack AWS-validated snapshot 2025-11 (test_function_lifecycle).
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """The bytes of one upload and what Lambda tells of them.

    Attributes:
        body: The zip; empty for images.
        sha256: base64 of the SHA-256 of the body; of the image's digest for images.
        size_bytes: CodeSize.
        signing_job_arn: Written by Lambda after it verified the signature; None else.
        signing_profile_version_arn: As above.
        location: Further members of GetFunction's Code (image, referenced S3 object).
    """

    body: bytes
    sha256: str
    size_bytes: int
    signing_job_arn: str | None = None
    signing_profile_version_arn: str | None = None
    location: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an update or creation ends in Failed."""

    reason_code: str
    reason: str


@dataclass(slots=True)
class Progress:
    """State and LastUpdateStatus, and what becomes of them when the time has come.

    Source: LocalStack AWS-validated snapshot 2025-11 (test_function_lifecycle): creation is
    Pending/Creating without LastUpdateStatus, then Active and Successful with a new RevisionId; an
    update keeps State Active, shows InProgress, then Successful with another new RevisionId.
    """

    state: str = "Active"
    last_update: str | None = "Successful"
    due: datetime | None = None
    failure: Failure | None = None
    shown: Failure | None = None

    @property
    def busy(self) -> bool:
        """Whether Lambda still works on it."""
        return self.due is not None

    def members(self) -> dict[str, Any]:
        """The members of a FunctionConfiguration that tell the progress."""
        found: dict[str, Any] = {"State": self.state}
        if self.state == "Pending":
            found |= {"StateReason": CREATING, "StateReasonCode": "Creating"}
        elif self.state == "Failed" and self.shown is not None:
            found |= {"StateReason": self.shown.reason, "StateReasonCode": self.shown.reason_code}
        if self.last_update is not None:
            found["LastUpdateStatus"] = self.last_update
        if self.last_update == "InProgress":
            found |= {"LastUpdateStatusReason": CREATING, "LastUpdateStatusReasonCode": "Creating"}
        elif self.last_update == "Failed" and self.shown is not None:
            found |= {
                "LastUpdateStatusReason": self.shown.reason,
                "LastUpdateStatusReasonCode": self.shown.reason_code,
            }
        return found


@dataclass(slots=True)
class Version:
    """$LATEST or one published version: bytes, configuration, states, all its own.

    Attributes:
        number: "$LATEST" or digits.
        configuration: The members that users set, as FunctionConfiguration spells them.
    """

    number: str
    code: Code
    configuration: dict[str, Any]
    revision_id: str
    last_modified: datetime
    progress: Progress = field(default_factory=Progress)


@dataclass(slots=True)
class Alias:
    """A named pointer to a version."""

    name: str
    version: str
    description: str
    weights: dict[str, float]
    revision_id: str


@dataclass(slots=True)
class Policy:
    """The resource policy of one qualifier (None: of the unqualified function)."""

    statements: list[dict[str, Any]]
    revision_id: str
    document: dict[str, Any] | None = None


@dataclass(slots=True)
class Function:
    """One function with everything that hangs on it."""

    name: str
    latest: Version
    versions: dict[str, Version] = field(default_factory=dict)
    aliases: dict[str, Alias] = field(default_factory=dict)
    next_number: int = 1
    published: tuple[str, tuple[Any, ...]] | None = None
    code_signing_config_arn: str | None = None
    tags: dict[str, str] = field(default_factory=dict)
    policies: dict[str | None, Policy] = field(default_factory=dict)
    reserved_concurrency: int | None = None
    recursive_loop: str = "Terminate"
    runtime_management: dict[str, dict[str, Any]] = field(default_factory=dict)
    event_invoke: dict[str, dict[str, Any]] = field(default_factory=dict)
    provisioned: dict[str, dict[str, Any]] = field(default_factory=dict)
    urls: dict[str | None, dict[str, Any]] = field(default_factory=dict)
    failing: dict[str | None, str] = field(default_factory=dict)
    handler: Callable[[Any, InvocationContext], Any] | None = None


@dataclass(slots=True)
class CodeSigningConfig:
    """Which signing profiles a function's code must come from, and what happens if it does not."""

    arn: str
    id: str
    allowed_publishers: tuple[str, ...]
    policy: str
    description: str
    last_modified: datetime
    tags: dict[str, str] = field(default_factory=dict)

    def members(self) -> dict[str, Any]:
        """The API's CodeSigningConfig."""
        return {
            "CodeSigningConfigId": self.id,
            "CodeSigningConfigArn": self.arn,
            "Description": self.description,
            "AllowedPublishers": {"SigningProfileVersionArns": list(self.allowed_publishers)},
            "CodeSigningPolicies": {"UntrustedArtifactOnDeployment": self.policy},
            "LastModified": timestamp(self.last_modified),
        }


@dataclass(slots=True)
class LambdaState:
    """Lambda in one region of one account."""

    world: World
    functions: dict[str, Function] = field(default_factory=dict)
    code_signing_configs: dict[str, CodeSigningConfig] = field(default_factory=dict)
    event_source_mappings: dict[str, dict[str, Any]] = field(default_factory=dict)
    mapping_tags: dict[str, dict[str, str]] = field(default_factory=dict)
    layers: dict[str, dict[int, dict[str, Any]]] = field(default_factory=dict)
    layer_bytes: dict[str, bytes] = field(default_factory=dict)
    next_failures: dict[str, Failure] = field(default_factory=dict)
    invocations: list[dict[str, Any]] = field(default_factory=list)
    code_storage_limit: int = CODE_STORAGE

    def stored_bytes(self) -> int:
        """TotalCodeSize: every version of every function and layer counts.

        Source: LocalStack AWS-validated snapshot 2025-11 (test_account_settings_total_code_size).
        """
        functions = sum(
            version.code.size_bytes
            for function in self.functions.values()
            for version in (function.latest, *function.versions.values())
        )
        return functions + sum(map(len, self.layer_bytes.values()))

    def require_storage(self, size_bytes: int) -> None:
        """Refuses code that does not fit into the account's storage any more.

        Source: botocore model (CodeStorageExceededException); AWS docs, gettingstarted-limits.html.
        """
        if self.stored_bytes() + size_bytes > self.code_storage_limit:
            raise ApiError("CodeStorageExceededException", "Code storage limit exceeded.", 400)

    def new_id(self) -> str:
        """A new random UUID, repeatable by the world's seed."""
        return str(uuid.UUID(int=self.world.random.getrandbits(128), version=4))

    def find(self, spelled: str, qualifier: str | None = None) -> tuple[Function, FunctionRef]:
        """The function that a request names, its states settled.

        Raises:
            ApiError: 404 with the ARN as the request qualified it.
        """
        ref = parse_name(self.world, spelled, qualifier)
        function = self.functions.get(ref.name)
        if function is None:
            raise function_not_found(function_arn(self.world, ref.name, ref.qualifier))
        self.settle(function)
        return function, ref

    def version_of(self, function: Function, qualifier: str | None) -> Version:
        """The version that a qualifier means; through an alias, its main version.

        Raises:
            ApiError: 404 with the qualified ARN.
        """
        if qualifier in {None, LATEST}:
            return function.latest
        alias = function.aliases.get(str(qualifier))
        number = alias.version if alias is not None else str(qualifier)
        if number == LATEST:
            return function.latest
        version = function.versions.get(number)
        if version is None:
            raise function_not_found(function_arn(self.world, function.name, qualifier))
        return version

    def settle(self, function: Function) -> None:
        """Ends what Lambda was working on, if its time has come."""
        now = self.world.clock.now()
        for version in (function.latest, *function.versions.values()):
            progress = version.progress
            if progress.due is None or now < progress.due:
                continue
            progress.due = None
            failure, progress.failure = progress.failure, None
            progress.shown = failure
            if progress.state == "Pending":
                progress.state = "Active" if failure is None else "Failed"
            progress.last_update = "Successful" if failure is None else "Failed"
            if version.number == LATEST:
                version.revision_id = self.new_id()

    def start(self, version: Version, seconds: float, failure: Failure | None = None) -> None:
        """Begins work on a version that ends `seconds` from now."""
        version.progress.due = self.world.clock.now() + timedelta(seconds=seconds)
        version.progress.failure = failure

    def require_revision(self, current: str, given: str | None) -> None:
        """Refuses a RevisionId that is not the current one; none given is fine.

        Raises:
            ApiError: 412.
        """
        if given is not None and given != current:
            raise stale_revision()


def timestamp(moment: datetime) -> str:
    """A time as LastModified spells it, for example 2026-01-05T09:00:00.000+0000."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}+0000"


def copied(value: T) -> T:
    """A deep copy: nothing that left the state may change it, nor the other way round."""
    return copy.deepcopy(value)
