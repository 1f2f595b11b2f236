"""What a handover is made of: the facts of a support week, and which week that is.

The text is made of them in `handover_text`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from support_desk.domain.alerts import Alert
from support_desk.domain.commands import Promise
from support_desk.domain.rota import Person, Role, Unknown
from support_desk.domain.sla import Ranked
from support_desk.records import record

CHANGEOVER_DAY = 2
"""Wednesday: when the in-hours people change, at the hour when work begins."""

HANDING_OVER = timedelta(hours=8)
"""So long after the changeover it is the old week that is handed over: until on call changes too."""


@record
class Rang:
    """An alert of the range, as the history has it."""

    pattern: str
    """What alerts of one cause have in common (`storms.pattern`)."""
    message: str
    at: datetime
    open: bool
    out_of_hours: bool
    client: str = ""
    runbook: str = ""
    taken: bool = True
    """Somebody acknowledged it before it went away."""


@record
class Cause:
    """Alerts of one cause within the range."""

    name: str
    """A message of theirs, as the latest had it. Cleaned."""
    count: int
    """How many alerts there were."""
    out_of_hours: int
    """How many of them began outside the working hours."""
    still_open: int = 0
    client: str = ""
    runbook: str = ""
    """The runbook that goes with it; empty: none."""
    untaken: int = 0
    """How many went away before anybody took them."""


@record
class About:
    """What is known of an alert that isn't closed, besides the alert itself."""

    client: str = ""
    runbook: str = ""
    """The runbook that goes with it; empty: none."""
    holder: str = ""
    """Who acknowledged it, by name where that is known."""
    paging: str = ""
    """Whether somebody else was or will be paged about it, in words; empty: nothing is known to come."""


@record
class Action:
    """Something that was done, as the log has it."""

    at: datetime
    what: str
    """In words, such as "acknowledge" or "ESCALATE to second line (sam@...)". Cleaned."""
    on: str
    """The target's title. Cleaned."""
    by: str
    outcome: str
    """The phase in which it ended or stands, such as `confirmed`."""
    words: str = ""
    """What the service or the desk said of it. Cleaned."""
    pages: bool = False
    """It pages somebody, or hands a ticket on."""
    since: str = ""
    """What has become of its target, in words; empty: not known."""
    quoted: str = ""
    """What `what` says of somebody's own text: left out where only subject lines are wanted."""


@record
class Due:
    """An alert that waited until its policy was to page the second line by itself."""

    at: datetime
    """When that was to be (UTC)."""
    title: str
    """Such as "P1 acme-prod-5xx". Cleaned."""
    who: str
    """Who was second line then; empty: not known."""
    ended: str
    """What became of the alert, in words."""
    basis: str = "policy"
    """`policy`, or `configured` where its policy isn't known."""


@record
class Next:
    """Who takes over a line, or has a part of the week to come."""

    role: Role
    person: Person | Unknown | None
    """None: nobody; `UNKNOWN`: the rota doesn't say."""
    start: datetime | None = None
    end: datetime | None = None
    """None: it lies beyond what was read."""
    part: bool = False
    """Only a part of the week: somebody steps in, or nobody is there who ought to be."""
    phone: str = ""


@record
class Facts:
    """Everything that a handover is made of."""

    start: datetime
    end: datetime
    """The range (UTC, half open); the present state is as of `now`."""
    now: datetime
    by: str
    """Who hands over."""
    tickets: tuple[Ranked, ...] = ()
    """The queue, in its order."""
    clients: Mapping[int, str] | None = None
    """Whose a ticket is, by its number, as alerts name their clients; the organisation where it lacks."""
    promises: Mapping[int, Promise] | None = None
    """What was promised next, by the ticket's number."""
    alerts: tuple[Alert, ...] = ()
    """The alerts that aren't closed."""
    about: Mapping[str, About] | None = None
    """What else is known of them, by their id."""
    causes: tuple[Cause, ...] = ()
    actions: tuple[Action, ...] = ()
    due: tuple[Due, ...] = ()
    """What the escalation policies were to page by themselves, in the order of time."""
    unfinished: tuple[Action, ...] = ()
    """What was decided and isn't known to be done."""
    runbooks_changed: tuple[str, ...] | None = None
    """Paths; None: it can't be told."""
    next_on: tuple[Next, ...] = ()
    """The lines in their order, each followed by the parts of its week that are somebody else's."""
    bare_days: tuple[tuple[date, bool], ...] = ()
    """Bank holidays of the week to come that nobody covers; True: only the second line isn't covered."""
    beyond: tuple[tuple[str, str], ...] = ()
    """Who is beyond the second line, and their telephone numbers."""
    own: tuple[int, ...] = ()
    """Tickets that are still with the person who hands over, where they aren't on next themselves."""
    believed_solved: frozenset[int] = frozenset()
    """Tickets that close by themselves unless the client writes again."""
    incident_tag: str = ""
    """The tag of a major incident, on alerts and tickets."""
    suspended: int | None = None
    """How many messages Zendesk held back; None: not read."""
    missing: tuple[str, ...] = ()
    """What couldn't be read, a line each: the reader must know that the list may be short."""
    doubtful: frozenset[str] = frozenset()
    """Of which that is said: `zendesk`, `alerts`, `rota`, `history`, `log`. They call nothing empty."""
    history_from: datetime | None = None
    """From when on the history of alerts is kept; None: from before the range."""


def support_week(at: datetime, zone: ZoneInfo, opens: time) -> tuple[datetime, datetime]:
    """The support week around a moment: Wednesday to Wednesday, at the hour when work begins (UTC).

    Before the changeover it is the week that ends; the handbook's week is Wednesday to Tuesday, and its
    in-hours people change on Wednesday at 10:00.
    """
    local = at.astimezone(zone)
    day = local.date() - timedelta(days=(local.weekday() - CHANGEOVER_DAY) % 7)
    start = datetime.combine(day, opens, zone)
    if start > local:
        start = datetime.combine(day - timedelta(days=7), opens, zone)
    end = datetime.combine(start.date() + timedelta(days=7), opens, zone)
    utc = ZoneInfo("UTC")
    return start.astimezone(utc), end.astimezone(utc)


def week_to_hand_over(at: datetime, zone: ZoneInfo, opens: time) -> tuple[datetime, datetime]:
    """The support week that is handed over at a moment (UTC): on the day of the changeover the old one."""
    return support_week(at - HANDING_OVER, zone, opens)


def causes_of(alerts: Iterable[Rang]) -> tuple[Cause, ...]:
    """The alerts of a range by their cause, the most frequent first."""
    found: dict[str, list[Rang]] = {}
    for alert in alerts:
        found.setdefault(alert.pattern, []).append(alert)
    return tuple(
        _cause(alike) for alike in sorted(found.values(), key=lambda rows: (-len(rows), rows[0].message))
    )


def _cause(alike: Sequence[Rang]) -> Cause:
    latest = max(alike, key=lambda alert: alert.at)
    return Cause(
        latest.message,
        len(alike),
        sum(alert.out_of_hours for alert in alike),
        sum(alert.open for alert in alike),
        latest.client,
        latest.runbook,
        sum(not alert.open and not alert.taken for alert in alike),
    )
