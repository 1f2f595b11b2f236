"""What takes an action back, and what can't be."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from support_desk.domain import commands as c
from support_desk.domain.intents import Intent, Seen, Target
from support_desk.domain.undo import compensation, stays

AT = datetime(2026, 11, 24, 10, tzinfo=UTC)


def undone(command: c.Command, **seen: Any) -> c.Command | str:
    return compensation(Intent("1" * 32, Target("alert", "a"), "x", command, Seen(**seen), "robin", AT))


@pytest.mark.parametrize(
    ("command", "seen", "wanted"),
    [
        (c.Acknowledge(), {}, c.Unacknowledge()),
        (c.Unacknowledge(), {}, c.Acknowledge()),
        (c.PrioritiseAlert("P1"), {"priority": "P3"}, c.PrioritiseAlert("P3")),
        (c.AddAlertTags(("a", "b")), {"tags": ("b",)}, c.RemoveAlertTags(("a",))),
        (c.RemoveAlertTags(("a", "b")), {"tags": ("b",)}, c.AddAlertTags(("b",))),
        (c.AssignAlert("kim"), {"owner": "sam"}, c.AssignAlert("sam")),
        (
            c.EditTicket("priority", priority="high"),
            {"priority": "low"},
            c.EditTicket("undo", priority="low"),
        ),
        (
            c.EditTicket("tags", add_tags=("a", "b"), remove_tags=("c", "d")),
            {"tags": ("b", "c")},
            c.EditTicket("undo", add_tags=("c",), remove_tags=("a",)),
        ),
        (
            c.EditTicket("take", assignee_id=3, assignee="robin"),
            {"who": "kim"},
            c.EditTicket("undo", assignee="kim"),
        ),
        (
            c.EditTicket("take", assignee_id=3, assignee="robin"),
            {},
            c.EditTicket("undo", assignee_id=c.UNASSIGNED),
        ),
        (
            c.EditTicket("believed_solved", status="pending", add_tags=("solved",)),
            {"status": "open"},
            c.EditTicket("undo", status="open", remove_tags=("solved",)),
        ),
        (
            c.EditTicket("believed_solved", custom_status_id=511),
            {"status": "pending"},
            c.EditTicket("undo", status="pending"),
        ),
        (
            c.EditTicket("believed_solved", custom_status_id=511),
            {"status": "open", "custom_status": "Waiting for a supplier"},
            c.EditTicket("undo", custom_status="Waiting for a supplier"),
        ),
    ],
)
def test_what_was_is_restored(command: c.Command, seen: dict[str, object], wanted: c.Command) -> None:
    assert undone(command, **seen) == wanted


def test_what_can_be_restored_is_where_the_rest_cant() -> None:
    triaged = c.EditTicket("triage", status="open", priority="high", assignee_id=3, add_tags=("fault",))
    wanted = c.EditTicket("undo", assignee_id=c.UNASSIGNED, remove_tags=("fault",))
    assert undone(triaged, status="new") == wanted
    intent = Intent("1" * 32, Target("ticket", "1"), "x", triaged, Seen("new"), "robin", AT)
    assert stays(intent) == "a ticket can't be made new again; it had no priority before"
    closed = c.EditTicket("believed_solved", status="pending", add_tags=("solved",))
    assert stays(Intent("1" * 32, intent.target, "x", closed, Seen("open"), "robin", AT)) == ""
    assert undone(c.EditTicket("take", status="open"), status="new") == "a ticket can't be made new again"


@pytest.mark.parametrize(
    ("edit", "after", "assignee"),
    [
        # Zendesk takes a ticket from whoever isn't in its new group.
        (c.EditTicket("triage", group_id=2, group="2nd line"), Seen(owner="2nd line"), "kim"),
        (c.EditTicket("triage", group_id=2, group="2nd line"), Seen(owner="2nd line", who="kim"), ""),
        (c.EditTicket("triage", group_id=2, group="2nd line"), Seen(owner="2nd line", who="sam"), ""),
        (c.EditTicket("triage", group_id=2, group="2nd line"), None, ""),
        (c.EditTicket("triage", priority="high"), Seen(priority="high"), ""),
    ],
)
def test_who_lost_the_ticket_with_its_group_has_it_again(
    edit: c.EditTicket, after: Seen | None, assignee: str
) -> None:
    seen = Seen("open", who="kim", owner="1st line", priority="low")
    intent = Intent("1" * 32, Target("ticket", "5"), "#5", edit, seen, "robin", AT)
    undone = compensation(intent, after)
    assert isinstance(undone, c.EditTicket)
    assert undone.assignee == assignee
    assert stays(intent) == ""


def test_a_new_ticket_that_was_given_to_somebody_stays_open() -> None:
    take = c.EditTicket("take", assignee_id=3, assignee="robin")
    for status, left in (("new", "a ticket can't be made new again"), ("open", "")):
        intent = Intent("1" * 32, Target("ticket", "5"), "#5", take, Seen(status=status), "robin", AT)
        assert (stays(intent), compensation(intent)) == (left, c.EditTicket("undo", assignee_id=c.UNASSIGNED))


@pytest.mark.parametrize(
    "command",
    [
        c.CloseAlert(),
        c.NoteAlert("x"),
        c.EscalateAlert("p", "P", "second line"),
        c.AddResponder("user", "sam", "Sam"),
        c.PagePerson("sam", "Sam", "help"),
        c.SnoozeAlert(AT),
        c.RaiseTicket("s", "b"),
        c.MergeTicket(3),
        c.SideConversation(("x@example.com",), "s", "b"),
        c.EditTicket("reply", comment="Hello", public=True),
        c.EditTicket("note", comment="Hello", priority="high"),
        c.EditTicket("problem", problem_id=4),
    ],
    ids=lambda command: type(command).__name__,
)
def test_what_cant_be_taken_back_says_why(command: c.Command) -> None:
    words = undone(command, status="open", priority="low")
    assert isinstance(words, str)
    assert len(words) > 10


def test_every_command_has_an_answer() -> None:
    for command in c.COMMANDS.values():
        assert command in {
            c.Acknowledge, c.Unacknowledge, c.PrioritiseAlert, c.AddAlertTags, c.RemoveAlertTags,
            c.AssignAlert, c.EditTicket, *_NONE,
        }  # fmt: skip


_NONE = {
    c.CloseAlert, c.SnoozeAlert, c.NoteAlert, c.EscalateAlert, c.AddResponder, c.PagePerson, c.RaiseTicket,
    c.MergeTicket, c.SideConversation,
}  # fmt: skip


def test_tags_that_were_there_before_stay() -> None:
    assert isinstance(undone(c.AddAlertTags(("a",)), tags=("a",)), str)
    assert isinstance(undone(c.EditTicket("tags", add_tags=("a",)), tags=("a",)), str)


def test_what_was_done_in_two_goes_is_taken_back_as_a_whole() -> None:
    whole = c.EditTicket("triage", priority="high", type="task", add_tags=("a",))
    rest, before = c.EditTicket("triage", add_tags=("a",)), Seen("open", priority="low")
    now = Seen("open", priority="high", type="task")
    intent = Intent("1" * 32, Target("ticket", "5"), "#5", rest, now, "robin", AT, whole=whole, before=before)
    assert compensation(intent) == c.EditTicket("undo", priority="low", remove_tags=("a",))
    assert stays(intent) == "it had no type before"


def test_what_was_before_the_first_go_counts_and_not_what_it_had_made() -> None:
    """Or undoing would leave everything as the first go had made it."""
    rest, before = c.PrioritiseAlert("P1"), Seen("open", priority="P4")
    intent = Intent(
        "1" * 32, Target("alert", "a"), "x", rest, Seen("open", priority="P1"), "robin", AT, before=before
    )
    assert compensation(intent) == c.PrioritiseAlert("P4")


def test_a_comment_says_whether_the_client_has_it() -> None:
    reply = c.EditTicket("macro", comment_html="<p>Hello</p>", public=True, status="pending")
    assert undone(reply, status="open") == "a comment can't be taken back: the client has it"
    promised = c.EditTicket("note", promise=c.Promise("ring", AT))
    assert undone(promised, status="open") == "a comment can't be taken back"


def test_fields_whose_value_before_is_not_known_are_left_to_the_browser() -> None:
    for edit in (
        c.EditTicket("macro", custom_fields=(c.FieldValue(1, "x"),), priority="low"),
        c.EditTicket("problem", problem_id=4, priority="low"),
    ):
        assert "in the browser" in str(undone(edit, status="open", priority="high"))


def test_people_and_groups_that_were_given_by_number_are_restored_by_name() -> None:
    edit = c.EditTicket("macro", assignee_id=3, group_id=2)
    assert undone(edit, status="open", who="kim", owner="1st line") == c.EditTicket(
        "undo", assignee="kim", group="1st line"
    )


def test_tags_that_were_taken_off_come_back_by_themselves() -> None:
    edit = c.EditTicket("tags", remove_tags=("c", "d"))
    assert undone(edit, tags=("c",)) == c.EditTicket("undo", add_tags=("c",))
    assert stays(Intent("1" * 32, Target("alert", "a"), "x", c.CloseAlert(), Seen(), "robin", AT)) == ""
