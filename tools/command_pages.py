"""docs/commands/<command>.md: one page for each command of the action, written from its tables.

What a page says is in `signed_lambda.inputs` (the command, its inputs, the outputs), in
`signed_lambda.errors` (exit codes) and in docs/iam (the policy). That a command reads these inputs
and ends in these ways is held by tests/promises/test_command_pages.py, the policies by
tests/chain/test_roles.py, and the workflow by tests/promises/test_guides.py.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import yaml

from signed_lambda import errors
from signed_lambda.inputs import COMMANDS, OUTPUTS, OUTPUTS_OF, SPECS
from signed_lambda.setup.wanted import ENVIRONMENTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from signed_lambda.inputs.commands import Command, CommandName

    Row = Callable[..., str]

ENVIRONMENT_OF: Final[dict[CommandName, str]] = {
    "deploy": ENVIRONMENTS["deploy"],
    "promote": ENVIRONMENTS["deploy"],
    "rollback": ENVIRONMENTS["rollback"],
}
"""Whose roles trust jobs of an environment alone (docs/iam/trust.json), and of which one."""
READS: Final = ("Get", "List", "Describe", "Simulate")
"""How the names of actions begin that change nothing."""
CHECKOUT: Final = """\
      - uses: actions/checkout@8e8c483db84b4bee98b60c0593521ed34d9990e8 # v6.0.1
        with:
          persist-credentials: false
"""
ASSUME: Final = (
    "aws-actions/configure-aws-credentials@e6de054238d6b7531b4efff3b6587d9aade6a06c # v6.2.3"
)
CREDENTIALS: Final = """\
      - name: Assume the role
        uses: {assume}
        with:
          role-to-assume: arn:aws:iam::111122223333:role/{command}-orders
          aws-region: eu-west-1
"""


def pages(root: Path, row: Row) -> Iterator[tuple[Path, str]]:
    """Each page with its text.

    Args:
        root: Of the repository.
        row: Makes a row of a table of its cells.
    """
    for command in COMMANDS.values():
        parts = (
            "<!-- Written by `make docs` from src/signed_lambda/inputs; edit it there. -->\n",
            f"# {command.name}\n\n{_sentence(command.help)}\n\n{_wrapped(command.about)}\n",
            _ends(command, row),
            _workflow(command, root),
            _inputs(command, row),
            _outputs(command, row),
            _role(command, root),
            _more(command),
        )
        yield root / "docs" / "commands" / f"{command.name}.md", "\n".join(filter(None, parts))


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:] + "."


def _wrapped(text: str, width: int = 120) -> str:
    lines, line = [], ""
    for word in text.split():
        if line and len(line) + len(word) >= width:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".lstrip()
    return "\n".join([*lines, line])


def _ends(command: Command, row: Row) -> str:
    """Outcomes with their exit codes, the good ones first."""
    classes = sorted(errors.DeployError.__subclasses__(), key=lambda cls: cls.exit_code)
    rows = [row("exit code", "`outcome`", "what it means"), "|--:|:--|:--|"]
    rows += [row("0", f"`{outcome}`", means) for outcome, means in command.ends]
    for cls in classes:
        if cls.area in command.errors:
            link = f"[{cls.__name__}](../errors.md#{cls.__name__.lower()})"
            means = " ".join((cls.__doc__ or "").split()).rstrip(".")
            rows.append(row(str(cls.exit_code), f"`{cls.outcome}`", f"{means} ({link})"))
    return "## How it ends\n\n" + "\n".join(rows) + "\n"


def _workflow(command: Command, root: Path) -> str:
    """The smallest workflow that runs it."""
    starts, asked = _asked(root) if command.name == "rollback" else (command.starts, ())
    values = _EXAMPLES | {name: f"${{{{ inputs.{name} }}}}" for name in asked}
    environment = ENVIRONMENT_OF.get(command.name)
    where = f"    environment: {environment}\n" if environment else ""
    title = command.name.capitalize()
    queue = "true" if not command.writes else "false"
    rights = "".join(f"      {right} # {why}\n" for right, why in command.rights)
    steps = CHECKOUT if any(right == "contents: read" for right, _ in command.rights) else ""
    steps = steps if "source" in command.needs else ""
    if command.needs_region:
        steps += CREDENTIALS.format(assume=ASSUME, command=command.name)
    told = (*command.needs, *command.needs_unless_unsigned, *asked)
    given = [f"command: {command.name}"] * (command.name != "deploy")
    given += [f"{s.name}: {values.get(s.name, s.example)}" for s in SPECS if s.name in told]
    given += command.also
    lines = "".join(f"          {line}\n" for line in given)
    return f"""## The smallest workflow

