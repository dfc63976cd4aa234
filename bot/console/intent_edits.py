"""Changing the examples of intents, line by line, as drafts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NoReturn
from urllib.parse import urlencode

from aiohttp import web

from bot.console.guard import needs
from bot.console.intent_parts import NAME
from bot.console.intents import IntentPages
from bot.console.teaching import Teaching
from bot.console.words import N_, words
from bot.content.check_texts import personal_data
from bot.studio.intents import Intent, Intents, Said
from bot.studio.intents_marks import mark, unmark, unmarked
from bot.studio.intents_text import NotEditable, add, change, remove

MOST = 500
"""Examples that can be pasted at once."""
LONGEST = 300
"""Characters of an example; citizens' questions are shorter."""
_IN_ADDRESS = 600
"""Characters of an example up to which it fits into the address that can take the change back."""


class IntentEdits:
    """Every form on the pages of intents; what cannot be done is told above the form."""

    def __init__(self, teaching: Teaching, pages: IntentPages) -> None:
        self._teaching = teaching
        self._pages = pages

    def routes(self) -> list[web.RouteDef]:
        """Where the forms go."""
        one = f"/studio/intents/{NAME}"
        return [
            web.post(one + "/{what:add|remove|move|return}", self.on_list),
            web.post(one + "/example/{what:change|mark|unmark}", self.on_example),
        ]

    @needs("teach")
    async def on_list(self, request: web.Request) -> web.StreamResponse:
        """Add, remove or move examples."""
        form = await request.post()
        fields = {name: str(value) for name, value in form.items()}
        chosen = [str(value) for value in form.getall("raw", [])]
        _, intents, intent = await self._teaching.intent(request)
        try:
            match request.match_info["what"]:
                case "add":
                    await self._add(request, intents, intent, fields.get("examples", ""))
                case "remove":
                    await self._remove(request, intent, chosen)
                case "move":
                    await self._move(request, intents, intent, fields.get("to", ""), chosen)
                case _:
                    await self._return(request, intents, intent, fields.get("from", ""), chosen)
        except NotEditable as error:
            return await self._pages.page(
                request, words(request)(str(error)), fields.get("examples", ""), 409
            )
        raise AssertionError

    @needs("teach")
    async def on_example(self, request: web.Request) -> web.StreamResponse:
        """Reword one example, or mark words of it."""
        fields = {name: str(value) for name, value in (await request.post()).items()}
        _, intents, intent = await self._teaching.intent(request)
        raw, what = fields.get("raw", ""), request.match_info["what"]
        try:
            said = _known(intent, raw)
            if what == "change":
                new = " ".join(fields.get("new", "").split())
                self._check(request, intents, intent.name, new, but=said.key)
            elif what == "mark":
                new = _marked(said, fields, intents)
            else:
                new = unmark(said.raw, int(fields.get("start") or -1))
            if what == "change" and "list" in fields:
                what = "undone"
            await self._teaching.change(
                request,
                said.path,
                lambda text: change(text or "", "intent", intent.name, said.raw, new),
                "intent_example_changed",
                intent.name,
            )
        except NotEditable as error:
            return await self._pages.one(request, words(request)(str(error)), fields, 409)
        except ValueError:
            raise web.HTTPBadRequest from None
        go = {"notice": what, "raw": new, "old": said.raw}
        raise web.HTTPSeeOther(f"/studio/intents/{intent.name}/example?{urlencode(_short(go))}")

    async def _add(self, request: web.Request, intents: Intents, intent: Intent, given: str) -> NoReturn:
        _ = words(request)
        lines = [line.strip().removeprefix("- ").strip() for line in given.splitlines()]
        new = list(dict.fromkeys(line for line in lines if line))
        if not new:
            raise NotEditable(_("더할 문장을 한 줄에 하나씩 적어 주세요."))
        if len(new) > MOST:
            raise NotEditable(_("한 번에 %(most)d문장까지 더할 수 있어요.", most=MOST))
        for line in new:
            self._check(request, intents, intent.name, line, but="")
        await self._teaching.change(
            request,
            intent.path,
            lambda text: add(text or "", "intent", intent.name, new),
            "intent_examples_added",
            intent.name,
        )
        _back(intent.name, {"notice": "add", **({"raw": new[0]} if len(new) == 1 else {})})

    async def _remove(self, request: web.Request, intent: Intent, chosen: list[str]) -> NoReturn:
        _ = words(request)
        said = [_known(intent, raw) for raw in chosen]
        if not said:
            raise NotEditable(_("지울 문장을 먼저 골라 주세요."))
        if len(said) >= len(intent.examples):
            raise NotEditable(_("문장을 모두 지울 수는 없어요. 하나는 남겨 주세요."))
        await self._without(request, intent.name, said, "intent_examples_removed")
        _back(intent.name, {"notice": "remove", "raw": "\n".join(chosen)})

    async def _move(
        self, request: web.Request, intents: Intents, intent: Intent, to: str, chosen: list[str]
    ) -> NoReturn:
        _ = words(request)
        target = intents.all.get(to)
        if target is None or to == intent.name:
            raise NotEditable(_("어디로 옮길지 골라 주세요."))
        said = [_known(intent, raw) for raw in chosen]
        if not said:
            raise NotEditable(_("옮길 문장을 먼저 골라 주세요."))
        if len(said) >= len(intent.examples):
            raise NotEditable(_("문장을 모두 옮길 수는 없어요. 하나는 남겨 주세요."))
        await self._carry(request, intent.name, target, said)
        _back(intent.name, {"notice": "move", "raw": "\n".join(chosen), "to": to})

    async def _return(
        self, request: web.Request, intents: Intents, intent: Intent, source: str, chosen: list[str]
    ) -> NoReturn:
        """Take a move back: what was moved to `source` comes home."""
        _ = words(request)
        home = intents.all.get(source)
        if home is None:
            raise NotEditable(_("옮긴 곳을 찾을 수 없어요."))
        said = [_known(home, raw) for raw in chosen[0].splitlines()] if chosen else []
        await self._carry(request, source, intent, said)
        _back(intent.name, {"notice": "undone"})

    async def _carry(self, request: web.Request, source: str, target: Intent, said: list[Said]) -> None:
        """First there, then gone here: a break in between leaves a sentence twice, never lost."""
        raws = [one.raw for one in said]
        await self._teaching.change(
            request,
            target.path,
            lambda text: add(text or "", "intent", target.name, raws),
            "intent_examples_moved",
            f"{source} → {target.name}",
        )
        await self._without(request, source, said, "intent_examples_moved")

    async def _without(self, request: web.Request, name: str, said: list[Said], action: str) -> None:
        for path in dict.fromkeys(one.path for one in said):
            gone = [one.raw for one in said if one.path == path]

            def edit(text: str | None, gone: list[str] = gone) -> str:
                left = text or ""
                for raw in gone:
                    left = remove(left, "intent", name, raw)
                return left

            await self._teaching.change(request, path, edit, action, name)

    def _check(self, request: web.Request, intents: Intents, name: str, line: str, but: str) -> None:
        """Raises `NotEditable` for what must not be an example; `but` is the key of the one it replaces."""
        _, plain = words(request), unmarked(line)
        if not plain.strip():
            raise NotEditable(_("문장이 비어 있어요."))
        if len(plain) > LONGEST:
            raise NotEditable(_("한 문장은 %(most)d자까지예요: %(text)s…", most=LONGEST, text=plain[:40]))
        for found in personal_data(plain):
            if found.severity == "error":
                raise NotEditable(f"{found.message}: ‘{plain[:60]}’. {found.remedy}")
        for home, said in intents.find(line):
            if said.key == but and home == name:
                continue
            raise NotEditable(
                _(
                    "‘%(text)s’는 이미 ‘%(home)s’에 있어요.",
                    text=plain,
                    home=self._teaching.label(request, intents, home),
                )
            )


