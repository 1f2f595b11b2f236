"""How long and how much: the bounds that keep a bad answer from holding the desk."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one request; tests move them down rather than wait."""

    connect_seconds: float = 3.05
    """For the connection. Just above 3, the usual interval before a lost packet is sent again."""
    read_seconds: float = 15.0
    """Between two bytes of an answer."""
    total_seconds: float = 30.0
    """For the whole body: a server that drips a byte now and then never trips `read_seconds`."""
    job_seconds: float = 75.0
    """For a piece of work, secrets and sign-in included. A thread that takes longer is left behind."""
    body_bytes: int = 32 * 1024 * 1024
    """Of a JSON answer, after decompression. A page of a hundred tickets is 0.1 to 6 MB."""
    values: int | None = 1_000_000
    """Of a JSON answer: each takes memory and time, however small it is; None: it isn't JSON.

    A page of tickets with as many fields of the account's own as there can be has a third of it.
    """
    download_seconds: float = 300.0
    """For an attachment."""