```yaml
name: {title}
on:
  {starts}

permissions: {{}}

concurrency:
  group: {command.name}-{values["function-name"]}
  cancel-in-progress: {queue}

jobs:
  {command.name}:
    name: {title}
    runs-on: ubuntu-latest
    timeout-minutes: 20
{where}    permissions:
{rights}    steps:
{steps}      - name: {title}
        uses: owner/signed-lambda-deploy@v1 # pin it by its SHA
        with:
{lines}```
"""


_EXAMPLES: Final = {"function-name": "orders", "source": "src", "bucket": "acme-artifacts"}


def _asked(root: Path) -> tuple[str, tuple[str, ...]]:
    """What starts a rollback, and for which inputs it then asks: as in the example.

    Both are what the pages' and the comment's `gh workflow run rollback.yml -f ...` give.
    """
    text = (root / "examples" / "rollback.yml").read_text("utf-8")
    starts = text.partition("\non:\n")[2].partition("\n\n")[0].strip()
    return starts, tuple(yaml.safe_load(starts)["workflow_dispatch"]["inputs"])


def _inputs(command: Command, row: Row) -> str:
    """The inputs that it looks at, those first that it needs."""
    needed = command.needs + command.needs_unless_unsigned
    read = [spec for spec in SPECS if spec.name != "command" and spec.is_read_by(command.name)]
    rows = [row("input", "default", "what it is for"), "|:--|:--|:--|"]
    for spec in sorted(read, key=lambda spec: spec.name not in needed):
        default = spec.expression or spec.default
        example = f" Example: `{spec.example}`." if spec.example else ""
        name = f"**`{spec.name}`**" if spec.name in needed else f"`{spec.name}`"
        rows.append(row(name, f"`{default}`" if default else "", f"{spec.help}{example}"))
    return "## Its inputs\n\nThose in bold have to be given.\n\n" + "\n".join(rows) + "\n"


def _outputs(command: Command, row: Row) -> str:
    """The outputs that it fills; all others are empty."""
    rows = [
        row(f"`{name}`", text)
        for name, text in OUTPUTS.items()
        if command.name in OUTPUTS_OF.get(name, COMMANDS)
    ]
    table = "\n".join([row("output", "what it holds"), "|:--|:--|", *rows])
    return f"## Its outputs\n\nAll others are empty.\n\n{table}\n"


def _role(command: Command, root: Path) -> str:
    """What it calls, by its policy; which of it writes."""
    if not command.policy:
        return "## Its role\n\nNone: it calls nothing of AWS.\n"
    statements = json.loads((root / command.policy).read_text("utf-8"))["Statement"]
    allowed = [s["Action"] for s in statements if s["Effect"] == "Allow"]
    calls = sorted({a for one in allowed for a in ([one] if isinstance(one, str) else one)})
    writes = [call for call in calls if not call.partition(":")[2].startswith(READS)]
    reads = [call for call in calls if call not in writes]
    told = [f"May write: {command.writes_what}."]
    told += [f"Actions that write: {_listed(writes)}."] if writes else []
    told += [f"Actions that read: {_listed(reads)}."]
    policy = command.policy.removeprefix("docs/")
    more = (
        f"The policy is [{policy}](../{policy}); what of it may be dropped, and whom the role"
        " trusts, is in [iam/README.md](../iam/README.md)."
    )
    return f"## Its role\n\n{_wrapped(' '.join(told))}\n\n{_wrapped(more)}\n"


def _listed(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _more(command: Command) -> str:
    links = ", ".join(f"[{name}](../{name})" for name in command.more)
    return f"More: {links}.\n" if links else ""
