"""What is asked of AWS once the first answers are there, beside the static review."""

from __future__ import annotations

from typing import TYPE_CHECKING

from signed_lambda.chain.triggers import TriggerLook
from signed_lambda.chain.unchanged import look_at_live
from signed_lambda.lazy import dataclass

if TYPE_CHECKING:
    from signed_lambda.chain.observe import Observing
    from signed_lambda.chain.unchanged import LiveLook
    from signed_lambda.chain.workbench import Order, Workbench
    from signed_lambda.model import Package


@dataclass(frozen=True, slots=True, kw_only=True)
class Further:
    """Questions under way; neither where the first answers were not to be had.

    Attributes:
        live: Whether the live version runs the build already.
        triggers: What starts the function; where the live version certainly runs something else.
    """

    live: LiveLook | None = None
    triggers: TriggerLook | None = None


def ask_further(bench: Workbench, order: Order, package: Package, observing: Observing) -> Further:
    """Begins what the first answers make necessary, as soon as they are there.

    A question itself: it writes nothing and tells nothing.
    """
    bench.cloud.get_ready()
    subject = observing.subject()
    if subject is None:
        return Further()
    live = look_at_live(bench, order, package, subject.held)
    return Further(live=live, triggers=None if live else TriggerLook(bench, order, subject))
