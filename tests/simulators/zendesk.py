"""A helpdesk on loopback that speaks Zendesk's wire format, from documents and public recordings.

    with ZendeskSimulator() as desk:
        desk.add(wire_ticket(1, subject="Site is down", priority="urgent"))
        source = ZendeskSource(Zendesk(url=desk.url, client_id="desk"), ...)

By hand, for the whole program: `python -m tests.simulators.zendesk --port 8101 --tickets 200`
"""

from __future__ import annotations

import argparse
import re
import secrets
import threading
from base64 import b64decode
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import quote

from tests.simulators.http import Answer, Request, Server, json_answer

CLIENT_ID = "support-desk"
CLIENT_SECRET = "client-s3cret-Zq81"
EMAIL = "jo@example.com"
API_TOKEN = "api-t0ken-Kx52"
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)

_UNSOLVED = ("new", "open", "pending", "hold")
_ORDER = {"new": 0, "open": 1, "pending": 2, "hold": 3, "solved": 4, "closed": 5}
_FILTER = re.compile(r'(?:[^\s"]|"[^"]*")+')
_COMPARED = re.compile(r'^(type|status|created|updated|group|tags)(<=|>=|:|<|>)"?([^"]*)"?$')

Row = dict[str, Any]


def stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def sla_row(metric: str, stage: str, breach_at: datetime | None, **extra: object) -> Row:
    return {
        "breach_at": None if breach_at is None else stamp(breach_at),
        "stage": stage,
        "metric": metric,
        **extra,
    }


def wire_ticket(ticket_id: int, **overrides: Any) -> Row:
    """A ticket as Zendesk sends it; `slas` and `metric_set` only travel when a side-load asks."""
    created = NOW - timedelta(hours=3, minutes=ticket_id)
    return {
        "url": f"https://example.zendesk.com/api/v2/tickets/{ticket_id}.json",
        "id": ticket_id,
        "external_id": None,
        "via": {
            "channel": "email",
            "source": {"from": {"address": "sam@client.example"}, "to": {}, "rel": None},
        },
        "created_at": stamp(created),
        "updated_at": stamp(created + timedelta(minutes=30)),
        "generated_timestamp": int(created.timestamp()) + 1800,
        "type": "incident",
        "subject": f"Ticket number {ticket_id}",
        "raw_subject": f"Ticket number {ticket_id}",
        "description": "The site shows an error.\n\nPlease help.",
        "priority": "normal",
        "status": "open",
        "recipient": "support@example.zendesk.com",
        "requester_id": 201,
        "submitter_id": 201,
        "assignee_id": 101,
        "organization_id": 301,
        "group_id": 401,
        "collaborator_ids": [],
        "follower_ids": [],
        "email_cc_ids": [],
        "forum_topic_id": None,
        "problem_id": None,
        "has_incidents": False,
        "is_public": True,
        "due_at": None,
        "tags": ["client_acme", "first_line"],
        "custom_fields": [{"id": 900 + number, "value": None} for number in range(6)],
        "satisfaction_rating": None,
        "sharing_agreement_ids": [],
        "custom_status_id": 502,
        "encoded_id": f"ENC{ticket_id}-QRST",
        "fields": [{"id": 900 + number, "value": None} for number in range(6)],
        "followup_ids": [],
        "ticket_form_id": 601,
        "brand_id": 701,
        "allow_channelback": False,
        "allow_attachments": True,
        "from_messaging_channel": False,
        "slas": {"policy_metrics": [sla_row("next_reply_time", "active", NOW + timedelta(hours=2), hours=2)]},
        "metric_set": {
            "id": 8000 + ticket_id,
            "ticket_id": ticket_id,
            "replies": 1,
            "reopens": 0,
            "requester_updated_at": stamp(created + timedelta(minutes=30)),
            "assignee_updated_at": stamp(created + timedelta(minutes=12)),
            "reply_time_in_minutes": {"calendar": 12, "business": 12},
            "reply_time_in_seconds": {"calendar": 720},
            "created_at": stamp(created),
        },
        **overrides,
    }


