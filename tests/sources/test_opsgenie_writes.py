"""One request per change, sent once, with the right key, and every bad end says truly how far it got."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from support_desk.config.model import Opsgenie
from support_desk.config.secrets import Secret, SecretError
from support_desk.domain.commands import (
    Acknowledge,
    AddAlertTags,
    AddResponder,
    AlertCommand,
    AssignAlert,
    CloseAlert,
    EscalateAlert,
    NoteAlert,
    PagePerson,
    PrioritiseAlert,
    RemoveAlertTags,
    SnoozeAlert,
    Unacknowledge,
)
from support_desk.sources.errors import (
    NotAllowed,
    NotThere,
    Rejected,
    SignInRefused,
    SourceError,
    Throttled,
    Unanswered,
    Unreachable,
    Unreadable,
)
from support_desk.sources.opsgenie import OpsgenieSource, Patience
from support_desk.sources.opsgenie.writer import OpsgenieWriter
from support_desk.sources.protocols import Probe
from tests.simulators.http import (
    Answer,
    Request,
    Server,
    cut_short,
    dropped,
    half_json,
    html_page,
    json_answer,
    not_utf8,
    redirect,
    silence,
    text_answer,
)
from tests.simulators.opsgenie import (
    DEFAULT_KEY,
    POLICY,
    READ_KEY,
    TEAM,
    WRITE_KEY,
    error,
    rate_limited,
    source_for,
    wire_alert,
    wire_policy,
)
from tests.simulators.opsgenie_writes import WritableOpsgenie

QUICK = Patience(connect=10, read=1, total=20)
ME = "ada@example.com"
TOKEN = "5ca1ab1e"
UNTIL = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
PAGE = PagePerson("eve@example.com", "Eve Easton", "Help is needed", "All is on fire", tags=("client_acme",))


@pytest.fixture
async def opsgenie() -> AsyncIterator[WritableOpsgenie]:
    with WritableOpsgenie() as simulator:
        simulator.alerts = [wire_alert("a1")]
        yield simulator


@pytest.fixture
async def source(opsgenie: WritableOpsgenie) -> AsyncIterator[OpsgenieSource]:
    found = source_for(opsgenie, patience=QUICK, default_api_key=Secret(lambda: DEFAULT_KEY))
    yield found
    await found.close()


@pytest.fixture
async def writer(source: OpsgenieSource) -> OpsgenieWriter:
    return source.writer()


def written(opsgenie: WritableOpsgenie) -> list[Request]:
    return [request for request in opsgenie.server.requests if request.method != "GET"]


class TestRequests:
    """What is sent for each command."""

    @pytest.mark.parametrize(
        ("command", "line", "body"),
        [
            (Acknowledge(), "POST acknowledge", {}),
            (Unacknowledge(), "POST unacknowledge", {}),
            (CloseAlert(), "POST close", {}),
            (SnoozeAlert(UNTIL), "POST snooze", {"endTime": "2026-11-24T09:00:00Z"}),
            (NoteAlert("Disk\nfull"), "POST notes", {"note": f"Disk\nfull\n[support_desk {TOKEN}]"}),
            (AssignAlert("b@x", "Ben"), "POST assign", {"owner": {"username": "b@x"}}),
            (AddAlertTags(("a", "b c")), "POST tags", {"tags": ["a", "b c"]}),
            (PrioritiseAlert("P4"), "PUT priority", {"priority": "P4"}),
            (
                EscalateAlert(POLICY, "support", "second line"),
                "POST escalate",
                {"escalation": {"id": POLICY}, "note": f"support_desk {TOKEN}"},
            ),
            (
                AddResponder("user", "dan@example.com", "Dan"),
                "POST responders",
                {
                    "responder": {"type": "user", "username": "dan@example.com"},
                    "note": f"support_desk {TOKEN}",
                },
            ),
            (
                AddResponder("user", "8a1f-dan", "Dan"),
                "POST responders",
                {"responder": {"type": "user", "id": "8a1f-dan"}, "note": f"support_desk {TOKEN}"},
            ),
            (
                AddResponder("team", "ops@example.com", "a team that is named like an address"),
                "POST responders",
                {"responder": {"type": "team", "id": "ops@example.com"}, "note": f"support_desk {TOKEN}"},
            ),
            (
                AddResponder("team", TEAM, "support"),
                "POST responders",
                {"responder": {"type": "team", "id": TEAM}, "note": f"support_desk {TOKEN}"},
            ),
        ],
    )
    async def test_one_request_with_who_decided(
        self,
        opsgenie: WritableOpsgenie,
        writer: OpsgenieWriter,
        command: AlertCommand,
        line: str,
        body: dict[str, Any],
    ) -> None:
        request = await writer.ask("a1", command, actor=ME, token=TOKEN)
        (sent,) = written(opsgenie)
        assert f"{sent.method} {sent.path}" == line.replace(" ", " /v2/alerts/a1/")
        assert sent.json() == {**body, "user": ME, "source": "support_desk"}
        assert sent.headers["authorization"] == f"GenieKey {WRITE_KEY}"
        assert request == "req-0000"
        assert sum(opsgenie.applied.values()) == 1

    async def test_tags_are_removed_as_one_value(
        self, opsgenie: WritableOpsgenie, writer: OpsgenieWriter
    ) -> None:
        await writer.ask("a1", RemoveAlertTags(("client_acme", "deliveryplus")), actor=ME, token=TOKEN)
        (sent,) = written(opsgenie)
        assert (sent.method, sent.path, sent.body) == ("DELETE", "/v2/alerts/a1/tags", b"")
        assert sent.query == {
            "tags": ["client_acme,deliveryplus"],
            "user": [ME],
            "source": ["support_desk"],
        }
        assert opsgenie.find("a1")["tags"] == []

    async def test_an_id_is_a_piece_of_the_path(
        self, opsgenie: WritableOpsgenie, writer: OpsgenieWriter
    ) -> None:
        await writer.ask("a/../b?c", Acknowledge(), actor=ME, token=TOKEN)
        assert written(opsgenie)[0].path == "/v2/alerts/a%2F..%2Fb%3Fc/acknowledge"

    async def test_a_long_name_is_cut_to_what_is_taken(
        self, opsgenie: WritableOpsgenie, writer: OpsgenieWriter
    ) -> None:
        await writer.ask("a1", Acknowledge(), actor="a" * 300, token=TOKEN)
        assert len(written(opsgenie)[0].json()["user"]) == 100

    @pytest.mark.parametrize(
        ("command", "words"),
        [
            (NoteAlert("x" * 24_961), "24960 characters"),
            (NoteAlert(" \n"), "without a text"),
            (AddAlertTags(tuple(f"t{number}" for number in range(21))), "at most 20 tags"),
            (AddAlertTags(("x" * 51,)), "more than 50 characters"),
            (RemoveAlertTags(("a,b",)), "comma"),
            (PAGE, "no change of an alert"),
        ],
    )
    async def test_what_would_be_cut_or_misread_is_refused_here(
        self, opsgenie: WritableOpsgenie, writer: OpsgenieWriter, command: AlertCommand, words: str
    ) -> None:
        with pytest.raises(Rejected, match=words):
            await writer.ask("a1", command, actor=ME, token=TOKEN)
        assert written(opsgenie) == []

    async def test_the_longest_note_is_taken(
        self, opsgenie: WritableOpsgenie, writer: OpsgenieWriter
    ) -> None:
        await writer.ask("a1", NoteAlert("x" * 24_960), actor=ME, token=TOKEN)
        assert opsgenie.applied["notes", "a1"] == 1


class TestCreating:
    """The page of somebody who isn't on the rota."""

    async def test_with_the_default_key_and_our_alias(
        self, opsgenie: WritableOpsgenie, writer: OpsgenieWriter
    ) -> None:
        assert writer.can_create
        page = replace(PAGE, message="x" * 131, tags=("t" * 60, *(f"t{number}" for number in range(30))))
        request = await writer.create(page, alias="0123abcd", actor=ME)
        (sent,) = written(opsgenie)
        body = sent.json()
        assert (sent.method, sent.path) == ("POST", "/v2/alerts")
        assert sent.headers["authorization"] == f"GenieKey {DEFAULT_KEY}"
        assert body["responders"] == [{"type": "user", "username": "eve@example.com"}]
        assert (body["alias"], body["user"], body["source"]) == ("0123abcd", ME, "support_desk")
        assert (body["priority"], body["description"]) == ("P1", "All is on fire")
        assert (len(body["message"]), len(body["tags"]), len(body["tags"][0])) == (130, 20, 50)
        assert "phone" not in body
        opsgenie.pending = 0
        assert await writer.outcome(request) is None
        outcome = await writer.outcome(request)
        assert outcome is not None
        assert (outcome.ok, outcome.words, outcome.alert_id) == (True, "Created alert", "made-1")

    async def test_the_same_alias_makes_one_alert(
        self, opsgenie: WritableOpsgenie, writer: OpsgenieWriter
    ) -> None:
        for _ in range(2):
            await writer.create(PAGE, alias="0123abcd", actor=ME)
        assert len(opsgenie.alerts) == 2
        alert = await writer.alert_with_alias("0123abcd")
        assert (alert.count, alert.responders[0].name) == (2, "Eve Easton")

    async def test_an_alert_that_was_closed_again_is_still_found(
        self, opsgenie: WritableOpsgenie, writer: OpsgenieWriter
    ) -> None:
        await writer.create(PAGE, alias="0123abcd", actor=ME)
        opsgenie.close_alert("made-1", "eve@example.com")
        alert = await writer.alert_with_alias("0123abcd")
        assert (alert.id, alert.status, alert.closed_by) == ("made-1", "closed", "eve@example.com")
        assert alert.closed_at == opsgenie.now

    async def test_no_such_alias(self, opsgenie: WritableOpsgenie, writer: OpsgenieWriter) -> None:
        opsgenie.alerts[0]["alias"] = "0123abcd-and-more"
        with pytest.raises(NotThere):
            await writer.alert_with_alias("0123abcd")

    async def test_without_a_default_key(self, opsgenie: WritableOpsgenie) -> None:
        source = source_for(opsgenie)
        assert not source.writer().can_create, "a page can be refused before anything is held"
        with pytest.raises(SignInRefused, match="no default integration's key") as caught:
            await source.writer().create(PAGE, alias="0123abcd", actor=ME)
        await source.close()
        assert "default_api_key_env" in caught.value.remedy
        assert written(opsgenie) == []


