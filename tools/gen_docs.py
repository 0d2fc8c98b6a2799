"""Writes the files that say what the program's tables say: run by `make docs`.

Files: action.yml, docs/inputs.md, docs/errors.md, docs/rules.md, docs/commands/*.md,
docs/setup/cloudformation.yml, and the table of commands in README.md. `python tools/gen_docs.py`
writes; `--check` only compares, and exits 1 with the names of the files that are not up to date.
Imports the product's tables and rules; never imports boto3 or reads the network.
"""

from __future__ import annotations

import argparse
import inspect
import re
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Final

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

from signed_lambda import errors  # noqa: E402 - the path comes first
from signed_lambda.inputs import COMMANDS, OUTPUTS, SPECS  # noqa: E402
from signed_lambda.scan import loop_rules, quality_rules  # noqa: E402
from tools import cloudformation, command_pages  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator

    from signed_lambda.inputs.spec import Spec

_HEAD: Final = """\
# Written by `make docs` from src/signed_lambda/inputs; edit it there.
name: Signed Lambda Deploy
description: >-
  Put code on AWS Lambda so that what runs is what was reviewed: reproducible zip, AWS Signer,
  hash-checked deploy, alias moved last, rollback by hash.
author: The signed-lambda-deploy authors
branding:
  icon: shield
  color: orange
"""
_GENERATED: Final = "<!-- Written by `make docs` from {source}; edit it there. -->\n"

_ERRORS_INTRODUCTION: Final = """\
# Errors

Exit code 0 is success. Every other exit code belongs to one kind of error, and every problem has an
id that never changes its meaning. A message says what was wrong, what to do, and what was left
unchanged.
"""
_RULES_INTRODUCTION: Final = """\
# Rules of the static review

Two groups: functions that start themselves again, in five languages, and a few other faults of
Lambda code, in Python. Comment and log show the first group first.

## Allowing a finding

A finding that is allowed stays in the report, with the reason and the place where it is given, and
blocks nothing. An allowance that allows nothing is a warning. There are two places:

- a comment at the code of the finding or on the line above:
  `# signed-lambda: allow REC-S3 -- the reason`;
- the file `.signed-lambda.yml` at the root of the checked-out repository, for generated code and
  for templates:

```yaml
allow:
  - rule: REC-S3
    path: src/generated/ # a pattern as in .gitignore; of the repository or of the package
    function: handler # optional: the function that the finding names
    reason: writes under out/, which the trigger's filter excludes
```

All other keys, an unknown rule, a missing reason or a key that stands twice are errors (E-SCAN-03),
told all at once. The file is read in the workspace (`GITHUB_WORKSPACE`), never inside the package,
so it is reviewed in the pull request like code; name it in CODEOWNERS to say who may change it. A
zip that another job built brings none: what counts is the checkout of the job that runs the action.
In the second stage for forks that is this repository's own default branch, or nothing where nothing
is checked out. Entries for files that are not in this run's package are no warning, so that the
functions of one repository share the file.
"""
_LOOPS_INTRODUCTION: Final = """
## Loops

A finding is `high` when a handler leads to the call and no condition stands before it, `medium`
when no handler was seen to lead there, `low` when a condition was recognised (it is named, and
told as weak where it does not bound the loop), and `ask` when it depends on something that was
not seen, such as a part of an event that a rule's pattern asks for. `plan` and `deploy` read the
live triggers of the function, which decide most of these. Where `RecursiveLoop` is
`Allow`, `low` is `medium` and `medium` is `high`. Each says whether AWS's own detection would
stop it.
"""
_QUALITY_INTRODUCTION: Final = """
## Other faults of Python code

About single places of the function's own code, installed packages and tests aside. They are
`medium` (something is lost, refused or open to others) or `low` (time, money), never `high`: with
`fail-on: high`, the default, none of them blocks. What a credential is, no report shows.
"""


