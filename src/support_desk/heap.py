"""The C library's heap, for a program that stays open for a week beside everything else on the machine."""

from __future__ import annotations

import ctypes

_TRIM_THRESHOLD = -1
_MMAP_THRESHOLD = -3
_ARENA_MAX = -8
"""The numbers that glibc's `mallopt` has for these settings; no header reaches Python."""
_MOST_UNUSED = 64 * 1024
"""Bytes that may lie unused at the heap's end."""
_LARGE = 128 * 1024
"""Blocks of so many bytes are the system's own and go back to it whole. These are glibc's own bounds, but it
raises them with the largest block that was ever freed."""


def stay_small() -> None:
    """One heap for all threads, and what is freed goes back to the system; worth 5 MiB here.

    glibc gives each thread a heap of its own, so that threads that allocate at once don't wait for each
    other. Python's threads take turns anyway. To be called before the threads that read are started; without
    effect where the C library isn't glibc.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_ARENA_MAX, 1)
        mallopt(_TRIM_THRESHOLD, _MOST_UNUSED)
        mallopt(_MMAP_THRESHOLD, _LARGE)
