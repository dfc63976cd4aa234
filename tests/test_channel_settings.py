"""Which channels are on, and that a forgotten setting is told rather than met by a citizen."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.channel_settings import NEEDED
from bot.cli.doctor import doctor
from bot.settings import Settings
from tests.all_channels import CREDENTIALS, channels


@pytest.mark.parametrize("name", [name for name in NEEDED if len(NEEDED[name]) > 1])
def test_half_a_channel_is_off_and_says_what_it_lacks(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    forgotten = NEEDED[name][-1]
    settings = Settings(_env_file=None, var_dir=tmp_path, **CREDENTIALS | {forgotten: ""})
    assert settings.half_set_up() == {name: (forgotten,)}
    assert name not in channels(None, **{forgotten: ""})  # type: ignore[arg-type]
    assert f"SOTONG_{forgotten.upper()}" in capsys.readouterr().out


def test_doctor_names_what_is_forgotten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = Settings(_env_file=None, var_dir=tmp_path, port=1, line_access_token="t")
    assert doctor(settings) == 1
    assert "SOTONG_LINE_CHANNEL_SECRET" in "".join(capsys.readouterr().out.split())


def test_every_channel_has_a_page(tmp_path: Path) -> None:
    pages = {path.stem for path in (Path(__file__).parent.parent / "docs" / "channels").glob("*.md")}
    assert set(channels(None)) <= pages  # type: ignore[arg-type]
