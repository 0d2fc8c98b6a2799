"""The main job: the alias moves to a version that runs exactly the package's files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from signed_lambda.chain.hash_alias import create_hash_alias, find_by_hash
from signed_lambda.chain.move import SecondLook, move_alias
from signed_lambda.chain.publish import publish
from signed_lambda.chain.record import Running, make_up_for_record, record_release
from signed_lambda.chain.removal import remove_old_versions
from signed_lambda.chain.sign import find_earlier, sign
from signed_lambda.chain.smoke import smoke_test
from signed_lambda.chain.stage import stage, try_out
from signed_lambda.chain.unchanged import Unchanged, find_unchanged
from signed_lambda.chain.upload import upload
from signed_lambda.plan import make_plan

if TYPE_CHECKING:
    from collections.abc import Iterable

    from signed_lambda.chain.move import AliasMove
    from signed_lambda.chain.observe import Observed
    from signed_lambda.chain.publish import PublishedVersion
    from signed_lambda.chain.stage import Artefact
    from signed_lambda.chain.workbench import Order, Workbench
    from signed_lambda.context import Begun
    from signed_lambda.errors import Problem
    from signed_lambda.model import Package
    from signed_lambda.reviewing import Reviewing


def deploy(
    begun: Begun, order: Order, package: Package, reviewing: Reviewing
) -> AliasMove | Unchanged:
    """Moves order.alias to a version that runs exactly package's files, or changes nothing.

    Callers of the alias see the old version until the last step, and then the new one. The live
    triggers are looked at before the first write; not for a build that runs already and that its
    own review lets pass: nothing new would run, so it stays two rounds of questions.

    Raises:
        DeployError: A link of the chain is broken; the alias was not moved.
    """
    bench, further = begun.bench, begun.further.result()
    note = bench.journal.note
    observed = begun.observing.observed()
    look_before_writing(bench, order, observed, package)
    unchanged = find_unchanged(bench, package, observed, further.live)
    if unchanged is None or reviewing.problems:
        reviewing.look(bench, order, observed, further.triggers)
    reviewing.conclude()
    if unchanged is not None:
        if observed.live is not None:
            running = Running.of_live(observed.live)
            make_up_for_record(bench, order, running, observed, build=package.sha256)
        return note(unchanged)
    artefact = _artefact(bench, order, observed, package)
    published = note(_version(bench, order, observed, artefact, package))
    tested = smoke_test(bench, order, published)
    if tested is not None:
        note(tested)
    looking = SecondLook(bench, order, observed)
    if order.hash_alias:
        named = note(create_hash_alias(bench, order, published))
        bench.journal.know(hash_alias=named.name)
    bench.journal.know(config_sha256=published.configuration.sha256)
    moved = note(move_alias(bench, order, published, observed, looking))
    bench.journal.know(undo_version=moved.before if moved.moved else "")
    if moved.moved:
        record_release(bench, order, Running.of(published), moved, observed, build=package.sha256)
    if order.keep_versions is not None and moved.moved:
        remove_old_versions(bench, order, order.keep_versions, moved)
    return moved


def look_before_writing(
    bench: Workbench,
    order: Order,
    observed: Observed,
    package: Package | None = None,
    further: Iterable[Problem] = (),
) -> None:
    """Holds the order against the world; `plan`, `rollback` and `promote` do the same.

    Args:
        bench: The means.
        order: What was asked for.
        observed: The world.
        package: The build, where the command has one.
        further: Of the command's own looks: told with the others.

    Raises:
        DeployError: All that forbids it.
    """
    plan = make_plan(order, observed, package)
    for warning in plan.warnings:
        bench.journal.warn(warning)
    plan.require_allowed(further)


def _artefact(bench: Workbench, order: Order, observed: Observed, package: Package) -> Artefact:
    """What is deployed: the signed object, or the upload itself without a signing profile."""
    owner = order.owner or observed.identity.account
    profile = observed.profile
    if profile is None:
        uploaded = bench.journal.note(upload(bench, order, package, owner))
        bench.journal.know(code_sha256=uploaded.sha256)
        return uploaded
    earlier = bench.ask(lambda: find_earlier(bench, order, package, profile, owner))
    uploaded = bench.journal.note(upload(bench, order, package, owner))
    signed = bench.journal.note(
        sign(bench, order, uploaded, package, profile, owner, earlier=earlier.result())
    )
    bench.journal.know(code_sha256=signed.sha256)
    return signed


def _version(
    bench: Workbench, order: Order, observed: Observed, artefact: Artefact, package: Package
) -> PublishedVersion:
    """The version that holds the artefact: the one that already does, or a new one."""
    trying = bench.ask(lambda: try_out(bench, order, artefact, observed))
    if order.hash_alias and observed.configuration is not None:
        known = find_by_hash(bench, order, artefact.sha256, observed.configuration)
        if known is not None:
            return known
    staged = bench.journal.note(stage(bench, order, artefact, observed, trying.result()))
    return publish(bench, order, staged, package.sha256, order.run.commit)
