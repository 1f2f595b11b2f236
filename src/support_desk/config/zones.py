"""Time zones, imported without the variables that Python was built with.

`zoneinfo` asks `sysconfig` where the system keeps its zones, unless the environment says so, and that loads
a thousand variables: more than a millisecond of the few that `status` and the first frame have. The folders
here are Python's own default; where a system has none of them, `zoneinfo` reads the package `tzdata`.
"""

from __future__ import annotations

import os

_VARIABLE = "PYTHONTZPATH"
_FOLDERS = ("/usr/share/zoneinfo", "/usr/lib/zoneinfo", "/usr/share/lib/zoneinfo", "/etc/zoneinfo")

_given = os.environ.get(_VARIABLE)
os.environ.setdefault(_VARIABLE, os.pathsep.join(_FOLDERS))
try:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError
finally:
    if _given is None:
        # Programs that are started from here (an editor, a password manager) get the environment as it was.
        del os.environ[_VARIABLE]

__all__ = ["ZoneInfo", "ZoneInfoNotFoundError"]
