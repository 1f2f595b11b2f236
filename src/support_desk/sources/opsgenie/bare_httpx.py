"""httpx without its command line, which it imports wherever click is installed.

The only door to it, as `bare_requests` is to requests.
"""

from __future__ import annotations

from support_desk.later import ALL_NAMES, spare
from support_desk.sources.optional import without

# For hosts whose names aren't ASCII, for who doesn't use asyncio, and for servers.
spare({"idna": {}, "stringprep": {}})
spare(dict.fromkeys(("httpcore._api", "httpcore._sync", "httpcore._backends.mock"), ALL_NAMES))
spare({"anyio.streams.stapled": ALL_NAMES})
with without("click"):
    import httpx

# httpx imports these with its first client and connection: on the event loop, where keys would wait.
import httpcore  # noqa: F401
from anyio import connect_tcp  # noqa: F401

__all__ = ["httpx"]
