"""The command line. Each command's module is imported when the command is run: `status` has 50 ms."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

from support_desk.cli import output
from support_desk.desk.clock import Clock, SystemClock

if TYPE_CHECKING:
    import argparse
    from datetime import datetime
    from pathlib import Path

    from support_desk.config.checks import Where
    from support_desk.config.load import Loaded
    from support_desk.config.mistakes import Mistake
    from support_desk.config.model import Config

INTERRUPTED = 130
"""What a shell expects of a program that ended on ctrl+c."""


def run(argv: Sequence[str], environ: Mapping[str, str] = os.environ, clock: Clock | None = None) -> int:
    """Run a command: 0 is fine, 1 found a problem that it named, 2 is wrong usage or configuration.

    `clock` is the one-shots' and `status`'s; the machine's by default.
    """
    output.prepare()
    try:
        code = _run(list(argv), environ, clock or SystemClock())
        output.flush()
    except output.Unwritable as error:
        output.forget_stdout()
        output.talk(f"the output can't be written: {error}")
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    return code


def _run(argv: list[str], environ: Mapping[str, str], clock: Clock) -> int:
    from support_desk.config.mistakes import ConfigError
    from support_desk.paths import NoHome

    try:
        if argv[:1] == ["status"] and set(argv[1:]) < {"--json", "--tmux"}:
            # The usual way to ask; argparse alone would cost 7 of its 50 ms.
            return _status(None, argv[1:], environ, clock)
        arguments = _parsed(argv)
        if arguments.command == "status":
            form = ["--json"] * arguments.json + ["--tmux"] * arguments.tmux
            return _status(arguments.config, form, environ, clock)
        return _with_log(arguments, environ, clock)
    except SystemExit as end:
        # argparse has already said what is wrong, or printed what was asked for.
        return int(end.code or 0)
    except ConfigError as error:
        for mistake in error.mistakes:
            output.talk(str(mistake))
        return 2
    except NoHome as error:
        output.talk(str(error))
        return 2


def _status(config: Path | None, form: list[str], environ: Mapping[str, str], clock: Clock) -> int:
    from support_desk.cli.status import status

    return status(config, environ, clock.now(), as_json="--json" in form, tmux="--tmux" in form)


BARE = {"config": None, "read_only": False, "plain": False, "log_file": None, "log_level": "info"}
"""The options when none is given."""

USUAL: dict[tuple[str, ...], dict[str, object]] = {
    (): {"command": None, **BARE},
    ("demo",): {"command": "demo", "seed": 7, "at": None, **BARE},
}
"""The usual ways to open the dashboard: argparse would cost the first frame 7 ms to say the same."""


def _parsed(argv: list[str]) -> argparse.Namespace:
    if tuple(argv) in USUAL:
        return cast("argparse.Namespace", SimpleNamespace(**USUAL[tuple(argv)]))
    from support_desk.cli.arguments import parse

    return parse(argv)


def _with_log(arguments: argparse.Namespace, environ: Mapping[str, str], clock: Clock) -> int:
    if arguments.log_file is None:
        from support_desk.cli.silence import silence

        silence()
    else:
        from support_desk.cli.log import start_log

        try:
            start_log(arguments.log_file, arguments.log_level)
        except OSError as error:
            reason = os.strerror(error.errno or 0)
            output.talk(f"--log-file: {arguments.log_file} can't be written ({reason}). Choose another")
            return 2
    return _command(arguments, environ, clock)


def _command(arguments: argparse.Namespace, environ: Mapping[str, str], clock: Clock) -> int:
    match arguments.command:
        case "demo":
            return _demo(arguments)
        case "config":
            from support_desk.cli.config_commands import config_command

            return config_command(arguments, environ)
        case "check":
            from support_desk.cli.check import check

            return check(_loaded(arguments, environ, keys=True), environ, clock)
        case "login":
            from support_desk.cli.login import login

            return login(_loaded(arguments, environ), environ, clock)
        case "logout":
            from support_desk.cli.login import logout

            return logout(_loaded(arguments, environ), environ, clock)
        case "toil" | "handover" as name:
            from importlib import import_module

            command: Callable[..., int] = getattr(import_module(f"support_desk.cli.{name}"), name)
            return command(arguments, _loaded(arguments, environ), clock, environ)
        case "history":
            from support_desk.cli.history import history

            return history(arguments, _loaded(arguments, environ), clock, environ)
        case None:
            return _dashboard(arguments, environ, clock)
        case _:
            from support_desk.cli.one_shots import one_shot

            return one_shot(arguments, _loaded(arguments, environ), clock, environ)


def _loaded(arguments: argparse.Namespace, environ: Mapping[str, str], *, keys: bool = False) -> Loaded:
    """The configuration; its warnings are said. `keys`: those of `[keys]` count. Raises `ConfigError`."""
    from support_desk.config.load import load_config

    loaded = load_config(arguments.config, environ, _wrong_keys if keys else None)
    for warning in loaded.warnings:
        output.talk(f"warning: {warning}")
    if arguments.read_only and not loaded.config.read_only:
        import msgspec

        config = msgspec.structs.replace(loaded.config, read_only=True)
        loaded = msgspec.structs.replace(loaded, config=config)
    return loaded


def _wrong_keys(config: Config, where: Where) -> Sequence[Mistake]:
    """What is wrong with `[keys]`, which only the dashboard knows."""
    if not config.keys:
        return ()
    _before_textual()
    from support_desk.keys import key_mistakes

    return key_mistakes(config.keys, where)


def _dashboard(arguments: argparse.Namespace, environ: Mapping[str, str], clock: Clock) -> int:
    loaded = _loaded(arguments, environ, keys=not arguments.plain)
    if loaded.how_to_begin:
        output.talk(loaded.how_to_begin)
        return 2
    if arguments.plain:
        from support_desk.cli.one_shots import whole_desk

        return whole_desk(loaded, clock, environ)
    if not _on_a_terminal():
        return 2
    _before_textual()
    from support_desk.start import run_dashboard

    return run_dashboard(loaded, read_only=loaded.config.read_only)


def _demo(arguments: argparse.Namespace) -> int:
    if arguments.plain:
        from support_desk.cli.one_shots import whole_demo

        return whole_demo(arguments.seed, _demo_moment(arguments.at))
    if not _on_a_terminal():
        return 2
    _before_textual()
    from support_desk.start import run_demo

    return run_demo(seed=arguments.seed, at=_demo_moment(arguments.at), read_only=arguments.read_only)


def _demo_moment(typed: datetime | None) -> datetime | None:
    """When the demo is to begin (UTC); None: at its own moment."""
    if typed is None:
        return None
    from zoneinfo import ZoneInfo

    from support_desk.cli.arguments import in_zone
    from support_desk.sources.fixtures import demo_config

    return in_zone(typed, ZoneInfo(demo_config().hours.timezone))


def _before_textual() -> None:
    """What Textual and what it imports have to find when they are imported."""
    from support_desk.spared import before_the_dashboard

    # A key that comes right after a frame waits 8 ms for the next one, not 16.
    os.environ.setdefault("TEXTUAL_FPS", "120")
    before_the_dashboard()


def _on_a_terminal() -> bool:
    import sys

    if sys.stdin is not None and sys.stdout is not None and sys.stdin.isatty() and sys.stdout.isatty():
        return True
    output.talk("the dashboard needs a terminal. With --plain it prints the desk once as text")
    return False
