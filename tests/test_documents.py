"""What the documents promise of the code: every setting has its line, and the worked channel works."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from types import ModuleType
from typing import Any

import aiohttp
import pytest

from bot.channel import BadSignature, Channel, Delivery, DeliveryError, WireRequest
from bot.fit import fit
from bot.messages import START, Button, Inbound, Notice, Outbound
from bot.settings import ROOT, Settings
from connectors.api import Api
from demo.platforms.platform import Choice, Platform, Trouble, Webhook
from tests.record import record
from tests.test_wire import OFFLINE, WIRE

_BY_OTHER_NAMES = {"database_url": "DATABASE_URL", "redis_url": "REDIS_URL"}


def test_every_setting_is_documented() -> None:
    page = (ROOT / "docs" / "settings.md").read_text("utf-8")
    names = [_BY_OTHER_NAMES.get(name, f"SOTONG_{name.upper()}") for name in Settings.model_fields]
    assert [name for name in names if not re.search(rf"`{name}(=\w+)?`", page)] == []


def test_every_channel_is_on_the_first_page() -> None:
    page = (ROOT / "README.md").read_text("utf-8")
    assert [name for name in OFFLINE if f"docs/channels/{name}.md" not in page] == []


def test_files_that_the_guide_names_are_there() -> None:
    page = (ROOT / "docs" / "adding-a-channel.md").read_text("utf-8")
    named = set(re.findall(r"`((?:bot|connectors|demo|tests)/[\w/]+\.py)`", page))
    assert len(named) > 10
    assert {name for name in named if not (ROOT / name).exists()} == {
        "connectors/dove.py",
        "demo/platforms/dove.py",
        "tests/test_dove.py",
    }


def example(name: str) -> Any:
    """A module whose text stands in the guide."""
    page = (ROOT / "docs" / "adding-a-channel.md").read_text("utf-8")
    (text,) = re.findall(rf"```python\n# {name}\n(.*?)```", page, re.DOTALL)
    module = ModuleType(name)
    exec(compile(text, name, "exec"), module.__dict__)
    return module


@pytest.fixture
async def platform() -> AsyncIterator[Platform]:
    credentials = {"dove_secret": "test-dove-secret", "dove_token": "test-dove-token"}
    made = example("demo/platforms/dove.py").DovePlatform("", credentials)
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def dove(platform: Platform) -> AsyncIterator[Channel]:
    async with aiohttp.ClientSession() as session:
        api = Api(session, platform.settings["dove_api_url"], {"Authorization": "Bearer test-dove-token"})
        yield example("connectors/dove.py").Dove(api, "test-dove-secret")


def brought(channel: Channel, webhook: Webhook) -> Inbound | Notice:
    headers = {name.lower(): value for name, value in webhook.headers.items()}
    request = WireRequest(webhook.method, headers, body=webhook.body)
    channel.verify(request)
    (found,) = channel.parse(request)
    return found


async def test_the_worked_channel_hears(platform: Platform, dove: Channel) -> None:
    said = brought(dove, platform.message("u7", "여권", "m1"))
    assert isinstance(said, Inbound)
    assert (said.user_id, said.message_id, said.text) == ("u7", "m1", "여권")
    tapped = brought(dove, platform.tap("u7", Choice("예", "c1"), "m2"))
    assert isinstance(tapped, Inbound)
    assert (tapped.text, tapped.payload) == ("예", "c1")
    opened = brought(dove, platform.deed("u7", "follow", "m3"))
    assert isinstance(opened, Inbound)
    assert opened.text == START
    assert isinstance(brought(dove, platform.deed("u7", "block", "m4")), Notice)
    with pytest.raises(BadSignature):
        dove.verify(WireRequest("POST", {"x-dove-signature": "0"}, body=b"{}"))


async def test_the_worked_channel_speaks(platform: Platform, dove: Channel) -> None:
    words = [f"낱말{number}" for number in range(400)]
    buttons = tuple(Button(label=f"고르기 {number}", payload=f"p{number}") for number in range(5))
    for part in fit(Outbound(text=" ".join(words), buttons=buttons), dove.capabilities):
        for wire in dove.render(part):
            await dove.send(Delivery("u7", "k"), [wire])
    assert " ".join(shown.text for shown in platform.shown).split()[: len(words)] == words
    assert [choice.data for shown in platform.shown for choice in shown.choices] == [
        button.payload for button in buttons
    ]
    for trouble, expected in ((platform.too_fast(7), (7.0, False, False)), (Trouble(0), (None, False, True))):
        platform.troubles.append(trouble)
        with pytest.raises(DeliveryError) as caught:
            await dove.send(Delivery("u7", "k"), [{"text": "답", "buttons": []}])
        found = caught.value
        assert (found.retry_after, found.permanent, found.ambiguous) == expected
    platform.blocked.add("u7")
    with pytest.raises(DeliveryError) as caught:
        await dove.send(Delivery("u7", "k"), [{"text": "답", "buttons": []}])
    assert caught.value.permanent


def test_recordings_are_written_as_the_code_has_them(tmp_path: Any) -> None:
    name = "line"
    for path in (WIRE / name).glob("*.in.json"):
        (tmp_path / name).mkdir(exist_ok=True)
        (tmp_path / name / path.name).write_text(path.read_text("utf-8"), encoding="utf-8")
    assert [path.name for path in record(tmp_path, name, ["text"])] == ["text.out.json"]
    written = {path.name for path in record(tmp_path, name)}
    kept = {path.name: path.read_text("utf-8") for path in (WIRE / name).glob("*.out.json")}
    assert written == set(kept) - {"text.out.json"}
    assert {name: (tmp_path / "line" / name).read_text("utf-8") for name in kept} == kept
    assert record(tmp_path, name) == []
    with pytest.raises(KeyError):
        record(tmp_path, name, ["nosuch"])
