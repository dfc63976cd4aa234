"""A new intent: its name, how citizens say it, and what the bot does then."""

from __future__ import annotations

from collections.abc import Mapping

import aiohttp_jinja2
from aiohttp import web

from bot.console.guard import needs
from bot.console.intent_edits import LONGEST, MOST
from bot.console.teaching import Teaching
from bot.console.words import N_, words
from bot.content.check_texts import personal_data
from bot.studio.drafts import DraftTaken
from bot.studio.intents_new import Wanted, changes, faults, lines
from bot.studio.intents_text import NotEditable

FIELDS = ("label", "name", "examples", "does", "says")
DOES = {"answer": N_("알맞은 답변을 찾아 말해요"), "say": N_("정해 둔 말을 해요")}


class NewIntentPages:
    """The form, and the drafts that come of it."""

    def __init__(self, teaching: Teaching) -> None:
        self._teaching = teaching

    def routes(self) -> list[web.RouteDef]:
        """Where they are."""
        return [web.get("/studio/intents/new", self.form), web.post("/studio/intents/new", self.make)]

    @needs("teach")
    async def form(self, request: web.Request) -> web.StreamResponse:
        """The empty form; `examples` may come along from the inbox."""
        typed = {"examples": request.query.get("examples", ""), "label": request.query.get("label", "")}
        return self._page(request, typed, {})

    @needs("teach")
    async def make(self, request: web.Request) -> web.StreamResponse:
        """Write the drafts of every file that takes the intent; refuses a bad name and says why."""
        typed = {name: str(value) for name, value in (await request.post()).items()}
        texts = await self._teaching.texts()
        intents = await self._teaching.intents(texts)
        wanted = Wanted(
            typed.get("name", "").strip(),
            " ".join(typed.get("label", "").split()),
            tuple(lines(typed.get("examples", ""))),
            typed.get("does", "") if typed.get("does", "") in DOES else "answer",
            typed.get("says", "").replace("\r\n", "\n"),
        )
        errors = {**faults(wanted, intents), **self._unfit(request, wanted)}
        if errors:
            return self._page(request, typed, errors, 409)
        try:
            for path, new in changes(wanted, texts).items():
                text = texts.read(path)
                await self._teaching.save(request, text, new, "intent_made", wanted.name)
        except NotEditable as error:
            return self._page(request, typed, {"name": str(error)}, 409)
        except DraftTaken as error:
            _ = words(request)
            said = _("%(by)s 님이 같은 파일을 고치고 있어요. 잠시 뒤 다시 눌러 주세요.", by=error.by)
            return self._page(request, typed, {"name": said}, 409)
        raise web.HTTPSeeOther(f"/studio/intents/{wanted.name}?notice=new")

    def _unfit(self, request: web.Request, wanted: Wanted) -> Mapping[str, str]:
        _ = words(request)
        if len(wanted.examples) > MOST or any(len(line) > LONGEST for line in wanted.examples):
            return {"examples": _("%(most)d문장까지, 한 문장은 %(long)d자까지예요.", most=MOST, long=LONGEST)}
        for line in wanted.examples:
            for found in personal_data(line):
                if found.severity == "error":
                    return {"examples": f"{found.message}: ‘{line[:60]}’. {found.remedy}"}
        return {}

    def _page(
        self, request: web.Request, typed: Mapping[str, str], errors: Mapping[str, str], status: int = 200
    ) -> web.StreamResponse:
        context = {
            "typed": {name: typed.get(name, "") for name in FIELDS},
            "wrong": {name: errors.get(name, "") for name in FIELDS},
            "errors": errors,
            "DOES": DOES,
        }
        return aiohttp_jinja2.render_template("intent_new.html", request, context, status=status)
