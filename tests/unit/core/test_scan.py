"""The static review: each rule by the examples of its own page, and what the review admits."""

from __future__ import annotations

import inspect
import re
import textwrap
import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_sandbox.core import VirtualClock
from signed_lambda.errors import ScanError
from signed_lambda.package import pack
from signed_lambda.report.model import Finding, Status
from signed_lambda.scan import Review, findings_in, loop_rules, require_acceptable, review, sdk
from signed_lambda.scan.allowances import applied, comments
from signed_lambda.scan.form import Module
from signed_lambda.scan.infra.read import read_templates
from signed_lambda.scan.languages import CODE
from signed_lambda.scan.reading import MAX_SOURCE_BYTES, Unread, read
from signed_lambda.scan.world import world_of

if TYPE_CHECKING:
    from pathlib import Path

    from signed_lambda.inputs import FailOn
    from signed_lambda.scan import Rule

RULES = loop_rules()
CTX = "def handler(event, context):\n    c.invoke(FunctionName=context.function_name)\n"


OTHERWISE = {
    "REC-ALLOW": ("medium", "certain", "Work"),
    "REC-SDK": ("low", "certain", ""),
    "REC-DEST": ("medium", "certain", "Work"),
    "REC-LOGS": ("medium", "certain", "ship"),
}
"""Rules whose example is no proven loop of a handler's own call."""


def page(rule: Rule) -> str:
    """The rule's page: its module's docstring."""
    return inspect.getdoc(rule) or ""


def example(rule: Rule, title: str) -> str:
    """A code block of the rule's page."""
    found = re.search(rf"^{title}::\n\n((?:(?:    .*)?\n)+)", page(rule) + "\n", re.MULTILINE)
    assert found, f"{rule.ID} has no {title}"
    return textwrap.dedent(found[1])


def findings_of(text: str) -> tuple[Finding, ...]:
    """The findings in an example: app.py, and what follows each `# file: NAME`."""
    first, *others = re.split(r"^# file: (\S+)\n", text, flags=re.MULTILINE)
    templates = dict(zip(others[::2], (t.encode() for t in others[1::2]), strict=True))
    telling = {n: templates.pop(n) for n in list(templates) if sdk.tells(n, 1)}
    infra, unread = read_templates(templates)
    assert unread == ()
    assert not templates or infra.functions
    return findings_in(
        world_of([parsed(first)], "orders", infra, sdks=sdk.old_sdks(telling.items()))
    )


def parsed(text: str, path: str = "app.py") -> Module:
    source = read(path, text.encode())
    assert isinstance(source, Module), source
    return source


def findings(text: str, **others: str) -> list[Finding]:
    """The findings in app.py, beside other Python files by name."""
    modules = [parsed(text), *(parsed(t, f"{name}.py") for name, t in others.items())]
    world = world_of(modules, "orders")
    return list(applied(findings_in(world), [*comments(world.program.modules.values())], "")[0])


def only(text: str) -> Finding:
    [found] = findings(text)
    return found


def reviewed(folder: Path, files: dict[str, bytes | str]) -> Review:
    """The review of a package with these files."""
    source = folder / "source"
    for name, content in files.items():
        path = source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    (folder / "private").mkdir()
    built = pack(
        source,
        workspace=folder,
        into=folder / "private",
        include=(),
        exclude=(),
        allow_secret_files=False,
    )
    return review(built, "orders", VirtualClock())


# -- the rules by their pages


@pytest.mark.parametrize("rule", RULES, ids=lambda r: r.ID)
def test_the_bad_example_of_a_rules_page_is_found_by_that_rule(rule: Rule) -> None:
    found = findings_of(example(rule, "Bad"))

    severity, certainty, function = OTHERWISE.get(rule.ID, ("high", "certain", "handler"))
    assert [f.rule for f in found] == [rule.ID]
    assert found[0].severity == severity
    assert found[0].certainty == certainty
    assert found[0].function == function
    assert len(found[0].evidence) >= len(found[0].cycle) - 1


