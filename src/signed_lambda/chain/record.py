"""After the move: an in-toto statement of it, for auditors; that of a release is kept in S3.

Written only after the alias was read back at the version, so that no record claims what did not
happen; and created only, never written over: one for each alias, version and workflow run. A run
that was killed between the move and its record makes up for it when the same workflow run is run
again. The alias has moved when this begins: a record that cannot be kept is a warning.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Self

from signed_lambda import __version__
from signed_lambda.chain.hash_alias import name_of
from signed_lambda.cloud import AlreadyExistsError
from signed_lambda.confighash import canonical, code_and_config, unqualified
from signed_lambda.errors import DeployError
from signed_lambda.lazy import dataclass
from signed_lambda.model import Sha256
from signed_lambda.provenance import Released, statement
from signed_lambda.records import AliasRecord
from signed_lambda.report.model import Status

if TYPE_CHECKING:
    from signed_lambda.chain.move import AliasMove
    from signed_lambda.chain.observe import Observed
    from signed_lambda.chain.publish import PublishedVersion
    from signed_lambda.chain.workbench import Order, Workbench
    from signed_lambda.cloud import FunctionConfiguration
    from signed_lambda.confighash import Configuration
    from signed_lambda.report.model import CameFrom


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A version that an alias leads to, as far as a statement tells of it.

    Attributes:
        arn: Of the version.
    """

    arn: str
    version: str
    code: Sha256
    configuration: Configuration
    signing_job_arn: str | None
    profile_version_arn: str | None

    @classmethod
    def of(cls, published: PublishedVersion) -> Self:
        """From the version that was verified."""
        return cls(
            arn=published.arn,
            version=published.version,
            code=published.sha256,
            configuration=published.configuration,
            signing_job_arn=published.signing_job_arn,
            profile_version_arn=published.profile_version_arn,
        )

    @classmethod
    def of_live(cls, live: FunctionConfiguration) -> Self | None:
        """From Lambda's own words; None where they name no code."""
        if live.code_sha256 is None:
            return None
        return cls(
            arn=live.arn,
            version=live.version,
            code=live.code_sha256,
            configuration=canonical(live.content),
            signing_job_arn=live.signing_job_arn,
            profile_version_arn=live.signing_profile_version_arn,
        )


def record_release(
    bench: Workbench,
    order: Order,
    running: Running,
    moved: AliasMove,
    observed: Observed,
    *,
    build: Sha256,
    came_from: CameFrom | None = None,
) -> None:
    """Keeps the statement of a move of this run; never raises what goes wrong with it.

    Args:
        bench: The means.
        order: What was asked for.
        running: The version.
        moved: The alias' move to it, read back.
        observed: The world before.
        build: Of the zip before it was signed.
        came_from: At a promotion, where the code came from.
    """
    released = _released(order, running, moved.before, build, came_from)
    _keep(bench, order, released, order.owner or observed.identity.account)


def make_up_for_record(
    bench: Workbench,
    order: Order,
    running: Running | None,
    observed: Observed,
    *,
    build: Sha256,
    came_from: CameFrom | None = None,
) -> None:
    """Keeps the statement of a move that an earlier attempt of this run made and did not record.

    Does nothing where another run moved the alias, or where the statement is there.

    Args:
        bench: The means.
        order: What was asked for.
        running: What the alias leads to.
        observed: The world.
        build: Which it was found to run.
        came_from: As in `record_release`.
    """
    record = AliasRecord.parse(observed.alias.description) if observed.alias else None
    if running is None or record is None:
        return
    if record.run != order.run.run_id or record.run == 0:
        return
    released = replace(
        _released(order, running, record.previous, build, came_from), attempt=record.attempt
    )
    _keep(bench, order, released, order.owner or observed.identity.account, look=True)


def tell_move(
    bench: Workbench, order: Order, published: PublishedVersion, moved: AliasMove
) -> None:
    """Tells the statement of a move within the function; nothing is kept in S3.

    A role that moves an alias writes nothing else: what keeps the statement is a later step, to
    which the outputs give it.

    Args:
        bench: The means.
        order: What was asked for.
        published: The version, verified again.
        moved: The alias' move to it, read back.
    """
    record = published.record if published.is_as_recorded else None
    build = Sha256(bytes.fromhex(record.build)) if record is not None else None
    released = _released(order, Running.of(published), moved.before, build, None)
    bench.journal.know(provenance=statement(released, order.run, __version__, bench.clock.now()))
    bench.journal.fact(
        step="record",
        title=f"Statement of the {order.command}",
        status=Status.OK,
        proof="in the output `provenance`; this role keeps nothing in S3",
    )


def _released(
    order: Order,
    running: Running,
    before: str,
    build: Sha256 | None,
    came_from: CameFrom | None,
) -> Released:
    code, configuration = running.code, running.configuration
    return Released(
        command=order.command,
        reason=order.reason,
        function_arn=unqualified(running.arn),
        alias=order.alias,
        version=running.version,
        previous=before,
        build=build,
        code=code,
        configuration=configuration.sha256,
        content=code_and_config(code, configuration),
        hash_alias=name_of(code, configuration) if order.hash_alias else "",
        signing_job_arn=running.signing_job_arn,
        profile_version_arn=running.profile_version_arn,
        came_from=came_from,
        run=order.run.run_id,
        attempt=order.run.attempt,
    )


def key_of(prefix: str, released: Released) -> str:
    """Of the statement: the same in every attempt of a workflow run."""
    name = released.function_arn.rpartition(":")[2]
    number = f"{released.version}-{released.code.hex[:16]}-{released.run}"
    return f"{prefix}/releases/{name}/{released.alias}/{number}.json"


def _keep(
    bench: Workbench, order: Order, released: Released, owner: str, *, look: bool = False
) -> None:
    text = statement(released, order.run, __version__, bench.clock.now())
    bench.journal.know(provenance=text)
    key = key_of(order.prefix, released)
    place = f"s3://{order.bucket}/{key}"
    try:
        if look and key in bench.cloud.list_objects(order.bucket, key, owner):
            return
        bench.deadline.check("keeping the release's statement")
        body = bench.new_file("statement.json")
        body.write_text(text, encoding="utf-8")
        sha256 = Sha256(hashlib.sha256(text.encode()).digest())
        bench.cloud.put_object(
            order.bucket, key, body, sha256, owner, content_type="application/json"
        )
    except AlreadyExistsError:
        pass  # by an earlier attempt of this run, or by our own write whose answer was lost
    except (DeployError, OSError) as error:
        # An OSError is our own disk's, which may be full; it is no reason to call the move failed.
        what = (
            error.problems[0].what
            if isinstance(error, DeployError)
            else str(error.strerror or error)
        )
        bench.journal.warn(
            f"The release stands, but its statement could not be kept at {place}: {what}"
        )
        bench.journal.fact(
            step="record", title="Statement of the release", status=Status.WARNING, proof=what
        )
        return
    bench.journal.fact(
        step="record", title="Statement of the release", status=Status.OK, proof=f"kept at {place}"
    )
