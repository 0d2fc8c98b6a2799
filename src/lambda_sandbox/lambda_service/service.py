"""Lambda as one service: an operation's name to the method that does it.

May import core and the modules of this package.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from lambda_sandbox.lambda_service.account import AccountOperations
from lambda_sandbox.lambda_service.aliases import AliasOperations
from lambda_sandbox.lambda_service.code import CodeSource
from lambda_sandbox.lambda_service.code_signing import CodeSigningOperations
from lambda_sandbox.lambda_service.event_invoke import EventInvokeOperations
from lambda_sandbox.lambda_service.event_sources import EventSourceOperations
from lambda_sandbox.lambda_service.functions import FunctionOperations
from lambda_sandbox.lambda_service.invocation import InvocationOperations
from lambda_sandbox.lambda_service.layers import LayerOperations
from lambda_sandbox.lambda_service.policies import PolicyOperations
from lambda_sandbox.lambda_service.state import LambdaState
from lambda_sandbox.lambda_service.tags import TagOperations
from lambda_sandbox.lambda_service.urls import UrlOperations
from lambda_sandbox.lambda_service.versions import VersionOperations

if TYPE_CHECKING:
    from collections.abc import Callable

    from lambda_sandbox.core import World
    from lambda_sandbox.lambda_service.code import Gatekeeper

_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


class LambdaService:
    """Lambda in one region.

    Attributes:
        state: Everything it remembers; acts of an adversary reach into it.
    """

    def __init__(
        self, world: World, gatekeeper: Gatekeeper, locate: Callable[[str, bytes], str]
    ) -> None:
        """Takes the code-signing check and the maker of Code.Location."""
        self.state = LambdaState(world)
        self.source = CodeSource(self.state, gatekeeper)
        self.functions = FunctionOperations(self.state, self.source, locate)
        self.invocation = InvocationOperations(self.state)
        self._parts: tuple[object, ...] = (
            self.functions,
            VersionOperations(self.state, self.functions),
            AliasOperations(self.state),
            CodeSigningOperations(self.state),
            PolicyOperations(self.state),
            EventSourceOperations(self.state),
            EventInvokeOperations(self.state),
            AccountOperations(self.state),
            self.invocation,
            LayerOperations(self.state, self.source, locate),
            UrlOperations(self.state),
            TagOperations(self.state),
        )

    def operation(self, name: str) -> Callable[[dict[str, Any]], dict[str, Any]] | None:
        """The method behind an operation's name as the model spells it; None when there is none."""
        method = snake_case(name)
        for part in self._parts:
            found: Callable[[dict[str, Any]], dict[str, Any]] | None = getattr(part, method, None)
            if found is not None:
                return found
        return None


def snake_case(name: str) -> str:
    """An operation's name as a method's, for example get_function of GetFunction."""
    return _WORD.sub("_", name).lower()
