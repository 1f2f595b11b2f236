"""What this person did, from their own file, and colleagues told: for one-shots, which have no desk."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from support_desk.cli import output
from support_desk.desk.pages_sent import pages_of_log
from support_desk.domain.paged import Page
from support_desk.paths import private_store_file, store_file

if TYPE_CHECKING:
    from support_desk.config.model import Config
    from support_desk.desk.outbox_store import LogLine

_LOOKED_BACK = timedelta(days=7)
"""A page that is older says nothing of who is paged next."""


def own_log(config: Config, start: datetime, end: datetime) -> tuple[LogLine, ...] | None:
    """The steps of this person's actions; none where no desk of theirs was ever opened.

    None, with words, where they can't be read.
    """
    from support_desk.desk.outbox_store import OutboxStore
    from support_desk.desk.schema import StoreError

    path = private_store_file(config)
    if not path.exists():
        return ()
    try:
        with closing(OutboxStore.open_existing(path)) as store:
            return store.log(start, end)
    except StoreError as error:
        output.talk(f"the log of your actions is missing. {error.problem}: {error.remedy}")
        return None


def own_pages(config: Config, now: datetime) -> Mapping[str, Page]:
    """Whom this person has had paged about alerts, by the alert's id; none, with words, if unreadable."""
    return pages_of_log(own_log(config, now - _LOOKED_BACK, now + timedelta(minutes=1)) or ())


def shared_pages(config: Config) -> Mapping[str, Page]:
    """The same of everybody who shares the readings; none, with words, where they can't be read."""
    from support_desk.desk.schema import StoreError
    from support_desk.desk.store import ReadingsStore

    path = store_file(config)
    if not path.exists():
        return {}
    try:
        with closing(ReadingsStore.open_existing(path)) as store:
            return store.pages()
    except StoreError as error:
        output.talk(f"whom colleagues have had paged is missing. {error.problem}: {error.remedy}")
        return {}
