"""The Docker engine and the action's image, for tests that need them for real."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
import zlib
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import docker
import docker.errors
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
BASE = "python:3.13-slim"
IMAGE = f"signed-lambda-deploy:test-{zlib.crc32(str(ROOT).encode()):08x}"
"""Each checkout builds its own: two runs on one engine do not test each other's code."""


def engine() -> docker.DockerClient:
    """The engine with the base image in it; else skips, and in CI fails."""
    try:
        client = docker.from_env(timeout=300)
        client.ping()
        client.images.get(BASE)
    except (docker.errors.DockerException, docker.errors.ImageNotFound) as error:
        if os.environ.get("CI") == "true":
            pytest.fail(f"CI needs a Docker engine with {BASE}: {error}")
        pytest.skip(f"no Docker engine with {BASE}")
    return client


@contextmanager
def sandbox_on_a_port(
    root_pem: Path, *, function: str = "orders", signing_s: float = 1.0
) -> Iterator[str]:
    """A sandbox process with an estate, whose signing jobs take so long; yields its URL."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    command = [sys.executable, "-m", "lambda_sandbox", "--port", str(port)]
    command += ["--signing", str(signing_s)]
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as process:
        try:
            wait_until_answering(f"{url}/_sandbox/signer-root.pem")
            subprocess.run(
                [sys.executable, "-m", "lambda_sandbox.estate", url, str(root_pem), function],
                env=environment,
                check=True,
                stdout=subprocess.DEVNULL,
            )
            yield url
        finally:
            process.terminate()
            process.wait(10)


def wait_until_answering(url: str) -> None:
    """Returns when the URL answers; a process that was just started needs a moment."""
    for _ in range(100):
        try:
            with urllib.request.urlopen(url):
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"{url} does not answer")