@pytest.mark.parametrize("rule", RULES, ids=lambda r: r.ID)
def test_the_good_example_of_a_rules_page_is_clean(rule: Rule) -> None:
    assert findings_of(example(rule, "Good")) == ()


@pytest.mark.parametrize("rule", RULES, ids=lambda r: r.ID)
def test_a_rules_page_says_why_and_where_from(rule: Rule) -> None:
    assert page(rule).splitlines()[0].endswith(".")
    assert "\nWhy: " in page(rule)
    assert "\nSource: https://" in page(rule)
    assert re.fullmatch("REC-[A-Z0-9-]+", rule.ID)


def test_the_rules_have_different_ids() -> None:
    assert len({rule.ID for rule in RULES}) == len(RULES) >= 3


# -- what stands for the own name


@pytest.mark.parametrize(
    "text",
    [
        "name = context.function_name\nc.invoke(FunctionName=name)",
        "a = context.function_name\nb = a\nd = b\nc.invoke(FunctionName=d)",
        "name = other or context.function_name\nc.invoke(FunctionName=name)",
        "c.invoke(FunctionName=x if y else context.function_name)",
        "c.invoke_async(FunctionName=context.function_name)",
        "boto3.client('lambda').invoke(FunctionName=context.function_name)",
        "def f():\n    def g():\n        c.invoke(FunctionName=n)\n    n = context.function_name",
        "async def f(context):\n    await c.invoke(FunctionName=context.function_name)",
        "n = context.function_name\ndef f():\n    c.invoke(FunctionName=n)",
        "n = context.function_name\ng = lambda m: c.invoke(FunctionName=n)",
        (
            "def f(context):\n    global n\n    n = context.function_name\n"
            "def g():\n    c.invoke(FunctionName=n)"
        ),
    ],
)
def test_the_own_name_is_followed_to_the_call(text: str) -> None:
    assert only(text).rule == "REC-SELF-CTX"


@pytest.mark.parametrize(
    "text",
    [
        'c.invoke(FunctionName=os.environ["AWS_LAMBDA_FUNCTION_NAME"])',
        'c.invoke(FunctionName=os.environ.get("AWS_LAMBDA_FUNCTION_NAME"))',
        'c.invoke(FunctionName=environ["AWS_LAMBDA_FUNCTION_NAME"])',
        'c.invoke(FunctionName=os.getenv("AWS_LAMBDA_FUNCTION_NAME", "x"))',
        'c.invoke(FunctionName=getenv("AWS_LAMBDA_FUNCTION_NAME"))',
    ],
)
def test_every_way_to_read_the_own_name_from_the_environment_is_known(text: str) -> None:
    assert only(text).rule == "REC-SELF-ENV"


@pytest.mark.parametrize(
    "text",
    [
        'c.invoke(FunctionName="another")',
        "c.invoke(FunctionName=name)",
        "c.invoke(Payload=context.function_name)",
        "invoke(FunctionName=context.function_name)",
        "c.publish(FunctionName=context.function_name)",
        'c.invoke(FunctionName=os.environ["TARGET"])',
        'c.invoke(FunctionName=config.get("AWS_LAMBDA_FUNCTION_NAME"))',
        'c.invoke(FunctionName=settings["AWS_LAMBDA_FUNCTION_NAME"])',
        "c.invoke(FunctionName=lookup())",
        'c.invoke(FunctionName=f"{stage}-worker")',
        "def f():\n    n = context.function_name\ndef g(n):\n    c.invoke(FunctionName=n)",
        "def f():\n    n = context.function_name\ndef g():\n    c.invoke(FunctionName=n)",
        "class A:\n  n = context.function_name\n  def g(self):\n    c.invoke(FunctionName=n)",
        "n = context.function_name\ng = lambda n: c.invoke(FunctionName=n)",
        "n = context.function_name\ndef g(*n):\n    c.invoke(FunctionName=n)",
        "n = context.function_name\ndef g(*, n=1):\n    c.invoke(FunctionName=n)",
        "log(context.function_name)",
    ],
)
def test_other_calls_are_clean(text: str) -> None:
    assert findings(text) == []


