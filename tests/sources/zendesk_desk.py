"""What the tests of the Zendesk source share: a simulator, a clock that is moved, and sources."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, Literal

from support_desk.config.model import Zendesk
from support_desk.config.secrets import Secret
from support_desk.sources.zendesk import Limits, ZendeskSource
from support_desk.sources.zendesk.token_store import TokenFile
from support_desk.sources.zendesk.writer import ZendeskWriter
from tests.simulators.zendesk import API_TOKEN, CLIENT_ID, CLIENT_SECRET, EMAIL, NOW

Auth = Literal["oauth", "oauth_user", "token"]
"""The ways to sign in, as `[zendesk] auth` names them."""

PATIENT = Limits(connect_seconds=10, read_seconds=20, total_seconds=20, job_seconds=30, body_bytes=4_000_000)
"""Whatever answers at all does so within these, however busy the machine is."""
QUICK = replace(PATIENT, read_seconds=1)
"""For answers that never come."""


class Time:
    """The present, moved by hand."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **duration: float) -> None:
        self.now += timedelta(**duration)


def source_for(
    url: str,
    *,
    auth: Auth = "oauth",
    now: Any = lambda: NOW,
    limits: Limits = PATIENT,
    client_secret: str = CLIENT_SECRET,
    token: str = API_TOKEN,
    store: TokenFile | None = None,
    read_only: bool = False,
    zone: tzinfo = UTC,
    **settings: Any,
) -> ZendeskSource:
    return ZendeskSource(
        Zendesk(url=url, auth=auth, client_id=CLIENT_ID, email=EMAIL, **settings),
        client_secret=Secret(lambda: client_secret),
        token=Secret(lambda: token),
        now=now,
        store=store,
        read_only=read_only,
        zone=zone,
        budget=60,
        limits=limits,
    )


def writer_for(
    url: str, *, me: str = "agent1@example.com", auth: Auth = "token", **more: Any
) -> tuple[ZendeskSource, ZendeskWriter]:
    """A source and its writer, for the person who is agent 102; the credential is agent 101's."""
    source = source_for(url, auth=auth, **more)
    return source, source.writer(me)
