"""What an earlier step of the job can plant: files and variables that take over a careless process.

Each trap tells when it has sprung: planted code ran, a request came to the planter's server, or a
file was opened. `PROBES` are careless programs: each springs its trap, else it would prove nothing.
"""

from __future__ import annotations

import errno
import json
import os
import socketserver
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import botocore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.runner_job import Job

MODULES: Final = ("yaml", "json", "csv", "boto3", "sitecustomize", "usercustomize", "typing")
TELLS: Final = "open('/github/workspace/SPRUNG', 'a').write(__name__ + '\\n')\n"
ASKS_LAMBDA: Final = (
    "from botocore.session import get_session\n"
    "lambda_ = get_session().create_client('lambda', region_name='eu-west-1', {endpoint})\n"
    "try:\n    lambda_.get_function(FunctionName='f')\n"
    "except Exception as error:\n    print(error)\n"
)
NO_ENDPOINT: Final = ASKS_LAMBDA.format(endpoint="")
OWN_ENDPOINT: Final = ASKS_LAMBDA.format(endpoint="endpoint_url='http://127.0.0.1:9'")
PROBES: Final = {
    "AWS_ENDPOINT_URL": NO_ENDPOINT,
    "AWS_ENDPOINT_URL_LAMBDA": NO_ENDPOINT,
    "AWS_CONFIG_FILE": NO_ENDPOINT,
    "HTTPS_PROXY": NO_ENDPOINT,
    "config in HOME": NO_ENDPOINT,
    "models in HOME": OWN_ENDPOINT,
    "AWS_DATA_PATH": OWN_ENDPOINT,
    "credential_process in HOME": NO_ENDPOINT,
    "modules in the workspace": "import json, csv, yaml",
    "PYTHONPATH": "",
    "usercustomize in HOME": "",
    "pth in HOME": "",
    "OPENSSL_CONF": "import ssl",
    "SSLKEYLOGFILE": "from urllib3.util import ssl_\nssl_.create_urllib3_context()",
}


class Traps:
    """The planter's things in one job.

    Attributes:
        url: Of the planter's server.
    """

    def __init__(self, job: Job, url: str) -> None:
        self.url = url
        self._workspace = job.workspace
        self._aws = job.home / ".aws"
        self._site = job.home / ".local" / "lib" / "python3.13" / "site-packages"
        self._fifo = job.workspace / "openssl.cnf"
        self._sprung: list[str] = []
        self._config: list[str] = []
        self._acts: dict[str, Callable[[], object]] = {
            "AWS_CONFIG_FILE": lambda: _write(
                self._workspace / "aws.ini", f"[default]\nendpoint_url = {url}\n"
            ),
            "config in HOME": lambda: self._set(f"endpoint_url = {url}"),
            "credential_process in HOME": lambda: self._set(
                "credential_process = sh -c 'echo ran >> /github/workspace/SPRUNG'"
            ),
            "models in HOME": lambda: self._models(self._aws / "models"),
            "AWS_DATA_PATH": lambda: self._models(self._workspace / "data"),
            "modules in the workspace": lambda: self._modules(self._workspace),
            "PYTHONPATH": lambda: self._modules(self._workspace / "planted"),
            "usercustomize in HOME": lambda: _write(self._site / "usercustomize.py", TELLS),
            "pth in HOME": lambda: _write(self._site / "planted.pth", f"import sys; {TELLS}"),
            "OPENSSL_CONF": lambda: os.mkfifo(self._fifo),
        }

    def plant(self, name: str) -> dict[str, str]:
        """Plants one; the variables that belong to it."""
        self._acts.get(name, lambda: None)()
        inside = {
            "AWS_CONFIG_FILE": "aws.ini",
            "AWS_DATA_PATH": "data",
            "PYTHONPATH": "planted",
            "OPENSSL_CONF": self._fifo.name,
            "SSLKEYLOGFILE": "SPRUNG",
        }
        if name in inside:
            return {name: f"/github/workspace/{inside[name]}"}
        return {} if " in " in name else {name: self.url}

    def everything(self) -> dict[str, str]:
        """Plants all, and some variables that a program alone does not read."""
        startup = {"PYTHONSTARTUP": "/github/workspace/planted/yaml.py", "PYTHONINSPECT": "1"}
        return startup | {k: v for name in PROBES for k, v in self.plant(name).items()}

    def sprung(self) -> list[str]:
        """What has sprung by now."""
        file = self._workspace / "SPRUNG"
        return self._sprung + ([file.read_text() or "opened"] if file.exists() else [])

    def came(self, line: bytes) -> None:
        """A connection came to the planter's server, and this was its first line."""
        self._sprung.append(line.decode("utf-8", "replace"))

    def watch(self, over: threading.Event) -> None:
        """Tells when somebody opens the FIFO: a reader waits there until we come to write."""
        while not over.wait(0.02):
            try:
                os.close(os.open(self._fifo, os.O_WRONLY | os.O_NONBLOCK))
            except OSError as error:
                if error.errno not in {errno.ENXIO, errno.ENOENT}:
                    self._sprung.append(str(error))
            else:
                self._sprung.append("openssl.cnf was opened")

    def _set(self, line: str) -> None:
        self._config.append(line)
        _write(self._aws / "config", "\n".join(("[default]", *self._config, "")))

    def _modules(self, folder: Path) -> None:
        for module in MODULES:
            _write(folder / f"{module}.py", TELLS)

    def _models(self, folder: Path) -> None:
        """A model of Lambda that is newer than botocore's, and knows another endpoint."""
        data = Path(botocore.__file__).parent / "data" / "lambda"
        model = max(data.glob("*/service-2.json*"))
        target = folder / "lambda" / "2099-01-01"
        rule = {"conditions": [], "endpoint": {"url": self.url}, "type": "endpoint"}
        rules = {"version": "1.0", "parameters": {}, "rules": [rule]}
        _write(target / "endpoint-rule-set-1.json", json.dumps(rules))
        (target / model.name).write_bytes(model.read_bytes())


@contextmanager
def traps(job: Job) -> Iterator[Traps]:
    """Traps with a server that answers nothing, and a watch over what cannot tell by itself."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            planted.came(self.rfile.readline())

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        planted = Traps(job, f"http://127.0.0.1:{server.server_address[1]}")
        over = threading.Event()
        threads = [
            threading.Thread(target=server.serve_forever, args=(0.01,)),
            threading.Thread(target=planted.watch, args=(over,)),
        ]
        for thread in threads:
            thread.start()
        try:
            yield planted
        finally:
            over.set()
            server.shutdown()
            for thread in threads:
                thread.join()


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
