"""Starts each emulator as its own process on a free loopback port, and stops it again.

A server's output goes to a file that is shown when it does not come up. ministack pins botocore
exactly, so it lives in a virtual environment of its own.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import requests

from tests.contract.target import EmulatorKnobs, SandboxKnobs, Target

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from typing import IO

ROOT: Final = Path(__file__).parents[2]
MINISTACK_VENV: Final = ROOT / ".venv-ministack"
START_S: Final = 30.0
STOP_S: Final = 10.0
LOOPBACK: Final = "127.0.0.1"


@contextmanager
def sandbox() -> Iterator[Target]:
    """Our `lambda_sandbox`, as people start it."""
    port = _free_port()
    command = [sys.executable, "-m", "lambda_sandbox", "--port", str(port)]
    command += ["--settle", "1", "--signing", "1"]  # long enough to be seen on a busy machine
    with _running(command, port, {"PYTHONPATH": str(ROOT / "src")}):
        yield Target("sandbox", _url(port), workers=16, tidy=True, knobs=SandboxKnobs(_url(port)))


@contextmanager
def moto() -> Iterator[Target]:
    """Moto's server, all services."""
    port = _free_port()
    command = [sys.executable, "-m", "moto.server", "-H", LOOPBACK, "-p", str(port)]
    with _running(command, port, {}):
        yield Target("moto", _url(port), workers=8, knobs=EmulatorKnobs())


@contextmanager
def ministack(*, auth: bool = False) -> Iterator[Target]:
    """Ministack's server from its own virtual environment; with `auth` it enforces IAM."""
    port = _free_port()
    with tempfile.TemporaryDirectory(prefix="ministack-") as state:
        environment = {
            "GATEWAY_PORT": str(port),
            "BIND_HOST": LOOPBACK,
            "MINISTACK_HOST": LOOPBACK,
            "S3_DATA_DIR": f"{state}/s3",
            "TMPDIR": state,
            "SFTP_ENABLED": "0",
            "IOT_MTLS_ENABLED": "0",
            "LOG_LEVEL": "WARNING",
            "AUTH": "true" if auth else "false",
        }
        with _running([str(MINISTACK_VENV / "bin/ministack")], port, environment):
            yield Target("ministack", _url(port), workers=12, knobs=EmulatorKnobs())


def install_ministack() -> None:
    """Makes ministack's virtual environment from the hash-locked list, unless it is of that list.

    Raises:
        subprocess.CalledProcessError: The environment cannot be made or filled.
    """
    locked = ROOT / "requirements/ministack.txt"
    stamp = MINISTACK_VENV / "installed.txt"
    if stamp.exists() and stamp.read_bytes() == locked.read_bytes():
        return
    python = str(MINISTACK_VENV / "bin/python")
    for command in (
        [sys.executable, "-m", "venv", "--clear", str(MINISTACK_VENV)],
        [python, "-m", "pip", "install", "-q", "--require-hashes", "-r", str(locked)],
    ):
        subprocess.run(command, check=True)
    stamp.write_bytes(locked.read_bytes())


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind((LOOPBACK, 0))
        port: int = listener.getsockname()[1]
        return port


def _url(port: int) -> str:
    return f"http://{LOOPBACK}:{port}"


@contextmanager
def _running(command: Sequence[str], port: int, more: Mapping[str, str]) -> Iterator[None]:
    """Runs a server until the block ends; nothing of the caller's AWS settings reaches it."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "GATEWAY_", "EDGE_"))}
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            command, env={**kept, **more}, stdout=output, stderr=subprocess.STDOUT, cwd=ROOT
        )
        try:
            _await(process, port, lambda: _tail(output))
            yield
        finally:
            process.terminate()
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _await(process: subprocess.Popen[bytes], port: int, output: Callable[[], str]) -> None:
    """Waits until the server answers anything at all on its port.

    Raises:
        RuntimeError: It ended, or stayed silent for too long.
    """
    until = time.monotonic() + START_S
    while True:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with {process.returncode}:\n{output()}")
        try:
            with requests.Session() as session:
                session.trust_env = False
                session.get(_url(port), timeout=START_S)
        except requests.ConnectionError:
            if time.monotonic() > until:
                raise RuntimeError(f"the server does not answer:\n{output()}") from None
            time.sleep(0.1)
        else:
            return


def _tail(output: IO[bytes]) -> str:
    output.seek(0)
    return output.read()[-4000:].decode(errors="replace")
