"""How alerts are put into words, on their page and in what staff are sent."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from bot.alerts.measures import Measure
from bot.alerts.posting import Letter
from bot.alerts.tables import Alert, AlertRule
from bot.console.figures_words import EVERYTHING
from bot.console.labels import INTENTS, Calendar
from bot.console.words import N_, Words

MEASURES: dict[str, tuple[str, str, str]] = {
    Measure.UNANSWERED: (N_("모르는 질문이 많을 때"), N_("모른 질문"), "%"),
    Measure.ERRORS: (N_("장애로 답하지 못할 때"), N_("장애로 끝난 질문"), N_("건")),
    Measure.SLOW: (N_("답이 느릴 때"), N_("95%가 답을 받은 시간"), N_("초")),
    Measure.WAITING: (N_("상담을 오래 기다릴 때"), N_("가장 오래 기다린 시간"), N_("분")),
    Measure.QUEUE: (N_("상담을 기다리는 시민이 많을 때"), N_("기다리는 시민"), N_("명")),
    Measure.UNDELIVERED: (N_("글이 전해지지 않을 때"), N_("전하지 못한 글"), N_("건")),
    Measure.VOLUME: (N_("질문이 몰릴 때"), N_("시민의 글"), N_("건")),
    Measure.UNUSUAL: (N_("평소보다 훨씬 많이 물을 때"), N_("평소보다"), N_("배")),
    Measure.RATING: (N_("평가가 나쁠 때"), N_("평가의 평균"), N_("점")),
    Measure.STALE: (N_("오래된 답변이 쌓일 때"), N_("1년 넘게 확인하지 않은 답변"), N_("개")),
}
"""What a rule is called, what it counts, and its unit."""
TARGETS = {"email": N_("전자우편"), "webhook": N_("웹훅"), "telegram": N_("텔레그램")}
STATES = {
    "pending": N_("보내는 중"),
    "sending": N_("보내는 중"),
    "sent": N_("알렸어요"),
    "failed": N_("못 알렸어요"),
}
PHASES = {"began": N_("시작"), "ended": N_("끝")}
NOTICES = {
    "added": N_("더했어요."),
    "changed": N_("고쳤어요."),
    "removed": N_("지웠어요."),
    "silenced": N_("정한 때까지 알리지 않아요. 무엇이 있었는지는 이 화면에 남아요."),
    "heard": N_("다시 알려요."),
    "tested": N_("시험 알림을 보냈어요. 왔는지 확인해 주세요."),
}


class Wording:
    """Sentences about alerts in the console's language."""

    def __init__(
        self,
        words: Words,
        calendar: Calendar,
        topics: Callable[[], Mapping[str, str]],
        address: str,
        clock: Callable[[], datetime],
    ) -> None:
        self._words = words
        self._calendar = calendar
        self._topics = topics
        self._address = address
        self._clock = clock

    def rule(self, rule: AlertRule) -> str:
        """What a rule is called."""
        return rule.name or self._words(MEASURES[rule.kind][0])

    def amount(self, kind: str, value: float) -> str:
        """`12건`, `45%`, `×9`."""
        rounded = f"{value:,.1f}".removesuffix(".0") if value < 100 else f"{value:,.0f}"
        return f"{rounded}{self._words(MEASURES[kind][2])}"

    def subject(self, alert: Alert) -> str:
        """What it is about; empty where the rule says all."""
        kind, _, name = alert.subject.partition(":")
        if kind == "all":
            return self._words(EVERYTHING)
        if kind == "topic":
            return self._topics().get(name) or self._words(INTENTS.get(name, name))
        return self._words("‘%(word)s’", word=name) if name else ""

    def line(self, rule: AlertRule, alert: Alert) -> str:
        """What was read, in one sentence."""
        _, amount = self._words, self.amount(rule.kind, alert.value)
        more: dict[str, Any] = json.loads(alert.detail) if alert.detail else {}
        if rule.kind == Measure.UNUSUAL:
            return _(
                "%(what)s: %(since)s부터 %(n)d번, 평소의 %(times)s",
                what=self.subject(alert),
                since=self._when(datetime.fromisoformat(more["since"])),
                n=more["n"],
                times=amount,
            )
        said = _("%(what)s %(amount)s", what=_(MEASURES[rule.kind][1]), amount=amount)
        if rule.kind == Measure.UNANSWERED:
            return _("%(said)s (질문 %(of)d건 가운데 %(n)d건)", said=said, of=more["of"], n=more["n"])
        return said

    def letter(self, rule: AlertRule, alert: Alert, phase: str) -> Letter:
        """What staff are sent."""
        _, line = self._words, self.line(rule, alert)
        if phase == "ended":
            title = _("[소통] 끝났어요: %(rule)s", rule=self.rule(rule))
            text = _(
                "%(began)s에 시작해서 %(ended)s에 끝났어요. 가장 나빴을 때: %(line)s",
                began=self._when(alert.began_at),
                ended=self._when(alert.ended_at or alert.seen_at),
                line=line,
            )
        else:
            title = _("[소통] %(rule)s", rule=self.rule(rule))
            limit = self.amount(rule.kind, rule.threshold)
            text = _("%(line)s. 알리기로 한 값은 %(limit)s이에요.", line=line, limit=limit)
        data = {
            "alert": alert.id,
            "rule": rule.id,
            "kind": rule.kind,
            "subject": alert.subject,
            "phase": phase,
            "value": alert.value,
            "threshold": rule.threshold,
            "began_at": alert.began_at.isoformat(),
            "ended_at": alert.ended_at.isoformat() if alert.ended_at else None,
        }
        return Letter(title, text, f"{self._address}/alerts", data)

    def test(self, name: str) -> Letter:
        """What the test button sends."""
        title = self._words("[소통] 시험 알림")
        text = self._words("%(name)s님이 콘솔에서 보낸 시험 알림이에요. 아무 일도 없어요.", name=name)
        return Letter(title, text, f"{self._address}/alerts", {"phase": "test"})

    def _when(self, at: datetime) -> str:
        short, clock = self._calendar.short(at, self._clock()), self._calendar.clock(at)
        return clock if short == clock else f"{short} {clock}"
