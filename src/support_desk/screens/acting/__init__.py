"""The keys that change something: which rows they mean, and which module of this package asks for the rest.

The rows are taken at the key press, with the state that the person saw; nothing later looks at the list
again. What is asked about alerts is in `alerts.py` and `escalation.py`, about tickets in `tickets.py`,
`ticket_texts.py` and `ticket_links.py`; each of them ends in `app.acts.do(...)`.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from support_desk.screens.base import DeskScreen

if TYPE_CHECKING:
    from support_desk.domain.alerts import Alert
    from support_desk.domain.tickets import Ticket

NO_ROW = "There is no row to act on: go to an alert or a ticket first"


class Acting(DeskScreen):
    """The actions of the scopes "act", "act_alert" and "act_ticket"."""

    @abstractmethod
    def acted_on(self) -> list[Alert] | list[Ticket]:
        """The alerts or the tickets that a key means now: the marked rows, or the one under the cursor.

        A storm stands for all of its alerts.
        """

    def nothing_meant(self, kind: str = "") -> str:
        """What is said where a key that acts means nothing; `kind`: what it is for, if only for one."""
        return f"That is for {kind}: go to one first" if kind else NO_ROW

    def _alerts(self) -> list[Alert]:
        from support_desk.domain.alerts import Alert

        rows = [row for row in self.acted_on() if isinstance(row, Alert)]
        if not rows:
            self.say(self.nothing_meant("alerts"), problem=True)
        return rows

    def _tickets(self) -> list[Ticket]:
        from support_desk.domain.tickets import Ticket

        rows = [row for row in self.acted_on() if isinstance(row, Ticket)]
        if not rows:
            self.say(self.nothing_meant("tickets"), problem=True)
        return rows

    def _either(self, name: str) -> None:
        """Do what the key means for the kind of row that it was pressed on."""
        from support_desk.domain.alerts import Alert
        from support_desk.domain.tickets import Ticket
        from support_desk.screens.acting import alerts, tickets

        rows = self.acted_on()
        if about_alerts := [row for row in rows if isinstance(row, Alert)]:
            alerts.BY_NAME[name](self, about_alerts)
        elif about_tickets := [row for row in rows if isinstance(row, Ticket)]:
            tickets.BY_NAME[name](self, about_tickets)
        else:
            self.say(self.nothing_meant(), problem=True)

    # Either

    def action_escalate(self) -> None:
        """Page the next line, or hand the ticket on."""
        self._either("escalate")

    def action_escalate_to(self) -> None:
        """Page a person."""
        self._either("escalate_to")

    def action_note(self) -> None:
        """Write an internal note."""
        self._either("note")

    def action_start_runbook(self) -> None:
        """Start a runbook for the alert."""
        from support_desk.screens.acting.runbook_start import start_runbook

        if alerts := self._alerts():
            start_runbook(self.desk_app, alerts[0])

    def action_take(self) -> None:
        """Make it mine."""
        self._either("take")

    def action_assign(self) -> None:
        """Give it to somebody."""
        self._either("assign")

    def action_tags(self) -> None:
        """Add or remove tags."""
        self._either("tags")

    def action_priority(self) -> None:
        """Change the priority."""
        self._either("priority")

    def action_close(self) -> None:
        """Close the alert; the ticket is believed solved."""
        self._either("close")

    def action_incident(self) -> None:
        """Mark a major incident."""
        self._either("incident")

    # Alerts

    def action_acknowledge(self) -> None:
        """Acknowledge the alerts."""
        from support_desk.screens.acting import alerts

        if rows := self._alerts():
            alerts.acknowledge(self, rows)

    def action_unacknowledge(self) -> None:
        """Give the acknowledgement back."""
        from support_desk.screens.acting import alerts

        if rows := self._alerts():
            alerts.unacknowledge(self, rows)

    def action_snooze(self) -> None:
        """Silence the alerts for a time."""
        from support_desk.screens.acting import alerts

        if rows := self._alerts():
            alerts.snooze(self, rows)

    def action_add_responder(self) -> None:
        """Add a person or a team to the alert."""
        from support_desk.screens.acting import alerts

        if rows := self._alerts():
            alerts.add_responder(self, rows)

    def action_raise_ticket(self) -> None:
        """Make a ticket of the alert."""
        from support_desk.screens.acting import alerts

        if rows := self._alerts():
            alerts.raise_ticket(self, rows)

    # Tickets

    def action_triage(self) -> None:
        """Triage in one form."""
        from support_desk.screens.acting import tickets

        if rows := self._tickets():
            tickets.triage(self, rows)

    def action_macro(self) -> None:
        """Choose a macro."""
        from support_desk.screens.acting import ticket_texts

        if rows := self._tickets():
            ticket_texts.macro(self, rows)

    def action_promise(self) -> None:
        """Note the next step that was promised."""
        from support_desk.screens.acting import ticket_texts

        if rows := self._tickets():
            ticket_texts.promise(self, rows)

    def action_merge(self) -> None:
        """Close the ticket into another."""
        from support_desk.screens.acting import ticket_links

        if rows := self._tickets():
            ticket_links.merge(self, rows)

    def action_link_problem(self) -> None:
        """Make the ticket an incident of a problem."""
        from support_desk.screens.acting import ticket_links

        if rows := self._tickets():
            ticket_links.link_problem(self, rows)

    def action_side_conversation(self) -> None:
        """Write to somebody beside the ticket's conversation."""
        from support_desk.screens.acting import ticket_links

        if rows := self._tickets():
            ticket_links.side_conversation(self, rows)

    def action_reply(self) -> None:
        """Write a public reply."""
        from support_desk.screens.acting import ticket_texts

        if rows := self._tickets():
            ticket_texts.reply(self, rows)
