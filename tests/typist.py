"""A random typist: keys, words, clicks, pastes and other sizes of the terminal, in any order and at any pace.

What it does follows from its seed; when it does it, from this machine's load. A fault that it finds is one of
the program's, though it may take several runs to come again. For a longer try than the suite's:

    python -m tests.typist 1 2 3 --acts 5000
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from random import Random

from tests.terminal import KEYS, Terminal

Size = tuple[int, int]
SIZES: tuple[Size, ...] = ((24, 80), (45, 160), (80, 250), (10, 40), (30, 100), (5, 20), (60, 120))
"""Lines and columns."""

LETTERS = (
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/?#:.,;+-=<>[]!\"£$%^&*()_~@'\\|` é日"
)
_LEAVES = {"ctrl+q", "ctrl+z", "ctrl+c"}
NAMED = [sequence for name, sequence in KEYS.items() if name not in _LEAVES]
BUTTONS = (0, 0, 0, 2, 32, 64, 65)
"""The left one, the right one, moving, the wheel."""


def acts(seed: int, size: Size, count: int) -> Iterator[str | Size]:
    """What is sent to the terminal, or its next size."""
    random = Random(seed)  # noqa: S311 - the same acts for the same seed
    for _ in range(count):
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


def type_at(command: list[str], seed: int, size: Size, count: int) -> str:
    """Type at the program; says what went wrong, or nothing."""
    pace = Random(seed)  # noqa: S311
    with tempfile.TemporaryDirectory(prefix="typist-", ignore_cleanup_errors=True) as home:
        log = Path(home) / "log"
        env = dict.fromkeys(("HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME"), home)
        env |= dict.fromkeys(("EDITOR", "VISUAL", "BROWSER"), "true")
        done: list[str | Size] = []
        with Terminal(
            [*command, "--log-file", str(log), "demo"],
            rows=size[0], columns=size[1], env=env, cwd=Path(home),
        ) as desk:  # fmt: skip
            # In a folder of its own: it saves calendars and tables under any name.
            desk.wait_for(lambda terminal: bool(terminal.text.strip()), timeout=30)
            for act in acts(seed, size, count):
                done.append(act)
                if isinstance(act, str):
                    desk.send(act)
                else:
                    desk.resize(*act)
                desk.read_for(pace.choice((0.001, 0.003, 0.01, 0.03)))
                if desk.process.poll() is not None:
                    break
            desk.kill(signal.SIGTERM)
            code, modes = desk.wait_exit(15), desk.modes_left()
        told = log.read_text()
        if code == 0 and not modes and " CRITICAL " not in told:
            return ""
        return f"seed {seed}: exit {code}, left {modes}, after {done[-30:]}\n{told[-5_000:]}"


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.typist", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("seeds", nargs="+", type=int)
    parser.add_argument("--acts", type=int, default=1_000)
    wanted = parser.parse_args()
    found = 0
    for seed in wanted.seeds:
        size = SIZES[seed % len(SIZES)]
        wrong = type_at([sys.executable, "-m", "support_desk"], seed, size, wanted.acts)
        sys.stdout.write(f"{wrong or f'seed {seed}: nothing'}\n")
        found += bool(wrong)
    return min(found, 1)


if __name__ == "__main__":
    sys.exit(main())
