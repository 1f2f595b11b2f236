"""Where a person can go: every screen, picker, link and copy that more than one screen opens."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlsplit

from textual.screen import Screen

from support_desk.keys import available
from support_desk.screens.acting import NO_ROW
from support_desk.screens.base import DeskScreen
from support_desk.screens.telling import Telling

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textual.command import Provider

    from support_desk.actions import Action
    from support_desk.domain.intents import Target
    from support_desk.domain.runbooks import RunbookMatch
    from support_desk.screens.dashboard import Dashboard


def _palette() -> type[Provider]:
    from support_desk.screens.palette import DeskCommands  # with the first look at it

    return DeskCommands


class Places(Telling):
    """The part of the application that opens things."""

    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {_palette}

    @property
    @abstractmethod
    def dashboard(self) -> Dashboard:
        """The screen at the bottom of the stack."""

    def open_runbook(self, match: RunbookMatch | None, about: str) -> None:
        """Go back to the dashboard and read a runbook there."""
        if match is None:
            self.say(f"No runbook matches {about}. B searches them all")
            return
        while len(self.screen_stack) > 1:
            self.pop_screen()
        self.dashboard.pin_runbook(match)

    def search_runbooks(self) -> None:
        """Search all runbooks by their text; the chosen one is read on the dashboard."""
        from support_desk.screens.runbook_search import RunbookSearch

        def chosen(match: RunbookMatch | None) -> None:
            if match is not None:
                self.open_runbook(match, match.title)

        self.push_screen(RunbookSearch(), chosen)

    def open_ticket(self, ticket_id: int, neighbours: Sequence[int] = ()) -> None:
        """The details of a ticket."""
        from support_desk.screens.ticket import TicketScreen

        self.push_screen(TicketScreen(ticket_id, neighbours))

    def open_alert(self, alert_id: str, neighbours: Sequence[str] = ()) -> None:
        """The details of an alert."""
        from support_desk.screens.alert import AlertScreen

        self.push_screen(AlertScreen(alert_id, neighbours))

    def open_target(self, target: Target) -> None:
        """The details of what an action, or what needs the person, is about."""
        if target.kind == "ticket":
            self.open_ticket(int(target.id))
        else:
            self.open_alert(target.id)

    def choose(
        self,
        title: str,
        choices: Sequence[tuple[str, str, str]],
        chosen: Callable[[str | None], None],
        first: str = "",
    ) -> None:
        """Let the person pick one of (id, label, hint); the mark begins on the id `first`."""
        from support_desk.screens.pickers import Choice, ChoicePicker

        picker = ChoicePicker(title, [Choice(id_, label, hint) for id_, label, hint in choices], first)
        self.push_screen(picker, chosen)

    @property
    def link_hosts(self) -> frozenset[str]:
        """The hosts whose links may be opened: those of the configuration."""
        from support_desk.browser import configured_hosts

        return configured_hosts(self.config)

    def open_link(self, url: str) -> None:
        """Open a link in a browser; where there is none, copy it and say so."""
        from support_desk.browser import NO_BROWSER, copy, open_url

        host = urlsplit(url).hostname or "no host"
        problem = open_url(url, self.link_hosts)
        if problem is None:
            self.say(f"Opening {host} in the browser")
        elif problem == NO_BROWSER:
            self.say(f"{NO_BROWSER}: the link was copied, {copy(self, url)}", problem=True)
        else:
            self.say(problem, problem=True)

    def copy(self, text: str, what: str) -> None:
        """Copy to the clipboard, as far as a terminal can."""
        from support_desk.browser import copy

        self.say(f"Copied {what}: {copy(self, text)}")

    def show_outbox(self, id_: str = "") -> None:
        """The outbox, with the cursor on this entry."""
        from support_desk.screens.outbox import OutboxScreen

        if not isinstance(self.screen, OutboxScreen):
            self.push_screen(OutboxScreen(id_))

    def action_show_outbox(self) -> None:
        """What is on its way, what asks for a decision, and what became of the rest."""
        self.show_outbox()

    def action_show_log(self) -> None:
        """Everything that this person did."""
        from support_desk.screens.log import LogScreen

        self._go_to(LogScreen)

    def action_show_handover(self) -> None:
        """The handover of the support week."""
        from support_desk.screens.handover import HandoverScreen

        self._go_to(HandoverScreen)

    def action_show_needs(self) -> None:
        """All that needs the person, in its order."""
        from support_desk.screens.needs import NeedsScreen

        self._go_to(NeedsScreen)

    def action_show_quiet(self) -> None:
        """What is worth doing when nothing needs attention."""
        from support_desk.screens.quiet import QuietScreen

        self._go_to(QuietScreen)

    def action_show_rota(self) -> None:
        """When the person is next on, and the rota of the weeks to come."""
        from support_desk.screens.rota import RotaScreen

        self._go_to(RotaScreen)

    def action_show_toil(self) -> None:
        """The claims of time off in lieu."""
        from support_desk.screens.toil import ToilScreen

        self._go_to(ToilScreen)

    def _go_to(self, screen: type[DeskScreen]) -> None:
        """Open a screen, unless the person is on it already."""
        if not isinstance(self.screen, screen):
            self.push_screen(screen())

    def action_open_number(self) -> None:
        """Open any ticket by its number."""
        from support_desk.screens.pickers import NumberPicker

        def chosen(number: int | None) -> None:
            if number is not None:
                self.open_ticket(number)

        self.push_screen(NumberPicker(), chosen)

    def action_search_solved(self) -> None:
        """Search the solved tickets."""
        from support_desk.screens.solved import SolvedScreen

        if isinstance(self.screen, SolvedScreen):
            self.screen.action_words()
        else:
            self.push_screen(SolvedScreen())

    def action_suspended(self) -> None:
        """Look at the suspended tickets."""
        from support_desk.screens.suspended import SuspendedScreen

        self._go_to(SuspendedScreen)

    def action_show_help(self) -> None:
        """The keys that work where the person is."""
        from support_desk.screens.pickers import HelpScreen

        screen = self.screen
        scopes: tuple[str, ...] = ("app",)
        if isinstance(screen, DeskScreen):
            scopes = tuple(dict.fromkeys((*screen.scopes_now(), *screen.SCOPES)))
        self.push_screen(HelpScreen(scopes, read_only=self.config.read_only))

    def commands_of(self, screen: Screen[Any]) -> Iterator[tuple[Action, Callable[[], None]]]:
        """The palette's commands: every action of the registry that works on a screen, and what runs it."""
        scopes = screen.SCOPES if isinstance(screen, DeskScreen) else ("app",)
        for action in available(scopes, read_only=self.config.read_only):
            if action.palette:
                yield action, self._runner(screen, action)

    def why_idle(self, screen: Screen[Any], action: Action) -> str:
        """Why a command would do nothing on a screen as it is now; empty: it does something."""
        if not isinstance(screen, DeskScreen):
            return ""
        if action.scope in screen.scopes_now():
            return "There is nothing here to do that with" if action.id in screen.idle_actions() else ""
        return {
            "act_alert": "For alerts: go to one first",
            "act_ticket": "For tickets: go to one first",
        }.get(action.scope, NO_ROW)

    def _runner(self, screen: Screen[Any], action: Action) -> Callable[[], None]:
        async def act() -> None:
            if action.scope == "app":
                await self.run_action(f"app.{action.method}")
                return
            await self.built(screen)
            if self.screen is screen:
                await self.run_action(action.method, screen)
            else:
                self.say(f"Not done: {action.label}. Another page has opened meanwhile", problem=True)

        def run() -> None:
            self.run_worker(
                act(), name="palette", group="palette", description=action.method, exit_on_error=False
            )

        return run
