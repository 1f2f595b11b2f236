"""What a person said about their claims is there after a restart, and is theirs alone."""

from __future__ import annotations

import sqlite3
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from support_desk.desk.schema import StoreError
from support_desk.desk.toil_book import ToilBook
from support_desk.domain.toil import Answer
from support_desk.domain.toil_rule import Woken

AT = datetime(2026, 11, 25, 9, tzinfo=UTC)


def answer(alert: str, woken: Woken = Woken.FIRST, **more: Any) -> Answer:
    given: dict[str, Any] = {"fix": timedelta(minutes=130), "left_out": False, "at": AT} | more
    return Answer(alert, woken, **given)


def test_it_is_read_back_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "mine" / "toil.sqlite3"
    book = ToilBook.open(path)
    said = [answer("a"), answer("b", Woken.LATER, left_out=True, fix=timedelta()), answer("c", claimed_at=AT)]
    for one in said:
        book.keep("Jo@example.com", one)
    book.close()

    again = ToilBook.open(path)
    assert again.answers("jo@EXAMPLE.com") == {one.alert: one for one in said}
    assert again.answers("sam@example.com") == {}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    again.close()


def test_an_answer_takes_the_place_of_those_about_the_same_claim(tmp_path: Path) -> None:
    book = ToilBook.open(tmp_path / "toil.sqlite3")
    book.keep("jo", answer("b"))
    book.keep("jo", answer("other"))
    book.keep("jo", answer("a", Woken.NO), replaces=("a", "b"))
    book.keep("jo", answer("a", Woken.LATER), replaces=("a", "b"))
    assert {alert: said.woken for alert, said in book.answers("jo").items()} == {
        "a": Woken.LATER,
        "other": Woken.FIRST,
    }
    book.close()


def test_what_a_newer_version_wrote_counts_as_not_said(tmp_path: Path) -> None:
    path = tmp_path / "toil.sqlite3"
    book = ToilBook.open(path)
    book.keep("jo", answer("a"))
    book.keep("jo", answer("b"))
    with sqlite3.connect(path) as other:
        other.execute("UPDATE answers SET woken = 'dreaming' WHERE alert = 'a'")
    other.close()
    assert list(book.answers("jo")) == ["b"]
    book.close()


def test_a_damaged_file_is_set_aside_and_named(tmp_path: Path) -> None:
    path = tmp_path / "toil.sqlite3"
    path.write_bytes(b"no database at all, not one page of it" * 100)
    book = ToilBook.open(path)
    assert "begin anew" in book.notes[0]
    assert book.answers("jo") == {}
    book.close()


def test_a_folder_that_cannot_be_written_to_is_a_problem_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError) as caught:
        ToilBook.open(tmp_path / "file" / "toil.sqlite3")
    assert caught.value.remedy


def test_without_a_file_it_lasts_as_long_as_the_program() -> None:
    book = ToilBook.in_memory()
    book.keep("jo", answer("a"))
    assert book.answers("jo") == {"a": answer("a")}
    book.close()
