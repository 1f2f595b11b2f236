"""The outbox: nothing is lost, nothing is sent twice, and what isn't known is asked."""

from __future__ import annotations

import asyncio
import sqlite3
import stat
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from support_desk.desk.outbox import Outbox
from support_desk.desk.outbox_encoding import (
    decode_intent,
    decode_receipt,
    decode_taken,
    encode_intent,
    encode_receipt,
)
from support_desk.desk.outbox_store import OutboxStore
from support_desk.desk.schema import StoreError
from support_desk.desk.snapshot import Problem
from support_desk.domain.commands import (
    AddResponder,
    CloseAlert,
    Command,
    EditTicket,
    MergeTicket,
    NoteAlert,
    PagePerson,
)
from support_desk.domain.intents import (
    Entry,
    FieldDifference,
    Intent,
    Phase,
    Receipt,
    Seen,
    Verdict,
    comes_too_late,
)
from tests.desk.clock import ManualClock
from tests.desk.outbox_world import ESCALATE, AtOnce, Life, Service, SlowDisk, Weather, calm, intent, note


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
async def life(tmp_path: Path, clock: ManualClock, service: Service) -> AsyncIterator[Life]:
    executor = AtOnce()
    asyncio.get_running_loop().set_default_executor(executor)
    life = Life(tmp_path / "outbox.sqlite3", clock, service)
    life.start()
    yield life
    await life.die()


async def pass_by(life: Life, seconds: float) -> None:
    await life.clock.advance(seconds)
    await calm()


def phases(life: Life, wanted: Intent) -> list[str]:
    return [entry.phase.value for entry in life.seen if entry.intent.id == wanted.id]


async def test_an_action_goes_out_at_once_and_ends_confirmed(life: Life, service: Service) -> None:
    ack = intent(life.clock)
    life.submit(ack)
    assert life.phase(ack) == "queued"
    await calm()
    assert phases(life, ack) == ["queued", "sending", "confirmed"]
    assert service.done[ack.id] == 1


async def test_a_decision_is_on_disk_before_it_is_shown(life: Life) -> None:
    shown: list[bool] = []

    def look(entry: Entry) -> None:
        other = OutboxStore.open(life.path)
        kept, _ = other.take_over("robin", entry.instance, [entry.instance])
        shown.append(any(row.intent.id == entry.intent.id and row.phase is entry.phase for row in kept))
        other.close()

    life.outbox.subscribe(look)
    life.submit(intent(life.clock))
    assert shown == [True]


async def test_sending_is_on_disk_before_anything_is_sent(life: Life, service: Service) -> None:
    service.gate = asyncio.Event()
    ack = intent(life.clock)
    life.submit(ack)
    await calm()
    assert service.asked[ack.id] == 1
    other = OutboxStore.open(life.path)
    kept, _ = other.take_over("robin", "y", [life.outbox.entries[0].instance])
    other.close()
    assert [row.phase for row in kept] == [Phase.SENDING]


@pytest.mark.parametrize(
    "command",
    [
        ESCALATE,
        AddResponder("user", "sam@agency.example", "Sam"),
        PagePerson("sam@agency.example", "Sam", "help"),
        CloseAlert(),
        MergeTicket(7),
        EditTicket("reply", comment="Hello", public=True),
        EditTicket("escalate", group_id=3),
    ],
    ids=lambda command: type(command).__name__,
)
async def test_what_cant_be_taken_back_is_held(life: Life, service: Service, command: Command) -> None:
    held = intent(life.clock, command=command)
    life.submit(held)
    await pass_by(life, 4.9)
    assert (life.phase(held), service.asked[held.id]) == ("held", 0)
    assert 0 < life.outbox.seconds_left(life.outbox.entries[0]) < 0.2
    await pass_by(life, 0.2)
    assert (life.phase(held), service.done[held.id]) == ("confirmed", 1)


async def test_a_hold_that_is_taken_back_never_goes(life: Life, service: Service) -> None:
    held = intent(life.clock, command=ESCALATE)
    life.submit(held)
    await pass_by(life, 3)
    assert life.outbox.held is not None
    assert life.outbox.cancel(held.id)
    await pass_by(life, 60)
    assert (life.phase(held), service.asked.total()) == ("cancelled", 0)
    assert not life.outbox.cancel(held.id)


