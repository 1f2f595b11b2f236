"""Attachments are fetched when a person asks for one, and put where nothing is lost or run."""

from __future__ import annotations

import stat
from dataclasses import replace
from pathlib import Path

import pytest
from textual.widgets import Input

from support_desk.domain.tickets import Attachment, TicketDetail
from support_desk.screens.attachments import LIMIT, safe_name, size_words, store
from support_desk.screens.ticket import TicketScreen
from tests.screens.support import Faults, Running, broken, running


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("report.pdf", "report.pdf"),
        ("../../.ssh/authorized_keys", "authorized_keys"),
        ("C:\\Windows\\evil.exe", "evil.exe"),
        ("/etc/passwd", "passwd"),
        (".bashrc", "bashrc"),
        ("-rf", "rf"),
        ("--", "attachment"),
        ("...", "attachment"),
        ("", "attachment"),
        ("a/b/", "attachment"),
        ("two  words .txt", "two words .txt"),
        ("bad\x00\x1b[31mname\n.txt", "badname .txt"),
        ("report\u202efdp.exe", "reportfdp.exe"),
    ],
)
def test_a_name_from_outside_is_only_a_name(name: str, expected: str) -> None:
    assert safe_name(name) == expected


def test_a_long_name_keeps_its_ending_and_fits_a_file_system() -> None:
    assert safe_name("x" * 300 + ".pdf").endswith(".pdf")
    assert len(safe_name("字" * 300 + ".pdf").encode()) <= 255
    assert safe_name("字" * 300 + ".pdf").endswith(".pdf")


def test_sizes_are_written_for_people() -> None:
    assert [size_words(size) for size in (0, 812, 2_100_000, 88_200)] == ["0 B", "812 B", "2.1 MB", "88.2 kB"]


def test_nothing_is_ever_replaced_and_only_the_owner_may_read(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("mine")
    (tmp_path / "a (2).txt").symlink_to(tmp_path / "elsewhere")
    path = store(tmp_path, "a.txt", b"new")
    assert path.name == "a (3).txt"
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert (tmp_path / "a.txt").read_text() == "mine"
    assert not (tmp_path / "elsewhere").exists()


PDF = Attachment("report.pdf", 2_100, "application/pdf", "")
SCRIPT = Attachment("run-me.desktop", 100, "application/x-desktop", "")
HUGE = Attachment("disk.img", LIMIT + 1, "application/octet-stream", "")


def with_files(detail: TicketDetail) -> TicketDetail:
    real = next((file for comment in detail.comments for file in comment.attachments), None)
    url = real.url if real else "https://helpdesk.example/none"
    files = tuple(replace(file, url=url) for file in (PDF, SCRIPT, HUGE))
    return replace(detail, comments=(replace(detail.comments[0], attachments=files), *detail.comments[1:]))


async def reading(desk: Running) -> TicketScreen:
    number = next(t.id for t in desk.ticket_rows() if "Intermittent 5xx" in t.subject)
    desk.app.open_ticket(number)
    await desk.until(lambda: isinstance(desk.app.screen, TicketScreen) and desk.app.screen.detail)
    screen = desk.app.screen
    assert isinstance(screen, TicketScreen)
    return screen


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "Downloads").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


@pytest.mark.usefixtures("home")
async def test_reading_a_ticket_lists_attachments_and_fetches_none() -> None:
    async with running(faults=Faults(edit_detail=with_files)) as desk:
        screen = await reading(desk)
        assert "[1] report.pdf  2.1 kB  application/pdf" in screen.text.plain
        await desk.press("G", "r", "a")
        await desk.until(lambda: "Nothing is fetched yet" in desk.screen_text())
        await desk.press("enter")
        await desk.until(lambda: "Save to" in desk.screen_text())
        await desk.press("escape")
        assert desk.faults.downloads == []


async def test_an_attachment_is_saved_where_the_person_says(home: Path) -> None:
    async with running(faults=Faults(edit_detail=with_files)) as desk:
        await reading(desk)
        await desk.press("a", "enter", "enter")
        saved = home / "Downloads" / "report.pdf"
        await desk.until(lambda: any(line.startswith("Saved") for line in desk.said))
        assert saved.exists()
        assert stat.S_IMODE(saved.stat().st_mode) == 0o600
        other = home / "other"
        other.mkdir()
        await desk.press("a", "enter", "down", "enter")
        await desk.until(lambda: "Save to which folder?" in desk.screen_text())
        desk.app.screen.query_one(Input).value = str(other)
        await desk.press("enter")
        await desk.until((other / "report.pdf").exists)


async def test_a_failed_download_or_folder_is_said(home: Path) -> None:
    async with running(faults=Faults(edit_detail=with_files)) as desk:
        await reading(desk)
        desk.faults.error = broken()
        await desk.press("a", "enter", "enter")
        await desk.until(
            lambda: "report.pdf was not fetched: Zendesk gave no answer: look at the network" in desk.said
        )
        desk.faults.error = None
        (home / "Downloads").rmdir()
        (home / "Downloads").write_text("not a folder")
        await desk.press("a", "enter", "down", "enter")
        await desk.until(lambda: "Save to which folder?" in desk.screen_text())
        desk.app.screen.query_one(Input).value = str(home / "Downloads")
        await desk.press("enter")
        await desk.until(lambda: any(line.startswith("report.pdf was not saved") for line in desk.said))


@pytest.mark.usefixtures("home")
async def test_what_would_run_is_not_opened_and_what_is_too_big_not_fetched() -> None:
    async with running(faults=Faults(edit_detail=with_files)) as desk:
        await reading(desk)
        await desk.press("a", "down", "enter", "down", "down", "enter")
        await desk.until(lambda: any("save it instead" in line for line in desk.said))
        await desk.press("a", "down", "down", "enter")
        await desk.until(lambda: any("more than the 25.0 MB" in line for line in desk.said))
        assert desk.faults.downloads == []
