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

MOST = 5
"""Sentences; the rest stands in the sections below."""


def needs_text(seen: Seen) -> Iterator[str]:
    """The most pressing things, a sentence each; or that nothing is, as far as that is known."""
    config = seen.config
    on_second_line = second_line(seen.snapshot, seen.now, config)
    on_the_ladder = ladder(seen.snapshot, config, seen.agreement.calendar, seen.now, on_second_line)
    of = Situation(
        now=seen.now,
        agreement=seen.agreement,
        alerts=[
            (
                alert,
                in_words(
                    escalation_of(
                        alert,
                        seen.snapshot,
                        seen.now,
                        config,
                        seen.agreement.calendar,
                        page=seen.pages.get(alert.id),
                    ),
                    config,
                    seen.snapshot,
                ),
            )
            for alert in to_answer(
                seen.snapshot.alerts.rows,
                config,
                client_rules(config),
                in_hours=seen.agreement.calendar.is_open(seen.now),
            )
        ],
        queue=seen.snapshot.tickets.rows,
        helper=helper_words(on_the_ladder, config.me.email),
        duty=duty_of(config),
    )
    found = needs(of)
    for need in found[:MOST]:
        words = sentence(need, seen.now, seen.zone)
        yield f"{words[:1].upper()}{words[1:]}."
    if len(found) > MOST:
        yield f"And {len(found) - MOST} more."
    if not found:
        words = nothing_words(of, _doubts(seen))
        yield f"{words[:1].upper()}{words[1:]}."


def _doubts(seen: Seen) -> Iterator[str]:
    for source, words in ((SourceName.ALERTS, "alerts"), (SourceName.ZENDESK, "tickets")):
        found = source_state(seen.snapshot, source, seen.now)
        if found not in (State.FRESH, State.OFF):
            yield f"{words} are {found.value}"
