"""A sandbox that is served: its application with the control paths, replaceable by a fresh one.

May import the sandbox, wsgi and control.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lambda_sandbox.control import Control
from lambda_sandbox.wsgi import application

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from lambda_sandbox.sandbox import Sandbox
    from lambda_sandbox.wire.message import Request, Response


class Served:
    """Holds the current sandbox of a port.

    Attributes:
        sandbox: The current one; `reset` replaces it.
    """

    def __init__(self, fresh: Callable[[], Sandbox]) -> None:
        """Takes how to make a sandbox."""
        self._fresh = fresh
        self.sandbox = fresh()
        self._control = Control(lambda: self.sandbox, self.reset)
        self.app: Callable[[dict[str, Any], Any], Iterable[bytes]] = application(
            self._handle, self._control.answer
        )

    def reset(self) -> None:
        """Starts a new, empty sandbox; the old one's world is gone."""
        self.sandbox = self._fresh()

    def _handle(self, request: Request) -> Response:
        return self.sandbox.gateway.handle(request)
