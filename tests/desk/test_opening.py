"""What a thread opens is let go of when nobody waits for it any more."""

from __future__ import annotations

import asyncio
import threading

import pytest

from support_desk.desk.opening import opened


class File:
    """Something that takes until `opens` is set to be opened."""

    def __init__(self) -> None:
        self.opens = threading.Event()
        self.begun = threading.Event()
        self.let_go = asyncio.Event()

    def open(self) -> File:
        self.begun.set()
        self.opens.wait()
        return self


async def test_who_waits_gets_what_was_opened() -> None:
    file = File()
    file.opens.set()

    assert await opened(file.open, lambda file: file.let_go.set()) is file
    assert not file.let_go.is_set()


async def test_what_was_opened_for_somebody_who_left_is_let_go_of() -> None:
    file = File()
    waiting = asyncio.create_task(opened(file.open, lambda file: file.let_go.set()))
    await asyncio.to_thread(file.begun.wait)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert not file.let_go.is_set()

    file.opens.set()

    await file.let_go.wait()


async def test_what_could_not_be_opened_for_somebody_who_left_is_no_news(
    caplog: pytest.LogCaptureFixture,
) -> None:
    begun, fails = threading.Event(), threading.Event()

    def fail() -> File:
        begun.set()
        fails.wait()
        raise OSError("no such folder")

    waiting = asyncio.create_task(opened(fail, lambda file: file.let_go.set()))
    await asyncio.to_thread(begun.wait)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    fails.set()
    # Behind it in the same queue of threads, and then in the loop's.
    await asyncio.get_running_loop().shutdown_default_executor()
    await asyncio.sleep(0)

    assert caplog.records == []


async def test_what_cannot_be_opened_is_raised() -> None:
    def fail() -> File:
        raise OSError("no such folder")

    with pytest.raises(OSError, match="no such folder"):
        await opened(fail, lambda file: file.let_go.set())
