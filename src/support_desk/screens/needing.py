"""What needs the person now, as the screens show it: worked out anew only when something has changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from operator import is_
from typing import TYPE_CHECKING

from support_desk.config.rules import duty_of, toil_rule
from support_desk.desk import facts
from support_desk.desk.schema import StoreError
from support_desk.desk.snapshot import SourceName, State, source_state
from support_desk.domain.attention import needs, nothing_words, sentence
from support_desk.domain.commands import EscalateAlert
from support_desk.domain.intents import Entry, Phase, asks
from support_desk.domain.ladder import helper_words
from support_desk.domain.late_start import NIGHT_BEFORE, woken_at
from support_desk.domain.need import Need, Rank, Situation
from support_desk.domain.rota import Person
from support_desk.records import record
from support_desk.reports.toil import is_me
from support_desk.screens.header import STATE_STYLE
from support_desk.screens.view import View
from support_desk.widgets.lines import Parts

if TYPE_CHECKING:
    from support_desk.app import DeskApp

LOOK_EVERY = timedelta(minutes=15)

LAST_MINUTE = timedelta(minutes=1)
MOST_SAID = 3
"""Things that are said at one time; more would cover the screen."""
SAID_LIMITS = ("no fix", "stop")
"""What is said when it is reached; that grave alerts go on at once stands in the line from the beginning."""
MORE = "more alarms"
"""What the line is about that counts those that aren't said."""
TOAST_ROOM = 100
"""Characters of what is said about one."""

STYLES = {
    Rank.CRITICAL: "alarm",
    Rank.DOUBT: "alarm",
    Rank.EMERGENCY: "alarm",
    Rank.PAGING: "late",
    Rank.NUDGE: "soon",
    Rank.SAVE: "soon",
    Rank.ASK: "soon",
}
"""How the line above everything is drawn; the others are plain text. The words alone say how pressing."""

RANK_WORDS = {
    Rank.CRITICAL: "critical",
    Rank.DOUBT: "page in doubt",
    Rank.EMERGENCY: "emergency",
    Rank.PAGING: "pages soon",
    Rank.NUDGE: "handbook",
    Rank.SAVE: "due soon",
    Rank.ASK: "decide",
    Rank.OPEN: "open alert",
    Rank.STALE: "long acked",
    Rank.REST: "rest",
    Rank.LATE: "late",
    Rank.TODAY: "due today",
}
"""Why a need stands where it stands."""

_ABOUT = {SourceName.ALERTS: "alerts", SourceName.ZENDESK: "tickets"}
"""The sources without which nothing can be called quiet."""


@record
class Alarms:
    """What has to be said now, and what isn't so any more."""

    lines: Mapping[str, str]
    """A line each, by what it is about."""
    over: frozenset[str]
    """What earlier lines were about: somebody has it, or was paged."""


