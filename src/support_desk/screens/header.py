"""The header: the time, who is on, and how far each source can be trusted."""

from __future__ import annotations

from datetime import datetime, timedelta

from support_desk.desk import facts
from support_desk.desk.snapshot import (
    FEEDS_OF,
    Feed,
    FeedName,
    SourceName,
    State,
    source_state,
    state,
)
from support_desk.domain.alerts import Alert
from support_desk.domain.paged import Proof
from support_desk.domain.rota import Person, Role, Unknown, on_now, rests, same_address, shift_now
from support_desk.domain.words import clock_words, day_clock
from support_desk.screens.view import View
from support_desk.screens.words import age, clock, countdown
from support_desk.text import cell_width, shortened
from support_desk.widgets.lines import Parts

NARROW = 110
"""Below this width the header uses its short words."""

SHORTEST_MESSAGE = 12
"""Cells of an alert's message that stay, however narrow the terminal."""

STATE_STYLE = {
    State.FRESH: ("ok", "ok"),
    State.PARTIAL: ("partly read", "stale"),
    State.STALE: ("stale", "stale"),
    State.FAILED: ("FAILED", "alarm"),
    State.LOADING: ("loading", "dim"),
    State.OFF: ("off", "dim"),
}
"""A feed's state: the word, and the style that goes with it."""

SOURCE_LABEL = {
    SourceName.ZENDESK: ("zendesk", "zd"),
    SourceName.ALERTS: ("alerts", "al"),
    SourceName.ROTA: ("rota", "ro"),
    SourceName.RUNBOOKS: ("runbooks", "rb"),
}

DOT = (" · ", "dim")


def header_lines(view: View, width: int) -> tuple[Parts, Parts]:
    """The two lines at the top of every screen."""
    narrow = width < NARROW
    return _people(view, narrow), _sources(view, narrow)


def hours_words(view: View, narrow: bool) -> str:
    """Whether first line support is open, and when that changes."""
    changes = view.calendar.next_change(view.now)
    when = day_clock(changes, view.now, view.calendar.timezone)
    if view.calendar.is_open(view.now):
        return f"in hours to {when}" if narrow else f"in hours until {when}"
    return f"out of hours to {when}" if narrow else f"out of hours until {when}"


def person_words(view: View, person: Person | Unknown | None, *, planned: bool = False) -> tuple[str, str]:
    """A person of the rota and the style: "you" is marked, nobody and unknown are different words.

    `planned`: nobody ought to be there now, so that it is nothing to look up for.
    """
    if isinstance(person, Unknown):
        return "unknown", "warn"
    if person is None:
        return "nobody now", "dim" if planned else "warn"
    mine = same_address(person.email, view.config.me.email)
    name = person.name or person.email
    return (f"you ({name})", "mine") if mine else (name, "strong")


def on(view: View, role: Role) -> Person | Unknown | None:
    """Who is on this line now: a person, nobody (None), or unknown."""
    if role is Role.SECOND_LINE:
        return view.second_line
    rota, calendar = facts.rota_of(view.snapshot), view.calendar
    shift = shift_now(rota, role, view.now)
    # Somebody who steps in comes before whom the rotation names: where the latter is found, nobody did.
    if shift is not None and rests(shift, calendar.holidays, calendar.timezone):
        return None
    return on_now(rota, role, view.now)


def _people(view: View, narrow: bool) -> Parts:
    local = view.local(view.now)
    parts: list[tuple[str, str]] = [
        (f" {clock_words(local)} ", "strong"),
        (f"{local:%a}" if narrow else f"{local:%a} {local.day} {local:%b}", "text"),
        DOT,
        (hours_words(view, narrow), "text"),
        DOT,
        ("1st " if narrow else "first line: ", "dim"),
    ]
    if view.calendar.is_open(view.now):
        dev, ops = person_words(view, on(view, Role.DEV)), person_words(view, on(view, Role.OPS))
        if dev == ops:
            parts.append(dev)
        else:
            parts += [(_first(dev[0], narrow), dev[1]), (" dev, " if not narrow else ", ", "dim")]
            parts += [(_first(ops[0], narrow), ops[1]), (" ops" if not narrow else "", "dim")]
    else:
        who = person_words(view, on(view, Role.ON_CALL))
        parts += [(_first(who[0], narrow), who[1]), (" on call" if not narrow else "", "dim")]
    # On working days there is none by day; on a bank holiday somebody ought to be.
    second = person_words(view, on(view, Role.SECOND_LINE), planned=view.calendar.is_open(view.now))
    parts += [DOT, ("2nd " if narrow else "second line: ", "dim"), (_first(second[0], narrow), second[1])]
    return tuple(part for part in parts if part[0])


def _first(name: str, narrow: bool) -> str:
    """The first name where there is little room; "you" and the words for nobody stay."""
    if not narrow:
        return name
    return name.removesuffix(" now") if name == "nobody now" else name.split(" ", 1)[0]