async def test_every_step_stands_in_the_log_without_a_word_of_its_text(
    life: Life, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "support_desk")
    noted = intent(life.clock, command=NoteAlert("Ring the client"))
    life.submit(noted)
    await pass_by(life, 1)
    told = [vars(row) for row in caplog.records]
    steps = [(row["intent"], row["target"], row["phase"]) for row in told if "phase" in row]
    place = f"{noted.target.kind} {noted.target.id}"
    assert steps == [(noted.id, place, phase) for phase in ("queued", "sending", "confirmed")]
    assert "Ring" not in str(told)


async def test_a_clock_that_is_set_right_doesnt_shorten_a_hold(life: Life, service: Service) -> None:
    held = intent(life.clock, command=ESCALATE)
    life.submit(held)
    life.clock.skew = timedelta(seconds=30)
    await pass_by(life, 4)
    assert life.phase(held) == "held"
    await pass_by(life, 1.1)
    assert service.done[held.id] == 1


async def test_a_hold_can_be_ended_early_once(life: Life, service: Service) -> None:
    held = intent(life.clock, command=ESCALATE)
    life.submit(held)
    assert life.outbox.send_now(held.id)
    await calm()
    assert (life.phase(held), service.done[held.id]) == ("confirmed", 1)
    assert not life.outbox.send_now(held.id)
    await pass_by(life, 60)
    assert service.asked[held.id] == 1


async def test_one_target_is_served_in_order_and_others_dont_wait(life: Life, service: Service) -> None:
    service.gate = asyncio.Event()
    first, second, other = (intent(life.clock, target, note()) for target in ("a", "a", "b"))
    life.submit(first)
    life.submit(second)
    life.submit(other)
    await calm()
    assert service.asked == {first.id: 1, other.id: 1}
    service.gate.set()
    await calm()
    assert service.order.index(first.id) < service.order.index(second.id)


async def test_what_comes_after_a_hold_on_the_same_target_waits_for_it(life: Life, service: Service) -> None:
    held, after = intent(life.clock, command=ESCALATE), intent(life.clock, command=note())
    life.submit(held)
    life.submit(after)
    await pass_by(life, 4)
    assert service.asked.total() == 0
    await pass_by(life, 2)
    assert service.order == [held.id, after.id]


async def test_what_surely_never_left_is_tried_again(life: Life, service: Service) -> None:
    service.weather = [Weather.OFFLINE, Weather.OFFLINE]
    ack = intent(life.clock)
    life.submit(ack)
    await calm()
    assert life.phase(ack) == "queued"
    await pass_by(life, 30)
    assert (life.phase(ack), service.asked[ack.id], service.done[ack.id]) == ("confirmed", 3, 1)
    assert life.outbox.entries[0].attempts == 3


@pytest.mark.parametrize(
    "command",
    [
        ESCALATE,
        AddResponder("user", "sam@agency.example", "Sam"),
        PagePerson("sam@agency.example", "Sam", "help"),
    ],
    ids=lambda command: type(command).__name__,
)
async def test_what_pages_somebody_is_never_tried_again_by_itself(
    life: Life, service: Service, command: Command
) -> None:
    service.weather = [Weather.OFFLINE]
    held = intent(life.clock, command=command)
    life.submit(held)
    await pass_by(life, 700)
    assert (life.phase(held), service.asked[held.id]) == ("failed", 1)
    life.outbox.retry(held.id)
    await calm()
    assert (life.phase(held), service.done[held.id]) == ("confirmed", 1)


async def test_an_old_decision_expires_and_a_person_may_renew_it(life: Life, service: Service) -> None:
    service.weather = [Weather.OFFLINE] * 1000
    ack = intent(life.clock)
    life.submit(ack)
    for _ in range(40):
        await pass_by(life, 20)
    assert life.phase(ack) == "expired"
    assert "no connection" in life.outbox.entries[0].words
    asked = service.asked[ack.id]
    await pass_by(life, 600)
    assert service.asked[ack.id] == asked
    service.weather = []
    life.outbox.retry(ack.id)
    await calm()
    assert (life.phase(ack), service.done[ack.id]) == ("confirmed", 1)


