"""The world of one case: a sandbox on a port, a function with two releases, and what others do.

Releases are made by the kit itself, never by the tool: every tool starts from the same. May import
`lambda_sandbox`.
"""

from __future__ import annotations

import base64
import hashlib
import io
import stat
import threading
import zipfile
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from lambda_sandbox import Sandbox
from lambda_sandbox.core import RealClock, Timing
from lambda_sandbox.estate import make_estate
from lambda_sandbox.server import Server
from lambda_sandbox.signer import forge

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from lambda_sandbox.calls import Call
    from lambda_sandbox.estate import Estate

    Files = Mapping[str, bytes]

SETTLES_S: Final = 0.05
EVIL: Final = {"app.py": b"def handler(event, context):\n    return 'evil'\n"}
HANDLER: Final = "def handler(event, context):\n    return {!r}\n"
NOTES: Final = "notes on app_hook/__init__.pyimport os\n"
"""A text that can be cut into a text and a module without changing what was signed."""


@dataclass(frozen=True, slots=True)
class Served:
    """What callers get through a route.

    Attributes:
        version: Of the function; "$LATEST" where the tool moves no alias.
        sha256: CodeSha256, base64.
        configuration: What of the configuration others may have edited.
        weights: Of the alias.
    """

    version: str
    sha256: str
    configuration: tuple[tuple[str, str], ...]
    weights: tuple[tuple[str, float], ...] = ()