class TestOutcome:
    """What became of a request."""

    async def test_pending_then_told(self, opsgenie: WritableOpsgenie, writer: OpsgenieWriter) -> None:
        opsgenie.pending = 2
        request = await writer.ask("a1", Acknowledge(), actor=ME, token=TOKEN)
        assert [await writer.outcome(request) for _ in range(2)] == [None, None]
        outcome = await writer.outcome(request)
        assert outcome is not None
        assert (outcome.ok, outcome.words) == (True, "Acknowledged alert")
        asked = opsgenie.server.sent_to("/requests/")
        assert {request.headers["authorization"] for request in asked} == {f"GenieKey {READ_KEY}"}

    async def test_refused_after_all(self, opsgenie: WritableOpsgenie, writer: OpsgenieWriter) -> None:
        opsgenie.pending = 0
        opsgenie.refusals["close"] = "Alert \x1b[31mdoes not exist\u202e"
        outcome = await writer.outcome(await writer.ask("a1", CloseAlert(), actor=ME, token=TOKEN))
        assert outcome is not None
        assert not outcome.ok
        assert outcome.words.startswith("Alert does not exist")
        assert "\x1b" not in outcome.words

    async def test_an_unknown_request_isnt_a_pending_one(self, writer: OpsgenieWriter) -> None:
        with pytest.raises(NotThere):
            await writer.outcome("never-heard-of")

    @pytest.mark.parametrize("seeing", [WRITE_KEY, DEFAULT_KEY])
    async def test_a_key_that_may_not_look_leaves_it_to_another(
        self, opsgenie: WritableOpsgenie, writer: OpsgenieWriter, seeing: str
    ) -> None:
        opsgenie.pending = 0
        keys = {READ_KEY, WRITE_KEY, DEFAULT_KEY}
        opsgenie.forbidden = [(key, "/requests/") for key in keys - {seeing}]
        outcome = await writer.outcome(await writer.ask("a1", Acknowledge(), actor=ME, token=TOKEN))
        assert outcome is not None
        assert outcome.ok

    @pytest.mark.parametrize("record", [{}, {"isSuccess": "yes"}, {"success": 1}, {"isSuccess": None}])
    async def test_an_odd_record_is_neither_success_nor_failure(
        self, opsgenie: WritableOpsgenie, writer: OpsgenieWriter, record: dict[str, object]
    ) -> None:
        opsgenie.server.fail("/requests/", json_answer({"data": record}))
        with pytest.raises(Unreadable, match="doesn't say what became of the request"):
            await writer.outcome("x")
        opsgenie.server.fail("/requests/", json_answer({"data": {"isSuccess": None, "success": True}}))
        outcome = await writer.outcome("x")
        assert outcome is not None
        assert outcome.ok


