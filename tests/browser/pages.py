"""Every page of the console by its route, with an address of it that the seeds make good."""

from __future__ import annotations

from collections.abc import Mapping

PAGES: Mapping[str, str] = {
    "/login": "/login?expired",
    "/password": "/password",
    "/account": "/account",
    "/account/factor": "/account/factor",
    "/": "/",
    "/conversations/{id}": "/conversations/{conversation}",
    "/reports": "/reports",
    "/reports/{id}": "/reports/{report}",
    "/ideas": "/ideas",
    "/ideas/{id}": "/ideas/{idea}",
    "/studio/inbox": "/studio/inbox",
    "/studio/inbox/{id}": "/studio/inbox/{group}",
    "/studio/tasks": "/studio/tasks",
    "/studio/tasks/{id}": "/studio/tasks/{task}",
    "/studio/answers": "/studio/answers",
    "/studio/answers/new": "/studio/answers/new",
    "/studio/answers/{id}": "/studio/answers/passport-fee",
    "/studio/answers/{id}/settle": "/studio/answers/passport-period/settle",
    "/studio/intents": "/studio/intents",
    "/studio/intents/new": "/studio/intents/new",
    "/studio/intents/{name}": "/studio/intents/ask_waste_day",
    "/studio/intents/{name}/example": "/studio/intents/ask_waste_day/example?raw=쓰레기 수거일 알려줘",
    "/studio/training": "/studio/training",
    "/studio/words": "/studio/words",
    "/studio/words/{tab}": "/studio/words/lookups",
    "/studio/texts": "/studio/texts",
    "/studio/texts/{path}": "/studio/texts/data/rules/questions.yml",
    "/studio/import": "/studio/import",
    "/studio/publish": "/studio/publish",
    "/studio/releases": "/studio/releases",
    "/studio/releases/{number}": "/studio/releases/2",
    "/studio/releases/compare": "/studio/releases/compare?one=1&other=2",
    "/people": "/people",
    "/people/new": "/people/new",
    "/people/{id}": "/people/{person}",
    "/audit": "/audit",
    "/rights": "/rights",
}
"""Route: address, with the seeds' names in braces."""
ON_THE_WAY = {"/studio/import/{id}", "/studio/publish/{id}", "/studio/releases/compare/{id}"}
"""Pages that exist only while something is being done: the journeys look at them."""
NO_PAGES = {
    "/account/factor.svg",
    "/audit.csv",
    "/conversations/{id}/attachments/{seq}/{place}",
    "/events",
    "/login/code",
    "/login/done",
    "/login/office",
    "/login/office/back",
    "/reports/{id}/photos/{place}",
    "/studio/export",
    "/studio/import/{id}/state",
    "/studio/publish/{id}/confusion.svg",
    "/studio/publish/{id}/state",
    "/studio/releases/compare/{id}/state",
    "/studio/releases/state",
    "/studio/training/{id}/state",
}
"""Routes that answer with files, events or JSON, or are steps of a log-in that `test_people.py` takes."""
OPEN = {"/login"}
"""Pages for somebody who has not logged in."""