@pytest.mark.parametrize(("pause", "ends"), [(599.0, "confirmed"), (600.0, "expired"), (900.0, "expired")])
async def test_a_pause_that_outlasts_the_decision_is_said_and_ends_with_a_question(
    life: Life, service: Service, pause: float, ends: str
) -> None:
    service.weather, service.pause = [Weather.THROTTLED], pause
    ack = intent(life.clock)
    life.submit(ack)
    await calm()
    waiting = life.outbox.entries[0]
    assert (waiting.phase, comes_too_late(waiting)) == (Phase.QUEUED, ends == "expired")
    assert waiting.receipt is not None
    assert ("isn't sent by itself" in waiting.receipt.remedy) == (ends == "expired")
    await pass_by(life, pause)
    assert life.phase(ack) == ends
    asked = life.outbox.entries[0]
    assert asked.receipt is not None
    assert "by itself" not in asked.receipt.remedy
    assert service.done[ack.id] == (ends == "confirmed")
    if ends == "expired":
        assert asked.words == "not sent: too many requests"
        life.outbox.retry(ack.id)
        await calm()
        assert (life.phase(ack), service.done[ack.id]) == ("confirmed", 1)


async def test_a_lost_answer_is_looked_for_before_anybody_is_asked(life: Life, service: Service) -> None:
    service.weather = [Weather.LOST_ANSWER]
    ack = intent(life.clock)
    life.submit(ack)
    await calm()
    assert life.phase(ack) == "unknown"
    await pass_by(life, 1)
    assert (life.phase(ack), service.done[ack.id], service.asked[ack.id]) == ("confirmed", 1, 1)


async def test_a_lost_request_is_proved_not_done_and_offered(life: Life, service: Service) -> None:
    service.weather = [Weather.LOST_REQUEST]
    ack = intent(life.clock)
    life.submit(ack)
    await calm()
    await pass_by(life, 1)
    assert (life.phase(ack), service.asked[ack.id]) == ("failed", 1)
    await pass_by(life, 900)
    assert service.asked[ack.id] == 1


async def test_what_arrives_late_is_found_by_a_later_look(life: Life, service: Service) -> None:
    service.weather = [Weather.LATE]
    ack = intent(life.clock)
    life.submit(ack)
    await calm()
    await pass_by(life, 20)
    assert life.phase(ack) == "unknown"
    service.arrive()
    await pass_by(life, 130)
    assert (life.phase(ack), service.done[ack.id]) == ("confirmed", 1)


async def test_what_cant_be_told_stays_a_question_and_nothing_goes_twice(
    life: Life, service: Service
) -> None:
    service.weather, service.blind = [Weather.LOST_ANSWER], True
    ack = intent(life.clock)
    life.submit(ack)
    await calm()
    await pass_by(life, 3600)
    assert (life.phase(ack), service.asked[ack.id]) == ("unknown", 1)
    service.blind = False
    entry = await life.outbox.verify(ack.id)
    assert (entry.phase, service.asked[ack.id]) == (Phase.CONFIRMED, 1)


async def test_nothing_is_done_to_a_target_while_its_last_answer_is_looked_for(
    life: Life, service: Service
) -> None:
    service.weather = [Weather.LOST_ANSWER]
    ack, after = intent(life.clock), intent(life.clock, command=note())
    life.submit(ack)
    await calm()
    life.submit(after)
    await calm()
    assert service.asked[after.id] == 0
    await pass_by(life, 1)
    assert (life.phase(ack), life.phase(after)) == ("confirmed", "confirmed")


async def test_under_which_id_the_service_works_it_off_is_known_after_a_restart(
    life: Life, service: Service
) -> None:
    service.gate = asyncio.Event()
    ack, other = intent(life.clock), intent(life.clock, "b")
    life.submit(ack, other)
    await calm()
    steps = len(await life.outbox.log(ack.at, ack.at + timedelta(days=1)))
    # What isn't in the outbox, the note on an alert that comes with a new ticket, is nobody's entry.
    await life.outbox.taken([ack.id, "somebody else's"], "job-7")
    assert len(await life.outbox.log(ack.at, ack.at + timedelta(days=1))) == steps, "it is no step"
    await life.die()
    life.start(attached=False)
    left = {entry.intent.id: entry for entry in life.asked}
    assert (left[ack.id].phase, left[ack.id].taken, left[other.id].taken) == (Phase.UNKNOWN, "job-7", "")
    await life.die()
    life.start(attached=False)
    assert {entry.intent.id: entry.taken for entry in life.asked} == {ack.id: "job-7", other.id: ""}


