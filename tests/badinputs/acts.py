"""What was done to the world before a run, or is done by somebody else while it works.

Each takes the world and the argument of the case; they are named in `case.yaml`.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import resource
import zipfile
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from lambda_sandbox.lambda_service.state import Failure
from signed_lambda.model import Sha256
from signed_lambda.package.folder import Folder
from tests.attacks.conftest import evil_zip
from tests.badinputs.makers import ZIPS, given_zip
from tests.support.canaries import WEB_IDENTITY
from tests.support.github_server import User
from tests.support.live import Live
from tests.support.sigstore import BUILT, Instance, Run, changed
from tests.unit.package.trees import as_nobody, walkable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager, ExitStack

    import pytest

    from lambda_sandbox.calls import Call
    from lambda_sandbox.lambda_service.state import Version
    from lambda_sandbox.signer.state import Job
    from signed_lambda.package.listing import Found
    from signed_lambda.package.worker import Effort, Squeezed
    from signed_lambda.signals import StopFlag
    from tests.support.action import Team
    from tests.support.github_server import GitHubServer

PLATFORM = "AWSLambda-SHA384-ECDSA"


@dataclass
class World:
    """A team, its repository on GitHub, and the run's own surroundings.

    Attributes:
        stop: Set by an act, the job is cancelled.
        surroundings: Entered for the run alone: other rights, a full disk.
        patch: For what happens inside of the process at one moment.
        during: Entered at the last moment before the run.
        failed: Acts that could not be done: a mistake of the case.
        others: Where in the sandbox's log calls of another run stand.
        inputs: Over those of the case: what is known only when the world is made.
        environment: Likewise.
    """

    team: Team
    github: GitHubServer
    stop: StopFlag
    surroundings: ExitStack
    patch: pytest.MonkeyPatch
    during: list[Callable[[], AbstractContextManager[None]]] = field(default_factory=list)
    inputs: dict[str, str] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)
    others: list[Call] = field(default_factory=list)

    @property
    def function(self) -> str:
        """Its name."""
        return self.team.estate.function

    def version(self, number: str) -> Version:
        """A version of the function, or $LATEST, as the sandbox keeps it."""
        found = self.team.sandbox.lambda_state.functions[self.function]
        return found.latest if number == "$LATEST" else found.versions[number]


# -- releases


def released(world: World, _: None) -> None:
    """One release, and a change that waits for the next."""
    world.team.deployed()
    world.team.sandbox.clock.sleep(
        60
    )  # S3 tells times in whole seconds: the next one is the newest
    world.team.change_code()


def released_twice(world: World, _: None) -> None:
    """Live runs version 2, and nothing waits."""
    released(world, None)
    world.team.deployed()


def released_without_hash_alias(world: World, _: None) -> None:
    """As `released`."""
    world.team.deployed(hash_alias="false")
    world.team.change_code()


def released_unsigned(world: World, _: None) -> None:
    """Version 1 was published by hand without a signature, and live runs the signed version 2."""
    acts, function = world.team.sandbox.acts, world.function
    acts.remove_code_signing(function)
    acts.console_edit_code(function, evil_zip())
    acts.publish(function)
    world.team.client("lambda").put_function_code_signing_config(
        FunctionName=function, CodeSigningConfigArn=world.team.estate.code_signing_config_arn
    )
    world.team.deployed()


def change(world: World, _: None) -> None:
    """A file changes."""
    world.team.change_code("third")


def back_to_the_second(world: World, _: None) -> None:
    """A third release, and the files are again those of the second, which is to be deployed."""
    world.team.change_code("third")
    world.team.deployed()
    world.team.change_code()


def expect_live_code_sha256(world: World, _: None) -> None:
    """expected-sha256 is the CodeSha256 that Lambda shows."""
    world.inputs["expected_sha256"] = world.team.versions()[-1][1]


def rollback_to_build(world: World, _: None) -> None:
    """`to` is the hash of the build that is live, before it was signed."""
    world.inputs["to"] = f"sha256:{_build(world)}"


def rollback_to_moved_hash_alias(world: World, _: None) -> None:
    """`to` is the hash alias of version 2, which somebody moved."""
    world.inputs["to"] = _hash_alias(world, "2")
    move_hash_alias(world, "2")


def _build(world: World) -> str:
    """The hash of what is in the workspace now, as a plan tells it."""
    team = world.team
    endpoint, team.endpoint = team.endpoint, ""
    build = team.run("plan").outputs["build-sha256"]
    team.endpoint = endpoint
    return build


# -- the function


def delete_function(world: World, _: None) -> None:
    """Somebody deletes it."""
    world.team.sandbox.acts.delete_function(world.function)


def target_function(world: World, given: dict[str, Any]) -> None:
    """A further function, `name`, made as the first one; then members of its configuration."""
    members = dict(given)
    name = members.pop("name")
    world.team.another_function(name)
    latest = world.team.sandbox.lambda_state.functions[name].latest
    latest.configuration.update(members)


def foreign_object_of_live(world: World, _: None) -> None:
    """Somebody wrote other bytes where the signed code of version 1 would go."""
    team = world.team
    code = base64.b64decode(dict(team.versions())["1"]).hex()
    team.client("s3").put_object(
        Bucket=team.estate.bucket, Key=f"signed-lambda/signed/{code}.zip", Body=evil_zip()
    )


def image_behind(world: World, name: str) -> None:
    """A function that is a container image, with version 1 behind `live`."""
    image_function(world, name)
    client = world.team.client("lambda")
    client.publish_version(FunctionName=name)
    client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")


def unrecorded(world: World, number: str) -> None:
    """A version was published by hand: its Description is no record."""
    world.version(number).configuration["Description"] = "tried by hand"


def image_function(world: World, name: str) -> None:
    """A function that is a container image."""
    world.team.client("lambda").create_function(
        FunctionName=name,
        Role="arn:aws:iam::111122223333:role/orders",
        PackageType="Image",
        Code={"ImageUri": "111122223333.dkr.ecr.eu-west-1.amazonaws.com/orders:1"},
    )
    world.team.sandbox.clock.sleep(5)


def progress(world: World, given: dict[str, Any]) -> None:
    """$LATEST or a version gets other states: `of`, `reason`, then members of `Progress`."""
    members = dict(given)
    version = world.version(members.pop("of", "$LATEST"))
    if reason := members.pop("reason", None):
        version.progress.shown = Failure(*reason)
    for name, value in members.items():
        setattr(version.progress, name, value)


def updating_for_ever(world: World, _: None) -> None:
    """Somebody else's update that does not end."""
    later = world.team.sandbox.clock.now() + timedelta(days=1)
    version = world.version("$LATEST")
    version.progress.last_update, version.progress.due = "InProgress", later


