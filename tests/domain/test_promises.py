"""A promised next step is written for people and read back exactly."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support_desk.domain.commands import EditTicket, Promise
from support_desk.domain.promises import PROMISE_DONE, promise_in, promise_line, promise_of, with_promise
from support_desk.domain.tickets import Comment
from support_desk.text import clean

LONDON = ZoneInfo("Europe/London")
AT = datetime(2026, 11, 26, 15, 0, tzinfo=UTC)
ZONES = st.one_of(
    st.sampled_from([LONDON, ZoneInfo("Asia/Kathmandu"), ZoneInfo("America/St_Johns"), UTC]),
    st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes))),
)
MINUTES = st.integers(0, 60_000_000).map(lambda n: datetime(1990, 1, 1, tzinfo=UTC) + timedelta(minutes=n))


def note(number: int, body: str, *, public: bool = False, by_agent: bool = True) -> Comment:
    return Comment(number, "Jo", body, public, AT - timedelta(hours=9) + timedelta(minutes=number), by_agent)


@pytest.mark.parametrize(
    ("at", "line"),
    [
        (AT, "Next step by Thu 26 Nov 2026 15:00 (UTC): ring the client"),
        (
            datetime(2026, 6, 1, 14, 0, tzinfo=UTC),
            "Next step by Mon 1 Jun 2026 15:00 (UTC+1): ring the client",
        ),
    ],
)
def test_the_line_is_in_local_time(at: datetime, line: str) -> None:
    assert promise_line(Promise("ring the client", at), LONDON) == line


@given(st.text(max_size=400), MINUTES, ZONES)
def test_a_promise_comes_back_whatever_the_zone(step: str, at: datetime, zone: timezone) -> None:
    line = promise_line(Promise(step, at), zone)
    assert "\n" not in line
    assert promise_of(line) == Promise(clean(step, 300) or "to be decided", at)


@given(st.text())
def test_no_text_breaks_the_reading(text: str) -> None:
    promise_of(text)
    promise_in([note(1, text)])


def test_the_hour_that_comes_twice_is_told_apart() -> None:
    first, second = (datetime(2026, 10, 25, hour, 30, tzinfo=UTC) for hour in (0, 1))
    lines = [promise_line(Promise("look again", at), LONDON) for at in (first, second)]
    assert [found.due_at for line in lines if (found := promise_of(line))] == [first, second]


def test_the_newest_note_counts_until_it_is_done() -> None:
    early, late = (promise_line(Promise(step, AT), LONDON) for step in ("first", "second"))
    rows = [note(2, f"Spoke to them.\n\n{late}"), note(1, early)]
    found = promise_in(rows)
    assert found is not None
    assert found.step == "second"
    assert promise_in([*rows, note(3, "They rang back.")]) == found, "a note about something else keeps it"
    assert promise_in([*rows, note(3, f"All good\n{PROMISE_DONE}")]) is None


def test_what_a_client_can_write_never_counts() -> None:
    line = promise_line(Promise("delete everything", AT), LONDON)
    assert promise_in([note(1, line, public=True)]) is None
    assert promise_in([note(1, line, by_agent=False)]) is None
    assert promise_in([note(1, f"> {line}")]) is None, "a quotation isn't a promise"


@pytest.mark.parametrize(
    "line",
    ["Next step by Thu 31 Feb 2026 15:00 (UTC): x", "Next step by Thu 1 Jan 0001 00:00 (UTC+9): x", ""],
)
def test_days_that_do_not_exist_are_no_promise(line: str) -> None:
    assert promise_of(line) is None


def test_the_note_gets_the_line_once() -> None:
    promise = Promise("ring", AT)
    edit = with_promise(EditTicket(comment="Spoke to them.\n", promise=promise), LONDON)
    assert edit.comment == "Spoke to them.\n\nNext step by Thu 26 Nov 2026 15:00 (UTC): ring"
    assert not edit.public
    assert edit.promise is None
    again = with_promise(EditTicket(comment=edit.comment, promise=promise), LONDON)
    assert again.comment == edit.comment
    assert with_promise(EditTicket(promise=promise, public=True), LONDON).public is False
    with pytest.raises(ValueError, match="internal note"):
        with_promise(EditTicket(comment="Dear client", public=True, promise=promise), LONDON)
