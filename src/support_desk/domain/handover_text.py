"""The handover as Markdown: what the next person on first line needs to know at the Wednesday changeover.

Subject lines and names of alerts only, unless more is asked for: the text is made to be pasted where more
people read than look after the tickets, and is read long after it was made, so moments are named and not
counted. What isn't known is said where the next person would look for it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from support_desk.domain.handover import Facts
from support_desk.domain.handover_rows import Rows
from support_desk.domain.markdown import MOST, capped, code, listed, plain
from support_desk.domain.sla import Agreement, Ranked, is_emergency

NEAR = timedelta(hours=4)
"""Working time within which a deadline counts as near."""
PROMISE_NEAR = timedelta(days=1)
FEW = 5
"""Rows of one kind among others, so that no kind crowds out the next one; the queue itself has them all."""


def to_markdown(facts: Facts, agreement: Agreement, *, details: bool = False) -> str:
    """The handover. `details` adds requesters, tags, links, telephone numbers and every action."""
    sections = _Sections(facts, agreement, details)
    chapters = (
        ("Look at this first", sections.first()),
        ("Open, and what was promised", sections.open_tickets()),
        ("Waiting for the client", sections.waiting()),
        ("On hold", sections.on_hold()),
        ("Alerts that somebody has", sections.held_alerts()),
        ("Snoozed alerts", sections.snoozed()),
        ("Alerts of the week, by cause", sections.causes()),
        ("Escalated, and how it ended", sections.escalated()),
        ("Follow-ups", sections.follow_ups()),
        ("Runbooks changed", sections.runbooks()),
        ("Done", sections.actions()),
        ("Who is on next", sections.next_on()),
    )
    lines = [sections.title(), "", sections.summary(), ""]
    for number, warning in enumerate(facts.missing):
        # A blank line between two: Markdown makes one paragraph of lines that follow each other.
        lines += [*([">"] if number else []), f"> Not complete: {plain(warning)}"]
    lines += [""] * bool(facts.missing)
    for title, rows in chapters:
        lines += [f"## {title}", "", *rows, ""]
    return "\n".join(lines).rstrip() + "\n"


class _Sections:
    """The sections, each a list of lines; an empty one says that it is empty and known to be."""

    def __init__(self, facts: Facts, agreement: Agreement, details: bool) -> None:
        self._facts = facts
        self._agreement = agreement
        self._details = details
        self._rows = Rows(facts, agreement, details=details)
        self._promises = facts.promises or {}
        self._soon = agreement.calendar.add(facts.now, NEAR)
        self._unowned = sorted(
            (alert for alert in facts.alerts if alert.status == "open"),
            key=lambda alert: (alert.priority, alert.created_at),
        )
        self._kinds: dict[str, list[Ranked]] = {}
        for row in facts.tickets:
            self._kinds.setdefault(self._kind(row), []).append(row)

    def _kind(self, row: Ranked) -> str:
        """Where a ticket is told: each of them in one place."""
        ticket, deadline = row.ticket, row.verdict.deadline if row.verdict.kind == "due" else None
        promise = self._promises.get(ticket.id)
        if deadline is not None and deadline <= self._soon and is_emergency(ticket, self._agreement):
            return "emergency"
        if promise is not None and promise.due_at <= self._facts.now + PROMISE_NEAR:
            return "promised"
        if deadline is not None and deadline <= self._soon:
            return "late" if deadline <= self._facts.now else "near"
        if ticket.id in self._facts.believed_solved:
            return "believed"
        if promise is not None:
            return "promised later"
        if ticket.status in ("pending", "hold"):
            return ticket.status
        return "due" if deadline is not None else "open"

    def _of(self, kind: str) -> list[Ranked]:
        return self._kinds.get(kind, [])

    # Sections

    def title(self) -> str:
        start, end = self._rows.at(self._facts.start, dated=True), self._rows.at(self._facts.end, dated=True)
        return f"# Handover, {start} to {end}, by {plain(self._facts.by)}"

    def summary(self) -> str:
        """The week in a sentence or two, and the moment of which all this is true."""
        parts = [f"As of {self._rows.at(self._facts.now)}", self._alerts_in_short()]
        emergencies = len(self._of("emergency"))
        late = sum(self._is_late(row) for row in self._facts.tickets)
        near = sum(self._is_near(row) for row in self._facts.tickets)
        counts = [
            f"{late} late" if late else "",
            f"{near} due by {self._rows.at(self._soon)}" if near else "",
            f"{_many(emergencies, 'emergency', 'emergencies')} among them" if emergencies else "",
            f"{len(self._promises)} with a promised step" if self._promises else "",
        ]
        told = [count for count in counts if count] or ["none late or near its deadline"]
        known = "" if "zendesk" not in self._facts.doubtful else ", as far as is known"
        queue = f"{_many(len(self._facts.tickets), 'ticket')}: {', '.join(told)}{known}"
        parts.append(queue if self._facts.tickets or not known else "The tickets aren't known")
        parts.append(self._week_in_short())
        return ". ".join(parts) + "."

    def _week_in_short(self) -> str:
        """What became of the week, in a sentence."""
        if "history" in self._facts.doubtful:
            return "The week's alerts aren't known"
        total = sum(cause.count for cause in self._facts.causes)
        late = sum(cause.out_of_hours for cause in self._facts.causes)
        rang = f"{_many(total, 'alert')}, {late} out of hours" if total else "no alert"
        known_from = self._facts.history_from
        if known_from is not None and known_from > self._facts.start:
            rang += f" since {self._rows.at(known_from)}, before which nothing is known"
        paged = sum(action.pages for action in self._facts.actions)
        if "log" in self._facts.doubtful:
            return f"The week: {rang}"
        return f"The week: {rang}; {f'{paged} escalated' if paged else 'nothing escalated'} from this desk"

    def _alerts_in_short(self) -> str:
        known = "" if "alerts" not in self._facts.doubtful else ", as far as is known"
        if self._unowned:
            worst = self._unowned[0].priority
            number = sum(alert.priority == worst for alert in self._unowned)
            one = len(self._unowned) == 1
            return (
                f"{_many(len(self._unowned), 'alert')} {'is' if one else 'are'} open and nobody has"
                f" {'it' if one else 'them'} ({worst if one else f'{number} × {worst}'}){known}"
            )
        if known and not self._facts.alerts:
            return "The alerts aren't known"
        held = any(alert.status == "acked" for alert in self._facts.alerts)
        return f"{'Every open alert has somebody' if held else 'No alert is open'}{known}"

    def _is_late(self, row: Ranked) -> bool:
        return self._is_due_by(row, self._facts.now)

    def _is_near(self, row: Ranked) -> bool:
        return self._is_due_by(row, self._soon) and not self._is_late(row)

    @staticmethod
    def _is_due_by(row: Ranked, moment: datetime) -> bool:
        deadline = row.verdict.deadline
        return row.verdict.kind == "due" and deadline is not None and deadline <= moment

    def first(self) -> list[str]:
        """What can't wait: alerts that nobody has, emergencies, promises for now, breached or near."""
        rows = [
            *capped([self._rows.unowned(alert) for alert in self._unowned], most=MOST),
            *capped([self._rows.ticket(row) for row in self._of("emergency")], more="more emergencies"),
            *(self._rows.ticket(row) for row in self._of("promised")),
            *capped([self._rows.ticket(row) for row in self._of("late")], most=FEW, more="more late"),
            *capped(
                [self._rows.ticket(row) for row in self._of("near")],
                most=FEW,
                more=f"more due by {self._rows.at(self._soon)}",
            ),
        ]
        nothing = "Nothing is late, near its deadline, or without an owner"
        doubts = self._facts.doubtful & {"zendesk", "alerts"}
        return rows or [f"{nothing}{', as far as is known' if doubts else ''}."]

    def open_tickets(self) -> list[str]:
        open_ = len(self._of("open"))
        gone = "" if "zendesk" in self._facts.doubtful else ", which isn't in the queue"
        rows = [
            *(self._rows.ticket(row) for row in self._of("promised later")),
            *(
                f"- #{number}{gone}: {self._rows.promise(number)}"
                for number in sorted(self._promises)
                if all(row.ticket.id != number for row in self._facts.tickets)
            ),
            *capped([self._rows.ticket(row) for row in self._of("due")], most=FEW, more="more due later"),
            *([f"- {open_} more open, with no deadline that runs"] if open_ else []),
        ]
        return rows or self._none("zendesk", "None but those above.")

    def waiting(self) -> list[str]:
        believed = self._of("believed")
        rows = capped([self._rows.ticket(row, changed=True) for row in self._of("pending")])
        if believed:
            numbers = ", ".join(f"#{row.ticket.id}" for row in believed)
            rows.append(f"- Believed solved, and closed later unless the client writes: {numbers}")
        return rows or self._none("zendesk")

    def on_hold(self) -> list[str]:
        rows = [self._rows.ticket(row, changed=True) for row in self._of("hold")]
        return capped(rows) or self._none("zendesk")

    def snoozed(self) -> list[str]:
        rows = [self._rows.snoozed(alert) for alert in self._facts.alerts if alert.status == "snoozed"]
        return capped(rows) or self._none("alerts")

    def held_alerts(self) -> list[str]:
        rows = [self._rows.held(alert) for alert in self._facts.alerts if alert.status == "acked"]
        return capped(rows) or self._none("alerts")

    def causes(self) -> list[str]:
        causes = sorted(self._facts.causes, key=lambda cause: (-cause.count, cause.name))
        once = [cause for cause in causes if cause.count == 1]
        rows = [self._rows.cause(cause) for cause in causes if cause.count > 1]
        lines = capped(rows, more="more that came more than once")
        if once:
            named = listed([plain(cause.name) for cause in once], FEW)
            lines.append(f"- once each: {named}" if rows else f"- 1 × {named}")
        known_from = self._facts.history_from
        if known_from is not None and known_from > self._facts.start:
            lines.append(f"- Alerts before {self._rows.at(known_from)} aren't in this desk's history.")
        return lines or self._unless("history", "None.")

    def escalated(self) -> list[str]:
        rows = [
            self._rows.escalated(action)
            for action in sorted(self._facts.actions, key=lambda action: action.at)
            if action.pages
        ]
        by_hand = capped(rows) or self._unless("log", "Nothing was escalated from this desk.")
        neither = {"history", "log"} <= self._facts.doubtful
        return by_hand if neither else [*by_hand, *self._by_timers()]

    def _by_timers(self) -> list[str]:
        """What the escalation policies were to page by themselves; whether they did, no list tells."""
        if "history" in self._facts.doubtful:
            return ["What the policies paged by themselves can't be told: the history can't be read."]
        known_from = self._facts.history_from
        since = known_from if known_from is not None and known_from > self._facts.start else None
        before = f" Before {self._rows.at(since)} it isn't known." if since else ""
        if not self._facts.due:
            return [f"By the history no alert waited until its policy was to page the second line.{before}"]
        return [
            "",
            "By the policies' timers; whether they paged stands in each alert's log, which isn't kept here:",
            "",
            *capped([self._rows.due(row) for row in self._facts.due], more="more alerts waited so long"),
            *([f"-{before}"] * bool(before)),
        ]

    def follow_ups(self) -> list[str]:
        rows = [self._rows.unfinished(action) for action in self._facts.unfinished]
        if self._facts.own:
            numbers = listed([f"#{number}" for number in self._facts.own])
            rows.append(f"- Still with {plain(self._facts.by)}, to keep or to hand on: {numbers}")
        without = [f"#{row.ticket.id}" for row in self._facts.tickets if row.ticket.priority is None]
        if without:
            rows.append(f"- No priority yet: {listed(without)}")
        if self._facts.suspended:
            held_back = self._facts.suspended
            rows.append(f"- {_many(held_back, 'suspended message')} to look at: some may be real tickets")
        rows += [
            f"- Write a runbook for {plain(cause.name)}: {cause.count} alerts and none"
            for cause in self._facts.causes
            if not cause.runbook and cause.count > 1
        ]
        return capped(rows) or self._none("zendesk")

    def runbooks(self) -> list[str]:
        changed = self._facts.runbooks_changed
        if changed is None:
            return ["It can't be told: the runbooks aren't in a git checkout."]
        return capped([f"- `{code(path)}`" for path in changed]) or ["None."]

    def actions(self) -> list[str]:
        done = sorted(
            (action for action in self._facts.actions if action.outcome == "confirmed" and not action.pages),
            key=lambda action: action.at,
        )
        if not self._details:
            counts: dict[str, int] = {}
            for action in done:
                kind = action.what.split(":", 1)[0].split(" until ", 1)[0]
                counts[kind] = counts.get(kind, 0) + 1
            rows = [f"- {count} × {plain(kind)}" for kind, count in sorted(counts.items(), key=_by_count)]
        else:
            rows = [self._rows.done(action) for action in done]
        rows = capped(rows, most=200 if self._details else MOST)
        return rows or self._unless("log", "Nothing from this desk.")

    def next_on(self) -> list[str]:
        rows = [self._rows.next(following) for following in self._facts.next_on] or [
            "- Unknown without the rota"
        ]
        rows += [
            f"- **{day:%a} {day.day} {day:%b} is a bank holiday"
            f" {'without a second line in its hours' if second_line_only else 'and nobody covers it'}**"
            for day, second_line_only in self._facts.bare_days
        ]
        if self._facts.beyond:
            who = " or ".join(
                plain(name) + (f", {plain(phone)}" if phone and self._details else "")
                for name, phone in self._facts.beyond
            )
            rows.append(f"- Beyond the second line: {who}")
        rows.append("- To reach them: `e` and `E` in the desk page them, and show their numbers")
        return rows

    def _none(self, source: str, words: str = "None.") -> list[str]:
        """That there is nothing, as far as the source tells it."""
        return [f"{words[:-1]}, as far as is known."] if source in self._facts.doubtful else [words]

    def _unless(self, kept: str, words: str) -> list[str]:
        """The words, unless what this desk keeps can't be read."""
        return ["It can't be told."] if kept in self._facts.doubtful else [words]


def _many(number: int, what: str, many: str = "") -> str:
    return f"{number} {what if number == 1 else many or f'{what}s'}"


def _by_count(pair: tuple[str, int]) -> tuple[int, str]:
    return -pair[1], pair[0]
