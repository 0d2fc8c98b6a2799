"""Layers: publish and read. Any zip is taken; a bad signature only leaves the signing ARNs out.

May import core and the modules of this package. Source: LocalStack AWS-validated snapshot 2025-11
(TestLambdaLayer); stackd native capture 2026-09 (signing ARNs of layers).
"""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any

from lambda_sandbox.core import ApiError
from lambda_sandbox.lambda_service.names import invalid
from lambda_sandbox.lambda_service.pages import page
from lambda_sandbox.lambda_service.state import copied, timestamp

if TYPE_CHECKING:
    from collections.abc import Callable

    from lambda_sandbox.lambda_service.code import CodeSource
    from lambda_sandbox.lambda_service.state import LambdaState

_OPTIONAL = ("CompatibleRuntimes", "CompatibleArchitectures", "LicenseInfo")


class LayerOperations:
    """PublishLayerVersion, GetLayerVersion(ByArn), DeleteLayerVersion and the lists."""

    def __init__(
        self, state: LambdaState, source: CodeSource, locate: Callable[[str, bytes], str]
    ) -> None:
        """Takes how to make Content.Location of a name and bytes."""
        self._state = state
        self._source = source
        self._locate = locate
        self._numbers: dict[str, int] = {}

    def publish_layer_version(self, params: dict[str, Any]) -> dict[str, Any]:
        """Stores the next version; numbers are never used again."""
        world = self._state.world
        name = params["LayerName"].rpartition(":")[2]
        arn = f"arn:aws:lambda:{world.region}:{world.account}:layer:{name}"
        body = self._source.fetch(params["Content"])
        number = self._numbers[arn] = self._numbers.get(arn, 0) + 1
        content: dict[str, Any] = {
            "CodeSha256": base64.b64encode(hashlib.sha256(body).digest()).decode(),
            "CodeSize": len(body),
        }
        admission = self._source.gatekeeper.record(body)
        if admission.signing_job_arn is not None:
            content["SigningJobArn"] = admission.signing_job_arn
            content["SigningProfileVersionArn"] = admission.signing_profile_version_arn
        version: dict[str, Any] = {
            "LayerArn": arn,
            "LayerVersionArn": f"{arn}:{number}",
            "Version": number,
            "Description": params.get("Description", ""),
            "CreatedDate": timestamp(world.clock.now()),
            "Content": content,
        }
        for key in _OPTIONAL:
            if key in params:
                version[key] = copied(params[key])
        self._state.layers.setdefault(arn, {})[number] = version
        self._state.layer_bytes[f"{arn}:{number}"] = body
        return self._shown(version)

    def get_layer_version(self, params: dict[str, Any]) -> dict[str, Any]:
        """One version, with where its bytes can be fetched."""
        return self._shown(self._find(self._arn(params["LayerName"]), params["VersionNumber"]))

    def get_layer_version_by_arn(self, params: dict[str, Any]) -> dict[str, Any]:
        """As above, by ARN."""
        arn, _, number = params["Arn"].rpartition(":")
        return self._shown(self._find(arn, int(number)))

    def delete_layer_version(self, params: dict[str, Any]) -> dict[str, Any]:
        """Deletes a version, if it is there; functions that use it keep it."""
        if params["VersionNumber"] < 1:
            raise invalid("Layer Version Cannot be less than 1")
        arn, number = self._arn(params["LayerName"]), params["VersionNumber"]
        self._state.layers.get(arn, {}).pop(number, None)
        return {}

    def list_layer_versions(self, params: dict[str, Any]) -> dict[str, Any]:
        """A layer's versions, newest first."""
        versions = self._state.layers.get(self._arn(params["LayerName"]), {})
        listed = [_listed(versions[number]) for number in sorted(versions, reverse=True)]
        found, marker = page(listed, params.get("Marker"), params.get("MaxItems"))
        return {"LayerVersions": found, "NextMarker": marker}

    def list_layers(self, params: dict[str, Any]) -> dict[str, Any]:
        """All layers with their newest version."""
        listed = [
            {
                "LayerName": arn.rpartition(":")[2],
                "LayerArn": arn,
                "LatestMatchingVersion": _listed(versions[max(versions)]),
            }
            for arn, versions in sorted(self._state.layers.items())
            if versions
        ]
        found, marker = page(listed, params.get("Marker"), params.get("MaxItems"))
        return {"Layers": found, "NextMarker": marker}

    def _arn(self, name: str) -> str:
        world = self._state.world
        return (
            name
            if name.startswith("arn:")
            else (f"arn:aws:lambda:{world.region}:{world.account}:layer:{name}")
        )

    def _find(self, arn: str, number: int) -> dict[str, Any]:
        if number < 1:
            raise invalid("Layer Version Cannot be less than 1")
        version = self._state.layers.get(arn, {}).get(number)
        if version is None:
            raise ApiError(
                "ResourceNotFoundException", "The resource you requested does not exist.", 404
            )
        return version

    def _shown(self, version: dict[str, Any]) -> dict[str, Any]:
        shown: dict[str, Any] = copied(version)
        name = version["LayerArn"].rpartition(":")[2]
        body = self._state.layer_bytes[version["LayerVersionArn"]]
        shown["Content"]["Location"] = self._locate(f"{name}-{version['Version']}", body)
        return shown


def _listed(version: dict[str, Any]) -> dict[str, Any]:
    hidden = {"LayerArn", "Content"}
    return {key: copied(value) for key, value in version.items() if key not in hidden}