class TestRefused:
    """The service surely hasn't done it."""

    @pytest.mark.parametrize(
        ("answer", "kind", "words"),
        [
            (error(401, "Could not authenticate"), SignInRefused, "refuses the writing key"),
            (error(403, "You may not", code=40301), NotAllowed, "may not acknowledge alerts"),
            (error(404, "No such alert"), NotThere, "nothing there"),
            (error(409, "Name conflict"), Rejected, "Name conflict"),
            (error(422, "Not processable", errors={"user": "is too long"}), Rejected, "user is too long"),
            (error(415, "Unsupported"), Rejected, "Unsupported"),
            (rate_limited(60), Throttled, "asks us to wait"),
        ],
    )
    async def test_by_a_status(
        self,
        opsgenie: WritableOpsgenie,
        writer: OpsgenieWriter,
        answer: Answer,
        kind: type[SourceError],
        words: str,
    ) -> None:
        opsgenie.server.fail("/acknowledge", answer)
        with pytest.raises(kind, match=words) as caught:
            await writer.ask("a1", Acknowledge(), actor=ME, token=TOKEN)
        assert not isinstance(caught.value, Unanswered)
        assert len(written(opsgenie)) == 1, "nothing is sent twice"
        assert "[opsgenie] query" not in caught.value.remedy
        assert WRITE_KEY not in f"{caught.value.problem} {caught.value.remedy}"

    async def test_an_accounts_key_cant_change_alerts(
        self, opsgenie: WritableOpsgenie, writer: OpsgenieWriter
    ) -> None:
        opsgenie.account_keys = {WRITE_KEY}
        with pytest.raises(NotAllowed, match="only an API integration's key may") as caught:
            await writer.ask("a1", EscalateAlert(POLICY, "p", "l"), actor=ME, token=TOKEN)
        assert "API integration as `[opsgenie] write_key`" in caught.value.remedy

    async def test_asked_to_wait_for_a_window(
        self, opsgenie: WritableOpsgenie, writer: OpsgenieWriter
    ) -> None:
        opsgenie.server.fail("/acknowledge", rate_limited(60))
        with pytest.raises(Throttled) as caught:
            await writer.ask("a1", Acknowledge(), actor=ME, token=TOKEN)
        assert caught.value.retry_after == 60

    async def test_no_connection(self) -> None:
        with socket.socket() as reserved:
            reserved.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{reserved.getsockname()[1]}"
            source = _source_at(url)
            with pytest.raises(Unreachable):
                await source.writer().ask("a1", Acknowledge(), actor=ME, token=TOKEN)
            await source.close()

    async def test_a_key_that_cant_be_had(self, opsgenie: WritableOpsgenie) -> None:
        def locked() -> str:
            raise SecretError("the password manager is locked", "unlock it")

        source = source_for(opsgenie, write_key=Secret(locked))
        with pytest.raises(SignInRefused, match="locked"):
            await source.writer().ask("a1", Acknowledge(), actor=ME, token=TOKEN)
        await source.close()
        assert opsgenie.server.requests == []

    async def test_a_read_only_source_sends_no_change(self, opsgenie: WritableOpsgenie) -> None:
        source = source_for(opsgenie, read_only=True, default_api_key=Secret(lambda: DEFAULT_KEY))
        writer = source.writer()
        for attempt in (
            writer.ask("a1", Acknowledge(), actor=ME, token=TOKEN),
            writer.create(PAGE, alias="x", actor=ME),
        ):
            with pytest.raises(NotAllowed, match="read-only"):
                await attempt
        await source.close()
        assert opsgenie.server.requests == []


