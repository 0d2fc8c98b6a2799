"""Step 10: $LATEST becomes a version, whose code is downloaded and hashed again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Self

from signed_lambda.cloud import CodeChangedError, InProgressError, RevisionMovedError
from signed_lambda.confighash import Configuration, canonical, changes, code_and_config, unqualified
from signed_lambda.errors import Conflict, HashMismatch, LambdaFailure, TargetError
from signed_lambda.lazy import dataclass
from signed_lambda.model import Version
from signed_lambda.records import VersionRecord, alias_seal, version_seal
from signed_lambda.report.model import Fact, Link, Reach, Status

if TYPE_CHECKING:
    from signed_lambda.chain.stage import StagedCode
    from signed_lambda.chain.workbench import Order, Workbench
    from signed_lambda.cloud import Download, FunctionConfiguration, HeldVersion
    from signed_lambda.model import AliasName, FunctionName, Sha256

ATTEMPTS: Final = 5
"""$LATEST's revision rotates by itself when an update settles and on each publish."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedVersion:
    """A version whose downloaded code hashes to what was expected, under a known configuration."""

    function: FunctionName
    version: Version
    arn: str
    sha256: Sha256
    configuration: Configuration
    signing_job_arn: str | None
    profile_version_arn: str | None
    record: VersionRecord | None
    recalled: bool

    @property
    def code_and_config(self) -> Sha256:
        """The hash that names the version's hash alias."""
        return code_and_config(self.sha256, self.configuration)

    @property
    def is_as_recorded(self) -> bool:
        """Whether its record was made for this function, this code and this configuration."""
        made_for = self.record and version_seal(
            unqualified(self.arn), self.record.build, self.code_and_config.hex
        )
        return self.record is not None and self.record.seal == made_for

    def seal_behind(self, alias: AliasName) -> str:
        """Of the record on the alias while it leads here, and only here."""
        return alias_seal(unqualified(self.arn), alias, self.version, self.code_and_config.hex)

    @classmethod
    def confirm(cls, staged: StagedCode, answer: FunctionConfiguration, got: Download) -> Self:
        """From the active version's configuration and the download of its code.

        Raises:
            HashMismatch: The version holds other code or another configuration than was staged.
        """
        if answer.code_sha256 != staged.sha256:
            raise HashMismatch.of(
                "E-HASH-05",
                f"version {answer.version} has CodeSha256 {answer.code_sha256}, expected"
                f" {staged.sha256}",
                f"Do not use version {answer.version}; run it again",
            )
        configuration = canonical(answer.content)
        if configuration.sha256 != staged.configuration.sha256:
            different = "; ".join(map(str, changes(staged.configuration, configuration)))
            raise HashMismatch.of(
                "E-HASH-08",
                f"version {answer.version} was published with another configuration: {different}",
                f"Do not use version {answer.version}; find out who changed it, run it again",
            )
        return cls._of_download(answer, staged.sha256, configuration, got, recalled=False)

    @classmethod
    def recall(cls, expected: Sha256, answer: FunctionConfiguration, got: Download) -> Self:
        """From an earlier version, whose hash Lambda recorded when it was published.

        Raises:
            TargetError: The version's state is not Active, or its record is not the expected hash.
            HashMismatch: Its code does not download as those bytes.
        """
        if answer.code_sha256 != expected:
            raise TargetError.of(
                "E-TARGET-07",
                f"version {answer.version} has CodeSha256 {answer.code_sha256}, expected"
                f" {expected}",
                "Choose another version",
            )
        return cls._of_download(answer, expected, canonical(answer.content), got, recalled=True)

    @classmethod
    def _of_download(
        cls,
        answer: FunctionConfiguration,
        expected: Sha256,
        configuration: Configuration,
        got: Download,
        *,
        recalled: bool,
    ) -> Self:
        if got.sha256 != expected:
            raise HashMismatch.of(
                "E-HASH-06",
                f"the code of version {answer.version} downloads as {got.sha256}, expected"
                f" {expected}",
                f"Do not use version {answer.version}; tell AWS support: a version is immutable",
            )
        return cls(
            function=answer.name,
            version=Version(answer.version),
            arn=answer.arn,
            sha256=expected,
            configuration=configuration,
            signing_job_arn=answer.signing_job_arn,
            profile_version_arn=answer.signing_profile_version_arn,
            record=VersionRecord.parse(answer.description),
            recalled=recalled,
        )

    def fact(self) -> Fact:
        """For the journal."""
        how = "exists already" if self.recalled else "published"
        return Fact(
            step="publish",
            title=f"Version {self.version} {how}",
            status=Status.OK,
            proof=f"code downloaded and re-hashed: {self.sha256.b64}",
        )

    def links(self) -> tuple[Link, ...]:
        """The version equals what was staged, and its stored code equals its hash."""
        equals = "its own record" if self.recalled else "$LATEST"
        return (
            Link(name=f"CodeSha256 of version {self.version}", sha256=self.sha256, equals=equals),
            Link(
                name=f"Code of version {self.version}, downloaded",
                sha256=self.sha256,
                equals="its CodeSha256",
            ),
        )


