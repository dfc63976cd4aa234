"""Something on every page: a town in which things have happened already. Everybody in it is invented."""

from __future__ import annotations

import base64
from datetime import timedelta
from types import SimpleNamespace

from bot.approval.approvals import Approvals, Rule
from bot.catalogue.sync import synchronise
from bot.contacts.kept import PLACE
from bot.contacts.requests import NewTask, Requests
from bot.content.store import ContentStore
from bot.encoder.encoder import load_encoder
from bot.identity.personal import open_personal, open_seal
from bot.log.log import ConversationLog
from bot.loop.build import build_loop
from bot.loop.grouping import Grouping
from bot.loop.inbox import Wanted
from bot.messages import Button, Candidate, Card, Fact, Outbound, Reply, utc_now
from bot.releases.folder import take
from bot.releases.live import open_live
from bot.releases.releases import Releases
from bot.studio.drafts import Drafts
from bot.studio.shelf import Shelf
from bot.voices.build import build_voices
from bot.voices.ideas import Proposal
from bot.voices.reports import Problem
from demo.gov24.seed import load
from tests.browser.seeds_desk import count, sow_desk
from tests.browser.town import Town
from tests.catalogue_support import api
from tests.log_support import inbound

Seeds = dict[str, str]
"""What stands in the addresses of `pages.PAGES`."""

_CARD = Card(
    title="여권 재발급 수수료",
    text="성인 10년 복수여권은 50,000원이에요.",
    facts=(Fact(label="담당", value="민원여권과"), Fact(label="전화", value="099-120-2010")),
)
_ANSWER = Reply(
    messages=(Outbound(cards=(_CARD,), buttons=(Button(label="준비물도 알려 줘", payload="/ask_faq"),)),),
    outcome="answered_faq",
    intent="ask_faq",
    confidence=0.93,
    candidates=(Candidate(id="passport-fee", score=0.91, question="여권 재발급 수수료가 얼마인가요?"),),
)
_LOST = Reply(
    messages=(Outbound(text="그건 아직 잘 모르겠어요. 담당 부서에 알려 둘게요."),),
    outcome="unanswered",
    intent="ask_faq",
    confidence=0.41,
)
QUESTIONS = (
    ("여권 재발급 얼마예요?", _ANSWER),
    ("반려견 놀이터 언제 열어요?", _LOST),
    ("강아지 놀이터 몇 시까지 해요", _LOST),
    ("전기차 충전소 어디 있어요?", _LOST),
)


async def sow(town: Town) -> Seeds:
    """Conversations, a report, an idea, lines that were not understood, a task, drafts."""
    log = ConversationLog(town.engine)
    conversation = 0
    for number, (words, reply) in enumerate(QUESTIONS):
        stored = await log.receive(inbound(words, user=f"citizen-{number}", message=f"seed-{number}"))
        assert stored is not None
        conversation = conversation or stored.conversation_id
        turn = await log.next_turn(stored.conversation_id)
        assert turn is not None
        for row in await log.finish_turn(turn.id, reply, 143):
            await log.taken({row.id: 1}, [row.id], "p")
    report, idea = await _voices(town, conversation)
    editor = await town.staff.accounts.find("editor")
    assert editor is not None
    talk = await sow_desk(town)
    group, task = await _loop(town, editor.id)
    await release(town, editor.id, editor.name)
    await _drafts(town, editor.id)
    await count(town)
    return {
        "conversation": str(conversation),
        "talk": str(talk),
        "report": str(report),
        "idea": str(idea),
        "group": str(group),
        "task": str(task),
        "person": str(editor.id),
        "sync": str(await _services(town)),
        "contact": str(await _hours(town, conversation, editor.id)),
    }


async def _hours(town: Town, citizen: int, who: int) -> int:
    """A request to be called back, and an answer that waits for a yes."""
    requests, approvals = Requests(town.engine), Approvals(town.engine)
    await requests.begin(citizen, 1, "asked")
    form = await requests.form(citizen)
    assert form is not None
    form.hint = "010-****-6789"
    await requests.step(form, 1, text="여권 수수료를 두 번 낸 것 같아요. 전화 주세요.", hint=form.hint)
    due = (utc_now() + timedelta(days=1)).date()
    task = NewTask("civil-affairs", f"연락 요청 {form.number}", f"/contacts/{form.id}", due)
    sealed = base64.b64encode(open_seal(town.settings).close("010-2345-6789", PLACE)).decode()
    await requests.send(form, 1, task, sealed)
    rule = Rule("passport", 60, "person")
    await approvals.set_rule(rule, who)
    await approvals.hold(citizen, 1, rule, _ANSWER)
    await approvals.end_rule("passport")
    return form.id


async def _services(town: Town) -> int:
    """The list of public services, fetched once."""
    async with api(load()) as client:
        await synchronise(town.engine, client, utc_now)
    return 1


async def _loop(town: Town, who: int) -> tuple[int, int]:
    loop = build_loop(town.settings, town.engine, ContentStore(town.settings))
    await loop.inflow.run()
    await Grouping(town.engine, load_encoder(town.settings.encoder), utc_now).run()
    groups = await loop.inbox.page(Wanted(state="open"), utc_now(), 0, 10)
    due = (utc_now() + timedelta(days=5)).date()
    task = await loop.tasks.give("parks", "반려견 놀이터 시간 알려 주기", "시민 둘이 물었어요.", due, who)
    return groups.groups[0].id, task


async def release(town: Town, who: int, name: str) -> None:
    """Release 1, what was there before, and release 2, with one answer changed."""
    settings = open_live(town.settings)
    candidate = settings.var_dir / "seed"
    take(settings.working, candidate)
    file = candidate / "data" / "answers" / "parking.yml"
    file.write_text(file.read_text("utf-8").replace("주차", "주·정차", 1), "utf-8")
    verdict: dict[str, object] = {"blocked": False, "problems": []}
    person = SimpleNamespace(operator_id=who, name=name)
    await Releases(town.engine, settings).publish(candidate, person, "주차 답변의 말을 고쳤어요", verdict)


async def _drafts(town: Town, who: int) -> None:
    """One changed answer, and one that was also changed by hand meanwhile."""
    drafts, shelf = Drafts(town.engine, utc_now), Shelf(town.settings.answers)
    for id_, old, new in (
        ("passport-fee", "50,000원", "52,000원"),
        ("passport-period", "일주일 안팎", "열흘 안팎"),
    ):
        text, title = shelf.text(id_), shelf.now().answers[id_].title
        assert text is not None
        await drafts.save(f"answer:{id_}", title, text, text.replace(old, new), 0, who)
    file = town.settings.answers / "passport.yml"
    file.write_text(file.read_text("utf-8").replace("일주일 안팎", "여드레 안팎"), "utf-8")


async def _voices(town: Town, citizen: int) -> tuple[int, int]:
    settings = town.settings
    personal = open_personal(settings)
    desk = build_voices(settings, town.engine, ContentStore(settings), personal.vault, utc_now)
    problem = Problem(
        category="streetlight",
        department="roads",
        text="시청 앞 가로등이 꺼졌어요. 밤에 너무 어두워요.",
        place="시청 앞",
        latitude=37.4,
        longitude=127.1,
        photos=[],
        contact=None,
        delivery="queue",
        due_at=utc_now() + timedelta(days=7),
    )
    report = await desk.reports.file(citizen, "seed-report", problem)
    proposal = Proposal("traffic", "parking", "막차를 늦춰요", "밤늦게 집에 갈 버스가 없어요.", notify=True)
    idea = await desk.ideas.propose(citizen, "seed-idea", proposal)
    await personal.close()
    return report.id, idea.id
