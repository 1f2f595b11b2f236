"""The commands and their options, as argparse knows them."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime, tzinfo
from pathlib import Path

from support_desk import __version__
from support_desk.sources.moments import plausible

LEVELS = ("debug", "info", "warning", "error")

DEMO_SEED = 7

_CACHED = "what the dashboard read last, without asking the services"

_COMMON: dict[str, object] = {
    "config": None,
    "read_only": False,
    "plain": False,
    "log_file": None,
    "log_level": "info",
}
"""Defaults of the options that stand before or after the command. argparse would let a default after the
command overwrite what was given before it, so they are filled in at the end."""


def parse(argv: list[str]) -> argparse.Namespace:
    """The arguments; `command` is None for the dashboard. Exits with 2 on wrong usage, as argparse does."""
    found = parser().parse_args(argv)
    for name, default in _COMMON.items():
        if not hasattr(found, name):
            setattr(found, name, default)
    return found


def parser() -> argparse.ArgumentParser:
    """Every command with its options; `--help` and the errors of usage come from it."""
    common = _common_options()
    parser = argparse.ArgumentParser(
        prog="support-desk",
        description="First line support in one terminal: alerts, tickets by breach risk, runbooks and "
        "the rota. Without a command it opens the dashboard.",
        epilog="To begin: support-desk demo, or support-desk config init. "
        "Exit codes: 0 fine, 1 found a problem that it names, 2 wrong usage or configuration.",
        parents=[common],
        allow_abbrev=False,
    )
    commands = _Commands(parser.add_subparsers(title="commands", metavar="COMMAND", dest="command"), common)
    _add_demo(commands)
    commands.add("check", "try the configuration and every service, changing nothing")
    for name, help_text in (
        ("login", "sign in to a service as yourself, in any browser; works over SSH"),
        ("logout", "have a sign-in of yours revoked, and forget it"),
    ):
        commands.add(name, help_text).add_argument("service", choices=("zendesk",), help="which service")
    _add_one_shots(commands)
    _add_toil(commands)
    _add_handover(commands)
    _add_history(commands)
    _add_status(commands)
    _add_config(commands)
    return parser


class _Commands:
    """Commands side by side, each with the common options."""

    def __init__(
        self, below: argparse._SubParsersAction[argparse.ArgumentParser], common: argparse.ArgumentParser
    ) -> None:
        self._below = below
        self._common = common

    def add(self, name: str, help_text: str) -> argparse.ArgumentParser:
        """One more command; its description is `help_text` as a sentence."""
        sentence = f"{help_text[:1].upper()}{help_text[1:]}."
        return self._below.add_parser(
            name, help=help_text, description=sentence, parents=[self._common], allow_abbrev=False
        )

    def of(self, command: argparse.ArgumentParser) -> _Commands:
        """The commands of a command, one of which has to be given."""
        below = command.add_subparsers(title="actions", metavar="ACTION", dest="action", required=True)
        return _Commands(below, self._common)


def _add_demo(commands: _Commands) -> None:
    demo = commands.add(
        "demo", "the dashboard on built-in living fixtures: no account, no network, no configuration"
    )
    demo.add_argument("--seed", type=int, default=DEMO_SEED, help="which world (default: %(default)s)")
    demo.add_argument(
        "--at",
        type=_moment,
        default=None,
        metavar="TIME",
        help="when it starts, such as 2026-12-02T02:00:00Z",
    )


def _add_one_shots(commands: _Commands) -> None:
    for name, help_text in (
        ("tickets", "the queue in order of breach risk"),
        ("alerts", "the alerts that are not closed"),
        ("rota", "who is on, who comes next, and the shifts to come"),
        ("runbooks", "runbooks about some words"),
    ):
        one_shot = commands.add(name, help_text)
        form = one_shot.add_mutually_exclusive_group()
        form.add_argument("--json", action="store_true", help="one JSON document instead of text")
        one_shot.add_argument("--cached", action="store_true", help=_CACHED)
        if name == "rota":
            one_shot.add_argument("--mine", action="store_true", help="only your own shifts")
            form.add_argument(
                "--ics", type=Path, metavar="FILE", help="write a calendar to this file; - prints it"
            )
        if name == "runbooks":
            one_shot.add_argument("text", nargs="*", metavar="TEXT", help="words to look for")


def _add_toil(commands: _Commands) -> None:
    toil = commands.add("toil", "your claims of time off in lieu for alerts out of hours")
    _add_range(toil, "two on-call pay periods before this one", "now")
    table = toil.add_mutually_exclusive_group()
    table.add_argument("--json", action="store_true", help="one JSON document instead of text")
    table.add_argument("--csv", action="store_true", help="a table for a spreadsheet instead of text")
    toil.add_argument(
        "--cached", action="store_true", help="the rota as the dashboard read it last, without asking"
    )


def _add_handover(commands: _Commands) -> None:
    handover = commands.add("handover", "what the next person needs to know, as Markdown")
    _add_range(handover, "of the support week, Wednesday", "of that week")
    handover.add_argument(
        "--details", action="store_true", help="requesters, tags and every action, not subject lines only"
    )
    handover.add_argument("--json", action="store_true", help="one JSON document that holds the text")
    handover.add_argument("--cached", action="store_true", help=_CACHED)


def _add_history(commands: _Commands) -> None:
    history = commands.add(
        "history", "the alerts of the past, which quiet times, TOIL and the handover count from"
    )
    importing = commands.of(history).add(
        "import", "fill the history from OpsGenie; it can be stopped and taken up again"
    )
    importing.add_argument(
        "--from", dest="start", type=_moment, default=None, metavar="TIME",
        help="how far back (default: as long as the history is kept)",
    )  # fmt: skip


def _add_status(commands: _Commands) -> None:
    status = commands.add("status", "one line of what needs you, from what the dashboard read last")
    form = status.add_mutually_exclusive_group()
    form.add_argument("--tmux", action="store_true", help="with colours for tmux's status bar")
    form.add_argument("--json", action="store_true", help="a JSON document")


def _add_config(commands: _Commands) -> None:
    actions = commands.of(commands.add("config", "write a configuration, or show the effective one"))
    init = actions.add("init", "write a commented configuration to fill in; never over one that is there")
    init.add_argument("--stdout", action="store_true", help="print it instead")
    actions.add("show", "the effective configuration and where each value comes from; secrets masked")


def _add_range(command: argparse.ArgumentParser, beginning: str, end: str) -> None:
    """`--from` and `--to`, with what they are where they aren't given."""
    for option, name, words in (
        ("--from", "start", f"the beginning (default: {beginning})"),
        ("--to", "end", f"the end (default: {end})"),
    ):
        command.add_argument(option, dest=name, type=_moment, default=None, metavar="TIME", help=words)


