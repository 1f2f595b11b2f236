"""A random typist: keys, words, clicks, pastes and other sizes of the terminal, in any order and at any pace.

What it does follows from its seed; when it does it, from this machine's load. A fault that it finds is one of
the program's, though it may take several runs to come again. For a longer try than the suite's:

    python -m tests.typist 1 2 3 --acts 5000
    python -m tests.typist 1 2 3 --acts 200 --services
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from support_desk.desk.outbox_store import OutboxStore
from support_desk.domain.commands import (
    Acknowledge,
    AddResponder,
    AssignAlert,
    CloseAlert,
    EscalateAlert,
    NoteAlert,
    PagePerson,
    RaiseTicket,
    SnoozeAlert,
)
from tests.program.desk import PROGRAM
from tests.program.services import Desk
from tests.simulators.http import Server, dropped, html_page, json_answer, silence, text_answer
from tests.simulators.opsgenie import stamp, wire_alert
from tests.simulators.opsgenie_writes import WritableOpsgenie
from tests.simulators.zendesk import fill
from tests.simulators.zendesk_writes import WritableZendesk
from tests.terminal import KEYS, Terminal

Size = tuple[int, int]
SIZES: tuple[Size, ...] = ((24, 80), (45, 160), (80, 250), (10, 40), (30, 100), (5, 20), (60, 120))
"""Lines and columns."""

LETTERS = (
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/?#:.,;+-=<>[]!\"£$%^&*()_~@'\\|` é日"
)
FAULTS = (" CRITICAL ", "worker failed")
"""What the log says of a fault of the program."""
KINDS: Mapping[type[object], str] = {
    Acknowledge: "acknowledge", CloseAlert: "close", SnoozeAlert: "snooze", EscalateAlert: "escalate",
    AddResponder: "responders", NoteAlert: "notes", AssignAlert: "assign", PagePerson: "create",
    RaiseTicket: "raise",
}  # fmt: skip
"""What the simulators call what is decided."""
HARMLESS = dict.fromkeys(("EDITOR", "VISUAL", "BROWSER"), "true")
_LEAVES = {"ctrl+q", "ctrl+z", "ctrl+c"}
NAMED = [sequence for name, sequence in KEYS.items() if name not in _LEAVES]
BUTTONS = (0, 0, 0, 2, 32, 64, 65)
"""The left one, the right one, moving, the wheel."""


def seeded(seed: int) -> Random:
    """Chances that are the same for the same seed."""
    return Random(seed)


def acts(seed: int, size: Size, count: int, *, decided: bool = False) -> Iterator[str | Size]:
    """What is sent to the terminal, or its next size; `decided`: often something that is to be done."""
    random = seeded(seed)
    for _ in range(count):
        if decided and random.random() < 0.15:
            yield from _decision(random)
            continue
        chance = random.random()
        if chance < 0.5:
            yield "".join(random.choices(LETTERS, k=random.choice((1, 1, 1, 1, 2, 5))))
        elif chance < 0.8:
            yield random.choice(NAMED)
        elif chance < 0.95:
            line, column, button = (
                random.randint(1, size[0]),
                random.randint(1, size[1]),
                random.choice(BUTTONS),
            )
            up = f"\x1b[<{button};{column};{line}m" if button in (0, 2) else ""
            yield f"\x1b[<{button};{column};{line}M{up}"
        elif chance < 0.98:
            size = random.choice(SIZES)
            yield size
        else:
            yield "\x1b[200~pasted\ntext \x1b[201~"


def _decision(random: Random) -> Iterator[str]:
    """Back to the lists, to a row, something to be done there, and yes to whatever is asked."""
    yield from "\x1b" * 8
    yield random.choice("12") + "j" * random.randrange(6)
    yield random.choice("aaccezwEutn")
    yield random.choice(("y", "\r", "text\x13", "e", ""))


def type_at(command: list[str], seed: int, size: Size, count: int) -> str:
    """Type at the demo; says what went wrong, or nothing."""
    with tempfile.TemporaryDirectory(prefix="typist-", ignore_cleanup_errors=True) as home:
        log = Path(home) / "log"
        env = dict.fromkeys(("HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME"), home) | HARMLESS
        with Terminal(
            [*command, "--log-file", str(log), "demo"],
            rows=size[0], columns=size[1], env=env, cwd=Path(home),
        ) as desk:  # fmt: skip
            # In a folder of its own: it saves calendars and tables under any name.
            return _sit_at(desk, log, acts(seed, size, count), seeded(seed), signal.SIGTERM)


def type_at_services(seed: int, count: int, sittings: int = 3) -> str:
    """Type at the program on both services, whose answers go wrong; says what went wrong besides, or nothing.

    After each sitting it is ended in one way or another, and begins where it was.
    """
    random = seeded(seed)
    with (
        tempfile.TemporaryDirectory(prefix="typist-", ignore_cleanup_errors=True) as home,
        services(random) as (opsgenie, zendesk),
    ):
        folder = Path(home)
        desk = Desk(folder, zendesk, opsgenie, _runbooks(folder) + "[polling]\nalerts = 5\ntickets = 10\n")
        for sitting in range(sittings):
            size = random.choice(SIZES)
            _go_wrong(
                opsgenie.server, random, ("/v2/alerts", "/acknowledge", "/notes", "/on-calls", "/users")
            )
            _go_wrong(zendesk, random, ("/search", "/tickets/", "/users", "/macros", "/comments"))
            log = folder / f"log{sitting}"
            with desk.start(
                "--log-file", str(log), rows=size[0], columns=size[1], HOME=home, **HARMLESS
            ) as terminal:
                typed = acts(seed * 10 + sitting, size, count, decided=True)
                end = random.choice((signal.SIGTERM, signal.SIGHUP, signal.SIGKILL))
                if wrong := _sit_at(terminal, log, typed, random, end):
                    return f"seed {seed}, sitting {sitting}, {size}: {wrong}"
        return _done_too_often(folder, opsgenie, zendesk)


def _sit_at(desk: Terminal, log: Path, typed: Iterator[str | Size], pace: Random, end: signal.Signals) -> str:
    """Type all of this, let the program come to rest, and end it; says what went wrong, or nothing."""
    desk.wait_for(lambda terminal: bool(terminal.text.strip()), timeout=30)
    done: list[str | Size] = []
    for act in typed:
        done.append(act)
        if isinstance(act, str):
            desk.send(act)
        else:
            desk.resize(*act)
        desk.read_for(pace.choice((0.001, 0.003, 0.01, 0.03)))
        if desk.process.poll() is not None:
            break
    rests = _comes_to_rest(desk)
    desk.kill(end)
    code, modes = desk.wait_exit(15), desk.modes_left()
    told = log.read_text()
    clean = (code == 0 and not modes) or (end is signal.SIGKILL and code == -signal.SIGKILL)
    if rests and clean and not any(word in told for word in FAULTS):
        return ""
    state = "" if rests else ", never at rest"
    return f"exit {code} at {end.name}, left {modes}{state}, after {done[-30:]}\n{told[-5_000:]}"


def _done_too_often(folder: Path, opsgenie: WritableOpsgenie, zendesk: WritableZendesk) -> str:
    """What was done oftener than it was decided, by the outbox's own record; or nothing."""
    ever = datetime.min.replace(tzinfo=UTC) + timedelta(days=1), datetime.now(UTC) + timedelta(days=1)
    decided: Counter[tuple[str, str]] = Counter()
    for path in folder.rglob("outbox-*.sqlite3"):
        store = OutboxStore.open(path)
        told = {line.action: line for line in store.log(*ever)}
        store.close()
        for line in told.values():
            for target in (line.target.id, ""):
                decided[KINDS.get(type(line.command), "other"), target] += 1
    kinds = set(KINDS.values()) - {"create"}
    done = Counter({key: times for key, times in opsgenie.applied.items() if key[0] in kinds})
    done["create", ""] = sum(times for (kind, _), times in opsgenie.applied.items() if kind == "create")
    done["raise", ""] = zendesk.applied["create", 0]
    often = {key: (times, decided[key]) for key, times in done.items() if times > decided[key]}
    return f"done and decided: {often}" if often else ""


