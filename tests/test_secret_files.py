"""Settings that come as files: from Docker, Kubernetes and systemd."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.secret_files import given, secret_folder
from bot.settings import Settings

ADDRESS = "postgresql+asyncpg://sotong_app:비밀@postgres/sotong"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """As Kubernetes mounts a Secret: links to a folder that it swaps as a whole."""
    for name in ("DATABASE_URL", "SOTONG_TELEGRAM_TOKEN", "SOTONG_DATABASE_URL", "CREDENTIALS_DIRECTORY"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "..now").mkdir()
    (tmp_path / "..data").symlink_to("..now")
    for name, value in {"DATABASE_URL": ADDRESS, "SOTONG_TELEGRAM_TOKEN": "1:from-a-file"}.items():
        (tmp_path / "..now" / name).write_text(f"{value}\n", encoding="utf-8")
        (tmp_path / name).symlink_to(Path("..data") / name)
    return tmp_path


@pytest.mark.parametrize("variable", ["SOTONG_SECRETS_DIR", "CREDENTIALS_DIRECTORY"])
def test_a_setting_is_read_from_its_file(
    folder: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, str(folder))
    settings = Settings(_env_file=None)
    assert settings.database == ADDRESS
    assert settings.telegram_token.get_secret_value() == "1:from-a-file"
    assert given({variable: str(folder)}, "DATABASE_URL") == ADDRESS


def test_the_environment_comes_first(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOTONG_SECRETS_DIR", str(folder))
    monkeypatch.setenv("SOTONG_TELEGRAM_TOKEN", "2:from-the-environment")
    assert Settings(_env_file=None).telegram_token.get_secret_value() == "2:from-the-environment"
    assert given({"SOTONG_SECRETS_DIR": str(folder), "DATABASE_URL": "other"}, "DATABASE_URL") == "other"


def test_a_folder_that_is_named_and_not_there_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOTONG_SECRETS_DIR", str(tmp_path / "nowhere"))
    with pytest.raises(NotADirectoryError, match="SOTONG_SECRETS_DIR"):
        Settings(_env_file=None)


def test_ours_comes_before_systemds(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    assert secret_folder({"CREDENTIALS_DIRECTORY": str(other), "SOTONG_SECRETS_DIR": str(folder)}) == folder
    assert given({"CREDENTIALS_DIRECTORY": str(other)}, "DATABASE_URL") == ""
