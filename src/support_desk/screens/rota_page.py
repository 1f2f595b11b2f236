"""The rota in words: when you are next on, who is on now, what is bare, and the weeks to come."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from support_desk.desk.facts import worked_rota
from support_desk.desk.snapshot import FeedName, State, state
from support_desk.domain.cover import bare_days, missing
from support_desk.domain.rota import (
    Gap,
    Person,
    Role,
    Rota,
    Unknown,
    covers,
    relief,
    shift_of,
    until,
)
from support_desk.domain.rota_weeks import (
    ROLE_WORDS,
    Line,
    Turn,
    Week,
    next_on_words,
    on_call_time,
    pay_period,
    turns_of,
    until_words,
    weeks,
)
from support_desk.domain.words import counted, duration_words, moment_words
from support_desk.screens.header import STATE_STYLE, on, person_words, problem_line
from support_desk.screens.rota_rows import LABELS, nobody_by_plan
from support_desk.screens.view import View
from support_desk.widgets.lines import Parts
from support_desk.widgets.text_view import BLANK, TextLine

LABEL = 14
"""Cells of the labels left of the facts."""


def rota_lines(view: View) -> list[TextLine]:
    """Everything that the rota says, as of the view's moment."""
    rota = worked_rota(view.snapshot, view.calendar)
    lines = [_head("When are you next on?")]
    words = own_words(view)
    lines += [TextLine(((f" {line}.", "mine" if rota else "warn"),), indent=1) for line in words]
    for trouble in _troubles(view):
        lines.append(TextLine(((f" ! {trouble}", "warn"),), indent=3))
    lines += [BLANK, _head("Now"), *_now(view, rota)]
    if rota is None:
        return lines
    bare = list(_bare(view, rota))
    if bare:
        lines += [BLANK, _head("Look out"), *(TextLine(((f" ! {line}", "warn"),), indent=3) for line in bare)]
    for week in weeks(rota, view.now, view.calendar):
        lines += [BLANK, *_week(view, week)]
    return [*lines, BLANK, *_own(view, rota)]


def own_words(view: View) -> tuple[str, ...]:
    """When the person is next on, in sentences."""
    rota = worked_rota(view.snapshot, view.calendar)
    return next_on_words(rota, view.config.me.email, view.now, view.calendar.timezone, why_none(view))


def why_none(view: View) -> str:
    """Why there is no rota, where there is none."""
    words = {
        State.OFF: "no rota is configured",
        State.LOADING: "the rota isn't read yet",
    }
    return words.get(state(view.snapshot.rota, view.now), "the rota could not be read")


def _head(text: str, *more: tuple[str, str]) -> TextLine:
    return TextLine(((text, "head"), *more))


def _fact(label: str, *parts: tuple[str, str]) -> TextLine:
    return TextLine(
        ((f" {label:<{LABEL - 2}} ", "label"), *(part for part in parts if part[0])), indent=LABEL
    )


def _at(view: View, at: datetime) -> str:
    return moment_words(at, view.now, view.calendar.timezone)


def _day(view: View, at: datetime) -> str:
    local = view.local(at)
    return f"{local:%a} {local.day} {local:%b}"


def _span(view: View, start: datetime, end: datetime) -> str:
    return f"{_at(view, start)} to {_at(view, end)}"


def _troubles(view: View) -> Iterator[str]:
    """How far the rota can be trusted, unless it is fresh."""
    judged = state(view.snapshot.rota, view.now)
    word, style = STATE_STYLE[judged]
    problem = problem_line(view, FeedName.ROTA, FeedName.ON_CALL)
    if problem:
        yield problem
    elif judged is State.OFF:
        yield "it is read with OpsGenie's key: set opsgenie.read_key_env (or _command, _file), then [rota]"
    elif style != "ok":
        yield f"the rota is {word}"


# Now


