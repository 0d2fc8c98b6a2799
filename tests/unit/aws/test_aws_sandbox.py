"""The adapter over the whole sandbox: a deploy's calls, and each of them with each fault once."""

from __future__ import annotations

import hashlib
import io
import threading
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from werkzeug.serving import make_server

from lambda_sandbox import Sandbox
from lambda_sandbox.core import VirtualClock
from lambda_sandbox.estate import make_estate
from signed_lambda.aws import Aws, UrlFetch, make_clients
from signed_lambda.clock import Deadline
from signed_lambda.cloud import AlreadyExistsError, RevisionMovedError, StoredObject
from signed_lambda.errors import AccessError, IdentityError
from signed_lambda.model import AliasName, FunctionName, Sha256, Version
from signed_lambda.signals import StopFlag
from tests.support.aws import make_aws, shared_clients, unmasked

if TYPE_CHECKING:
    from pathlib import Path

    from lambda_sandbox.estate import Estate

LIVE = AliasName("live")
OWNER = "111122223333"


@dataclass
class World:
    """A team's account, and the adapter on it."""

    sandbox: Sandbox
    estate: Estate
    aws: Aws
    folder: Path
    said: list[str]

    @property
    def function(self) -> FunctionName:
        """The estate's function."""
        return FunctionName(self.estate.function)


@pytest.fixture
def world(tmp_path: Path) -> World:
    sandbox, said = Sandbox(), list[str]()
    # 20 timeouts of 65 s are ridden out in one of the tests.
    aws = make_aws(sandbox, say=said.append, deadline_s=3_600)
    clients = shared_clients()
    known: dict[str, Any] = {"lambda": clients.lambda_, "s3": clients.s3, "signer": clients.signer}
    estate = make_estate(
        known.__getitem__, sleep=sandbox.clock.sleep, environment={"API_KEY": "canary-env-value"}
    )
    sandbox.calls.clear()
    return World(sandbox, estate, aws, tmp_path, said)


def _zip() -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as file:
        file.writestr(zipfile.ZipInfo("app.py"), "def handler(event, context):\n    return event\n")
    return body.getvalue()


def _read_back(write: Any, back: Any) -> Any:  # noqa: ANN401 - of any type
    """What a caller does with a write that may have met its own effect."""
    try:
        return write()
    except (RevisionMovedError, AlreadyExistsError):
        found = back()
        assert found is not None
        return found


def _deploy(world: World) -> None:
    """The chain's calls, in order, with nothing of the chain's judgement."""
    aws, estate, fn, clock = world.aws, world.estate, world.function, world.sandbox.clock
    assert aws.identity().account == OWNER
    assert aws.bucket(estate.bucket, OWNER).versioning == "Enabled"
    attached = aws.code_signing(fn)
    assert attached is not None
    assert attached.allowed_publishers == (estate.profile_version_arn,)
    profile = aws.profile(estate.profile, None)
    assert profile is not None
    assert aws.alias(fn, LIVE) is None
    body = world.folder / "build.zip"
    body.write_bytes(_zip())
    built = Sha256(hashlib.sha256(_zip()).digest())
    key = f"unsigned/{built.hex}.zip"
    there = _read_back(
        lambda: aws.put_object(estate.bucket, key, body, built, OWNER),
        lambda: aws.get_object(estate.bucket, key, None, OWNER, world.folder / "back.zip"),
    )
    assert there.sha256 == built
    stored = StoredObject(estate.bucket, key, there.version_id, built, there.size_bytes)
    job_id = aws.start_signing(
        source=stored,
        destination_bucket=estate.bucket,
        destination_prefix="signed/",
        profile=estate.profile,
        profile_owner=None,
        token="token-1",
    )
    clock.sleep(5)
    job = aws.signing_job(job_id)
    assert job is not None
    assert job.signed_key is not None
    assert aws.list_objects(estate.bucket, "signed/", OWNER) == (job.signed_key,)
    signed = aws.get_object(estate.bucket, job.signed_key, None, OWNER, world.folder / "signed.zip")
    assert signed is not None
    source = StoredObject(estate.bucket, job.signed_key, signed.version_id, signed.sha256, None)
    before = aws.function(fn)
    assert before is not None
    assert aws.dry_run(fn, source, before.revision_id).code_sha256 == signed.sha256
    _read_back(lambda: aws.update_code(fn, source, before.revision_id), lambda: aws.function(fn))
    clock.sleep(5)
    staged = aws.function(fn)
    assert staged is not None
    assert (staged.code_sha256, staged.signing_job_arn) == (signed.sha256, job.arn)
    _read_back(
        lambda: aws.publish(fn, signed.sha256, staged.revision_id, "build"),
        lambda: aws.versions(fn),
    )
    (version,) = aws.versions(fn)
    assert version.code_sha256 == signed.sha256
    code = aws.download_code(fn, version.version, world.folder / "code.zip")
    assert code.sha256 == signed.sha256
    assert aws.invoke(fn, Version(version.version), b'{"a": 1}').function_error is None
    alias = _read_back(
        lambda: aws.create_alias(fn, LIVE, Version(version.version), "none before"),
        lambda: aws.alias(fn, LIVE),
    )
    moved = _read_back(
        lambda: aws.update_alias(fn, LIVE, Version(version.version), "again", alias.revision_id),
        lambda: aws.alias(fn, LIVE),
    )
    assert (moved.version, moved.description) == (version.version, "again")
    assert [a.name for a in aws.aliases(fn)] == ["live"]