def publish(
    bench: Workbench, order: Order, staged: StagedCode, build: Sha256, commit: str
) -> PublishedVersion:
    """Freezes $LATEST as a version, only if it still holds the staged bytes and configuration.

    Sends CodeSha256 and RevisionId, so that Lambda itself refuses anything else. Unchanged code
    gives the existing version: the number may not grow.

    Args:
        bench: The means.
        order: What was asked for.
        staged: What is frozen.
        build: Of the zip before it was signed.
        commit: That it was built from, "" unknown.

    Raises:
        HashMismatch: $LATEST or the version holds something else.
        Conflict: $LATEST kept moving.
        LambdaFailure: The version did not become active.
    Source: https://docs.aws.amazon.com/lambda/latest/api/API_PublishVersion.html
    """
    content = code_and_config(staged.sha256, staged.configuration)
    record = VersionRecord(
        build=build.hex,
        commit=commit,
        run=order.run.run_id,
        attempt=order.run.attempt,
        seal=version_seal(staged.arn, build.hex, content.hex),
    )
    bench.journal.writing(Reach.VERSION)
    answer = _publish(bench, staged, str(record))
    bench.journal.know(version=answer.version, version_arn=answer.arn)
    active = wait_active(bench, staged.function, answer.version)
    to = bench.new_file("version.zip")
    got = bench.cloud.download_code(staged.function, answer.version, to, active)
    published = PublishedVersion.confirm(staged, active.configuration, got)
    got.path.unlink()
    return published


def _publish(bench: Workbench, staged: StagedCode, description: str) -> FunctionConfiguration:
    revision_id = staged.revision_id
    for _ in range(ATTEMPTS):
        try:
            return bench.cloud.publish(staged.function, staged.sha256, revision_id, description)
        except CodeChangedError as error:
            raise HashMismatch.of(
                "E-HASH-04",
                f"$LATEST of {staged.function} no longer holds {staged.sha256}: {error.message}",
                "Find out who edits the function, then run it again",
            ) from error
        except (RevisionMovedError, InProgressError):
            revision_id = _revision_of_same(bench, staged)
    raise Conflict.of(
        "E-CONFLICT-05",
        f"$LATEST of {staged.function} changed its revision {ATTEMPTS} times while it was"
        " published, always with our code",
        "Run it again when other deployments of the function have ended",
    )


def _revision_of_same(bench: Workbench, staged: StagedCode) -> str:
    """$LATEST's present revision, if it still holds what was staged.

    The revision may move without harm: our own publish whose answer was lost rotates it.
    """
    now = bench.cloud.function(staged.function)
    if now is None or now.code_sha256 != staged.sha256:
        raise HashMismatch.of(
            "E-HASH-04",
            f"$LATEST of {staged.function} holds {now.code_sha256 if now else 'nothing'}, this"
            f" run staged {staged.sha256}",
            "Find out who edits the function, then run it again",
        )
    after = canonical(now.content)
    if after.sha256 != staged.configuration.sha256:
        raise Conflict.of(
            "E-CONFLICT-03",
            f"the configuration of {staged.function} was changed before the version was"
            f" published: {'; '.join(map(str, changes(staged.configuration, after)))}",
            "Find out who changed it; run it again to release it with the change",
        )
    return now.revision_id


def wait_active(bench: Workbench, name: FunctionName, version: str) -> HeldVersion:
    """The version once it is active, read anew in any case; the answer opens its code, too.

    Raises:
        LambdaFailure: It failed, is gone, or is Inactive: idle for so long that the first calls
            would fail, and waiting alone does not wake it.
    Source: https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html
    """

    def look() -> HeldVersion:
        now = bench.cloud.held(name, version)
        if now is None:
            raise LambdaFailure.of(
                "E-LAMBDA-02",
                f"version {version} of {name} is gone",
                "Run it again; find out who deletes versions",
            )
        return now

    def done(held: HeldVersion) -> bool:
        now = held.configuration
        if now.state in ("Failed", "Inactive"):
            raise LambdaFailure.of(
                "E-LAMBDA-02",
                f"version {now.version} of {name} is {now.state}: {now.why_state}",
                "Mend what Lambda names, then run it again; an Inactive version wakes when it is"
                f" invoked (aws lambda invoke --function-name {name} --qualifier {now.version})",
            )
        return now.state in (None, "Active")

    return bench.poll(
        f"version {version} of {name}", look, done, lambda held: str(held.configuration.state)
    )