def _now(view: View, rota: Rota | None) -> Iterator[TextLine]:
    for role, label in LABELS.items():
        who = on(view, role)
        parts = [person_words(view, who)]
        if who is None and nobody_by_plan(view, rota, role):
            parts = [("nobody now, by plan", "dim")]
        if isinstance(who, Person):
            shift = shift_of(rota, role, who, view.now)
            if shift.override if shift is not None else covers(rota, role, view.now):
                parts.append((" (override)", "soon"))
            if shift is not None:
                ends = until_words(until(rota, shift), view.now, view.calendar.timezone)
                parts.append((f" {ends}", "text"))
            else:
                # The answer about who is on knows of an override before the timeline does.
                parts.append((", until when isn't known", "dim"))
        elif isinstance(who, Unknown):
            parts.append((f": {'the rota could not be read' if rota else why_none(view)}", "dim"))
        yield _fact(label, *parts)
        following = relief(rota, role, who if isinstance(who, Person) else None, view.now)
        if following is not None:
            name, style = person_words(view, following.person)
            stand_in = " (override)" if following.override else ""
            yield _fact(
                "  then",
                (name, "mine" if style == "mine" else "text"),
                (stand_in, "soon"),
                (
                    f" from {_at(view, following.start)}, in {duration_words(following.start - view.now)}",
                    "dim",
                ),
            )


# What is bare


def _bare(view: View, rota: Rota) -> Iterator[str]:
    """Bank holidays that nobody covers, and when nobody is on who ought to be."""
    calendar = view.calendar
    for day, second_line_only in bare_days(rota, view.now, calendar):
        lacks = "without a second line in its hours" if second_line_only else "and nobody covers it"
        yield f"{day:%a} {day.day} {day:%b} is a bank holiday {lacks}"
    for role in Role:
        found = missing(rota, role, view.now, rota.cover.end, calendar)
        if found:
            yield f"{_gap_words(view, found[0])}{_more(found)}"


def _gap_words(view: View, gap: Gap) -> str:
    return f"nobody is {ROLE_WORDS[gap.role]} {_span(view, max(gap.start, view.now), gap.end)}"


def _more(found: tuple[Gap, ...]) -> str:
    more = len(found) - 1
    return f", and {counted(more, 'more gap')}" if more else ""


# Weeks


def _week(view: View, week: Week) -> Iterator[TextLine]:
    begun = week.start <= view.now
    yield _head(
        f"{'This week' if begun else 'Week'}: {_day(view, week.start)} to {_day(view, week.end)}",
    )
    for line in week.lines:
        yield _fact(LABELS[line.role], *_line(view, line))


def _line(view: View, line: Line) -> Parts:
    parts: list[tuple[str, str]] = []
    main = line.main
    if main is not None:
        name, style = person_words(view, main.person)
        parts.append((name, "mine" if style == "mine" else "text"))
        if main.override and not line.others:
            parts.append((" (override)", "soon"))
    parts += [(f"; {_turn(view, turn)}", "soon" if turn.override else "text") for turn in line.others]
    gaps = line.gaps
    for gap in gaps[:2]:
        parts.append((f"{'; ' if parts else ''}nobody {_span(view, gap.start, gap.end)}", "warn"))
    if len(gaps) > len(gaps[:2]):
        parts.append((f" and {len(gaps) - 2} more", "warn"))
    if not line.known:
        parts.append((f"{'; ' if parts else ''}not read to its end", "unknown"))
    return tuple(parts) or (("nobody", "dim"),)


def _turn(view: View, turn: Turn) -> str:
    name, _ = person_words(view, turn.person)
    return f"{_span(view, turn.start, turn.end)} {name}{' (override)' if turn.override else ''}"


# One's own


def _own(view: View, rota: Rota) -> Iterator[TextLine]:
    email = view.config.me.email
    if not email:
        return
    yield _head("Your turns")
    mine = turns_of(rota, email, view.now)
    if not mine:
        yield _fact("", (f"none until {_at(view, rota.cover.end)}, where the reading ends", "dim"))
    for turn in mine:
        many = f", {len(turn.shifts)} shifts" if len(turn.shifts) > 1 else ""
        stand_in = " (override)" if turn.override else ""
        yield _fact(
            LABELS[turn.role], (f"{_span(view, turn.start, turn.end)}{many}", "text"), (stand_in, "soon")
        )
    start, end = pay_period(view.now, view.calendar.timezone, view.calendar.start)
    on_call = on_call_time(rota, email, Role.ON_CALL, start, end)
    told = duration_words(on_call, days=False) if on_call else "nothing of it"
    words = (
        "not known, the rota was not read for all of it" if on_call is None else f"you are on call for {told}"
    )
    yield _fact("Pay period", (f"{_span(view, start, end)}: {words}", "text"))
