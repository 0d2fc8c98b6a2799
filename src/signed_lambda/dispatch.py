"""Each command, from its inputs to its outcome. Only wiring; decides nothing itself.

What a command needs is imported where it begins; see `main`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from signed_lambda.context import ROOTS_BYTES_MAX, orders_of, repo_root
from signed_lambda.errors import AttestationError, IdentityError, InputError, InternalError
from signed_lambda.named_file import read_named
from signed_lambda.plan import require, unseen
from signed_lambda.report.model import Status
from signed_lambda.review import ReviewedBuild, review_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from signed_lambda.attestation.roots import SigstoreRoots
    from signed_lambda.context import Context
    from signed_lambda.errors import Problem
    from signed_lambda.inputs import Inputs
    from signed_lambda.model import Package
    from signed_lambda.report.model import Outcome
    from signed_lambda.reviewing import Reviewing


def _deploy(context: Context) -> Outcome:
    from signed_lambda.chain.unchanged import Unchanged  # noqa: PLC0415 - see the module's docstring
    from signed_lambda.commands.deploy import deploy  # noqa: PLC0415 - see the module's docstring

    package = context.packed()
    begun = context.begin()
    reviewing = _review(context, package)
    if context.inputs.require_reviewed:
        _require_reviewed(context, package)
    _require_attestation(context, package)
    done = deploy(begun.result(), context.order, package, reviewing)
    return "deployed" if not isinstance(done, Unchanged) and done.moved else "unchanged"


def _plan(context: Context) -> Outcome:
    from signed_lambda.commands.plan import plan  # noqa: PLC0415 - see the module's docstring

    package = context.packed()
    begun = context.begin()
    reviewing = _review(context, package)
    context.journal.reviewed(None, required=context.inputs.require_reviewed)
    barred: tuple[Problem, ...] = ()
    try:
        _require_attestation(context, package)
    except AttestationError as error:
        barred = error.problems
    try:
        look = begun.result()
    except IdentityError as error:
        if not context.from_fork or error.problems[0].id != NO_CREDENTIALS:
            raise
        _say_that_forks_see_no_aws(context)
        reviewing.tell_unused()
        require((*barred, *reviewing.problems, *unseen(context.journal, context.order)))
        return "planned"
    done = plan(look, context.order, package, reviewing, barred)
    return "planned" if done is None else "unchanged"


NO_CREDENTIALS: Final = "E-IDENTITY-01"


def _say_that_forks_see_no_aws(context: Context) -> None:
    """GitHub gives a fork's pull request neither secrets nor a token for AWS.

    Source: https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows#workflows-in-forked-repositories
    """
    context.journal.fact(
        step="observe",
        title="Look at AWS",
        status=Status.SKIPPED,
        proof="a fork's pull request has no AWS credentials: the build was reviewed without the"
        " function's live triggers",
    )


def _rollback(context: Context) -> Outcome:
    from signed_lambda.commands.rollback import rollback  # noqa: PLC0415 - see the module's docstring

    done = rollback(context.bench(), context.order, context.inputs.to)
    return "rolled-back" if done.moved else "unchanged"


def _promote(context: Context) -> Outcome:
    from signed_lambda.commands.promote import promote, promote_from  # noqa: PLC0415 - see the module's docstring

    source, origin = context.inputs.from_alias, context.order.origin
    if source is None:
        raise InternalError.of("E-INTERNAL-01", "promote without from-alias", "Report it")
    bench, order = context.bench(), context.order
    done = promote_from(bench, order, origin) if origin else promote(bench, order, source)
    return "promoted" if done.moved else "unchanged"


def _verify(context: Context) -> Outcome:
    from signed_lambda.commands.verify import verify  # noqa: PLC0415 - see the module's docstring

    verify(context.bench(), [*orders_of(context)])
    return "verified"


def _history(context: Context) -> Outcome:
    from signed_lambda.commands.history import history  # noqa: PLC0415 - see the module's docstring

    history(context.bench(), context.order, context.talk().origins)
    return "listed"


def _lock(context: Context) -> Outcome:
    from signed_lambda.commands.lock import lock  # noqa: PLC0415 - see the module's docstring

    mode = context.inputs.lock_latest
    if not lock(context.bench(), context.order, mode):
        return "unchanged"
    return "locked" if mode == "policy" else "unlocked"


def _scan(context: Context) -> Outcome:
    _review(context, context.packed()).conclude()
    return "scanned"


COMMANDS: Final[Mapping[str, Callable[[Context], Outcome]]] = {
    "deploy": _deploy,
    "plan": _plan,
    "rollback": _rollback,
    "promote": _promote,
    "verify": _verify,
    "history": _history,
    "lock": _lock,
    "scan": _scan,
}


def _review(context: Context, package: Package) -> Reviewing:
    """The static review of exactly the bytes that are packed, and of the templates around them."""
    from signed_lambda.reviewing import Reviewing  # noqa: PLC0415 - see the module's docstring
    from signed_lambda.scan import allowed_in, survey  # noqa: PLC0415 - see the module's docstring
    from signed_lambda.scan.discovery import find_templates  # noqa: PLC0415 - see the module's docstring

    inputs, workspace = context.inputs, context.workspace
    templates, missing = find_templates(workspace, inputs.templates)
    root = repo_root(package, workspace)
    surveyed = survey(
        package,
        str(inputs.function),
        context.deadline.clock,
        templates,
        root,
        allowed_in(workspace),
        missing=missing,
    )
    _read_other_reviews(context)
    return Reviewing(surveyed, inputs.fail_on, context.journal)


def _read_other_reviews(context: Context) -> None:
    """What `sarif-files` holds becomes part of the report; it blocks nothing."""
    if not context.inputs.sarif_files:
        return
    from signed_lambda.scan.sarif_files import read_sarif_files  # noqa: PLC0415 - see the module's docstring

    read = read_sarif_files(context.workspace, context.inputs.sarif_files)
    for missing in read.unread:
        context.journal.warn(f"{missing.path} (sarif-files): {missing.why}")
    context.journal.others(read.tools)
    fact = read.fact()
    context.journal.fact(step=fact.step, title=fact.title, status=fact.status, proof=fact.proof)


def _require_reviewed(context: Context, package: Package) -> None:
    """Only a build that the merged pull request's plan recorded goes on."""
    region = context.inputs.function_region or context.inputs.aws_region or ""
    known = context.talk().reviewed(region)
    context.deadline.check("asking GitHub what was reviewed")
    context.journal.reviewed(review_of(package, known), required=True)
    context.journal.note(ReviewedBuild.confirm(package, known))