def description(spec: Spec[object]) -> str:
    """What action.yml and the tables say of an input: its help, who needs it, an example."""
    example = f" Example: `{spec.example}`." if spec.example else ""
    return f"{spec.help}{_needed(spec)}{example}"


def _needed(spec: Spec[object]) -> str:
    always = [f"`{c.name}`" for c in COMMANDS.values() if spec.name in c.needs]
    signed = [f"`{c.name}`" for c in COMMANDS.values() if spec.name in c.needs_unless_unsigned]
    parts = []
    if always:
        parts.append(f" Needed by {', '.join(always)}.")
    if signed:
        parts.append(f" Needed by {', '.join(signed)} unless `allow-unsigned` is `true`.")
    if spec.only_for and len(spec.only_for) != len(always):
        parts.append(f" Only for {', '.join(f'`{name}`' for name in spec.only_for)}.")
    return "".join(parts)


def _folded(text: str, indent: str) -> str:
    return textwrap.fill(
        text,
        width=100,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def action_yml() -> str:
    """The action's metadata.

    Source: https://docs.github.com/en/actions/reference/workflows-and-actions/metadata-syntax
    """
    parts = [_HEAD, "inputs:"]
    for spec in SPECS:
        parts += [f"  {spec.name}:", "    description: >-", _folded(description(spec), " " * 6)]
        default = spec.expression or (f"'{spec.default}'" if spec.default else "")
        if default:
            parts.append(f"    default: {default}")
    parts.append("\noutputs:")
    for name, text in OUTPUTS.items():
        parts += [f"  {name}:", "    description: >-", _folded(text, " " * 6)]
    parts.append("\nruns:\n  using: docker\n  image: Dockerfile\n")
    return "\n".join(parts)


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def inputs_table() -> str:
    """Every input as a row: name, default, description."""
    rows = [_row("input", "default", "what it is for"), "|:--|:--|:--|"]
    for spec in SPECS:
        default = spec.expression or spec.default
        rows.append(_row(f"`{spec.name}`", f"`{default}`" if default else "", description(spec)))
    return "\n".join(rows)


def outputs_table() -> str:
    """Every output as a row."""
    rows = [_row("output", "what it holds"), "|:--|:--|"]
    return "\n".join(rows + [_row(f"`{name}`", text) for name, text in OUTPUTS.items()])


def commands_table(folder: str) -> str:
    """Every command as a row, linked to its page in that folder."""
    rows = [_row("`command`", "what it does", "may write", "needs"), "|:--|:--|:--|:--|"]
    for command in COMMANDS.values():
        needs = ", ".join(f"`{name}`" for name in command.needs + command.needs_unless_unsigned)
        name = f"[`{command.name}`]({folder}{command.name}.md)"
        rows.append(_row(name, command.help, command.writes_what, needs))
    return "\n".join(rows)


def inputs_md() -> str:
    """docs/inputs.md."""
    return f"""{_GENERATED.format(source="src/signed_lambda/inputs")}
# Commands, inputs and outputs

## Commands

{commands_table("commands/")}

## Inputs

Blanks and line breaks at the ends of a value do not count, and a blank value is not given. All
faults in the inputs are told at once, before anything is written (exit code
{errors.InputError.exit_code}). An input of an unknown name is an error, and so is an input that
`command` does not use; what is harmless without use is taken, so that one `with:` block can serve
`plan` and `deploy`. Put account ids in quotes: YAML drops a leading zero.

{inputs_table()}

## Outputs

{outputs_table()}
"""


def _error_classes() -> list[type[errors.DeployError]]:
    found = [
        value
        for value in vars(errors).values()
        if inspect.isclass(value)
        and issubclass(value, errors.DeployError)
        and value is not errors.DeployError
    ]
    return sorted(found, key=lambda cls: cls.exit_code)


def errors_md() -> str:
    """docs/errors.md: each class with exit code, outcome, meaning and ids."""
    parts = [
        _GENERATED.format(source="src/signed_lambda/errors.py"),
        _ERRORS_INTRODUCTION,
        "| exit code | error | `outcome` |\n|--:|:--|:--|",
    ]
    parts += [
        f"| {cls.exit_code} | [{cls.__name__}](#{cls.__name__.lower()}) | `{cls.outcome}` |"
        for cls in _error_classes()
    ]
    for cls in _error_classes():
        doc = inspect.cleandoc(cls.__doc__ or "")
        parts.append(
            f"\n## {cls.__name__}\n\nExit code {cls.exit_code}, outcome `{cls.outcome}`. {doc}\n"
        )
        parts += [
            f"- `{id_}` {text}"
            for id_, text in errors.CATALOGUE.items()
            if id_.split("-")[1] == cls.area
        ]
    return "\n".join(parts) + "\n"


def rules_md() -> str:
    """docs/rules.md: the page of each rule, which is its module's docstring, in two groups."""
    parts = [_GENERATED.format(source="src/signed_lambda/scan/rules/"), _RULES_INTRODUCTION]
    groups = ((_LOOPS_INTRODUCTION, loop_rules()), (_QUALITY_INTRODUCTION, quality_rules()))
    pages = [[(r.ID, inspect.cleandoc(r.__doc__ or "")) for r in rules] for _, rules in groups]
    for (introduction, _), group in zip(groups, pages, strict=True):
        parts += [introduction, "| rule | what it finds |\n|:--|:--|"]
        parts += [f"| [{i}](#{i.lower()}) | {page.partition(chr(10))[0]} |" for i, page in group]
    parts += [f"\n## {i}\n\n{_as_markdown(page)}" for group in pages for i, page in group]
    return "\n".join(parts) + "\n"


def _as_markdown(page: str) -> str:
    """A docstring's `Bad::` and its indented lines as a fenced block for each file."""

    def fenced(block: re.Match[str]) -> str:
        code = textwrap.dedent(block[2]).strip()
        first, *others = re.split(r"^# file: (\S+)\n", code, flags=re.MULTILINE)
        files = [("app.py", first), *zip(others[::2], others[1::2], strict=True)]
        shown = [
            f"`{name}`\n\n```{'python' if name.endswith('.py') else 'yaml'}\n{text.strip()}\n```"
            for name, text in files
        ]
        return f"### {block[1]}\n\n" + "\n\n".join(shown) + "\n"

    return re.sub(r"^(Bad|Good)::\n\n((?:(?:    .*)?\n)+)", fenced, page, flags=re.MULTILINE)


def with_table(readme: str) -> str:
    """README.md with the text between the markers replaced by the table of commands.

    Raises:
        ValueError: A marker is missing: the table would silently age.
    """
    block = f"<!-- commands:begin -->\n{commands_table('docs/commands/')}\n<!-- commands:end -->"
    pattern = "<!-- commands:begin -->.*?<!-- commands:end -->"
    written, count = re.subn(pattern, lambda _: block, readme, flags=re.DOTALL)
    if count != 1:
        raise ValueError("README.md needs <!-- commands:begin --> and <!-- commands:end --> once")
    return written


def files() -> Iterator[tuple[Path, str]]:
    """Each generated file with the text it must have."""
    yield ROOT / "action.yml", action_yml()
    yield ROOT / "docs" / "inputs.md", inputs_md()
    yield ROOT / "docs" / "errors.md", errors_md()
    yield ROOT / "docs" / "rules.md", rules_md()
    yield from command_pages.pages(ROOT, _row)
    yield ROOT / "docs" / "setup" / "cloudformation.yml", cloudformation.template()
    readme = ROOT / "README.md"
    if readme.exists():
        yield readme, with_table(readme.read_text("utf-8"))


def main(arguments: list[str] | None = None) -> int:
    """Writes the files, or compares them; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare only")
    check = parser.parse_args(arguments).check
    stale = [(p, t) for p, t in files() if not p.exists() or p.read_text("utf-8") != t]
    for path, text in stale:
        if not check:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, "utf-8")
        sys.stdout.write(f"{'stale' if check else 'written'}: {path.relative_to(ROOT)}\n")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
