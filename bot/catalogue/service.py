"""A public service: a benefit or procedure that a central, regional or municipal office offers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from bot.eligibility.conditions import Conditions


@dataclass(frozen=True)
class Contact:
    """Whom to ask."""

    name: str
    phone: str


@dataclass(frozen=True)
class PublicService:
    """One entry of the catalogue, texts cleaned for display; empty where the office states nothing."""

    id: str
    """Twelve digits."""
    name: str
    agency: str
    purpose: str = ""
    kinds: tuple[str, ...] = ()
    """What is given: 현금, 이용권, 서비스(돌봄) …"""
    target: str = ""
    criteria: str = ""
    content: str = ""
    ways: tuple[str, ...] = ()
    """How to apply: 방문신청, 온라인신청 …"""
    deadline: str = ""
    """In the office's words."""
    url: str = ""
    agency_code: str = ""
    agency_kind: str = ""
    """중앙행정기관, 광역시도, 시군구 …"""
    department: str = ""
    users: tuple[str, ...] = ()
    """개인, 가구, 소상공인, 법인/시설/단체."""
    area: str = ""
    """One of the ten of the data set: 생활안정, 임신·출산 …"""
    apply_at: str = ""
    contacts: tuple[Contact, ...] = ()
    documents: str = ""
    online: tuple[str, ...] = ()
    """Addresses where it can be applied for."""
    laws: tuple[str, ...] = ()
    conditions: Conditions = field(default_factory=Conditions)
    updated_at: datetime | None = None
    """When the office changed it."""
    fetched_at: datetime | None = None
    """When we read it."""
