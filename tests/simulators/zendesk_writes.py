"""The helpdesk of `zendesk.py`, to which one can write: with all that the real one does unasked.

    with WritableZendesk() as desk:
        desk.add(wire_ticket(5))
        desk.fail("/tickets/5.json", desk.applied_then(dropped()), method="PUT")   # done, and no answer
        ...
        assert desk.applied["update", 5] == 1

It runs placeholders in comments, drops tags it can't keep, forgets fields without a complaint, runs triggers
after the answer, and counts what it really did in `applied`.
"""

from __future__ import annotations

import json
import re
from collections import Counter, deque
from collections.abc import Callable, Iterable
from copy import deepcopy
from datetime import datetime, timedelta
from html import escape, unescape
from typing import Any
from uuid import uuid4

from tests.simulators.deliveries import Deliveries
from tests.simulators.http import Answer, Request
from tests.simulators.zendesk import NOW, Row, ZendeskSimulator, stamp, wire_comment, wire_ticket

WRITABLE = {
    *("subject", "status", "custom_status_id", "priority", "type", "assignee_id", "group_id", "problem_id"),
    *("tags", "additional_tags", "remove_tags", "comment", "custom_fields", "due_at", "macro_ids"),
    *("safe_update", "updated_stamp", "requester_id", "external_id"),
}
_FIELDS = (
    "status",
    "custom_status_id",
    "priority",
    "type",
    "assignee_id",
    "group_id",
    "problem_id",
    "subject",
)
_CLEARABLE = {"assignee_id", "problem_id"}
_MOST_UPDATES, _WINDOW = 30, timedelta(minutes=10)
_MOST_BODY = 64 * 1024
_PLACEHOLDER = re.compile(r"\{\{\s*(.*?)\s*\}\}|\{%.*?%\}", re.DOTALL)