async def test_what_became_of_it_keeps_the_id_and_a_disk_that_refuses_costs_nothing_now(
    life: Life, service: Service
) -> None:
    service.gate, service.weather, service.blind = asyncio.Event(), [Weather.LOST_ANSWER], True
    ack = intent(life.clock)
    life.submit(ack)
    await calm()
    life.store.close()
    await life.outbox.taken([ack.id], "job-7")
    service.gate.set()
    await calm()
    assert [(entry.phase, entry.taken) for entry in life.outbox.entries] == [(Phase.UNKNOWN, "job-7")]


@pytest.mark.parametrize("paged", [False, True])
def test_no_field_of_an_action_or_its_receipt_is_taken_for_another(clock: ManualClock, paged: bool) -> None:
    action = replace(intent(clock, batch="b"), undoes="u", whole=note("all"), before=Seen("new"))
    assert decode_intent(encode_intent(action)) == action
    receipt = Receipt(
        Verdict.CONFLICT, "words", "remedy", ("evidence",), paged, not paged,
        (FieldDifference("status", "ours", "theirs"),), ("comment",), note("rest"), seen=Seen("acked"),
    )  # fmt: skip
    assert decode_receipt(encode_receipt(receipt)) == receipt


def test_an_action_of_a_version_that_kept_no_such_id_is_read(life: Life) -> None:
    entry = Entry(intent(life.clock), Phase.SENDING, life.clock.now(), "robin", "x", taken="job-7")
    before = msgspec.msgpack.decode(encode_intent(entry.intent, entry.taken))
    assert before.pop("taken") == "job-7"
    older = msgspec.msgpack.encode(before)
    assert (decode_intent(older), decode_taken(older)) == (entry.intent, "")


async def test_a_fault_of_ours_is_unknown_not_done_again(life: Life, service: Service) -> None:
    service.weather = [Weather.FAULT]
    ack = intent(life.clock)
    life.submit(ack)
    await calm()
    assert "ZeroDivisionError" in life.outbox.entries[0].words
    await pass_by(life, 1)
    assert (life.phase(ack), service.done[ack.id]) == ("confirmed", 1)


@pytest.mark.parametrize(("weather", "phase"), [(Weather.REFUSED, "failed"), (Weather.CHANGED, "conflict")])
async def test_a_refusal_asks_and_a_second_try_is_the_persons(
    life: Life, service: Service, weather: Weather, phase: str
) -> None:
    service.weather = [weather]
    ack = intent(life.clock)
    life.submit(ack)
    await calm()
    assert life.phase(ack) == phase
    again = life.outbox.retry(ack.id, seen=Seen("acked"))
    assert again is not None
    assert (again.intent.id, again.intent.at, again.intent.seen) == (ack.id, ack.at, Seen("acked"))
    await calm()
    assert life.phase(ack) == "confirmed"
    assert life.outbox.retry(ack.id) is None


async def test_a_question_can_be_let_rest(life: Life, service: Service) -> None:
    service.weather = [Weather.REFUSED]
    ack = intent(life.clock)
    life.submit(ack)
    await calm()
    assert life.outbox.discard(ack.id)
    assert life.phase(ack) == "cancelled"
    assert "not allowed" in life.outbox.entries[0].words


async def test_one_key_press_on_many_goes_as_one_request_where_that_is_possible(
    life: Life, service: Service
) -> None:
    service.batch_size = 2
    service.weather = [Weather.FINE, Weather.REFUSED]
    both = [intent(life.clock, name, batch="one") for name in "ab"]
    life.submit(*both)
    await calm()
    assert [life.phase(row) for row in both] == ["confirmed", "failed"]
    assert service.requests == [tuple(row.id for row in both)]


async def test_what_cant_go_together_or_wasnt_decided_together_goes_one_by_one(
    life: Life, service: Service
) -> None:
    both = [intent(life.clock, name, batch="one") for name in "ab"]
    life.submit(*both)
    await calm()
    service.batch_size = 2
    apart = [intent(life.clock, name) for name in "cd"]
    life.submit(*apart)
    await calm()
    assert {life.phase(row) for row in (*both, *apart)} == {"confirmed"}
    assert sorted(service.requests) == sorted((row.id,) for row in (*both, *apart))


