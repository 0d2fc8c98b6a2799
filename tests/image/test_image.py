"""The real image on a real engine, run as GitHub's runner runs it."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import time
from typing import TYPE_CHECKING

import pytest

from tests.image.conftest import deploy_inputs
from tests.support.docker_engine import BASE, IMAGE, sandbox_on_a_port
from tools.slim_packages import OPERATIONS

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


def inside(client: docker.DockerClient, program: str, *options: str) -> bytes:
    """What a program prints in the image; both streams."""
    out: bytes = client.containers.run(
        IMAGE,
        ["-I", *options, "-c", program],
        entrypoint="/usr/local/bin/python",
        remove=True,
        stderr=True,
    )
    return out


def test_the_image_holds_what_it_needs_and_nothing_else(client: docker.DockerClient) -> None:
    program = (
        "import importlib.util as u, json, pathlib, shutil\n"
        "site = pathlib.Path('/usr/local/lib/python3.13/site-packages')\n"
        "app = pathlib.Path('/app')\n"
        "names = ['moto', 'lambda_sandbox', 'pytest', 'flask', 'hypothesis', 'boto3']\n"
        "ours = [p for p in site.iterdir() if not p.name.startswith('pip')]\n"
        "sources = [p for r in (*ours, app / 'src') for p in r.rglob('*.py')]\n"
        "print(json.dumps({\n"
        " 'found': [n for n in names if u.find_spec(n)],\n"
        " 'compilers': [n for n in ('cc', 'gcc', 'clang', 'cargo') if shutil.which(n)],\n"
        " 'cache': (pathlib.Path.home() / '.cache').exists(),\n"
        " 'tests': [str(p) for r in (*ours, app) for p in r.rglob('test*') if p.is_dir()],\n"
        " 'uncompiled': [str(p) for p in sources\n"
        "   if not list((p.parent / '__pycache__').glob(p.stem + '.*.pyc'))],\n"
        " 'services': sorted(p.name for p in (site / 'botocore/data').iterdir() if p.is_dir()),\n"
        "}))\n"
    )

    assert json.loads(inside(client, program)) == {
        "found": [],
        "compilers": [],
        "cache": False,
        "tests": [],
        "uncompiled": [],
        "services": sorted(OPERATIONS),
    }


def test_no_module_is_compiled_at_the_start(client: docker.DockerClient) -> None:
    """`-v` tells each module's origin: a compiled file in quotes, else the source."""
    program = (
        "import sys\n"
        "sys.path.insert(0, '/app/src')\n"
        "import signed_lambda.main, signed_lambda.aws, signed_lambda.publishing\n"
        "import signed_lambda.commands.deploy, signed_lambda.scan, signed_lambda.github.session\n"
    )

    lines = inside(client, program, "-v").decode().splitlines()

    loaded = [line for line in lines if line.startswith("# code object from")]
    assert len(loaded) > 300
    assert [line for line in loaded if not line.endswith(".pyc'")] == []


def test_the_packages_are_less_than_twenty_megabytes_as_pulled(client: docker.DockerClient) -> None:
    base = len(client.images.get(BASE).attrs["RootFS"]["Layers"])
    saved = io.BytesIO(b"".join(client.images.get(IMAGE).save()))

    with tarfile.open(fileobj=saved) as archive:
        manifest = json.load(archive.extractfile("manifest.json") or io.BytesIO())
        names = manifest[0]["Layers"][base:]
        layers = [archive.extractfile(name) or io.BytesIO() for name in names]
        pulled = [len(gzip.compress(layer.read(), 6)) for layer in layers]

    packages, application = pulled
    assert 1_000_000 < packages < 20_000_000
    assert application < 3_000_000


def test_the_entrypoint_is_isolated(client: docker.DockerClient) -> None:
    entrypoint = client.images.get(IMAGE).attrs["Config"]["Entrypoint"]

    assert entrypoint == ["/usr/local/bin/python", "-I", "-B", "/app/entrypoint.py"]
