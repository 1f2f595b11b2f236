"""What a write's bad end means: surely not done, or not known.

=============================================  ======================================================
no connection, name, proxy or certificate      not sent: `Unreachable`
400, 404, 410, 422 and other 4xx               refused: `Rejected`, `NotThere`
401 (after one renewal), 403                   refused: `SignInRefused`, `NotAllowed`
409 `UpdateConflict`                           not as of the stamp: `OutOfDate`
409 `DatabaseConflict`, `DatabaseDeadlock`     rolled back: `Rejected` with a `retry_after`
429                                            not taken: `Throttled`
silence, a dropped connection, half an answer  `Unanswered`
408, 5xx, a redirect, HTML or no JSON at 2xx   `Unanswered`: something answered, perhaps after the change
=============================================  ======================================================
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from http import HTTPStatus
from typing import Any

from support_desk.sources.errors import (
    NotAllowed,
    OutOfDate,
    Rejected,
    SourceError,
    Throttled,
    Unanswered,
    Unreachable,
)
from support_desk.sources.zendesk.attempt import Attempt, surely_unsent
from support_desk.sources.zendesk.bare_requests import requests
from support_desk.sources.zendesk.failures import REDIRECTS, Place, of_exception, of_status
from support_desk.sources.zendesk.rates import retry_after
from support_desk.text import clean

COLLIDED_SECONDS = 1.0
"""How long to wait after a collision in Zendesk's database."""
_JOBS_SECONDS = 30.0
_MOST_SENTENCES = 4
_COLLISIONS = frozenset({"DatabaseConflict", "DatabaseDeadlock", "IdempotentRequestInProgress"})
_LOOKED_UP = "it is looked up before anything is sent again"
CLOSED = "closed prevents ticket update"


def unanswered(what: str, why: str, response: requests.Response | None = None) -> Unanswered:
    """It was sent, and what became of it isn't known."""
    return Unanswered(
        f"Zendesk: {what}: sent, but {why}",
        _LOOKED_UP,
        status=None if response is None else response.status_code,
    )


def of_write(
    error: Exception, place: Place, what: str, attempt: Attempt, answer: requests.Response | None
) -> SourceError:
    """The error of an exception in the middle of a write. `answer` is what had been received, if anything."""
    if answer is not None:
        if answer.status_code == HTTPStatus.UNAUTHORIZED and isinstance(error, SourceError):
            return error  # the renewal's own failure, which says more than the 401 before it
        return of_answer(answer, place, what)
    if isinstance(error, SourceError) and not attempt.sent:
        return error
    if not attempt.sent or surely_unsent(error):
        attempt.refused()
        return of_exception(error, place, what)
    silent = isinstance(error, (requests.exceptions.Timeout, Unreachable))
    return unanswered(what, "no answer came in time" if silent else "the connection broke off")


def of_answer(
    response: requests.Response, place: Place, what: str, now: datetime | None = None
) -> SourceError:
    """The error of an answer that isn't a good one."""
    status = response.status_code
    if status in REDIRECTS:
        return unanswered(what, "it was redirected elsewhere; check [zendesk] url", response)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT:
        return unanswered(what, f"the service is in trouble ({status})", response)
    if status < HTTPStatus.BAD_REQUEST:
        return unanswered(what, f"the answer is an unexpected one ({status})", response)
    document = _document(response)
    code = document.get("error")
    code = code if isinstance(code, str) else ""
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return _throttled(response, code, what, now)
    if status == HTTPStatus.CONFLICT:
        return _conflict(code, what, status)
    if status == HTTPStatus.FORBIDDEN:
        refused = of_status(response, place, what)
        return NotAllowed(
            refused.problem,
            "ask an administrator about the role of whoever is signed in, and about the right to write",
            status=status,
            request_id=refused.request_id,
        )
    if status in {HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY}:
        return _invalid(response, document, place, what)
    return of_status(response, place, what)


def _throttled(response: requests.Response, code: str, what: str, now: datetime | None) -> SourceError:
    wait = retry_after(response.headers, now)
    if code == "TooManyJobs":
        problem, wait = f"Zendesk: {what}: too many bulk changes are running already", wait or _JOBS_SECONDS
    else:
        problem = f"Zendesk: {what}: too many requests" + (f", {wait:.0f} s to wait" if wait else "")
    return Throttled(
        problem,
        "it is sent by itself once there is room",
        status=HTTPStatus.TOO_MANY_REQUESTS,
        retry_after=wait,
    )


def _conflict(code: str, what: str, status: int) -> SourceError:
    if code in _COLLISIONS:
        return Rejected(
            f"Zendesk: {what}: another change was under way at the same moment",
            "it is tried again by itself",
            status=status,
            retry_after=COLLIDED_SECONDS,
        )
    if code == "UpdateConflict":
        return OutOfDate(
            f"Zendesk: {what}: changed by somebody else meanwhile",
            "look at what has changed, then send it again",
            status=status,
        )
    return Rejected(f"Zendesk: {what}: refused as a conflict", "read it again", status=status)


def _invalid(response: requests.Response, document: dict[str, Any], place: Place, what: str) -> SourceError:
    said = list(dict.fromkeys(_sentences(document.get("details"))))
    if not any(CLOSED in sentence for sentence in said):
        said += [sentence for sentence in _sentences(document) if CLOSED in sentence]
    if any(CLOSED in sentence for sentence in said):
        return Rejected(
            f"Zendesk: {what}: the ticket is closed, and a closed one can't be changed",
            "open a follow-up in the browser (o); what you have written is kept",
            status=response.status_code,
        )
    secrets = tuple(place.secrets())
    said = [sentence for sentence in said if not any(secret in sentence for secret in secrets)]
    if not said:
        return of_status(response, place, what)
    return Rejected(
        f"Zendesk: {what}: refused: {'; '.join(said[:_MOST_SENTENCES])}",
        "change it and send it again; what you have written is kept",
        status=response.status_code,
    )


def _sentences(value: object, depth: int = 3) -> Iterator[str]:
    """What `details` complain of, in the service's own words: `{field: [{description}]}`."""
    if isinstance(value, str):
        if sentence := str(clean(value, 160)).rstrip("."):
            yield sentence
    elif isinstance(value, dict) and depth:
        described = value.get("description")
        parts = [described] if isinstance(described, str) else value.values()
        for part in parts:
            yield from _sentences(part, depth - 1)
    elif isinstance(value, list) and depth:
        for part in value:
            yield from _sentences(part, depth - 1)


def _document(response: requests.Response) -> dict[str, Any]:
    try:
        found = json.loads(response.content[: 64 * 1024])
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
