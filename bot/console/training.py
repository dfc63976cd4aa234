"""Trying drafts out: training in the background, its figures, and a sentence asked of both models."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import aiohttp_jinja2
from aiohttp import web

from bot.console.guard import WHO, needs
from bot.console.intent_parts import ENTITIES
from bot.console.teaching import Teaching
from bot.console.words import N_, Words, words
from bot.masking import mask
from bot.studio.training import NoTraining, Study
from bot.studio.training_quality import Quality
from bot.studio.training_try import Candidate, NotAnswering, Understood, ask_live

LONGEST = 500
"""Characters of a sentence that is tried."""
STATES = {
    "running": N_("학습하고 있어요"),
    "done": N_("마쳤어요"),
    "failed": N_("마치지 못했어요"),
    "cancelled": N_("그만뒀어요"),
}
PARTS = {
    "NLUTrainingDataProvider": N_("예문을 읽고 있어요"),
    "ThesaurusQuestions": N_("시민의 말과 행정 용어를 읽고 있어요"),
    "ServiceExamples": N_("서비스의 예문을 읽고 있어요"),
    "KoreanTokenizer": N_("문장을 낱말로 나누고 있어요"),
    "RequestSplitter": N_("문장을 낱말로 나누고 있어요"),
    "SparseTextFeaturizer": N_("낱말의 특징을 배우고 있어요"),
    "SentenceVectorFeaturizer": N_("문장의 뜻을 읽고 있어요"),
    "LightIntentClassifier": N_("뜻을 가려내는 법을 배우고 있어요"),
    "KnownEntityExtractor": N_("표시한 낱말을 배우고 있어요"),
    "ContextEntityExtractor": N_("표시한 낱말을 배우고 있어요"),
    "TrainingTrackerProvider": N_("대화 흐름을 따라가 보고 있어요"),
    "MemoizationPolicy": N_("대화 흐름을 배우고 있어요"),
    "IndexedRulePolicy": N_("규칙이 서로 어긋나지 않는지 보고 있어요"),
}


class TrainingPages:
    """What staff see of training."""

    def __init__(self, teaching: Teaching) -> None:
        self._teaching = teaching
        self._candidate = Candidate(teaching.settings)

    def routes(self) -> list[web.RouteDef]:
        """Where the pages are."""
        one = r"/studio/training/{id:\d{15}-(train|proof)}"
        return [
            web.get("/studio/training", self.index),
            web.post("/studio/training", self.begin),
            web.get(one + "/state", self.state),
            web.post(one + "/cancel", self.cancel),
            web.post("/studio/training/try", self.attempt),
        ]

    @needs("view")
    async def index(self, request: web.Request) -> web.StreamResponse:
        """What runs, what came of it, and the form to try a sentence."""
        return await self._page(request)

    @needs("teach")
    async def begin(self, request: web.Request) -> web.StreamResponse:
        """Train the drafts as they stand."""
        drafts = await self._teaching.drafts.list()
        try:
            study = await self._teaching.training.begin(
                "train", self._teaching.root, drafts, request[WHO].name
            )
        except NoTraining as error:
            return await self._page(request, error=str(error), status=409)
        await self._teaching.audit.note(request[WHO].operator_id, "training_begun", f"study:{study.id}")
        raise web.HTTPSeeOther("/studio/training")

    @needs("view")
    async def state(self, request: web.Request) -> web.StreamResponse:
        """How far a training is, for the page that waits."""
        study = await asyncio.to_thread(self._teaching.training.find, request.match_info["id"])
        if study is None:
            raise web.HTTPNotFound
        running = study.state == "running"
        return web.json_response(
            {
                "state": study.state if running or study.state == "done" else "failed",
                "share": study.share,
                "text": step(study, words(request)),
                "next": "",
            }
        )

    @needs("teach")
    async def cancel(self, request: web.Request) -> web.StreamResponse:
        """Stop a training; nothing that is live changes."""
        await asyncio.to_thread(self._teaching.training.cancel, request.match_info["id"])
        await self._teaching.audit.note(
            request[WHO].operator_id, "training_cancelled", f"study:{request.match_info['id']}"
        )
        raise web.HTTPSeeOther("/studio/training?notice=cancelled")

    @needs("view")
    async def attempt(self, request: web.Request) -> web.StreamResponse:
        """Ask both models one sentence; it is masked first, as a citizen's would be."""
        text = " ".join(str((await request.post()).get("text", "")).split())[:LONGEST]
        if not text:
            _ = words(request)
            return await self._page(request, error=_("시험할 문장을 적어 주세요."), status=400)
        masked = mask(text)[0]
        studies = await self._teaching.studies()
        study = next((one for one in studies if one.what == "train" and one.state == "done"), None)
        live, tried = await asyncio.gather(
            self._asked(ask_live(self._teaching.settings, masked)), self._try(study, masked)
        )
        return await self._page(request, text=masked, answers=(live, tried))

    async def close(self) -> None:
        """End the process that has a candidate loaded."""
        await self._candidate.close()

    async def _try(self, study: Study | None, text: str) -> Understood | str:
        if study is None:
            return ""
        model = self._teaching.settings.models_dir.resolve() / study.model
        return await self._asked(self._candidate.ask(study.candidate, model, text))

    async def _asked(self, answer: Any) -> Understood | str:
        """What a model said, or why it said nothing."""
        try:
            understood: Understood = await answer
        except NotAnswering as error:
            return str(error)
        return understood

    async def _page(
        self,
        request: web.Request,
        *,
        error: str = "",
        text: str = "",
        answers: tuple[Understood | str, Understood | str] | None = None,
        status: int = 200,
    ) -> web.StreamResponse:
        _ = words(request)
        texts = await self._teaching.texts()
        intents = await self._teaching.intents(texts)
        studies = [one for one in await self._teaching.studies() if one.what == "train"]
        latest, before = await self._teaching.quality(studies)
        newest = studies[0] if studies else None
        context = {
            "study": newest,
            "done": next((one for one in studies if one.state == "done"), None),
            "began": lambda one: datetime.fromtimestamp(one.began, UTC),
            "now": self._teaching.clock(),
            "step": step(newest, _) if newest else "",
            "STATES": STATES,
            "changed": sorted(draft.title for draft in texts.drafts.values()),
            "quality": latest,
            "before": before,
            "moved": _moved(latest, before),
            "label": lambda name: (
                self._teaching.label(request, intents, name) if name else _("알아듣지 못했어요")
            ),
            "entity": lambda name: _(ENTITIES[name]) if name in ENTITIES else name,
            "text": text,
            "live": answers[0] if answers else None,
            "tried": answers[1] if answers else None,
            "error": error,
            "notice": _("학습을 그만뒀어요. 지금 쓰는 모델은 그대로예요.")
            if request.query.get("notice") == "cancelled"
            else "",
        }
        return aiohttp_jinja2.render_template("training.html", request, context, status=status)


def step(study: Study, _: Words) -> str:
    """What a training does, in words with a percentage."""
    percent = int(study.share * 100)
    match study.step:
        case "learn":
            doing = _(PARTS.get(study.part, N_("배우고 있어요")))
        case "ask":
            doing = _("배우지 않은 문장을 물어보고 있어요 (%(part)s)", part=study.part)
        case "read" | "rules":
            doing = _("내용을 읽고 있어요")
        case _unknown:
            doing = _("차례를 기다리고 있어요")
    return _("%(percent)d%% · %(doing)s", percent=percent, doing=doing)


def _moved(latest: Quality | None, before: Quality | None) -> list[tuple[str, float, float]]:
    """Intents whose F1 changed by a point or more: (name, before, now), the worst change first."""
    if latest is None or before is None:
        return []
    both = latest.scores.keys() & before.scores.keys()
    changes = [(name, before.scores[name].f1, latest.scores[name].f1) for name in both]
    return sorted(
        (one for one in changes if abs(one[2] - one[1]) >= 0.01), key=lambda one: (one[2] - one[1], one[0])
    )
