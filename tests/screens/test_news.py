"""What rings, what is announced and what stands in the terminal's title."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from support_desk.config.model import Bell, Config, OnCallSection
from support_desk.config.rules import agreement_of
from support_desk.desk.snapshot import Feed, FeedName, Problem
from support_desk.domain.alerts import Alert
from support_desk.domain.paged import Page, Proof
from support_desk.domain.sla import rank
from support_desk.domain.words import duration_words
from support_desk.screens.alert_rows import alert_rows, columns, left_words
from support_desk.screens.header import announcement, critical_alerts
from support_desk.screens.news import MOST_LINES, News, Watch
from support_desk.screens.view import View
from support_desk.sources.fixtures import DEMO_START, World, demo_config
from support_desk.sources.fixtures.cast import ME, RAVI
from support_desk.widgets.columns import Moment
from tests.support import changed, view

WORLD = World(7)
OLD = WORLD.alerts(DEMO_START)


def alert(number: int, priority: str = "P3", status: str = "open", **values: Any) -> Alert:
    return replace(
        OLD[0], id=f"new-{number}", message=f"alarm {number}", priority=priority, status=status,
        created_at=DEMO_START, **values,
    )  # fmt: skip


def seen(*more: Alert, config: Config | None = None, at: int = 0) -> View:
    """The world's alerts and these, so many seconds after the start."""
    now = DEMO_START + timedelta(seconds=at)
    config = config or demo_config()
    tickets = rank(WORLD.tickets(DEMO_START), agreement_of(config))
    return view(at=now, config=config, feeds={FeedName.ALERTS: (*OLD, *more), FeedName.TICKETS: tickets})


def said(news: News) -> list[str]:
    return list(news.lines.values())


def watching(config: Config | None = None) -> Watch:
    watch = Watch(config or demo_config())
    watch.first(seen(config=config))
    return watch


def unread(old: View, *names: FeedName) -> View:
    snapshot = old.snapshot
    for name in names:
        snapshot = snapshot.with_feed(name, replace(snapshot.feed(name), rows=(), read_at=None))
    return replace(old, snapshot=snapshot)


def test_the_first_reading_is_no_news_but_its_critical_alerts_are_on_the_screen() -> None:
    watch = Watch(demo_config())
    watch.first(unread(seen(), FeedName.ALERTS, FeedName.TICKETS))
    news = watch.look(seen())
    assert not news.ring
    assert not news.lines
    assert len(critical_alerts(seen())) == 2


def test_a_new_alert_rings_once() -> None:
    watch = watching()
    assert watch.look(seen(alert(1))).ring
    assert not watch.look(seen(alert(1))).ring
    assert watch.look(seen(alert(1), alert(2))).ring


def test_only_critical_alerts_are_announced_and_once() -> None:
    watch = watching()
    news = watch.look(seen(alert(1), alert(2, "P1")))
    assert said(news) == ["P1 alert: alarm 2"]
    assert not watch.look(seen(alert(1), alert(2, "P1"))).lines
    assert watch.look(seen(alert(1), alert(2, "P1", status="acked"))).over >= news.lines.keys()


def test_what_is_critical_is_configured() -> None:
    config = changed(on_call=OnCallSection(critical=("P1", "P2")))
    watch = watching(config)
    assert said(watch.look(seen(alert(1, "P2"), config=config))) == ["P2 alert: alarm 1"]


def test_an_acknowledged_alert_doesnt_ring_and_one_that_is_open_again_does() -> None:
    watch = watching()
    assert not watch.look(seen(alert(1, status="acked"))).ring
    assert watch.look(seen(alert(1))).ring


def test_quieter_priorities_can_be_left_silent() -> None:
    config = changed(bell=Bell(min_priority="P2"))
    watch = watching(config)
    assert not watch.look(seen(alert(1, "P3"), config=config)).ring
    assert watch.look(seen(alert(1, "P3"), alert(2, "P2"), config=config)).ring


def test_a_priority_that_cant_be_read_rings() -> None:
    config = changed(bell=Bell(min_priority="P1"))
    watch = watching(config)
    assert watch.look(seen(alert(1, "P?"), config=config)).ring


def test_muted_it_announces_but_doesnt_ring() -> None:
    watch = watching()
    watch.muted = True
    news = watch.look(seen(alert(1, "P1")))
    assert not news.ring
    assert news.lines


