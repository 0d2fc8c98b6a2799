"""Every module of the product keeps the rules of the layers, and every rule can be broken."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final

import pytest

from tests.promises import layers
from tests.promises.modules import ROOT, Module, product

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Rule = Callable[[Module], Iterator[str]]

PRODUCT: Final = product()


@pytest.mark.parametrize("rule", layers.RULES, ids=lambda rule: rule.__name__)
def test_the_product_keeps_the_rule(rule: Rule) -> None:
    assert [broken for module in PRODUCT for broken in rule(module)] == []


def test_evidence_is_built_only_where_it_is_checked() -> None:
    assert list(layers.evidence_is_confirmed(PRODUCT)) == []


def test_the_chain_has_evidence() -> None:
    assert layers.evidence_classes(PRODUCT).keys() >= {"PublishedVersion", "AliasMove"}


BREAKING: Final = [
    (layers.libraries, "chain.x", "import boto3"),
    (layers.libraries, "chain.x", "def f():\n    from botocore.session import Session"),
    (layers.libraries, "aws.x", "from github import Github"),
    (layers.libraries, "github.x", "import boto3.session"),
    (layers.libraries, "awsome", "import boto3"),
    (layers.libraries, "aws.x", "import http.client"),
    (layers.libraries, "scan.x", "from urllib import request"),
    (layers.own_imports, "model", "from signed_lambda.chain.move import AliasMove"),
    (layers.own_imports, "errors", "from signed_lambda import model"),
    (layers.own_imports, "inputs.x", "from signed_lambda.runner import Runner"),
    (layers.own_imports, "inputs.x", "from ..runner import Runner"),
    (layers.nothing_of_the_sandbox, "main", "from lambda_sandbox.core import World"),
    (layers.nothing_of_the_sandbox, "main", "from unittest import mock"),
    (layers.environment, "chain.x", "import os\nos.environ['A']"),
    (layers.environment, "aws.x", "from os import environ as e\ne.get('A')"),
    (layers.environment, "aws.x", "import os as system\nsystem.getenv('A')"),
    (layers.streams, "chain.x", "print('x')"),
    (layers.streams, "chain.x", "import sys\nsys.stdout.write('x')"),
    (layers.streams, "chain.x", "from sys import stderr\nstderr.write('x')"),
    (layers.clock, "aws.x", "import time\ntime.sleep(1)"),
    (layers.clock, "aws.x", "from time import monotonic\nmonotonic()"),
    (layers.clock, "aws.x", "from datetime import UTC, datetime\ndatetime.now(UTC)"),
    (layers.clock, "aws.x", "import datetime as d\nd.datetime.utcnow()"),
    (layers.shell, "main", "import subprocess"),
    (layers.shell, "main", "import ctypes"),
    (layers.shell, "privileges", "import subprocess"),
    (layers.shell, "package.folder", "import subprocess"),
    (layers.shell, "package.crew", "import os\nos.fork()"),
    (layers.shell, "main", "import os\nos.system('x')"),
    (layers.shell, "main", "import os\nos.execv('x', [])"),
    (layers.shell, "main", "eval('1')"),
    (layers.shell, "main", "run = exec"),
    (layers.shell, "main", "import pickle"),
    (layers.shell, "scan.x", "import yaml\nyaml.load('', Loader=None)"),
    (layers.standard_or_known, "main", "import left_pad"),
    (
        layers.dataclasses_put_off,
        "model",
        "from dataclasses import dataclass\n@dataclass(frozen=True, slots=True)\nclass A: ...",
    ),
    (layers.regexes_put_off, "x", "import re\n_WORD: Final = re.compile('x')"),
    (
        layers.regexes_put_off,
        "x",
        "import re\nclass A:\n    words = tuple(map(re.compile('x'), ()))",
    ),
    (layers.commands_for_people, "main", "from signed_lambda.setup import roles"),
    (layers.commands_for_people, "aws.session", "from signed_lambda.aws.setup import AwsSetup"),
    (layers.silent_exceptions, "main", "try:\n    f()\nexcept Exception:\n    pass"),
    (
        layers.silent_exceptions,
        "main",
        "for _ in x:\n    try:\n        f()\n    except:\n        continue",
    ),
]


@pytest.mark.parametrize(("rule", "name", "text"), BREAKING)
def test_a_module_that_breaks_the_rule_is_found(rule: Rule, name: str, text: str) -> None:
    assert list(rule(Module(f"signed_lambda.{name}", text))) != []


@pytest.mark.parametrize("rule", layers.RULES, ids=lambda rule: rule.__name__)
def test_each_rule_is_shown_to_be_breakable(rule: Rule) -> None:
    assert rule in {shown for shown, _, _ in BREAKING}


@pytest.mark.parametrize(
    ("rule", "name", "text"),
    [
        (layers.libraries, "aws.x", "import boto3, botocore.config, urllib3"),
        (layers.libraries, "github.session", "from github import Github\nimport requests"),
        (layers.libraries, "report.x", "from urllib.parse import quote"),
        (layers.own_imports, "inputs.x", "from signed_lambda.model import Sha256"),
        (layers.own_imports, "main", "from signed_lambda.runner import Runner"),
        (layers.environment, "main", "import os\nos.environ"),
        (layers.environment, "main", "environ = {}\nenviron.get('A')"),
        (layers.streams, "runner", "import sys\nsys.stdout"),
        (layers.clock, "clock", "import time\ntime.sleep(1)"),
        (layers.clock, "chain.x", "def f(clock):\n    clock.sleep(1)\n    clock.now()"),
        (layers.shell, "package.crew", "import subprocess\nsubprocess.Popen([])"),
        (layers.shell, "x", "import re, os\nre.compile('x')\nos.path.join('x')"),
        (
            layers.dataclasses_put_off,
            "model",
            "from signed_lambda import lazy\n@lazy.dataclass(frozen=True, slots=True)\nclass A: 1",
        ),
        (
            layers.dataclasses_put_off,
            "x",
            "from dataclasses import dataclass\n@dataclass\nclass A: ...",
        ),
        (layers.regexes_put_off, "x", "import re\ndef f():\n    return re.compile('x')"),
        (layers.silent_exceptions, "x", "try:\n    f()\nexcept KeyError:\n    pass"),
    ],
)
def test_a_module_that_keeps_the_rule_is_left_alone(rule: Rule, name: str, text: str) -> None:
    assert list(rule(Module(f"signed_lambda.{name}", text))) == []


def test_evidence_built_elsewhere_is_found() -> None:
    proof = "class Proof:\n    @classmethod\n    def confirm(cls):\n        return cls()\n"
    modules = [
        Module("signed_lambda.a", f"{proof}\nProof()"),
        Module("signed_lambda.b", "from signed_lambda import a\na.Proof()"),
    ]

    assert list(layers.evidence_is_confirmed(modules)) == [
        "signed_lambda.b:2 builds Proof itself; signed_lambda.a confirms it"
    ]


@pytest.mark.parametrize("folder", ["src", "tests", "tools", "bench", "conformance"])
def test_nothing_is_mocked_anywhere(folder: str) -> None:
    paths = sorted((ROOT / folder).rglob("*.py"))

    mocking = [
        str(path.relative_to(ROOT))
        for path in paths
        for name, _ in Module(path.stem, path.read_text("utf-8")).imports
        if name.split(".")[0] == "mock" or name.startswith("unittest.mock")
    ]

    assert mocking == []


def test_the_conformance_kit_is_a_black_box() -> None:
    imported = [
        name
        for path in (ROOT / "conformance").rglob("*.py")
        for name, _ in Module(path.stem, path.read_text("utf-8")).imports
    ]

    assert [name for name in imported if name.split(".")[0] == "signed_lambda"] == []


def test_every_module_says_what_it_is_for() -> None:
    assert [m.name for m in PRODUCT if not ast.get_docstring(m.tree)] == []
