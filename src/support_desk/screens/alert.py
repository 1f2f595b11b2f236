"""One alert: the facts, who was paged and how, notes and log, and when the next line is paged."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType
from textual.screen import Screen

from support_desk.desk.facts import by_name
from support_desk.desk.own_changes import given_back
from support_desk.domain.alerts import Alert, AlertDetail, AlertEvent
from support_desk.domain.clients import client_of_alert, time_tags
from support_desk.domain.intents import Target
from support_desk.domain.page_records import step_proven
from support_desk.domain.paged import Page, Proof
from support_desk.domain.runbooks import RunbookMatch
from support_desk.domain.words import counted, day_clock
from support_desk.keys import bindings
from support_desk.screens.alert_rows import GLYPHS, AlertRow
from support_desk.screens.detail import DetailScreen, ago, fact, when
from support_desk.screens.view import View
from support_desk.screens.words import countdown
from support_desk.sources.errors import SourceError
from support_desk.widgets.lines import Parts
from support_desk.widgets.text_view import BLANK, TextLine

if TYPE_CHECKING:
    from support_desk.domain.tickets import Ticket
    from support_desk.sources.protocols import Sources

NOTE_EDGE, LOG_EDGE = ("▌ ", "agent"), ("┊ ", "internal")
"""The rule along a colleague's note, and along a line of the service's log."""

STATUS_WORDS = {
    "open": ("OPEN: nobody has acknowledged it", "late"),
    "acked": ("acknowledged", "ok"),
    "snoozed": ("snoozed", "internal"),
    "closed": ("closed", "dim"),
}


class AlertScreen(DetailScreen[AlertDetail, Alert]):
    """An alert by its id."""

    SCOPES: ClassVar[tuple[str, ...]] = ("act_alert", "detail", "act", "row", "document", "app")
    BINDINGS: ClassVar[list[BindingType]] = bindings("act_alert")

    def __init__(self, alert_id: str, neighbours: Sequence[str] = ()) -> None:
        super().__init__(alert_id, neighbours)
        self.alert_id = alert_id

    @property
    def target(self) -> Target:
        return Target("alert", self.alert_id)

    # What is known

    def rows(self, view: View) -> Sequence[Alert]:
        return view.snapshot.alerts.rows

    def is_it(self, row: Alert) -> bool:
        return row.id == self.alert_id

    def newest(self, view: View) -> Alert | None:
        """The newest that is known of the alert."""
        listed = self.last_listed(view)
        if self.detail is None or listed is None:
            return listed if self.detail is None else self.detail.alert
        read = self.detail.alert
        return listed if listed.updated_at > read.updated_at else given_back(listed, read)

    def acted_on(self) -> list[Alert] | list[Ticket]:
        alert = self.newest(self.desk_app.view)
        return [alert] if alert is not None else list[Alert]()

    def as_row(self, view: View) -> AlertRow | None:
        """The alert as a row of the list, with its client and its countdown."""
        alert = self.newest(view)
        if alert is None:
            return None
        client = client_of_alert(alert, view.clients)
        return AlertRow(alert.id, alert, client.name if client else "?", view.escalation(alert))

    async def fetch(self, sources: Sources) -> AlertDetail:
        if sources.alerts is None:
            raise SourceError("Alerts are switched off", "configure `[alerts]` and its provider")
        return await sources.alerts.alert(self.alert_id)

    def read(self, detail: AlertDetail) -> None:
        """Its recipients prove what no list tells: that the policy has paged somebody at its own time."""
        page = _page_by_policy(self.desk_app.view, detail)
        if page is not None:
            self.desk.note_page_read(self.alert_id, page)

    def changed_since(self, view: View) -> bool:
        listed = self.listed(view)
        return (
            listed is not None
            and self.detail is not None
            and listed.updated_at > self.detail.alert.updated_at
        )

    def known_from(self, view: View) -> str:
        feed = view.snapshot.alerts
        if self.left(view):
            return "facts from the list, which it has left"
        if self.listed(view) is None or feed.read_at is None:
            return "not in the list: nothing is known of it yet" if self.detail is None else ""
        return f"facts from the list, read {ago(feed.read_at, view.now)}"

    def address(self) -> str:
        alert = self.newest(self.desk_app.view)
        return alert.url if alert else ""

    def line_about(self, view: View) -> str:
        from support_desk.screens.row_actions import line_about

        row = self.as_row(view)
        return line_about(view, row) if row else ""

    def runbook(self) -> RunbookMatch | None:
        row = self.as_row(self.desk_app.view)
        return self.desk_app.runbook_for(row) if row else None

    def name_words(self) -> str:
        return "this alert"

    def sibling(self, own: Hashable, neighbours: Sequence[Hashable]) -> Screen[None]:
        return AlertScreen(str(own), [str(key) for key in neighbours])

    # Drawing

    def identity(self, view: View) -> Parts:
        alert = self.newest(view)
        if alert is None:
            return ((f"alert {self.alert_id}", "key"),)
        return (
            (f"{alert.priority} {GLYPHS.get(alert.status, '?')}", "key"),
            (f"  {alert.message or '(no message)'}", "strong"),
        )

    def head(self, view: View) -> list[TextLine]:
        row = self.as_row(view)
        if row is None:
            return []
        alert = row.alert
        now = (
            [fact("Status", ("not known: it has left the list", "unknown")), *_page(view, row)]
            if self.left(view)
            else [fact("Status", *_status(view, alert)), *_page(view, row), _next_line(view, row)]
        )
        lines = [*now, *_facts(view, alert)]
        match = self.desk_app.runbook_for(row)
        if match is not None:
            lines.append(fact("Runbook", (match.title, "strong"), (f"  {match.why}", "dim")))
        else:
            lines.append(fact("Runbook", ("none matches", "dim")))
        return lines

    def body(self, view: View, detail: AlertDetail) -> list[TextLine]:
        lines: list[TextLine] = []
        if detail.missing:
            lines += [BLANK, TextLine((("Not everything could be read", "head"),))]
            lines += [TextLine(((f"! {reason}", "warn"),), indent=2) for reason in detail.missing]
        if detail.description:
            lines += [BLANK, TextLine((("Description", "head"),))]
            lines += [TextLine(((text, "text"),)) for text in detail.description.split("\n")]
        if detail.details:
            lines += [BLANK, TextLine((("Details", "head"),))]
            lines += [
                TextLine(((f"{key}: ", "label"), (value, "text")), indent=4) for key, value in detail.details
            ]
        return [*lines, *_paged(view, detail), *_events(view, detail)]


def _status(view: View, alert: Alert) -> Parts:
    words, style = STATUS_WORDS.get(alert.status, (alert.status, "unknown"))
    if alert.status == "snoozed" and alert.snoozed_until is not None:
        words = f"snoozed until {day_clock(alert.snoozed_until, view.now, view.calendar.timezone)}"
    if alert.status != "acked":
        return ((words, style),)
    who = (
        f" by {view.named(alert.acknowledged_by)}"
        if alert.acknowledged_by
        else ", the service doesn't say by whom"
    )
    at = f", {ago(alert.acknowledged_at, view.now)}" if alert.acknowledged_at else ""
    return ((words, style), (who + at, "text"))


def _page_by_policy(view: View, detail: AlertDetail) -> Page | None:
    """The page that the recipients prove; None: they prove none."""
    proven = step_proven(
        detail.alert,
        detail.recipients,
        policies=view.snapshot.policies.rows,
        fallback_minutes=view.config.escalation.minutes,
        default_policy=view.config.escalation.name,
        second_line=view.second_line_at,
        second_line_schedule=view.config.rota.second_line.schedule,
        now=view.now,
    )
    if proven is None:
        return None
    step, who, at = proven
    words = f"{view.named(who)} was paged {view.local(at):%H:%M:%S}"
    return Page(step, Proof.PAGED, words, escalation=True, by_policy=True)


def _page(view: View, row: AlertRow) -> list[TextLine]:
    """Whom the person, a colleague or the policy has paged, as far as that is known."""
    page = row.escalation.page
    if page is None:
        return []
    asked = f"  asked for by {view.named(page.by) if page.by else 'you'}, {when(view, page.at)}"
    if page.by_policy:
        asked = "  by its policy: see Recipients"
    if page.proof is Proof.UNKNOWN:
        doubt = "the page arrived: ask them" if page.by else "your page arrived: O asks again"
        return [fact("Paged", (f"NOT KNOWN whether {doubt}", "late"), (asked, "dim"))]
    style = "strong" if page.proof is Proof.PAGED else "late"
    return [fact("Paged", (page.words, style), (asked, "dim"))]


def _next_line(view: View, row: AlertRow) -> TextLine:
    """When the next line is paged, and who that is; never that somebody was paged."""
    found = row.escalation
    who = f"{by_name(found.next, view.config, view.snapshot)} " if found.next else ""
    reason = found.reason.removeprefix(found.page.words).lstrip("; ") if found.page else found.reason
    why = f"  {by_name(reason, view.config, view.snapshot)}" if reason else ""
    if found.due_at is None or found.state not in ("running", "due"):
        style = "unknown" if found.state == "unknown" else "warn" if found.state == "due" else "text"
        return fact("Next line", (f"{who}{found.state}", style), (why, "dim"))
    at = day_clock(found.due_at, view.now, view.calendar.timezone)
    left = found.due_at - view.now
    if left <= timedelta(0):
        return fact("Next line", (f"CHECK: {who}was due at {at}", "late"), (why, "dim"))
    about = "about " if found.basis == "configured" else ""
    style = "late" if left <= timedelta(minutes=1) else "soon"
    return fact("Next line", (f"{who}in {about}{countdown(left, seconds=True)} ({at})", style), (why, "dim"))


def _facts(view: View, alert: Alert) -> list[TextLine]:
    client = client_of_alert(alert, view.clients)
    unit = f", {client.business_unit}" if client and client.business_unit else ""
    computed = [
        tag for tag in time_tags(alert.created_at, view.calendar)
        if tag.casefold() not in {known.casefold() for known in alert.tags}
    ]  # fmt: skip
    repeats = f"×{alert.count}, last {when(view, alert.last_occurred_at)}" if alert.count > 1 else "once"
    responders = ", ".join(f"{r.type} {r.name or r.id}" for r in alert.responders)
    number = f"  #{alert.tiny_id}" if alert.tiny_id else ""
    lines = [
        fact("Priority", (alert.priority, "strong"), (number, "dim")),
        fact("Has it", (view.named(alert.owner), "text") if alert.owner else ("nobody", "unknown")),
        fact(
            "Client",
            (f"{client.name}{unit}" if client else "not recognised", "text" if client else "unknown"),
            (f"  by its {client.origin}" if client else "", "dim"),
        ),
        fact("Since", (when(view, alert.created_at), "text"), (f"  · occurred {repeats}", "text")),
        fact(
            "Tags",
            (" ".join(alert.tags) or "none", "text" if alert.tags else "dim"),
            (f"  computed: {' '.join(computed)}" if computed else "", "dim"),
        ),
        fact(
            "From",
            (alert.source or "no source", "text"),
            (f" · {alert.integration}" if alert.integration else "", "text"),
        ),
        fact("Responders", (responders or "none", "text" if responders else "dim")),
    ]
    if alert.alias and alert.alias != alert.id:
        lines.append(fact("Alias", (alert.alias, "dim")))
    return lines


def _paged(view: View, detail: AlertDetail) -> list[TextLine]:
    """Who was paged, how, and when: the only proof that somebody was."""
    words = (
        f"{len(detail.recipients)}"
        if detail.recipients
        else _none(detail, "recipients", "nobody is recorded")
    )
    lines = [BLANK, TextLine(((f"Recipients, and what became of each: {words}", "head"),))]
    zone = view.calendar.timezone
    lines += [
        TextLine(
            (
                (view.named(person.name) or "unknown", "strong"),
                (f"  {person.state}", "text"),
                (f"  {person.method}", "text"),
                (f"  {day_clock(person.at, view.now, zone)}  {ago(person.at, view.now)}", "dim"),
            ),
            indent=4,
        )
        for person in detail.recipients
    ]
    return lines


def _none(detail: AlertDetail, part: str, words: str) -> str:
    """What an empty part means: nothing there, or that it could not be read."""
    unread = any(reason.casefold().startswith(part) for reason in detail.missing)
    return f"{part} not read, see above" if unread else words


def _events(view: View, detail: AlertDetail) -> list[TextLine]:
    notes = sum(event.note for event in detail.events)
    logged = len(detail.events) - notes
    noted = counted(notes, "note") if notes else _none(detail, "notes", "no notes")
    log = counted(logged, "log line") if logged else _none(detail, "log", "no log lines")
    lines = [BLANK, TextLine(((f"Notes and log: {noted}, {log}, oldest first", "head"),))]
    for number, event in enumerate(detail.events):
        lines += _event(view, event, number)
    return lines


def _event(view: View, event: AlertEvent, number: int) -> list[TextLine]:
    at = f"  {day_clock(event.at, view.now, view.calendar.timezone)}  {ago(event.at, view.now)}"
    if not event.note:
        who = f"  {event.who}" if event.who else ""
        return [
            TextLine(
                (("log", "internal"), (at, "dim"), (f"{who}  ", "dim"), (event.text, "dim")),
                edge=LOG_EDGE, indent=4, key=number,
            )
        ]  # fmt: skip
    heading = TextLine(
        (("NOTE", "agent"), (f"  {event.who or 'unknown'}", "strong"), (at, "dim")),
        edge=NOTE_EDGE,
        indent=2,
        key=number,
    )
    return [
        heading,
        *(TextLine(((text, "text"),), edge=NOTE_EDGE, indent=2) for text in event.text.split("\n")),
    ]