class TestUnanswered:
    """It was sent, or may have been: nobody can say what became of it."""

    @pytest.mark.parametrize(
        "answer",
        [
            dropped(),
            silence(),
            cut_short({"result": "Request will be processed", "requestId": "x"}),
            half_json({"result": "Request will be processed", "requestId": "x"}),
            not_utf8(),
            html_page(),
            html_page(502),
            json_answer({"result": "Request will be processed"}, 202),
            json_answer({"requestId": ""}, 202),
            json_answer({"requestId": 7}, 202),
            json_answer([], 202),
            error(500, "Oops"),
            error(503, "Down"),
            text_answer(408, "took too long"),
            redirect("https://elsewhere.example/"),
        ],
        ids=lambda answer: f"{answer.status}",
    )
    async def test_the_answer_is_lost(
        self, opsgenie: WritableOpsgenie, writer: OpsgenieWriter, answer: Answer
    ) -> None:
        opsgenie.server.fail("/acknowledge", opsgenie.applied_then(answer))
        with pytest.raises(Unanswered) as caught:
            await writer.ask("a1", Acknowledge(), actor=ME, token=TOKEN)
        assert opsgenie.applied["acknowledge", "a1"] == 1
        assert len(written(opsgenie)) == 1, "nothing is sent twice"
        assert WRITE_KEY not in f"{caught.value.problem} {caught.value.remedy}"
        assert caught.value.__context__ is None or isinstance(caught.value.__context__, SourceError)

    async def test_a_redirect_is_not_followed_with_the_key(
        self, opsgenie: WritableOpsgenie, writer: OpsgenieWriter
    ) -> None:
        with Server(lambda _: json_answer({"requestId": "stolen"}, 202)) as elsewhere:
            opsgenie.server.fail("/escalate", redirect(f"{elsewhere.url}/v2/alerts/a1/escalate", 307))
            with pytest.raises(Unanswered):
                await writer.ask("a1", EscalateAlert(POLICY, "p", "l"), actor=ME, token=TOKEN)
            assert elsewhere.requests == []

    async def test_closed_under_the_request(self, opsgenie: WritableOpsgenie, source: OpsgenieSource) -> None:
        await source.close()
        with pytest.raises(Unreachable, match="closed by this program"):
            await source.writer().ask("a1", Acknowledge(), actor=ME, token=TOKEN)
        assert opsgenie.server.requests == []


