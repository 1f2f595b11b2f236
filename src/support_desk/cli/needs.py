"""What needs the person first, for `--plain`: the ranking of the dashboard as sentences."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from support_desk.config.rules import client_rules, duty_of
from support_desk.desk.facts import escalation_of, in_words, ladder, second_line, to_answer
from support_desk.desk.snapshot import SourceName, State, source_state
from support_desk.domain.attention import needs, nothing_words, sentence
from support_desk.domain.ladder import helper_words
from support_desk.domain.need import Situation

if TYPE_CHECKING:
    from support_desk.cli.one_shots import Seen
    from support_desk.domain.alerts import Alert
    from support_desk.domain.escalation import Countdown

MOST = 5
"""Sentences; the rest stands in the sections below."""


def needs_text(seen: Seen) -> Iterator[str]:
    """The most pressing things, a sentence each; or that nothing is, as far as that is known."""
    of = _situation(seen)
    found = needs(of)
    for need in found[:MOST]:
        words = sentence(need, seen.now, seen.zone)
        yield f"{words[:1].upper()}{words[1:]}."
    if len(found) > MOST:
        yield f"And {len(found) - MOST} more."
    if not found:
        words = nothing_words(of, _doubts(seen))
        yield f"{words[:1].upper()}{words[1:]}."


def _situation(seen: Seen) -> Situation:
    snapshot, now, config, calendar = seen.snapshot, seen.now, seen.config, seen.agreement.calendar
    in_hours = calendar.is_open(now)
    on_the_ladder = ladder(snapshot, config, calendar, now, second_line(snapshot, now, config))

    def next_line(alert: Alert) -> Countdown:
        found = escalation_of(alert, snapshot, now, config, calendar, page=seen.pages.get(alert.id))
        return in_words(found, config, snapshot)

    counted = to_answer(snapshot.alerts.rows, config, client_rules(config), in_hours=in_hours)
    return Situation(
        now=now,
        agreement=seen.agreement,
        alerts=[(alert, next_line(alert)) for alert in counted],
        queue=snapshot.tickets.rows,
        helper=helper_words(on_the_ladder, config.me.email),
        duty=duty_of(config),
    )


def _doubts(seen: Seen) -> Iterator[str]:
    for source, words in ((SourceName.ALERTS, "alerts"), (SourceName.ZENDESK, "tickets")):
        found = source_state(seen.snapshot, source, seen.now)
        if found not in (State.FRESH, State.OFF):
            yield f"{words} are {found.value}"
