"""`status`: the most pressing first, and never quiet by mistake."""

from __future__ import annotations

from datetime import timedelta

import pytest

from support_desk import glance
from support_desk.config.model import Config
from support_desk.desk.snapshot import Feed, Problem
from tests.cli.samples import NOW, TODAY, active, alert, desk, glance_of, status_document, ticket


def line(**feeds: object) -> str:
    return glance.line(glance_of(desk(**feeds), NOW, ("P1",)))


def test_the_most_pressing_comes_first() -> None:
    text = line(
        alerts=[alert(1, "P3"), alert(2, "P1", minutes=12), alert(3, "P1", "acked"), alert(4, "P2")],
        tickets=[
            ticket(11, active(TODAY + timedelta(hours=12))),
            ticket(12, active(TODAY + timedelta(hours=13, minutes=25))),
            ticket(13, active(TODAY + timedelta(hours=17))),
        ],
    )

    assert text == (
        "1 critical P1 alert not acknowledged: Message 2 (12 min); 2 other alerts not acknowledged; "
        "1 ticket breached: #11; 1 ticket due within the hour: #12 in 24 min; read 4 s ago"
    )


def test_quiet_when_everything_was_read_and_nothing_waits() -> None:
    assert line(
        alerts=[alert(1, "P1", "acked")], tickets=[ticket(1, active(TODAY + timedelta(hours=17)))]
    ) == ("all quiet; read 4 s ago")


@pytest.mark.parametrize(
    ("feeds", "words"),
    [
        ({"alerts": Feed()}, "alerts loading"),
        ({"alerts": Feed(read_at=NOW - timedelta(minutes=4))}, "alerts stale (4 min old)"),
        ({"alerts": Feed(read_at=NOW + timedelta(hours=5))}, "alerts stale (dated 5 h ahead)"),
        ({"tickets": Feed(read_at=NOW, complete=False)}, "tickets partial (0 s old)"),
        (
            {
                "tickets": Feed(
                    read_at=NOW - timedelta(hours=2), problem=Problem("no", "do"), failing_since=TODAY
                )
            },
            "tickets failed (2 h old)",
        ),
        ({"policies": Feed(read_at=NOW, problem=Problem("no", "do", definite=True))}, "alerts partial"),
    ],
)
def test_never_quiet_on_what_was_not_read(feeds: dict[str, object], words: str) -> None:
    text = line(**feeds)

    assert "quiet" not in text
    assert text.startswith("nothing known to need you; ")
    assert words in text


def test_no_age_where_the_clock_is_behind_what_was_read() -> None:
    """The desk was closed hours ago, on a machine whose clock is hours behind: that looked just read."""
    ahead: Feed[object] = Feed(read_at=NOW + timedelta(hours=5))
    assert line(alerts=ahead, tickets=ahead).endswith("; age not known: this machine's clock is 5 h behind")
    document = status_document(desk(alerts=ahead, tickets=ahead), NOW, Config())
    assert document["age_seconds"] is None
    assert document["sources"]["alerts"]["age_seconds"] is None
    assert document["quiet"] is False


def test_not_quiet_where_nothing_is_configured() -> None:
    off: Feed[object] = Feed(enabled=False)

    text = line(alerts=off, policies=off, tickets=off, suspended=off)

    assert text == "nothing known to need you; never read"


def test_tmux_colours_and_a_hostile_message() -> None:
    text = glance.tmux_line(
        glance_of(desk(alerts=[alert(1, "P1", message="#[fg=green]#(reboot)")]), NOW, ("P1",))
    )

    assert text.startswith(
        "#[fg=red]1 critical P1 alert not acknowledged: ##[fg=green]##(reboot) (3 min)#[default]"
    )


def test_the_document_counts() -> None:
    document = status_document(
        desk(
            alerts=[alert(1, "P1"), alert(2, "P2", "snoozed"), alert(3, "P2", "acked"), alert(4, "P2")],
            tickets=[
                ticket(1, active(TODAY + timedelta(hours=12))),
                ticket(2, active(TODAY + timedelta(hours=14))),
            ],
        ),
        NOW,
        Config(),
    )

    assert document["alerts"] == {"open": 2, "critical": 1, "acked": 1, "snoozed": 1}
    assert document["tickets"] == {
        "total": 2,
        "breached": 1,
        "due_within_hour": 1,
        "next": {
            "id": 1,
            "subject": "Subject 1",
            "deadline": "2026-11-23T12:00:00Z",
            "remaining_seconds": -3600,
        },
    }
    assert document["quiet"] is False
    assert document["age_seconds"] == 3


def test_it_is_as_old_as_its_oldest_part() -> None:
    old: Feed[object] = Feed(read_at=NOW - timedelta(minutes=1))
    assert line(alerts=old).endswith("read 1 min ago")
    assert line(tickets=old).endswith("read 1 min ago")


def test_what_is_due_at_this_moment_is_late() -> None:
    due = NOW.replace(microsecond=0)
    seen = glance_of(desk(tickets=[ticket(1, active(due))]), due, ("P1",))
    assert [row.id for row in seen.breached()] == [1]
    assert seen.soon() == []
    hour = glance_of(desk(tickets=[ticket(1, active(due + timedelta(hours=1)))]), due, ("P1",))
    assert [row.id for row in hour.soon()] == [1]


@pytest.mark.parametrize(("length", "shown"), [(40, "x" * 40), (41, "x" * 39 + "…")])
def test_a_long_message_says_that_it_goes_on(length: int, shown: str) -> None:
    assert f": {shown} (3 min)" in line(alerts=[alert(1, "P1", message="x" * length)])
