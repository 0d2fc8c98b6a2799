"""What is left out, and what must not be."""

from __future__ import annotations

import subprocess
import zipfile
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from trees import Place, ids, left_out, names

from signed_lambda.errors import SourceError
from signed_lambda.package.patterns import Line, Patterns
from signed_lambda.package.rules import Rules, is_secret_name

if TYPE_CHECKING:
    from pathlib import Path

CERTIFICATE = b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
KEY = b"-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n"


@pytest.mark.parametrize(
    "name",
    [
        ".env",
        ".env.production",
        ".ENV",
        "prod.env",
        ".envrc",
        "app/.env.local",
        "id_rsa",
        "id_rsa.bak",
        "id_ed25519",
        "keys/id_ecdsa",
        "store.p12",
        "store.PFX",
        "app.jks",
        "app.keystore",
        "passwords.kdbx",
        "putty.ppk",
        ".npmrc",
        ".pypirc",
        ".netrc",
        ".git-credentials",
        ".pgpass",
        ".docker/config.json",
        "home/.docker/config.json",
        ".dockercfg",
        "gha-creds-0123456789abcdef.json",
        "client_secret_1.apps.googleusercontent.com.json",
        "terraform.tfstate",
        "terraform.tfstate.backup",
        ".vault-token",
        ".git",
    ],
)
def test_secrets_are_known_by_name(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize(
    "name",
    [
        ".env.example",
        ".env.sample",
        ".env.template",
        ".env.dist",
        "example.env",
        "env",
        "env.py",
        "environment.ts",
        "id_rsa.pub",
        "id.py",
        "certifi/cacert.pem",
        "truststore.jks",
        "truststore.p12",
        "cacerts.jks",
        "docker/config.json",
        "config.json",
        "package.json",
        ".gitignore",
        ".gitattributes",
        ".gitkeep",
        "git.py",
        "keys.py",
        "netrc.py",
        "botocore/data/sso/2019-06-10/service-2.json",
    ],
)
def test_what_only_resembles_a_secret_is_kept(name: str) -> None:
    assert not is_secret_name(name)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("server.pem", KEY),
        ("server.pem", CERTIFICATE + KEY),
        ("server.pem", b"-----BEGIN RSA PRIVATE KEY-----\n"),
        ("server.pem", b"-----BEGIN ENCRYPTED PRIVATE KEY-----\n"),
        ("server.pem", b"unknown"),
        ("server.key", b"-----BEGIN EC PARAMETERS-----\n-----BEGIN EC PRIVATE KEY-----\n"),
        ("server.key", b"\x30\x82\x01\x02"),
        ("SERVER.KEY", KEY),
        ("apns.p8", KEY),
        ("apns.p8", b"\x30\x82"),
        ("server.crt", CERTIFICATE + KEY),
        ("deploy_key", b"-----BEGIN OPENSSH PRIVATE KEY-----\n"),
        ("deploy_key", b"\n  -----BEGIN DSA PRIVATE KEY-----\n"),
        ("secret", b"-----BEGIN PGP PRIVATE KEY BLOCK-----\n"),
        ("putty", b"PuTTY-User-Key-File-3: ssh-ed25519"),
        ("account.json", b'{"type": "service_account", "private_key": "' + KEY[:27] + b'..."}'),
    ],
)
def test_keys_are_known_by_content(place: Place, name: str, content: bytes) -> None:
    place.fill({"app.py": b"", name: content})

    assert left_out(place.pack()) == {name: "secret"}
    assert names(place.pack(allow_secret_files=True)) == sorted(["app.py", name])


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("certifi/cacert.pem", b"# Issuer: CN=x\n" + CERTIFICATE * 3_000),
        ("rds-combined-ca-bundle.pem", CERTIFICATE),
        ("jwt.pem", b"-----BEGIN PUBLIC KEY-----\n"),
        ("jwt.key", b"-----BEGIN RSA PUBLIC KEY-----\n"),
        ("dh.pem", b"-----BEGIN DH PARAMETERS-----\n"),
        ("crl.pem", b"-----BEGIN X509 CRL-----\n"),
        ("root.crt", CERTIFICATE),
        ("root.crt", b"\x30\x82"),
        ("root.cer", b""),
        ("package.json", b'{"name": "x", "type": "module"}'),
        ("keys.json", b'{"private_key": "none"}'),
        ("fixture.json", b'{"pem": "-----BEGIN PRIVATE KEY-----"}'),
        ("crypto.py", KEY),
        ("bootstrap", b"#!/bin/sh\n# -----BEGIN PRIVATE KEY-----\n"),
        ("LICENSE", b"MIT"),
    ],
)
def test_certificates_and_code_are_kept(place: Place, name: str, content: bytes) -> None:
    place.fill({"app.py": b"", name: content})

    assert names(place.pack()) == sorted(["app.py", name])


