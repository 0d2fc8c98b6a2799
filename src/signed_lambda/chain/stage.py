"""Step 9: the artefact becomes $LATEST, by dry run and conditional update, and is read back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Self

from signed_lambda.chain.observe import is_changing
from signed_lambda.chain.sign import SignedObject
from signed_lambda.chain.upload import UploadedObject
from signed_lambda.cloud import InProgressError, RevisionMovedError, SignatureRefusedError
from signed_lambda.confighash import Configuration, canonical, changes, unqualified
from signed_lambda.errors import Conflict, FunctionError, HashMismatch, LambdaFailure
from signed_lambda.lazy import dataclass
from signed_lambda.report.model import Fact, Link, Reach, Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from signed_lambda.chain.observe import Observed
    from signed_lambda.chain.workbench import Order, Workbench
    from signed_lambda.cloud import CodeSigning, FunctionConfiguration
    from signed_lambda.model import FunctionName, Sha256

ATTEMPTS: Final = 3
"""Tags and permissions that move the revision while we work; more is a conflict."""
Artefact = SignedObject | UploadedObject
"""What is deployed: the signed object, or the uploaded build itself when deployed unsigned."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StagedCode:
    """$LATEST holds exactly the artefact's bytes, under the configuration read at the start."""

    function: FunctionName
    arn: str
    sha256: Sha256
    revision_id: str
    configuration: Configuration
    signing_job_arn: str | None
    profile_version_arn: str | None
    already_there: bool

    @classmethod
    def confirm(
        cls,
        artefact: Artefact,
        before: Configuration,
        answer: FunctionConfiguration,
        signing: CodeSigning | None,
        *,
        already_there: bool,
    ) -> Self:
        """From the settled answer of the update.

        Args:
            artefact: What was sent.
            before: The configuration that was observed.
            answer: The function as it is now.
            signing: The code-signing configuration that was observed.
            already_there: No update was sent.

        Raises:
            HashMismatch: Other bytes, or signed by another job or profile than ours.
            Conflict: The configuration is not the one read at the start.
        """
        if answer.code_sha256 != artefact.sha256:
            raise HashMismatch.of(
                "E-HASH-03",
                f"$LATEST of {answer.name} holds {answer.code_sha256}, this run deployed"
                f" {artefact.sha256}",
                "Find out who else updates the function, then run it again",
            )
        _require_our_signature(artefact, answer, signing)
        after = canonical(answer.content)
        if after.sha256 != before.sha256:
            raise Conflict.of(
                "E-CONFLICT-03",
                f"the configuration of {answer.name} was changed while this run worked:"
                f" {'; '.join(map(str, changes(before, after)))}",
                "Find out who changed it; run it again to release it with the change",
            )
        return cls(
            function=answer.name,
            arn=unqualified(answer.arn),
            sha256=artefact.sha256,
            revision_id=answer.revision_id,
            configuration=after,
            signing_job_arn=artefact.signing_job_arn,
            profile_version_arn=artefact.profile_version_arn,
            already_there=already_there,
        )

    def fact(self) -> Fact:
        """For the journal."""
        how = "held these bytes already" if self.already_there else "updated and read back"
        return Fact(
            step="update",
            title="Update $LATEST",
            status=Status.OK,
            proof=f"{how}, CodeSha256 {self.sha256.b64}, configuration unchanged",
        )

    def links(self) -> tuple[Link, ...]:
        """$LATEST equals the artefact."""
        return (Link(name="CodeSha256 of $LATEST", sha256=self.sha256, equals="the artefact"),)


