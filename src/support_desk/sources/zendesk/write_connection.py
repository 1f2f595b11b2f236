"""One connection that writes to the helpdesk, for one thread; each method is one request.

zenpy sends what it can send (`tickets.update` with a fresh object, so that nothing but the changed fields
travels); what it makes of an answer is put aside, and the answer itself is read here: its objects show
neither headers nor a comment's fate, and an odd answer would come out as a stray `TypeError`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import quote

from support_desk.domain.commands import EditTicket, MergeTicket, RaiseTicket, SideConversation
from support_desk.domain.comment_text import problem_of
from support_desk.domain.tickets import Ticket
from support_desk.sources.errors import Rejected, SourceError, Throttled, Unanswered, Unreadable
from support_desk.sources.json_pieces import whole
from support_desk.sources.writers import Job, TicketAnswer
from support_desk.sources.zendesk.attempt import Attempt, WritingSession
from support_desk.sources.zendesk.bare_requests import requests
from support_desk.sources.zendesk.changes import (
    EXTERNAL_ID,
    SIDE_KEY,
    comment_event,
    comment_of,
    effect_of,
    fields_of,
    ignored_fields,
    job_from,
    new_ticket,
    rows_of,
    stamp_of,
)
from support_desk.sources.zendesk.failures import CAUGHT
from support_desk.sources.zendesk.pace import TicketPace
from support_desk.sources.zendesk.quiet_zenpy import api_objects
from support_desk.sources.zendesk.reader import Reader, is_last, numbers_of
from support_desk.sources.zendesk.wire import NotAnAnswer, document_of, tickets_from_search
from support_desk.sources.zendesk.write_failures import of_answer, of_write, unanswered

T = TypeVar("T")

MOST_ROWS = 2000
"""Of a list that a change is chosen from."""
_OK = range(200, 300)


class WriteConnection(Reader):
    """Blocking writes; everything raises `SourceError` and nothing else. Not safe between threads."""

    session_type = WritingSession
    _session: WritingSession

    def __init__(self, *args: Any, pace: TicketPace, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._pace = pace

    # Changes

    def update(
        self, attempt: Attempt, ticket_id: int, edit: EditTicket, stamp: datetime, author_id: int | None
    ) -> TicketAnswer:
        """Everything in the edit but its tags."""
        what = f"ticket {ticket_id}"
        fields = fields_of(edit)
        comment = comment_of(edit, author_id)
        if comment is not None:
            _short_enough(comment["html_body"])
            fields["comment"] = api_objects.Comment(**comment)
        # The tags that follow count as well: a change that stops half-way is worse than one that waits.
        self._pace.check(ticket_id, 1 + bool(edit.add_tags) + bool(edit.remove_tags))
        ticket = api_objects.Ticket(id=ticket_id, safe_update=True, updated_stamp=stamp_of(stamp), **fields)
        if "assignee_id" in fields:
            # zenpy leaves a None out that a ticket is made with, and sends one that is set.
            ticket.assignee_id = fields["assignee_id"]
        response, document = self._send(attempt, what, lambda: self._api.update(ticket), ticket_id=ticket_id)
        return self._ticket_answer(response, document, what)

    def change_tags(
        self, attempt: Attempt, ticket_id: int, add: Sequence[str], remove: Sequence[str], stamp: datetime
    ) -> tuple[str, ...]:
        """Add tags, or remove some."""
        what = f"ticket {ticket_id}: tags"
        self._pace.check(ticket_id)
        address = f"{self._base}/api/v2/tickets/{ticket_id}/tags.json"
        # The documentation's own spelling: a string here, a boolean in a ticket.
        payload = {"tags": list(add or remove), "updated_stamp": stamp_of(stamp), "safe_update": "true"}
        request = self._api._put if add else self._api._delete
        _, document = self._send(attempt, what, lambda: request(address, payload), ticket_id=ticket_id)
        tags = rows_of(document, "tags")
        if tags is None:
            raise unanswered(what, "the answer has no tags in it")
        return tuple(tag for tag in tags if isinstance(tag, str))

    def update_many(
        self, attempt: Attempt, ticket_ids: Sequence[int], edit: EditTicket, author_id: int | None
    ) -> Job:
        """The same change of many tickets."""
        fields = fields_of(edit)
        comment = comment_of(edit, author_id)
        if comment is not None:
            _short_enough(comment["html_body"])
            fields["comment"] = comment
        if edit.add_tags:
            fields["additional_tags"] = list(edit.add_tags)
        if edit.remove_tags:
            fields["remove_tags"] = list(edit.remove_tags)
        for number in ticket_ids:
            self._pace.check(number)
        ids = ",".join(map(str, ticket_ids))
        address = f"{self._base}/api/v2/tickets/update_many.json?ids={ids}"
        what = f"{len(ticket_ids)} tickets"
        _, document = self._send(attempt, what, lambda: self._api._put(address, {"ticket": fields}))
        for number in ticket_ids:
            self._pace.note(number, {})
        return _job(document, what)

    def merge(self, attempt: Attempt, ticket_id: int, command: MergeTicket) -> Job:
        """Close a ticket into another one; both notes internal."""
        what = f"ticket {ticket_id}: merge into {command.into}"
        # A plain `body`, where a backslash keeps the braces.
        note = command.comment.replace("{{", "\\{{")
        payload: dict[str, Any] = {"ids": [ticket_id]}
        if note.strip():
            payload |= {"target_comment": note, "source_comment": note}
        payload |= {"target_comment_is_public": False, "source_comment_is_public": False}
        address = f"{self._base}/api/v2/tickets/{command.into}/merge.json"
        _, document = self._send(attempt, what, lambda: self._api._post(address, payload))
        return _job(document, what)

    def create(self, attempt: Attempt, new: RaiseTicket, key: str, author_id: int | None) -> Ticket:
        """Make a ticket, once per key."""
        what = "a new ticket"
        ticket = new_ticket(new, key, author_id)
        _short_enough(ticket["comment"]["html_body"])
        _, document = self._send(
            attempt,
            what,
            # zenpy has no way to send a header.
            lambda: self._session.post(
                f"{self._base}/api/v2/tickets.json",
                json={"ticket": ticket},
                headers={"Idempotency-Key": key},
            ),
        )
        return self._ticket_in(document, what)

    def side_conversation(self, attempt: Attempt, ticket_id: int, command: SideConversation, key: str) -> str:
        """Begin one, which carries the key."""
        what = f"ticket {ticket_id}: side conversation"
        message = {
            "subject": command.subject,
            "body": command.body,
            "to": [{"email": address} for address in command.to],
            "external_ids": {SIDE_KEY: key},
        }
        address = f"{self._base}/api/v2/tickets/{ticket_id}/side_conversations.json"
        _, document = self._send(attempt, what, lambda: self._api._post(address, {"message": message}))
        made = document.get("side_conversation")
        if not isinstance(made, dict) or not isinstance(made.get("id"), str):
            raise unanswered(what, "the answer can't be read")
        return str(made["id"])

    # Reads that belong to changes

    def created_with(self, key: str) -> Ticket | None:
        """The ticket that was made with this key."""
        mark, what = EXTERNAL_ID.format(key=key), "tickets by key"
        document = self.document("/tickets.json", {"external_id": mark}, what)
        rows = rows_of(document, "tickets")
        if rows is None:
            raise Unreadable(f"Zendesk: {what}: no list of them", "try again")
        made = next((row for row in rows if isinstance(row, dict) and row.get("external_id") == mark), None)
        if made is None:
            return None
        try:
            return self._ticket_in({**document, "ticket": made}, what)
        except Unanswered:
            raise Unreadable("Zendesk: the ticket that was made can't be read", "look for it there") from None

    def job(self, job_id: str) -> Job:
        """How far a job is."""
        what = "the bulk change"
        document = self.document(f"/job_statuses/{quote(job_id, safe='')}.json", {}, what)
        job = job_from(document)
        if job is None:
            raise Unreadable(f"Zendesk: {what}: its state can't be read", "look at the tickets themselves")
        return job

    def rows(
        self, path: str, key: str, make: Callable[[object], T | None], what: str
    ) -> tuple[tuple[T, ...], bool]:
        """The rows of a list with cursors, each once, and whether these are all of them."""
        found: dict[T, None] = {}
        whole = False
        for document in self.pages(path, {}, what):
            whole = is_last(document)
            rows = rows_of(document, key)
            if rows is None:
                raise Unreadable(f"Zendesk: {what}: no list of them", "try again")
            found.update((row, None) for row in map(make, rows) if row is not None)
            if len(found) >= MOST_ROWS or not rows:
                break
        return tuple(found), whole

    def macro_effect(self, ticket_id: int, macro_id: int, names: Mapping[int, str]) -> EditTicket:
        """What a macro would change."""
        before = self.document(f"/tickets/{ticket_id}.json", {}, f"ticket {ticket_id}").get("ticket")
        path = f"/tickets/{ticket_id}/macros/{macro_id}/apply.json"
        result = self.document(path, {}, "the macro's preview").get("result")
        after = result.get("ticket") if isinstance(result, dict) else None
        if not isinstance(before, dict) or not isinstance(after, dict):
            raise Unreadable("Zendesk: the macro's preview can't be read", "apply it in the browser (o)")
        return effect_of(macro_id, before, after, names)

    # How a change is sent

    def _send(
        self, attempt: Attempt, what: str, call: Callable[[], object], *, ticket_id: int | None = None
    ) -> tuple[requests.Response, dict[str, Any]]:
        """Send one change; the answer and its JSON. What a failure means is `write_failures`' to say."""
        self._be_somebody()
        self._session.take_answer()
        self._session.attempt = attempt
        failure: Exception | None = None
        try:
            call()
        except (*CAUGHT, SourceError) as error:
            failure = error
        finally:
            self._session.attempt = None
        answer = self._session.take_answer()
        if ticket_id is not None and attempt.sent:
            self._pace.note(ticket_id, {} if answer is None else answer.headers)
        if answer is not None and answer.status_code in _OK:
            # Whatever zenpy made of it, and even if it tripped over it.
            return answer, self._json_of(answer, what)
        if failure is not None:
            raise of_write(failure, self._place, what, attempt, answer) from None
        if answer is None:
            raise unanswered(what, "there was no answer")
        raise of_answer(answer, self._place, what, self._now())

    def _json_of(self, answer: requests.Response, what: str) -> dict[str, Any]:
        try:
            return document_of(answer.content)
        except NotAnAnswer:
            raise unanswered(what, "the answer isn't the helpdesk's", answer) from None

    def _ticket_in(
        self, document: dict[str, Any], what: str, response: requests.Response | None = None
    ) -> Ticket:
        """The ticket that a change is answered with. Without one nobody can say what became of it."""
        try:
            rows = tickets_from_search(
                document, self._settings, custom_statuses=self._custom_statuses, key="ticket"
            ).rows
        except NotAnAnswer:
            rows = ()
        if not rows:
            raise unanswered(what, "the answer can't be read", response)
        return rows[0]

    def _ticket_answer(
        self, response: requests.Response, document: dict[str, Any], what: str
    ) -> TicketAnswer:
        ticket = self._ticket_in(document, what, response)
        event = comment_event(document) or {}
        number, public, author = event.get("id"), event.get("public"), event.get("author_id")
        return TicketAnswer(
            ticket,
            ignored_fields(response.headers),
            whole(number),
            public if isinstance(public, bool) else None,
            whole(author),
            numbers_of(document.get("ticket")),
        )


def _short_enough(html: str) -> None:
    problem = problem_of(html)
    if problem is not None:
        raise Rejected(f"Zendesk: not sent: {problem}", "shorten it, or attach it in the browser (o)")


def _job(document: dict[str, Any], what: str) -> Job:
    job = job_from(document)
    if job is not None:
        return job
    if document.get("error") == "TooManyJobs":
        raise Throttled(
            f"Zendesk: {what}: too many bulk changes are running already",
            "it is sent by itself once there is room",
            retry_after=30.0,
        )
    raise unanswered(what, "the answer can't be read")
