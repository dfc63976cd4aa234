"""Three ways to tell staff: e-mail, a webhook, a Telegram chat."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import json
import smtplib
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import Any
from urllib.parse import unquote, urlsplit

import aiohttp

from bot.outside import Outside, refused

_WITHIN = 10.0
"""Seconds that a way may take."""
_PORTS = {"smtp": 25, "smtps": 465}
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
SIGNATURE = "X-Sotong-Signature"
"""Header of a webhook's request: `sha256=` and the HMAC of the body."""
KINDS = ("email", "webhook", "telegram")


class NotSent(Exception):
    """It did not go out; the text says why and holds no secret."""


@dataclass(frozen=True)
class Letter:
    """What staff are told."""

    title: str
    text: str
    link: str
    """Where in the console there is more."""
    data: Mapping[str, Any]
    """The same for a program."""


@dataclass(frozen=True)
class Ways:
    """What the installation gives for sending."""

    mail_server: str
    """`smtp://` or `smtps://`, with name and password where the server wants them; empty = no e-mail."""
    mail_from: str
    telegram_token: str
    telegram_api: str
    webhook_secret: Callable[[], str]
    """Gives the key of the signatures."""
    outside: Outside
    """By which all that is not mail goes."""


class Posting:
    """Sends one letter to one address."""

    def __init__(self, ways: Ways) -> None:
        self._ways = ways
        self._send: Mapping[str, Callable[[str, Letter], Awaitable[None]]] = {
            "email": self._email,
            "webhook": self._webhook,
            "telegram": self._telegram,
        }

    async def send(self, kind: str, address: str, letter: Letter) -> None:
        """Raises `NotSent`."""
        try:
            await asyncio.wait_for(self._send[kind](address, letter), 2 * _WITHIN)
        except TimeoutError as error:
            raise NotSent("no answer in time") from error

    async def _email(self, address: str, letter: Letter) -> None:
        if not self._ways.mail_server:
            raise NotSent("SOTONG_MAIL_SERVER is not set")
        message = EmailMessage()
        message["Subject"] = " ".join(letter.title.split())
        message["From"] = self._ways.mail_from
        message["To"] = address
        message["Date"] = formatdate()
        message["Message-ID"] = make_msgid(domain="sotong")
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(f"{letter.text}\n\n{letter.link}\n")
        try:
            await asyncio.to_thread(deliver, self._ways.mail_server, message)
        except (smtplib.SMTPException, OSError, ValueError) as error:
            raise NotSent(_why(error)) from error

    async def _webhook(self, address: str, letter: Letter) -> None:
        fields = {"title": letter.title, "text": letter.text, "link": letter.link, **letter.data}
        body = json.dumps(fields, ensure_ascii=False).encode()
        signed = hmac.new(self._ways.webhook_secret().encode(), body, hashlib.sha256).hexdigest()
        headers = {"Content-Type": "application/json", SIGNATURE: f"sha256={signed}"}
        await self._post(address, data=body, headers=headers)

    async def _telegram(self, address: str, letter: Letter) -> None:
        if not self._ways.telegram_token:
            raise NotSent("SOTONG_ALERT_TELEGRAM_TOKEN is not set")
        url = f"{self._ways.telegram_api.rstrip('/')}/bot{self._ways.telegram_token}/sendMessage"
        text = f"{letter.title}\n\n{letter.text}\n{letter.link}"[:4000]
        await self._post(url, json={"chat_id": address, "text": text})

    async def _post(self, url: str, **what: Any) -> None:
        timeout = aiohttp.ClientTimeout(total=_WITHIN)
        try:
            async with self._ways.outside.request("POST", url, timeout=timeout, **what) as answer:
                if answer.status >= 300:
                    raise NotSent(f"HTTP {answer.status}")
        except (aiohttp.ClientError, ValueError, OSError) as error:
            if refused(error):
                raise NotSent("the address is none outside (SOTONG_INSIDE_ORIGINS)") from error
            raise NotSent(type(error).__name__) from error


def deliver(server: str, message: EmailMessage) -> None:
    """Hand a message to a mail server.

    A password goes over TLS only, unless the server is on this machine. Raises `smtplib.SMTPException`,
    `OSError`, and `ValueError` for an address that is none.
    """
    parts = urlsplit(server)
    host = parts.hostname or ""
    if parts.scheme not in _PORTS or not host:
        raise ValueError("SOTONG_MAIL_SERVER begins with smtp:// or smtps://")
    port, tls = parts.port or _PORTS[parts.scheme], ssl.create_default_context()
    if parts.scheme == "smtps":
        connection: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=_WITHIN, context=tls)
    else:
        connection = smtplib.SMTP(host, port, timeout=_WITHIN)
    try:
        connection.ehlo()
        safe = parts.scheme == "smtps"
        if not safe and connection.has_extn("starttls"):
            connection.starttls(context=tls)
            connection.ehlo()
            safe = True
        if parts.username:
            if not safe and host not in _LOOPBACK:
                raise ValueError("the mail server offers no TLS for the password")
            connection.login(unquote(parts.username), unquote(parts.password or ""))
        connection.send_message(message)
        with contextlib.suppress(smtplib.SMTPException, OSError):
            connection.quit()  # the message has been taken, however the server says goodbye
    finally:
        connection.close()


def _why(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return f"SMTP {error.smtp_code}"
    return str(error) if isinstance(error, ValueError) else type(error).__name__