def _common_options() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    group = common.add_argument_group("common options")
    group.add_argument(
        "--config", type=Path, metavar="PATH", help="another configuration file than the usual one"
    )
    group.add_argument("--read-only", action="store_true", help="for shadowing: change nothing")
    group.add_argument(
        "--plain", action="store_true", help="the desk once as linear text, for a screen reader"
    )
    group.add_argument("--log-file", type=Path, metavar="PATH", help="write a log to this file")
    group.add_argument("--log-level", choices=LEVELS, metavar="LEVEL", help=f"one of {', '.join(LEVELS)}")
    group.add_argument(
        "--version", action="version", version=f"support-desk {__version__}", help="say which version this is"
    )
    return common


def in_zone(at: datetime | None, zone: tzinfo) -> datetime | None:
    """A moment of the command line, in UTC: what was typed without a zone is on the clocks of this one."""
    if at is None:
        return None
    return (at if at.tzinfo is not None else at.replace(tzinfo=zone)).astimezone(UTC)


def _moment(text: str) -> datetime:
    """A moment as it was typed, with a zone or without: `in_zone` makes one for everybody of it."""
    try:
        at = datetime.fromisoformat(text)
        plausible(at if at.tzinfo is not None else at.replace(tzinfo=UTC))
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!a} isn't a time; write it like 2026-11-23T10:30:00Z"
        ) from None
    return at