def test_an_inner_assignment_wins_over_an_outer_one() -> None:
    text = 'n = context.function_name\ndef f():\n    n = "other"\n    c.invoke(FunctionName=n)'

    assert findings(text) == []


# -- guards


@pytest.mark.parametrize(
    ("text", "guard"),
    [
        (
            (
                "def f(event, context):\n    if event['n'] < 3:\n"
                "        c.invoke(FunctionName=context.function_name)"
            ),
            "condition: event['n'] < 3",
        ),
        (
            (
                "def f(event, context):\n    if event['n'] >= 3:\n        return None\n"
                "    c.invoke(FunctionName=context.function_name)"
            ),
            "condition: event['n'] >= 3",
        ),
        (
            (
                "def f(event, context):\n    if event['n'] >= 3:\n        raise ValueError\n"
                "    c.invoke(FunctionName=context.function_name)"
            ),
            "condition: event['n'] >= 3",
        ),
        ("if depth == 0:\n    c.invoke(FunctionName=context.function_name)", "counter: depth == 0"),
        (
            (
                "def f(event, context):\n    log(event)\n    if event['n'] >= 3:\n"
                "        return None\n    c.invoke(FunctionName=context.function_name)"
            ),
            "condition: event['n'] >= 3",
        ),
        (
            (
                "@c.invoke(FunctionName=context.function_name)\n"
                "def f(event, context):\n    if event['n'] >= 3:\n        return None\n"
            ),
            None,
        ),
        (
            (
                "def f(event, context):\n    if event:\n"
                "        c.invoke(FunctionName=context.function_name)"
            ),
            None,
        ),
        (
            (
                "def f(event, context):\n    if event['n'] >= 3:\n        log(event)\n"
                "    c.invoke(FunctionName=context.function_name)"
            ),
            None,
        ),
        (
            (
                "def f(event, context):\n    c.invoke(FunctionName=context.function_name)\n"
                "    if event['n'] >= 3:\n        return None"
            ),
            None,
        ),
        (
            (
                "def f(event, context):\n    if event['n'] < 3:\n        pass\n    else:\n"
                "        c.invoke(FunctionName=context.function_name)"
            ),
            "condition: event['n'] < 3",
        ),
    ],
)
def test_only_a_comparison_before_the_call_lowers_the_severity(
    text: str, guard: str | None
) -> None:
    found = only(text)

    assert found.guard == guard
    assert found.severity == ("low" if guard else "high")


def test_a_very_deep_condition_is_written_down_shortened() -> None:
    terms = "+".join(["1"] * 800)
    text = f"if {terms} == x:\n    c.invoke(FunctionName=context.function_name)"

    assert only(text).guard == f"condition: {'1 + ' * 30}"


# -- allowances


ALLOW = "# signed-lambda: allow REC-SELF-CTX -- counted in the payload"


@pytest.mark.parametrize(
    "text",
    [
        f"c.invoke(FunctionName=context.function_name)  {ALLOW}",
        f"{ALLOW}\nc.invoke(FunctionName=context.function_name)",
        f"x = 1\n{ALLOW}\nc.invoke(FunctionName=context.function_name)",
    ],
)
def test_an_allowance_on_the_line_or_the_one_above_is_kept_with_its_reason(text: str) -> None:
    assert only(text).allowed == "counted in the payload"