@pytest.mark.parametrize("folder", [".git", ".aws", ".ssh", ".gnupg", ".kube", "lib/.git", ".GIT"])
def test_secret_folders_are_left_out_whole_and_not_entered(place: Place, folder: str) -> None:
    place.fill({"app.py": b"", f"{folder}/config": b"token", f"{folder}/bad\\name": b""})

    package = place.pack()

    assert names(package) == ["app.py"]
    assert left_out(package) == {f"{folder}/": "secret"}


def test_secrets_are_packed_if_asked_for(place: Place) -> None:
    place.fill({".env": b"A=1", ".git/config": b"t", "k.pem": KEY, "a.py": b"", "a.pyc": b""})

    package = place.pack(allow_secret_files=True)

    assert names(package) == [".env", ".git/config", "a.py", "k.pem"]
    assert left_out(package) == {"a.pyc": "bytecode"}


def test_bytecode_is_left_out(place: Place) -> None:
    place.fill(
        {
            "app.py": b"",
            "app.pyc": b"",
            "__pycache__/app.cpython-313.pyc": b"",
            "__pycache__/gone.cpython-313.pyc": b"",
            "old.pyo": b"",
            "x.PYC": b"",
        }
    )

    assert left_out(place.pack()) == {
        "__pycache__/": "bytecode",
        "app.pyc": "bytecode",
        "old.pyo": "bytecode",
        "x.PYC": "bytecode",
    }


@pytest.mark.parametrize("as_zip", [False, True])
def test_a_compiled_module_without_its_source_is_code_and_is_packed(
    place: Place, *, as_zip: bool
) -> None:
    place.fill({"app.py": b"", "lib/a.pyc": b"1", "lib/b.py": b"", "lib/b.pyc": b"2"})
    if as_zip:
        with zipfile.ZipFile(place.workspace / "dist.zip", "w") as file:
            for path in sorted(place.dist.rglob("*.py*")):
                file.writestr(str(path.relative_to(place.dist)), path.read_bytes())

    package = place.pack("dist.zip" if as_zip else "dist")

    assert names(package) == ["app.py", "lib/a.pyc", "lib/b.py"]
    assert left_out(package) == {"lib/b.pyc": "bytecode"}
    assert [n for n in package.notes if n.startswith("lib/a.pyc: compiled Python without")]


def test_a_compiled_module_whose_source_a_pattern_leaves_out_is_packed(place: Place) -> None:
    place.fill({"app.py": b"", "lib/a.py": b"", "lib/a.pyc": b"1"})

    package = place.pack(exclude=["lib/*.py"])

    assert names(package) == ["app.py", "lib/a.pyc"]


def test_a_pattern_leaves_out_a_compiled_module_without_source(place: Place) -> None:
    place.fill({"app.py": b"", "lib/a.pyc": b"1"})

    package = place.pack(exclude=["*.pyc"])

    assert left_out(package) == {"lib/a.pyc": "pattern"}


def test_our_own_report_is_not_packed(place: Place) -> None:
    place.fill({"app.py": b"", ".signed-lambda/report.json": b"{}"})

    assert left_out(place.pack()) == {".signed-lambda/": "control-file"}