def test_the_calls_of_a_deploy_succeed_over_a_socket(world: World) -> None:
    server = make_server("127.0.0.1", 0, world.sandbox.wsgi, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    keys = {"AWS_ACCESS_KEY_ID": "AKIASANDBOX000000001", "AWS_SECRET_ACCESS_KEY": "s"}
    endpoint = f"http://127.0.0.1:{server.server_port}"
    clock = world.sandbox.clock
    assert isinstance(clock, VirtualClock)
    world.aws = Aws(
        make_clients(keys, region="eu-west-1", endpoint_url=endpoint, mask=unmasked),
        clock=clock,
        deadline=Deadline.after(clock, 900, StopFlag().check),
        fetch=UrlFetch(unmasked),
        say=world.said.append,
    )

    try:
        _deploy(world)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

    assert world.said == []


OPERATIONS = [
    "GetCallerIdentity",
    "GetBucketVersioning",
    "GetFunctionCodeSigningConfig",
    "GetCodeSigningConfig",
    "GetSigningProfile",
    "GetAlias",
    "PutObject",
    "StartSigningJob",
    "DescribeSigningJob",
    "ListObjectsV2",
    "GetObject",
    "GetFunctionConfiguration",
    "UpdateFunctionCode",
    "PublishVersion",
    "ListVersionsByFunction",
    "GetFunction",
    "Invoke",
    "CreateAlias",
    "UpdateAlias",
    "ListAliases",
]
TRANSIENT = [
    "conn_before",
    "lost_after",
    "timeout_after",
    "throttle",
    "error500_before",
    "error500_after",
    "html_200",
    "truncated",
    "slow",
]


def test_the_calls_of_a_deploy_succeed_and_are_sent_once(world: World) -> None:
    _deploy(world)

    names = [call.operation for call in world.sandbox.calls]
    assert {name: names.count(name) for name in OPERATIONS} == dict.fromkeys(OPERATIONS, 1) | {
        "GetFunctionConfiguration": 2,
        "UpdateFunctionCode": 2,
        "GetFunction": 1,
    }
    assert world.said == []


@pytest.mark.parametrize("kind", TRANSIENT)
def test_one_transient_fault_at_every_call_never_fails_a_deploy(kind: str, world: World) -> None:
    for operation in OPERATIONS:
        world.sandbox.faults.add(operation, kind)

    _deploy(world)

    assert world.sandbox.faults.pending() == ()
    assert len(world.aws.versions(world.function)) == 1
    assert "canary" not in "".join(world.said)


# GetBucketVersioning is not among them: its 403 is a state of the bucket.
@pytest.mark.parametrize("operation", [o for o in OPERATIONS if o != "GetBucketVersioning"])
def test_a_missing_permission_at_any_call_names_its_action(operation: str, world: World) -> None:
    world.sandbox.faults.add(operation, "denied", None)
    action = {"ListObjectsV2": "ListBucket", "Invoke": "InvokeFunction"}.get(operation, operation)

    with pytest.raises(AccessError) as caught:
        _deploy(world)

    problem = caught.value.problems[0]
    assert f":{action} on " in problem.what
    assert f':{action}"' in problem.do


@pytest.mark.parametrize(
    "operation", ["GetCallerIdentity", "GetBucketVersioning", "StartSigningJob", "PublishVersion"]
)
@pytest.mark.parametrize(
    ("kind", "id_"), [("expired_token", "E-IDENTITY-03"), ("clock_skew", "E-IDENTITY-06")]
)
def test_refused_credentials_at_each_service_are_told(
    operation: str, kind: str, id_: str, world: World
) -> None:
    world.sandbox.faults.add(operation, kind, None)

    with pytest.raises(IdentityError) as caught:
        _deploy(world)

    assert caught.value.problems[0].id == id_