async def test_what_never_left_is_tried_again_further_and_further_apart(life: Life, service: Service) -> None:
    service.weather = [Weather.OFFLINE] * 100
    ack = intent(life.clock)
    life.submit(ack)
    await calm()
    tried: list[int] = []
    for second in range(1, 130):
        await pass_by(life, 1)
        tried += [second] * (service.asked[ack.id] - 1 - len(tried))
    assert tried == [2, 6, 14, 29, 59, 89, 119]


async def test_a_lost_answer_is_looked_for_further_and_further_apart_and_then_no_more(
    life: Life, service: Service
) -> None:
    service.weather, service.blind = [Weather.LOST_ANSWER], True
    ack = intent(life.clock)
    life.submit(ack)
    await calm()
    looked: list[int] = []
    for second in range(1, 400):
        await pass_by(life, 1)
        looked += [second] * (len(service.looks) - len(looked))
    assert looked == [1, 5, 15, 35, 65, 130]
    assert life.outbox.entries[0].words == "it can't be told yet"


async def test_a_look_that_ends_after_the_person_has_decided_changes_nothing(
    life: Life, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.weather, service.blind = [Weather.LOST_ANSWER], True
    ack = intent(life.clock)
    life.submit(ack)
    await calm()
    await pass_by(life, 900)
    answer = asyncio.Event()
    look = service.verify

    async def slow(entry: Entry) -> Receipt:
        await answer.wait()
        return await look(entry)

    service.blind = False
    monkeypatch.setattr(service, "verify", slow)
    looking = asyncio.ensure_future(life.outbox.verify(ack.id))
    await calm()
    assert life.outbox.discard(ack.id)
    answer.set()
    assert (await looking).phase is Phase.CANCELLED
    assert life.phase(ack) == "cancelled"


@pytest.mark.parametrize("step", ["queued", "sending", "confirmed"])
async def test_a_fault_of_who_is_told_of_a_step_leaves_nothing_half_done(
    life: Life, service: Service, step: str, caplog: pytest.LogCaptureFixture
) -> None:
    def stumble(entry: Entry) -> None:
        if entry.phase == step:
            raise ZeroDivisionError("a client's words")

    life.outbox.subscribe(stumble)
    later: list[str] = []
    life.outbox.subscribe(lambda entry: later.append(entry.phase.value))
    service.batch_size = 2
    both = [intent(life.clock, name, batch="one") for name in "ab"]
    life.submit(*both)
    await calm()
    assert [life.phase(row) for row in both] == ["confirmed", "confirmed"]
    assert sorted(later) == sorted(["queued", "sending", "confirmed"] * 2)
    assert {entry.phase for entry in life.store.recent("robin", 9)} == {Phase.CONFIRMED}
    assert "listener failed" in caplog.text
    assert "client's words" not in caplog.text


async def test_what_waits_for_a_free_place_can_still_be_taken_back(life: Life, service: Service) -> None:
    service.gate = asyncio.Event()
    many = [intent(life.clock, f"target {at}") for at in range(8)]
    life.submit(*many)
    await calm()
    assert [life.phase(row) for row in many].count("sending") == 6
    assert life.outbox.cancel(many[-1].id)
    service.gate.set()
    await calm()
    assert [life.phase(row) for row in many] == ["confirmed"] * 7 + ["cancelled"]
    assert service.asked[many[-1].id] == 0


async def test_what_is_taken_back_while_the_rest_of_its_batch_is_written_down_isnt_sent(
    life: Life, service: Service
) -> None:
    disk = SlowDisk()
    asyncio.get_running_loop().set_default_executor(disk)
    service.batch_size = 2
    many = [intent(life.clock, name, batch="one") for name in "abc"]
    disk.slow = True
    life.submit(*many)
    await calm()
    assert [life.phase(row) for row in many] == ["sending", "queued", "queued"]
    assert life.outbox.cancel(many[1].id)
    disk.slow = False
    disk.one()
    await calm()
    assert [life.phase(row) for row in many] == ["confirmed", "cancelled", "confirmed"]
    assert service.asked[many[1].id] == 0


async def test_of_a_batch_without_an_answer_each_is_free_once_it_was_looked_at(
    life: Life, service: Service
) -> None:
    service.batch_size, service.weather, service.blind = 2, [Weather.FINE, *[Weather.LOST_ANSWER] * 3], True
    many = [intent(life.clock, name, batch="one") for name in "abcd"]
    after = [intent(life.clock, name, command=note()) for name in "abcd"]
    life.submit(*many)
    await calm()
    life.submit(*after)
    await calm()
    told = [sum(service.asked[row.id] for row in after)]
    for _ in range(3):
        await pass_by(life, 1)
        told.append(sum(service.asked[row.id] for row in after))
    assert told == [1, 2, 3, 4]
    assert service.looks[:3] == [row.id for row in many[1:]], "one a second"


# Restarts


async def test_what_was_held_is_offered_first_and_never_fires_by_itself(life: Life, service: Service) -> None:
    waiting = intent(life.clock, "b")
    service.weather = [Weather.OFFLINE]
    life.submit(waiting)
    await calm()
    held = intent(life.clock, command=ESCALATE)
    life.submit(held)
    await life.die()
    service.weather = []
    life.start()
    assert [entry.intent.id for entry in life.asked] == [held.id, waiting.id]
    assert all(entry.offered for entry in life.asked)
    await pass_by(life, 3600)
    assert service.done.total() == 0
    life.outbox.retry(held.id)
    assert life.outbox.cancel(waiting.id)
    await calm()
    assert (life.phase(held), life.phase(waiting), service.done.total()) == ("confirmed", "cancelled", 1)


async def test_what_was_being_sent_is_verified_first_after_a_kill(life: Life, service: Service) -> None:
    service.gate = asyncio.Event()
    held = intent(life.clock, command=ESCALATE)
    life.submit(held)
    await pass_by(life, 5)
    assert life.phase(held) == "sending"
    await life.die()
    service.gate = None
    service.done[held.id] += 1
    life.start(attached=False)
    assert life.phase(held) == "unknown"
    life.attach()
    await calm()
    await pass_by(life, 1)
    assert (life.phase(held), service.asked[held.id]) == ("confirmed", 1)


async def test_a_colleagues_or_a_living_desks_actions_are_left_alone(
    tmp_path: Path, clock: ManualClock, life: Life
) -> None:
    living = Outbox(OutboxStore.open(life.path), clock, user="robin")
    living.submit([intent(clock, command=ESCALATE)])
    other = Outbox(OutboxStore.open(life.path), clock, user="kim", instance="nowhere/9999998/1/x")
    other.submit([intent(clock, command=ESCALATE)])
    await life.die()
    life.start()
    assert life.asked == ()
    await living.close()
    await other.close()


async def test_two_desks_that_start_together_share_what_was_left(life: Life, clock: ManualClock) -> None:
    held = [intent(clock, name, ESCALATE) for name in "abc"]
    life.submit(*held)
    await life.die()
    first = Outbox(OutboxStore.open(life.path), clock, user="robin")
    second = Outbox(OutboxStore.open(life.path), clock, user="robin")
    taken = [*first.restore(), *second.restore()]
    assert sorted(entry.intent.id for entry in taken) == sorted(row.id for row in held)
    await first.close()
    await second.close()
    life.start()


async def test_what_has_ended_is_still_shown_after_a_restart(life: Life) -> None:
    ack = intent(life.clock)
    life.submit(ack)
    await calm()
    await life.die()
    life.start()
    assert life.asked == ()
    assert [entry.intent for entry in life.outbox.entries] == [ack]
    # A quarter of a year later it is forgotten, step by step as well; what still asks isn't.
    asks = intent(life.clock, command=ESCALATE)
    life.submit(asks)
    await life.die()
    life.clock.jump(timedelta(days=91).total_seconds())
    life.start()
    assert [entry.intent for entry in life.outbox.entries] == [asks]
    with closing(sqlite3.connect(life.path)) as file:
        assert {id_ for (id_,) in file.execute("SELECT action FROM steps")} == {asks.id}


async def test_what_a_desk_has_taken_over_is_no_dead_desks_any_more(life: Life) -> None:
    """Else the next one to start would offer it as well, and it might be sent twice."""
    life.submit(intent(life.clock, command=ESCALATE))
    for _ in range(2):
        await life.die()
        life.start()
        assert [*life.store.instances("robin")] == [life.outbox.entries[0].instance]


async def test_the_log_tells_every_step(life: Life, service: Service) -> None:
    service.weather = [Weather.LOST_ANSWER]
    ack = intent(life.clock)
    life.submit(ack)
    await calm()
    await pass_by(life, 1)
    lines = await life.outbox.log(ack.at - timedelta(minutes=1), ack.at + timedelta(minutes=1))
    assert [line.phase.value for line in lines] == ["queued", "sending", "unknown", "confirmed"]
    assert {(line.action, line.title, line.paged) for line in lines} == {(ack.id, "P1 a", False)}


async def test_a_restart_adds_nothing_to_the_log_of_what_it_only_asks_about_again(
    life: Life, service: Service
) -> None:
    service.weather = [Weather.REFUSED]
    ack = intent(life.clock)
    life.submit(ack)
    await calm()
    for _ in range(2):
        await life.die()
        life.start()
    assert [entry.intent.id for entry in life.asked] == [ack.id]
    lines = await life.outbox.log(ack.at - timedelta(minutes=1), ack.at + timedelta(minutes=1))
    assert [line.phase.value for line in lines] == ["queued", "sending", "failed"]


# The file


def test_the_file_is_its_owners_alone(life: Life) -> None:
    assert stat.S_IMODE(life.path.stat().st_mode) == 0o600


@pytest.fixture
def without_store(clock: ManualClock) -> Outbox:
    return Outbox(None, clock, user="robin", store_problem=Problem("the disk is full", "make room"))


_NOBODY = "not sent: nobody was paged, ring"


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (note(), "not sent: the disk is full"),
        # No key pages anybody from this desk then, E as little as e.
        (ESCALATE, f"{_NOBODY} second line; the disk is full"),
        (AddResponder("user", "sam@agency.example", "Sam"), f"{_NOBODY} Sam; the disk is full"),
        (PagePerson("s@x.example", "Sam", "help", phone="0700"), f"{_NOBODY} Sam: 0700; the disk is full"),
    ],
    ids=lambda given: type(given).__name__,
)
async def test_what_cant_be_written_down_isnt_sent(
    without_store: Outbox, clock: ManualClock, service: Service, command: Command, words: str
) -> None:
    without_store.attach(service)
    running = asyncio.ensure_future(without_store.run())
    (entry,) = without_store.submit([intent(clock, command=command)])
    assert (entry.phase, entry.words) == (Phase.FAILED, words)
    assert entry.receipt is not None
    assert entry.receipt.remedy == "make room"
    await clock.advance(20)
    await calm()
    assert service.asked.total() == 0
    running.cancel()


