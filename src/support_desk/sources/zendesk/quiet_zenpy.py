"""zenpy, imported without what it does to logging when `DEBUG_LOG` is set.

It would print every request and body on stderr, over the screen. The variable is common enough to be
somebody else's, so it is put back.
"""

from __future__ import annotations

import logging
import os

import support_desk.sources.zendesk.bare_requests  # noqa: F401 - before zenpy imports all of requests
from support_desk.later import ALL_NAMES, spare

# For dates in its objects and for exports: what is read here is JSON, whose dates are read by `wire`.
spare({"dateutil.parser": {}, "pytz": {}})
# For other products than Support.
_OTHERS = ("chat_objects", "engagement", "help_centre_objects", "talk_objects", "zis_objects")
spare({f"zenpy.lib.api_objects.{name}": ALL_NAMES for name in _OTHERS})
_debug_log = os.environ.pop("DEBUG_LOG", None)
try:
    import zenpy
    from zenpy.lib import api_objects
    from zenpy.lib import exception as zenpy_errors
    from zenpy.lib.api import BaseApi
finally:
    if _debug_log is not None:
        os.environ["DEBUG_LOG"] = _debug_log

# zenpy formats whole answers for its debug log even when nobody reads it, and they hold clients' words.
logging.getLogger("zenpy").setLevel(logging.WARNING)

__all__ = ["BaseApi", "api_objects", "zenpy", "zenpy_errors"]
