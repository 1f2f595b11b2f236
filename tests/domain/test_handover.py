"""The handover: read aloud, would the next person need to ask anything?"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support_desk.desk.intents import title_of
from support_desk.domain.commands import Promise
from support_desk.domain.handover import (
    About,
    Action,
    Cause,
    Due,
    Facts,
    Next,
    Rang,
    causes_of,
    support_week,
    week_to_hand_over,
)
from support_desk.domain.handover_text import to_markdown
from support_desk.domain.rota import UNKNOWN, Person, Role
from support_desk.domain.tickets import Replies
from tests.desk.clock import START
from tests.desk.samples import AGREEMENT, ANNA, alert, ranked, ticket

LONDON = ZoneInfo("Europe/London")
MO = Person("Mo Ray", "mo@example.com")
OPENS = time(10)
NOW = START + timedelta(hours=1)
WEEK = support_week(NOW, LONDON, OPENS)


def facts(**changes: Any) -> Facts:
    return replace(Facts(*WEEK, NOW, "Robin Ashdown"), **changes)


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


@pytest.mark.parametrize(
    ("moment", "start"),
    [
        ("2026-11-25T09:59", "2026-11-18T10:00"),
        ("2026-11-25T10:05", "2026-11-18T10:00"),
        ("2026-11-25T17:59", "2026-11-18T10:00"),
        ("2026-11-25T18:00", "2026-11-25T10:00"),
        # Over the end of summer time: the hours of the day count, not of the clock on the wall.
        ("2026-10-28T10:05", "2026-10-21T10:00"),
    ],
)
def test_on_the_day_of_the_changeover_the_old_week_is_handed_over(moment: str, start: str) -> None:
    at = datetime.fromisoformat(moment).replace(tzinfo=LONDON)
    assert week_to_hand_over(at, LONDON, OPENS)[0].astimezone(LONDON).isoformat()[:16] == start


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
    assert section(text, "Escalated, and how it ended") == [
        "Nothing was escalated from this desk.",
        "By the history no alert waited until its policy was to page the second line.",
    ]
    assert section(text, "Who is on next")[0] == "- Unknown without the rota"


def test_what_couldnt_be_read_stands_above_everything() -> None:
    text = to_markdown(facts(missing=("zendesk failed: no answer", "alerts stale")), AGREEMENT)
    assert text.split("\n")[4] == "> Not complete: zendesk failed: no answer"
    assert text.split("\n")[5:7] == [">", "> Not complete: alerts stale"], "a paragraph each"
    assert section(text, "Runbooks changed") == ["It can't be told: the runbooks aren't in a git checkout."]


def test_breached_and_near_tickets_come_first_with_the_next_promised_step() -> None:
    queue = ranked(ticket(30), ticket(90, assignee="Kim"), ticket(5000, subject="Far away"))
    promised = {90: Promise("ring the client", NOW + timedelta(hours=2))}
    text = to_markdown(facts(tickets=queue, promises=promised), AGREEMENT)
    first = section(text, "Look at this first")
    # What was promised for today comes before what is late, and is told where its ticket is.
    assert first == [
        (
            "- #90 Page 90 is broken (Acme); first reply due Mon 12:30; Kim has it;"
            " promised by Mon 14:00: ring the client"
        ),
        "- #30 Page 30 is broken (Acme); **late: first reply was due Mon 11:30**; nobody has it",
    ]
    assert section(text, "Open, and what was promised")[0].startswith(
        "- #5000 Far away (Acme); first reply due"
    )


def test_each_ticket_is_told_once_and_no_kind_crowds_out_another() -> None:
    late = [ticket(n) for n in range(1, 41)]
    queue = ranked(
        *late,
        ticket(900, priority="urgent", recipient="support-emergency@dxw.com"),
        ticket(50, priority="urgent", recipient="support-emergency@dxw.com", subject="All is down"),
        ticket(7000, subject="Promised"),
        ticket(6000, status="pending", sla_rows=(), subject="Promised, and waits"),
    )
    promised = {
        7000: Promise("send the plan", NOW - timedelta(hours=2)),
        6000: Promise("ask again", NOW + timedelta(days=3)),
        8: Promise("tell them when", NOW + timedelta(hours=1)),
        4711: Promise("write to the supplier", NOW + timedelta(hours=1)),
    }
    text = to_markdown(facts(tickets=queue, promises=promised), AGREEMENT)
    first = section(text, "Look at this first")
    assert first[0].startswith("- #50 All is down (Acme); **emergency**; **late: first reply was due")
    # Promises aren't cut off by forty late tickets.
    assert "tell them when" in first[1]
    assert "**promised for Mon 10:00, and not noted as done**: send the plan" in first[2]
    assert [line for line in first if line.startswith("- and ")] == ["- and 34 more late"]
    later = section(text, "Open, and what was promised")
    assert later[0].startswith("- #6000 Promised, and waits (Acme)")
    assert later[1] == ("- #4711, which isn't in the queue: promised by Mon 13:00: write to the supplier")
    assert section(text, "Waiting for the client") == ["None."]
    for number in (8, 50, 900, 6000, 7000):
        assert len(re.findall(rf"(?m)^- #{number}\b", text)) == 1


def test_it_begins_with_the_moment_and_the_week_in_short() -> None:
    alerts = (alert("a", priority="P3"), alert("b"), alert("c", status="acked"))
    queue = ranked(ticket(30), ticket(90), ticket(5000))
    causes = (Cause("x is down", 3, 1), Cause("y is slow", 1, 0))
    text = to_markdown(facts(alerts=alerts, tickets=queue, causes=causes), AGREEMENT)
    assert text.split("\n")[2] == (
        "As of Mon 12:00. 2 alerts are open and nobody has them (1 × P1)."
        " 3 tickets: 1 late, 1 due by Mon 16:00."
        " The week: 4 alerts, 1 out of hours; nothing escalated from this desk."
    )
    quiet = to_markdown(facts(), AGREEMENT).split("\n")[2]
    assert "No alert is open. 0 tickets: none late or near its deadline. The week: no alert;" in quiet


def test_nothing_is_called_empty_by_a_source_that_wasnt_read() -> None:
    text = to_markdown(facts(missing=("zendesk is failed",), doubtful=frozenset({"zendesk"})), AGREEMENT)
    assert section(text, "Waiting for the client") == ["None, as far as is known."]
    assert section(text, "Look at this first") == [
        "Nothing is late, near its deadline, or without an owner, as far as is known."
    ]
    assert section(text, "Snoozed alerts") == ["None."]
    assert "The tickets aren't known. The week:" in text
    partly = facts(tickets=ranked(ticket(5000)), doubtful=frozenset({"zendesk", "alerts"}))
    short = to_markdown(partly, AGREEMENT).split("\n")[2]
    assert "The alerts aren't known. 1 ticket: none late or near its deadline, as far as is known." in short


def test_what_this_desk_keeps_and_cannot_read_is_not_called_nothing() -> None:
    text = to_markdown(facts(doubtful=frozenset({"history", "log"})), AGREEMENT)
    assert "The week's alerts aren't known." in text
    for title in ("Alerts of the week, by cause", "Escalated, and how it ended", "Done"):
        assert section(text, title) == ["It can't be told."]
    assert "The week: no alert." in to_markdown(facts(doubtful=frozenset({"log"})), AGREEMENT)


def test_an_alert_says_whose_it_is_who_was_told_and_what_to_read() -> None:
    alerts = (
        alert("low", priority="P4", created_at=NOW - timedelta(hours=3)),
        alert("top", count=4, tags=("Major_Incident",)),
        alert("held", status="acked", acknowledged_by="kim@example.com"),
    )
    about = {
        "top": About("acme", "acme/5xx.md", "", "second line (Sam) is paged Mon 12:03"),
        "held": About("acme", "", "Kim Larsen"),
    }
    text = to_markdown(facts(alerts=alerts, about=about, incident_tag="major_incident"), AGREEMENT)
    assert section(text, "Look at this first") == [
        (
            "- **P1 top is down** (acme) **major incident**: nobody has it; open since Mon 10:50;"
            " rang 4 times; second line (Sam) is paged Mon 12:03; runbook `acme/5xx.md`"
        ),
        "- **P4 low is down**: nobody has it; open since Mon 09:00; no runbook",
    ]
    assert section(text, "Alerts that somebody has") == [
        "- P1 held is down (acme): Kim Larsen has it; open since Mon 10:50; no runbook"
    ]


@pytest.mark.parametrize(
    ("tag", "told"), [("major_incident", True), ("Major_Incident", True), ("other", False), ("", False)]
)
def test_a_major_incident_is_named_on_its_ticket_however_its_tag_is_written(tag: str, told: bool) -> None:
    """Zendesk keeps tags in lower case, whatever the configuration says."""
    queue = ranked(ticket(1, tags=("client_acme", "major_incident")), ticket(2, priority=None))
    text = to_markdown(facts(tickets=queue, incident_tag=tag), AGREEMENT)
    assert ("- #1 Page 1 is broken (Acme); **major incident**; **late:" in text) is told
    assert text.count("**major incident**") == told
    assert "; no priority yet; nobody has it" in text


def test_on_hold_believed_solved_and_what_has_no_deadline_are_told_apart() -> None:
    queue = ranked(
        ticket(1, status="hold", sla_rows=(), replies=Replies(1)),
        ticket(2, status="pending", sla_rows=(), replies=Replies(1)),
        ticket(3, status="pending", sla_rows=(), replies=Replies(1)),
        ticket(4, sla_rows=(), replies=Replies(1)),
        ticket(5, sla_rows=(), priority=None, replies=Replies(1)),
    )
    text = to_markdown(
        facts(tickets=queue, believed_solved=frozenset({3}), suspended=6, own=(4, 5)), AGREEMENT
    )
    assert section(text, "On hold") == ["- #1 Page 1 is broken (Acme); nobody has it; last changed Mon 10:00"]
    assert section(text, "Waiting for the client") == [
        "- #2 Page 2 is broken (Acme); nobody has it; last changed Mon 10:00",
        "- Believed solved, and closed later unless the client writes: #3",
    ]
    assert section(text, "Open, and what was promised") == ["- 2 more open, with no deadline that runs"]
    assert section(text, "Follow-ups") == [
        "- Still with Robin Ashdown, to keep or to hand on: #4, #5",
        "- No priority yet: #5",
        "- 6 suspended messages to look at: some may be real tickets",
    ]


def test_what_waits_for_the_client_and_what_is_snoozed() -> None:
    queue = ranked(ticket(7, status="pending", sla_rows=()))
    alerts = (
        alert("a", status="snoozed", snoozed_until=NOW + timedelta(hours=20)),
        alert("b", status="acked", acknowledged_by="kim@example.com", count=3),
        alert("c"),
    )
    text = to_markdown(facts(tickets=queue, alerts=alerts), AGREEMENT)
    assert section(text, "Waiting for the client")[0].startswith("- #7 Page 7 is broken (Acme)")
    assert section(text, "Snoozed alerts") == ["- P1 a is down: comes back Tue 08:00 un-acknowledged"]
    assert section(text, "Alerts that somebody has") == [
        "- P1 b is down: kim@example.com has it; open since Mon 10:50; rang 3 times; no runbook",
    ]
    assert section(text, "Look at this first")[0].startswith("- **P1 c is down**: nobody has it;")


def test_alerts_are_counted_by_cause_the_most_frequent_first() -> None:
    rang = [
        Rang("x", f"x{n} is down", START + timedelta(hours=n), n == 2, n == 0, "acme", "acme/5xx.md", n != 1)
        for n in range(3)
    ]
    causes = causes_of([Rang("y", "y is slow", START, False, False), *rang])
    assert causes == (Cause("x2 is down", 3, 1, 1, "acme", "acme/5xx.md", 1), Cause("y is slow", 1, 0, 0))
    text = to_markdown(facts(causes=causes, history_from=START), AGREEMENT)
    assert section(text, "Alerts of the week, by cause") == [
        "- 3 × x2 is down (acme), 1 out of hours, 1 went away untouched, 1 still open, runbook `acme/5xx.md`",
        "- once each: y is slow",
        "- Alerts before Mon 11:00 aren't in this desk's history.",
    ]


def test_escalations_and_unfinished_actions_say_how_they_ended() -> None:
    paged = Action(
        START, "ESCALATE to second line", "P1 a", "robin", "confirmed", "Sam was paged 11:02:11", True,
        "the alert was closed Mon 11:40",
    )  # fmt: skip
    lost = Action(
        START, "public reply: “Hello”", "#7 Page", "robin", "unknown", "no answer", quoted="“Hello”"
    )
    acks = [Action(START, "acknowledge", f"P1 {n}", "robin", "confirmed") for n in range(3)]
    text = to_markdown(facts(actions=(paged, *acks), unfinished=(lost,)), AGREEMENT)
    assert section(text, "Escalated, and how it ended") == [
        (
            "- Mon 11:00 ESCALATE to second line about P1 a: done (Sam was paged 11:02:11);"
            " the alert was closed Mon 11:40"
        ),
        "By the history no alert waited until its policy was to page the second line.",
    ]
    # What somebody wrote stays out, unless it is asked for.
    assert section(text, "Follow-ups") == [
        "- public reply on #7 Page: **whether it was done isn't known** (no answer)"
    ]
    assert "- public reply: “Hello” on #7 Page:" in to_markdown(
        facts(unfinished=(lost,)), AGREEMENT, details=True
    )
    assert section(text, "Done") == ["- 3 × acknowledge"]
    assert "- Mon 11:00 acknowledge on P1 0" in to_markdown(
        facts(actions=tuple(acks)), AGREEMENT, details=True
    )


def test_what_the_policies_were_to_page_by_themselves_is_told_and_not_claimed() -> None:
    later = START + timedelta(minutes=9)
    due = (
        Due(START, "P1 acme-prod_5xx", "Sam Patel", "acknowledged Mon 11:20 by Kim; gone Mon 11:40"),
        Due(later, "P3 disk", "", "nobody acknowledged it; it is still there", "configured"),
    )
    text = to_markdown(facts(due=due, history_from=START - timedelta(hours=1)), AGREEMENT)
    first, empty, words, blank, *rows = section(text, "Escalated, and how it ended")
    assert (first, empty, blank) == ("Nothing was escalated from this desk.", "", "")
    assert "whether they paged stands in each alert's log, which isn't kept here:" in words
    assert [row.partition(" the second line")[2] for row in rows] == [
        " (Sam Patel) was due for P1 acme-prod_5xx: acknowledged Mon 11:20 by Kim; gone Mon 11:40",
        (
            ", who isn't known, was due for P3 disk (by the configured minutes: its policy isn't known): "
            "nobody acknowledged it; it is still there"
        ),
        "",
    ]
    assert [row[:11] for row in rows] == ["- Mon 11:00", "- Mon 11:09", "- Before Mo"]
    unread = to_markdown(facts(doubtful=frozenset({"history"})), AGREEMENT)
    assert section(unread, "Escalated, and how it ended")[-1] == (
        "What the policies paged by themselves can't be told: the history can't be read."
    )


def test_who_is_on_next_tells_nobody_from_unknown_and_who_steps_in() -> None:
    begins, day = WEEK[1], timedelta(days=1)
    coming = (
        Next(Role.DEV, ANNA, begins, begins + 6 * day, phone="020 7946 0001"), Next(Role.OPS, None),
        Next(Role.ON_CALL, UNKNOWN),
        Next(Role.SECOND_LINE, ANNA, begins),
        Next(Role.SECOND_LINE, MO, begins + day, begins + 2 * day, part=True),
        Next(Role.SECOND_LINE, None, begins + 2 * day, begins + 3 * day, part=True),
    )  # fmt: skip
    beyond = (("Head of Technical Operations", "020 7946 0000"), ("CTO", ""))
    known = facts(
        next_on=coming, bare_days=((date(2026, 5, 7), False), (date(2026, 5, 8), True)), beyond=beyond
    )
    rows = section(to_markdown(known, AGREEMENT), "Who is on next")
    assert rows == [
        "- First line, developer: Anna Bell, Wed 10:00 until Tue 12 May 10:00",
        "- First line, ops: **nobody**",
        "- On call: unknown, the rota doesn't reach so far",
        "- Second line: Anna Bell, from Wed 10:00",
        "- Second line, Thu 10:00 until Fri 10:00: Mo Ray steps in",
        "- Second line, Fri 10:00 until Sat 10:00: **nobody**",
        "- **Thu 7 May is a bank holiday and nobody covers it**",
        "- **Fri 8 May is a bank holiday without a second line in its hours**",
        "- Beyond the second line: Head of Technical Operations or CTO",
        "- To reach them: `e` and `E` in the desk page them, and show their numbers",
    ]
    detailed = section(to_markdown(known, AGREEMENT, details=True), "Who is on next")
    assert detailed[0].endswith("until Tue 12 May 10:00, 020 7946 0001")
    assert detailed[-2] == ("- Beyond the second line: Head of Technical Operations, 020 7946 0000 or CTO")


def test_requesters_and_tags_stay_out_unless_asked_for() -> None:
    queue = ranked(ticket(30))
    assert "Jo" not in to_markdown(facts(tickets=queue), AGREEMENT)
    detailed = to_markdown(facts(tickets=queue), AGREEMENT, details=True)
    assert "from Jo" in detailed
    assert "client_acme" in detailed
    assert "<https://desk.example.com/agent/tickets/30>" in detailed


@given(st.text(st.sampled_from("ab1.)-+[]()*_`<>!#|~\\\n "), max_size=30))
def test_no_subject_can_mark_anything_up_or_begin_a_line(subject: str) -> None:
    text = to_markdown(facts(tickets=ranked(ticket(30, subject=subject))), AGREEMENT)
    (line,) = [row for row in section(text, "Look at this first") if row.startswith("- #30")]
    own = line.removeprefix("- #30 ").split("; ")[0].removesuffix(" (Acme)")
    bare = re.sub(r"\\\\", "", own)
    assert not re.search(r"(?<!\\)[`*\[\]<>|~]", bare)
    # An underscore between letters or digits marks nothing up: client_acme stays readable where it is pasted.
    assert not re.search(r"(?<!\\)(?<![ab1])_|(?<!\\)_(?![ab1])", bare)
    assert len(re.findall(r"(?m)^(?:- )?#+(?:\s|$)", text)) == 13


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
    assert line.removeprefix("- #30 ").startswith(f"{drawn} (Acme);")


def test_a_ticket_without_a_subject_says_so_here_and_in_the_outbox() -> None:
    row = ticket(30, subject="")

    assert f"- #{row.id} (no subject)" in to_markdown(facts(tickets=ranked(row)), AGREEMENT)
    assert title_of(row) == f"#{row.id} (no subject)"


def test_long_sections_are_cut_and_counted() -> None:
    queue = ranked(*(ticket(n, status="pending", sla_rows=()) for n in range(1, 31)))
    rows = section(to_markdown(facts(tickets=queue), AGREEMENT), "Waiting for the client")
    assert len(rows) == 13
    assert rows[-1] == "- and 18 more"


def test_a_history_that_begins_within_the_week_knows_of_no_quiet_week() -> None:
    text = to_markdown(facts(history_from=START + timedelta(days=2)), AGREEMENT)
    assert "The week: no alert since " in text
    assert ", before which nothing is known; nothing escalated from this desk." in text
