"""The alias goes back to an earlier version, which is verified again first; one write."""

from __future__ import annotations

from typing import TYPE_CHECKING

from signed_lambda.chain.move import move_alias
from signed_lambda.chain.observe import observe
from signed_lambda.chain.recall import find_target, recall
from signed_lambda.chain.record import tell_move
from signed_lambda.commands.deploy import look_before_writing

if TYPE_CHECKING:
    from signed_lambda.chain.move import AliasMove
    from signed_lambda.chain.workbench import Order, Workbench
    from signed_lambda.inputs import Target


def rollback(bench: Workbench, order: Order, target: Target) -> AliasMove:
    """Moves order.alias to the version that target names; all else is only read.

    Raises:
        DeployError: The version cannot be used, or the alias moved meanwhile; it was not moved.
    """
    note = bench.journal.note
    observed = observe(bench, order)
    look_before_writing(bench, order, observed)
    version = find_target(bench, order, observed, target)
    published = note(recall(bench, order, observed, version))
    moved = note(move_alias(bench, order, published, observed))
    bench.journal.know(undo_version=moved.before if moved.moved else "")
    if moved.moved:
        tell_move(bench, order, published, moved)
    return moved
