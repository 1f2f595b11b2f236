"""Time zones come from the same places as ever, and nothing that is started from here notices."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

LOOK = (
    "import os, sys; from support_desk.config.zones import ZoneInfo\n"
    "print(any(name.startswith('_sysconfigdata') for name in sys.modules), os.environ.get('PYTHONTZPATH'))\n"
    "import zoneinfo; print(zoneinfo.TZPATH); print(ZoneInfo('Europe/London').key)"
)


def look(**environment: str) -> list[str]:
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONTZPATH"}
    return subprocess.run(
        [sys.executable, "-c", LOOK], env=kept | environment, capture_output=True, text=True, check=True
    ).stdout.splitlines()


@pytest.mark.skipif(sys.platform != "linux", reason="where the system keeps its zones")
def test_the_folders_are_pythons_own_and_the_environment_stays_as_it_was() -> None:
    loaded, path, key = look()
    assert loaded == "False None"
    assert "/usr/share/zoneinfo" in path
    assert key == "Europe/London"


def test_a_folder_that_the_person_names_counts(tmp_path: object) -> None:
    loaded, path, key = look(PYTHONTZPATH=str(tmp_path))
    assert loaded == f"False {tmp_path}"
    assert path == str((str(tmp_path),))
    assert key == "Europe/London", "from the package tzdata"
