"""What deploy would do: the same path up to the first write, with a read-only role."""

from __future__ import annotations

from typing import TYPE_CHECKING

from signed_lambda.chain.compare_live import compare_live
from signed_lambda.chain.unchanged import Unchanged, find_unchanged
from signed_lambda.plan import make_plan, require, unseen
from signed_lambda.report.model import Status

if TYPE_CHECKING:
    from signed_lambda.chain.observe import Observed
    from signed_lambda.chain.workbench import Order, Workbench
    from signed_lambda.context import Begun
    from signed_lambda.errors import Problem
    from signed_lambda.model import Package
    from signed_lambda.reviewing import Reviewing


def plan(
    begun: Begun,
    order: Order,
    package: Package,
    reviewing: Reviewing,
    barred: tuple[Problem, ...],
) -> Unchanged | None:
    """Says what deploy would do with the package; writes nothing and signs nothing.

    What forbids a deploy is told at the end, all at once: a reviewer sees what would change even
    where something blocks. The live triggers are looked at where `deploy` would.

    Args:
        begun: The look at AWS, under way.
        order: What was asked for.
        package: The build.
        reviewing: The static review of it.
        barred: What forbids the deploy already.

    Raises:
        DeployError: All that forbids the deploy.
    """
    bench, further = begun.bench, begun.further.result()
    observed = begun.observing.observed()
    made = make_plan(order, observed, package)
    for warning in made.warnings:
        bench.journal.warn(warning)
    unchanged = None if made.problems else find_unchanged(bench, package, observed, further.live)
    if unchanged is None or reviewing.problems:
        reviewing.look(bench, order, observed, further.triggers)
    reviewing.tell_unused()
    against = (*barred, *reviewing.problems, *made.problems)
    if unchanged is not None and not against:
        return bench.journal.note(unchanged)
    # The version that a deploy would publish has no number yet; the one that it would leave has.
    bench.journal.know(version="", undo_version=observed.alias.version if observed.alias else "")
    compare_live(bench, order, package, observed)
    if observed.configuration is not None:
        bench.journal.know(config_sha256=observed.configuration.sha256)
    require((*against, *unseen(bench.journal, order)))
    _say_what_deploy_does(bench, order, observed)
    return None


def _say_what_deploy_does(bench: Workbench, order: Order, observed: Observed) -> None:
    before = observed.alias.version if observed.alias else "not there yet"
    unsigned = "no signing (allow-unsigned)" if order.allow_unsigned else "sign"
    signing = f"sign with {order.profile}" if order.profile else unsigned
    place = f" to s3://{order.bucket}/{order.prefix}" if order.bucket else ""
    bench.journal.fact(
        step="plan",
        title="On deploy",
        status=Status.OK,
        proof=f"upload{place}, {signing}, publish a version, move"
        f" alias '{order.alias}' (now {before})",
    )
