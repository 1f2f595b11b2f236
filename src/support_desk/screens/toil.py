"""Time off in lieu: the claims of the last pay periods, asked about once, and ready to be entered."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import BindingType

from support_desk.desk.facts import rota_of
from support_desk.desk.schema import StoreError
from support_desk.domain.toil import Answer, Claim
from support_desk.domain.toil_rule import Woken
from support_desk.domain.toil_words import (
    amount_words,
    claim_text,
    hours_words,
    ledger_text,
    read_length,
    to_csv,
    when_words,
)
from support_desk.domain.words import counted
from support_desk.files import write_new
from support_desk.keys import bindings
from support_desk.paths import at_home
from support_desk.reports.toil import LOOK_BACK, Found, History, find, usual_range
from support_desk.screens.list_and_text import ListAndText
from support_desk.screens.toil_rows import claim_columns, claim_lines, ledger_lines
from support_desk.sources.errors import SourceError
from support_desk.widgets.columns import Column
from support_desk.widgets.row_list import RowList
from support_desk.widgets.text_view import BLANK, TextLine

if TYPE_CHECKING:
    from datetime import datetime

    from support_desk.desk.toil_book import ToilBook
    from support_desk.domain.rota import Rota

READING = "toil"
"""Name of the worker that reads the history and the rota."""


NOBODYS = "Whose claims? Set me.email in the configuration."


class ToilScreen(ListAndText[Claim]):
    """The claims, newest first, and everything about the one under the cursor."""

    SCOPES: ClassVar[tuple[str, ...]] = ("toil", "list", "app")
    BINDINGS: ClassVar[list[BindingType]] = bindings("toil")

    def __init__(self) -> None:
        super().__init__()
        self._history = History(None)
        self._rota: Rota | None = None
        self._answers: Mapping[str, Answer] = {}
        self._book: ToilBook | None = None
        self._found: Found | None = None
        self._range: tuple[datetime, datetime] | None = None
        self._troubles: tuple[str, ...] = ()

    def columns(self, _width: int) -> Sequence[Column[Claim]]:
        return claim_columns(self.desk_app.view)

    def key(self, row: Claim) -> Hashable:
        return row.id

    def on_mount(self) -> None:
        self._draw()
        self._look()

    # Reading

    def action_look(self) -> None:
        """Read the rota and the history again."""
        self._look()
        self.say("Reading the rota and the history" if self.desk_app.config.me.email else NOBODYS)

    def _look(self) -> None:
        if self.desk_app.config.me.email:
            self.run_worker(
                self._read(), name=READING, group=READING, exclusive=True,
                description="read the history and the rota", exit_on_error=False,
            )  # fmt: skip

    async def _read(self) -> None:
        view = self.desk_app.view
        start, end = self._range = usual_range(view.now, view.calendar)
        troubles: list[str] = []
        try:
            records = await self.desk.history(start - LOOK_BACK)
            self._history = History(records, await self.desk.history_reach())
        except StoreError as error:
            troubles.append(f"{error.problem}: {error.remedy}")
        self._rota = await self._read_rota(start - LOOK_BACK, end + timedelta(days=1), troubles)
        try:
            self._book = await self.desk_app.time_off.book()
            self._answers = await asyncio.to_thread(self._book.answers, view.config.me.email)
            troubles += self._book.notes
        except StoreError as error:
            troubles.append(f"your answers can't be read: {error.problem}: {error.remedy}")
        self._troubles = tuple(troubles)
        self._reckon()

    async def _read_rota(self, start: datetime, end: datetime, troubles: list[str]) -> Rota | None:
        """The shifts of the whole range; where they can't be read, those that the desk knows."""
        sources = self.desk.sources
        if sources is None or sources.rota is None:
            troubles.append("the rota is not configured" if sources else "the services aren't connected yet")
            return rota_of(self.desk.snapshot)
        try:
            reading = await sources.rota.rota(start, end)
        except SourceError as error:
            troubles.append(f"{error.problem}: {error.remedy}")
            return rota_of(self.desk.snapshot)
        troubles += reading.notes
        return next(iter(reading.rows), None)

    def _reckon(self) -> None:
        """Make the claims of what was read, and draw them."""
        if self._range is None:
            return
        view = self.desk_app.view
        start, end = self._range
        found = find(
            self._history, self._rota, self._answers,
            config=view.config, calendar=view.calendar, now=view.now, start=start, end=end,
        )  # fmt: skip
        self._found = replace(found, missing=(*self._troubles, *found.missing))
        self._draw()

    # Drawing

    def _draw(self) -> None:
        found = self._found
        claims = tuple(reversed(found.ledger.claims)) if found else ()
        self.list.show(claims, at_once=True)
        self.list.title(tuple(part for part in self._title(found) if part[0]))
        self.list.notice(found.missing[0] if found and found.missing else "")
        self.list.empty(self._empty(found))
        self.draw_text()
        self.draw_footer()

    def _title(self, found: Found | None) -> tuple[tuple[str, str], ...]:
        if found is None:
            return ((" Time off in lieu ", "title"),)
        book, local = found.ledger, self.desk_app.view.local(found.ledger.start)
        asks = len(book.unanswered)
        return (
            (f" TOIL since {local:%a} {local.day} {local:%b} ", "title"),
            (f" {amount_words(book.days, book.length)}", "title"),
            (f"  {asks} to answer" if asks else "", "soon"),
            (f"  {len(book.to_claim)} to enter" if book.to_claim else "", "title"),
        )

    def _empty(self, found: Found | None) -> str:
        if not self.desk_app.config.me.email:
            return NOBODYS
        if found is None:
            return "Reading ..."
        return "No claims are known." if found.missing else "No claims in these weeks."

    def draw_text(self) -> None:
        """Everything about the claim under the cursor, and the whole account."""
        claim, found = self.list.selected, self._found
        if found is None:
            self.text.show(None, [])
            return
        view = self.desk_app.view
        lines: list[TextLine] = [*claim_lines(view, claim), BLANK] if claim else []
        self.text.show(claim.id if claim else "none", [*lines, *ledger_lines(view, found)])

    def idle_actions(self) -> frozenset[str]:
        claim, found = self.list.selected, self._found
        # Enter answers here, which has its own key.
        idle = {"list.open", *super().idle_actions()}
        if claim is None:
            idle.add("toil.answer")
        if claim is None or claim.answer is None:
            idle |= {"toil.copy", "toil.entered"}
        elif not claim.days:
            idle.add("toil.entered")
        if found is None or not found.ledger.to_claim:
            idle.add("toil.copy_all")
        return frozenset(idle)

    # Answering

    @on(RowList.Opened)
    def _opened(self, message: RowList.Opened) -> None:
        """Ask about the claim: whether it woke you, and how long fixing took."""
        message.stop()
        self.action_answer()

    def action_answer(self) -> None:
        """Say whether the claim woke you, and how long fixing took."""
        claim = self.list.selected
        if claim is not None:
            self._ask_woken(claim)

    def _ask_woken(self, claim: Claim) -> None:
        zone = self.desk_app.view.calendar.timezone

        def chosen(picked: str | None) -> None:
            if picked == LEFT_OUT:
                self._keep(claim, Answer(claim.id, claim.woken, claim.fix, left_out=True, at=self.desk.now()))
            elif picked is not None:
                self._ask_fix(claim, Woken(picked))

        self.desk_app.choose(f"Did it wake you? {when_words(claim.start, zone)}", _choices(claim), chosen)

    def _ask_fix(self, claim: Claim, woken: Woken, typed: str = "") -> None:
        from support_desk.screens.pickers import LinePicker

        def chosen(text: str | None) -> None:
            if text is None:
                return
            fix = read_length(text)
            if fix is None:
                self.say(f"{text!a} is no length of time: write 40, 1h30 or 2:15", problem=True)
                self._ask_fix(claim, woken, text)
                return
            self._keep(claim, Answer(claim.id, woken, fix, left_out=False, at=self.desk.now()))

        usual = typed or (hours_words(claim.fix) if claim.fix else "0")
        question = "How long did fixing take? Minutes, or 1h30; the first hour adds nothing"
        self.desk_app.push_screen(LinePicker(question, usual), chosen)

    def _keep(self, claim: Claim, answer: Answer) -> None:
        """Show it at once and write it down; what was entered stays so while its worth is the same."""
        entered = replace(answer, claimed_at=claim.claimed_at)
        if replace(claim, answer=entered).days == claim.days:
            self._write(claim, entered)
            return
        if claim.claimed_at:
            self.say("Its worth has changed since you entered it: enter it again", problem=True)
        self._write(claim, answer)

    def _write(self, claim: Claim, answer: Answer) -> None:
        """Written down before it is shown; it takes a few milliseconds, like a decision of the outbox."""
        ids = [alert.id for alert in claim.alerts]
        try:
            if self._book is None:
                raise StoreError("there is nowhere to keep it", "r tries again")
            self._book.keep(self.desk_app.config.me.email, answer, ids)
        except StoreError as error:
            self.say(f"The answer isn't kept: {error.problem}: {error.remedy}", problem=True)
            return
        others = {alert: said for alert, said in self._answers.items() if alert not in ids}
        self._answers = {**others, answer.alert: answer}
        self._reckon()

    def action_entered(self) -> None:
        """The claim was entered in the agency's system, or wasn't after all."""
        claim = self.list.selected
        if claim is None:
            return
        if claim.answer is None:
            self.say("Answer it first: a asks whether it woke you")
        elif not claim.days:
            self.say("There is nothing to enter: you left it out")
        else:
            entered = None if claim.claimed_at else self.desk.now()
            self._write(claim, replace(claim.answer, claimed_at=entered))

    # Taking it away

    def action_copy_claim(self) -> None:
        """Copy this claim for the agency's system."""
        claim = self.list.selected
        if claim is None:
            return
        if claim.answer is None:
            self.say("Answer it first: a asks whether it woke you")
            return
        self.desk_app.copy(claim_text(claim, self.desk_app.view.calendar.timezone), "the claim")

    def action_copy_claims(self) -> None:
        """Copy everything that is answered and not entered yet."""
        found = self._found
        if found is None or not found.ledger.to_claim:
            self.say("Nothing is answered and not entered yet")
            return
        claims = found.ledger.to_claim
        text = ledger_text(claims, found.ledger.rule, self.desk_app.view.calendar.timezone)
        self.desk_app.copy(text, counted(len(claims), "claim"))

    def action_export(self) -> None:
        """Write the claims to a table."""
        from support_desk.screens.pickers import LinePicker

        found = self._found
        if found is None:
            self.say("Not read yet")
            return
        view = self.desk_app.view
        text = to_csv(found.ledger, view.calendar.timezone)

        # The path in full: who has kept the desk open for days doesn't know where it was started.
        def chosen(path: str | None) -> None:
            if path is not None:
                self.run_worker(
                    self._write_table(at_home(path).absolute(), text), name="export", group="export",
                    description="write the table", exit_on_error=False,
                )  # fmt: skip

        usual = f"~/toil-{view.local(view.now):%Y-%m-%d}.csv"
        self.desk_app.push_screen(LinePicker("Write the claims to which file?", usual), chosen)

    async def _write_table(self, path: Path, text: str) -> None:
        try:
            await asyncio.to_thread(write_new, path, text.encode())
        except FileExistsError:
            self.say(f"{path} is there already: choose another name", problem=True)
        except OSError as error:
            self.say(f"{path} can't be written ({error.strerror}): choose another file", problem=True)
        else:
            self.say(f"Written to {path}")


LEFT_OUT = "left_out"


def _choices(claim: Claim) -> list[tuple[str, str, str]]:
    """What can be answered, the present answer or else the suggestion first."""
    several = len(claim.alerts) > 1
    words = {
        Woken.FIRST: ("Yes, it woke me", ""),
        Woken.NO: ("No, I was awake", ""),
        Woken.LATER: ("Awake at first, a later one woke me", f"{len(claim.alerts)} alerts in this claim"),
    }
    offered = [woken for woken in words if woken is not Woken.LATER or several]
    offered.sort(key=lambda woken: woken is not claim.woken)
    why = "your answer" if claim.answer else "suggested by your hours of sleep"
    choices = [
        (woken.value, words[woken][0], why if woken is claim.woken else words[woken][1]) for woken in offered
    ]
    return [*choices, (LEFT_OUT, "Leave it out", "it didn't reach me, or I don't claim it")]
