"""Calls of the action server: the domain when it is wanted, one connection, and answers that are checked."""

import asyncio
import json

import pytest
from aiohttp import web
from jsonschema import ValidationError
from rasa.core.actions.action import RemoteAction, action_for_name_or_text
from rasa.core.channels.channel import CollectingOutputChannel
from rasa.core.nlg import TemplatedNaturalLanguageGenerator
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, ActiveLoop, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.exceptions import RasaException
from rasa.utils.endpoints import EndpointConfig

from bot.nlu.forms import flat
from bot.nlu.remote import ActionServer, digest

BAD = [
    {"events": [{"event": "slot"}]},
    {"events": [{"event": "slot", "name": "dong", "value": 1, "timestamp": "now"}], "responses": []},
    {"events": [{"event": "slot", "name": 1, "value": 1}], "responses": []},
    {"events": [{"event": "slot", "name": "dong"}], "responses": []},
    {"events": [{"event": "pets"}], "responses": []},
    {"events": 1},
    {"responses": ["x"]},
    [],
]
SAID = {"events": [{"event": "slot", "name": "dong", "value": "가온동"}], "responses": [{"text": "네"}]}


class Actions:
    """An action server that knows a domain by its digest, as rasa-sdk does."""

    def __init__(self) -> None:
        self.calls, self.connections = [], set()
        self.digest, self.answer, self.status = None, SAID, 200

    async def handle(self, request: web.Request) -> web.Response:
        call = await request.json()
        self.calls.append(call)
        self.connections.add(request.transport)
        if self.status != 200:
            return web.json_response({}, status=self.status)
        if "domain" not in call and call["domain_digest"] != self.digest:
            return web.json_response({"error": "missing domain"}, status=449)
        if "domain" in call:
            self.digest = call["domain_digest"]
        return web.json_response(self.answer)


def domain(*slots: str) -> Domain:
    return Domain.from_dict(
        {
            "slots": {name: {"type": "text", "mappings": [{"type": "custom"}]} for name in slots},
            "actions": ["action_answer", "validate_dong_form", "action_ask_dong"],
            "forms": {"dong_form": {"required_slots": ["dong"]}},
        }
    )


def run(calls) -> Actions:
    """`calls(act)` with an action server up; `act(domain)` is the events of an action called with it."""

    async def whole() -> Actions:
        actions = Actions()
        app = web.Application()
        app.add_routes([web.post("/webhook", actions.handle)])
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}/webhook"
        endpoint = ActionServer.at(EndpointConfig(url))

        async def act(known: Domain, events=(), name="action_answer"):
            action = flat(action_for_name_or_text(name, known, endpoint), digest(known))
            tracker = DialogueStateTracker.from_events("kim", list(events), known.slots)
            nlg = TemplatedNaturalLanguageGenerator({})
            return await action.run(CollectingOutputChannel(), nlg, tracker, known)

        try:
            await calls(actions, act)
        finally:
            await endpoint.close()
            await runner.cleanup()
        return actions

    return asyncio.run(whole())


def test_the_domain_is_sent_once_and_again_when_it_changed() -> None:
    async def calls(_, act) -> None:
        for known in (domain("dong"), domain("dong"), domain("dong", "item"), domain("dong")):
            said = await act(known)
            assert [event.text for event in said[:1]] == ["네"]
            assert said[1:] == [SlotSet("dong", "가온동")]

    actions = run(calls)
    sent = ["domain" in call for call in actions.calls]
    assert sent == [False, True, False, False, True, False, True]
    assert json.dumps(actions.calls[4]["domain"]) == json.dumps(domain("dong", "item").as_dict())
    assert len(actions.connections) == 1


def test_a_call_carries_the_present_turn_and_no_earlier_one() -> None:
    turn = [UserUttered("여권"), ActionExecuted("action_answer"), ActionExecuted("action_listen")]
    last = [UserUttered("얼마예요"), ActionExecuted("case_status_form"), ActiveLoop("case_status_form")]

    async def calls(_, act) -> None:
        await act(domain("dong"), [*turn, *turn, *last])
        await act(domain("dong"), turn[1:])

    actions = run(calls)
    sent = [call["tracker"] for call in actions.calls if "domain" not in call]
    assert [event["event"] for event in sent[-2]["events"]] == ["user", "action", "active_loop"]
    assert sent[-2]["latest_message"]["text"] == "얼마예요"
    assert [event["event"] for event in sent[-1]["events"]] == ["action", "action"]


def test_the_questions_and_checks_of_a_form_are_calls_like_others() -> None:
    async def calls(actions, act) -> None:
        await act(domain("dong"))
        actions.answer = {"events": [], "responses": [{"text": "어느 동이세요?"}]}
        said = await act(domain("dong"), [UserUttered("여권"), UserUttered("수거 요일")], "dong_form")
        assert "어느 동이세요?" in [getattr(event, "text", "") for event in said]

    check, ask = run(calls).calls[-2:]
    assert (check["next_action"], ask["next_action"]) == ("validate_dong_form", "action_ask_dong")
    for call in (check, ask):
        assert "domain" not in call
        assert [event["text"] for event in call["tracker"]["events"] if event["event"] == "user"] == [
            "수거 요일"
        ]


@pytest.mark.parametrize("answer", BAD)
def test_what_rasa_does_not_understand_we_do_not_either(answer) -> None:
    async def calls(actions, act) -> None:
        actions.answer, actions.digest = answer, digest(domain())
        with pytest.raises(ValidationError):
            await act(domain())
        with pytest.raises(ValidationError):
            RemoteAction("x", None)._validate_action_result(answer)

    run(calls)


def test_a_failure_is_a_failure_and_is_not_asked_twice() -> None:
    async def calls(actions, act) -> None:
        actions.status = 500
        with pytest.raises(RasaException):
            await act(domain())

    assert len(run(calls).calls) == 1


def test_nowhere_stays_nowhere() -> None:
    assert ActionServer.at(None) is None