class TestRoutedPolicy:
    """The policy that the alert's team routes it to."""

    @pytest.mark.parametrize(
        ("notify", "found"),
        [
            ([{"type": "escalation", "id": POLICY}], POLICY),
            ([{"type": "schedule", "id": "x"}, {"type": "escalation", "id": POLICY}], POLICY),
            ([{"type": "escalation", "id": POLICY}, {"type": "escalation", "id": "other"}], None),
            ([{"type": "none"}], None),
            ([], None),
        ],
    )
    async def test_only_one_that_is_sure(
        self,
        opsgenie: WritableOpsgenie,
        source: OpsgenieSource,
        notify: list[dict[str, str]],
        found: str | None,
    ) -> None:
        opsgenie.escalations = [wire_policy(), wire_policy(id="other")]
        opsgenie.routing[TEAM] = [{"id": "r", "notify": row} for row in notify]
        alert = (await source.alert("a1")).alert
        policy = await source.writer().routed_policy(alert)
        assert (policy.id if policy else None) == found

    async def test_a_key_that_may_not_see(self, opsgenie: WritableOpsgenie, source: OpsgenieSource) -> None:
        opsgenie.forbidden = [(READ_KEY, "/routing-rules")]
        alert = (await source.alert("a1")).alert
        with pytest.raises(NotAllowed):
            await source.writer().routed_policy(alert)


