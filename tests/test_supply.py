"""What we install: known faults are found, and exceptions are exact, reasoned and for a time."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from datetime import date
from pathlib import Path
from types import ModuleType

import pytest

from bot.settings import ROOT

TODAY = date(2026, 11, 23)


@pytest.fixture(scope="module")
def audit() -> ModuleType:
    spec = importlib.util.spec_from_file_location("audit", ROOT / ".ci" / "audit.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["audit"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


FOUND = [
    {"name": "aiohttp", "version": "3.9.5", "vulns": [{"id": "CVE-1", "fix_versions": ["3.10"]}]},
    {"name": "rich", "version": "14.0", "vulns": []},
    {"name": "ours", "skip_reason": "not found"},
]


def test_only_the_very_version_is_allowed_and_only_for_its_time(audit: ModuleType) -> None:
    allowed = audit.Allowed("aiohttp", "3.9.5", "because", date(2027, 1, 1))
    judged = audit.judge(FOUND, [allowed], TODAY)
    assert (judged.asked, judged.unknown, judged.bad) == (2, ("ours",), ())
    assert judged.allowed == ("aiohttp 3.9.5: CVE-1 (mended in 3.10)",)
    for other in (
        audit.Allowed("aiohttp", "3.9.6", "because", date(2027, 1, 1)),
        audit.Allowed("aiohttp", "3.9.5", "because", date(2026, 11, 22)),
    ):
        assert audit.judge(FOUND, [other], TODAY).bad == ("aiohttp 3.9.5: CVE-1 (mended in 3.10)",)


def test_every_exception_is_of_a_version_that_rasa_freezes(audit: ModuleType) -> None:
    pinned = (ROOT / "requirements" / "rasa.txt").read_text("utf-8").splitlines()
    for one in audit.read_allowed(ROOT / "requirements" / "audit.yml"):
        assert f"{one.package}=={one.version}" in pinned, one
        assert len(one.why) > 30, one


def test_a_list_that_is_not_there_is_no_finding(
    audit: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(audit, "ask", lambda lock, service: None)
    assert audit.main() == 0
    assert capsys.readouterr().out.count("닿지 않아") == 3
    monkeypatch.setattr(audit, "ask", lambda lock, service: [{**FOUND[0], "name": "rich"}])
    assert audit.main() == 1


def test_a_secret_in_a_file_is_found(tmp_path: Path) -> None:
    key = "-----BEGIN RSA " + "PRIVATE KEY-----"
    (tmp_path / "notes.md").write_text(f"{key}\nMIIE\n")
    hook = ROOT / ".venv" / "bin" / "detect-secrets-hook"
    baseline = ROOT / ".secrets.baseline"
    for name, found in (("notes.md", 1), (str(ROOT / "README.md"), 0)):
        done = subprocess.run(
            [hook, "--no-verify", "--baseline", baseline, tmp_path / name], capture_output=True, check=False
        )
        assert done.returncode == found, done.stdout