def test_the_bell_can_be_switched_off_for_alerts_and_for_breaches() -> None:
    config = changed(bell=Bell(alerts=False, breaches=False))
    watch = watching(config)
    assert not watch.look(seen(alert(1), config=config, at=130)).ring


def test_a_breach_is_rung_and_said_once_when_its_time_comes() -> None:
    watch = watching()
    assert not watch.look(seen(at=119)).ring
    news = watch.look(seen(at=121))
    assert news.ring
    assert [line.partition(":")[0] for line in said(news)] == ["#48309 has breached"]
    assert not watch.look(seen(at=122)).ring


def test_a_breach_is_said_without_a_new_reading_and_where_as_many_are_late_as_before() -> None:
    same, fewer = watching(), watching()
    queue = seen()
    later = replace(queue, now=queue.now + timedelta(seconds=121))
    same.look(queue)
    assert [line.partition(":")[0] for line in said(same.look(later))] == ["#48309 has breached"]
    tickets = later.snapshot.tickets
    one_left = later.snapshot.with_feed(FeedName.TICKETS, replace(tickets, rows=tickets.rows[1:]))
    news = fewer.look(replace(later, snapshot=one_left))
    assert [line.partition(":")[0] for line in said(news)] == ["#48309 has breached"]


def test_a_breach_is_news_once_also_where_a_reading_tells_nothing_of_zendesks_clock() -> None:
    """Each came again with the next reading: all of them, with the bell. Nor is any known to be over."""
    watch, with_clock = watching(), seen(at=121)
    watch.look(with_clock)
    agreement = agreement_of(demo_config())
    bare = rank((replace(row.ticket, sla_rows=None) for row in with_clock.snapshot.tickets.rows), agreement)
    tickets = replace(with_clock.snapshot.tickets, rows=bare)
    unsure = replace(with_clock, snapshot=with_clock.snapshot.with_feed(FeedName.TICKETS, tickets))
    assert "late 48309" not in watch.look(unsure).over
    assert not said(watch.look(seen(at=122)))


def test_a_breach_of_a_queue_that_cant_be_read_any_more_is_by_what_was_last_known() -> None:
    """Somebody may have replied since."""
    watch, breached = watching(), seen(at=121)
    refused = replace(breached.snapshot.tickets, problem=Problem("Refused", "renew it", definite=True))
    news = watch.look(replace(breached, snapshot=breached.snapshot.with_feed(FeedName.TICKETS, refused)))
    assert news.ring
    assert [line.partition(":")[0] for line in said(news)] == ["#48309 has breached by what was last known"]


def test_what_you_took_and_left_open_reminds_once_in_each_interval() -> None:
    after = timedelta(minutes=demo_config().on_call.stale_ack_minutes)
    taken: dict[str, Any] = {"status": "acked", "acknowledged_at": DEMO_START - after}
    alerts = (
        alert(1, **taken, acknowledged_by=ME.email.upper()),
        alert(2, **taken, acknowledged_by=RAVI.email),
    )

    def at(span: timedelta) -> View:
        return view(at=DEMO_START + span, feeds={FeedName.ALERTS: alerts, FeedName.TICKETS: ()})

    watch = Watch(demo_config())
    watch.first(at(-timedelta(seconds=1)))
    news = watch.look(at(timedelta()))
    words = f"You took it {duration_words(after)} ago and it is still open: P3 alarm 1"
    assert (news.ring, said(news)) == (True, [words])
    assert not watch.look(at(after - timedelta(seconds=1))).lines
    assert len(watch.look(at(after)).lines) == 1
    late = Watch(demo_config())
    late.first(at(timedelta()))
    assert not late.look(at(timedelta(seconds=1))).lines, "what the store remembered is no news"


def test_many_announcements_at_once_are_cut_and_counted() -> None:
    watch = watching()
    news = watch.look(seen(*(alert(number, "P1") for number in range(40))))
    assert len(news.lines) == MOST_LINES + 1
    assert said(news)[-1] == "and 37 more"


def test_the_title_says_what_waits() -> None:
    assert watching().look(seen()).title == "support-desk: 6 alerts open, 7 tickets late"
    assert watching().look(seen(alert(1))).title == "support-desk: 7 alerts open, 7 tickets late"


def titled(seen: View) -> str:
    return Watch(demo_config()).look(seen).title


