"""The palette: every action that works here, found by its name, its key, what people call it or what it does.

At three in the morning nobody remembers that silencing an alert is called snooze here. What an action is
called elsewhere is in `SAID`; it is for finding only, and is never shown as the action's name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from textual.fuzzy import FuzzySearch

from support_desk.keys import keys_of

if TYPE_CHECKING:
    from support_desk.actions import Action
    from support_desk.app import DeskApp

SAID: Mapping[str, str] = {
    "app.help": "keys shortcuts manual how",
    "app.refresh_all": "reload update sync poll",
    "app.quit": "exit leave close the program",
    "app.mute": "mute silence sound quiet beep ring unmute",
    "app.theme": "colours colors dark light contrast mode",
    "app.number": "go to ticket number find id",
    "app.solved": "search history seen similar past tickets",
    "app.suspended": "spam mail junk",
    "app.undo": "cancel revert take back stop",
    "app.redo": "again repeat",
    "app.outbox": "sending sent queue pending failed unknown status",
    "app.handover": "summary report week notes slack",
    "app.needs": "todo next attention needs me forecast breach",
    "app.quiet": "noise noisy improve maintenance tidy",
    "app.log": "history audit what did i do",
    "app.rota": "schedule on call oncall shift who is on calendar",
    "app.toil": "time off in lieu overtime claim breathe woken",
    "pane.rota": "who is on call oncall",
    "pane.zoom": "maximise maximize full screen bigger",
    "pane.layout": "hide side panes wide",
    "rows.filter": "find search limit",
    "rows.saved_filters": "mine unassigned breached views",
    "rows.sort": "order by",
    "row.browser": "open web link url",
    "row.copy_link": "url clipboard share",
    "row.copy_line": "clipboard share slack",
    "row.runbook": "playbook instructions docs how to fix",
    "runbook.search": "find playbook docs instructions",
    "act.escalate": "page second line 2nd line call wake help hand on",
    "act.escalate_to": "page person phone telephone call ring number ladder wake cto",
    "act.note": "comment internal write private",
    "act.take": "assign to me mine own claim grab",
    "act.assign": "give to owner reassign delegate hand",
    "act.tags": "label add tag remove tag",
    "act.priority": "urgency severity urgent p1",
    "act.close": "resolve solve solved done finish pending",
    "act.start_runbook": "write create playbook template",
    "act.incident": "outage p1 emergency declare",
    "alert.acknowledge": "ack accept got it stop paging",
    "alert.unacknowledge": "unack un-ack release give back",
    "alert.snooze": "mute silence hush delay later remind",
    "alert.responder": "page notify team person involve",
    "alert.ticket": "create raise new zendesk link",
    "ticket.triage": "classify set fields group status",
    "ticket.macro": "canned template response",
    "ticket.promise": "promise follow up due remind date deadline",
    "ticket.merge": "duplicate join combine",
    "ticket.problem": "incident of duplicate parent",
    "ticket.side_conversation": "side conversation email third party",
    "ticket.reply": "answer respond public comment client customer",
    "ticket.attachments": "files download pictures save",
    "log.export": "save csv file",
    "rota.export": "ical ics save file",
    "rota.export_all": "ical ics save file",
    "toil.export": "csv save file spreadsheet",
    "toil.entered": "done booked breathehr",
}
"""Other words for actions, by the action's id."""

MEANT = 3.0
"""Who ranks so high was found by a whole word, the beginning of one, or a key."""

IDLE = 0.01
"""What the rank of a command is worth that would do nothing now."""

_WORD = re.compile(r"[\w'-]+")
_FUZZY = FuzzySearch()


def rank(asked: str, action: Action, keys: list[str]) -> float:
    """How well an action answers to what was typed; 0: not at all. `keys` are its keys as people write them.

    Its key comes first, then its name, then what people call it, then what the help says about it, and last
    a name that has the letters somewhere, which forgives a slip of the finger.
    """
    asked = asked.strip()
    if not asked:
        return 0.0
    if asked in keys:
        return 7.0
    wanted = _words(asked)
    name = _words(action.label)
    if asked.casefold() == action.label.casefold():
        return 6.0
    if asked.casefold() in (key.casefold() for key in keys):
        return 5.5
    if _begin(wanted, name):
        return 5.0
    said = name + _words(SAID.get(action.id, ""))
    if _begin(wanted, said):
        # A whole word is nearer than the beginning of one.
        return 4.0 + (0.5 if set(wanted) <= set(said) else 0.0)
    if _begin(wanted, said + _words(action.help)):
        return 3.0 + (0.5 if set(wanted) <= set(said + _words(action.help)) else 0.0)
    score, _ = _FUZZY.match(asked, action.label)
    return 2.0 * score / (score + 10.0) if len(asked) > 1 else 0.0


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())


def _begin(wanted: list[str], words: list[str]) -> bool:
    """Whether each of these begins some word of the others."""
    return bool(wanted) and all(any(word.startswith(part) for word in words) for part in wanted)


class DeskCommands(Provider):
    """What the palette offers: the actions of the screen that it was opened on, each with its key."""

    async def discover(self) -> Hits:
        """Everything that does something now, by name."""
        app = cast("DeskApp", self.app)
        for action, run in sorted(app.commands_of(self.screen), key=lambda pair: pair[0].label.casefold()):
            if app.why_idle(self.screen, action):
                continue
            yield DiscoveryHit(self._shown(action), run, text=action.label, help=_help(action))

    async def search(self, query: str) -> Hits:
        """What answers to the words that were typed."""
        app = cast("DeskApp", self.app)
        found = [
            (rank(query, action, keys_of(action, app.changed_keys)), place, action, run)
            for place, (action, run) in enumerate(app.commands_of(self.screen))
        ]
        # Forgiveness is for who finds nothing else: "ack" isn't "back".
        least = MEANT if any(score >= MEANT for score, *_ in found) else 0.0
        for score, place, action, run in found:
            if score > 0 and score >= least:
                # Of two that answer alike, the one that is nearer to where the person is; what would do
                # nothing comes last, and says so: who looks for it mustn't believe that there is no such key.
                idle = app.why_idle(self.screen, action)
                place_score = (score - place / 10_000) * (IDLE if idle else 1.0)
                yield Hit(
                    place_score, self._shown(action), run, text=action.label, help=idle or _help(action)
                )

    def _shown(self, action: Action) -> Content:
        keys = keys_of(action, cast("DeskApp", self.app).changed_keys)
        # With its key, so that the palette is needed once.
        return Content.assemble(action.label, ("  " + " ".join(keys), "dim") if keys else "")


def _help(action: Action) -> str:
    return action.help.replace("`", "")
