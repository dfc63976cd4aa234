"""The catalogue by the clock: at the first start, every night, and never a fault that stops the clock."""

from __future__ import annotations

from datetime import time
from pathlib import Path
from zoneinfo import ZoneInfo

import aiohttp
import pytest
from aiohttp.test_utils import TestServer
from pydantic import SecretStr

from bot.catalogue import stored
from bot.catalogue.nightly import add_services
from bot.jobs import Jobs, Work
from bot.settings import Settings
from demo.gov24.app import Faults, create_app
from tests.catalogue_support import KEY, empty_database, rows, served


class Clock(Jobs):
    """Runs nothing by itself."""

    def __init__(self) -> None:
        super().__init__(ZoneInfo("Asia/Seoul"))
        self.nightly: list[tuple[time, Work]] = []
        self.often: list[Work] = []

    def daily(self, name: str, at: time, work: Work) -> None:
        self.nightly.append((at, work))

    def every(self, name: str, seconds: float, work: Work) -> None:
        self.often.append(work)


async def test_it_is_filled_at_the_first_start_and_renewed_every_night(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    services, faults, clock = served(rows(3)), Faults(), Clock()
    app = create_app(services, KEY, faults)
    async with (
        TestServer(app) as server,
        aiohttp.ClientSession() as session,
        empty_database(tmp_path) as engine,
    ):
        url = str(server.make_url("/api"))
        settings = Settings(_env_file=None, gov24_url=url, gov24_key=SecretStr(KEY))
        add_services(clock, engine, session, settings)
        [(at, night)], [often] = clock.nightly, clock.often
        assert at == time(3, 30)
        await often()
        assert len(await stored.services(engine)) == 3
        await often()
        assert faults.calls == 3
        vars(services).update(vars(served(rows(4))))
        await night()
        assert len(await stored.services(engine)) == 4
        faults.daily = 0
        await night()
        assert "services_not_synchronised" in capsys.readouterr().out
        assert len(await stored.services(engine)) == 4