@dataclass(frozen=True, slots=True)
class Trial:
    """A dry run of the update: Lambda would hold exactly the artefact, and nothing moved.

    Attributes:
        needed: Whether there was one; $LATEST may hold the artefact already.
    """

    needed: bool

    @classmethod
    def confirm(
        cls,
        artefact: Artefact,
        start: FunctionConfiguration,
        answer: FunctionConfiguration,
        now: FunctionConfiguration,
    ) -> Self:
        """From the dry run's answer, and the function read after it.

        Raises:
            HashMismatch: Lambda would hold other bytes.
            Conflict: The function moved.
        """
        if answer.code_sha256 != artefact.sha256:
            raise HashMismatch.of(
                "E-HASH-02",
                f"Lambda's dry run of s3://{artefact.stored.bucket}/{artefact.stored.key} version"
                f" {artefact.stored.version_id} gives {answer.code_sha256}, expected"
                f" {artefact.sha256}",
                "Run it again; if it stays so, the endpoint does not honour S3ObjectVersion",
            )
        if not _is_same(start, now):
            raise Conflict.of(
                "E-CONFLICT-02",
                f"{start.name} moved during the dry run: CodeSha256 {start.code_sha256} ->"
                f" {now.code_sha256}, revision {start.revision_id} -> {now.revision_id}",
                "Find out who else updates the function (an emulator may deploy on DryRun), then"
                " run it again",
            )
        return cls(needed=True)

    @classmethod
    def already_there(cls) -> Self:
        """Where $LATEST holds the artefact before any update."""
        return cls(needed=False)


def try_out(bench: Workbench, order: Order, artefact: Artefact, observed: Observed) -> Trial:
    """Asks Lambda what it would hold; an extra check, the update's own answer is the gate.

    Writes nothing, tells the journal nothing: it may run beside other questions.

    Raises:
        Conflict: Somebody changed the function since it was observed.
        HashMismatch: Lambda would hold other bytes.
        LambdaFailure: Lambda refused the signature.
    Source: AWS docs of 2017 for UpdateFunctionCode, DryRun: "the CodeSha256 hash value of the
    provided code will also be computed and returned".
    """
    start = observed.function
    if start is None or _is_there(artefact, observed):
        return Trial.already_there()

    def send(revision_id: str) -> FunctionConfiguration:
        return bench.cloud.dry_run(order.function, artefact.stored, revision_id)

    answer = _on_same_function(bench, order, artefact, start, send)
    if answer is None:
        return Trial.already_there()  # an earlier answer of ours was late
    return Trial.confirm(artefact, start, answer, _read(bench, order))


def stage(
    bench: Workbench, order: Order, artefact: Artefact, observed: Observed, trial: Trial
) -> StagedCode:
    """Updates $LATEST to the artefact, only if nobody changed the function since it was observed.

    Raises:
        Conflict: Somebody did.
        HashMismatch: $LATEST holds other bytes.
        LambdaFailure: The update failed, or Lambda refused the signature.
    """
    start, before, signing = observed.function, observed.configuration, observed.code_signing
    if start is None or before is None:
        raise FunctionError.of("E-FUNCTION-01", f"no function {order.function}", "Create it first")
    if _is_there(artefact, observed):
        # Publishing sends this revision: whoever changed the function since is noticed there.
        return StagedCode.confirm(artefact, before, start, signing, already_there=True)
    if trial.needed:
        bench.journal.fact(
            step="dry-run",
            title="Dry run of the update",
            status=Status.OK,
            proof=f"Lambda would hold {artefact.sha256.b64}, nothing moved",
        )
    _update(bench, order, artefact, start)
    after = _wait_settled(bench, order)
    return StagedCode.confirm(artefact, before, after, signing, already_there=False)


def _is_there(artefact: Artefact, observed: Observed) -> bool:
    """Whether $LATEST holds the artefact, admitted as ours, and stands still."""
    start = observed.function
    if start is None or start.code_sha256 != artefact.sha256:
        return False
    settled = not is_changing(start) and start.last_update_status != "Failed"
    return settled and _is_recorded(artefact, start, observed.code_signing)


def _update(
    bench: Workbench, order: Order, artefact: Artefact, start: FunctionConfiguration
) -> None:
    def send(revision_id: str) -> FunctionConfiguration:
        bench.journal.writing(Reach.LATEST)
        return bench.cloud.update_code(order.function, artefact.stored, revision_id)

    try:
        _on_same_function(bench, order, artefact, start, send)
    except Conflict:
        bench.journal.stood()
        raise