class World:
    """One account with one function.

    Attributes:
        releases: CodeSha256 of each release that the kit made, the first one first.
        expected: What callers must get if the tool does nothing; acts of others change it.
    """

    def __init__(self, sandbox: Sandbox, url: str, *, signed: bool, by_alias: bool) -> None:
        self.sandbox = sandbox
        self.url = url
        self.signed = signed
        self._session: Any = sandbox.session()
        self._clients: dict[str, Any] = {}
        self.by_alias = by_alias
        self.estate: Estate = make_estate(self.client)
        if not signed:
            sandbox.acts.remove_code_signing(self.estate.function)
        self.releases: list[str] = []
        self._signed: list[bytes] = []
        for text in ("one", "two"):
            self.release({"app.py": HANDLER.format(text).encode(), "notes.txt": NOTES.encode()})
        self.begin()

    # -- looking

    def client(self, service: str) -> Any:  # noqa: ANN401 - a boto3 client
        """A client of the account's owner."""
        if service not in self._clients:
            self._clients[service] = self._session.client(service)
        return self._clients[service]

    def served(self) -> Served | None:
        """What callers get now; None: nothing, the alias or the function is gone."""
        function = self.sandbox.lambda_state.functions.get(self.estate.function)
        if function is None:
            return None
        alias = function.aliases.get("live") if self.by_alias else None
        if self.by_alias and alias is None:
            return None
        version = alias.version if alias is not None else "$LATEST"
        held = function.latest if version == "$LATEST" else function.versions.get(version)
        if held is None:
            return None
        content = {k: str(v) for k, v in held.configuration.items() if k != "Description"}
        return Served(
            version,
            held.code.sha256,
            tuple(sorted(content.items())),
            tuple(sorted(alias.weights.items())) if alias is not None else (),
        )

    def files(self, version: str) -> dict[str, tuple[bytes, bool]]:
        """The files of a version, and whether each is a link; without Signer's own."""
        function = self.sandbox.lambda_state.functions[self.estate.function]
        held = function.latest if version == "$LATEST" else function.versions[version]
        with zipfile.ZipFile(io.BytesIO(held.code.body)) as archive:
            return {
                entry.filename: (archive.read(entry), stat.S_ISLNK(entry.external_attr >> 16))
                for entry in archive.infolist()
                if not entry.filename.startswith("META_INF/") and not entry.is_dir()
            }

    def calls(self) -> list[Call]:
        """What the tool asked of AWS."""
        return self.sandbox.calls[self._begun :]

    # -- making

    def release(self, files: Files) -> None:
        """Signs (where the world is a signed one), deploys, publishes and moves the alias."""
        s3, lambda_ = self.client("s3"), self.client("lambda")
        name, key = self.estate.function, f"kit/{len(self.releases)}.zip"
        body = zipped(files)
        if self.signed:
            body = self._sign(body, key)
        s3.put_object(Bucket=self.estate.bucket, Key=f"{key}.deployed", Body=body)
        lambda_.update_function_code(
            FunctionName=name, S3Bucket=self.estate.bucket, S3Key=f"{key}.deployed"
        )
        lambda_.get_waiter("function_updated_v2").wait(
            FunctionName=name, WaiterConfig={"Delay": SETTLES_S}
        )
        version = lambda_.publish_version(FunctionName=name)
        if self.releases:
            lambda_.update_alias(FunctionName=name, Name="live", FunctionVersion=version["Version"])
        else:
            lambda_.create_alias(FunctionName=name, Name="live", FunctionVersion=version["Version"])
        self.releases.append(version["CodeSha256"])
        self._signed.append(body)

    def _sign(self, body: bytes, key: str) -> bytes:
        s3, signer = self.client("s3"), self.client("signer")
        bucket = self.estate.bucket
        source = s3.put_object(Bucket=bucket, Key=key, Body=body)
        job = signer.start_signing_job(
            source={"s3": {"bucketName": bucket, "key": key, "version": source["VersionId"]}},
            destination={"s3": {"bucketName": bucket, "prefix": "kit/signed/"}},
            profileName=self.estate.profile,
        )["jobId"]
        signer.get_waiter("successful_signing_job").wait(
            jobId=job, WaiterConfig={"Delay": SETTLES_S}
        )
        place = signer.describe_signing_job(jobId=job)["signedObject"]["s3"]
        answer = s3.get_object(Bucket=bucket, Key=place["key"])
        read: bytes = answer["Body"].read()
        return read

    # -- what others do

    def arrange(self, case_given: Any, during: Any, faults: Any) -> None:  # noqa: ANN401 - YAML
        """Does what is given, and orders what happens and goes wrong during the run."""
        for act in case_given:
            self.act(**act)
        for order in during:
            rest = {k: v for k, v in order.items() if k not in ("before", "nth")}
            act = partial(self.act, **rest)
            self.sandbox.gateway.order(order["before"], order.get("nth", 1), act)
        self.begin()
        for fault in faults:
            rest = {k: v for k, v in fault.items() if k not in ("at", "kind", "times")}
            self.sandbox.faults.add(fault["at"], fault["kind"], fault.get("times", 1), **rest)

    def begin(self) -> None:
        """What callers get now is what they must get if the next run does nothing."""
        self.expected = self.served()
        self._begun = len(self.sandbox.calls)

    def act(self, act: str, **more: Any) -> None:  # noqa: ANN401 - from YAML
        """Somebody else acts; what callers get because of it is what they may get afterwards."""
        getattr(self, f"_{act}")(**more)
        self.expected = self.served()

    def _edit_code(self) -> None:
        self.sandbox.acts.console_edit_code(self.estate.function, zipped(EVIL))

    def _edit_configuration(self, **changes: Any) -> None:  # noqa: ANN401 - YAML
        self.sandbox.acts.console_edit_configuration(self.estate.function, **changes)

    def _publish(self) -> None:
        self.sandbox.acts.publish(self.estate.function)

    def _delete_version(self, version: str = "") -> None:
        function = self.sandbox.lambda_state.functions[self.estate.function]
        newest = max(function.versions, key=int)
        self.sandbox.acts.delete_version(self.estate.function, version or newest)

    def _delete_function(self) -> None:
        self.sandbox.acts.delete_function(self.estate.function)

    def _recreate_function(self) -> None:
        self.sandbox.acts.recreate_function(self.estate.function)

    def _move_alias(self, to: str, alias: str = "live") -> None:
        function = self.sandbox.lambda_state.functions[self.estate.function]
        verb = self.sandbox.acts.move_alias
        if alias not in function.aliases:
            verb = self.sandbox.acts.create_alias
        verb(self.estate.function, alias, to)

    def _weigh_alias(self, version: str, alias: str = "live") -> None:
        self.sandbox.acts.set_weights(self.estate.function, alias, {version: 0.1})

    def _delete_alias(self) -> None:
        self.sandbox.acts.delete_alias(self.estate.function, "live")

    def _set_policy(self, policy: str) -> None:
        self.sandbox.acts.set_code_signing_policy(self.estate.function, policy)

    def _remove_code_signing(self) -> None:
        self.sandbox.acts.remove_code_signing(self.estate.function)

    def _cancel_profile(self) -> None:
        self.sandbox.acts.cancel_profile(self.estate.profile)

    def _revoke_profile(self) -> None:
        self.sandbox.acts.revoke_profile(self.estate.profile)

    def _other_profile(self, name: str, platform: str = "AWSLambda-SHA384-ECDSA") -> None:
        self.client("signer").put_signing_profile(profileName=name, platformId=platform)

    def _revoke_job(self, version: str = "") -> None:
        """Of a version, or the newest one."""
        jobs = self.sandbox.signer.list_signing_jobs({})["jobs"]
        job = jobs[0]["jobId"]
        if version:
            function = self.sandbox.lambda_state.functions[self.estate.function]
            job = str(function.versions[version].code.signing_job_arn).rpartition("/")[2]
        self.sandbox.acts.revoke_job(job)

    def _release_unsigned(self) -> None:
        """A release past code signing, as before it was attached; live stays where it was."""
        self.sandbox.acts.console_edit_code(self.estate.function, zipped(EVIL))
        self.sandbox.acts.publish(self.estate.function)

    def _tamper_version(self, version: str) -> None:
        """What Lambda stores for a version is no longer what its CodeSha256 says."""
        function = self.sandbox.lambda_state.functions[self.estate.function]
        held = function.versions[version]
        held.code = replace(held.code, body=zipped(EVIL))

    def _fail_update(self) -> None:
        self.sandbox.acts.fail_next_update(self.estate.function, "InternalError", "no reason")

    def _fail_invocations(self) -> None:
        self.sandbox.acts.fail_invocations(self.estate.function, "it does not work")

    def _limit_storage(self) -> None:
        self.sandbox.acts.limit_code_storage(1)

    def _suspend_versioning(self) -> None:
        self.client("s3").put_bucket_versioning(
            Bucket=self.estate.bucket, VersioningConfiguration={"Status": "Suspended"}
        )

    def _make_image_function(self) -> None:
        function = self.sandbox.lambda_state.functions[self.estate.function]
        function.latest.configuration["PackageType"] = "Image"

    def _overwrite(self, folder: str, by: str) -> None:
        """The newest object of a folder that the tool wrote is followed by a newer version."""
        s3, bucket = self.client("s3"), self.estate.bucket
        listed = s3.list_objects_v2(Bucket=bucket)["Contents"]
        keys = [o for o in listed if f"/{folder}/" in o["Key"] and not o["Key"].startswith("kit/")]
        if not keys:
            raise LookupError(f"the tool wrote nothing into a folder named {folder}")
        key = max(keys, key=lambda o: o["LastModified"])["Key"]
        now = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        self.sandbox.acts.put_object(bucket, key, self._body(by, now))

    def _body(self, by: str, now: bytes) -> bytes:
        signer = self.sandbox.signer
        makers: dict[str, Callable[[], bytes]] = {
            "unsigned": lambda: zipped(EVIL),
            "older": lambda: self._signed[0],
            "split": lambda: forge.split_into_module(now, "notes.txt", "app_hook/__init__.py"),
            "merged": lambda: forge.merged(now, "app.py"),
            "link": lambda: forge.turned_into_link(now, "notes.txt"),
            "added": lambda: forge.added(now, "hook.py", b"import os\n"),
            "removed": lambda: forge.removed(now, "notes.txt"),
            "mode": lambda: forge.with_mode(now, "app.py", stat.S_IFREG | 0o777),
            "other-root": lambda: forge.other_root(signer, now),
            "other-job": lambda: forge.other_job(
                signer, now, f"arn:aws:signer:eu-west-1:111122223333:/signing-jobs/{'0' * 8}"
            ),
            "expired": lambda: forge.expired(signer, now, 60),
            "stripped": lambda: forge.unsigned(now),
        }
        return makers[by]()


def zipped(files: Files) -> bytes:
    """A plain zip of files, the same bytes for the same files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            archive.writestr(zipfile.ZipInfo(name), files[name])
    return buffer.getvalue()


def sha256_b64(body: bytes) -> str:
    """As Lambda spells CodeSha256."""
    return base64.b64encode(hashlib.sha256(body).digest()).decode()


@contextmanager
def world(*, signed: bool, by_alias: bool) -> Iterator[World]:
    """A fresh world on a free port.

    Args:
        signed: The function has a code-signing configuration that enforces.
        by_alias: Callers come through the alias `live`, else to the function itself.
    """
    timing = Timing(
        create_s=SETTLES_S, update_s=SETTLES_S, publish_s=SETTLES_S, signing_s=SETTLES_S
    )
    sandbox = Sandbox(clock=RealClock(), timing=timing)
    server = Server("127.0.0.1", 0, sandbox.wsgi)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield World(sandbox, f"http://127.0.0.1:{server.port}", signed=signed, by_alias=by_alias)
    finally:
        server.stop()
        thread.join(5)
        server.server_close()
