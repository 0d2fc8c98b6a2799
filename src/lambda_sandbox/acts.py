"""What an adversary or a person at the console does: straight on the world, no recorded call.

May import the services' state and the gateway's lock. Acts need no rights, ask for no RevisionId
and pass no code-signing check; their effect stands at once. They rotate revisions, as AWS does.
"""

from __future__ import annotations

import base64
import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from lambda_sandbox.core import ApiError, Json
from lambda_sandbox.lambda_service.configuration import apply_settings
from lambda_sandbox.lambda_service.names import LATEST
from lambda_sandbox.lambda_service.state import Code, Failure, Function, Progress, Version, copied

if TYPE_CHECKING:
    from collections.abc import Callable

    from lambda_sandbox.core import World
    from lambda_sandbox.dispatch import Dispatcher, Region
    from lambda_sandbox.gateway import Gateway
    from lambda_sandbox.lambda_service.invocation import InvocationContext

_SHORT: Final = {
    "memory": "MemorySize",
    "env": "Environment",
    "role": "Role",
    "layers": "Layers",
    "timeout": "Timeout",
    "handler": "Handler",
    "runtime": "Runtime",
    "description": "Description",
    "kms_key": "KMSKeyArn",
}


class Acts:
    """Acts on the sandbox's own region; every one takes effect at once."""

    def __init__(self, world: World, dispatcher: Dispatcher, gateway: Gateway) -> None:
        self._world = world
        self._dispatcher = dispatcher
        self._gateway = gateway

    # -- functions

    def console_edit_code(self, fn: str, zip_bytes: bytes) -> str:
        """Replaces the code of $LATEST by any bytes; its new CodeSha256."""
        with self._gateway.locked():
            function = self._function(fn)
            sha256 = base64.b64encode(hashlib.sha256(zip_bytes).digest()).decode()
            function.latest.code = Code(body=zip_bytes, sha256=sha256, size_bytes=len(zip_bytes))
            self._changed(function)
            return sha256

    def console_edit_configuration(self, fn: str, **changes: Json) -> None:
        """Changes the configuration of $LATEST, for example `timeout=900, env={"A": "1"}`.

        Takes the API's names (MemorySize=...) and the short ones of `_SHORT`; `env` is the plain
        mapping of variables.
        """
        with self._gateway.locked():
            function = self._function(fn)
            params = {_SHORT.get(name, name): value for name, value in changes.items()}
            if "env" in changes:
                params["Environment"] = {"Variables": dict(changes["env"])}
            configuration = copied(function.latest.configuration)
            apply_settings(configuration, params, self._region.lambda_.state)
            function.latest.configuration = configuration
            self._changed(function)

    def publish(self, fn: str) -> str:
        """Publishes $LATEST; the version's number."""
        return str(self._call("PublishVersion", FunctionName=fn)["Version"])

    def delete_version(self, fn: str, version: str) -> None:
        """Deletes a version, even one that an alias points to."""
        with self._gateway.locked():
            function = self._function(fn)
            del function.versions[version]
            if function.published is not None and function.published[0] == version:
                function.published = None

    def delete_function(self, fn: str) -> None:
        """Deletes a function with its versions and aliases."""
        with self._gateway.locked():
            self._function(fn)
            del self._region.lambda_.state.functions[fn]

    def recreate_function(self, fn: str) -> None:
        """Deletes a function and creates it anew: same code and settings, numbers from 1 again."""
        with self._gateway.locked():
            state, old = self._region.lambda_.state, self._function(fn)
            latest = Version(
                LATEST,
                old.latest.code,
                copied(old.latest.configuration),
                state.new_id(),
                self._world.clock.now(),
            )
            state.functions[fn] = Function(
                fn, latest, code_signing_config_arn=old.code_signing_config_arn, tags=old.tags
            )

    def fail_next_update(self, fn: str, reason_code: str, reason: str) -> None:
        """Lets the next creation or update of the function end in Failed."""
        with self._gateway.locked():
            self._region.lambda_.state.next_failures[fn] = Failure(reason_code, reason)

    def fail_invocations(self, fn: str, message: str | None, version: str | None = None) -> None:
        """Lets invocations end in a FunctionError, of one version or of all; None ends that."""
        with self._gateway.locked():
            failing = self._function(fn).failing
            failing.pop(version, None)
            if message is not None:
                failing[version] = message

    def answer_invocations(self, fn: str, handler: Callable[[Any, InvocationContext], Any]) -> None:
        """Answers invocations with `handler(event, context)`; what it raises is the function's."""
        with self._gateway.locked():
            self._function(fn).handler = handler

    def limit_code_storage(self, size_bytes: int) -> None:
        """Sets the account's TotalCodeSize limit."""
        with self._gateway.locked():
            self._region.lambda_.state.code_storage_limit = size_bytes

    # -- aliases

    def move_alias(self, fn: str, alias: str, version: str) -> None:
        """Points an alias at another version and clears its weights."""
        self._call(
            "UpdateAlias", FunctionName=fn, Name=alias, FunctionVersion=version, RoutingConfig={}
        )

    def set_weights(self, fn: str, alias: str, weights: dict[str, float]) -> None:
        """Sends part of an alias' traffic to another version."""
        self._call(
            "UpdateAlias",
            FunctionName=fn,
            Name=alias,
            RoutingConfig={"AdditionalVersionWeights": weights},
        )

    def create_alias(self, fn: str, alias: str, version: str) -> None:
        """Creates an alias."""
        self._call("CreateAlias", FunctionName=fn, Name=alias, FunctionVersion=version)

    def delete_alias(self, fn: str, alias: str) -> None:
        """Deletes an alias."""
        self._call("DeleteAlias", FunctionName=fn, Name=alias)

    # -- code signing

    def set_code_signing_policy(self, fn: str, policy: str) -> None:
        """Sets the policy of the configuration attached to the function: "Enforce" or "Warn"."""
        with self._gateway.locked():
            arn = self._function(fn).code_signing_config_arn
            if arn is None:
                raise ApiError("ResourceNotFoundException", f"{fn} has no configuration", 404)
            self._region.lambda_.state.code_signing_configs[arn].policy = policy

    def remove_code_signing(self, fn: str) -> None:
        """Detaches the function's code-signing configuration."""
        with self._gateway.locked():
            self._function(fn).code_signing_config_arn = None

    def cancel_profile(self, name: str) -> None:
        """Cancels a signing profile: no new jobs, old signatures stay good."""
        with self._gateway.locked():
            self._region.signer.cancel_signing_profile({"profileName": name})

    def revoke_profile(self, name: str) -> None:
        """Revokes a signing profile from an hour ago on."""
        with self._gateway.locked():
            signer = self._region.signer
            profile = signer.get_signing_profile({"profileName": name})
            signer.revoke_signing_profile(
                {
                    "profileName": name,
                    "profileVersion": profile["profileVersion"],
                    "reason": "revoked by the sandbox's act",
                    "effectiveTime": self._world.clock.now() - timedelta(hours=1),
                }
            )

    def revoke_job(self, job_id: str) -> None:
        """Revokes the signature that a job made."""
        with self._gateway.locked():
            self._region.signer.revoke_signature(
                {"jobId": job_id, "reason": "revoked by the sandbox's act"}
            )

    # -- S3

    def put_object(self, bucket: str, key: str, body: bytes) -> str:
        """Stores a new version of an object; its VersionId."""
        with self._gateway.locked():
            self._dispatcher.settle()
            return self._world.objects.put(bucket, key, body)

    # -- inside

    @property
    def _region(self) -> Region:
        return self._dispatcher.region(self._world.region)

    def _function(self, fn: str) -> Function:
        return self._region.lambda_.state.find(fn)[0]

    def _call(self, operation: str, **params: Json) -> dict[str, Any]:
        with self._gateway.locked():
            self._dispatcher.settle()
            method = self._region.lambda_.operation(operation)
            if method is None:
                raise ApiError("NotImplementedException", operation, 501)
            return method(params)

    def _changed(self, function: Function) -> None:
        """A finished edit: new revision, nothing in progress."""
        function.latest.revision_id = self._region.lambda_.state.new_id()
        function.latest.last_modified = self._world.clock.now()
        function.latest.progress = Progress()