async def test_a_disk_that_fills_up_in_between_stops_the_sending(life: Life, service: Service) -> None:
    held = intent(life.clock, command=ESCALATE)
    life.submit(held)
    life.store.close()
    await pass_by(life, 6)
    assert (life.phase(held), service.asked.total()) == ("failed", 0)
    entry = life.outbox.entry(held.id)
    assert entry is not None
    assert (entry.sent_at, entry.attempts) == (None, 0), "nobody reads that it was sent"
    assert entry.words.startswith("not sent: nobody was paged, ring second line; ")
    life.store = OutboxStore.open(life.path)


async def test_a_disk_that_takes_again_what_it_refused_is_no_trouble_any_more(
    life: Life, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise StoreError("the disk is full", "make room")

    with monkeypatch.context() as patch:
        patch.setattr(life.store, "save", full)
        life.submit(intent(life.clock))
    assert life.outbox.problem == Problem("the disk is full", "make room")
    life.submit(intent(life.clock))
    assert life.outbox.problem is None


async def test_unfinished_actions_that_cant_be_read_are_told(life: Life) -> None:
    life.submit(intent(life.clock, command=ESCALATE))
    await life.die()
    with closing(sqlite3.connect(life.path)) as file, file:
        file.execute("UPDATE actions SET intent = x'c1'")
    life.start()
    assert life.outbox.notes == ("1 unfinished action was written by another version and can't be read",)


def test_what_puts_the_file_elsewhere_is_named(tmp_path: Path, life: Life) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError) as caught:
        OutboxStore.open(tmp_path / "file" / "outbox.sqlite3")
    # `store.path` moves the readings, which others may share; never this.
    assert caught.value.remedy == "look at the rights of the folder, or set XDG_STATE_HOME to another"
    other = OutboxStore.open(tmp_path / "other.sqlite3")
    other.close()
    with pytest.raises(StoreError) as caught:
        other.last_sequence()
    assert caught.value.remedy.endswith("or set XDG_STATE_HOME")