def _known(intent: Intent, raw: str) -> Said:
    for said in intent.examples:
        if said.raw == raw:
            if not said.editable:
                raise NotEditable(N_("이 문장은 다른 꼴로 적혀 있어요. ‘흐름과 낱말’에서 글로 고쳐 주세요."))
            return said
    raise NotEditable(N_("그 문장이 더는 없어요. 그 사이 고쳐졌거나 지워졌어요. 화면을 새로 고쳐 주세요."))


def _marked(said: Said, fields: Mapping[str, str], intents: Intents) -> str:
    """The example with words marked: those selected, or the first that read as was typed."""
    entity, typed = fields.get("entity", ""), fields.get("words", "").strip()
    if entity not in intents.entities:
        raise NotEditable(N_("무엇을 뜻하는 낱말인지 골라 주세요."))
    start = int(fields["start"]) if fields.get("start", "").isdecimal() else said.plain.find(typed)
    if not typed or said.plain[start : start + len(typed)] != typed:
        start = said.plain.find(typed)
    if not typed or start < 0:
        raise NotEditable(N_("문장에 있는 낱말을 그대로 골라 주세요."))
    return mark(said.raw, start, start + len(typed), entity)


def _back(name: str, go: Mapping[str, str]) -> NoReturn:
    raise web.HTTPSeeOther(f"/studio/intents/{name}?{urlencode(_short(go))}")


def _short(go: Mapping[str, str]) -> Mapping[str, str]:
    """What fits into an address; a longer change is taken back on the drafts' page."""
    long = sum(len(value) for value in go.values()) > _IN_ADDRESS
    return {"notice": go["notice"]} if long else go
