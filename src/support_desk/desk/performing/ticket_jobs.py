"""Changes that the helpdesk works off by itself, followed to their end."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from support_desk.desk.intents import seen_of
from support_desk.desk.performing.ticket_work import TicketWork
from support_desk.domain.commands import MergeTicket
from support_desk.domain.intents import Receipt, Verdict
from support_desk.domain.tickets import Comment, Ticket
from support_desk.sources.errors import NotThere, SourceError
from support_desk.sources.writers import Job

ENDED = frozenset({"completed", "failed", "killed"})
LOST = "lost"
"""The state that we give a job whose end can't be followed any more."""

_GAPS = (0.5, 1.0, 1.0, 2.0, 2.0, 3.0, 5.0)
"""Seconds between looks; the last one goes on. A hundred tickets take about ten."""
_LONGEST = 120.0
_MOST_FAILURES = 3


async def follow(work: TicketWork, job: Job) -> Job:
    """The job at its end; `LOST` if it can't be followed any more, with what is known by then."""
    waited, look, failures = 0.0, 0, 0
    while job.state not in ENDED:
        if waited >= _LONGEST:
            return replace(job, state=LOST, words="it takes longer than two minutes")
        gap = _GAPS[min(look, len(_GAPS) - 1)]
        await work.clock.sleep(gap)
        waited, look = waited + gap, look + 1
        try:
            job = await work.writer.job(job.id)
            failures = 0
        except NotThere:
            return replace(job, state=LOST, words="the helpdesk doesn't know it any more")
        except SourceError as error:
            failures += 1
            if failures >= _MOST_FAILURES:
                return replace(job, state=LOST, words=error.problem)
            if error.retry_after:
                wait = min(error.retry_after, _LONGEST)
                await work.clock.sleep(wait)
                waited += wait
    return job


async def under_way(work: TicketWork, job_id: str) -> bool:
    """Whether the helpdesk itself says that it hasn't come to an end with this yet. Raises `SourceError`.

    No job, no end to wait for.
    """
    if not job_id:
        return False
    try:
        return (await work.writer.job(job_id)).state not in ENDED
    except NotThere:
        return False


_NUMBER = re.compile(r"#(\d{1,15})\b")
MERGED_TAG = "closed_by_merge"
"""The tag that Zendesk gives to a ticket that was merged into another."""


def closed_by_merge(
    ticket: Ticket, command: MergeTicket, *, said: bool = False, since: Sequence[Comment] = ()
) -> Receipt | None:
    """The receipt of a merge whose ticket shows that it was done; None if it doesn't.

    `said`: the helpdesk itself has said that the merge was done; `since`: what was written on the ticket
    since it was asked for. A colleague may have merged it meanwhile, into another ticket.
    """
    tagged = MERGED_TAG in ticket.tags
    if ticket.status != "closed" or not (tagged or said):
        return None
    # A closed ticket takes no more of them: what a merge has written there is the last.
    into = [int(number) for row in since[-1:] for number in _NUMBER.findall(row.body)]
    if into and not said and command.into not in into:
        return Receipt(
            Verdict.FAILED,
            f"not merged into #{command.into}: somebody has merged it into #{into[-1]} meanwhile",
            "look at both; what is missing there can only be written",
            evidence=(f"tagged {MERGED_TAG}",),
            ticket=ticket,
            seen=seen_of(ticket),
        )
    return Receipt(
        Verdict.CONFIRMED,
        f"merged into #{command.into}, and closed",
        evidence=(f"tagged {MERGED_TAG}",) if tagged else (),
        ticket=ticket,
        seen=seen_of(ticket),
    )
