"""`support-desk check` for Zendesk: each capability tried once, changing nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING

from support_desk.config.model import Zendesk
from support_desk.domain.words import counted
from support_desk.sources.errors import NotThere, SourceError
from support_desk.sources.protocols import Probe
from support_desk.sources.zendesk.credential import Read, what_it_may, who_it_is
from support_desk.sources.zendesk.reader import MAY_BE_GOOD, Me, Reader
from support_desk.sources.zendesk.wire import Page

if TYPE_CHECKING:
    from support_desk.sources.zendesk.writer import ZendeskWriter

_TOKENS_END = datetime(2027, 4, 30, tzinfo=UTC)
_SLA_REMEDY = (
    "without them the contract's own deadlines rank the queue; SLA policies need a plan that has them"
)


async def probes(
    settings: Zendesk,
    read: Read,
    now: Callable[[], datetime],
    *,
    zone: tzinfo = UTC,
    writer: ZendeskWriter | None = None,
) -> Sequence[Probe]:
    """The lines of the check, times in `zone`; never raises. `writer` is None on a desk that is read-only."""
    name = "Zendesk: sign in"
    lines: list[Probe] = []
    me: Me | None = None
    signed_in = True
    try:
        me = await read(lambda reader: reader.me())
        lines.append(who_it_is(me, settings, await read(lambda reader: reader.sign_in), zone))
    except MAY_BE_GOOD as error:
        said = f"it can't be asked whose it is ({error.problem})"
        lines.append(Probe(name, False, said, error.remedy, needed=False))
    except SourceError as error:
        lines.append(_failed(name, error))
        signed_in = False
    if settings.auth == "token":
        lines.append(_token_end(now()))
    if not signed_in:
        return lines
    page = await _queue(settings, read, lines)
    await _by_number(page, read, lines)
    await _optional("Zendesk: suspended tickets", _suspended, read, lines)
    await _comments(page, read, lines)
    await _optional("Zendesk: names of custom statuses", _statuses, read, lines)
    lines += await what_it_may(settings, me, read, writer)
    return lines


async def _queue(settings: Zendesk, read: Read, lines: list[Probe]) -> Page | None:
    name = "Zendesk: read the queue"
    query = f"type:ticket status<solved {settings.scope}".strip()
    try:
        page = await read(lambda reader: reader.search(query, 1, ("updated_at", "desc")))
    except SourceError as error:
        lines.append(_failed(name, error))
        return None
    shown = len(page.rows) if page.count is None else page.count
    lines.append(Probe(name, True, f"{shown} unsolved tickets in scope"))
    lines.append(_sla_line("Zendesk: SLA rows with the queue", page))
    return page


async def _by_number(page: Page | None, read: Read, lines: list[Probe]) -> None:
    name = "Zendesk: SLA rows by ticket number"
    if page is None or not page.rows:
        lines.append(Probe(name, None, "no ticket to try it on", needed=False))
        return
    numbers = [ticket.id for ticket in page.rows[:3]]
    try:
        lines.append(_sla_line(name, await read(lambda reader: reader.show_many(numbers))))
    except SourceError as error:
        lines.append(_failed(name, error))


def _sla_line(name: str, page: Page) -> Probe:
    if not page.rows:
        return Probe(name, None, "no ticket to try it on", needed=False)
    having = sum(ticket.sla_rows is not None for ticket in page.rows)
    if having == len(page.rows):
        return Probe(name, True, "they come along", needed=False)
    return Probe(
        name, False, f"missing on {len(page.rows) - having} of {len(page.rows)}", _SLA_REMEDY, needed=False
    )


async def _comments(page: Page | None, read: Read, lines: list[Probe]) -> None:
    name = "Zendesk: read a conversation"
    if page is None or not page.rows:
        lines.append(Probe(name, None, "no ticket to try it on"))
        return
    number = page.rows[0].id
    try:
        detail = await read(lambda reader: reader.ticket(number))
    except SourceError as error:
        lines.append(_failed(name, error))
        return
    lines.append(Probe(name, True, f"{counted(len(detail.comments), 'comment')} of ticket {number}"))


async def _optional(name: str, job: Callable[[Reader], str], read: Read, lines: list[Probe]) -> None:
    try:
        lines.append(Probe(name, True, await read(job), needed=False))
    except NotThere as error:
        lines.append(Probe(name, None, "this helpdesk doesn't have them", error.remedy, needed=False))
    except SourceError as error:
        lines.append(Probe(name, False, error.problem, error.remedy, needed=False))


def _suspended(reader: Reader) -> str:
    rows, _, _ = reader.suspended()
    return f"{len(rows)} waiting"


def _statuses(reader: Reader) -> str:
    return f"{len(reader.read_custom_statuses())} besides the usual ones"


def _token_end(now: datetime) -> Probe:
    days = (_TOKENS_END - now).days
    when = "have stopped working" if days < 0 else f"stop on 30 April 2027, in {days} days"
    return Probe(
        "Zendesk: API token",
        days >= 0,
        f"Zendesk's API tokens {when}",
        'make an OAuth client in the Admin Centre and set [zendesk] auth = "oauth"',
        needed=False,
    )


def _failed(name: str, error: SourceError) -> Probe:
    return Probe(name, False, error.problem, error.remedy)
