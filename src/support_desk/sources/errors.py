"""What can go wrong with a service, as one small family.

    SourceError
    ├── Unreachable      no connection, name or TLS failure, time-out, connection dropped
    │   └── Unsent       before the request was on its way: a write was surely not done
    ├── Unreadable       an answer that isn't the service's: HTML, truncated, not UTF-8, too big, redirected
    ├── SignInRefused    401, or an anonymous session: the credential is wrong, expired or revoked
    ├── NotAllowed       403: the credential is good, but may not do this
    ├── NotThere         404, 410: the thing or the whole service is gone
    │   └── NotYet       404: asked for too early, ask again
    ├── Rejected         400, 409, 422 and other 4xx: understood and refused
    │   └── OutOfDate    409: somebody changed it meanwhile
    ├── Throttled        429: asked to wait
    ├── ServiceDown      5xx: the service says that it is broken
    └── Unanswered       a write was sent, and nothing tells what became of it

Every error says in one line what is wrong (`problem`) and what the person can do (`remedy`). Neither
ever holds a secret, a body or a header, and both have been through `text.clean`.
"""

from __future__ import annotations


class SourceError(Exception):
    """A read or a write that didn't work."""

    def __init__(
        self,
        problem: str,
        remedy: str,
        *,
        status: int | None = None,
        retry_after: float | None = None,
        request_id: str | None = None,
        passing: bool = False,
    ) -> None:
        super().__init__(problem)
        self.problem = problem
        """What is wrong: one line without a full stop, for people, starting with the service's name."""
        self.remedy = remedy
        """What the person can do about it: one line."""
        self.status = status
        """The HTTP status, when there was one."""
        self.retry_after = retry_after
        """Seconds that the service asks us to wait, when it does."""
        self.request_id = request_id
        """The service's own name for the request, for its support team."""
        self.passing = passing
        """Whether the next try may do without anybody having put anything right."""


class Unreachable(SourceError):
    """No answer: no connection, a name or TLS failure, a time-out, a dropped connection."""


class Unsent(Unreachable):
    """The request never left: no connection, no name, no trust."""


class Unreadable(SourceError):
    """An answer that isn't the service's own: HTML, truncated, not UTF-8, too big, from another host."""


class SignInRefused(SourceError):
    """401, or a session that turns out to be anonymous."""


class NotAllowed(SourceError):
    """403: a good credential that may not do this."""


class NotThere(SourceError):
    """404 or 410."""


class NotYet(NotThere):
    """What was asked for isn't there yet and is on its way."""


class Rejected(SourceError):
    """Understood and refused: 400, 409, 422 and the rest of the 4xx family."""


class OutOfDate(Rejected):
    """409 to a safe update: the thing isn't as of the stamp that was sent. Nothing was changed."""


class Throttled(SourceError):
    """429; `retry_after` says for how long, when the service did."""


class ServiceDown(SourceError):
    """5xx."""


class Unanswered(SourceError):
    """A write that was sent, or may have been, and whose answer didn't come or doesn't tell.

    Everything else in this family means of a write that it surely wasn't done.
    """