async def test_a_read_only_outbox_refuses(clock: ManualClock) -> None:
    outbox = Outbox(None, clock, user="robin", read_only=True)
    (entry,) = outbox.submit([intent(clock)])
    assert (entry.phase, entry.words) == (Phase.FAILED, "not sent: this desk is read-only")


async def test_a_damaged_file_is_set_aside_and_named(tmp_path: Path, clock: ManualClock) -> None:
    path = tmp_path / "outbox.sqlite3"
    path.write_bytes(b"this is no database at all, whatever its name says" * 100)
    store = OutboxStore.open(path)
    outbox = Outbox(store, clock, user="robin")
    assert "damaged" in outbox.notes[0]
    store.close()


async def test_drafts_outlive_the_desk(life: Life) -> None:
    target = intent(life.clock).target
    life.outbox.drafts.put(target, "note", "half a thought")
    await life.die()
    life.start()
    draft = life.outbox.drafts.get(target, "note")
    assert draft is not None
    assert draft.text == "half a thought"
    beside = Outbox(OutboxStore.open(life.path), life.clock, user="robin")
    beside.drafts.put(target, "note", "a thought")
    draft = life.outbox.drafts.get(target, "note")
    assert draft is not None
    assert draft.text == "a thought", "another desk of theirs has gone on with it"
    beside.drafts.drop(target, "note")
    assert life.outbox.drafts.get(target, "note") is None, "sent from there, it isn't offered here"
    await beside.close()
    life.outbox.drafts.put(target, "note", "half a thought")
    life.outbox.drafts.drop(target, "note")
    await life.die()
    life.start()
    assert life.outbox.drafts.get(target, "note") is None


