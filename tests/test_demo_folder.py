"""The demo's temporary folder: one that was killed leaves it to the next."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from support_desk.demo_folder import HELD, PREFIX, demo_folder, remove_ended


def test_the_next_demo_removes_what_a_killed_one_left_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    killed, about_to_begin, elsewhere = (
        tmp_path / name for name in (f"{PREFIX}killed", f"{PREFIX}begins", "elsewhere")
    )
    for folder in (killed, about_to_begin, elsewhere):
        folder.mkdir()
        (folder / "outbox.sqlite3").write_text("kept")
    for folder in (killed, elsewhere):
        (folder / HELD).write_text("")
    (killed / "link").symlink_to(elsewhere)
    link = tmp_path / f"{PREFIX}link"
    link.symlink_to(elsewhere)

    with demo_folder() as running:
        remove_ended()
        assert set(tmp_path.iterdir()) == {running, about_to_begin, elsewhere, link}
        assert (elsewhere / "outbox.sqlite3").read_text() == "kept"
    assert not running.exists()