# -- patterns


def test_the_ignore_file_is_read_and_not_packed(place: Place) -> None:
    place.fill(
        {
            "app.py": b"",
            "tests/test_app.py": b"",
            "notes.md": b"",
            ".lambdaignore": b"\xef\xbb\xbf# what stays behind\r\ntests/\r\n\r\n*.md\n",
        }
    )

    package = place.pack()

    assert names(package) == ["app.py"]
    assert left_out(package) == {
        ".lambdaignore": "control-file",
        "notes.md": "pattern",
        "tests/": "pattern",
    }


def test_an_ignore_file_below_the_top_is_an_ordinary_file(place: Place) -> None:
    place.fill({"app.py": b"", "lib/.lambdaignore": b"*\n", "lib/a.py": b""})

    package = place.pack()

    assert names(package) == ["app.py", "lib/.lambdaignore", "lib/a.py"]


def test_exclude_comes_after_the_ignore_file(place: Place) -> None:
    place.fill({"app.py": b"", "a.md": b"", "b.md": b"", ".lambdaignore": b"*.md"})

    assert names(place.pack(exclude=["!b.md"])) == ["app.py", "b.md"]


def test_nothing_is_taken_in_again_below_a_folder_that_is_left_out(place: Place) -> None:
    place.fill({"app.py": b"", "docs/keep.md": b""})

    assert names(place.pack(exclude=["docs/", "!docs/keep.md"])) == ["app.py"]
    assert names(place.pack(exclude=["docs/*", "!docs/keep.md"])) == ["app.py", "docs/keep.md"]


def test_include_packs_only_what_matches(place: Place) -> None:
    place.fill({"app.py": b"", "lib/a.py": b"", "lib/sub/b.py": b"", "lib/c.md": b"", "x.md": b""})

    assert names(place.pack(include=["app.py", "lib/"])) == [
        "app.py",
        "lib/a.py",
        "lib/c.md",
        "lib/sub/b.py",
    ]
    assert names(place.pack(include=["*.py"])) == ["app.py", "lib/a.py", "lib/sub/b.py"]
    assert names(place.pack(include=["lib/", "!lib/sub/"])) == ["lib/a.py", "lib/c.md"]
    assert names(place.pack(include=["lib/"], exclude=["*.md"])) == ["lib/a.py", "lib/sub/b.py"]


def test_include_does_not_let_secrets_or_bytecode_in(place: Place) -> None:
    place.fill({"a.py": b"", ".env": b"A=1", "a.pyc": b""})

    package = place.pack(include=["*"])

    assert names(package) == ["a.py"]
    assert left_out(package) == {".env": "secret", "a.pyc": "bytecode"}


def test_include_does_not_undo_exclude(place: Place) -> None:
    place.fill({"app.py": b"", "b.py": b""})

    assert names(place.pack(include=["*.py"], exclude=["b.py"])) == ["app.py"]


@pytest.mark.parametrize(
    "pattern",
    ["/", "//", "a//b", "!", "!/", "a\\", "a\\/b", "[a", "[", "[]", "[!]", "[b-a]", "[[:alpha:]]",
     "[a-", "[a\\", "a\tb", "a\0b", "a\x7f", "x" * 1001],
)  # fmt: skip
def test_patterns_that_are_none_are_refused(place: Place, pattern: str) -> None:
    place.fill({"app.py": b""})

    error = place.refused(exclude=["*.md", pattern])

    assert ids(error) == ["E-SOURCE-14"]
    assert "exclude, line 2" in str(error)


def test_all_bad_patterns_are_told_at_once(place: Place) -> None:
    place.fill({"app.py": b"", ".lambdaignore": b"ok\n[a\n"})

    error = place.refused(include=["/"], exclude=["[b", "ok", "[c"])

    assert ids(error) == ["E-SOURCE-14"] * 4
    for where in ("include, line 1", ".lambdaignore, line 2", "exclude, line 1", "exclude, line 3"):
        assert where in str(error)


