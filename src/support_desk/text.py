"""The one door for text from outside."""

from __future__ import annotations

from typing import NewType

CleanText = NewType("CleanText", str)
"""Text that can neither move the cursor nor break a column."""


def clean(text: str, limit: int = 500) -> CleanText:
    """One line."""
    return CleanText(" ".join("".join(c if c.isprintable() else " " for c in text[:limit]).split()))


def clean_block(text: str, limit: int = 64_000) -> CleanText:
    """Several lines."""
    return CleanText("\n".join(clean(line) for line in text[:limit].splitlines()))
