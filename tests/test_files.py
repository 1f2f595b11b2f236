"""Files that people ask for: whole or not at all."""

from __future__ import annotations

import resource
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from support_desk.files import write_new, write_over


@contextmanager
def full_after(size: int) -> Iterator[None]:
    """No file gets longer than `size` bytes, as on a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("write", [write_new, write_over])
def test_what_doesnt_fit_leaves_nothing(tmp_path: Path, write: Callable[[Path, bytes], None]) -> None:
    with full_after(10), pytest.raises(OSError, match="large"):
        write(tmp_path / "claims.csv", b"x" * 100)

    assert list(tmp_path.iterdir()) == []


def test_what_cant_take_its_place_leaves_nothing_beside_it(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(IsADirectoryError):
        write_over(tmp_path / "folder", b"x")
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_a_file_that_is_there_stays_or_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "claims.csv"
    write_new(path, b"one")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(FileExistsError):
        write_new(path, b"two")
    with full_after(10), pytest.raises(OSError, match="large"):
        write_over(path, b"x" * 100)
    assert path.read_bytes() == b"one"
    write_over(path, b"two")
    assert path.read_bytes() == b"two"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    (elsewhere := tmp_path / "elsewhere").mkdir()
    link = elsewhere / "link.csv"
    link.symlink_to(path)
    write_over(link, b"three")
    assert (path.read_bytes(), link.is_symlink()) == (b"three", True), "what a link names is what is meant"
    with pytest.raises(FileExistsError):
        write_new(link, b"four")