@pytest.mark.parametrize(
    "text",
    [
        f"{ALLOW}\n\nc.invoke(FunctionName=context.function_name)",
        f"c.invoke(FunctionName=context.function_name)\n{ALLOW}",
        "# signed-lambda: allow REC-SELF-ENV -- x\nc.invoke(FunctionName=context.function_name)",
        "# signed-lambda: allow REC-SELF-CTX\nc.invoke(FunctionName=context.function_name)",
        "# signed-lambda: allow REC-SELF-CTX -- \nc.invoke(FunctionName=context.function_name)",
        "# allow REC-SELF-CTX -- x\nc.invoke(FunctionName=context.function_name)",
    ],
)
def test_anything_else_allows_nothing(text: str) -> None:
    assert only(text).allowed is None


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("odd", ["\x0c", "\x0b", "\x1c", "\x85", "\u2028"])
def test_lines_are_counted_as_python_counts_them(odd: str, end: str) -> None:
    lines = [f'text = "{odd}"' if odd != "\x0c" else "x = 1\x0c", "y = 2", ALLOW, "", CTX.strip()]
    text = end.join(lines).replace("\n    ", f"{end}    ")
    if odd == "\x0c":
        text = f"{odd}{text}"

    found = only(text)

    assert found.line == 6
    assert found.evidence[0] == "app.py:6 c.invoke(FunctionName=context.function_name)"
    assert found.allowed is None


# -- what is told


def test_a_finding_tells_everything_a_reviewer_needs() -> None:
    found = only(CTX)

    assert (found.path, found.line, found.end_line, found.function) == ("app.py", 2, 2, "handler")
    assert found.cycle == ("orders", "orders")
    assert found.message == "invokes its own function (by context.function_name)"
    assert found.evidence[0] == "app.py:2 c.invoke(FunctionName=context.function_name)"
    assert found.aws_stops is True
    assert found.aws_why.startswith("AWS stops this after about 16 hops")
    assert found.guard_seen == "none seen"
    assert found.fix


def test_a_function_without_a_name_is_this_function() -> None:
    [found] = findings_in(world_of([parsed(CTX)]))

    assert found.cycle == ("this function", "this function")


# -- the review of a package


def test_the_review_reads_the_packed_files_and_lists_what_it_cannot(tmp_path: Path) -> None:
    found = reviewed(
        tmp_path,
        {
            "app.py": CTX,
            "pkg/clean.py": "A = 1\n",
            "broken.py": "c.put_object(",
            "latin.py": b"c.put_object(Key='\xff')\n",
            "nul.py": b"c.put_object(Key='\0')\n",
            "index.js": "1",
            "half.js": "const x = (;c.putObject(x)\n",
            "names_no_call.js": "const x = (;\n",
            "main.rb": "x",
            "Main.class": b"x",
            "lib.jar": b"PK",
            "words.txt": "c.invoke(FunctionName=context.function_name)",
            "big.py": b"#" * (MAX_SOURCE_BYTES + 1),
        },
    )

    assert [(f.rule, f.path, f.line) for f in found.findings] == [("REC-SELF-CTX", "app.py", 2)]
    assert found.files == 5
    assert {u.path: u.why for u in found.unread} == {
        "big.py": "more than 4,194,304 bytes",
        "broken.py": "not parsed: SyntaxError",
        "half.js": "partly read: line 1 is not understood",
        "Main.class": "this version does not read this language",
        "latin.py": "not parsed: SyntaxError",
        "lib.jar": "this version does not read this language",
        "nul.py": found_why(found, "nul.py"),
    }
    assert found.fact().status is Status.WARNING
    assert "7 not read" in found.fact().proof
    assert found.links() == ()


def found_why(found: Review, path: str) -> str:
    """Python 3.11 says ValueError, 3.12 SyntaxError."""
    [why] = [u.why for u in found.unread if u.path == path]
    assert why in ("not parsed: ValueError", "not parsed: SyntaxError")
    return why


def test_links_are_not_read_twice(tmp_path: Path) -> None:
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "again.py").symlink_to("app.py")

    found = reviewed(tmp_path, {"app.py": CTX})

    assert [f.path for f in found.findings] == ["app.py"]
    assert found.files == 1


def test_a_clean_package_is_ok_and_says_how_much_was_read(tmp_path: Path) -> None:
    fact = reviewed(tmp_path, {"app.py": "A = 1\n", "b.py": ""}).fact()

    assert (fact.status, fact.proof) == (Status.OK, "0 findings in 2 files")