class WritableZendesk(Deliveries, ZendeskSimulator):
    """A helpdesk with rules, colleagues and moods. Change its attributes between requests."""

    def __init__(self, *, port: int = 0, clock: Callable[[], datetime] = lambda: NOW) -> None:
        super().__init__(port=port, clock=clock)
        self.applied: Counter[tuple[str, int]] = Counter()
        """How often each kind of change was really made, per ticket: `update`, `comment`, `tags`, `merge`,
        `side`, `create` (on 0)."""
        self.audits: dict[int, list[Row]] = {}
        self.jobs: dict[str, Row] = {}
        self.macros: list[Row] = []
        self.effects: dict[int, Row] = {}
        """What each macro does to a ticket: fields, `tags` to add, `comment`."""
        self.side_talks: dict[int, list[Row]] = {}
        self.has_side_conversations = False
        self.private_only = False
        """The credential's role may only write internal notes: a public one becomes one without a word."""
        self.author_allowed = True
        """Whether a comment may name another author; otherwise the credential's is taken, without a word."""
        self.unwritable: set[str] = set()
        """Fields that are dropped, with a word in `X-Zendesk-API-Warn` only."""
        self.required_to_solve: set[str] = set()
        self.closed_variant = "status"
        """How a closed ticket complains: under `status`, under `base`, or as the error `ClosedTicket`."""
        self.triggers: list[Callable[[Row], None]] = []
        """What the account's triggers do to a ticket after an update has been answered."""
        self.colleague: Callable[[int], object] | None = None
        """What somebody does just before the next write arrives; once."""
        self.job_polls = 2
        """How often a job is asked for before it says that it is done."""
        self.job_failures: dict[int, str] = {}
        """Tickets at which a bulk change fails, and the error's code."""
        self.too_many_jobs = False
        self.index_lags = False
        """The search keeps what tickets were before they were written to."""
        self.scopes_matter = True
        """A token without the scope `write` may only read."""
        self.late = []
        self._stale: dict[int, Row] = {}
        self._updates: dict[int, deque[datetime]] = {}
        self._keys: dict[str, tuple[bytes, Row]] = {}
        self._scopes: dict[str, str] = {}
        self._next = 50_000
        self._warnings: list[str] = []

    def take(self, request: Request) -> Answer:
        return self.route(request)

    # What people do in the browser

    def edit(self, ticket_id: int, **fields: Any) -> None:
        """A colleague changes fields."""
        with self._state:
            row = self.tickets[ticket_id]
            self._remember(row)
            row.update(fields)
            self._touch(row)

    def write(self, ticket_id: int, text: str, *, author_id: int = 102, public: bool = False) -> Row:
        """A colleague, or a client, comments."""
        with self._state:
            row = self.tickets[ticket_id]
            self._remember(row)
            self._touch(row)
            return self._add_comment(row, text, f"<div>{escape(text)}</div>", public, author_id)

    # Routes

    def _token(self, request: Request) -> Answer:
        answer = super()._token(request)
        assert isinstance(answer.body, bytes)
        given = json.loads(answer.body)
        if "access_token" in given:
            self._scopes[given["access_token"]] = given["scope"]
        return answer

    def _resource(self, request: Request) -> Answer:
        self._warnings = []
        answer = self._written(request) if request.method != "GET" else self._looked_up(request)
        return super()._resource(request) if answer is None else answer

    def _written(self, request: Request) -> Answer:
        value = request.headers.get("authorization", "").partition(" ")[2]
        if self.scopes_matter and "write" not in self._scopes.get(value, "write"):
            return self._json({"error": {"title": "Forbidden", "message": "Your scope may not."}}, 403)
        parts = _parts(request)
        if self.colleague is not None:
            act, self.colleague = self.colleague, None
            act(next((int(part) for part in parts if part.isdigit()), 0))
        match request.method, parts:
            case "PUT", ["tickets", "update_many"]:
                return self._update_many(request)
            case "PUT", ["tickets", number]:
                return self._update(int(number), request)
            case "PUT" | "DELETE", ["tickets", number, "tags"]:
                return self._tags(int(number), request)
            case "POST", ["tickets"]:
                return self._create(request)
            case "POST", ["tickets", number, "merge"]:
                return self._merge(int(number), request)
            case "POST", ["tickets", number, "side_conversations"]:
                return self._talk(int(number), request)
            case _:
                return self._json({"error": "InvalidEndpoint", "description": "Not found"}, 404)

    def _looked_up(self, request: Request) -> Answer | None:
        match _parts(request):
            case ["tickets"]:
                rows = list(self.tickets.values())
                if wanted := request.param("external_id"):
                    rows = [row for row in rows if row.get("external_id") == wanted]
                return self._json(self._cursor_page("tickets", rows, request))
            case ["tickets", number, "audits"]:
                return self._json(self._cursor_page("audits", self.audits.get(int(number), []), request))
            case ["tickets", number, "side_conversations"]:
                if not self.has_side_conversations:
                    return self._json({"error": "InvalidEndpoint", "description": "Not found"}, 404)
                return self._json(
                    self._cursor_page("side_conversations", self.side_talks.get(int(number), []), request)
                )
            case ["tickets", number, "macros", macro, "apply"]:
                return self._effect(int(number), int(macro))
            case ["job_statuses", key]:
                return self._job(key)
            case ["macros", "active"]:
                return self._json(self._cursor_page("macros", self.macros, request))
            case ["groups", "assignable"]:
                return self._json(self._cursor_page("groups", self.groups, request))
            case ["users"]:
                roles = request.query.get("role[]", [])
                rows = [user for user in self.users if not roles or user["role"] in roles]
                return self._json(self._cursor_page("users", rows, request))
            case ["users", "search"]:
                wanted = request.param("query").removeprefix("email:").strip('"').lower()
                rows = [user for user in self.users if wanted in str(user["email"]).lower()]
                return self._json({"users": rows, "count": len(rows), "next_page": None})
            case _:
                return None

    # One ticket

    def _update(self, number: int, request: Request) -> Answer:
        throttled = self._pace(number)
        if throttled is not None:
            return throttled
        row = self.tickets.get(number)
        if row is None:
            return self._json({"error": "RecordNotFound", "description": "Not found"}, 404)
        change = dict(request.json()["ticket"])
        refused = self._refused(row, change, safe="safe_update" in change)
        if refused is not None:
            return refused
        events = self._apply(row, change, "update")
        answer = self._json(
            {"ticket": self._with(deepcopy(row), ()), "audit": self._audit(row, events)},
            warnings=self._warnings,
        )
        self._run_triggers(row)
        return answer

    def _tags(self, number: int, request: Request) -> Answer:
        throttled = self._pace(number)
        if throttled is not None:
            return throttled
        row = self.tickets.get(number)
        if row is None:
            return self._json({"error": "RecordNotFound", "description": "Not found"}, 404)
        asked = request.json()
        refused = self._refused(row, asked, safe=asked.get("safe_update") == "true")
        if refused is not None:
            return refused
        self._remember(row)
        tags = normalised(asked["tags"])
        kept = list(row["tags"])
        if request.method == "PUT":
            row["tags"] = sorted({*kept, *tags})
        else:
            row["tags"] = [tag for tag in kept if tag not in tags]
        self._touch(row)
        self.applied["tags", number] += 1
        answer = self._json({"tags": list(row["tags"])})
        self._run_triggers(row)
        return answer

    def _refused(self, row: Row, change: Row, *, safe: bool) -> Answer | None:
        if row["status"] == "closed":
            return self._closed()
        if safe and change.get("updated_stamp") != row["updated_at"]:
            said = (
                "Safe Update prevented the update due to outdated ticket data. "
                "Please fetch the latest ticket data and try again."
            )
            return self._json({"error": "UpdateConflict", "description": said}, 409)
        details: Row = {}
        if change.get("status") == "new" and row["status"] != "new":
            details["status"] = [{"description": "Status: cannot be set to new", "error": "InvalidValue"}]
        if change.get("status") == "solved":
            for name in sorted(self.required_to_solve - row.keys() - change.keys()):
                said = f"{name.title()}: is required when solving a ticket"
                details.setdefault("base", []).append({"description": said})
        for key, known in (("assignee_id", self.users), ("group_id", self.groups)):
            if change.get(key) is not None and change[key] not in {place["id"] for place in known}:
                details[key] = [{"description": f"{key}: is invalid", "error": "InvalidValue"}]
        return self._invalid(details) if details else None

    def _closed(self) -> Answer:
        said = {"description": "Status: closed prevents ticket update"}
        if self.closed_variant == "ClosedTicket":
            return self._json({"error": "ClosedTicket", **said}, 422)
        return self._invalid({self.closed_variant: [said]})

    def _invalid(self, details: Row) -> Answer:
        said = {"error": "RecordInvalid", "description": "Record validation errors", "details": details}
        return self._json(said, 422)

    def _pace(self, number: int) -> Answer | None:
        """The limit of 30 updates of one ticket in ten minutes."""
        now = self.clock()
        past = self._updates.setdefault(number, deque())
        while past and past[0] <= now - _WINDOW:
            past.popleft()
        wait = int((past[0] + _WINDOW - now).total_seconds()) + 1 if past else 600
        left = max(0, _MOST_UPDATES - len(past) - 1)
        self.headers["zendesk-ratelimit-per-ticket-updates"] = f"total=30; remaining={left}; resets={wait}"
        if len(past) >= _MOST_UPDATES:
            return self._json({"error": "APIRateLimitExceeded"}, 429, {"Retry-After": str(wait)})
        past.append(now)
        return None

    def _apply(self, row: Row, change: Row, kind: str) -> list[Row]:
        """Make the change that has passed every check; the audit's events."""
        self._remember(row)
        number = row["id"]
        for name in sorted((change.keys() - WRITABLE) | (change.keys() & self.unwritable)):
            self._warnings.append(f"ticket.{name}")
        change = {name: value for name, value in change.items() if name in WRITABLE - self.unwritable}
        self._touch(row)
        self.applied[kind, number] += 1
        events = []
        for name in _FIELDS:
            cleared = name in change and change[name] is None
            if cleared and name not in _CLEARABLE:
                continue
            if name in change and change[name] != row.get(name):
                events.append(self._event("Change", field_name=name, previous_value=row.get(name)))
                row[name] = change[name]
        if change.get("assignee_id") and row["status"] == "new" and "status" not in change:
            row["status"] = "open"
        if "tags" in change:
            row["tags"] = normalised(change["tags"])
        row["tags"] = sorted({*row["tags"], *normalised(change.get("additional_tags", ()))})
        row["tags"] = [tag for tag in row["tags"] if tag not in normalised(change.get("remove_tags", ()))]
        for field in change.get("custom_fields", ()):
            for place in ("custom_fields", "fields"):
                row[place] = [field if old["id"] == field["id"] else old for old in row[place]]
        if "comment" in change:
            events.append(self._comment(row, change["comment"]))
        return events

    def _comment(self, row: Row, asked: Row) -> Row:
        public = asked.get("public", row.get("is_public", True)) and not self.private_only
        author = asked.get("author_id") if self.author_allowed else None
        if "html_body" in asked:
            html = run_placeholders(asked["html_body"][:_MOST_BODY], row)
            plain = plain_of(html)
        else:
            plain = run_placeholders_in_text(asked["body"][:_MOST_BODY], row)
            html = f"<p>{escape(plain)}</p>"
        made = self._add_comment(row, plain, html, bool(public), author or self.me["id"])
        self.applied["comment", row["id"]] += 1
        return self._event(
            "Comment", made["id"], public=made["public"], body=plain, author_id=made["author_id"]
        )

    def _add_comment(self, row: Row, plain: str, html: str, public: bool, author: int) -> Row:
        self._next += 1
        made = wire_comment(
            self._next,
            author_id=author,
            body=plain,
            plain_body=plain,
            html_body=html,
            public=public,
            created_at=row["updated_at"],
        )
        self.comments.setdefault(row["id"], []).append(made)
        return made

    def _event(self, kind: str, number: int | None = None, **more: object) -> Row:
        if number is None:
            self._next += 1
            number = self._next
        return {"id": number, "type": kind, **more}

    def _audit(self, row: Row, events: list[Row]) -> Row:
        self._next += 1
        audit = {
            "id": self._next,
            "ticket_id": row["id"],
            "created_at": row["updated_at"],
            "author_id": self.me["id"],
            "events": events,
        }
        self.audits.setdefault(row["id"], []).append(audit)
        return audit

    def _run_triggers(self, row: Row) -> None:
        for trigger in self.triggers:
            before = deepcopy(row)
            trigger(row)
            if row != before:
                self._touch(row)

    def _touch(self, row: Row) -> None:
        """A later second than the last change's, as a person's next change has."""
        last = datetime.fromisoformat(row["updated_at"])
        row["updated_at"] = stamp(max(self.clock(), last + timedelta(seconds=1)))

    def _remember(self, row: Row) -> None:
        if self.index_lags:
            self._stale.setdefault(row["id"], deepcopy(row))

    def _search(self, request: Request) -> Answer:
        present = self.tickets
        self.tickets = {**present, **self._stale}
        try:
            return super()._search(request)
        finally:
            self.tickets = present

    def index(self) -> None:
        """The search index catches up."""
        self._stale.clear()

    # Many tickets, and what is worked off later

    def _update_many(self, request: Request) -> Answer:
        if self.too_many_jobs:
            return self._json({"error": "TooManyJobs", "description": "Too many jobs are queued"}, 429)
        numbers = [int(part) for part in request.param("ids").split(",") if part]
        change = request.json()["ticket"]
        results = [self._bulk_item(index, number, change) for index, number in enumerate(numbers)]
        return self._begin_job(results)

    def _bulk_item(self, index: int, number: int, change: Row) -> Row:
        row = self.tickets.get(number)
        code, said = self.job_failures.get(number), "It failed"
        if row is None:
            code, said = "TicketNotFound", "Ticket not found"
        elif row["status"] == "closed" and change.keys() - {"additional_tags", "remove_tags"}:
            code, said = "TicketUpdateFailed", "Status: closed prevents ticket update"
        if code is not None or row is None:
            return {"index": index, "id": number, "success": False, "error": code, "details": said}
        events = self._apply(row, change, "update")
        self._audit(row, events)
        self._run_triggers(row)
        return {"index": index, "id": number, "action": "update", "status": "Updated", "success": True}

    def _begin_job(self, results: list[Row]) -> Answer:
        key = uuid4().hex
        self.jobs[key] = {"results": results, "polls": 0, "gone": False}
        return self._json({"job_status": self._job_row(key)})

    def _job(self, key: str) -> Answer:
        job = self.jobs.get(key)
        if job is None or job["gone"]:
            return self._json({"error": "RecordNotFound", "description": "Not found"}, 404)
        job["polls"] += 1
        return self._json({"job_status": self._job_row(key)})

    def _job_row(self, key: str) -> Row:
        job = self.jobs[key]
        done = job["polls"] >= self.job_polls
        state = "completed" if done else "working" if job["polls"] else "queued"
        return {
            "id": key,
            "url": f"{self.url}/api/v2/job_statuses/{key}.json",
            "total": len(job["results"]),
            "progress": len(job["results"]) if done else None,
            "status": job.get("state", state) if done else state,
            "message": "Completed at 2026-11-23 12:00:00 +0000" if done else None,
            "results": job["results"] if done else None,
        }

    def _merge(self, target: int, request: Request) -> Answer:
        asked = request.json()
        into = self.tickets.get(target)
        if into is None or into["status"] == "closed":
            return self._json({"error": "RecordNotFound", "description": "Not found"}, 404)
        results = []
        for number in asked["ids"]:
            row = self.tickets.get(number)
            if row is None or row["status"] == "closed":
                results.append({"id": number, "success": False, "error": "CannotMerge"})
                continue
            self._remember(row)
            for place, key in ((row, "source"), (into, "target")):
                self._touch(place)
                if asked.get(f"{key}_comment"):
                    text = run_placeholders_in_text(asked[f"{key}_comment"], place)
                    public = bool(asked.get(f"{key}_comment_is_public", True))
                    self._add_comment(place, text, f"<p>{escape(text)}</p>", public, self.me["id"])
            row["status"] = "closed"
            row["tags"] = sorted({*row["tags"], "closed_by_merge"})
            self.applied["merge", number] += 1
            results.append({"id": number, "action": "merge", "status": "Merged", "success": True})
        return self._begin_job(results)

    # New things

    def _create(self, request: Request) -> Answer:
        key = request.headers.get("idempotency-key", "")
        if key in self._keys:
            body, document = self._keys[key]
            if body != request.body:
                said = "Request parameters don't match the given idempotency key"
                return self._json({"error": "IdempotentRequestError", "description": said}, 400)
            return self._json(document, 201, {"x-idempotency-lookup": "hit"})
        asked = dict(request.json()["ticket"])
        comment = asked.pop("comment")
        number = max(self.tickets, default=0) + 1
        now = stamp(self.clock())
        row = wire_ticket(
            number,
            subject=asked["subject"],
            external_id=asked.get("external_id"),
            status="new",
            priority=asked.get("priority"),
            type=None,
            group_id=asked.get("group_id", 401),
            assignee_id=None,
            tags=normalised(asked.get("tags", ())),
            created_at=now,
            updated_at=now,
            requester_id=asked.get("requester_id", self.me["id"]),
        )
        self.add(row)
        self.applied["create", 0] += 1
        events = [self._comment(row, comment)]
        document = {"ticket": self._with(deepcopy(row), ()), "audit": self._audit(row, events)}
        if key:
            self._keys[key] = (request.body, document)
        return self._json(document, 201, {"x-idempotency-lookup": "miss"})

    def _talk(self, number: int, request: Request) -> Answer:
        if not self.has_side_conversations:
            return self._json({"error": "InvalidEndpoint", "description": "Not found"}, 404)
        message = request.json()["message"]
        at = self.clock().strftime("%Y-%m-%dT%H:%M:%S.250+00:00")
        made = {
            "id": str(uuid4()),
            "ticket_id": number,
            "subject": message["subject"],
            "preview_text": message["body"][:100],
            "participants": [{"email": person["email"]} for person in message["to"]],
            "state": "open",
            "external_ids": message.get("external_ids", {}),
            "created_at": at,
            "updated_at": at,
        }
        self.side_talks.setdefault(number, []).append(made)
        self.applied["side", number] += 1
        return self._json({"side_conversation": made}, 201)

    def _effect(self, number: int, macro: int) -> Answer:
        row, effect = self.tickets.get(number), self.effects.get(macro)
        if row is None or effect is None:
            return self._json({"error": "RecordNotFound", "description": "Not found"}, 404)
        after = {**deepcopy(row), **{key: value for key, value in effect.items() if key != "tags"}}
        after["tags"] = sorted({*row["tags"], *effect.get("tags", ())})
        return self._json({"result": {"ticket": after}})

    def _json(
        self,
        value: object,
        status: int = 200,
        headers: Row | None = None,
        *,
        warnings: Iterable[str] = (),
    ) -> Answer:
        answer = super()._json(value, status)
        more = dict(headers or {})
        if names := list(warnings):
            listed = ", ".join(f'"{name}"' for name in names)
            more["X-Zendesk-API-Warn"] = f"Removed restricted keys [{listed}] from parameters"
        return Answer(status, {**answer.headers, **more}, answer.body)


