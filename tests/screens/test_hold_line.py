"""The footer while something is held: whom it pages is never what is cut off."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from support_desk.domain import commands as c
from support_desk.domain.intents import Entry, Intent, Phase, Seen, Target
from support_desk.screens.hold_line import held_words, hold_line
from support_desk.text import cell_width

AT = datetime(2026, 12, 2, 9, 46, tzinfo=UTC)
ESCALATE = c.EscalateAlert("p1", "Support", "second line: Sam Example, until Mon 10:00")


def held(command: c.Command, title: str = "P1 acme-prod-5xx") -> Entry:
    intent = Intent("1" * 32, Target("alert", "a"), title, command, Seen(), "jo@example.com", AT)
    return Entry(intent, Phase.HELD, AT, "jo", "desk")


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (ESCALATE, "PAGES second line: Sam Example, until Mon 10:00 · P1 acme-prod-5xx"),
        (
            c.PagePerson("sam@example.com", "Sam Example", "help", line="CTO: Sam"),
            "PAGES CTO: Sam · P1 acme-prod-5xx",
        ),
        (c.PagePerson("sam@example.com", "Sam Example", "help"), "PAGES Sam Example · P1 acme-prod-5xx"),
        (
            c.AddResponder("user", "sam@example.com", "Sam Example"),
            "PAGES Sam Example · P1 acme-prod-5xx",
        ),
        (c.CloseAlert(), "closes P1 acme-prod-5xx"),
        (c.MergeTicket(17), "merges P1 acme-prod-5xx into #17"),
        (
            c.EditTicket("escalate", group="2nd line", assignee="kim"),
            "hands P1 acme-prod-5xx on to 2nd line",
        ),
        (c.EditTicket("escalate", assignee="kim"), "hands P1 acme-prod-5xx on to kim"),
        (c.EditTicket("escalate"), "hands P1 acme-prod-5xx on to second line (tickets)"),
        (c.EditTicket("believed_solved"), "sets P1 acme-prod-5xx to pending, believed solved"),
        (
            c.EditTicket("reply", comment="Hello", public=True),
            "SENDS THE CLIENT your reply on P1 acme-prod-5xx",
        ),
    ],
)
def test_what_is_held_is_said_in_full(command: c.Command, words: str) -> None:
    assert held_words(held(command)) == words


@pytest.mark.parametrize("width", [40, 79, 80, 81, 120, 250])
@pytest.mark.parametrize("command", [ESCALATE, c.CloseAlert()])
def test_the_line_fills_the_width_and_tells_how_it_is_taken_back(command: c.Command, width: int) -> None:
    parts = hold_line(held(command), 4.2, width, {})
    text = "".join(words for words, _ in parts)
    assert cell_width(text) == width
    assert text.startswith(" IN 5 s ")
    assert " u takes it back " in text


def test_sending_at_once_is_offered_for_what_one_key_escalates_where_there_is_room() -> None:
    def text(command: c.Command, width: int) -> str:
        return "".join(words for words, _ in hold_line(held(command), 5, width, {}))

    assert text(ESCALATE, 120).endswith(" u takes it back  e again sends at once ")
    assert text(ESCALATE, 80).endswith(" u takes it back ")
    assert "PAGES second line: Sam Example, until" in text(ESCALATE, 80)
    assert text(c.CloseAlert(), 120).endswith(" u takes it back ")
    changed = {"app.undo": "z"}
    words = "".join(part for part, _ in hold_line(held(ESCALATE), 5, 120, changed))
    assert " z takes it back " in words
    under = "".join(part for part, _ in hold_line(held(ESCALATE), 5, 120, {}, covered=True))
    assert under.endswith(" esc u takes it back "), "a field over it takes the keys as letters"