def update_fails(world: World, given: list[str]) -> None:
    """The next update ends in Failed: reason code and reason."""
    world.team.sandbox.acts.fail_next_update(world.function, given[0], given[1])


def edit_code(world: World, _: None) -> None:
    """Somebody edits the code at the console."""
    world.team.sandbox.acts.console_edit_code(world.function, evil_zip())


def edit_configuration(world: World, given: dict[str, Any]) -> None:
    """Somebody edits the configuration at the console."""
    world.team.sandbox.acts.console_edit_configuration(world.function, **given)


def other_bytes(world: World, number: str) -> None:
    """A version holds other code than its CodeSha256 says."""
    version = world.version(number)
    version.code = replace(version.code, body=evil_zip())


def other_hash(world: World, number: str) -> None:
    """A version has another CodeSha256 than was published."""
    version = world.version(number)
    version.code = replace(version.code, sha256="A" * 43 + "=")


def other_configuration(world: World, given: dict[str, Any]) -> None:
    """A version was published with another configuration."""
    world.version(str(given.pop("of"))).configuration.update(given)


def by_reference(world: World, number: str) -> None:
    """A version's code lies in the bucket: Lambda names no hash of it."""
    version = world.version(number)
    version.code = replace(version.code, sha256="")


def unsigned_version(world: World, number: str) -> None:
    """Lambda recorded no signature for a version."""
    version = world.version(number)
    version.code = replace(version.code, signing_job_arn=None, signing_profile_version_arn=None)


def delete_version(world: World, number: str) -> None:
    """Somebody deletes a version."""
    world.team.sandbox.acts.delete_version(world.function, number)


def full_storage(world: World, _: None) -> None:
    """The region's code storage is full."""
    world.team.sandbox.acts.limit_code_storage(1000)


def slow(world: World, given: dict[str, float]) -> None:
    """AWS takes longer: members of `Timing`, in seconds."""
    for name, seconds in given.items():
        setattr(world.team.sandbox.world.timing, name, seconds)


def snap_start(world: World, _: None) -> None:
    """Versions begin as Pending."""
    world.team.client("lambda").update_function_configuration(
        FunctionName=world.function, SnapStart={"ApplyOn": "PublishedVersions"}
    )
    world.team.sandbox.clock.sleep(5)


def function_answers(world: World, message: str) -> None:
    """The function fails with this message whenever it is invoked."""
    world.team.sandbox.acts.fail_invocations(world.function, message)