def test_the_worst_finding_comes_first(tmp_path: Path) -> None:
    guarded = CTX.replace("    c", "    if event['n'] < 3:\n        c")

    found = reviewed(tmp_path, {"a.py": guarded, "b.py": CTX, "c.py": CTX})

    assert [(f.severity, f.path) for f in found.findings] == [
        ("high", "b.py"),
        ("high", "c.py"),
        ("low", "a.py"),
    ]


def test_every_ending_that_holds_code_is_read_or_listed(tmp_path: Path) -> None:
    found = reviewed(tmp_path, {f"x{ending}": "" for ending in CODE})

    assert found.files + len(found.unread) == len(CODE)


# -- what blocks


def of_severity(severity: str, allowed: str | None = None) -> Review:
    """A review with one finding."""
    base = only(CTX)
    members = {name: getattr(base, name) for name in base.__slots__}
    found = Finding(**{**members, "severity": severity, "allowed": allowed})
    return Review((found,), 1, ())


BLOCKS: dict[FailOn, set[str]] = {
    "high": {"high"},
    "medium": {"high", "medium"},
    "low": {"high", "medium", "low"},
    "never": set(),
}


@pytest.mark.parametrize("severity", ["high", "medium", "low", "ask"])
@pytest.mark.parametrize("fail_on", BLOCKS)
def test_what_blocks(fail_on: FailOn, severity: str) -> None:
    require_acceptable(of_severity(severity, allowed="because"), fail_on)
    if severity not in BLOCKS[fail_on]:
        require_acceptable(of_severity(severity), fail_on)
        return
    with pytest.raises(ScanError) as caught:
        require_acceptable(of_severity(severity), fail_on)

    [problem] = caught.value.problems
    assert problem.id == "E-SCAN-01"
    assert f"REC-SELF-CTX ({severity}) at app.py:2" in problem.what
    assert "# signed-lambda: allow REC-SELF-CTX -- reason" in problem.do


def test_every_blocking_finding_is_told() -> None:
    both = Review(of_severity("high").findings + of_severity("medium").findings, 1, ())

    with pytest.raises(ScanError) as caught:
        require_acceptable(both, "medium")

    assert len(caught.value.problems) == 2


# -- hostile sources


@pytest.mark.parametrize(
    "body",
    [
        b"(" * 100_000,
        b"x = " + b"-" * 100_000 + b"1",
        b"x = " + b"[" * 90 + b"]" * 90,
        b"\xef\xbb\xbfx = 1",
        b"# -*- coding: nonsense -*-\nx = 1",
        b"\0",
        b"x" * 1_000_000,
    ],
    ids=range(7),
)
def test_a_hostile_file_is_read_or_listed_and_never_ends_the_run(body: bytes) -> None:
    source = read("app.py", body)

    if isinstance(source, Module):
        assert findings_in(world_of([source])) == ()
    else:
        assert source.why.startswith("not parsed: ")


def many(count: int) -> str:
    """Assignments in circles, and very many of them."""
    circle = "n = n or m\nm = n if m else n\n" * count
    return f"{circle}c.invoke(FunctionName=n)\n"


def test_assignments_in_circles_cost_no_more_than_others() -> None:
    started = time.process_time()

    found = findings(many(300))

    assert found == []
    assert time.process_time() - started < 5


def test_a_very_long_chain_of_names_is_given_up() -> None:
    chain = "n0 = context.function_name\n" + "".join(f"n{i + 1} = n{i}\n" for i in range(5000))

    assert findings(f"{chain}c.invoke(FunctionName=n40)")
    assert findings(f"{chain}c.invoke(FunctionName=n5000)") == []


@given(st.text(st.sampled_from("(){}[]:=.,\"'#\\\n\t abcinvoke0FunctionName"), max_size=80))
def test_any_text_is_parsed_or_listed(text: str) -> None:
    source = read("app.py", text.encode())

    if isinstance(source, Module):
        assert all(isinstance(f, Finding) for f in findings_in(world_of([source])))
    else:
        assert isinstance(source, Unread)