def _parts(request: Request) -> list[str]:
    return request.path.removeprefix("/api/v2").removesuffix(".json").strip("/").split("/")


def normalised(tags: Iterable[str]) -> list[str]:
    """Tags as Zendesk keeps them: in lower case, split at blanks, without most special characters."""
    words = [word for tag in tags for word in str(tag).lower().split()]
    return [kept for word in words if (kept := re.sub(r"[^\w./:\-]", "", word))]


def run_placeholders(html: str, row: Row) -> str:
    """HTML with its placeholders run, in whichever way they are written, except within `<code>`."""
    pieces = re.split(r"(<code>.*?</code>)", html, flags=re.DOTALL)
    return "".join(piece if piece.startswith("<code>") else _run(_decoded(piece), row) for piece in pieces)


def _decoded(piece: str) -> str:
    """Braces that were written as entities are braces to the service."""
    for entity, sign in (("&#123;", "{"), ("&#125;", "}"), ("&#37;", "%")):
        piece = piece.replace(entity, sign)
    return piece


def run_placeholders_in_text(body: str, row: Row) -> str:
    """A `body`: placeholders run unless a backslash stands before them, runs of blanks collapsed."""
    hidden = body.replace("\\{{", "\0")
    return re.sub(r"[ \t]+", " ", _run(hidden, row)).replace("\0", "{{")


def _run(text: str, row: Row) -> str:
    known = {"ticket.id": row["id"], "ticket.title": row["subject"], "ticket.status": row["status"]}
    return _PLACEHOLDER.sub(lambda found: str(known.get(found[1] or "", "")), text)


def plain_of(html: str) -> str:
    """`plain_body` of HTML."""
    text = re.sub(r"<br\s*/?>\n?|</p>|</div>", "\n", html)
    return unescape(re.sub(r"<[^<>]*>", "", text)).replace("\N{NO-BREAK SPACE}", " ").strip("\n")
