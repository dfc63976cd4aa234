"""Every channel against what its platform sends and wants, recorded under `tests/wire/<channel>`.

`<case>.in.json` is a request (`method`, `headers`, `query`, `secret`, and `body` or `raw`) whose
`.out.json` is what `parse` makes of it, the name of the error, or the answer to a handshake.
`say_<case>.out.json` is what `render` makes of the message of that name in `outbound.json`. Bodies follow
the platforms' documentation with invented ids.
"""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as limited
from hypothesis import strategies as st

from bot.channel import BadPayload, BadSignature, Channel, WireRequest
from bot.fit import fit
from bot.messages import Outbound
from tests.all_channels import channels

WIRE = Path(__file__).parent / "wire"
INCOMING = (
    "text", "button", "photo", "voice", "video", "document", "sticker", "location", "contact", "start",
    "left", "edited", "deleted", "reaction", "echo", "standby", "delivered", "failed", "redelivered",
    "several", "unknown_kind", "handshake", "bad_handshake", "no_signature", "bad_signature", "empty_body",
    "broken_json", "not_an_object", "wrong_types",
)  # fmt: skip
"""What every channel must have recorded. `start`: the citizen opens the chat or follows; `left`: blocks or
leaves; `echo`: our own message comes back; `standby`: a person answers in the platform's inbox; `several`:
two events in one request; `delivered`, `failed`: what became of a message of ours. Where a platform has no
such thing, `absent.json` beside the recordings says why."""
OUTBOUND: dict[str, Any] = json.loads((WIRE / "outbound.json").read_text("utf-8"))
OFFLINE = sorted(path.parent.name for path in WIRE.glob("*/absent.json"))
"""The web chat's wire is our own: `test_webchat_channel.py`."""


RECORDED = datetime(2026, 3, 26, 4, 40, tzinfo=UTC)
"""When the recordings are said to come: signatures with a time hold for some minutes."""


@pytest.fixture(scope="module")
def offline() -> dict[str, Channel]:
    """Channels that parse and render; they never connect."""
    return channels(None, lambda: RECORDED)  # type: ignore[arg-type]


def cases() -> list[Path]:
    return [path for name in OFFLINE for path in sorted((WIRE / name).glob("*.out.json"))]


def request_of(case: dict[str, Any]) -> WireRequest:
    raw = case["raw"] if "raw" in case else json.dumps(case.get("body"), ensure_ascii=False)
    return WireRequest(
        case.get("method", "POST"),
        case.get("headers", {}),
        case.get("query", {}),
        raw.encode(),
        case.get("secret", ""),
        datetime(2026, 3, 26, 4, 40, tzinfo=UTC),
    )


def outcome(channel: Channel, case: dict[str, Any]) -> Any:
    request = request_of(case)
    try:
        if request.method == "GET":
            answer = channel.handshake(request)
            return answer and {"status": answer.status, "body": answer.body.decode()}
        channel.verify(request)
        return [found.model_dump(mode="json", exclude_defaults=True) for found in channel.parse(request)]
    except (BadSignature, BadPayload) as error:
        return type(error).__name__


def said(channel: Channel, message: dict[str, Any]) -> Any:
    parts = fit(Outbound.model_validate(message), channel.capabilities)
    return [wire for part in parts for wire in channel.render(part)]


@pytest.mark.parametrize("path", cases(), ids=lambda path: f"{path.parent.name}-{path.name[:-9]}")
def test_recorded(path: Path, offline: dict[str, Channel]) -> None:
    channel, case = offline[path.parent.name], path.name.removesuffix(".out.json")
    if case in OUTBOUND:
        result = said(channel, OUTBOUND[case])
    else:
        result = outcome(channel, json.loads(path.with_name(f"{case}.in.json").read_text("utf-8")))
    assert result == json.loads(path.read_text("utf-8"))


def absent(name: str) -> dict[str, str]:
    found: dict[str, str] = json.loads((WIRE / name / "absent.json").read_text("utf-8"))
    return found


def test_every_channel_is_recorded(offline: dict[str, Channel]) -> None:
    assert set(OFFLINE) == set(offline) - {"webchat"}


@pytest.mark.parametrize("name", OFFLINE)
def test_no_case_is_missing(name: str) -> None:
    there = {path.name.removesuffix(".out.json") for path in (WIRE / name).glob("*.out.json")}
    assert {*INCOMING, *OUTBOUND} - set(absent(name)) - there == set()


@pytest.mark.parametrize("name", OFFLINE)
def test_what_is_absent_has_a_reason_and_no_record(name: str) -> None:
    assert all(absent(name).values())
    assert not [case for case in absent(name) if (WIRE / name / f"{case}.out.json").exists()]


@pytest.mark.parametrize("name", OFFLINE)
def test_odd_bytes_prove_nothing(name: str, offline: dict[str, Channel]) -> None:
    """aiohttp gives bytes that are no UTF-8 as halves of surrogate pairs."""
    recorded = [json.loads(path.read_text("utf-8")) for path in (WIRE / name).glob("*.in.json")]
    odd = {header: "\udcff" for case in recorded for header in case.get("headers", {})}
    with pytest.raises(BadSignature):
        offline[name].verify(WireRequest("POST", odd, {}, b"{}", "\udcff"))
    with contextlib.suppress(BadSignature):
        offline[name].handshake(
            WireRequest(
                "GET", odd, {"hub.mode": "subscribe", "hub.verify_token": "\udcff", "crc_token": "\udcff"}
            )
        )


def keys(name: str) -> list[str]:
    """Field names that a platform uses, so that invented requests come near real ones."""

    def walk(value: Any) -> set[str]:
        if isinstance(value, dict):
            return set(value) | {key for inner in value.values() for key in walk(inner)}
        if isinstance(value, list):
            return {key for inner in value for key in walk(inner)}
        return set()

    bodies = (json.loads(path.read_text("utf-8")).get("body") for path in (WIRE / name).glob("*.in.json"))
    return sorted({key for body in bodies for key in walk(body)})


@pytest.mark.parametrize("name", OFFLINE)
@limited(max_examples=40)  # `make fuzz` does the rest
@given(data=st.data())
def test_parse_raises_nothing_but_bad_payload(
    name: str, data: st.DataObject, offline: dict[str, Channel]
) -> None:
    odd = st.sampled_from(["\ud83d", "\x00"])
    inner = odd | st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
    bodies = st.recursive(
        inner,
        lambda deeper: (
            st.lists(deeper, max_size=3) | st.dictionaries(st.sampled_from(keys(name)), deeper, max_size=5)
        ),
        max_leaves=20,
    )
    body = data.draw(st.binary(max_size=200) | bodies.map(lambda value: json.dumps(value).encode()))
    with contextlib.suppress(BadPayload):
        offline[name].parse(WireRequest("POST", {}, body=body))