def wire_comment(comment_id: int, **overrides: Any) -> Row:
    return {
        "id": comment_id,
        "type": "Comment",
        "author_id": 201,
        "body": f"Comment {comment_id}",
        "html_body": f"<div>Comment {comment_id}</div>",
        "plain_body": f"Comment {comment_id}",
        "public": True,
        "attachments": [],
        "audit_id": 7000 + comment_id,
        "via": {"channel": "email", "source": {}},
        "created_at": stamp(NOW - timedelta(hours=2) + timedelta(minutes=comment_id)),
        "metadata": {"system": {"client": "Mail"}, "custom": {}},
        **overrides,
    }


def wire_suspended(number: int, **overrides: Any) -> Row:
    return {
        "id": number,
        "author": {"id": None, "name": "Pat Client", "email": "pat@client.example"},
        "subject": f"Withheld {number}",
        "content": "Out of office\nor is it?",
        "cause": "Detected as spam",
        "cause_id": 0,
        "created_at": stamp(NOW - timedelta(hours=1)),
        "updated_at": stamp(NOW - timedelta(hours=1)),
        "recipient": "support@example.zendesk.com",
        "ticket_id": None,
        **overrides,
    }


def fill(count: int) -> list[Row]:
    """A queue of a busy helpdesk: statuses, priorities, plans and SLA stages all mixed."""
    rows = []
    for number in range(1, count + 1):
        priority = (None, "low", "normal", "normal", "high", "urgent")[number % 6]
        breach = NOW + timedelta(minutes=(number * 37) % 4000 - 600)
        stage = ("active", "active", "paused", "achieved")[number % 4]
        created = NOW - timedelta(minutes=7 * number)
        rows.append(
            wire_ticket(
                number,
                subject=f"{('Editor', 'Search', 'Login', 'Upload')[number % 4]} doesn’t work, page {number}",
                status=_UNSOLVED[number % 4],
                priority=priority,
                created_at=stamp(created),
                updated_at=stamp(created + timedelta(minutes=3)),
                requester_id=201 + number % 40,
                assignee_id=None if number % 5 == 0 else 101 + number % 6,
                organization_id=301 + number % 25,
                group_id=401 + number % 3,
                tags=[f"client_{number % 25}", "first_line", ("deliveryplus", "govpress")[number % 2]],
                metric_set={
                    "ticket_id": number,
                    "replies": number % 3,
                    "reply_time_in_minutes": {"calendar": 5 if number % 3 else None, "business": None},
                    "requester_updated_at": stamp(created + timedelta(minutes=3)),
                    "assignee_updated_at": stamp(created + timedelta(minutes=5)) if number % 3 else None,
                },
                slas={
                    "policy_metrics": [] if priority is None else [sla_row("next_reply_time", stage, breach)]
                },
            )
        )
    return rows


