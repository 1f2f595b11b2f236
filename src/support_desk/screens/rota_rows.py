"""The rota as rows: each line now and next."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from support_desk.desk.facts import worked_rota
from support_desk.domain.cover import bare_days, missing
from support_desk.domain.rota import Person, Role, Rota, covers, relief, shift_now, shift_of, until
from support_desk.domain.words import day_clock
from support_desk.records import record
from support_desk.screens.header import on, person_words
from support_desk.screens.view import View
from support_desk.screens.words import short
from support_desk.widgets.columns import Cell, Column, Moment

LABELS = {
    Role.DEV: "1st line dev",
    Role.OPS: "1st line ops",
    Role.ON_CALL: "on call",
    Role.SECOND_LINE: "2nd line",
}


@record
class RotaRow:
    """One line of the rota pane."""

    key: str
    label: str
    who: str
    style: str
    start: datetime | None
    end: datetime | None
    override: bool = False
    warning: str = ""


WHEN = 15
"""Cells for when somebody's time begins or ends."""

HOUR = timedelta(hours=1)
"""Nobody is on by plan only if nobody ought to be for the time to come."""


def nobody_by_plan(view: View, rota: Rota | None, role: Role) -> bool:
    """Nobody ought to be on this line now, nor soon."""
    if rota is None or shift_now(rota, role, view.now) is not None:
        return False
    return not missing(rota, role, view.now, view.now + HOUR, view.calendar)


def rota_rows(view: View) -> list[RotaRow]:
    """Who is on each line now, who is next, and bank holidays without cover."""
    rota = worked_rota(view.snapshot, view.calendar)
    rows: list[RotaRow] = []
    for role, label in LABELS.items():
        on_duty = on(view, role)
        planned = on_duty is None and nobody_by_plan(view, rota, role)
        who, style = person_words(view, on_duty, planned=planned)
        person = on_duty if isinstance(on_duty, Person) else None
        shift = shift_of(rota, role, person, view.now) if person is not None else None
        ends, override, warning = until(rota, shift), shift is not None and shift.override, ""
        if shift is None and person is not None:
            # The answer about who is on knows of an override before the timeline does.
            override, warning = covers(rota, role, view.now), "end unknown"
        rows.append(RotaRow(f"{role}.now", label, who, style, None, ends, override, warning))
        following = relief(rota, role, person, view.now)
        if following is not None:
            who, style = person_words(view, following.person)
            style = "mine" if style == "mine" else "text"
            rows.append(
                RotaRow(
                    f"{role}.next",
                    "  then",
                    who,
                    style,
                    following.start,
                    None,
                    following.override,
                )
            )
    if rota is not None:
        today = view.local(view.now).date()
        for day, second_line_only in bare_days(rota, view.now, view.calendar):
            if second_line_only and day != today:
                # The rotation never has one by day: ahead of time it is for the rota's own page.
                continue
            label = f"! {day:%a} {day.day} {day:%b}"
            who = "no 2nd line" if second_line_only else "nobody covers"
            rows.append(RotaRow(f"holiday.{day}", label, who, "warn", None, None, warning="bank holiday"))
    return rows


def rota_columns(view: View) -> Sequence[Column[RotaRow]]:
    """The columns of the rota pane."""
    zone = view.calendar.timezone

    def when(row: RotaRow, moment: Moment) -> Cell:
        if row.end is not None:
            return f"until {day_clock(row.end, moment.now, zone)}", "text"
        if row.start is not None:
            starts = day_clock(row.start, moment.now, zone)
            # Beside "then" a date says it alone, and its time isn't cut off.
            return starts if len(f"from {starts}") > WHEN else f"from {starts}", "dim"
        return row.warning, "unknown"

    def left(row: RotaRow, moment: Moment) -> Cell:
        if row.end is not None:
            return short(row.end - moment.now), "dim"
        if row.start is not None:
            return f"in {short(row.start - moment.now)}", "dim"
        return "", "dim"

    def who(row: RotaRow, _: Moment) -> Cell:
        return (row.who + (" (override)" if row.override else ""), row.style)

    return (
        Column("role", "Line", 12, lambda row, _: (row.label, "dim"), rank=3),
        Column("who", "Who", 10, who, flexible=True),
        Column("when", "When", WHEN, when, rank=1, ticks=True),
        Column("left", "", 8, left, rank=4, ticks=True, right=True),
    )
