"""New and changed answers as an Atom feed (RFC 4287)."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from datetime import datetime

from bot.openness.card import Publisher
from bot.openness.changes import Changed

_ATOM = "http://www.w3.org/2005/Atom"
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_KINDS = {"added": "새 답변", "changed": "바뀐 답변", "removed": "내린 답변"}
_GONE = "이제 안내하지 않는 답변이에요."


def feed(base: str, publisher: Publisher, changes: Sequence[Changed], begun: datetime) -> bytes:
    """The feed, the newest first. `base` is the address of `/open`; `begun` stands for no change yet."""
    ET.register_namespace("", _ATOM)
    root = ET.Element(f"{{{_ATOM}}}feed", {"{http://www.w3.org/XML/1998/namespace}lang": "ko"})
    _put(root, "id", f"tag:{publisher.id},2026:sotong/answers")
    _put(root, "title", f"{publisher.name} 챗봇: 새 답변과 바뀐 답변")
    _put(root, "updated", (changes[0].at if changes else begun).isoformat())
    _put(ET.SubElement(root, f"{{{_ATOM}}}author"), "name", publisher.name)
    _link(root, "self", f"{base}/feed.atom", "application/atom+xml")
    _link(root, "alternate", base, "text/html")
    for one in changes:
        entry = ET.SubElement(root, f"{{{_ATOM}}}entry")
        _put(entry, "id", _tag(publisher, f"answers/{one.answer_id}/{one.id}", one.at))
        _put(entry, "title", f"{_KINDS[one.kind]}: {one.title}")
        _put(entry, "updated", one.at.isoformat())
        ET.SubElement(entry, f"{{{_ATOM}}}category", {"term": one.kind, "label": _KINDS[one.kind]})
        where = base if one.kind == "removed" else f"{base}/answers/{one.answer_id}"
        _link(entry, "alternate", where, "text/html")
        _put(entry, "content", one.text or _GONE, type="text")
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def _put(parent: ET.Element, name: str, text: str, **attributes: str) -> None:
    ET.SubElement(parent, f"{{{_ATOM}}}{name}", attributes).text = _NOT_XML.sub("", text)


def _link(parent: ET.Element, rel: str, href: str, kind: str) -> None:
    ET.SubElement(parent, f"{{{_ATOM}}}link", {"rel": rel, "href": href, "type": kind})


def _tag(publisher: Publisher, name: str, at: datetime) -> str:
    """An id that stays the same wherever the feed is read (RFC 4151)."""
    return f"tag:{publisher.id},{at.year}:sotong/{name}"