class ZendeskSimulator(Server):
    """The helpdesk. Change its attributes between requests, and use `fail` for what HTTP can do."""

    def __init__(self, *, port: int = 0, clock: Callable[[], datetime] = lambda: NOW) -> None:
        super().__init__(self.route, port=port)
        self._state = threading.RLock()
        self.clock = clock
        self.tickets: dict[int, Row] = {}
        self.comments: dict[int, list[Row]] = {}
        self.suspended_tickets: list[Row] = []
        self.users = [
            {"id": 101 + n, "name": f"Agent {n}", "email": f"agent{n}@example.com", "role": "agent"}
            for n in range(6)
        ] + [
            {"id": 201 + n, "name": f"Sam Client {n}", "email": f"sam{n}@client.example", "role": "end-user"}
            for n in range(40)
        ]
        self.groups = [
            {"id": 401 + n, "name": name} for n, name in enumerate(("1st line", "2nd line", "triage"))
        ]
        self.organizations = [
            {
                "id": 301 + n,
                "name": f"Department {n}",
                "tags": (["managed"], ["managed_plus"], [])[n % 3],
                "organization_fields": {},
            }
            for n in range(25)
        ]
        self.custom_statuses = [
            {"id": 501, "status_category": "new", "agent_label": "New", "default": True},
            {"id": 502, "status_category": "open", "agent_label": "Open", "default": True},
            {"id": 511, "status_category": "pending", "agent_label": "Believed solved", "default": False},
        ]
        self.me: Row = {"id": 101, "name": "Jo Example", "email": EMAIL, "role": "agent"}
        self.headers: dict[str, str] = {
            "x-rate-limit": "700",
            "x-rate-limit-remaining": "699",
            "ratelimit-reset": "12",
            "zendesk-ratelimit-tickets-index": "total=100; remaining=99; resets=43",
            "Zendesk-Rate-Limit-search-index": "total=2500; remaining=2499; resets=7",
            "X-Request-Id": "4711-abcd",
        }
        self.known_scopes = {"read", "write"}
        self.token_life = 1800
        """Seconds that a new OAuth token lives, by `clock`."""
        self.tokens: dict[str, tuple[datetime, bool]] = {}
        """Valid OAuth tokens: when they end, and whether their scope is known."""
        self.side_loads_in_search = True
        self.slas_in_show_many = True
        self.metric_sets_on_top = False
        """Send the metric sets beside the tickets instead of inside them."""
        self.overlap = 0
        """How many rows of the previous page a search page repeats."""
        self.lag: set[int] = set()
        """Tickets that the search index hasn't heard of yet."""
        self.search_cap = 1000
        self.between_pages: Callable[[int], None] = lambda _: None
        """Called before each search page, with its number: what happens while somebody reads."""

    def add(self, *tickets: Row) -> None:
        self.tickets.update((row["id"], row) for row in tickets)

    def revoke_tokens(self) -> None:
        """Every token given so far is refused from now on."""
        self.tokens.clear()

    def route(self, request: Request) -> Answer:
        """The service's own answer, whatever a test has put in its way."""
        with self._state:
            if request.path == "/oauth/tokens":
                return self._token(request)
            refused = self._not_signed_in(request)
            if refused is not None:
                return refused
            return self._resource(request)

    def _resource(self, request: Request) -> Answer:
        path = request.path.removeprefix("/api/v2").removesuffix(".json")
        parts = path.strip("/").split("/")
        match parts:
            case ["users", "me"]:
                return self._json({"user": self.me})
            case ["search"]:
                return self._search(request)
            case ["tickets", "show_many"]:
                return self._show_many(request)
            case ["tickets", number] if number.isdigit():
                return self._show(int(number), request)
            case ["tickets", number, "comments"]:
                return self._comments(int(number), request)
            case ["suspended_tickets"]:
                rows = self.suspended_tickets
                return self._json(self._cursor_page("suspended_tickets", rows, request))
            case ["custom_statuses"]:
                return self._json({"custom_statuses": self.custom_statuses})
            case _:
                return self._json({"error": "InvalidEndpoint", "description": "Not found"}, 404)

    def _json(self, value: object, status: int = 200) -> Answer:
        return json_answer(
            value, status, {"Date": format_datetime(self.clock(), usegmt=True), **self.headers}
        )

    def _token(self, request: Request) -> Answer:
        asked = request.json()
        if asked.get("client_id") != CLIENT_ID or asked.get("client_secret") != CLIENT_SECRET:
            return self._json(
                {"error": "invalid_client", "error_description": "Client authentication failed"}, 401
            )
        token = secrets.token_hex(16)
        scope = str(asked.get("scope", ""))
        known = set(scope.split()) <= self.known_scopes
        self.tokens[token] = (self.clock() + timedelta(seconds=self.token_life), known)
        return self._json(
            {"access_token": token, "token_type": "bearer", "scope": scope, "expires_in": self.token_life}
        )

    def _not_signed_in(self, request: Request) -> Answer | None:
        kind, _, value = request.headers.get("authorization", "").partition(" ")
        if kind == "Basic":
            if b64decode(value).decode() == f"{EMAIL}/token:{API_TOKEN}":
                return None
            return self._json({"error": "Couldn't authenticate you"}, 401)
        if kind == "Bearer":
            ends, known = self.tokens.get(value, (self.clock(), True))
            if ends <= self.clock():
                return self._json(
                    {"error": "invalid_token", "error_description": "The access token expired"}, 401
                )
            if not known:
                forbidden = {"title": "Forbidden", "message": "You do not have access to this page."}
                return self._json({"error": forbidden}, 403)
            return None
        if request.path.endswith("/users/me.json"):
            return self._json({"user": {"id": None, "name": "Anonymous user", "role": "end-user"}})
        return self._json({"error": "Couldn't authenticate you"}, 401)

    def _search(self, request: Request) -> Answer:
        page, size = int(request.param("page", "1")), int(request.param("per_page", "100"))
        self.between_pages(page)
        if page * size > max(self.search_cap, size):
            said = "Invalid search: Requested response size was greater than Search Response Limits"
            return self._json({"error": "invalid", "description": said}, 422)
        query = request.param("query")
        rows = [row for row in self.tickets.values() if row["id"] not in self.lag and _matches(query, row)]
        field = request.param("sort_by") or "id"
        rows.sort(
            key=lambda row: (str(row.get(field) or ""), row["id"]),
            reverse=request.param("sort_order") == "desc",
        )
        start = max(0, (page - 1) * size - (self.overlap if page > 1 else 0))
        part = rows[start : start + size]
        asked = request.param("include")
        inside = re.fullmatch(r"tickets\((.*)\)", asked)
        include = inside[1].split(",") if inside and self.side_loads_in_search else []
        if inside and not self.side_loads_in_search:
            include = [name for name in inside[1].split(",") if name not in {"slas", "metric_sets"}]
        results = [{**self._with(row, include), "result_type": "ticket"} for row in part]
        more = page * size < len(rows)
        address = f"{self.url}/api/v2/search.json?query={quote(query)}&page={page + 1}"
        document = {"results": results, **self._beside(part, include), "facets": None}
        document |= {"next_page": address if more else None, "previous_page": None, "count": len(rows)}
        return self._json(document)

    def _show_many(self, request: Request) -> Answer:
        numbers = [int(number) for number in request.param("ids").split(",") if number]
        if len(numbers) > 100:
            said = "Parameter  cannot specify more than 100 values"
            return self._json({"error": "TooManyValues", "description": said, "max_count": 100}, 400)
        rows = [self.tickets[number] for number in numbers if number in self.tickets]
        include = request.param("include").split(",")
        if not self.slas_in_show_many:
            include = [name for name in include if name != "slas"]
        tickets = [self._with(row, include) for row in rows]
        return self._json(
            {"tickets": tickets, **self._beside(rows, include), "count": len(rows), "next_page": None}
        )

    def _show(self, number: int, request: Request) -> Answer:
        row = self.tickets.get(number)
        if row is None:
            return self._json({"error": "RecordNotFound", "description": "Not found"}, 404)
        include = request.param("include").split(",")
        return self._json({"ticket": self._with(row, include), **self._beside([row], include)})

    def _comments(self, number: int, request: Request) -> Answer:
        rows = sorted(self.comments.get(number, []), key=lambda row: str(row.get("created_at")))
        if request.param("sort") == "-created_at":
            rows.reverse()
        document = self._cursor_page("comments", rows, request)
        if "users" in request.param("include"):
            wanted = {row.get("author_id") for row in document["comments"]}
            document["users"] = [user for user in self.users if user["id"] in wanted]
        return self._json(document)

    def _cursor_page(self, key: str, rows: list[Row], request: Request) -> Row:
        size = int(request.param("page[size]", "100"))
        start = int(request.param("page[after]", "0"))
        more = start + size < len(rows)
        address = f"{self.url}{request.path}?page%5Bafter%5D={start + size}"
        return {
            key: rows[start : start + size],
            "meta": {
                "has_more": more,
                "after_cursor": str(start + size) if more else None,
                "before_cursor": None,
            },
            "links": {"next": address if more else None, "prev": None},
        }

    def _with(self, row: Row, include: Iterable[str]) -> Row:
        kept = dict(row)
        if "slas" not in include:
            kept.pop("slas", None)
        if "metric_sets" not in include or self.metric_sets_on_top:
            kept.pop("metric_set", None)
        return kept

    def _beside(self, rows: list[Row], include: Iterable[str]) -> Row:
        people = {row.get(key) for row in rows for key in ("requester_id", "assignee_id")}
        found: Row = {}
        if "users" in include:
            found["users"] = [user for user in self.users if user["id"] in people]
        if "groups" in include:
            wanted = {row.get("group_id") for row in rows}
            found["groups"] = [group for group in self.groups if group["id"] in wanted]
        if "organizations" in include:
            wanted = {row.get("organization_id") for row in rows}
            found["organizations"] = [place for place in self.organizations if place["id"] in wanted]
        if "metric_sets" in include and self.metric_sets_on_top:
            found["metric_sets"] = [row["metric_set"] for row in rows if row.get("metric_set")]
        return found


