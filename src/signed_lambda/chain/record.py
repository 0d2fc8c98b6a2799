"""After the move: an in-toto statement of the release is kept in S3, for auditors.

Written only after the alias was read back at the version, so that no record claims what did not
happen; and created only, never written over: one for each alias, version and workflow run. A run
that was killed between the move and its record makes up for it when the same workflow run is run
again. The alias has moved when this begins: a record that cannot be kept is a warning.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from signed_lambda import __version__
from signed_lambda.chain.hash_alias import name_of
from signed_lambda.cloud import AlreadyExistsError
from signed_lambda.confighash import canonical, code_and_config
from signed_lambda.errors import DeployError
from signed_lambda.model import Sha256
from signed_lambda.provenance import Released, statement
from signed_lambda.records import AliasRecord
from signed_lambda.report.model import Status

if TYPE_CHECKING:
    from signed_lambda.chain.move import AliasMove
    from signed_lambda.chain.observe import Observed
    from signed_lambda.chain.publish import PublishedVersion
    from signed_lambda.chain.workbench import Order, Workbench
    from signed_lambda.model import Package


def record_release(
    bench: Workbench,
    order: Order,
    package: Package,
    published: PublishedVersion,
    moved: AliasMove,
    owner: str,
) -> None:
    """Keeps the statement of a move of this run; never raises what goes wrong with it.

    Args:
        bench: The means.
        order: What was asked for.
        package: The build.
        published: The version.
        moved: The alias' move to it, read back.
        owner: Account that must own the bucket.
    """
    released = Released(
        function_arn=published.arn.removesuffix(f":{published.version}"),
        alias=order.alias,
        version=published.version,
        previous=moved.before,
        build=package.sha256,
        code=published.sha256,
        configuration=published.configuration.sha256,
        content=published.code_and_config,
        hash_alias=(name_of(published.sha256, published.configuration) if order.hash_alias else ""),
        signing_job_arn=published.signing_job_arn,
        profile_version_arn=published.profile_version_arn,
        run=order.run.run_id,
        attempt=order.run.attempt,
    )
    _keep(bench, order, released, owner)


def make_up_for_record(
    bench: Workbench, order: Order, package: Package, observed: Observed
) -> None:
    """Keeps the statement of a move that an earlier attempt of this run made and did not record.

    Does nothing where another run moved the alias, or where the statement is there.

    Args:
        bench: The means.
        order: What was asked for.
        package: The build, which the live version was found to run.
        observed: The world.
    """
    alias, live = observed.alias, observed.live
    record = AliasRecord.parse(alias.description) if alias else None
    if live is None or live.code_sha256 is None or record is None:
        return
    if record.run != order.run.run_id or record.run == 0:
        return
    configuration = canonical(live.content)
    released = Released(
        function_arn=live.arn.removesuffix(f":{live.version}"),
        alias=order.alias,
        version=live.version,
        previous=record.previous,
        build=package.sha256,
        code=live.code_sha256,
        configuration=configuration.sha256,
        content=code_and_config(live.code_sha256, configuration),
        hash_alias=name_of(live.code_sha256, configuration) if order.hash_alias else "",
        signing_job_arn=live.signing_job_arn,
        profile_version_arn=live.signing_profile_version_arn,
        run=record.run,
        attempt=record.attempt,
    )
    _keep(bench, order, released, order.owner or observed.identity.account, look=True)


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
    except DeployError as error:
        what = error.problems[0].what
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