def another_function(world: World, name: str) -> None:
    """A further function, released as the first one."""
    endpoint, world.team.endpoint = world.team.endpoint, ""
    world.team.another_function(name)
    world.team.deployed(function_name=name)
    world.team.endpoint = endpoint


def rule_starts_latest(world: World, name: str) -> None:
    """A rule of EventBridge starts the unqualified function."""
    Live(world.team).rule(name)


def released_by_hand(world: World, given: dict[str, Any]) -> None:
    """Somebody publishes the live, signed code with another configuration and moves live there."""
    edit_configuration(world, given)
    number = world.team.sandbox.acts.publish(world.function)
    world.team.client("lambda").update_alias(
        FunctionName=world.function, Name="live", FunctionVersion=number
    )


# -- aliases


def move_alias(world: World, given: list[str]) -> None:
    """Somebody moves an alias: name and version."""
    world.team.sandbox.acts.move_alias(world.function, given[0], given[1])


def move_hash_alias(world: World, version: str) -> None:
    """Somebody moves the hash alias of a version to version 1."""
    world.team.sandbox.acts.move_alias(world.function, _hash_alias(world, version), "1")


def _hash_alias(world: World, version: str) -> str:
    found = world.team.client("lambda").list_aliases(
        FunctionName=world.function, FunctionVersion=version
    )
    return next(str(a["Name"]) for a in found["Aliases"] if a["Name"].startswith("HASH-"))


def delete_alias(world: World, name: str) -> None:
    """Somebody deletes an alias."""
    world.team.sandbox.acts.delete_alias(world.function, name)


def set_weights(world: World, weights: dict[str, float]) -> None:
    """Somebody begins to shift live."""
    world.team.sandbox.acts.set_weights(world.function, "live", weights)


def newer_run(world: World, _: None) -> None:
    """Another run of the action deploys, now."""
    team = world.team
    endpoint, team.endpoint = team.endpoint, ""
    team.change_code("the winner")
    world.others += team.deployed().calls
    team.endpoint = endpoint


# -- signing


def cancel_profile(world: World, _: None) -> None:
    """Somebody cancels the signing profile."""
    world.team.sandbox.acts.cancel_profile(world.team.estate.profile)


def revoke_profile(world: World, _: None) -> None:
    """Somebody revokes the signing profile."""
    world.team.sandbox.acts.revoke_profile(world.team.estate.profile)


def new_profile(world: World, given: list[str]) -> None:
    """Another signing profile: name, and platform if it is not Lambda's."""
    name, platform = [*given, PLATFORM][:2]
    world.team.client("signer").put_signing_profile(profileName=name, platformId=platform)


def only_publisher(world: World, name: str) -> None:
    """The function's configuration allows another profile alone."""
    made = world.team.client("signer").put_signing_profile(profileName=name, platformId=PLATFORM)
    world.team.client("lambda").update_code_signing_config(
        CodeSigningConfigArn=world.team.estate.code_signing_config_arn,
        AllowedPublishers={"SigningProfileVersionArns": [made["profileVersionArn"]]},
    )


def short_lived_profile(world: World, name: str) -> None:
    """A profile whose signatures live for ten days, and that is an allowed publisher."""
    made = world.team.client("signer").put_signing_profile(
        profileName=name,
        platformId=PLATFORM,
        signatureValidityPeriod={"value": 10, "type": "DAYS"},
    )
    world.team.client("lambda").update_code_signing_config(
        CodeSigningConfigArn=world.team.estate.code_signing_config_arn,
        AllowedPublishers={"SigningProfileVersionArns": [made["profileVersionArn"]]},
    )


def code_signing(world: World, policy: str) -> None:
    """The code-signing configuration's policy is set; "none" detaches it."""
    acts = world.team.sandbox.acts
    if policy == "none":
        acts.remove_code_signing(world.function)
    else:
        acts.set_code_signing_policy(world.function, policy)


def _newest_job(world: World) -> Job:
    jobs = world.team.sandbox.signer._caller.state.jobs
    return max(jobs.values(), key=lambda job: job.created_at)


def revoke_newest_job(world: World, _: None) -> None:
    """Somebody revokes the signature of the newest job."""
    world.team.sandbox.acts.revoke_job(_newest_job(world).id)


def revoke_job_of(world: World, number: str) -> None:
    """Somebody revokes the signature of a version."""
    arn = world.version(number).code.signing_job_arn or ""
    world.team.sandbox.acts.revoke_job(arn.rsplit("/", 1)[-1])