def _require_attestation(context: Context, package: Package) -> None:
    """Only a build that the wanted workflow attested goes on."""
    inputs = context.inputs
    if inputs.require_attestation is None:
        return
    from signed_lambda.attestation import Attested, Wanted  # noqa: PLC0415 - see the module's docstring

    roots = _attestation_roots(inputs, context.workspace)
    wanted = Wanted(
        sha256=package.source_sha256 or package.sha256,
        repository=inputs.require_attestation,
        workflow=inputs.attestation_workflow or "",
    )
    found = context.talk().attestations(wanted.repository, wanted.sha256)
    context.deadline.check("asking GitHub for attestations")
    context.journal.note(Attested.confirm(wanted, found, roots))


def _attestation_roots(inputs: Inputs, workspace: Path) -> SigstoreRoots:
    from signed_lambda.attestation.roots import SigstoreRoots  # noqa: PLC0415 - see the module's docstring

    path = inputs.attestation_roots or ""
    try:
        return SigstoreRoots.read(read_named(path, workspace, ROOTS_BYTES_MAX))
    except (OSError, ValueError) as error:
        raise InputError.of(
            "E-INPUT-03",
            f"attestation-roots: {path!r} is no file of trusted roots"
            f" ({getattr(error, 'strerror', None) or error})",
            "Write it in a step before: `gh attestation trusted-root > trusted-root.jsonl`",
        ) from error
