"""What deploy would do: the same path up to the first write, with a read-only role."""

from __future__ import annotations

from typing import TYPE_CHECKING

from signed_lambda.chain.compare_live import compare_live
from signed_lambda.chain.observe import observe
from signed_lambda.chain.unchanged import Unchanged, find_unchanged
from signed_lambda.commands.deploy import look_before_writing
from signed_lambda.report.model import Status

if TYPE_CHECKING:
    from signed_lambda.chain.workbench import Order, Workbench
    from signed_lambda.model import Package


def plan(bench: Workbench, order: Order, package: Package) -> Unchanged | None:
    """Says what deploy would do with the package; writes nothing and signs nothing.

    Raises:
        DeployError: All that forbids the deploy.
    """
    observed = observe(bench, order)
    look_before_writing(bench, order, observed, package)
    unchanged = find_unchanged(bench, order, package, observed)
    if unchanged is not None:
        return bench.journal.note(unchanged)
    bench.journal.know(version="")  # the version that a deploy would publish has no number yet
    compare_live(bench, order, package, observed)
    if observed.configuration is not None:
        bench.journal.know(config_sha256=observed.configuration.sha256)
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
    return None
