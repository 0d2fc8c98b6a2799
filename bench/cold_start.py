"""From the start of a process to its first request to AWS, beside aws-actions/aws-lambda-deploy.

`python bench/cold_start.py [--json FILE] [--rounds N]`: each side is a process on this
machine, in turn; a server on loopback takes the time when the first byte of a request comes, and
the process is then ended. Ours runs as in the image: Python 3.13 where there is one, the packages
of requirements/runtime.txt, made small by tools/slim_packages.py, everything compiled. The peer is
its own published dist/index.js, run by Node 24, as GitHub's runners do: the file that
AWS_LAMBDA_DEPLOY names, or fetched from GitHub; else it is skipped. `scan` sends nothing: its
figure is the whole run.

What the figures leave out: the start of a container (some 0.3 s for `docker run` on this kind of
machine), which a JavaScript action does not have, and TLS.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

from bench.figures import Run, Sheet, arguments, interleave, process
from bench.installs import AWS_LAMBDA_DEPLOY, aws_lambda_deploy, entrypoint, node, product

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PATIENCE_S: Final = 60
SCAN_S: Final = 0.1
"""Asked of a whole `scan` of a small function."""
SOURCE: Final = {
    "app.py": "from greet import hello\n\n\ndef handler(event, _):\n    return hello(event)\n",
    "greet.py": "def hello(event):\n    return {'hello': event}\n",
}


def main() -> None:
    """Measures and tells."""
    options = arguments(__doc__).parse_args()
    sheet = Sheet(
        "Cold start",
        "Process start to the first byte of the first request to AWS, a function of two files, "
        "source packed and reviewed before it; `scan`, which asks nobody, as a whole. Without the"
        " start of a container.",
    )
    with tempfile.TemporaryDirectory() as folder:
        world = Path(folder)
        sides = ours(world, product())
        bundle = aws_lambda_deploy()
        if isinstance(bundle, str):
            sheet.skip(AWS_LAMBDA_DEPLOY, bundle)
        else:
            sides[AWS_LAMBDA_DEPLOY] = peer(world, bundle)
        figures = interleave(sides, options.rounds)
    other = figures.pop(AWS_LAMBDA_DEPLOY, None)
    for name, side in figures.items():
        if name == "scan":
            told = f"{side.seconds:.3f} s"
            reached = side.seconds < SCAN_S
            sheet.add(name, asked=f"under {SCAN_S} s", measured=told, reached=reached, sides=[side])
            continue
        if other is None:
            sheet.add(name, measured=f"{side.seconds:.2f} s", sides=[side])
            continue
        sheet.add(
            name,
            asked=f"no later than {AWS_LAMBDA_DEPLOY}",
            measured=f"{side.seconds / other.seconds:.2f}x its time",
            reached=side.seconds <= other.seconds,
            sides=[side, other],
        )
    sheet.tell("python bench/cold_start.py", options.json)


# -- sides


def ours(world: Path, python: Path) -> dict[str, Callable[[], Run]]:
    """Our commands, in a workspace in the world's folder."""
    (world / "function").mkdir()
    for name, text in SOURCE.items():
        (world / "function" / name).write_text(text)
    event = {
        "pull_request": {
            "number": 7,
            "head": {"ref": "fix", "sha": "e" * 40, "repo": {"full_name": "acme/orders"}},
            "base": {"ref": "main", "sha": "0" * 40, "repo": {"full_name": "acme/orders"}},
        }
    }
    (world / "event.json").write_text(json.dumps(event))
    pull_request = {
        "GITHUB_EVENT_NAME": "pull_request",
        "GITHUB_EVENT_PATH": str(world / "event.json"),
        "GITHUB_REF": "refs/pull/7/merge",
        "GITHUB_API_URL": "http://127.0.0.1:9",
        "INPUT_GITHUB-TOKEN": "ghs_bench",
        "INPUT_COMMENT": "update",
    }
    build = {"source": "function", "bucket": "artefacts", "signing-profile": "orders_prod"}
    words = [str(python), "-I", "-B", str(entrypoint(python))]

    def run(command: str, inputs: Mapping[str, str], environ: Mapping[str, str]) -> Run:
        given = {"command": command, "function-name": "orders", "comment": "off", **inputs}
        base = environment(world) | {f"INPUT_{k.upper()}": v for k, v in given.items()}
        return first_request(words, base | dict(environ), "INPUT_AWS-ENDPOINT-URL", world)

    def scan() -> Run:
        given = {"command": "scan", "function-name": "orders", "source": "function"}
        base = environment(world) | {f"INPUT_{k.upper()}": v for k, v in given.items()}
        return process(words, cwd=world, environ=base)[0]

    return {
        "deploy": lambda: run("deploy", build, {}),
        "deploy, pull request": lambda: run("deploy", build, pull_request),
        "plan, pull request": lambda: run("plan", build, pull_request),
        "rollback": lambda: run("rollback", {}, {}),
        "scan": scan,
    }


def peer(world: Path, index: Path) -> Callable[[], Run]:
    """The peer's own bundle, told to deploy the same function."""
    given = {
        "function-name": "orders",
        "code-artifacts-dir": "function",
        "handler": "app.handler",
        "runtime": "python3.13",
        "role": "arn:aws:iam::111122223333:role/orders",
        "publish": "true",
        "dry-run": "false",
        "package-type": "Zip",
    }
    environ = environment(world) | {f"INPUT_{k.upper()}": v for k, v in given.items()}
    return lambda: first_request([str(node()), str(index)], environ, "AWS_ENDPOINT_URL", world)


def environment(world: Path) -> dict[str, str]:
    """Of a step of a job."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(world),
        "GITHUB_ACTIONS": "true",
        "GITHUB_WORKSPACE": str(world),
        "GITHUB_REPOSITORY": "acme/orders",
        "GITHUB_EVENT_NAME": "push",
        "GITHUB_SHA": "d" * 40,
        "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_REGION": "eu-west-1",
    }


def first_request(words: list[str], environ: dict[str, str], endpoint: str, cwd: Path) -> Run:
    """Runs a process until its first request comes to the endpoint that the variable names."""
    with socket.create_server(("127.0.0.1", 0)) as server, tempfile.TemporaryFile() as out:
        server.settimeout(PATIENCE_S)
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        began = time.perf_counter()
        child = subprocess.Popen(
            words, env=environ | {endpoint: url}, cwd=cwd, stdout=out, stderr=subprocess.STDOUT
        )
        try:
            connection, _ = server.accept()
            connection.recv(1)
            seconds = time.perf_counter() - began
            connection.close()
        except TimeoutError:
            out.seek(0)
            raise SystemExit(f"no request came: {out.read().decode('utf-8', 'replace')}") from None
        finally:
            child.kill()
            _, _, used = os.wait4(child.pid, 0)
            child.returncode = 0
    return Run(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


if __name__ == "__main__":
    main()
