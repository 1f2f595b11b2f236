"""The feeds by the configuration: which are on, how often each is read, and what they are called."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from support_desk.config.model import Config
from support_desk.config.secrets import given_forms
from support_desk.desk.snapshot import FEEDS_OF, Feed, FeedName, Snapshot, SourceName

if TYPE_CHECKING:
    from collections.abc import Collection

    from support_desk.sources.protocols import Sources

FEED_WORDS: dict[FeedName, str] = {
    FeedName.ALERTS: "alerts",
    FeedName.POLICIES: "escalation policies",
    FeedName.ON_CALL: "who is on call",
    FeedName.ROTA: "the rota",
    FeedName.PEOPLE: "people",
    FeedName.TICKETS: "tickets",
    FeedName.SUSPENDED: "suspended tickets",
    FeedName.RUNBOOKS: "runbooks",
}


def service_words(config: Config) -> dict[SourceName, str]:
    """The services as people call them; sources of one service share its budget."""
    alerting = "Jira Service Management" if config.alerts.provider == "jsm" else "OpsGenie"
    return {
        SourceName.ZENDESK: "Zendesk",
        SourceName.ALERTS: alerting,
        SourceName.ROTA: alerting,
        SourceName.RUNBOOKS: "The runbook folder",
    }


def interval(name: FeedName, config: Config) -> timedelta:
    """How often a feed is meant to be read."""
    polling = config.polling
    seconds: dict[FeedName, float] = {
        FeedName.ALERTS: polling.alerts,
        FeedName.POLICIES: 600,
        FeedName.ON_CALL: polling.on_call,
        FeedName.ROTA: polling.rota,
        FeedName.PEOPLE: 3600,
        FeedName.TICKETS: polling.tickets,
        FeedName.SUSPENDED: polling.suspended,
        FeedName.RUNBOOKS: polling.runbooks,
    }
    return timedelta(seconds=seconds[name])


def _feeds(*, alerts: bool, rota: bool, tickets: bool, runbooks: bool) -> frozenset[FeedName]:
    on = {
        SourceName.ALERTS: alerts,
        SourceName.ROTA: rota,
        SourceName.ZENDESK: tickets,
        SourceName.RUNBOOKS: runbooks,
    }
    return frozenset(name for source, names in FEEDS_OF.items() if on[source] for name in names)


def provided(sources: Sources) -> frozenset[FeedName]:
    """Which feeds these sources give."""
    return _feeds(
        alerts=sources.alerts is not None,
        rota=sources.rota is not None,
        tickets=sources.tickets is not None,
        runbooks=sources.runbooks is not None,
    )


def configured(config: Config) -> frozenset[FeedName]:
    """Which feeds the configuration switches on, before the sources have been built."""
    if config.alerts.provider == "jsm":
        alerting = bool(config.jsm.cloud_id)
    else:
        # An integration's key may read as well (`sources.live`).
        alerting = any(given_forms(config.opsgenie, name) for name in ("read_key", "write_key"))
    return _feeds(
        alerts=alerting, rota=alerting, tickets=bool(config.zendesk.url), runbooks=bool(config.runbooks.path)
    )


def enable(snapshot: Snapshot, enabled: Collection[FeedName], config: Config) -> Snapshot:
    """The snapshot with only these feeds on, each with the interval that it is meant to be read at.

    Rows of a feed that is off go: they would be shown as if somebody kept them up to date.
    """
    for name in FeedName:
        feed: Feed[object] = snapshot.feed(name) if name in enabled else Feed()
        feed = replace(feed, enabled=name in enabled, interval=interval(name, config))
        snapshot = snapshot.with_feed(name, feed)
    return snapshot