def _read_at(view: View, source: SourceName) -> Feed[object]:
    """The feed of a source that speaks for its age: the one it is named for."""
    return view.snapshot.feed(FEEDS_OF[source][0])


def health_words(view: View, source: SourceName) -> tuple[str, str]:
    """One word for a source's health with the age of what is shown, and its style."""
    judged = source_state(view.snapshot, source, view.now)
    troubled = any(view.snapshot.feed(name).problem is not None for name in FEEDS_OF[source])
    return state_words(judged, _read_at(view, source), view.now, troubled=troubled)


def state_words(judged: State, feed: Feed[object], now: datetime, *, troubled: bool) -> tuple[str, str]:
    """A state in a word with the age of what is shown, and its style.

    `troubled`: the last attempt failed. What is shown is still fresh, but nobody should call that "ok".
    """
    word, style = ("retrying", "stale") if judged is State.FRESH and troubled else STATE_STYLE[judged]
    if judged in (State.OFF, State.LOADING) or feed.read_at is None:
        return word, style
    if judged is State.STALE and feed.read_at > now:
        return f"{word}, dated {age(feed.read_at - now)} ahead", style
    return f"{word} {age(now - feed.read_at, exact=word != 'ok')}", style


def _sources(view: View, narrow: bool) -> Parts:
    parts: list[tuple[str, str]] = [(" ", "text")]
    for source, labels in SOURCE_LABEL.items():
        words, style = health_words(view, source)
        parts += [(labels[narrow] + " ", "dim"), (words, style), ("  " if narrow else DOT[0], "dim")]
    suspended = view.snapshot.suspended
    judged = state(suspended, view.now)
    if judged is not State.OFF:
        if suspended.read_at is None:
            count, style = "?", "dim"
        else:
            failed = judged is State.FAILED
            more = "?" if failed else "" if suspended.complete else "+"
            usual = "stale" if failed else "text"
            count, style = f"{len(suspended.rows)}{more}", "warn" if suspended.rows else usual
        parts += [("susp " if narrow else "suspended ", "dim"), (count, style)]
    asking = view.questions
    if asking:
        parts += [
            ("  " if narrow else DOT[0], "dim"),
            (f"{asking} {'asks' if asking == 1 else 'ask'}: O", "late"),
        ]
    if view.config.read_only:
        parts += [("  READ-ONLY", "warn")]
    if view.notes:
        parts += [(f"  ! {'; '.join(view.notes)}", "warn")]
    return tuple(parts)


def problem_line(view: View, *names: FeedName) -> str:
    """What is wrong with a pane's feeds and what to do, in one line; empty when nothing is."""
    for name in names:
        feed = view.snapshot.feed(name)
        if not feed.enabled:
            continue
        if feed.problem is not None:
            again = "" if feed.problem.definite else "; it is read again by itself"
            if feed.next_at is not None and feed.next_at > view.now + timedelta(seconds=20):
                again = f" (next try {clock(feed.next_at, view.calendar.timezone)})"
            return f"{feed.problem.problem}: {feed.problem.remedy}{again}"
        if feed.rejected:
            one = feed.rejected == 1
            words = f"{feed.rejected} {'row' if one else 'rows'} could not be read and "
            words += "is not shown" if one else "are not shown"
            return f"{words}: {feed.notes[0]}" if feed.notes else f"{words}: look in the service itself"
        if feed.read_at is not None and not feed.complete:
            return feed.notes[0] if feed.notes else "only partly read: more may exist"
    return ""


def critical_alerts(view: View) -> list[Alert]:
    """Open, un-acknowledged alerts of the critical priorities, oldest first."""
    critical = set(view.config.on_call.critical)
    return sorted(
        (a for a in view.snapshot.alerts.rows if a.status == "open" and a.priority in critical),
        key=lambda alert: (alert.created_at, alert.id),
    )


def announcement(view: View, width: int) -> Parts:
    """The line that every screen but the dashboard shows while a critical alert is open; or nothing.

    Where it doesn't fit in `width` cells the message gives way, not when somebody is paged or how many wait.
    """
    waiting = critical_alerts(view)
    if not waiting:
        return ()
    first = waiting[0]
    found = view.escalation(first)
    doubt = when = ""
    if found.missed:
        # Before the message, which may take the whole width: this must not be what is cut off.
        doubt = f", {'next' if found.state == 'due' else 'second'} line not paged? check"
    if found.escalated is not None and found.escalated.proof is not Proof.UNKNOWN and not found.missed:
        when = f", {found.escalated.words}"
    elif found.state == "running" and found.due_at is not None:
        when = f", next line in {countdown(found.due_at - view.now)}"
    more = f"  and {len(waiting) - 1} more" if len(waiting) > 1 else ""
    before, after = f" {first.priority} OPEN{doubt}: ", f"{when}{more} "
    room = max(SHORTEST_MESSAGE, width - cell_width(before) - cell_width(after))
    return ((f"{before}{shortened(first.message, room)}{after}", "alarm"),)