class TestProbe:
    """`support-desk check` on what the keys may change."""

    async def probes(self, opsgenie: WritableOpsgenie, **options: object) -> tuple[Probe, Probe]:
        opsgenie.pending = 0
        options.setdefault("default_api_key", Secret(lambda: DEFAULT_KEY))
        source = source_for(opsgenie, patience=QUICK, **options)
        found = {probe.name: probe for probe in await source.probe()}
        await source.close()
        assert not opsgenie.applied, "nothing was changed"
        write = found["OpsGenie: writing key"]
        return write, found["OpsGenie: default integration's key"]

    async def test_whose_keys_they_are(self, opsgenie: WritableOpsgenie) -> None:
        write, default = await self.probes(opsgenie)
        assert (write.ok, default.ok) == (True, True)
        assert write.detail == "it may change alerts: the key of the global integration Support desk"
        assert default.detail == "it may change alerts: the key of the global integration Default API"
        assert (write.needed, default.needed) == (True, False)

    async def test_an_accounts_key(self, opsgenie: WritableOpsgenie) -> None:
        opsgenie.account_keys = {WRITE_KEY}
        write, default = await self.probes(opsgenie)
        assert (write.ok, default.ok) == (False, True)
        assert "only an API integration's key" in write.detail
        assert "write_key" in write.remedy

    async def test_a_teams_key_pages_the_team(self, opsgenie: WritableOpsgenie) -> None:
        for row in opsgenie.integrations:
            row["teamId"] = TEAM
        write, default = await self.probes(opsgenie)
        assert (write.ok, default.ok) == (True, False)
        assert "that team's alerts" in write.detail
        assert "integration of the team support_team" in default.detail
        assert "page that team in place of the person" in default.detail
        assert "default_api_key" in default.remedy

    @pytest.mark.parametrize("owner", [{"teamId": TEAM}, {"ownerTeam": {"id": TEAM}}, {"teamId": "t-9"}])
    async def test_a_teams_key_is_known_however_the_team_is_named(
        self, opsgenie: WritableOpsgenie, owner: dict[str, Any]
    ) -> None:
        """Or somebody who isn't on the rota would be paged with it, and the team be rung in their place."""
        opsgenie.integrations[1].update(owner, name=None)
        write, default = await self.probes(opsgenie)
        assert (write.ok, default.ok, default.needed) == (True, False, False)
        team = "t-9" if owner == {"teamId": "t-9"} else "support_team"
        assert f"the key of without a name, an integration of the team {team}" in default.detail

    async def test_what_cant_be_seen_is_said(self, opsgenie: WritableOpsgenie) -> None:
        opsgenie.forbidden = [(READ_KEY, "/integrations"), (WRITE_KEY, "/integrations")]
        write, default = await self.probes(opsgenie)
        assert write.ok is True
        assert write.detail == "it may change alerts; which integration's it is can't be seen"
        assert "global integration Default API" in default.detail

    async def test_a_read_only_desk_tries_nothing(self, opsgenie: WritableOpsgenie) -> None:
        write, default = await self.probes(opsgenie, read_only=True)
        assert (write.ok, default.ok) == (None, None)
        assert "read-only" in write.detail
        assert written(opsgenie) == []

    async def test_no_default_key_isnt_needed(self, opsgenie: WritableOpsgenie) -> None:
        _, default = await self.probes(opsgenie, default_api_key=None)
        assert (default.ok, default.needed, default.detail) == (
            None,
            False,
            "not configured: needed to page people who aren't on the rota",
        )

    async def test_an_answer_that_never_comes(self, opsgenie: WritableOpsgenie) -> None:
        opsgenie.server.fail("/acknowledge", dropped(), times=None)
        write, _ = await self.probes(opsgenie)
        assert write.ok is False
        assert "run the check again" in write.remedy


def _source_at(url: str) -> OpsgenieSource:
    """The real source at an address where nobody listens."""
    with WritableOpsgenie() as nobody:
        return source_for(nobody, settings=Opsgenie(url=url), patience=QUICK)
