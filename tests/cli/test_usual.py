"""The ways to open the dashboard that don't wait for argparse mean the same as those that do."""

from __future__ import annotations

import pytest

from support_desk.cli import USUAL
from support_desk.cli.arguments import parse


@pytest.mark.parametrize("argv", USUAL)
def test_argparse_says_the_same(argv: tuple[str, ...]) -> None:
    assert vars(parse(list(argv))) == USUAL[argv]
