"""Rules, forms, services and everything else that is text: edited, checked while typing, and pictured."""

from __future__ import annotations

import asyncio
import difflib
import re
from collections.abc import Mapping
from typing import Any

import aiohttp_jinja2
import yaml
from aiohttp import web
from markupsafe import Markup

from bot.console.guard import WHO, needs
from bot.console.teaching import Teaching
from bot.console.training import step
from bot.console.words import N_, words
from bot.content.problem import Problem
from bot.studio.drafts import DraftTaken
from bot.studio.files import FOLDERS, makeable, removable, start
from bot.studio.flow import flows
from bot.studio.flow_check import check_text
from bot.studio.flow_picture import picture
from bot.studio.flow_picture import words as picture_words
from bot.studio.intents import Intents
from bot.studio.merging import merge_texts
from bot.studio.texts import Text, Texts
from bot.studio.training import NoTraining, Study

_FILE = r"(?:config|domain)\.yml|data/[A-Za-z0-9_.\-/]+\.yml"
PATH = f"{{path:{_FILE}}}"
LONGEST = 400_000
"""Characters of a file; longer ones are edited by whoever runs the server."""
PICTURES = 40
"""Pictures on one page."""
GROUPS = (
    ("data/rules", N_("규칙"), N_("이런 말에는 이렇게 한다는 약속이에요.")),
    ("data/stories", N_("대화 예시"), N_("여러 차례에 걸친 대화가 앞뒤로 맞는지 보여 줘요.")),
    ("data/services", N_("조회·신청 서비스"), N_("무엇을 묻고 시의 어느 시스템에 보내는지 적혀 있어요.")),
    ("data/life_events", N_("할 일 묶음"), N_("이사, 출생처럼 한꺼번에 챙길 일이에요.")),
    ("data/nlu", N_("예문"), N_("‘알아듣는 말’에서 고치는 편이 쉬워요.")),
    ("data/thesaurus", N_("시민의 말과 행정 용어"), N_("‘같은 말과 낱말 목록’에서 줄마다 고칠 수도 있어요.")),
    ("data/eligibility", N_("형편을 알아듣는 말"), N_("혜택을 찾을 때 써요.")),
    (
        "data/statements",
        N_("처리방침과 접근성 안내"),
        N_("누구나 보는 글이에요. 고치면 담당 부서의 확인을 받아 주세요."),
    ),
    ("data", N_("봇의 말과 안내"), N_("봇의 말투, 부서, 안내문이에요.")),
    (
        "",
        N_("뼈대"),
        N_("뜻과 양식의 목록, 알아듣는 부품이에요. 바꾸기 전에 서버를 맡은 분과 이야기해 주세요."),
    ),
)
ELSEWHERE = ("data/answers", "data/checks", "data/gloss")
"""Folders whose files are not edited as text."""
_NOTICES = {
    "removed": N_("지울 예정이에요. 게시하면 없어져요."),
    "kept": N_("이 파일을 지우지 않기로 했어요."),
    "saved": N_("초안으로 저장했어요. 게시해야 시민에게 보여요."),
    "merged": N_("그 사이 다른 사람이 고친 것과 합쳐서 저장했어요. 한 번 읽어 봐 주세요."),
    "discarded": N_("초안을 버렸어요."),
    "restored": N_("버린 초안을 되살렸어요."),
    "proof": N_("학습 프로그램으로 살펴보고 있어요."),
}


