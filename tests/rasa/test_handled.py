"""What was said to a message that comes again, found in the events that are left of a conversation."""

import random

import pytest
from rasa.shared.core.events import ActionExecuted, BotUttered, SessionStarted, SlotSet, UserUttered

from bot.nlu.handled import said_to

LISTEN = "action_listen"


def turn(number: int, *said: str, greeting: str = "", listens: bool = True) -> list:
    """The events of a turn, as Rasa's processor leaves them."""
    opening = [ActionExecuted("action_session_start"), BotUttered(greeting), SessionStarted()]
    events = [*opening, ActionExecuted(LISTEN)] if greeting else []
    events += [UserUttered("글", {"name": "ask_faq"}, metadata={"message_id": f"m{number}"})]
    for text in said:
        events += [ActionExecuted("action_answer"), BotUttered(text), SlotSet("dong", text)]
    return [*events, ActionExecuted(LISTEN)] if listens else events


def texts(message_id, events: list) -> list:
    said = said_to({"message_id": message_id, "channel": "web"}, events)
    return said and [event.text for event in said]


@pytest.mark.parametrize("seed", range(20))
def test_each_turn_is_told_apart_from_its_neighbours(seed: int) -> None:
    choice = random.Random(seed)
    told, events = {}, []
    for number in range(8):
        said = [f"{number}-{part}" for part in range(choice.randrange(4))]
        greeting = f"hello {number}" if choice.random() < 0.3 else ""
        # too many actions: Rasa breaks off, and nobody listens
        events += turn(number, *said, greeting=greeting, listens=bool(greeting) or choice.random() < 0.9)
        told[f"m{number}"] = [greeting, *said] if greeting else said
    greeted = {f"m{number}" for number in range(8) if told[f"m{number}"][:1] == [f"hello {number}"]}
    for number in range(8):
        if f"m{number + 1}" not in greeted:  # a session begins only when the bot listens
            assert texts(f"m{number}", events) == told[f"m{number}"]


def test_what_others_put_into_the_conversation_is_no_answer() -> None:
    events = [*turn(1, "하나"), BotUttered("담당자예요"), *turn(2, "둘"), BotUttered("담당자예요")]
    assert texts("m1", events) == ["하나"]
    assert texts("m2", events) == ["둘"]


def test_a_message_that_an_action_made_belongs_to_its_turn() -> None:
    before, after = turn(1, "하나", listens=False), turn(2, "셋")
    events = [
        *before,
        UserUttered("/greet", {"name": "greet"}),
        BotUttered("둘"),
        ActionExecuted(LISTEN),
        *after,
    ]
    assert texts("m1", events) == ["하나", "둘"]


@pytest.mark.parametrize("metadata", [None, {}, {"message_id": None}, {"message_id": ""}, "m1", ["m1"], 1])
def test_a_message_without_an_id_is_new(metadata) -> None:
    events = [*turn(1, "하나"), UserUttered("글", metadata=metadata), BotUttered("둘")]
    assert said_to(metadata, events) is None


def test_a_message_that_was_trimmed_is_new() -> None:
    events = [*turn(1, "하나"), *turn(2, "둘")]
    assert texts("m1", events[4:]) is None
    assert texts("m2", events[4:]) == ["둘"]
    assert texts("m1", []) is None