def _on_same_function(
    bench: Workbench,
    order: Order,
    artefact: Artefact,
    start: FunctionConfiguration,
    send: Callable[[str], FunctionConfiguration],
) -> FunctionConfiguration | None:
    """Sends a conditional request, as long as the function is what was observed at the start.

    A tag or a permission moves the revision too: then it is sent again with the new one.
    Source: LocalStack AWS-validated snapshots (tagging and AddPermission change RevisionId).

    Returns:
        The answer; None where the artefact is there already, by our own write answered late.

    Raises:
        Conflict: Somebody changed code or configuration.
        LambdaFailure: Lambda refused the signature.
    """
    revision_id = start.revision_id
    for _ in range(ATTEMPTS):
        try:
            return send(revision_id)
        except SignatureRefusedError as error:
            raise _refused(artefact, error) from error
        except (RevisionMovedError, InProgressError) as error:
            now = _read(bench, order)
            if now.code_sha256 == artefact.sha256:
                return None
            if not _is_same(start, now):
                raise _changed_by_others(start, now) from error
            revision_id = now.revision_id
    raise _changed_by_others(start, _read(bench, order))


def _is_same(start: FunctionConfiguration, now: FunctionConfiguration) -> bool:
    """Same code, same configuration; the revision alone may differ."""
    same_configuration = canonical(start.content).sha256 == canonical(now.content).sha256
    return start.code_sha256 == now.code_sha256 and same_configuration


def _wait_settled(bench: Workbench, order: Order) -> FunctionConfiguration:
    def done(function: FunctionConfiguration) -> bool:
        if function.last_update_status == "Failed" or function.state == "Failed":
            raise LambdaFailure.of(
                "E-LAMBDA-01",
                f"the update of {function.name} failed:"
                f" {function.why_state if function.state == 'Failed' else function.why_update}",
                "Mend what Lambda names, then run it again",
            )
        return not is_changing(function)

    return bench.poll(
        f"the update of {order.function}",
        lambda: _read(bench, order),
        done,
        lambda f: str(f.last_update_status or f.state),
    )


def _read(bench: Workbench, order: Order) -> FunctionConfiguration:
    now = bench.cloud.function(order.function)
    if now is None:
        raise FunctionError.of(
            "E-FUNCTION-01",
            f"{order.function} was deleted while this run worked",
            "Create it again, then run it again",
        )
    return now


def _is_recorded(
    artefact: Artefact, answer: FunctionConfiguration, signing: CodeSigning | None
) -> bool:
    """Lambda recorded itself that our job and profile signed what it admitted.

    Without a code-signing configuration it looks at no signature and records nothing; whether that
    may be, the plan decided.
    """
    recorded = (answer.signing_job_arn, answer.signing_profile_version_arn)
    if artefact.signing_job_arn is None or (signing is None and recorded == (None, None)):
        return True
    return recorded == (artefact.signing_job_arn, artefact.profile_version_arn)


def _require_our_signature(
    artefact: Artefact, answer: FunctionConfiguration, signing: CodeSigning | None
) -> None:
    if not _is_recorded(artefact, answer, signing):
        raise HashMismatch.of(
            "E-HASH-07",
            f"Lambda recorded signing job {answer.signing_job_arn} of profile"
            f" {answer.signing_profile_version_arn}, ours is"
            f" {artefact.signing_job_arn} of {artefact.profile_version_arn}",
            "Run it again; if it stays so, find out who else signs the same build",
        )


def _refused(artefact: Artefact, error: SignatureRefusedError) -> LambdaFailure:
    job = artefact.signing_job_arn or "none"
    return LambdaFailure.of(
        "E-LAMBDA-04",
        f"Lambda refused the signature (signing job {job}): {error.message}",
        "Check that the profile version is an allowed publisher and that neither job nor"
        " profile was revoked",
    )


def _changed_by_others(start: FunctionConfiguration, now: FunctionConfiguration) -> Conflict:
    before, after = canonical(start.content), canonical(now.content)
    what = "; ".join(map(str, changes(before, after))) or "no configuration member differs"
    return Conflict.of(
        "E-CONFLICT-01",
        f"{start.name} was changed by somebody else since this run read it: CodeSha256"
        f" {start.code_sha256} -> {now.code_sha256}, revision {start.revision_id} ->"
        f" {now.revision_id} at {now.last_modified}; {what}",
        "Run it again when the other deployment has ended",
    )