class TextPages:
    """The list of files, and the editor of one."""

    def __init__(self, teaching: Teaching) -> None:
        self._teaching = teaching

    def routes(self) -> list[web.RouteDef]:
        """Where the pages are."""
        one = f"/studio/texts/{PATH}"
        return [
            web.get("/studio/texts", self.index),
            web.post("/studio/texts", self.prove),
            web.get(one, self.text),
            web.post(one, self.save),
            web.post(one + "/check", self.check),
        ]

    @needs("view")
    async def index(self, request: web.Request) -> web.StreamResponse:
        """All files, by what they are for."""
        return await self._index(request)

    @needs("teach")
    async def prove(self, request: web.Request) -> web.StreamResponse:
        """Let the trainer look at rules and stories, with all drafts."""
        drafts = await self._teaching.drafts.list()
        try:
            await self._teaching.training.begin(
                "proof", self._teaching.root, drafts, request[WHO].name, folds=0
            )
        except NoTraining as error:
            return await self._index(request, error=str(error), status=409)
        raise web.HTTPSeeOther("/studio/texts")

    @needs("view")
    async def text(self, request: web.Request) -> web.StreamResponse:
        """The editor."""
        texts, text = await self._read(request, new="new" in request.query)
        typed = text.text or ""
        if text.text is None and text.draft is None:
            typed = start(text.path, texts, self._teaching.clock().date())
        return await self._editor(request, texts, text, typed)

    @needs("teach")
    async def save(self, request: web.Request) -> web.StreamResponse:
        """Keep the text as a draft, or only look at it; what others saved meanwhile is brought in."""
        texts, text = await self._read(request, new=True)
        form = {name: str(value) for name, value in (await request.post()).items()}
        typed = _typed(form)
        _ = words(request)
        if len(typed) > LONGEST:
            error = _("글이 너무 길어요. %(most)d자까지 저장할 수 있어요.", most=LONGEST)
            return await self._editor(request, texts, text, typed, error=error, status=413)
        if text.draft is not None and text.text is None:
            error = _(
                "%(by)s 님이 이 파일을 지우기로 했어요. 되살린 뒤에 다시 저장해 주세요.",
                by=text.draft.operator,
            )
            return await self._editor(request, texts, text, typed, error=error, status=409)
        if "look" in form:
            return await self._editor(request, texts, text, typed)
        notice = "saved"
        if form.get("version", "") != str(text.version):
            seen = _typed({"text": form.get("seen", "")})
            merged, clashes = merge_texts(seen, typed, text.text or "")
            if clashes:
                return await self._clash(request, texts, text, typed)
            typed, notice = merged, "merged"
        try:
            await self._teaching.save(request, text, typed, "text_saved", "")
        except DraftTaken:
            texts, text = await self._read(request)
            return await self._clash(request, texts, text, typed)
        raise web.HTTPSeeOther(f"/studio/texts/{text.path}?notice={notice}")

    @needs("view")
    async def check(self, request: web.Request) -> web.StreamResponse:
        """What is wrong with the text as it is typed, and its picture, as parts of the page."""
        texts, text = await self._read(request, new=True)
        typed = _typed({name: str(value) for name, value in (await request.post()).items()})[:LONGEST]
        problems, drawn = await self._look(request, texts, text.path, typed)
        context = {"problems": problems, "path": text.path, "drawn": drawn}
        return web.json_response(
            {
                "problems": aiohttp_jinja2.render_string("_text_problems.html", request, context),
                "flow": aiohttp_jinja2.render_string("_text_flow.html", request, context),
                "lines": {str(one.line): one.severity for one in problems if str(one.path) == text.path},
            }
        )

    async def _index(self, request: web.Request, error: str = "", status: int = 200) -> web.StreamResponse:
        texts = await self._teaching.texts()
        paths = await asyncio.to_thread(texts.paths, "data")
        groups = []
        going = [path for path, draft in texts.drafts.items() if draft.text is None]
        left = [path for path in sorted({*paths, *going}) if not path.startswith(ELSEWHERE)]
        for folder, name, lead in GROUPS:
            inside = [path for path in left if folder and path.startswith(f"{folder}/")]
            if not folder:
                inside = ["config.yml", "domain.yml"]
            left = [path for path in left if path not in inside]
            groups.append((folder, name, lead, inside))
        gone, _ = request.query.get("gone", ""), words(request)
        proof = next((one for one in await self._teaching.studies() if one.what == "proof"), None)
        context = {
            "groups": [group for group in groups if group[3]],
            "drafts": texts.drafts,
            "makes": FOLDERS,
            "told": _("새로 만들던 초안을 버렸어요.") if gone else "",
            "gone": gone if re.fullmatch(_FILE, gone) and ".." not in gone else "",
            "version": request.query.get("version", ""),
            "proof": proof,
            "step": step(proof, _) if proof else "",
            "said": _said(proof),
            "now": self._teaching.clock(),
            "error": error,
        }
        return aiohttp_jinja2.render_template("texts.html", request, context, status=status)

    async def _read(self, request: web.Request, *, new: bool = False) -> tuple[Texts, Text]:
        """The file that the address names. Raises `web.HTTPNotFound`; a `new` one may be missing."""
        texts = await self._teaching.texts()
        path = request.match_info["path"]
        if path.startswith(ELSEWHERE):
            raise web.HTTPNotFound
        try:
            text = await asyncio.to_thread(texts.read, path)
        except ValueError:
            raise web.HTTPNotFound from None
        if text.text is None and text.draft is None and not (new and makeable(path, texts)):
            raise web.HTTPNotFound
        return texts, text

    async def _look(
        self, request: web.Request, texts: Texts, path: str, typed: str
    ) -> tuple[list[Problem], list[tuple[str, Markup, Markup]]]:
        """What is wrong with a text, and its pictures: (title, drawing, the same in words)."""
        intents = await self._teaching.intents(texts)
        problems = await asyncio.to_thread(check_text, texts, path, typed)
        return problems, self._pictures(request, intents, typed)

    def _pictures(
        self, request: web.Request, intents: Intents, typed: str
    ) -> list[tuple[str, Markup, Markup]]:
        try:
            content = yaml.safe_load(typed)
        except yaml.YAMLError:
            return []
        found = flows(content, lambda name: self._teaching.label(request, intents, name))[:PICTURES]
        return [(one.title, picture(one, at), picture_words(one, at)) for at, one in enumerate(found)]

    async def _clash(self, request: web.Request, texts: Texts, text: Text, typed: str) -> web.StreamResponse:
        """Two changed the same lines: both versions, and the typed one to be saved over it knowingly."""
        _ = words(request)
        by = text.draft.operator if text.draft else _("다른 사람")
        error = _(
            "그 사이 %(by)s 님이 같은 줄을 고쳤어요. 아래에서 다른 곳을 보고 고쳐서 다시 저장해 주세요.",
            by=by,
        )
        theirs = difflib.unified_diff((text.text or "").splitlines(), typed.splitlines(), n=2, lineterm="")
        lines = [(line[0], line[1:]) for line in list(theirs)[2:] if line[0] in " +-"]
        return await self._editor(request, texts, text, typed, error=error, clash=lines, status=409)

    async def _editor(
        self,
        request: web.Request,
        texts: Texts,
        text: Text,
        typed: str,
        *,
        error: str = "",
        clash: list[tuple[str, str]] | None = None,
        status: int = 200,
    ) -> web.StreamResponse:
        _ = words(request)
        problems, drawn = await self._look(request, texts, text.path, typed)
        notice = request.query.get("notice", "") if request.method == "GET" else ""
        gone = request.query.get("version", "") if notice == "discarded" else ""
        context: Mapping[str, Any] = {
            "path": text.path,
            "text": text,
            "typed": typed,
            "seen": text.text or "",
            "count": typed.count("\n") + 1,
            "problems": problems,
            "drawn": drawn,
            "notice": _(_NOTICES.get(notice, "")),
            "gone": gone,
            "goes": removable(text.path) and text.base is not None,
            "gone_soon": text.draft is not None and text.text is None,
            "stored": texts.stored(text.path) if text.text is None else None,
            "error": error,
            "clash": clash or [],
            "group": _(next((name for folder, name, _lead in GROUPS if text.path.startswith(folder)), "")),
            "now": self._teaching.clock(),
        }
        return aiohttp_jinja2.render_template("text.html", request, context, status=status)


def _typed(form: Mapping[str, str]) -> str:
    """What was typed, with the line ends of a file."""
    text = form.get("text", "").replace("\r\n", "\n").replace("\r", "\n")
    return text if text.endswith("\n") or not text else text + "\n"


def _said(proof: Study | None) -> list[Mapping[str, Any]]:
    return list(proof.result.get("problems", [])) if proof else []
