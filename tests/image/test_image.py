"""The real image on a real engine, run as GitHub's runner runs it."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest

from tests.image.conftest import deploy_inputs
from tests.support.docker_engine import BASE, IMAGE, sandbox_on_a_port

if TYPE_CHECKING:
    import docker

    from tests.support.runner_job import Job

pytestmark = pytest.mark.docker


def test_the_image_deploys_and_rolls_back(job: Job) -> None:
    with sandbox_on_a_port(job.workspace / "signer-root.pem") as url:
        inputs = deploy_inputs(url)

        first = job.run(inputs)
        (job.workspace / "function" / "greet.py").write_text("def hello(event):\n    return 2\n")
        second = job.run(inputs)
        same = job.run(inputs)
        back_inputs = {
            k: v for k, v in inputs.items() if k not in ("source", "bucket", "signing-profile")
        }
        back = job.run(back_inputs | {"command": "rollback"})

    assert first.conclusion == "success", first.printed
    assert (first.outputs["outcome"], first.outputs["version"]) == ("deployed", "1")
    assert second.conclusion == "success", second.printed
    assert same.outputs["outcome"] == "unchanged", same.printed
    assert back.outputs["outcome"] == "rolled-back", back.printed
    report = json.loads((job.workspace / first.outputs["report"]).read_text())
    assert report["outcome"] == "unchanged"


def test_missing_credentials_are_told_at_once(job: Job) -> None:
    started = time.monotonic()

    ended = job.run(
        deploy_inputs("http://127.0.0.1:9") | {"signer-root": "", "aws-endpoint-url": ""},
        {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""},
    )

    assert ended.exit_code == 13
    assert "E-IDENTITY-01" in ended.shown
    assert "Traceback" not in ended.shown
    assert time.monotonic() - started < 20  # container start included; IMDS would take minutes


def test_the_image_holds_what_it_needs_and_nothing_else(client: docker.DockerClient) -> None:
    program = (
        "import importlib.util as u, json, pathlib, sys\n"
        "site = pathlib.Path('/usr/local/lib/python3.13/site-packages')\n"
        "app = pathlib.Path('/app')\n"
        "names = ['moto', 'lambda_sandbox', 'pytest', 'flask', 'hypothesis']\n"
        "sources = [p for r in (site / 'boto3', app / 'src') for p in r.rglob('*.py')]\n"
        "print(json.dumps({\n"
        " 'found': [n for n in names if u.find_spec(n)],\n"
        " 'cache': (pathlib.Path.home() / '.cache').exists(),\n"
        " 'tests': [str(p) for p in app.rglob('test*')],\n"
        " 'uncompiled': [str(p) for p in sources\n"
        "   if not list((p.parent / '__pycache__').glob(p.stem + '.*.pyc'))],\n"
        "}))\n"
    )

    out = client.containers.run(
        IMAGE, ["-I", "-c", program], entrypoint="/usr/local/bin/python", remove=True
    )

    assert json.loads(out) == {"found": [], "cache": False, "tests": [], "uncompiled": []}


def test_the_image_adds_less_than_a_hundred_megabytes(client: docker.DockerClient) -> None:
    added = client.images.get(IMAGE).attrs["Size"] - client.images.get(BASE).attrs["Size"]

    assert added < 100_000_000


def test_the_entrypoint_is_isolated(client: docker.DockerClient) -> None:
    entrypoint = client.images.get(IMAGE).attrs["Config"]["Entrypoint"]

    assert entrypoint == ["/usr/local/bin/python", "-I", "-B", "/app/entrypoint.py"]
