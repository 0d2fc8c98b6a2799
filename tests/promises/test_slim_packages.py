"""The models of botocore that the image keeps are those that the code calls, and they suffice."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import botocore
import pytest
from botocore import xform_name
from botocore.loaders import Loader

from signed_lambda.aws import session
from tests.promises.modules import ROOT, product
from tests.support.action import Team
from tests.support.aws import unmasked
from tools import slim_packages
from tools.slim_packages import OPERATIONS, cut_botocore, cut_model

if TYPE_CHECKING:
    from collections.abc import Iterator

DATA = Path(botocore.__file__).parent / "data"
ATTRIBUTES = {"lambda_": "lambda"}
BY_BOTOCORE = {("sts", "assume_role_with_web_identity")}
"""Called by botocore's credentials.

Source: botocore `credentials.py`, AssumeRoleWithWebIdentityCredentialFetcher
"""


@pytest.fixture(scope="module")
def cut(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data as the image has them."""
    data = tmp_path_factory.mktemp("botocore") / "data"
    cut_botocore(DATA, data)
    return data


@pytest.fixture
def on_cut_models(cut: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The action's clients are made of the cut models; the sandbox has its own, whole ones."""

    class CutLoader(Loader):
        BUILTIN_DATA_PATH = str(cut)

    monkeypatch.setattr(session, "Loader", CutLoader)


def called() -> Iterator[tuple[str, str]]:
    """Service and method of each call that `aws` makes: `self._clients.s3.get_object`."""
    for module in product():
        if not module.within("aws") or module.within("aws.setup"):  # that is not in the image
            continue
        for node in ast.walk(module.tree):
            found = re.fullmatch(r".*_clients\.(\w+)(?:\(\))?\.([a-z_0-9]+)", unparsed(node))
            if found:
                yield ATTRIBUTES.get(found[1], found[1]), found[2]
            elif unparsed(node) == "client.invoke":
                yield "lambda", "invoke"


def unparsed(node: ast.AST) -> str:
    """The text of an attribute, "" of anything else."""
    return ast.unparse(node) if isinstance(node, ast.Attribute) else ""


def test_the_kept_operations_are_those_that_the_code_calls() -> None:
    kept = {(s, xform_name(name)) for s, names in OPERATIONS.items() for name in names}

    assert kept == set(called()) | BY_BOTOCORE


def test_every_service_has_clients_of_the_kept_operations_only(on_cut_models: None) -> None:
    keys = {"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret"}
    clients = session.make_clients(keys, region="eu-west-1", endpoint_url=None, mask=unmasked)

    for service, names in OPERATIONS.items():
        made: Any = clients.of(service)
        assert sorted(made.meta.service_model.operation_names) == sorted(names)


@pytest.mark.parametrize("region", ["eu-west-1", "cn-north-1", "us-gov-west-1", "eusc-de-east-1"])
@pytest.mark.parametrize("service", OPERATIONS)
def test_cut_models_send_requests_where_whole_ones_do(
    region: str, service: str, cut: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = {"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret"}
    whole: Any = session.make_clients(keys, region=region, endpoint_url=None, mask=unmasked)

    class CutLoader(Loader):
        BUILTIN_DATA_PATH = str(cut)

    monkeypatch.setattr(session, "Loader", CutLoader)
    small: Any = session.make_clients(keys, region=region, endpoint_url=None, mask=unmasked)

    assert small.of(service).meta.endpoint_url == whole.of(service).meta.endpoint_url
    assert small.partition == whole.partition


def test_every_command_comes_to_its_end_on_cut_models(tmp_path: Path, on_cut_models: None) -> None:
    team = Team(tmp_path)
    keys = {"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret"}
    team.more = keys
    with team.on_a_port():
        first = team.run(hash_alias="true")
        team.change_code()
        planned = team.run("plan")
        second = team.run()
        unchanged = team.run()
        back = team.run("rollback")
        told = team.run("verify")

    runs = (first, planned, second, unchanged, back)
    expected = ["deployed", "planned", "deployed", "unchanged", "rolled-back"]
    assert [e.outputs["outcome"] for e in runs] == expected, [e.log for e in runs]
    assert "E-AWS" not in told.log


def test_an_operation_that_botocore_does_not_know_is_refused() -> None:
    model = {"metadata": {"serviceId": "S3"}, "operations": {"GetObject": {}}, "shapes": {}}

    with pytest.raises(ValueError, match="S3 has no GetObjects"):
        cut_model(model, ("GetObjects",))


def test_a_member_that_is_named_documentation_stays() -> None:
    shape = {
        "type": "structure",
        "documentation": "<p>Long</p>",
        "members": {"documentation": {"shape": "Text", "documentation": "<p>Text</p>"}},
    }
    model = {
        "metadata": {"serviceId": "S3"},
        "operations": {"Get": {"output": {"shape": "Out"}}},
        "shapes": {"Out": shape, "Text": {"type": "string"}, "Other": {"type": "string"}},
    }

    made = cut_model(model, ("Get",))

    assert made["shapes"] == {
        "Out": {"type": "structure", "members": {"documentation": {"shape": "Text"}}},
        "Text": {"type": "string"},
    }


def test_it_runs_with_nothing_but_python(tmp_path: Path) -> None:
    """As in the image's packages stage: no package of ours, in the folder that it makes small."""
    data = tmp_path / "botocore" / "data"
    data.mkdir(parents=True)
    for name in (*slim_packages.SHARED, "endpoints.json"):
        (data / name).write_bytes((DATA / name).read_bytes())
    for service in OPERATIONS:
        newest = max(p for p in (DATA / service).iterdir() if p.is_dir())
        (data / service / newest.name).mkdir(parents=True)
        for path in newest.iterdir():
            (data / service / newest.name / path.name).write_bytes(path.read_bytes())
    for name in ("x/tests/test_a.py", "x/a.pyi", "x/a.py", "x-1.dist-info/licenses/LICENSE"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()

    subprocess.run(
        [sys.executable, "-I", "-S", ROOT / "tools" / "slim_packages.py", tmp_path], check=True
    )

    kept = {p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file()}
    assert {n for n in kept if "botocore" not in n} == {"x/a.py", "x-1.dist-info/licenses/LICENSE"}
    model = json.loads(next(data.glob("lambda/*/service-2.json")).read_text())
    assert sorted(model["operations"]) == sorted(OPERATIONS["lambda"])
    assert not list(data.rglob("*.gz"))
