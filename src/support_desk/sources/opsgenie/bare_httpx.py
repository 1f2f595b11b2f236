"""httpx without its command line, which it imports wherever click is installed.

The only door to it, as `bare_requests` is to requests.
"""

from __future__ import annotations

from support_desk.later import ALL_NAMES, spare
from support_desk.sources.optional import without

# For hosts whose names aren't ASCII.
spare({"idna": {}, "stringprep": {}})
# For whoever does without asyncio, and for servers.
_BLOCKING = ("connection", "connection_pool", "http11", "http_proxy", "interfaces")
spare(dict.fromkeys((f"httpcore._sync.{name}" for name in _BLOCKING), ALL_NAMES))
spare(dict.fromkeys(("httpcore._api", "httpcore._backends.mock", "anyio.streams.stapled"), ALL_NAMES))
with without("click"):
    import httpx

# httpx imports these with its first client and connection: on the event loop, where keys would wait.
import httpcore  # noqa: F401
from anyio import connect_tcp  # noqa: F401

__all__ = ["httpx"]
