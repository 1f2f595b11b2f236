"""Without `--log-file` nothing is logged; apart from `log` because its handler costs the first frame 3 ms."""

from __future__ import annotations

import logging

_QUIET = ("httpx", "httpcore", "urllib3", "requests", "zenpy", "asyncio", "markdown_it")
"""These write addresses or bodies at INFO and below."""


def silence() -> None:
    """No log, and nothing to standard error, where it would tear up an open screen."""
    logging.getLogger().addHandler(logging.NullHandler())
    silence_libraries()


def silence_libraries() -> None:
    """Only what is wrong, from those that would write addresses or bodies."""
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