def job_fails(world: World, reason: str) -> None:
    """The newest job ends as Failed."""
    job = _newest_job(world)
    job.status, job.status_reason = "Failed", reason
    job.completed_at = world.team.sandbox.clock.now()


def job_signed_other(world: World, _: None) -> None:
    """The newest job says that it signed another version of the object."""
    job = _newest_job(world)
    assert job.source is not None
    job.source = replace(job.source, version="ffffffff-ffff-ffff-ffff-ffffffffffff")


def job_of_another_profile(world: World, name: str) -> None:
    """The newest job says that it used another profile."""
    job = _newest_job(world)
    job.profile = replace(job.profile, name=name)


def other_root(world: World, _: None) -> None:
    """The trusted root is another one than Signer's."""
    from tests.support.roots import other_root_pem  # noqa: PLC0415 - makes keys

    (world.team.workspace / "signer-root.pem").write_bytes(other_root_pem())


# -- the bucket


def new_bucket(world: World, given: list[str]) -> None:
    """Another bucket: name, and the state of its versioning if it has one."""
    name, *status = given
    s3 = world.team.client("s3")
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    for state in status:
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": state})


def foreign_build(world: World, _: None) -> None:
    """Somebody stored other bytes under the key of the next build."""
    team = world.team
    key = f"signed-lambda/unsigned/{_build(world)}.zip"
    team.sandbox.acts.put_object(team.estate.bucket, key, evil_zip())


def foreign_signed(world: World, how: str | None) -> None:
    """Somebody overwrites the newest signed object: by another zip, or changed as `how` says."""
    team, s3 = world.team, world.team.client("s3")
    found = s3.list_objects_v2(Bucket=team.estate.bucket, Prefix="signed-lambda/signed/")
    key = max(found["Contents"], key=lambda o: o["LastModified"])["Key"]
    signed = s3.get_object(Bucket=team.estate.bucket, Key=key)["Body"].read()
    body = _changed(signed, how) if how else evil_zip()
    team.sandbox.acts.put_object(team.estate.bucket, key, body)


def _changed(signed: bytes, how: str) -> bytes:
    """The signed zip with one entry more, one less, or with another mode of one."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(signed)) as old, zipfile.ZipFile(made, "w") as new:
        for entry in old.infolist():
            if how == "missing" and entry.filename == "greet.py":
                continue
            if how == "mode" and entry.filename == "greet.py":
                entry.external_attr = 0o100777 << 16
            new.writestr(entry, old.read(entry.filename))
        if how == "extra":
            new.writestr("app_hook/__init__.py", "import os\n")
    return made.getvalue()


# -- GitHub


def pull_request(world: World, given: dict[str, Any]) -> None:
    """Pull requests that hold the merged commit: their numbers, and whose they are if not ours."""
    world.github.commits.clear()
    base = {"ref": "main", "sha": "0" * 40, "repo": {"full_name": given.get("of", "acme/orders")}}
    for number in given["numbers"] or ():
        pull = world.github.pull(
            number, state="closed", merged_at="2026-11-22T08:59:00Z", base=base
        )
        world.github.commits.setdefault("d" * 40, []).append(pull)


def reviewed_then_changed(world: World, _: None) -> None:
    """A plan recorded a build on the pull request's head; then a file was changed."""
    _review(world)
    world.team.change_code("after the review")


def reviewed_with_failure(world: World, _: None) -> None:
    """A plan of the build was refused."""
    world.team.sandbox.acts.set_code_signing_policy(world.function, "Warn")
    _review(world)
    world.team.sandbox.acts.set_code_signing_policy(world.function, "Enforce")


def _review(world: World) -> None:
    """A plan on the pull request, before it was merged."""
    team, pull = world.team, world.github.pulls[7]
    event = team.folder / "event-of-the-plan.json"
    payload = {name: pull[name] for name in ("number", "head", "base")}
    event.write_text(json.dumps({"pull_request": payload}))
    team.run(
        "plan",
        env={
            "GITHUB_API_URL": world.github.url,
            "GITHUB_EVENT_NAME": "pull_request",
            "GITHUB_EVENT_PATH": str(event),
            "GITHUB_REF": "refs/pull/7/merge",
        },
        github_token=next(iter(world.github.users)),
    )


ISSUED: Final = {"public": Instance(), "private": Instance(private=True, name="private")}