def _matches(query: str, row: Row) -> bool:
    """Whether a ticket answers a query: filters of the kinds below, other words looked for in the subject."""
    for term in _FILTER.findall(query):
        compared = _COMPARED.match(term)
        if compared is None:
            if term.strip('"').lower() not in f"{row.get('subject')} {row.get('description')}".lower():
                return False
        else:
            field, operator, value = compared.groups()
            if not _holds(field, operator, value, row):
                return False
    return True


def _holds(field: str, operator: str, value: str, row: Row) -> bool:
    if field == "type":
        return value == "ticket"
    if field == "tags":
        return value in (row.get("tags") or [])
    if field == "group":
        return value == {401: "1st line", 402: "2nd line", 403: "triage"}.get(row.get("group_id") or 0)
    if field == "status":
        actual, wanted = _ORDER.get(row["status"], 1), _ORDER[value]
        return {":": actual == wanted, "<": actual < wanted, ">=": actual >= wanted, ">": actual > wanted}[
            operator
        ]
    moment = str(row[f"{field}_at"])
    return {"<": moment < value, ">=": moment >= value, ">": moment > value, "<=": moment <= value}[operator]


def main() -> None:
    """Serve until interrupted, on the real clock."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8101)
    parser.add_argument("--tickets", type=int, default=200)
    options = parser.parse_args()
    shift = datetime.now(UTC) - NOW
    with ZendeskSimulator(port=options.port, clock=lambda: NOW + shift) as desk:
        desk.add(*(_moved(row, shift) for row in fill(options.tickets)))
        for number in list(desk.tickets)[:20]:
            desk.comments[number] = [wire_comment(n, author_id=201 if n % 2 else 101) for n in range(1, 6)]
        desk.suspended_tickets = [wire_suspended(n) for n in range(1, 4)]
        print(f'[zendesk] url = "{desk.url}", auth = "token", email = "{EMAIL}", token = "{API_TOKEN}"')
        print(f'or auth = "oauth", client_id = "{CLIENT_ID}", client_secret = "{CLIENT_SECRET}"')
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            return


def _moved(value: Any, shift: timedelta) -> Any:
    """The same with every time moved, so that deadlines lie around the present."""
    if isinstance(value, dict):
        return {key: _moved(part, shift) for key, part in value.items()}
    if isinstance(value, list):
        return [_moved(part, shift) for part in value]
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", value):
        return stamp(datetime.fromisoformat(value) + shift)
    return value


if __name__ == "__main__":
    main()
