"""State machines in the Amazon States Language: what they run, and what they start.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-amazon-states-language.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from signed_lambda.scan.infra.intrinsics import opened, put_in
from signed_lambda.scan.infra.tree import NotScannedError, parse

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from signed_lambda.scan.infra.document import Tree
    from signed_lambda.scan.values import Str

OWN: Final = "$$.StateMachine.Id"
"""The ARN of the running machine, in the context object."""


def states(definition: Tree) -> Iterator[Tree]:
    """All states, also those of maps and parallel branches."""
    waiting = [definition]
    while waiting:
        machine = waiting.pop()
        for state in machine.get("States").table.values():
            yield state
            waiting += [state.get(key) for key in ("Iterator", "ItemProcessor") if state.get(key)]
            waiting.extend(state.get("Branches").items)


def invoked(state: Tree) -> Tree | None:
    """The function that a task runs."""
    resource = state.get("Resource")
    if ":states:::lambda:invoke" in resource.text:
        return state.get("Parameters", "FunctionName") or state.get("Arguments", "FunctionName")
    plain = resource and ":states:::" not in resource.text
    return resource if plain and state.get("Type").text == "Task" else None


def started(state: Tree) -> Tree | None:
    """The machine that a task starts."""
    if ":states:::states:startExecution" not in state.get("Resource").text:
        return None
    given = state.get("Parameters")
    return given.get("StateMachineArn") or given.get("StateMachineArn.$") or None


def chooses(definition: Tree) -> bool:
    """Whether it has a choice, which may end the loop."""
    return any(state.get("Type").text == "Choice" for state in states(definition))


def written(value: Str) -> tuple[Tree | None, dict[str, Str]]:
    """A definition that is one text with references in it, and what stands for these there."""
    document, given = opened(value)
    try:
        return parse(document.encode()), given
    except NotScannedError:
        return None, {}


def filled(value: Tree, given: Mapping[str, Str]) -> Str:
    """A text of a definition with its `${name}` filled in."""
    return put_in(value.text, given)
