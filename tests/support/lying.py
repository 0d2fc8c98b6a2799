"""The cloud with some answers changed: what a broken, bribed or intercepted AWS would say.

The sandbox answers as AWS does, so a guard that only AWS's own fault could trip is never reached
there. A lie takes the real method and its arguments, and gives the answer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from signed_lambda.cloud import Cloud

Lie = Callable[..., Any]
"""Takes the true method and its arguments."""


class Lying:
    """A `Cloud` that lies where it was told to, and else passes everything on."""

    def __init__(self, cloud: Cloud, lies: dict[str, Lie]) -> None:
        unknown = [name for name in lies if not hasattr(cloud, name)]
        assert not unknown, unknown
        self._cloud = cloud
        self._lies = lies

    def slowed(self, calls_per_s: float) -> Lying:
        """It lies when it is slowed, too."""
        return Lying(self._cloud.slowed(calls_per_s), self._lies)

    def elsewhere(self, region: str, role: str | None = None) -> Lying:
        """Of another region and role, too."""
        return Lying(self._cloud.elsewhere(region, role), self._lies)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - any method of the port
        real = getattr(self._cloud, name)
        lie = self._lies.get(name)
        if lie is None:
            return real
        return lambda *args, **named: lie(real, *args, **named)


def lying(**lies: Lie) -> Callable[[Cloud], Cloud]:
    """For `Team.wrap`: makes the cloud lie in the methods that are named."""
    return lambda cloud: cast("Cloud", Lying(cloud, lies))