def test_too_many_patterns_are_refused(place: Place) -> None:
    place.fill({"app.py": b""})

    assert names(place.pack(exclude=["a"] * 1_000)) == ["app.py"]
    assert ids(place.refused(exclude=["a"] * 1_001)) == ["E-SOURCE-14"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"ok\nbad\xff\n", "line 2 is not UTF-8"),
        (b"#" * 65_537, "more than 65,536 bytes"),
    ],
)
def test_a_bad_ignore_file_is_refused(place: Place, content: bytes, words: str) -> None:
    place.fill({"app.py": b"", ".lambdaignore": content})

    error = place.refused()

    assert ids(error) == ["E-SOURCE-14"]
    assert words in str(error)


def test_an_ignore_file_that_is_a_link_is_not_followed(place: Place) -> None:
    place.fill({"app.py": b"", "other": b"app.py"})
    (place.dist / ".lambdaignore").symlink_to("other")

    assert ids(place.refused()) == ["E-SOURCE-14"]


@pytest.mark.parametrize(
    ("pattern", "name", "folder"),
    [
        ("*a*a*a*a*a*a*a*b", "a" * 255, False),
        ("**/a/**/a/**/a/**/b", "/".join(["a"] * 256), False),
        ("**/*a*a*a*b/**/*a*a*a*b", "/".join(["a" * 255] * 15), True),
        ("[a-z]*[a-z]*[a-z]*[a-z]*[a-z]*[0-9]", "a" * 255, False),
        ("?*?*?*?*?*?*?*b", "a" * 255, False),
        ("/".join(["**", "a"] * 150) + "/b", "/".join(["a"] * 256), False),
    ],
)
def test_no_pattern_takes_long(pattern: str, name: str, *, folder: bool) -> None:
    """A backtracking matcher would not come back from these within the life of the suite."""
    assert Patterns([Line(pattern, "x")]).decide(name, folder=folder) is None


PIECES = st.sampled_from(
    ["a", "b", "*", "?", "[ab]", "[!a]", "[^b]", "[a-b]", "[]a]", "[-a]", "\\a", "\\*", ".", "-",
     "/", "/**/", "**/", "!", " ", "\\ ", "#"],
)  # fmt: skip
NAME = st.lists(
    st.text("ab.]-!^ ", min_size=1, max_size=3).filter(lambda n: n.strip(". ") == n.strip(" ")),
    min_size=1,
    max_size=4,
).map("/".join)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("git")
    subprocess.run(["git", "init", "-q", folder], check=True)
    return folder


@settings(max_examples=60)
@given(
    patterns=st.lists(
        st.lists(PIECES, min_size=1, max_size=5).map("".join), min_size=1, max_size=3
    ),
    paths=st.lists(NAME, min_size=10, max_size=40, unique=True),
)
def test_patterns_mean_what_they_mean_to_git(
    repository: Path, patterns: list[str], paths: list[str]
) -> None:
    try:
        rules = Rules(exclude=patterns, allow_secret_files=True)
    except SourceError:
        return
    if any(clings(p) for p in patterns):
        return
    (repository / ".gitignore").write_text("\n".join(patterns) + "\n")
    answer = subprocess.run(
        ["git", "-C", repository, "check-ignore", "--no-index", "-z", "--stdin"],
        input="\0".join(paths).encode(),
        capture_output=True,
        check=False,
    )
    assert answer.returncode in {0, 1}, answer.stderr

    ours = {path for path in paths if rules.judge(path, folder=False)}

    assert ours == set(answer.stdout.decode().split("\0")) - {""}


def clings(pattern: str) -> bool:
    """Whether "**" follows other characters.

    Git takes "a**/b" for "a/**/b" if a has no wildcard, against its own page; we keep to the page.
    """
    before, stars, _ = pattern.partition("**")
    return bool(stars) and before.lstrip("!") not in {"", "/"} and not before.endswith("/")
