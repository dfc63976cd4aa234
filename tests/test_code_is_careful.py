"""What every file of the program keeps to, read from its syntax: secrets, YAML, nothing loaded executes."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.settings import ROOT

FILES = sorted(path for folder in ("bot", "connectors", "actions") for path in (ROOT / folder).rglob("*.py"))
_SECRET = re.compile(r"(^|_)(secret|token|signature|signed|hmac|mac|proof|password|csrf|challenge)$")
"""Names of what only who may know it knows."""
_FINE = {
    ("bot/voices/words.py", "token"): "a word of a sentence",
}
_EXECUTES = {"pickle", "cPickle", "marshal", "shelve", "dill", "cloudpickle", "joblib"}
_SAFE_LOADERS = {"_Loader", "SafeLoader", "CSafeLoader"}


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), str(path))


def named(node: ast.expr) -> str:
    """The last word of a name or of a call's name."""
    while isinstance(node, ast.Call):
        node = node.func
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def compared(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and name of every secret that `==` or `!=` looks at, other than whether it is empty or there."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Eq | ast.NotEq):
            sides = (node.left, node.comparators[0])
            plain = any(isinstance(side, ast.Constant) and len(str(side.value or "")) < 8 for side in sides)
            for side in sides:
                made = ast.unparse(side).endswith(("digest()", "b64encode(signature)"))
                if not plain and (made or _SECRET.search(named(side).lower())):
                    yield node.lineno, named(side)


def test_secrets_are_compared_in_constant_time() -> None:
    found = []
    for path in FILES:
        where = path.relative_to(ROOT).as_posix()
        found += [
            f"{where}:{line} {name}" for line, name in compared(parsed(path)) if (where, name) not in _FINE
        ]
    assert found == []


@pytest.mark.parametrize(
    ("code", "seen"),
    [
        ("if given == self._token: pass", ["_token"]),
        ("ok = request.headers['x'] != secret", ["secret"]),
        ("x = a.hexdigest() == b; y = mine.digest() == c", ["hexdigest", "digest"]),
        ("if secret == '': pass", []),
        ("hmac.compare_digest(token, given)", []),
    ],
)
def test_the_scan_sees_what_it_should(code: str, seen: list[str]) -> None:
    assert [name for _, name in compared(ast.parse(code))] == seen


def test_every_signature_and_token_is_looked_at_by_a_compare_digest() -> None:
    """Channels that a secret protects use one: the scan of names would miss what is called otherwise."""
    for name in (
        "kakao",
        "unsigned",
        "line",
        "graph",
        "messenger",
        "telegram",
        "webhook",
        "x",
        "webchat/sessions",
    ):
        text = (ROOT / "connectors" / f"{name}.py").read_text("utf-8")
        if "BadSignature(" in text or "raise BadToken" in text:
            calls = re.search(r"compare_digest|verify_secret|signed_by|check_signature|verify\(", text)
            assert calls, name


def test_yaml_makes_nothing_but_values() -> None:
    found = []
    for path in FILES:
        tree = parsed(path)
        known = {each.name for node in ast.walk(tree) if isinstance(node, ast.Import) for each in node.names}
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            called, where = ast.unparse(node.func), f"{path.relative_to(ROOT)}:{node.lineno}"
            loaders = [named(word.value) for word in node.keywords if word.arg == "Loader"]
            if "yaml" in known and called in (
                "yaml.load",
                "yaml.load_all",
                "yaml.compose",
                "yaml.unsafe_load",
                "yaml.full_load",
            ):
                found += [where] if not loaders or not set(loaders) <= _SAFE_LOADERS else []
            kinds = [ast.literal_eval(word.value) for word in node.keywords if word.arg == "typ"]
            if (
                called.rpartition(".")[2] == "YAML"
            ):  # ruamel: without a kind it keeps comments and is safe too
                found += [where] if set(kinds) & {"unsafe"} else []
    assert found == []


def test_nothing_that_is_loaded_is_executed() -> None:
    found = []
    for path in FILES:
        for node in ast.walk(parsed(path)):
            names = [each.name for each in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            where = f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}"
            found += [f"{where} {name}" for name in names if name.partition(".")[0] in _EXECUTES]
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                words = {word.arg: ast.unparse(word.value) for word in node.keywords}
                wrong = called in ("eval", "exec", "os.system", "os.popen", "torch.load", "__import__")
                wrong |= words.get("shell") == "True" or words.get("allow_pickle") == "True"
                wrong |= words.get("ssl") == "False" or words.get("verify") == "False"
                found += [f"{where} {called}"] if wrong else []
    assert found == []


def test_pages_escape_what_they_show() -> None:
    """No template takes the escaping off, and no code calls a text safe that is not made of constants."""
    pages = [page for folder in ("bot", "connectors") for page in (ROOT / folder).rglob("*.html")]
    off = re.compile(r"(?<!')\s*\|\s*safe\b|autoescape\s+false")  # what stands in quotes is ours
    assert [page.name for page in pages if off.search(page.read_text("utf-8").replace("' |", "'|"))] == []
    found = []
    for path in FILES:
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Call) and named(node) == "Markup":
                constant = all(isinstance(each, ast.Constant) for each in node.args)
                found += [] if constant else [f"{path.relative_to(ROOT)}:{node.lineno}"]
    assert found == []
