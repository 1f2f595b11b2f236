"""What the tests of personal sign-ins share: a helpdesk, a machine with a file, a clock that is moved."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support_desk.config.model import Zendesk
from support_desk.config.secrets import Secret
from support_desk.sources.zendesk import ZendeskSource
from support_desk.sources.zendesk.personal import PersonalSignIn
from support_desk.sources.zendesk.token_store import TokenFile, UserTokens
from tests.simulators.zendesk import CLIENT_ID, wire_ticket
from tests.simulators.zendesk_people import JO, PersonalZendesk
from tests.sources.zendesk_desk import PATIENT, Time, source_for


class World:
    """A helpdesk with two tickets, and one person's machine."""

    def __init__(self, desk: PersonalZendesk, folder: Path, time: Time) -> None:
        self.desk = desk
        self.time = time
        self.store = TokenFile(folder / "state" / "sign-in" / "zendesk-0123.json")

    def personal(self) -> PersonalSignIn:
        secret = self.desk.client_secret
        return PersonalSignIn(
            Zendesk(url=self.desk.url, auth="oauth_user", client_id=CLIENT_ID),
            self.store,
            client_secret=None if secret is None else Secret(lambda: secret),
            now=self.time,
            limits=PATIENT,
        )

    def sign_in(self, person: Any = JO, *, read_only: bool = False) -> UserTokens:
        """A person signs in, in their browser."""
        someone = self.personal()
        asked = someone.begin(read_only=read_only)
        return someone.finish(asked, self.desk.allow(asked.address, person)).tokens

    def source(self, **more: Any) -> ZendeskSource:
        return source_for(self.desk.url, auth="oauth_user", store=self.store, now=self.time, **more)

    def kept(self) -> UserTokens:
        """What is in the file."""
        found = self.store.read()
        assert found is not None
        return found

    def go_to_the_end(self) -> None:
        """The moment at which the token ends."""
        ends = self.kept().ends
        assert ends is not None
        self.time.now = ends

    def go_to_the_renewal(self) -> None:
        """The moment from which it is renewed; it is still good."""
        due = self.kept().due
        assert due is not None
        self.time.now = due


async def read(source: ZendeskSource) -> int:
    """How many tickets the queue has."""
    return len((await source.queue()).rows)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    time = Time()
    with PersonalZendesk(clock=time) as desk:
        desk.add(wire_ticket(5), wire_ticket(6))
        yield World(desk, tmp_path, time)
