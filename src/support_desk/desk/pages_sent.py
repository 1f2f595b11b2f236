"""What the log of a person's actions tells about pages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from support_desk.domain.intents import Phase
from support_desk.domain.paged import Page, page_of, pages_by_alert

if TYPE_CHECKING:
    from datetime import datetime

    from support_desk.desk.outbox_store import LogLine


def pages_of_log(log: Iterable[LogLine]) -> Mapping[str, Page]:
    """Whom they had paged about alerts, by the alert's id."""
    sent: dict[str, datetime] = {}
    last: dict[str, LogLine] = {}
    for line in log:
        if line.phase is Phase.SENDING:
            sent[line.action] = line.at
        last[line.action] = line
    return pages_by_alert(
        (
            line.target,
            page_of(sent.get(action, line.at), line.command, line.phase, line.words, paged=line.paged),
        )
        for action, line in last.items()
    )