def _comes_to_rest(desk: Terminal) -> bool:
    """Whether there is half a second, of the next twenty, in which the program does little."""
    if not Path("/proc/self/stat").exists():
        return True
    for _ in range(40):
        before = _seconds_of_processor(desk)
        desk.read_for(0.5)
        if desk.process.poll() is not None or _seconds_of_processor(desk) - before < 0.2:
            return True
    return False


def _seconds_of_processor(desk: Terminal) -> float:
    try:
        numbers = Path(f"/proc/{desk.process.pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(numbers[11]) + int(numbers[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def services(random: Random) -> Iterator[tuple[WritableOpsgenie, WritableZendesk]]:
    """A few alerts and tickets on both services."""
    now = datetime.now(UTC)
    with (
        WritableOpsgenie(now, clock=lambda: datetime.now(UTC)) as opsgenie,
        WritableZendesk(clock=lambda: datetime.now(UTC)) as zendesk,
    ):
        for number in range(9):
            began = stamp(now - timedelta(minutes=2 + 3 * number))
            opsgenie.alerts.append(
                wire_alert(
                    f"a{number}", message=f"acme-{number}-5xx", priority=f"P{1 + number % 5}",
                    createdAt=began, updatedAt=began,
                )
            )  # fmt: skip
        zendesk.add(*fill(random.choice((0, 12, 150))))
        yield opsgenie, zendesk


def _runbooks(folder: Path) -> str:
    """Two runbooks; the section of the configuration that names them."""
    books = folder / "runbooks"
    books.mkdir()
    (books / "one.md").write_text("# One\n\n[two](two.md)\n\n```\ndf -h\n```\n")
    (books / "two.md").write_text("# Two\n\nSee [the page](https://acme.example/).\n")
    return f'[runbooks]\npath = "{books}"\n'


def _go_wrong(service: Server, random: Random, paths: tuple[str, ...]) -> None:
    """Some of the next answers won't be answers."""
    for _ in range(random.randrange(6)):
        answer = random.choice(
            (
                dropped(), silence(), html_page(502), json_answer({}, 500), text_answer(200, "{"),
                text_answer(429, "slow down"),
            )
        )  # fmt: skip
        service.fail(random.choice(paths), answer)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.typist", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("seeds", nargs="+", type=int)
    parser.add_argument("--acts", type=int, default=1_000)
    parser.add_argument("--services", action="store_true", help="not the demo: both services, simulated")
    wanted = parser.parse_args()
    found = 0
    for seed in wanted.seeds:
        if wanted.services:
            wrong = type_at_services(seed, wanted.acts)
        else:
            wrong = type_at(PROGRAM, seed, SIZES[seed % len(SIZES)], wanted.acts)
        sys.stdout.write(f"{wrong or f'seed {seed}: nothing'}\n")
        found += bool(wrong)
    return min(found, 1)


if __name__ == "__main__":
    sys.exit(main())