def test_the_title_tells_zero_from_unknown() -> None:
    assert titled(unread(seen(), FeedName.ALERTS)) == "support-desk: ? alerts open, 7 tickets late"
    assert titled(unread(seen(), FeedName.TICKETS)) == "support-desk: 6 alerts open, ? tickets late"
    assert titled(view(feeds={FeedName.ALERTS: ()})).startswith("support-desk: 0 alerts open")


def test_the_title_marks_what_is_only_the_last_that_was_known() -> None:
    quiet = view(feeds={FeedName.ALERTS: ()})
    refused = replace(quiet.snapshot.alerts, problem=Problem("The key is refused", "renew it", definite=True))
    broken = replace(quiet, snapshot=quiet.snapshot.with_feed(FeedName.ALERTS, refused))
    assert titled(broken).startswith("support-desk: 0? alerts open")


def test_a_source_that_is_off_isnt_in_the_title() -> None:
    usual = seen()
    off = usual.snapshot.with_feed(FeedName.ALERTS, Feed(enabled=False))
    assert titled(replace(usual, snapshot=off)) == "support-desk: 7 tickets late"


@pytest.mark.parametrize(
    ("count", "shown"),
    [(1, ""), (2, "×2"), (999, "×999"), (1_000, "×1k"), (8_312, "×8k"), (16_361, "×16k"), (831_000, ">99k")],
)
def test_how_often_an_alert_rang_is_never_cut_to_another_number(count: int, shown: str) -> None:
    (row,) = alert_rows(view(feeds={FeedName.ALERTS: (alert(1, count=count),)}))
    column = next(column for column in columns(80) if column.id == "count")
    assert column.cell(row, Moment(DEMO_START))[0] == shown
    assert len(shown) <= column.width


def test_an_alert_that_is_folded_into_a_storm_hasnt_left_the_list() -> None:
    """It was called so while it was open and about to page."""
    alike = tuple(alert(number) for number in range(5))
    apart = alert_rows(view(feeds={FeedName.ALERTS: alike[:3]}))
    (storm,) = alert_rows(view(feeds={FeedName.ALERTS: alike}))
    assert left_words(apart[0], [apart[0], storm]) == "NOW ONE OF 5 ALIKE"
    assert left_words(storm, [storm, *apart]) == "NOW IN ROWS OF THEIR OWN"
    assert left_words(apart[0], apart) == "LEFT THE LIST"


def test_one_alert_is_one() -> None:
    only = view(feeds={FeedName.ALERTS: (alert(1),), FeedName.TICKETS: ()})
    assert Watch(demo_config()).look(only).title == "support-desk: 1 alert open, 0 tickets late"


def test_the_announcement_names_the_oldest_and_when_the_next_line_is_paged() -> None:
    text = "".join(part for part, _ in announcement(seen(), 160))
    assert (
        text == " P1 OPEN: https://www.eastmarch.example/ is down (HTTP 502), next line in 1:20  and 1 more "
    )
    narrow = "".join(part for part, _ in announcement(seen(), 80))
    assert narrow == " P1 OPEN: https://www.eastmarch.example/ is dow…, next line in 1:20  and 1 more "
    assert announcement(view(feeds={FeedName.ALERTS: ()}), 80) == ()


@pytest.mark.parametrize(
    ("proof", "words"), [(Proof.PAGED, "Sam was paged 09:45:50"), (Proof.UNKNOWN, "next line in 1:20")]
)
def test_the_announcement_tells_who_was_paged_where_that_is_known(proof: Proof, words: str) -> None:
    made = seen()
    page = Page(made.now - timedelta(seconds=10), proof, "Sam was paged 09:45:50", escalation=True)
    paged = replace(made, pages={critical_alerts(made)[0].id: page})
    assert "".join(part for part, _ in announcement(paged, 160)).endswith(f"(HTTP 502), {words}  and 1 more ")


def test_the_announcement_says_first_that_a_line_may_not_have_been_paged() -> None:
    """That the line after it is paged in a quarter of an hour would look calmer than it is."""
    missed = "".join(part for part, _ in announcement(seen(at=200), 160))
    down = "https://www.eastmarch.example/ is down (HTTP 502)"
    assert missed.startswith(f" P1 OPEN, second line not paged? check: {down}, next line in 1")
    old = "".join(part for part, _ in announcement(seen(at=3_600), 160))
    assert old.startswith(" P1 OPEN, next line not paged? check: ")
