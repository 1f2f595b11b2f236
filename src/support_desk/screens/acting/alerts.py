"""What keys do to alerts: who asks for what, and the commands that become of it.

Every function takes the alerts as they were at the key press. Escalating is in `escalation.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from support_desk.acts import who_decides
from support_desk.desk.intents import target_of
from support_desk.domain import commands as c
from support_desk.domain.alert_tags import suggested_tags, tag_problem
from support_desk.domain.alerts import PRIORITIES, Alert
from support_desk.domain.rota import same_address
from support_desk.domain.when import parse_when
from support_desk.domain.words import day_clock
from support_desk.screens.acting.escalation import escalate, people_of
from support_desk.screens.acting.escalation import page_someone as _page_someone
from support_desk.screens.acting.incident import ask_who_was_told
from support_desk.screens.asking import MANY, confirm
from support_desk.text import head, shortened

if TYPE_CHECKING:
    from support_desk.screens.acting import Acting
    from support_desk.widgets.lines import Parts

Alerts = Sequence[Alert]

LONGEST_MESSAGE = 60
LONGEST_SUBJECT = 120

SNOOZES = (
    ("30 min", "30m"),
    ("1 h", "1h"),
    ("2 h", "2h"),
    ("4 h", "4h"),
    ("8 h", "8h"),
    ("1 day", "1d"),
    ("a week", "7d"),
)
ANOTHER = "another"
WHEN = "Snooze until when? 15:10, tomorrow, fri 12:00, 2h (at most a week)"


def do(screen: Acting, alerts: Alerts, command: c.Command, what: str) -> None:
    """The same command for all of them; many are asked about."""

    def send() -> None:
        screen.desk_app.acts.do([(alert, command) for alert in alerts])

    if len(alerts) > MANY:
        confirm(screen.desk_app, f"{what} {len(alerts)} alerts?", "does it", send)
    else:
        send()


def me(screen: Acting) -> str:
    """The address under which this person acts."""
    return who_decides(screen.desk_app.config.me.email)


def named(alerts: Alerts) -> str:
    """The alerts in a sentence."""
    if len(alerts) > 1:
        return f"{len(alerts)} alerts"
    return f"{alerts[0].priority} {shortened(alerts[0].message, LONGEST_MESSAGE)}"


# Who has it


def acknowledge(screen: Acting, alerts: Alerts) -> None:
    """Take the alerts: their escalation stops."""
    others = [
        alert
        for alert in alerts
        if alert.status != "acked" or not same_address(alert.acknowledged_by, me(screen))
    ]
    if not others:
        screen.say(f"{'You have it' if len(alerts) == 1 else 'You have them'} already")
        return
    taken = [alert for alert in others if alert.status == "acked"]
    free = [alert for alert in others if alert.status != "acked"]
    if not free:
        # The service refuses to acknowledge twice, whoever asks.
        theirs = "it" if len(taken) == 1 else "them"
        screen.say(f"{_who_have(screen, taken)} {named(taken)} already: w makes {theirs} yours")
        return
    if taken:
        words = f"{_who_have(screen, taken)} {named(taken)} already. Acknowledge the other {named(free)}?"
        confirm(
            screen.desk_app, words, "acknowledges it" if len(free) == 1 else "acknowledges them",
            lambda: screen.desk_app.acts.do([(alert, c.Acknowledge()) for alert in free]),
        )  # fmt: skip
        return
    do(screen, others, c.Acknowledge(), "Acknowledge")


def _who_have(screen: Acting, taken: Alerts) -> str:
    """Whose the alerts are: "Kim Example has", "Colleagues have"."""
    if len({alert.acknowledged_by for alert in taken}) > 1:
        return "Colleagues have"
    return f"{screen.desk_app.view.named(taken[0].acknowledged_by or '') or 'Somebody'} has"


def unacknowledge(screen: Acting, alerts: Alerts) -> None:
    """Give the acknowledgement back."""
    acked = [alert for alert in alerts if alert.status == "acked"]
    if not acked:
        screen.say(f"Nobody has acknowledged {named(alerts)}")
        return
    words = f"Give the acknowledgement of {named(acked)} back? The escalation starts again."
    confirm(
        screen.desk_app, words, "gives it back",
        lambda: screen.desk_app.acts.do([(alert, c.Unacknowledge()) for alert in acked]),
    )  # fmt: skip


def take(screen: Acting, alerts: Alerts) -> None:
    """Own them."""
    address = screen.desk_app.config.me.email
    if not address:
        screen.say("Who you are isn't known: set [me] email in the configuration", problem=True)
        return
    others = [alert for alert in alerts if not same_address(alert.owner, address)]
    if others:
        do(screen, others, c.AssignAlert(address, screen.desk_app.config.me.name), "Take")
    else:
        screen.say(f"{'It is' if len(alerts) == 1 else 'They are'} yours already")


def assign(screen: Acting, alerts: Alerts) -> None:
    """Choose who owns them."""
    known = people_of(screen)
    if not known:
        screen.say("Nobody can be chosen: the alert service's people haven't been read", problem=True)
        return

    names = {person.email: person.name for person in known}

    def chosen(picked: str | None) -> None:
        if picked:
            do(screen, alerts, c.AssignAlert(picked, names[picked]), "Assign")

    choices = [(person.email, person.name, person.email) for person in known]
    screen.desk_app.choose(f"Who takes {named(alerts)}?", choices, chosen)


# Fields


def close(screen: Acting, alerts: Alerts) -> None:
    """They are dealt with."""
    words = f"Close {named(alerts)}? A closed alert can't be opened again."
    confirm(
        screen.desk_app, words, "closes it",
        lambda: screen.desk_app.acts.do([(alert, c.CloseAlert()) for alert in alerts]),
    )  # fmt: skip


def snooze(screen: Acting, alerts: Alerts) -> None:
    """Choose until when they are silent."""
    app = screen.desk_app
    now, calendar = app.desk.now(), app.view.calendar
    opens = calendar.next_change(now) if not calendar.is_open(now) else _opens_next(screen, now)
    moments = [(parse_when(text, now, calendar) or now, text, label) for label, text in SNOOZES]
    ends = [
        (until, (text, label, f"until {day_clock(until, now, calendar.timezone)}"))
        for until, text, label in moments
    ]
    if opens - now <= c.LONGEST_SNOOZE:
        when = f"until {day_clock(opens, now, calendar.timezone)}"
        ends.append((opens, (opens.isoformat(), when, "work begins")))
    choices = [choice for _, choice in sorted(ends)]
    choices.append((ANOTHER, "another moment ...", ""))

    def send(until: datetime) -> None:
        do(screen, alerts, c.SnoozeAlert(until), "Snooze")

    def chosen(picked: str | None) -> None:
        if picked == ANOTHER:
            _snooze_until(screen, send)
        elif picked:
            until = parse_when(picked, app.desk.now(), calendar) if picked[-1] in "mhd" else None
            send(until or datetime.fromisoformat(picked))

    # What it does comes first: where there is little room, the end of a title is cut.
    title = f"STOPS the escalation, comes back un-acknowledged. Snooze {named(alerts)}"
    app.choose(title, choices, chosen)


def _opens_next(screen: Acting, now: datetime) -> datetime:
    """When work begins next, while it is going on."""
    calendar = screen.desk_app.view.calendar
    return calendar.next_change(calendar.next_change(now))


def _snooze_until(screen: Acting, send: Callable[[datetime], None], text: str = "") -> None:
    from support_desk.screens.pickers import LinePicker

    app = screen.desk_app

    def typed(answer: str | None) -> None:
        if answer is None:
            return
        until = parse_when(answer, app.desk.now(), app.view.calendar)
        if until is None:
            screen.say(
                f"“{answer}” isn't a moment to come: write 15:10, tomorrow, fri 12:00, 2h", problem=True
            )
            _snooze_until(screen, send, answer)
        elif until - app.desk.now() > c.LONGEST_SNOOZE:
            screen.say("An alert can be snoozed for at most a week", problem=True)
            _snooze_until(screen, send, answer)
        else:
            send(until)

    app.push_screen(LinePicker(WHEN, text), typed)


def priority(screen: Acting, alerts: Alerts) -> None:
    """Choose the priority."""

    def chosen(picked: str | None) -> None:
        if picked is None:
            return
        others = [alert for alert in alerts if alert.priority != picked]
        if others:
            do(screen, others, c.PrioritiseAlert(picked), f"Give {picked} to")
        else:
            screen.say(f"The priority is {picked} already")

    now = alerts[0].priority if len(alerts) == 1 else ""
    choices = [(level, level + (" (now)" if level == now else ""), "") for level in PRIORITIES]
    screen.desk_app.choose(f"Which priority for {named(alerts)}?", choices, chosen)


def tags(screen: Acting, alerts: Alerts) -> None:
    """Choose tags to add, and to remove where the service can do that."""
    from support_desk.screens.acting.tag_picker import TagChange, TagPicker

    can_remove = screen.desk_app.can_remove_tags
    shared = [tag for tag in alerts[0].tags if can_remove and all(tag in alert.tags for alert in alerts)]
    offered = suggested_tags(alerts[0], screen.desk_app.view.clients) if len(alerts) == 1 else ()

    def chosen(change: TagChange | None) -> None:
        if change is None:
            return
        commands: list[c.Command] = [c.AddAlertTags(change.add)] if change.add else []
        commands += [c.RemoveAlertTags(change.remove)] if change.remove else []
        screen.desk_app.acts.do([(alert, command) for alert in alerts for command in commands])

    picker = TagPicker(shared, offered, about=named(alerts), spaces=True, problem=tag_problem)
    screen.app.push_screen(picker, chosen)


# Texts


def note(screen: Acting, alerts: Alerts) -> None:
    """Write a note."""
    from support_desk.screens.acting.composer import Composer

    acts, target = screen.desk_app.acts, target_of(alerts[0])

    def written(text: str | None) -> None:
        if text is not None:
            acts.forget_draft(acts.do([(alert, c.NoteAlert(text)) for alert in alerts]), target, "note")

    who: tuple[Parts, Parts] = (
        ((" NOTE ", "internal"), (" colleagues see it on the alert", "text")),
        ((f" on {named(alerts)}", "strong"),),
    )
    screen.app.push_screen(Composer(who, target, "note"), written)


def incident(screen: Acting, alerts: Alerts) -> None:
    """Mark a major incident: tag, note, and who was told."""

    def mark(note: str, tags: tuple[str, ...]) -> None:
        commands: list[c.Command] = [c.NoteAlert(note)]
        commands += [c.AddAlertTags(tags)] if tags else []
        screen.desk_app.acts.do([(alert, command) for alert in alerts for command in commands])

    ask_who_was_told(screen, named(alerts), mark)


def raise_ticket(screen: Acting, alerts: Alerts) -> None:
    """Make a ticket of an alert; the subject first, then what it says."""
    from support_desk.screens.pickers import LinePicker

    def ask(alert: Alert) -> None:
        def subject(text: str | None) -> None:
            if text:
                _write_ticket(screen, alert, text)

        title = f"A ticket about {named([alert])}. Its subject:"
        screen.app.push_screen(LinePicker(title, head(alert.message, LONGEST_SUBJECT)), subject)

    with_one(screen, alerts, "A ticket about which", ask)


def _write_ticket(screen: Acting, alert: Alert, subject: str) -> None:
    from support_desk.screens.acting.composer import Composer

    app, target = screen.desk_app, target_of(alert)
    zone = app.view.calendar.timezone
    began = day_clock(alert.created_at, app.desk.now(), zone)
    body = f"{alert.priority} alert since {began}: {alert.message}\n{alert.url}\n\n"
    clients = [tag for tag, _ in suggested_tags(alert, app.view.clients)]
    clients += [tag for tag in alert.tags if tag.startswith("client_") and len(tag) > len("client_")]

    def written(text: str | None) -> None:
        if text is None:
            return
        level = {"P1": "urgent", "P2": "high"}.get(alert.priority, "normal")
        command = c.RaiseTicket(subject, text, level, tags=tuple(dict.fromkeys(clients)))
        app.acts.forget_draft(app.acts.do([(alert, command)]), target, "ticket")

    who: tuple[Parts, Parts] = (
        ((" NEW TICKET ", "internal"), (" its first comment is internal: no client sees it", "text")),
        ((f" {subject}", "strong"),),
    )
    app.push_screen(Composer(who, target, "ticket", text=body, done="makes the ticket"), written)


# Other people


def add_responder(screen: Acting, alerts: Alerts) -> None:
    """Choose a person or a team; they are notified."""
    known = people_of(screen)
    names = {person.email: person.name for person in known}
    teams = {
        row.id: row.name or row.id
        for alert in screen.desk_app.view.snapshot.alerts.rows
        for row in alert.responders
        if row.type == "team"
    }
    choices = [(f"user:{person.email}", person.name, person.email) for person in known]
    choices += [(f"team:{id_}", name, "team") for id_, name in teams.items()]
    if not choices:
        screen.say("Nobody can be chosen: the alert service's people haven't been read", problem=True)
        return

    def chosen(picked: str | None) -> None:
        if picked is None:
            return
        kind, _, id_ = picked.partition(":")
        name = (teams if kind == "team" else names)[id_]
        words = f"Add {name} to {named(alerts)}? They are notified at once."
        confirm(
            screen.desk_app, words, "adds them",
            lambda: screen.desk_app.acts.do([(alert, c.AddResponder(kind, id_, name)) for alert in alerts]),
            danger=True,
        )  # fmt: skip

    screen.desk_app.choose(f"Whom to add to {named(alerts)}?", choices, chosen)


def with_one(screen: Acting, alerts: Alerts, question: str, then: Callable[[Alert], None]) -> None:
    """What is done to one alert at a time; of a storm or of marked rows the person chooses one."""
    if len(alerts) == 1:
        then(alerts[0])
        return
    worst_first = sorted(alerts, key=lambda alert: (alert.status != "open", alert.priority, alert.created_at))
    choices = [(alert.id, f"{alert.priority} {alert.status} {alert.message}", "") for alert in worst_first]

    def chosen(picked: str | None) -> None:
        for alert in alerts:
            if alert.id == picked:
                then(alert)

    screen.desk_app.choose(f"{question} of these {len(alerts)} alerts?", choices, chosen)


def escalate_one(screen: Acting, alerts: Alerts) -> None:
    """Page the next line; a further press belongs to the one that is held or being prepared."""
    acts = screen.desk_app.acts
    held = acts.outbox.held_escalation if acts.outbox is not None else None
    begun = {acts.making, held.intent.target if held is not None else None}
    chosen = [alert for alert in alerts if target_of(alert) in begun]
    with_one(screen, chosen or alerts, "Escalate which", lambda alert: escalate(screen, alert))


def page_someone(screen: Acting, alerts: Alerts) -> None:
    """Page a person about the alert."""
    with_one(screen, alerts, "Page somebody about which", lambda alert: _page_someone(screen, alert))


BY_NAME: dict[str, Callable[[Acting, Alerts], None]] = {
    "escalate": escalate_one,
    "escalate_to": page_someone,
    "note": note,
    "take": take,
    "assign": assign,
    "tags": tags,
    "priority": priority,
    "close": close,
    "incident": incident,
}
"""What the keys mean on alerts that mean something on tickets as well."""
