"""The rules of the layers: who may import and do what. Each is a function: module -> what it broke.

A rule is a promise of the design, and test_layers.py holds every module of the product to it; it
also shows for every rule a module that breaks it.
"""

from __future__ import annotations

import ast
import sys
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tests.promises.modules import Module

OUTSIDE: Final = {
    "boto3": ("aws",),
    "botocore": ("aws",),
    "s3transfer": ("aws",),
    "urllib3": ("aws",),
    "github": ("github",),
    "requests": ("github",),
    "ssl": ("aws",),
    "tree_sitter": ("scan",),
    "yaml": ("scan",),
    "hcl2": ("scan",),
}
"""A library that talks to the world or reads foreign text: the layers that may import it."""
NETWORK: Final = ("socket", "http", "urllib.request", "ftplib", "smtplib", "asyncio")
SHELL: Final = (
    *("subprocess", "os.system", "os.popen", "os.exec", "os.spawn", "os.posix_spawn", "os.fork"),
    *("pty", "multiprocessing", "ctypes", "pickle", "marshal", "shelve", "runpy"),
    *("yaml.load", "yaml.unsafe_load", "yaml.full_load"),
)
BUILT_IN_CODE: Final = ("eval", "exec", "compile", "__import__", "breakpoint", "input")
TIME: Final = (
    *("time.sleep", "time.time", "time.time_ns", "time.monotonic", "time.perf_counter"),
    *("time.localtime", "time.gmtime", "time.strftime", "datetime.date.today"),
    *("datetime.datetime.now", "datetime.datetime.utcnow", "datetime.datetime.today"),
)
ENVIRONMENT: Final = ("os.environ", "os.environb", "os.getenv", "os.putenv")
STREAMS: Final = ("sys.stdout", "sys.stderr", "sys.__stdout__", "sys.__stderr__", "sys.stdin")
OWN: Final = "signed_lambda"
MAY_IMPORT: Final = {
    "lazy": (),
    "errors": ("lazy",),
    "model": ("errors", "lazy"),
    "inputs": ("errors", "model", "inputs", "lazy"),
}
"""Layers that other layers rest on: what of the product they may import."""


def _starts(name: str, prefixes: Iterable[str]) -> bool:
    return any(name == prefix or name.startswith(f"{prefix}.") for prefix in prefixes)


def _library(name: str) -> str:
    """The library of an imported name; stubs count as boto3, grammars as tree_sitter."""
    top = name.partition(".")[0]
    if top.startswith("tree_sitter_"):
        return "tree_sitter"
    return "boto3" if top.startswith("mypy_boto3_") else top


def libraries(module: Module) -> Iterator[str]:
    """Only one layer talks to AWS, one to GitHub, and nobody to anything else."""
    for name, line in module.imports:
        top = _library(name)
        if top in OUTSIDE and not module.within(*OUTSIDE[top]):
            yield f"{module.name}:{line} imports {name}; only {', '.join(OUTSIDE[top])} may"
        if _starts(name, NETWORK):
            yield f"{module.name}:{line} imports {name}; the network is for aws and github"


def own_imports(module: Module) -> Iterator[str]:
    """The lower layers import no higher one."""
    for layer, allowed in MAY_IMPORT.items():
        if not module.within(layer):
            continue
        for name, line in module.imports:
            if _starts(name, [OWN]) and not _starts(name, [f"{OWN}.{one}" for one in allowed]):
                yield f"{module.name}:{line} imports {name}; {layer} may not"


def nothing_of_the_sandbox(module: Module) -> Iterator[str]:
    """The product never imports its stand-in AWS, nor anything for tests."""
    for name, line in module.imports:
        if _starts(name, ("lambda_sandbox", "tests", "moto", "unittest", "pytest", "mock")):
            yield f"{module.name}:{line} imports {name}, which is for tests"


def environment(module: Module) -> Iterator[str]:
    """The environment is read once, in main, and passed on; console is main at a terminal."""
    if not module.within("main", "console"):
        yield from _uses(module, ENVIRONMENT, "only main reads the environment")


def streams(module: Module) -> Iterator[str]:
    """Only runner prints, because the runner parses every line; main and signals hand it stdout.

    console is no part of the action: what it prints is read by a person.
    """
    if not module.within("main", "runner", "signals", "console"):
        yield from _uses(module, (*STREAMS, "print"), "only runner prints")


def clock(module: Module) -> Iterator[str]:
    """Time is injected; only clock reads it or waits."""
    if not module.within("clock"):
        yield from _uses(module, TIME, "only clock reads the time or waits")


