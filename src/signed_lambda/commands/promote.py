"""The alias moves to the version that another alias runs: build once, release many times."""

from __future__ import annotations

from typing import TYPE_CHECKING

from signed_lambda.chain.move import move_alias
from signed_lambda.chain.observe import observe
from signed_lambda.chain.recall import recall
from signed_lambda.commands.deploy import look_before_writing
from signed_lambda.errors import TargetError
from signed_lambda.model import Version

if TYPE_CHECKING:
    from signed_lambda.chain.move import AliasMove
    from signed_lambda.chain.workbench import Order, Workbench
    from signed_lambda.model import AliasName


def promote(bench: Workbench, order: Order, from_alias: AliasName) -> AliasMove:
    """Moves order.alias to the version behind from_alias, verified as at a rollback.

    Raises:
        TargetError: from_alias does not exist, is weighted, or is at $LATEST.
        DeployError: As at a rollback; the alias was not moved.
    """
    note = bench.journal.note
    asked = bench.ask(lambda: bench.cloud.alias(order.function, from_alias))
    observed = observe(bench, order)
    look_before_writing(bench, order, observed)
    source = asked.result()
    if source is None or source.weights or source.version == "$LATEST":
        state = f"routed to {source.route}" if source else "missing"
        raise TargetError.of(
            "E-TARGET-08",
            f"alias '{from_alias}' of {order.function} is {state}",
            "Promote from an alias that routes all calls to one published version",
        )
    published = note(recall(bench, order, observed, Version(source.version)))
    moved = note(move_alias(bench, order, published, observed))
    bench.journal.know(undo_version=moved.before if moved.moved else "")
    return moved
