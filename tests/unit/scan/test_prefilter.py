"""A file that names no call is not parsed, and that changes no finding."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Final

import pytest

from signed_lambda.scan import all_rules, findings_in, loop_rules
from signed_lambda.scan.form import Module
from signed_lambda.scan.infra.read import read_templates
from signed_lambda.scan.installed import uses_sdk
from signed_lambda.scan.languages import CODE
from signed_lambda.scan.prefilter import names_a_call
from signed_lambda.scan.reading import Source, read
from signed_lambda.scan.sdk import old_sdks, tells
from signed_lambda.scan.sinks import APIS, COMMON, ENDINGS
from signed_lambda.scan.watch import untimed
from signed_lambda.scan.world import World, world_of
from tests.unit.core.test_scan import example

if TYPE_CHECKING:
    from signed_lambda.report.model import Finding
    from signed_lambda.scan import Rule

RULES: Final = all_rules()
PROGRAMS: Final = 60


def both(
    files: dict[str, str], templates: dict[str, str] | None = None, *, installed: bool = True
) -> tuple[tuple[Finding, ...], tuple[Finding, ...], World]:
    """The findings when all files are parsed, and when none is before it is asked for.

    Of the function's own Python every file is asked for: the rules on its quality need it.
    """
    code = {path: text.encode() for path, text in files.items()}
    declared = {path: text.encode() for path, text in (templates or {}).items()}
    parsed = [read(path, body) for path, body in code.items()]
    told = old_sdks([(path, body) for path, body in declared.items() if tells(path, len(body))])
    full, lazy = (
        world_of(read_so_far, "", read_templates(declared)[0], sdks=told)
        for read_so_far in (
            [m for m in parsed if isinstance(m, Module)],
            [Source(path, body, untimed(), installed=installed) for path, body in code.items()],
        )
    )
    rules = loop_rules() if installed else RULES
    return findings_in(full, rules), findings_in(lazy, rules), lazy


@pytest.mark.parametrize("name", sorted(APIS))
def test_each_call_that_a_rule_looks_for_is_seen_in_all_its_spellings(name: str) -> None:
    spelled = [name, name.upper(), name.title(), "_".join(name), f"__{name}__"]
    spelled += [name + ending for ending in ENDINGS]
    spelled += [f"{name.title()}Request{ending.title()}" for ending in ENDINGS]
    nearby = COMMON.get(name, ("",))

    assert [
        (text, word)
        for text in spelled
        for word in nearby
        if not names_a_call(f"{word}\nclient.{text}(x)".encode())
    ] == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.ID)
@pytest.mark.parametrize("title", ["Bad", "Good"])
def test_each_rule_says_the_same_of_its_examples(rule: Rule, title: str) -> None:
    first, *others = example(rule, title).split("# file: ")
    parts = dict(part.split("\n", 1) for part in others)
    files = {"app.py": first, **{n: t for n, t in parts.items() if n.endswith(CODE)}}

    full, lazy, _ = both(files, parts, installed=rule.ID.startswith("REC-"))

    assert lazy == full
    assert any(f.rule == rule.ID for f in full) is (title == "Bad")


@pytest.mark.parametrize(
    "text",
    ["put = 1", "x.input_object(y)", "reinvoke(boto)", "d.update(e)", "s.startswith('aws')", "#"],
)
def test_a_word_that_only_holds_a_name_is_none(text: str) -> None:
    assert not names_a_call(text.encode())


@pytest.mark.parametrize(
    "body",
    [
        "c.ｐｕｔ_object(Bucket=b)".encode(),  # noqa: RUF001 - Python reads it as put_object
        b"new lambda.InvokeCommand({FunctionName: n})",
        b'client["put_object"](Bucket=b)',
    ],
)
def test_a_name_is_seen_however_the_language_lets_it_be_written(body: bytes) -> None:
    assert names_a_call(body)


FIRST: Final = {
    "python": (
        "import boto3\nfrom {w} import {f}\nfrom {c} import NAME, Settings\n"
        "def handler(event, context):\n    if event.get('depth', 0) > 3:\n        return\n"
        "    {f}({given})\n"
    ),
    "javascript": (
        "const {{ {f} }} = require('./{w}');\nconst settings = require('./{c}');\n"
        "exports.handler = async (event, context) => {{ await {f}({given}); }};\n"
    ),
}
SENDS: Final = {
    "python": (
        "from {c} import client\ndef {f}(name, *rest):\n    {g}(name)\n"
        "def {g}(name):\n    client('lambda').invoke(FunctionName=name)\n"
    ),
    "javascript": (
        "const {{ client }} = require('./{c}');\nfunction {g}(name) {{\n"
        "  return client('lambda').invoke({{ FunctionName: name }}).promise();\n}}\n"
        "exports.{f} = (name) => {g}(name);\n"
    ),
}
VALUES: Final = {
    "python": (
        "import os, boto3\nNAME = os.environ['AWS_LAMBDA_FUNCTION_NAME']\n"
        "def client(service):\n    return boto3.client(service)\n"
        "class Settings:\n    def __init__(self, context):\n        self.name = context.{own}\n"
        "    def target(self):\n        return self.name\n"
    ),
    "javascript": (
        "const AWS = require('aws-sdk');\nexports.NAME = process.env.AWS_LAMBDA_FUNCTION_NAME;\n"
        "exports.client = () => new AWS.Lambda();\n"
        "exports.Settings = class {{ constructor(context) {{ this.name = context.{own}; }}\n"
        "  target() {{ return this.name; }} }};\n"
    ),
}
OTHER: Final = {
    "python": "def {g}(x):\n    return x.get('a')\ndef {f}_all(x):\n    {g}(x)\n",
    "javascript": "function {g}(x) {{ return x.a; }}\nexports.{f}All = (x) => {g}(x);\n",
}
GIVEN: Final = {
    "python": ("NAME", "context.function_name", "Settings(context).target()", "'other'", "event"),
    "javascript": (
        *("settings.NAME", "context.functionName", "new settings.Settings(context).target()"),
        *("'other'", "event"),
    ),
}
OWN: Final = {"python": "function_name", "javascript": "functionName"}
ENDING: Final = {"python": "py", "javascript": "js"}


def program_of(seed: int) -> tuple[str, dict[str, str]]:
    """A handler that sends through two files, among files of which some use the same names."""
    chance = random.Random(seed)
    language = chance.choice(["python", "javascript"])
    words = chance.sample(["send", "run", "again", "start_next", "go", "process", "emit"], 6)
    names = {
        "f": words[0],
        "g": words[1],
        "c": chance.choice(["config", "lib_config", "common"]),
        "w": chance.choice(["worker", "helpers", "aws_tools"]),
        "own": OWN[language],
        "given": chance.choice(GIVEN[language]),
    }
    texts = {"app": FIRST, names["w"]: SENDS, names["c"]: VALUES}
    files = {name: text[language].format(**names) for name, text in texts.items()}
    for number in range(6):
        other = {"f": chance.choice(words), "g": chance.choice(words)}
        files[f"other{number}"] = OTHER[language].format(**other)
    shuffled = chance.sample(sorted(files), len(files))
    return language, {f"{name}.{ENDING[language]}": files[name] for name in shuffled}


def test_programs_of_several_files_get_the_same_findings() -> None:
    found, passed_over = 0, 0
    for seed in range(PROGRAMS):
        _, files = program_of(seed)

        full, lazy, world = both(files)

        assert lazy == full, files
        found += bool(full)
        passed_over += world.program.passed_over
    assert found > PROGRAMS // 3
    assert passed_over > PROGRAMS


@pytest.mark.parametrize(
    ("importer", "source", "path", "exports"),
    [
        ("app.js", "./lib/put", "lib/put.js", "module.exports = run;"),
        ("app.js", "./lib", "lib/index.js", "module.exports = run;"),
        ("app.js", "./lib/index.js", "lib/index.js", "module.exports = run;"),
        ("app.js", ".", "index.js", "module.exports = run;"),
        ("src/jobs/app.js", "../..", "index.js", "module.exports = run;"),
        ("app.js", "./put.js", "put.js", "export default run;"),
    ],
)
def test_who_calls_what_a_file_exports_as_a_whole_is_read(
    importer: str, source: str, path: str, exports: str
) -> None:
    files = {
        path: "function run(name) { client.invoke({ FunctionName: name }); }\n" + exports + "\n",
        "other.js": "exports.start = () => 1;\n",
        importer: (
            f"const again = require('{source}');\n"
            "exports.handler = async (event, context) => { await again(context.functionName); };\n"
        ),
    }

    full, lazy, world = both(files)

    assert lazy == full
    assert [f.rule for f in full] == ["REC-SELF-CTX"]
    assert set(world.program.modules) == {path, importer}


def test_a_file_that_others_ask_for_is_read_and_its_faults_are_told() -> None:
    files = {
        "app.py": "from lib import NAME\ndef handler(event, context):\n"
        "    c.invoke(FunctionName=NAME)\n",
        "lib.py": "NAME = (\n",
        "other.py": "NAMES = (\n",
    }

    _, _, world = both(files)

    assert [(u.path, u.why) for u in world.program.unread] == [
        ("lib.py", "not parsed: SyntaxError")
    ]
    assert list(world.program.modules) == ["app.py"]
    assert world.program.passed_over == 1


def test_a_template_that_names_a_handler_has_its_file_read() -> None:
    files = {
        "app.py": "from lib import again\ndef start(job):\n    again(job)\n",
        "lib.py": "def again(job):\n    c.invoke(FunctionName='jobs')\n",
        "mail.py": "def start(job):\n    c.invoke(FunctionName='letters')\n",
    }
    template = (
        "Resources:\n  Jobs:\n    Type: AWS::Lambda::Function\n    Properties:\n"
        "      FunctionName: jobs\n      Handler: app.start\n      Code: .\n"
        "  Mail:\n    Type: AWS::Lambda::Function\n    Properties:\n"
        "      FunctionName: mail\n      Handler: mail.start\n      Code: .\n"
    )

    full, lazy, _ = both(files, {"template.yml": template})

    assert lazy == full
    assert [f.rule for f in full] == ["REC-SELF-LITERAL"]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("python", "from boto3 import client"),
        ("python", "def run(event, context):"),
        ("javascript", "const { S3Client } = require('@aws-sdk/client-s3');"),
        ("javascript", "exports.handler = run;"),
        ("java", "import software.amazon.awssdk.services.s3.S3Client;"),
        ("java", "import com.amazonaws.services.s3.AmazonS3;"),
        ("java", "public String handleRequest(Event event)"),
        ("go", 'import "github.com/aws/aws-sdk-go/aws"'),
        ("go", 'import "github.com/aws/aws-lambda-go/lambda"'),
        ("", "com.amazonaws"),
    ],
)
def test_a_file_that_names_the_sdk_of_its_language_is_read(language: str, text: str) -> None:
    assert uses_sdk(text.encode(), language)
    assert not uses_sdk(b"nothing of it", language)


@pytest.mark.parametrize("language", ["python", "javascript", "java", "go", ""])
@pytest.mark.parametrize(
    "text",
    ["FunctionName: x", "x.invoked_function_arn", "AWS_LAMBDA_FUNCTION_NAME", "lambda_handler"],
)
def test_a_file_that_names_the_function_itself_is_read(language: str, text: str) -> None:
    assert uses_sdk(text.encode(), language)
