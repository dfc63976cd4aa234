"""What comes over the wire: platforms' requests, the page's frames, tokens, other installations' letters."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import json
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from joserfc import jwt
from joserfc.jwk import KeySet, OctKey
from pydantic import ValidationError

from bot.agencies.keys import OwnKey
from bot.agencies.letters import BadLetter, sealed, sender
from bot.channel import BadPayload, BadSignature, Channel, WireRequest
from bot.identity.id_token import Expected, LoginRefused, read
from bot.masking import mask
from bot.messages import Inbound
from connectors.webchat.frames import UserMessage, read_frame
from connectors.webchat.reception import claimed_id
from connectors.webchat.sessions import BadToken, Sessions
from tests import all_channels

WIRE = Path(__file__).resolve().parent.parent / "tests" / "wire"
NOON = datetime(2026, 3, 26, 4, 40, tzinfo=UTC)
_NAMES = sorted(path.parent.name for path in WIRE.glob("*/absent.json"))

One = Callable[[bytes], None]
Seeds = Callable[[], Iterable[bytes]]


def channels() -> Iterator[tuple[str, Callable[[], One], Seeds]]:
    """Each platform's `parse`, with the recorded requests."""
    for name in _NAMES:
        yield name, lambda name=name: _parsing(name), lambda name=name: _recorded(name)  # type: ignore[misc]


def _all() -> dict[str, Channel]:
    return all_channels.channels(None, lambda: NOON)  # type: ignore[arg-type]


def _parsing(name: str) -> One:
    channel = _all()[name]

    def one(data: bytes) -> None:
        try:
            found = channel.parse(WireRequest("POST", {}, {}, data, "", NOON))
        except BadPayload as error:
            str(error).encode()
            return
        for each in found:
            each.model_dump_json()  # what is written down, and sent to Rasa
            if isinstance(each, Inbound):
                mask(each.text)[0].encode()

    return one


def _recorded(name: str) -> Iterator[bytes]:
    for path in sorted((WIRE / name).glob("*.in.json")):
        case = json.loads(path.read_text("utf-8"))
        if case.get("method", "POST") == "POST":
            yield case["raw"].encode() if "raw" in case else json.dumps(case.get("body")).encode()


def signature() -> One:
    """`verify` and `handshake` of every platform: the first line is what its headers and its query say."""
    there = [channel for name, channel in _all().items() if name in _NAMES]
    names = (
        *("x-line-signature", "x-hub-signature-256", "x-sotong-signature", "x-sotong-timestamp"),
        *("x-telegram-bot-api-secret-token", "x-twitter-webhooks-signature", "authorization"),
    )
    asked = ("hub.mode", "hub.verify_token", "hub.challenge", "crc_token")

    def one(data: bytes) -> None:
        said, _, body = data.partition(b"\n")
        text = said.decode("utf-8", "surrogateescape")
        request = WireRequest(
            "POST", dict.fromkeys(names, text), dict.fromkeys(asked, text), body, text, NOON
        )
        channel = there[len(data) % len(there)]
        with contextlib.suppress(BadSignature, BadPayload):
            channel.verify(request)
        with contextlib.suppress(BadSignature, BadPayload):
            channel.handshake(request)

    return one


def frame() -> One:
    """What the page of the web chat sends."""

    def one(data: bytes) -> None:
        try:
            found = read_frame(data)
        except ValidationError:
            claimed_id(data)
            return
        if isinstance(found, UserMessage):
            mask(found.text)[0].encode()

    return one


def frames() -> Iterator[bytes]:
    """One of each type."""
    head = {"v": 1, "id": "0123456789abcdef", "ts": "2026-11-23T12:00:00+09:00"}
    kinds: tuple[dict[str, Any], ...] = (
        {"type": "session.open", "resume_token": "a.b", "last_seq": 3},
        {**head, "type": "user.message", "text": "여권 얼마예요"},
        {**head, "type": "user.action", "payload": "/menu", "label": "메뉴"},
        {"type": "user.typing", "on": True},
        {"type": "ping"},
    )
    return (json.dumps(each).encode() for each in kinds)


_KEY = OctKey.import_key("k" * 32, {"kid": "1", "use": "sig", "alg": "HS256"})
_CLAIMS = {"iss": "https://id", "aud": "sotong", "sub": "1", "nonce": "n", "iat": 1, "exp": 2, "auth_time": 1}


def id_token() -> One:
    """ID tokens: those that are whole but for their claims are signed with the right key."""
    keys, expected = KeySet([_KEY]), Expected("https://id", "sotong", "n", "access", ("strong",))

    def one(data: bytes) -> None:
        text = data.decode("utf-8", "surrogateescape")
        tokens = [text]
        with contextlib.suppress(ValueError, RecursionError):
            claims = json.loads(text)
            if isinstance(claims, dict):
                tokens.append(_signed(json.dumps(claims).encode()))
        for token in tokens:
            with contextlib.suppress(LoginRefused):
                read(token, keys, ["HS256", "RS256"], expected, 1)

    return one


def _signed(payload: bytes) -> str:
    head = base64.urlsafe_b64encode(b'{"alg":"HS256","kid":"1"}').rstrip(b"=")
    said = head + b"." + base64.urlsafe_b64encode(payload).rstrip(b"=")
    proof = hmac.new(b"k" * 32, said, hashlib.sha256).digest()
    return (said + b"." + base64.urlsafe_b64encode(proof).rstrip(b"=")).decode()


def tokens() -> Iterator[bytes]:
    """A good token, and the claims of another."""
    yield jwt.encode({"alg": "HS256", "kid": "1"}, _CLAIMS, _KEY).encode()
    yield json.dumps({**_CLAIMS, "acr": "strong", "at_hash": "x", "azp": "sotong", "name": "김하늘"}).encode()


def session() -> One:
    """Resume tokens, as a header of a request can hold them."""
    sessions = Sessions(b"k" * 32)

    def one(data: bytes) -> None:
        with contextlib.suppress(BadToken):
            sessions.user_id(data.decode("utf-8", "surrogateescape"))

    return one


_OWN = OwnKey(b"k" * 32)


def letter() -> One:
    """Letters of other agencies: three lines of headers, then the body."""
    keys = {"busan": _OWN.public}

    def one(data: bytes) -> None:
        agency, timestamp, proof, body = (data.split(b"\n", 3) + [b""] * 3)[:4]
        said = zip(("agency", "timestamp", "signature"), (agency, timestamp, proof), strict=True)
        headers = {f"x-sotong-{name}": value.decode("utf-8", "surrogateescape") for name, value in said}
        with contextlib.suppress(BadLetter):
            sender(headers, body, "hanbit", keys, NOON)

    return one


def letters() -> Iterator[bytes]:
    """A good one."""
    made = sealed(_OWN, "busan", "hanbit", b"{}", NOON)
    names = ("Agency", "Timestamp", "Signature")
    yield "\n".join([*(made[f"X-Sotong-{name}"] for name in names), "{}"]).encode()
