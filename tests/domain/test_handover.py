"""The handover: read aloud, would the next person need to ask anything?"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support_desk.domain.commands import Promise
from support_desk.domain.handover import (
    Action,
    Cause,
    Facts,
    Next,
    Rang,
    causes_of,
    support_week,
    to_markdown,
)
from support_desk.domain.rota import UNKNOWN, Role
from tests.desk.clock import START
from tests.desk.samples import AGREEMENT, ANNA, alert, ranked, ticket

LONDON = ZoneInfo("Europe/London")
OPENS = time(10)
NOW = START + timedelta(hours=1)
WEEK = support_week(NOW, LONDON, OPENS)


def facts(**changes: object) -> Facts:
    return replace(Facts(*WEEK, NOW, "Robin Ashdown"), **changes)  # type: ignore[arg-type]


def section(text: str, title: str) -> list[str]:
    """The lines below a heading."""
    found = re.search(rf"^## {re.escape(title)}\n\n(.*?)(?=\n\n## |\Z)", text, re.DOTALL | re.MULTILINE)
    assert found, title
    return found[1].strip().split("\n")


@pytest.mark.parametrize(
    ("moment", "start"),
    [
        ("2026-11-24T12:00", "2026-11-18T10:00"),
        ("2026-11-25T09:59", "2026-11-18T10:00"),
        ("2026-11-25T10:00", "2026-11-25T10:00"),
        ("2026-12-01T23:00", "2026-11-25T10:00"),
    ],
)
def test_the_week_is_wednesday_to_wednesday(moment: str, start: str) -> None:
    at = datetime.fromisoformat(moment).replace(tzinfo=LONDON)
    began, ends = support_week(at, LONDON, OPENS)
    assert began.astimezone(LONDON).isoformat()[:16] == start
    assert ends.astimezone(LONDON).date() - began.astimezone(LONDON).date() == timedelta(days=7)


@settings(deadline=None)
@given(st.datetimes(datetime(2025, 1, 1), datetime(2028, 1, 1)))  # noqa: DTZ001 - made aware below
def test_every_moment_is_in_its_week_and_weeks_touch(naive: datetime) -> None:
    at = naive.replace(tzinfo=UTC)
    began, ends = support_week(at, LONDON, OPENS)
    assert began <= at < ends
    assert support_week(ends, LONDON, OPENS)[0] == ends
    for edge in (began, ends):
        local = edge.astimezone(LONDON)
        assert (local.weekday(), local.hour, local.minute) == (2, 10, 0), "also over both DST changes"


def test_an_empty_week_says_so_in_every_section() -> None:
    text = to_markdown(facts(runbooks_changed=()), AGREEMENT)
    assert text.startswith("# Handover, Wed 29 Apr 2026 10:00 to Wed 6 May 2026 10:00, by Robin Ashdown\n")
    assert section(text, "Look at this first") == ["Nothing is late, near its deadline, or without an owner."]
    assert section(text, "Escalated, and how it ended") == ["Nothing was escalated from this desk."]
    assert section(text, "Who is on next") == ["- Unknown: the rota could not be read."]


def test_what_couldnt_be_read_stands_above_everything() -> None:
    text = to_markdown(facts(missing=("zendesk is failed: no answer",)), AGREEMENT)
    assert text.split("\n")[2] == "> Not complete: zendesk is failed: no answer"
    assert section(text, "Runbooks changed") == ["It can't be told: the runbooks aren't in a git checkout."]


def test_breached_and_near_tickets_come_first_with_the_next_promised_step() -> None:
    queue = ranked(ticket(30), ticket(90, assignee="Kim"), ticket(5000, subject="Far away"))
    promised = {90: Promise("ring the client", NOW + timedelta(hours=2))}
    text = to_markdown(facts(tickets=queue, promises=promised), AGREEMENT)
    first = section(text, "Look at this first")
    assert first[0].startswith("- #30 Page 30 is broken; **late by 30 min**; nobody has it")
    assert first[1].startswith(
        "- #90 Page 90 is broken; due Mon 12:30 (in 30 min); Kim has it; next: ring the client by Mon"
    )
    assert "- #90: ring the client is due Mon 14:00" in first
    assert section(text, "Open, and what was promised")[0].startswith("- #5000 Far away; due")


def test_what_waits_for_the_client_and_what_is_snoozed() -> None:
    queue = ranked(ticket(7, status="pending", sla_rows=()))
    alerts = (
        alert("a", status="snoozed", snoozed_until=NOW + timedelta(hours=20)),
        alert("b", status="acked", acknowledged_by="kim@example.com", count=3),
        alert("c"),
    )
    text = to_markdown(facts(tickets=queue, alerts=alerts), AGREEMENT)
    assert section(text, "Waiting for the client")[0].startswith("- #7 Page 7 is broken")
    assert section(text, "Snoozed alerts") == ["- P1 a is down: comes back Tue 08:00 un-acknowledged"]
    assert section(text, "Alerts that are open") == [
        "- P1 b is down: kim@example.com has it, since Mon 10:50, 3 times",
        "- P1 c is down: nobody has it, since Mon 10:50",
    ]
    assert section(text, "Look at this first")[0].startswith("- **P1 c is down** is open and nobody has it")


def test_alerts_are_counted_by_cause_the_most_frequent_first() -> None:
    rang = [
        Rang("x", f"x{n} is down", START + timedelta(hours=n), n == 2, n == 0, "acme", "acme/5xx.md")
        for n in range(3)
    ]
    causes = causes_of([Rang("y", "y is slow", START, False, False), *rang])
    assert causes == (Cause("x2 is down", 3, 1, 1, "acme", "acme/5xx.md"), Cause("y is slow", 1, 0, 0))
    text = to_markdown(facts(causes=causes, history_from=START), AGREEMENT)
    assert section(text, "Alerts of the week, by cause") == [
        "- 3 × x2 is down (acme), 1 out of hours, 1 still open, runbook `acme/5xx.md`",
        "- 1 × y is slow, no runbook",
        "- Alerts before Mon 11:00 aren't in this desk's history.",
    ]


def test_escalations_and_unfinished_actions_say_how_they_ended() -> None:
    paged = Action(
        START, "ESCALATE to second line", "P1 a", "robin", "confirmed", "Sam was paged 11:02:11", True
    )
    lost = Action(START, "public reply: “Hello”", "#7 Page", "robin", "unknown", "no answer")
    acks = [Action(START, "acknowledge", f"P1 {n}", "robin", "confirmed") for n in range(3)]
    text = to_markdown(facts(actions=(paged, *acks), unfinished=(lost,)), AGREEMENT)
    assert section(text, "Escalated, and how it ended") == [
        "- Mon 11:00 ESCALATE to second line about P1 a: done (Sam was paged 11:02:11)"
    ]
    assert section(text, "Follow-ups") == [
        "- public reply: “Hello” on #7 Page: **whether it was done isn't known** (no answer)"
    ]
    assert section(text, "Done") == ["- 3 × acknowledge"]
    assert "- Mon 11:00 acknowledge on P1 0" in to_markdown(
        facts(actions=tuple(acks)), AGREEMENT, details=True
    )


def test_who_is_on_next_tells_nobody_from_unknown() -> None:
    coming = (
        Next(Role.DEV, ANNA, WEEK[1]), Next(Role.OPS, None), Next(Role.ON_CALL, UNKNOWN),
        Next(Role.SECOND_LINE, ANNA),
    )  # fmt: skip
    assert section(to_markdown(facts(next_on=coming), AGREEMENT), "Who is on next") == [
        "- First line, developer: Anna Bell from Wed 10:00",
        "- First line, ops: **nobody**",
        "- On call: unknown, the rota doesn't reach so far",
        "- Second line: Anna Bell",
    ]


def test_requesters_and_tags_stay_out_unless_asked_for() -> None:
    queue = ranked(ticket(30))
    assert "Jo" not in to_markdown(facts(tickets=queue), AGREEMENT)
    detailed = to_markdown(facts(tickets=queue), AGREEMENT, details=True)
    assert "from Jo" in detailed
    assert "client\\_acme" in detailed


@given(st.text(st.sampled_from("ab1.)-+[]()*_`<>!#|~\\\n "), max_size=30))
def test_no_subject_can_mark_anything_up_or_begin_a_line(subject: str) -> None:
    text = to_markdown(facts(tickets=ranked(ticket(30, subject=subject))), AGREEMENT)
    (line,) = [row for row in section(text, "Look at this first") if row.startswith("- #30")]
    own = line.removeprefix("- #30 ").split("; ")[0]
    assert not re.search(r"(?<!\\)[`*_\[\]<>|~]", re.sub(r"\\\\", "", own))
    assert len(re.findall(r"(?m)^(?:- )?#+(?:\s|$)", text)) == 12


@pytest.mark.parametrize(
    ("name", "drawn"),
    [
        ("# down", r"\# down"),
        ("## <", r"\## \<"),
        ("- disk", r"\- disk"),
        ("+ disk", r"\+ disk"),
        ("12. disk", r"12\. disk"),
        ("3) disk", r"3\) disk"),
        ("#4312 again", "#4312 again"),
        ("-5 degrees", "-5 degrees"),
        ("12 disks", "12 disks"),
        ("a # b", "a # b"),
    ],
)
def test_words_that_begin_as_a_block_does_begin_none(name: str, drawn: str) -> None:
    text = to_markdown(facts(tickets=ranked(ticket(30, subject=name))), AGREEMENT)
    (line,) = [row for row in section(text, "Look at this first") if row.startswith("- #30")]
    assert line.removeprefix("- #30 ").startswith(f"{drawn};")


def test_long_sections_are_cut_and_counted() -> None:
    queue = ranked(*(ticket(n, status="pending", sla_rows=()) for n in range(1, 31)))
    rows = section(to_markdown(facts(tickets=queue), AGREEMENT), "Waiting for the client")
    assert len(rows) == 13
    assert rows[-1] == "- and 18 more"