class Needing:
    """The needs of one desk."""

    def __init__(self, app: DeskApp) -> None:
        self._app = app
        self._made_of: tuple[object, ...] = ()
        self._at: object = None
        self._situation: Situation | None = None
        self._needs: tuple[Need, ...] = ()
        self._woken_at: datetime | None = None
        self._looked_back: datetime | None = None
        self._said: set[str] | None = None
        """What was said last time; None: nobody has looked yet."""

    def needs(self, view: View) -> tuple[Need, ...]:
        """What needs the person, most pressing first."""
        first = self._needs[0] if self._needs else None
        over = first is not None and first.ends_at is not None and first.ends_at <= view.now
        if self._changed(view) or over or self._situation is None:
            self._situation = self.situation(view)
            self._needs = needs(self._situation)
        return self._needs

    def line(self, view: View, width: int) -> Parts:
        """The single next thing and why; or that there is none, as far as that is known."""
        found = self.needs(view)
        if found:
            first = found[0]
            more = f"  0: {len(found) - 1} more " if len(found) > 1 else "  0 goes there "
            words = sentence(first, view.now, view.calendar.timezone, width - len(more) - 2)
            return ((f" {words} ", STYLES.get(first.rank, "strong")), (more, "dim"))
        doubts = tuple(doubts_of(view))
        words = nothing_words(self._situation or self.situation(view), doubts)
        return ((f" {words}", "warn" if doubts else "ok"), ("" if doubts else "  Q: quiet times", "dim"))

    def alarms(self, view: View) -> Alarms:
        """What has to be said on every screen, each thing once: the last minute before a page, and the
        handbook's limits when they are reached."""
        zone = view.calendar.timezone
        reached: dict[str, Need] = {}
        for need in self.needs(view):
            if need.target is None:
                continue
            if need.ends_at is not None and need.rank in (Rank.CRITICAL, Rank.PAGING):
                if need.ends_at - view.now <= LAST_MINUTE:
                    reached[f"{need.target} {need.ends_at}"] = need
            elif need.topic in SAID_LIMITS:
                reached[f"{need.target} {need.topic}"] = need
        # A limit that was over before this desk was opened is no news; a page to come always is.
        known = self._said if self._said is not None else {key for key, need in reached.items() if need.topic}
        self._said = set(reached)
        fresh = {key: need for key, need in reached.items() if key not in known}
        # A toast isn't drawn again: a countdown in it would stand still.
        lines = {
            key: sentence(fresh[key], view.now, zone, TOAST_ROOM, still=True)
            for key in list(fresh)[:MOST_SAID]
        }
        more = len(fresh) - len(lines)
        if more:
            lines[MORE] = f"and {more} more: 0 shows them"
        return Alarms(lines, frozenset(known - reached.keys()))

    def situation(self, view: View) -> Situation:
        """Everything that is looked at, at this moment."""
        entries = self._entries()
        return Situation(
            now=view.now,
            agreement=view.agreement,
            alerts=[
                (alert, facts.in_words(view.escalation(alert), view.config, view.snapshot))
                for alert in facts.to_answer(
                    view.snapshot.alerts.rows,
                    view.config,
                    view.clients,
                    in_hours=view.calendar.is_open(view.now),
                )
            ],
            queue=view.snapshot.tickets.rows,
            promises=self._app.desk.promises,
            asking=[entry for entry in entries if asks(entry)],
            escalated=frozenset(
                entry.intent.target.id
                for entry in entries
                if entry.phase is Phase.CONFIRMED and isinstance(entry.intent.command, EscalateAlert)
            ),
            helper=helper_words(
                facts.ladder(view.snapshot, view.config, view.calendar, view.now, view.second_line),
                view.config.me.email,
            ),
            woken_at=self._woken_at,
            duty=duty_of(view.config),
        )

    def look_back_soon(self) -> None:
        """Find out whether an alert woke the person, now and then."""
        view = self._app.view
        if not view.config.me.email:
            return
        if self._looked_back is not None and view.now - self._looked_back < LOOK_EVERY:
            return
        self._looked_back = view.now
        self._app.run_worker(
            self.look_back(), name="look back", group="look back",
            description="whether an alert woke the person", exit_on_error=False,
        )  # fmt: skip

    async def look_back(self) -> None:
        """Find out whether an alert woke the person; what can't be read says nothing."""
        view = self._app.view
        me = Person(view.config.me.name, view.config.me.email)
        try:
            past = await self._app.desk.history(view.now - NIGHT_BEFORE)
        except StoreError:
            return
        taken = [alert.acked_at for alert in past if alert.acked_at is not None and is_me(alert.acked_by, me)]
        found = woken_at(taken, view.now, toil_rule(view.config), view.calendar)
        if found != self._woken_at:
            self._woken_at, self._situation = found, None

    def _changed(self, view: View) -> bool:
        """Whether something that the needs are made of is another than it was."""
        snapshot, outbox = view.snapshot, self._app.acts.outbox
        made_of = (
            snapshot.alerts.rows,
            snapshot.tickets.rows,
            snapshot.policies.rows,
            snapshot.rota.rows,
            snapshot.on_call.rows,
            self._app.desk.promises,
            self._app.acts.pages,
        )
        minute = view.now.replace(second=0, microsecond=0)
        stand = (minute, tuple(outbox.entries[:1]) if outbox else (), self._stand())
        # By identity: the queue may hold thousands of rows, and this is asked every second.
        same = len(made_of) == len(self._made_of) and all(map(is_, made_of, self._made_of))
        if same and stand == self._at:
            return False
        self._made_of, self._at = made_of, stand
        return True

    def _stand(self) -> tuple[tuple[str, Phase], ...]:
        return tuple((entry.intent.id, entry.phase) for entry in self._entries() if asks(entry))

    def _entries(self) -> tuple[Entry, ...]:
        outbox = self._app.acts.outbox
        return () if outbox is None else tuple(outbox.entries)


def why_first(need: Need) -> tuple[str, str]:
    """Why it stands where it stands in the list of all needs, and how that word is drawn.

    Red is what is late, and what nobody has or may not have heard of; what can still be saved is amber.
    """
    words = RANK_WORDS[need.rank]
    if need.rank is Rank.PAGING and need.late:
        words = "check page"
    elif need.rank is Rank.PAGING and need.ends_at is None:
        words = "major"
    elif need.rank is Rank.SAVE and need.late:
        words = "promise late"
    if _is_red(need):
        return words, "late"
    return words, "soon" if need.rank <= Rank.ASK else "dim"


def what_style(need: Need) -> str:
    """How the sentence of a need is drawn in the list of them all: most of it plain, so that red is seen."""
    return "late" if _is_red(need) else "text"


def _is_red(need: Need) -> bool:
    return need.late or need.rank in (Rank.CRITICAL, Rank.DOUBT)


def doubts_of(view: View) -> Iterator[str]:
    """Why nothing can be called quiet: what isn't fresh and whole of alerts and tickets."""
    for source, words in _ABOUT.items():
        found = source_state(view.snapshot, source, view.now)
        if found not in (State.FRESH, State.OFF):
            yield f"{words}: {STATE_STYLE[found][0]}"
    if all(source_state(view.snapshot, source, view.now) is State.OFF for source in _ABOUT):
        yield "neither alerts nor tickets are configured"
