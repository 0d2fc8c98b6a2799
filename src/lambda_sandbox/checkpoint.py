"""The whole account at one moment, to come back to: a test arranges a world once and uses it often.

Lambda, Signer, S3, the clock, the random ids and the log of calls come back; orders (faults, acts
that wait) are cancelled. Of moto's other services nothing is kept: who tests them starts anew.

May import the services' state and emulated.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from lambda_sandbox.core import VirtualClock
from lambda_sandbox.lambda_service.state import LambdaState
from lambda_sandbox.signer.state import State

if TYPE_CHECKING:
    from datetime import datetime

    from lambda_sandbox.calls import Call
    from lambda_sandbox.core import World
    from lambda_sandbox.dispatch import Dispatcher, Region
    from lambda_sandbox.emulated import SavedObjects, Tenancy
    from lambda_sandbox.gateway import Gateway
    from lambda_sandbox.snapshots import Snapshots

Members = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What came of `Keeper.take`; nothing that happens later changes it."""

    now: datetime
    random: tuple[Any, ...]
    regions: dict[str, tuple[Members, Members]]
    objects: SavedObjects
    urls: Members
    calls: tuple[Call, ...]


class Keeper:
    """Takes checkpoints of one sandbox, and goes back to them."""

    def __init__(
        self,
        world: World,
        tenancy: Tenancy,
        dispatcher: Dispatcher,
        gateway: Gateway,
        snapshots: Snapshots,
    ) -> None:
        self._world = world
        self._tenancy = tenancy
        self._dispatcher = dispatcher
        self._gateway = gateway
        self._snapshots = snapshots

    def take(self) -> Checkpoint:
        """The account as it is now.

        Raises:
            TypeError: Its clock is real: time does not come back.
        """
        clock = self._clock()
        with self._gateway.locked():
            return Checkpoint(
                now=clock.now(),
                random=self._world.random.getstate(),
                regions={n: _members(r) for n, r in self._dispatcher.regions().items()},
                objects=self._tenancy.save_objects(),
                urls=self._snapshots.save(),
                calls=tuple(self._gateway.calls),
            )

    def restore(self, checkpoint: Checkpoint) -> None:
        """Makes the account what it was; regions that were first used since are emptied."""
        with self._gateway.locked():
            self._clock().set(checkpoint.now)
            self._world.random.setstate(checkpoint.random)
            for name, region in self._dispatcher.regions().items():
                _restore(region, checkpoint.regions.get(name))
            self._tenancy.restore_objects(checkpoint.objects)
            self._snapshots.restore(checkpoint.urls)
            self._gateway.calls[:] = checkpoint.calls
            self._gateway.faults.clear()
            self._gateway.before = []

    def _clock(self) -> VirtualClock:
        clock = self._world.clock
        if not isinstance(clock, VirtualClock):
            raise TypeError("a checkpoint needs a virtual clock")
        return clock


def _members(region: Region) -> tuple[Members, Members]:
    """Copies of what the region's services remember; what they share stays shared."""
    return copy.deepcopy(_own(region.lambda_.state)), copy.deepcopy(_own(region.signer.state))


def _own(state: Any) -> Members:  # noqa: ANN401 - either service's dataclass
    return {f.name: getattr(state, f.name) for f in fields(state) if f.name != "world"}


def _restore(region: Region, saved: tuple[Members, Members] | None) -> None:
    nothing = _own(LambdaState(region.world)), _own(State())
    for state, members in zip(
        (region.lambda_.state, region.signer.state), saved or nothing, strict=True
    ):
        for name, value in copy.deepcopy(members).items():
            setattr(state, name, value)