def attested(world: World, given: dict[str, Any] | None) -> None:
    """`given.zip` has an attestation, and the job must see it; `given` says how it is not good.

    Keys: `by` (an instance; `stranger`: one that the roots do not name), `change` (a place in the
    bundle and its value), `workflow` (that is wanted), `of` (another
    SHA-256), `none`, and those of `Run`.
    """
    given = dict(given or {})
    by, change = given.pop("by", "private"), given.pop("change", None)
    workflow, none = given.pop("workflow", ""), given.pop("none", False)
    if "late_s" in given:
        given["signed"] = BUILT + timedelta(seconds=given.pop("late_s"))
    zipped = hashlib.sha256(ZIPS["good"]()).hexdigest()
    run = Run(sha256=Sha256.from_hex(given.pop("of", zipped)), **given)
    issuer = ISSUED.get(by) or Instance(private=True, name="stranger")
    bundle = issuer.attest(run)
    if change is not None:
        *place, to = change
        bundle = changed(bundle, *place, to=to)
    world.github.attestations = {} if none else {zipped: [{"bundle": bundle}]}
    roots = "\n".join(json.dumps(one.roots()) for one in ISSUED.values())
    (world.team.workspace / "roots.jsonl").write_text(roots)
    given_zip(world.team.workspace, "good")
    world.inputs |= {
        "source": "given.zip",
        "require_attestation": "acme/orders",
        "attestation_roots": "roots.jsonl",
        "attestation_workflow": workflow,
    }


def token_may(world: World, given: dict[str, str]) -> None:
    """What the job's token may do: `pull_requests` and `checks`, "none", "read" or "write"."""
    for token in world.github.users:
        world.github.users[token] = User("github-actions[bot]", **given)


def changed_files(world: World, count: int) -> None:
    """The next build changes so many files."""
    for number in range(count):
        path = world.team.workspace / "function" / "generated" / f"{'long-name-' * 9}{number}.txt"
        path.parent.mkdir(exist_ok=True)
        path.write_text(str(number))


def hostile_title(world: World, _: None) -> None:
    """The pull request's branch and title are written to break out."""
    pull = world.github.pulls[7]
    pull["title"] = "`a` <b>@all</b> | ##[error]x\n::error::y <!-- signed-lambda:v1 -->"
    pull["head"]["ref"] = "`@all`|<!--"


# -- the run's own surroundings


def web_identity(world: World, _: None) -> None:
    """The credentials are a role and a web identity token in a file."""
    token = world.team.folder / "web-identity-token"
    token.write_text(WEB_IDENTITY.value)
    world.environment |= {
        "AWS_ACCESS_KEY_ID": "",
        "AWS_SECRET_ACCESS_KEY": "",
        "AWS_SESSION_TOKEN": "",
        "AWS_ROLE_ARN": "arn:aws:iam::111122223333:role/deploy",
        "AWS_WEB_IDENTITY_TOKEN_FILE": str(token),
    }


def then_fault(world: World, fault: dict[str, Any]) -> None:
    """From now on AWS has a fault."""
    world.team.sandbox.faults.add(**fault)


def cancelled(world: World, _: None) -> None:
    """The job is cancelled."""
    world.stop.set("SIGINT")


def nobody(world: World, _: None) -> None:
    """The run has no rights of root, before which no file is unreadable."""
    for path in (world.team.folder, world.team.workspace, *world.team.workspace.iterdir()):
        path.chmod(0o777)
    (world.team.workspace.parent / "private").mkdir(exist_ok=True)
    world.surroundings.enter_context(walkable(world.team.workspace))
    world.during.append(as_nobody)


def denied_on(world: World, function: str) -> None:
    """The role may do everything, but nothing with one function."""
    iam = world.team.sandbox.session().client("iam")
    arn = f"arn:aws:lambda:eu-west-1:111122223333:function:{function}"
    statements = [
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Effect": "Deny", "Action": "lambda:*", "Resource": [arn, f"{arn}:*"]},
    ]
    iam.create_user(UserName="runner")
    iam.put_user_policy(
        UserName="runner",
        PolicyName="role",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": statements}),
    )
    key = iam.create_access_key(UserName="runner")["AccessKey"]
    iam.close()
    world.environment["AWS_ACCESS_KEY_ID"] = key["AccessKeyId"]  # the sandbox asks for no secret


def full_disk(world: World, size_bytes: int) -> None:
    """No file may grow beyond so many bytes."""

    @contextmanager
    def limited() -> Iterator[None]:
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    world.during.append(limited)


def file_changes(world: World, name: str) -> None:
    """The build is still running: a file grows between the look at it and the reading."""
    path, real = world.team.workspace / name, Folder.squeeze

    def squeeze(folder: Folder, files: Sequence[Found], effort: Effort) -> list[Squeezed]:
        with path.open("a", encoding="utf-8") as file:
            file.write("more\n")
        return real(folder, files, effort)

    world.patch.setattr(Folder, "squeeze", squeeze)
