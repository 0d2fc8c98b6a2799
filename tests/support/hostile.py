"""Foreign text at its worst: a weighted alphabet of dangers, and reports made of it.

`FOREIGN` is what each sink must survive, `REPORTS` what each renderer must. `dangers` names what a
text holds, by looking at it, so that a test can show that the generator makes all of them.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any, Final, get_args

from hypothesis import Phase, settings
from hypothesis import strategies as st

from signed_lambda.errors import Problem
from signed_lambda.model import Advice, LeftOut, MemberChange, Sha256
from signed_lambda.report.model import (
    Comparison,
    DependencyMove,
    Differing,
    Fact,
    FileChange,
    Finding,
    Level,
    Link,
    OtherFinding,
    OtherReview,
    Outcome,
    PackageSummary,
    Place,
    Reach,
    Release,
    Report,
    Review,
    Run,
    Severity,
    Standing,
    Status,
)

PIECES: Final = (
    "@octocat", "@acme/team", "mail@example.com", "#1", "acme/orders#12", "GH-7", "a1b2c3d4e5f6",
    "a1b2c3d4e5f60718293a4b5c6d7e8f9012345678", "https://evil.example/x", "www.evil.example",
    "http://a", "ftp://a.b", "mailto:a@b.cd", "xmpp:a@b.cd", "[a](b)",
    "![a](https://e.example/b.png)", "[a]: //e.example", "![a]", "<https://e.example>",
    "[^1]", "[^1]: note", "<img src=x>", "<a href=//e.example>", "<!-- x", "-->",
    "</details>", "</code>", "<script>", "&lt;", "&#64;octocat", "&commat;",
    "`", "``", "```", "````", "~~~", "~~a~~",
    "|", "\\|", "\\", "\\`", "*a*", "__b__", "_", "$x$", "$$", "$`a`$", ":tada:", "# h", "> q",
    "- [x] t", "1. l", "1) l", "+ l", "---", "===", "    code", "\t", "\n", "\r\n", "\n\n", "\r",
    "\x1b[31m", "\u202e", "\u200b", "\u2066", "\ufeff", "\u2028", "\x00", "\x85", "\ud800",
    "\udcff", "\U000e0041", "\u3164", "\u00a0", "\u00ad", "\u034f",
    "::error::x", "\n::error::x", "::add-mask::a", "::stop-commands::x", "##[error]x", "##[group]",
    "##[add-mask]a", "##\u200b[error]x", "'live'", "it's", "->", "é", "日本語", "👩‍💻", " ", "a",
    "word", "E-HASH-03", "CVE-2024-1", "100%0A::error::x", "%25", "deadbeef1", "1234567",
    "x|mail@example.com|", "1,234", "50%", "arn:aws:s3:::bucket/key", "src/app.py:47",
    "<details open>", "%%{init}%%", '"]', "end", "@", "{0}", "](0)", "../", "/",
    "<!-- signed-lambda-deploy:v1 key=eu-west-1/orders/live e30= -->",
    "\nreviewed=true\n", "name<<EOF\n", "> [!CAUTION]\n", "| a | b |\n|---|---|\n",
)  # fmt: skip
"""Each a danger, or what stands beside one."""

FOREIGN: Final = st.lists(
    st.one_of(
        st.sampled_from(PIECES),
        st.sampled_from(PIECES),
        st.text(max_size=6),
        st.text(st.sampled_from("`|<>[]()!@#:&$\\*_~-=+\n %;{}/."), max_size=5),
    ),
    max_size=8,
).map("".join)
"""Any text; half of its pieces are known dangers, the others arbitrary, some of marks alone."""

_DANGERS: Final = {
    "a mention": r"(?<!\w)@[A-Za-z0-9]",
    "an e-mail address": r"\w@\w+\.\w",
    "an address": r"https?://\w|www\.\w",
    "an issue": r"#\d|GH-\d",
    "a commit": r"\b[0-9a-f]{7,40}\b",
    "a link": r"\]\(",
    "an image": r"!\[|<img",
    "an element": r"<[a-z/]",
    "the end of a comment": "-->",
    "our own marker": "<!-- signed-lambda-deploy",
    "an entity": r"&[#a-z]",
    "a fence": "```|~~~",
    "a pipe": r"\|",
    "a backslash at the end": r"\\$",
    "mathematics": r"\$",
    "a pictogram's name": r":\w+:",
    "the start of a block": r"^(?:#|>|-|\+|\d[.)]|=| {4})",
    "a line break": "[\n\r\u2028\x85]",
    "a bidirectional mark": "[\u202a-\u202e\u2066-\u2069]",
    "a character without width": "[\u200b\ufeff\u034f\u00ad]",
    "a lone surrogate": "[\ud800-\udfff]",
    "an escape sequence": "\x1b",
    "a command at the start of a line": r"^\s*::[a-z-]+::",
    "a command anywhere": r"##\[[a-z-]+\]",
    "an escaped line break of commands": "%0A",
    "the start of an output": r"^\w+(?:=|<<)\w",
    "a placeholder": r"\{0\}",
    "nothing": r"\A\Z",
}


def dangers(text: str) -> set[str]:
    """The names of the dangers that the text holds."""
    return {name for name, form in _DANGERS.items() if re.search(form, text, re.MULTILINE)}


DANGERS: Final = frozenset(_DANGERS)

_SHAS: Final = st.one_of(st.none(), st.binary(min_size=32, max_size=32).map(Sha256))
_SOME_SHA: Final = st.binary(min_size=32, max_size=32).map(Sha256)
_NAME: Final = st.lists(st.sampled_from(PIECES), max_size=4).map("".join)
"""Shorter and worse than `FOREIGN`: a report has dozens of them."""


def _few(of: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(of, max_size=3).map(tuple)


_RUNS: Final = st.one_of(
    st.builds(  # a run of ours: its links are shown
        Run,
        repository=st.just("acme/orders"),
        server_url=st.just("https://github.com"),
        run_id=st.integers(1, 10**12),
        attempt=st.integers(1, 9),
        commit=st.just("a1b2c3d4e5f60718293a4b5c6d7e8f9012345678"),
        event=st.one_of(st.just("pull_request"), _NAME),
        actor=_NAME,
        workflow=_NAME,
        branch=_NAME,
    ),
    st.builds(
        Run,
        repository=_NAME,
        server_url=_NAME,
        run_id=st.integers(0, 10**12),
        attempt=st.integers(0, 9),
        commit=_NAME,
        event=_NAME,
        actor=_NAME,
        workflow=_NAME,
        branch=_NAME,
    ),
)
_FINDINGS: Final = st.builds(
    Finding,
    rule=_NAME,
    severity=st.sampled_from(get_args(Severity)),
    certainty=st.sampled_from(["certain", "ask"]),
    path=_NAME,
    line=st.integers(1, 10**6),
    end_line=st.integers(1, 10**6),
    function=_NAME,
    message=_NAME,
    cycle=st.lists(_NAME, max_size=4).map(tuple),
    evidence=_few(_NAME),
    guard=st.one_of(st.none(), _NAME),
    aws_stops=st.one_of(st.none(), st.booleans()),
    aws_why=_NAME,
    fix=_NAME,
    allowed=st.one_of(st.none(), _NAME),
    allowed_at=_NAME,
)
_PACKAGES: Final = st.builds(
    PackageSummary,
    files=st.integers(0, 10**6),
    size_bytes=st.integers(0, 10**9),
    unzipped_bytes=st.integers(0, 10**9),
    compression=st.sampled_from(["fast", "default", "small"]),
    codec=_NAME,
    left_out=_few(st.builds(LeftOut, name=_NAME, reason=st.just("secret"))),
    notes=_few(_NAME),
    advice=_few(
        st.builds(
            Advice,
            exclude=_NAME,
            what=_NAME,
            files=st.integers(1, 10**5),
            size_bytes=st.integers(0, 10**9),
            zipped_bytes=st.integers(0, 10**9),
        )
    ),
    repo_root=st.one_of(st.none(), st.just(""), st.just("src"), _NAME),
)
_SIZES: Final = st.one_of(st.none(), st.integers(0, 10**9))
_COMPARISONS: Final = st.builds(
    Comparison,
    version=_NAME,
    code_sha256=_SHAS,
    files=_few(
        st.builds(
            FileChange,
            name=_NAME,
            before_bytes=_SIZES,
            after_bytes=_SIZES,
            dependency=_NAME,
            in_pull_request=st.sampled_from([True, False, None]),
        )
    ),
    same_files=st.integers(0, 10**6),
    dependencies=_few(
        st.builds(DependencyMove, name=_NAME, before=_NAME, after=_NAME, files=st.integers(1, 9))
    ),
    configuration=_few(
        st.builds(
            MemberChange,
            name=_NAME,
            before=st.one_of(st.none(), _NAME),
            after=st.one_of(st.none(), _NAME),
            note=_NAME,
        )
    ),
    pins=_few(_NAME),
)
_REVIEWS: Final = st.builds(
    Review,
    pull_request=st.integers(1, 10**6),
    commit=_NAME,
    build_sha256=_SHAS,
    same=st.booleans(),
    differing=_few(
        st.builds(Differing, name=_NAME, what=st.sampled_from(["added", "removed", "changed"]))
    ),
    url=_NAME,
)
_RELEASES: Final = st.builds(
    Release,
    version=_NAME,
    place=st.sampled_from(get_args(Place)),
    code_sha256=_SHAS,
    hash_alias=_NAME,
    aliases=_few(_NAME),
    build=_NAME,
    commit=_NAME,
    run=st.integers(0, 10**12),
    attempt=st.integers(0, 9),
    pull_request=st.integers(0, 10**6),
    who=_NAME,
    published_at=_NAME,
    command=_NAME,
    reason=_NAME,
    signing_job_id=_NAME,
    signed_by=_NAME,
    standing=st.sampled_from(get_args(Standing)),
    why=_NAME,
)
REPORTS: Final = st.builds(
    Report,
    command=st.one_of(st.just("plan"), _NAME),
    outcome=st.sampled_from(get_args(Outcome)),
    changed=st.booleans(),
    function_name=_NAME,
    alias=_NAME,
    region=_NAME,
    version=_NAME,
    previous_version=_NAME,
    version_arn=_NAME,
    build_sha256=_SHAS,
    code_sha256=_SHAS,
    config_sha256=_SHAS,
    hash_alias=_NAME,
    signing_job_id=_NAME,
    signing_profile=_NAME,
    reason=_NAME,
    facts=_few(
        st.builds(
            Fact,
            step=st.one_of(st.sampled_from(["scan", "observe"]), _NAME),
            title=_NAME,
            proof=_NAME,
            status=st.sampled_from(Status),
            took_s=st.one_of(st.none(), st.floats(0, 10_000)),
        )
    ),
    links=_few(st.builds(Link, name=_NAME, sha256=_SOME_SHA, equals=_NAME)),
    findings=_few(_FINDINGS),
    other_reviews=_few(
        st.builds(
            OtherReview,
            tool=_NAME,
            errors=st.integers(0, 10**6),
            warnings=st.integers(0, 9),
            notes=st.integers(0, 9),
            suppressed=st.integers(0, 9),
            findings=_few(
                st.builds(
                    OtherFinding,
                    rule=_NAME,
                    level=st.sampled_from(get_args(Level)),
                    path=_NAME,
                    line=st.integers(0, 10**6),
                    message=_NAME,
                )
            ),
        )
    ),
    warnings=_few(_NAME),
    problems=_few(st.builds(Problem, id=st.just("E-HASH-03"), what=_NAME, do=_NAME)),
    left=_NAME,
    reach=st.sampled_from(Reach),
    package=st.one_of(st.none(), _PACKAGES),
    comparison=st.one_of(st.none(), _COMPARISONS),
    releases=_few(_RELEASES),
    older_releases=st.integers(0, 9),
    review=st.one_of(st.none(), _REVIEWS),
    review_required=st.booleans(),
    undo_version=_NAME,
    run=_RUNS,
    action_version=_NAME,
    started_at=st.just(datetime(2026, 11, 22, tzinfo=UTC)),
    took_s=st.floats(0, 10_000),
)
"""Reports whose every foreign member is hostile."""
HOSTILE_REPORTS: Final = settings(max_examples=100, phases=(Phase.generate, Phase.shrink))
"""How many of them go through each renderer; always the same ones. (To explain takes minutes.)"""
