"""The real image on a real engine, run as GitHub's runner runs it."""

from __future__ import annotations

import json
import re
import time
import urllib.request
from typing import TYPE_CHECKING

import pytest

from tests.support.action import SOURCE, read_outputs
from tests.support.docker_engine import BASE, IMAGE, ROOT, engine, sandbox_on_a_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import docker
    from docker.models.containers import Container

pytestmark = pytest.mark.docker

PLANTED = "import pathlib; pathlib.Path('/github/workspace/HIJACKED').write_text(__file__)\n"


@pytest.fixture(scope="module")
def client() -> Iterator[docker.DockerClient]:
    found = engine()
    found.images.build(path=str(ROOT), tag=IMAGE, rm=True, forcerm=True)
    yield found
    found.close()


@pytest.fixture
def runner(tmp_path: Path, client: docker.DockerClient) -> Runner:
    return Runner(tmp_path, client)


class Runner:
    """What GitHub's runner gives a container action: mounts, working directory, environment.

    Source: actions/runner, ContainerActionHandler.cs and StepHost.
    """

    def __init__(self, folder: Path, client: docker.DockerClient) -> None:
        self.client = client
        self.folder = folder
        for name in ("workspace", "home", "workflow", "file_commands"):
            (folder / name).mkdir()
        for name, text in SOURCE.items():
            path = folder / "workspace" / "function" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        (folder / "workflow" / "event.json").write_text("{}")
        for name in ("output", "summary"):
            (folder / "file_commands" / name).touch()

    def start(self, inputs: dict[str, str], env: dict[str, str] | None = None) -> Container:
        """Starts the container."""
        environment = {
            "HOME": "/github/home",
            "GITHUB_ACTIONS": "true",
            "GITHUB_WORKSPACE": "/github/workspace",
            "GITHUB_EVENT_NAME": "push",
            "GITHUB_EVENT_PATH": "/github/workflow/event.json",
            "GITHUB_OUTPUT": "/github/file_commands/output",
            "GITHUB_STEP_SUMMARY": "/github/file_commands/summary",
            "GITHUB_REPOSITORY": "acme/orders",
            "GITHUB_SHA": "a" * 40,
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing-secret",
            **{f"INPUT_{name.upper()}": value for name, value in inputs.items()},
            **(env or {}),
        }
        mounts = {
            str(self.folder / name): {"bind": f"/github/{name}", "mode": "rw"}
            for name in ("workspace", "home", "workflow", "file_commands")
        }
        return self.client.containers.run(
            IMAGE,
            detach=True,
            working_dir="/github/workspace",
            environment=environment,
            volumes=mounts,
            network_mode="host",
        )

    def run(self, inputs: dict[str, str], env: dict[str, str] | None = None) -> tuple[int, str]:
        """Runs to the end: exit code and log."""
        container = self.start(inputs, env)
        try:
            code = container.wait()["StatusCode"]
            return code, container.logs().decode()
        finally:
            container.remove(force=True)

    @property
    def workspace(self) -> Path:
        """On this side of the mount."""
        return self.folder / "workspace"

    @property
    def outputs(self) -> dict[str, str]:
        """What the action wrote for later steps."""
        return read_outputs(self.folder / "file_commands" / "output")


def deploy_inputs(url: str) -> dict[str, str]:
    return {
        "function-name": "orders",
        "source": "function",
        "bucket": "acme-artifacts",
        "signing-profile": "orders_prod",
        "aws-region": "eu-west-1",
        "aws-endpoint-url": url,
        "signer-root": "signer-root.pem",
        "comment": "off",
    }


def test_the_image_deploys_and_rolls_back_and_nothing_that_was_planted_runs(
    runner: Runner,
) -> None:
    for name in ("yaml.py", "boto3.py", "json.py", "sitecustomize.py", "usercustomize.py"):
        (runner.workspace / name).write_text(PLANTED)
    site = runner.folder / "home" / ".local" / "lib" / "python3.13" / "site-packages"
    site.mkdir(parents=True)
    (site / "planted.pth").write_text(
        "import pathlib; pathlib.Path('/github/workspace/HIJACKED').touch()\n"
    )
    aws = runner.folder / "home" / ".aws"
    aws.mkdir()
    (aws / "config").write_text(
        "[default]\ncredential_process = touch /github/workspace/HIJACKED\n"
        "endpoint_url = http://127.0.0.1:9\n"
    )
    leaked = {
        "PYTHONPATH": "/github/workspace",
        "PYTHONSTARTUP": "/github/workspace/yaml.py",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "AWS_ENDPOINT_URL_LAMBDA": "http://127.0.0.1:9",
        "AWS_CONFIG_FILE": "/github/home/.aws/config",
        "AWS_DATA_PATH": "/github/workspace",
        "AWS_PROFILE": "default",
        "HTTPS_PROXY": "http://127.0.0.1:9",
        "HTTP_PROXY": "http://127.0.0.1:9",
    }
    with sandbox_on_a_port(runner.workspace / "signer-root.pem") as url:
        inputs = deploy_inputs(url)

        first_code, first_log = runner.run(inputs, leaked)
        first = runner.outputs
        (runner.workspace / "function" / "greet.py").write_text("def hello(event):\n    return 2\n")
        second_code, second_log = runner.run(inputs, leaked)
        same_code, same_log = runner.run(inputs, leaked)
        same = runner.outputs["outcome"]
        back = {k: v for k, v in inputs.items() if k not in ("source", "bucket", "signing-profile")}
        back_code, back_log = runner.run(back | {"command": "rollback"}, leaked)

    assert first_code == 0, first_log
    assert (first["outcome"], first["version"]) == ("deployed", "1")
    assert second_code == 0, second_log
    assert same_code == 0
    assert same == "unchanged", same_log
    assert back_code == 0, back_log
    assert runner.outputs["outcome"] == "rolled-back"
    assert not (runner.workspace / "HIJACKED").exists()
    report = json.loads((runner.workspace / first["report"]).read_text())
    assert report["outcome"] == "unchanged"
    owner = runner.workspace.stat().st_uid
    assert (runner.workspace / first["report"]).stat().st_uid == owner
    assert "testing-secret" not in re.sub("::add-mask::.*", "", first_log)


def test_missing_credentials_are_told_at_once(runner: Runner) -> None:
    started = time.monotonic()

    code, log = runner.run(
        deploy_inputs("http://127.0.0.1:9") | {"signer-root": "", "aws-endpoint-url": ""},
        {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""},
    )

    assert code == 13
    assert "E-IDENTITY-01" in log
    assert "Traceback" not in log
    assert time.monotonic() - started < 20  # container start included; IMDS would take minutes


def test_a_stop_signal_ends_the_run_within_seconds_and_says_what_stands(runner: Runner) -> None:
    with sandbox_on_a_port(runner.workspace / "signer-root.pem") as url:
        slow = json.dumps({"operation": "PublishVersion", "kind": "throttle", "times": None})
        request = urllib.request.Request(f"{url}/_sandbox/faults", slow.encode(), method="POST")
        with urllib.request.urlopen(request):
            pass
        container = runner.start(deploy_inputs(url))
        while b"Update $LATEST" not in container.logs():
            time.sleep(0.2)
        container.kill("SIGTERM")
        started = time.monotonic()
        code = container.wait()["StatusCode"]
        took_s = time.monotonic() - started
        log = container.logs().decode()
        container.remove()

    assert took_s < 8
    assert code == 31
    assert "E-CANCEL-01" in log
    assert "no version was published" in log or "takes no traffic" in log


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