def shell(module: Module) -> Iterator[str]:
    """Nothing starts a process, and nothing runs text or data as code.

    privileges calls the kernel's prctl, which Python does not offer. package.crew starts this
    Python with a file of ours, to pack on all cores.
    """
    found = (*module.dotted, *module.imports)
    for name, line in found:
        if _starts(name, ["ctypes"]) and module.within("privileges"):
            continue
        if _starts(name, ["subprocess"]) and module.within("package.crew"):
            continue
        banned = _starts(name, (*SHELL, *BUILT_IN_CODE)) or name.startswith(("os.exec", "os.spawn"))
        if banned:
            yield f"{module.name}:{line} uses {name}, which can run foreign code"


PEOPLES: Final = (f"{OWN}.setup", f"{OWN}.aws.setup")


def commands_for_people(module: Module) -> Iterator[str]:
    """What makes roles and buckets is not in the image, so nothing of the action needs it.

    .dockerignore leaves it out.
    """
    if module.within("setup", "aws.setup"):
        return
    for name, line in module.imports:
        if _starts(name, PEOPLES):
            yield f"{module.name}:{line} imports {name}, which is not in the image"


def standard_or_known(module: Module) -> Iterator[str]:
    """A library comes in by a deliberate step: it is of Python, ours, or listed here."""
    known = {*OUTSIDE, OWN, "cryptography", "asn1crypto", "deflate"}
    for name, line in module.imports:
        top = _library(name)
        if top not in known and top not in sys.stdlib_module_names:
            yield f"{module.name}:{line} imports {top}, which no rule of layers.py knows"


def dataclasses_put_off(module: Module) -> Iterator[str]:
    """A frozen dataclass with slots costs its 0.6 ms when it is used, not when it is imported.

    Where there is an InitVar, linters know that it is needed only from the standard library's own.
    """
    names = {name for name, _ in module.imports}
    if "dataclasses.dataclass" not in names or "dataclasses.InitVar" in names:
        return
    for node in ast.walk(module.tree):
        if not isinstance(node, ast.ClassDef):
            continue
        for decorator in node.decorator_list:
            options = {k.arg for k in decorator.keywords} if isinstance(decorator, ast.Call) else ()
            if {"frozen", "slots"} <= set(options):
                yield f"{module.name}:{node.lineno} takes dataclass of dataclasses, not of lazy"


def regexes_put_off(module: Module) -> Iterator[str]:
    """A module's regular expressions are compiled when they are used: `lazy.regex`.

    `environment` is imported before anything else of the product, and has two.
    """
    if module.within("environment"):
        return
    waiting: list[ast.AST] = [module.tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue  # compiled when it is called
        waiting.extend(ast.iter_child_nodes(node))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "re.compile":
            yield f"{module.name}:{node.lineno} takes compile of re, not regex of lazy"


def silent_exceptions(module: Module) -> Iterator[str]:
    """No handler takes every exception and goes on as if nothing had been."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ExceptHandler):
            caught = ast.unparse(node.type) if node.type else "everything"
            passes = all(isinstance(inner, ast.Pass | ast.Continue) for inner in node.body)
            if caught in ("everything", "Exception", "BaseException") and passes:
                yield f"{module.name}:{node.lineno} catches {caught} and goes on"


def _uses(module: Module, names: Iterable[str], why: str) -> Iterator[str]:
    wanted = tuple(names)
    for name, line in module.dotted:
        if _starts(name, wanted):
            yield f"{module.name}:{line} uses {name}; {why}"


def evidence_classes(modules: Iterable[Module]) -> dict[str, str]:
    """Classes that are built by `confirm` or `recall`, with the module of each."""
    found = {}
    for module in modules:
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ClassDef) and any(_is_a_proof(part) for part in node.body):
                found[node.name] = module.name
    return found


def _is_a_proof(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.FunctionDef)
        and node.name in ("confirm", "recall")
        and any(ast.unparse(decorator) == "classmethod" for decorator in node.decorator_list)
    )


def evidence_is_confirmed(modules: Iterable[Module]) -> Iterator[str]:
    """Evidence is built where it is checked: its class is called in its own module only."""
    everything = list(modules)
    home = evidence_classes(everything)
    for module in everything:
        for name, line in module.calls():
            if name in home and home[name] != module.name:
                yield f"{module.name}:{line} builds {name} itself; {home[name]} confirms it"


RULES: Final[tuple[Callable[[Module], Iterator[str]], ...]] = (
    libraries,
    own_imports,
    nothing_of_the_sandbox,
    environment,
    streams,
    clock,
    shell,
    standard_or_known,
    dataclasses_put_off,
    regexes_put_off,
    silent_exceptions,
    commands_for_people,
)
