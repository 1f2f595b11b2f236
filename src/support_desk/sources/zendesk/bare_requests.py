"""requests, and urllib3 under it, without the tables for guessing an encoding: all that is read is JSON.

The only door to the two: several threads begin at once, and one that met a package which another has half
imported would deadlock with it. Through a door they wait for each other.
"""

from __future__ import annotations

import warnings

from support_desk.later import LaterName, spare
from support_desk.sources.optional import without

# For HTTP/2, for authorities in an archive, for hosts whose names aren't ASCII, and for kinds of cookies.
spare({"importlib.metadata": {"version": LaterName("importlib.metadata", "version")}, "zipfile": {}})
spare({"idna": {}, "stringprep": {}, "http.cookies": {"Morsel": LaterName("http.cookies", "Morsel")}})
# requests would say so on stderr, over the screen.
warnings.filterwarnings("ignore", message="Unable to find acceptable character detection")
with without("charset_normalizer", "chardet"):
    import requests
    from urllib3 import connection as urllib3_connection
    from urllib3 import connectionpool as urllib3_pool
    from urllib3 import exceptions as urllib3_errors

__all__ = ["requests", "urllib3_connection", "urllib3_errors", "urllib3_pool"]
