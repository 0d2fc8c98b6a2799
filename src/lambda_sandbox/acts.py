"""What an adversary or a person at the console does: straight on the world, no recorded call.

May import the services' state and the gateway's lock. Each act does what the API would do, without
the checks of the caller's rights and revisions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lambda_sandbox.core import ApiError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lambda_sandbox.core import World
    from lambda_sandbox.dispatch import Dispatcher, Region
    from lambda_sandbox.gateway import Gateway
    from lambda_sandbox.lambda_service.state import Function


class Acts:
    """Acts on the sandbox's own region; every one takes effect at once."""

    def __init__(self, world: World, dispatcher: Dispatcher, gateway: Gateway) -> None:
        self._world = world
        self._dispatcher = dispatcher
        self._gateway = gateway

    def publish(self, fn: str) -> str:
        """Publishes $LATEST; the version's number."""
        return str(self._call("PublishVersion", FunctionName=fn)["Version"])

    def _call(self, operation: str, **params: Any) -> dict[str, Any]:
        with self._gateway.locked():
            self._dispatcher.settle()
            method = self._region.lambda_.operation(operation)
            if method is None:
                raise ApiError("NotImplementedException", operation, 501)
            return method(params)

    @property
    def _region(self) -> Region:
        return self._dispatcher.region(self._world.region)
