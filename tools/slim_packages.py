"""Makes a folder of installed packages small and quick to start, in the image's packages stage.

    python tools/slim_packages.py SITE_PACKAGES

botocore brings the models of 400 services, gzipped, with their documentation. Of them stay the
eight services that we call, of each the operations that we call and the shapes that these reach,
as plain JSON: making three clients takes half the time, and the layer shrinks by two thirds. Of all
packages go tests, stubs for type checkers, headers and what only pip reads; licences stay.

Runs before anything of ours is in the image, and with the standard library only. That the code
calls these operations and no other is held by tests/promises/test_slim_packages.py: an operation
that is missing here fails there, not in a deploy.
Source of the files' form: botocore 1.44 `loaders.py`, `model.py`, `regions.py`.
"""

from __future__ import annotations

import gzip
import json
import shutil
import sys
from pathlib import Path
from typing import Any, Final

OPERATIONS: Final = {
    "events": ("DescribeRule", "ListRuleNamesByTarget"),
    "iam": ("SimulatePrincipalPolicy",),
    "lambda": (
        *("CreateAlias", "DeleteAlias", "DeleteFunction", "DeleteResourcePolicy", "GetAlias"),
        *("GetCodeSigningConfig", "GetFunction"),
        *("GetFunctionCodeSigningConfig", "GetFunctionConfiguration"),
        *("GetFunctionEventInvokeConfig", "GetFunctionRecursionConfig", "GetPolicy"),
        *("GetResourcePolicy", "Invoke", "ListAliases", "ListEventSourceMappings"),
        *("ListFunctionUrlConfigs", "ListProvisionedConcurrencyConfigs"),
        *("ListVersionsByFunction", "PublishVersion"),
        *("PutResourcePolicy", "UpdateAlias", "UpdateFunctionCode"),
    ),
    "logs": ("DescribeSubscriptionFilters",),
    "s3": (
        *("GetBucketNotificationConfiguration", "GetBucketVersioning", "GetObject"),
        *("ListObjectsV2", "PutObject"),
    ),
    "signer": ("DescribeSigningJob", "GetSigningProfile", "StartSigningJob"),
    "sns": ("GetSubscriptionAttributes", "ListSubscriptionsByTopic"),
    "sts": ("AssumeRole", "AssumeRoleWithWebIdentity", "GetCallerIdentity"),
}
"""What we call, by service. AssumeRoleWithWebIdentity is called by botocore's credentials."""
SHARED: Final = ("_retry.json", "partitions.json", "sdk-default-configuration.json")
"""What every client reads, whatever its service. endpoints.json is cut."""
GOES: Final = (
    *("**/tests", "**/test", "boto3/examples", "**/*.pyi", "**/py.typed"),
    *("**/*.h", "**/*.c", "**/*.pxd", "bin", "*.dist-info/RECORD", "*.dist-info/INSTALLER"),
    *("*.dist-info/REQUESTED", "*.dist-info/direct_url.json", "**/__pycache__"),
)
"""Globs of what no run reads."""


def slim(packages: Path) -> None:
    """Cuts everything in a folder of packages.

    Raises:
        ValueError: botocore's data are not of the known form, or an operation is not there.
    """
    cut_botocore(packages / "botocore" / "data")
    for pattern in GOES:
        for path in sorted(packages.glob(pattern)):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)


def cut_botocore(data: Path, into: Path | None = None) -> None:
    """Cuts botocore's data.

    Args:
        data: The folder `botocore/data`.
        into: Where the cut data go; in the place of the whole ones by default.
    """
    target = data.with_name("data-cut") if into is None else into
    target.mkdir()
    for name in SHARED:
        shutil.copyfile(data / name, target / name)
    _write(target / "endpoints.json", _endpoints(_read(data / "endpoints.json")))
    for service, operations in OPERATIONS.items():
        newest = max(path for path in (data / service).iterdir() if path.is_dir())
        folder = target / service / newest.name
        folder.mkdir(parents=True)
        for path in newest.iterdir():
            if path.name.startswith("service-2.json"):
                _write(folder / "service-2.json", cut_model(_read(path), operations))
            elif path.name.startswith("endpoint-rule-set-1.json"):
                _write(folder / "endpoint-rule-set-1.json", _undocumented(_read(path)))
            elif path.name == "service-2.sdk-extras.json":
                _write(folder / path.name, _extras(_read(path), operations))
    if into is None:
        shutil.rmtree(data)
        target.rename(data)


def cut_model(model: dict[str, Any], operations: tuple[str, ...]) -> dict[str, Any]:
    """A service's model with these operations only, and the shapes that they reach.

    Raises:
        ValueError: The model has no such operation.
    """
    if missing := set(operations) - model["operations"].keys():
        raise ValueError(f"{model['metadata']['serviceId']} has no {', '.join(sorted(missing))}")
    kept = {name: model["operations"][name] for name in operations}
    shapes, waiting = {}, list(_shapes_in(kept))
    while waiting:
        name = waiting.pop()
        if name not in shapes:
            shapes[name] = model["shapes"][name]
            waiting += _shapes_in(shapes[name])
    cut: dict[str, Any] = _undocumented({"operations": kept, "shapes": shapes})
    # Context parameters keep their texts: botocore reads them at the first request.
    rest = {"version", "metadata", "clientContextParams"}
    return {key: value for key, value in model.items() if key in rest} | cut


def _shapes_in(value: object) -> list[str]:
    """Names of the shapes that something refers to."""
    if isinstance(value, list):
        return [name for part in value for name in _shapes_in(part)]
    if not isinstance(value, dict):
        return []
    own = [value["shape"]] if isinstance(value.get("shape"), str) else []
    return own + [name for part in value.values() for name in _shapes_in(part)]


def _undocumented(value: Any) -> Any:  # noqa: ANN401 - JSON
    """The same without documentation. A member of that name is a shape, not a text."""
    if isinstance(value, list):
        return [_undocumented(part) for part in value]
    if not isinstance(value, dict):
        return value
    return {
        key: _undocumented(part)
        for key, part in value.items()
        if not (key in {"documentation", "documentationUrl"} and isinstance(part, str))
    }


def _endpoints(whole: dict[str, Any]) -> dict[str, Any]:
    """Partitions and regions, and of the services ours. STS tells which regions there are."""
    for partition in whole["partitions"]:
        services = partition["services"]
        partition["services"] = {k: v for k, v in services.items() if k in OPERATIONS}
    return whole


def _extras(whole: dict[str, Any], operations: tuple[str, ...]) -> dict[str, Any]:
    """What botocore merges into a model; it may say nothing of what is gone."""
    merge = whole["merge"]
    if unknown := merge.keys() - {"shapes", "operations"}:
        raise ValueError(f"service-2.sdk-extras.json merges {', '.join(sorted(unknown))}")
    kept = {k: v for k, v in merge.get("operations", {}).items() if k in operations}
    return {**whole, "merge": {**merge, **({"operations": kept} if "operations" in merge else {})}}


def _read(path: Path) -> dict[str, Any]:
    raw = path.read_bytes()
    read: dict[str, Any] = json.loads(gzip.decompress(raw) if path.suffix == ".gz" else raw)
    return read


def _write(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, separators=(",", ":")), encoding="utf-8")


if __name__ == "__main__":
    slim(Path(sys.argv[1]))
