"""httpx without its command line, which it imports wherever click is installed."""

from __future__ import annotations

from support_desk.sources.optional import without

with without("click"):
    import httpx

__all__ = ["httpx"]
