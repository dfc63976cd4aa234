"""Alerts: what is too much now and was lately, the rules, and who is told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import aiohttp_jinja2
from aiohttp import web

from bot.alerts.measures import MINUTES, TIMELESS
from bot.alerts.posting import NotSent, Posting
from bot.alerts.rules import Rules, good_address, good_rule
from bot.alerts.tables import AlertRule, AlertTarget
from bot.console.alerts_words import MEASURES, NOTICES, PHASES, STATES, TARGETS, Wording
from bot.console.guard import WHO, needs
from bot.console.words import words
from bot.staff.audit import AuditTrail
from bot.staff.sessions import LoggedIn

_SILENCES = (1, 4, 24, 168)
"""Hours."""
_RULE, _TARGET = r"/alerts/rules/{id:\d{1,18}}", r"/alerts/targets/{id:\d{1,18}}"


class AlertPages:
    """One page; whoever may see figures sees it, whoever may switch the bot changes it."""

    def __init__(
        self,
        rules: Rules,
        posting: Posting,
        wording: Wording,
        audit: AuditTrail,
        clock: Callable[[], datetime],
    ) -> None:
        self._rules = rules
        self._posting = posting
        self._wording = wording
        self._audit = audit
        self._clock = clock

    def routes(self) -> list[web.RouteDef]:
        """Where it is."""
        return [
            web.get("/alerts", self.index),
            web.post("/alerts/rules", self.add_rule),
            web.post(_RULE, self.change_rule),
            web.post(_RULE + "/silence", self.silence),
            web.post(_RULE + "/delete", self.remove_rule),
            web.post("/alerts/targets", self.add_target),
            web.post(_TARGET, self.change_target),
            web.post(_TARGET + "/test", self.test),
            web.post(_TARGET + "/delete", self.remove_target),
        ]

    async def open_count(self, _: LoggedIn) -> int:
        """How many alerts are open."""
        return await self._rules.open_count()

    @needs("figures")
    async def index(self, request: web.Request) -> web.StreamResponse:
        """Everything."""
        return await self._page(request)

    @needs("switch")
    async def add_rule(self, request: web.Request) -> web.StreamResponse:
        """Watch something more."""
        return await self._save_rule(request, None)

    @needs("switch")
    async def change_rule(self, request: web.Request) -> web.StreamResponse:
        """Another threshold, or off."""
        return await self._save_rule(request, await self._rule(request))

    @needs("switch")
    async def silence(self, request: web.Request) -> web.StreamResponse:
        """Tell nobody for some hours, or tell again."""
        rule, form = await self._rule(request), await request.post()
        given = str(form.get("hours", ""))
        hours = next((each for each in _SILENCES if str(each) == given), 0)
        until = self._clock() + timedelta(hours=hours) if hours else None
        await self._rules.silence(rule.id, until)
        action = "alert_silenced" if until else "alert_heard"
        detail = until.isoformat(timespec="minutes") if until else ""
        await self._audit.note(request[WHO].operator_id, action, f"alert_rule:{rule.id}", detail)
        raise web.HTTPSeeOther(f"/alerts?notice={'silenced' if until else 'heard'}#rule-{rule.id}")

    @needs("switch")
    async def remove_rule(self, request: web.Request) -> web.StreamResponse:
        """Watch it no more."""
        rule = await self._rule(request)
        await self._rules.remove_rule(rule.id)
        who = request[WHO].operator_id
        await self._audit.note(who, "alert_rule_removed", f"alert_rule:{rule.id}", before=_rule_noted(rule))
        raise web.HTTPSeeOther("/alerts?notice=removed#rules")

    @needs("switch")
    async def add_target(self, request: web.Request) -> web.StreamResponse:
        """Tell somebody more."""
        return await self._save_target(request, None)

    @needs("switch")
    async def change_target(self, request: web.Request) -> web.StreamResponse:
        """Another address, or nobody for now."""
        return await self._save_target(request, await self._target(request))

    @needs("switch")
    async def test(self, request: web.Request) -> web.StreamResponse:
        """Send something at once, and say whether it went out."""
        target, _ = await self._target(request), words(request)
        try:
            await self._posting.send(target.kind, target.address, self._wording.test(request[WHO].name))
        except NotSent as error:
            said = _("‘%(name)s’에 보내지 못했어요: %(why)s", name=target.name, why=str(error))
            return await self._page(request, {f"target-{target.id}": said}, status=502)
        finally:
            who = request[WHO].operator_id
            await self._audit.note(who, "alert_tested", f"alert_target:{target.id}", target.kind)
        raise web.HTTPSeeOther(f"/alerts?notice=tested#target-{target.id}")

    @needs("switch")
    async def remove_target(self, request: web.Request) -> web.StreamResponse:
        """Tell them no more."""
        target = await self._target(request)
        await self._rules.remove_target(target.id)
        await self._audit.note(
            request[WHO].operator_id,
            "alert_target_removed",
            f"alert_target:{target.id}",
            before=_target_noted(target),
        )
        raise web.HTTPSeeOther("/alerts?notice=removed#targets")

    async def _save_rule(self, request: web.Request, before: AlertRule | None) -> web.StreamResponse:
        form, _ = await request.post(), words(request)
        kind = before.kind if before else str(form.get("kind", ""))
        name = " ".join(str(form.get("name", "")).split())[:80]
        try:
            threshold = float(str(form.get("threshold", "")))
            minutes = int(str(form.get("minutes", "60")))
        except ValueError:
            threshold, minutes = 0.0, 0
        if not good_rule(kind, threshold, minutes):
            place = f"rule-{before.id}" if before else "new-rule"
            said = _("알릴 값은 0보다 큰 수로, 볼 시간은 목록에서 골라 주세요.")
            return await self._page(request, {place: said}, status=422)
        active = form.get("active") == "1" if before else True
        id_ = await self._rules.save_rule(
            before.id if before else None,
            kind=kind,
            name=name,
            threshold=threshold,
            minutes=minutes,
            active=active,
        )
        after = await self._rules.rule(id_)
        await self._audit.note(
            request[WHO].operator_id,
            "alert_rule_changed" if before else "alert_rule_added",
            f"alert_rule:{id_}",
            before=_rule_noted(before) if before else None,
            after=_rule_noted(after) if after else None,
        )
        raise web.HTTPSeeOther(f"/alerts?notice={'changed' if before else 'added'}#rule-{id_}")

    async def _save_target(self, request: web.Request, before: AlertTarget | None) -> web.StreamResponse:
        form, _ = await request.post(), words(request)
        kind = before.kind if before else str(form.get("kind", ""))
        name = " ".join(str(form.get("name", "")).split())[:80]
        address = str(form.get("address", "")).strip()[:500]
        if not good_address(kind, address):
            place = f"target-{before.id}" if before else "new-target"
            said = _(
                "주소를 확인해 주세요. 전자우편은 이름@기관.go.kr, 웹훅은 https://…, 텔레그램은 방 번호예요."
            )
            return await self._page(request, {place: said}, status=422)
        active = form.get("active") == "1" if before else True
        id_ = await self._rules.save_target(
            before.id if before else None, kind=kind, name=name, address=address, active=active
        )
        after = await self._rules.target(id_)
        await self._audit.note(
            request[WHO].operator_id,
            "alert_target_changed" if before else "alert_target_added",
            f"alert_target:{id_}",
            before=_target_noted(before) if before else None,
            after=_target_noted(after) if after else None,
        )
        raise web.HTTPSeeOther(f"/alerts?notice={'changed' if before else 'added'}#target-{id_}")

    async def _rule(self, request: web.Request) -> AlertRule:
        found = await self._rules.rule(int(request.match_info["id"]))
        if found is None:
            raise web.HTTPNotFound
        return found

    async def _target(self, request: web.Request) -> AlertTarget:
        found = await self._rules.target(int(request.match_info["id"]))
        if found is None:
            raise web.HTTPNotFound
        return found

    async def _page(
        self, request: web.Request, errors: dict[str, str] | None = None, status: int = 200
    ) -> web.StreamResponse:
        context = {
            "alerts": await self._rules.alerts(),
            "rules": await self._rules.rules(),
            "targets": await self._rules.targets(),
            "wording": self._wording,
            "errors": errors or {},
            "MEASURES": MEASURES,
            "TARGETS": TARGETS,
            "LETTERS": STATES,
            "PHASES": PHASES,
            "MINUTES": MINUTES,
            "TIMELESS": TIMELESS,
            "SILENCES": _SILENCES,
            "notice_text": NOTICES.get(request.query.get("notice", ""), ""),
            "now": self._clock(),
        }
        return aiohttp_jinja2.render_template("alerts.html", request, context, status=status)


def _rule_noted(rule: AlertRule) -> dict[str, Any]:
    return {
        "kind": rule.kind,
        "name": rule.name,
        "threshold": rule.threshold,
        "minutes": rule.minutes,
        "active": rule.active,
    }


def _target_noted(target: AlertTarget) -> dict[str, Any]:
    return {"kind": target.kind, "name": target.name, "address": target.address, "active": target.active}
