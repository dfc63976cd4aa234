"""A day's quota of the YouTube Data API lasts until midnight Pacific Time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from connectors.youtube_quota import INSERT, LIST, Quota

NOW = datetime(2026, 3, 26, 4, 0, tzinfo=UTC)


def test_a_days_quota_lasts_for_looks_and_replies() -> None:
    clock = [NOW.replace(hour=8)]  # 01:00 in California in summer
    quota = Quota(10_000, lambda: clock[0])
    end = clock[0] + timedelta(seconds=quota.until_reset())
    looks = 0
    while clock[0] < end - timedelta(seconds=1):
        assert quota.affords(LIST)
        quota.spend(LIST)
        looks += 1
        clock[0] += timedelta(seconds=max(60.0, quota.interval()))
    assert looks > 1300
    clock[0] = end - timedelta(seconds=2)
    replies = 0
    while quota.affords(INSERT):
        quota.spend(INSERT)
        replies += 1
    assert replies >= 140
    assert not quota.affords(INSERT)
    clock[0] = end
    assert quota.affords(INSERT)


def test_the_quota_counts_days_of_the_pacific_also_when_clocks_change() -> None:
    before = datetime(2026, 3, 8, 8, 30, tzinfo=UTC)  # 00:30; at 02:00 the clock goes to 03:00
    assert Quota(1, lambda: before).until_reset() == timedelta(hours=22, minutes=30).total_seconds()


def test_looks_come_faster_the_nearer_the_reset() -> None:
    clock = [datetime(2026, 7, 1, 7, 0, tzinfo=UTC)]
    quota = Quota(1000, lambda: clock[0])
    early = quota.interval()
    clock[0] += timedelta(hours=20)
    assert quota.interval() < early
    quota.spend(1000)
    assert quota.interval() == quota.until_reset()
