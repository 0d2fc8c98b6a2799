"""The alias moves to what another alias runs: build once, release many times.

Within one function it moves to the same version, by one write. From another function, account or
region the same signed bytes become a version of this function: never built or signed again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from signed_lambda.chain.hash_alias import create_hash_alias, find_by_hash
from signed_lambda.chain.move import SecondLook, move_alias
from signed_lambda.chain.observe import observe
from signed_lambda.chain.origin import OriginLook
from signed_lambda.chain.publish import PublishedVersion, publish
from signed_lambda.chain.recall import recall
from signed_lambda.chain.record import Running, make_up_for_record, record_release, tell_move
from signed_lambda.chain.stage import stage, try_out
from signed_lambda.chain.upload import store
from signed_lambda.commands.deploy import look_before_writing
from signed_lambda.confighash import canonical
from signed_lambda.errors import TargetError
from signed_lambda.model import Version

if TYPE_CHECKING:
    from signed_lambda.chain.move import AliasMove
    from signed_lambda.chain.observe import Observed
    from signed_lambda.chain.origin import VerifiedOrigin
    from signed_lambda.chain.workbench import Order, Origin, Workbench
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
    if moved.moved:
        tell_move(bench, order, published, moved)
    return moved


def promote_from(bench: Workbench, order: Order, origin: Origin) -> AliasMove:
    """Moves order.alias to a version that runs exactly the bytes behind the other function's alias.

    From the signed object on it is the chain of a deploy; the function keeps its configuration.

    Raises:
        DeployError: A link of the chain is broken; the alias was not moved.
    """
    note, know = bench.journal.note, bench.journal.know
    looking = OriginLook(bench, origin)
    observed = observe(bench, order)
    look_before_writing(bench, order, observed, further=looking.problems(order, observed))
    source = note(looking.verified(order, observed))
    came_from = source.came_from
    know(came_from=came_from, code_sha256=source.sha256)
    published = note(_version(bench, order, observed, source))
    second_look = SecondLook(bench, order, observed)
    if order.hash_alias:
        know(hash_alias=note(create_hash_alias(bench, order, published)).name)
    know(config_sha256=published.configuration.sha256)
    moved = note(move_alias(bench, order, published, observed, second_look))
    know(undo_version=moved.before if moved.moved else "")
    running, build = Running.of(published), came_from.build_sha256
    if moved.moved:
        record_release(bench, order, running, moved, observed, build=build, came_from=came_from)
    else:
        make_up_for_record(bench, order, running, observed, build=build, came_from=came_from)
    return moved


def _version(
    bench: Workbench, order: Order, observed: Observed, source: VerifiedOrigin
) -> PublishedVersion:
    """The version that holds the bytes: the one that already does, or a new one."""
    known = _known(bench, order, observed, source)
    if known is not None:
        return known
    owner = order.owner or observed.identity.account
    artefact = bench.journal.note(store(bench, order, source.bytes, source.key, owner))
    trial = try_out(bench, order, artefact, observed)
    staged = bench.journal.note(stage(bench, order, artefact, observed, trial))
    return publish(bench, order, staged, source.came_from.build_sha256, source.came_from.commit)


def _known(
    bench: Workbench, order: Order, observed: Observed, source: VerifiedOrigin
) -> PublishedVersion | None:
    """The version that holds the bytes under this configuration: its hash alias' or the alias'."""
    now, alias = observed.configuration, observed.alias
    if now is None:
        return None
    if order.hash_alias:
        return find_by_hash(bench, order, source.sha256, now)
    held = bench.cloud.held(order.function, alias.version) if alias else None
    if held is None or held.configuration.code_sha256 != source.sha256:
        return None
    if canonical(held.configuration.content).sha256 != now.sha256:
        return None
    to = bench.new_file("live.zip")
    version = Version(held.configuration.version)
    got = bench.cloud.download_code(order.function, version, to, held)
    return PublishedVersion.recall(source.sha256, held.configuration, got)
