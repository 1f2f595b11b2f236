"""No order of keys, clicks and sizes ends the desk with a fault, or leaves the terminal other than it was."""

from __future__ import annotations

import pytest

from tests.program.desk import PROGRAM
from tests.typist import SIZES, type_at, type_at_services

ACTS = 300


@pytest.mark.parametrize("seed", [1, 2])
def test_a_random_typist_finds_nothing(seed: int) -> None:
    assert type_at(PROGRAM, seed, SIZES[seed % len(SIZES)], ACTS) == ""


@pytest.mark.parametrize("seed", [3])
def test_nor_does_one_at_services_that_go_wrong(seed: int) -> None:
    assert type_at_services(seed, 100, sittings=2) == ""