async def test_a_draft_that_the_disk_refuses_is_written_at_the_end_where_there_is_room_by_then(
    life: Life, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, drafts = intent(life.clock).target, life.outbox.drafts

    def refuse(*_: object) -> None:
        raise StoreError("The disk is full", "make room")

    with monkeypatch.context() as full:
        full.setattr(life.store, "put_draft", refuse)
        assert not drafts.put(target, "note", "half a thought")
        draft = drafts.get(target, "note")
    await life.outbox.close()
    await life.die()
    life.start()
    assert draft is not None
    assert life.outbox.drafts.get(target, "note") == draft


async def test_receipts_and_commands_read_back_as_they_were(life: Life, service: Service) -> None:
    edit = EditTicket("triage", priority="high", add_tags=("a", "b"), comment="{{x}} ü\n", promise=None)
    service.weather = [Weather.CHANGED]
    row = intent(
        life.clock, command=edit, seen=Seen("open", life.clock.now(), "low", "kim", None, "task", ("a",))
    )
    life.submit(row)
    await calm()
    before = life.outbox.entries[0]
    await life.die()
    life.start()
    after = life.outbox.entries[0]
    assert after == replace(before, instance=after.instance)


@pytest.mark.parametrize("private", [False, True])
async def test_what_is_left_of_a_decision_does_not_make_one_forget_the_rest(
    life: Life, service: Service, *, private: bool
) -> None:
    """Undoing and the log are about all that was decided, also after a restart."""
    whole = EditTicket("reply", comment="Hello", public=True, priority="high", add_tags=("a", "b"))
    more, rest = EditTicket("reply", add_tags=("a", "b")), EditTicket("reply", add_tags=("a",))
    decided = intent(life.clock, command=whole, seen=Seen("open", priority="low"))
    service.weather = [Weather.REFUSED] * 2
    life.submit(decided)
    await pass_by(life, 6)
    entry = life.outbox.entries[0]
    assert entry.receipt is not None
    differences = (FieldDifference("comment", "public", "internal"),) if private else ()
    life.outbox.show(replace(entry, receipt=replace(entry.receipt, differences=differences)))
    life.outbox.retry(decided.id, command=more, seen=Seen("open", priority="high"))
    await calm()
    life.outbox.retry(decided.id, command=rest, seen=Seen("open", priority="high", tags=("b",)))
    await calm()
    assert life.phase(decided) == "confirmed"
    now = life.outbox.entries[0].intent
    done = replace(whole, purpose="note", public=False) if private else whole
    assert (now.command, now.decided, now.before) == (rest, done, decided.seen)
    log = await life.outbox.log(decided.at - timedelta(days=1), decided.at + timedelta(days=1))
    assert {line.command for line in log} == {done}
    await life.die()
    life.start()
    assert next(row.intent for row in life.outbox.entries) == now
