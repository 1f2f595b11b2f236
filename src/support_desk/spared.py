"""What the program does without when it starts, so that it answers sooner and stays smaller.

`status` has 50 ms, the first frame 1.3 times an empty program's, and the week 30 MiB.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

from support_desk.later import Known, LaterMapping, function, spare

_HARDLY_USED = ("msgspec.inspect", "msgspec.toml", "msgspec.yaml", "ipaddress")
"""What msgspec and `urllib.parse` import and this program hardly uses."""


def before_anything() -> None:
    """To be called before msgspec and `urllib.parse` are imported."""
    # uuid asks for the system's name as soon as it is imported.
    named: dict[str, Known] = {"platform": {"system": lambda: os.uname().sysname}}
    spare({**{name: {} for name in _HARDLY_USED}, **named})


def before_status() -> None:
    """To be called before msgspec is imported: a fifth of the time that `status` takes."""
    # msgspec takes from it what `typing` has as well, and does without where it isn't installed.
    sys.modules["typing_extensions"] = None  # type: ignore[assignment]
    # `dataclasses` wants two of them for signatures and copies that nobody asks for, msgspec the third.
    spare({"inspect": {"get_annotations": _annotations}, "copy": {}, "textwrap": {}})


_annotations_of_anything = function("inspect", "get_annotations")


def _annotations(of: object, **options: object) -> Mapping[str, object]:
    """What `dataclasses` asks of each class from Python 3.12 on; anything else imports `inspect`."""
    if isinstance(of, type) and not options and isinstance(own := vars(of).get("__annotations__"), dict):
        return dict(own)
    found: Mapping[str, object] = _annotations_of_anything(of, **options)
    return found


def before_the_dashboard() -> None:
    """To be called before Textual and asyncio are imported: half of what is spared is OpenSSL."""
    spare({"ssl": {}, "asyncio.sslproto": {}})
    # Named characters, and the dates of cookies and of mail.
    spare({"html.entities": {"html5": LaterMapping("html.entities", "html5")}})
    spare({"calendar": {"timegm": function("calendar", "timegm")}})
    from textual._types import IgnoreReturnCallbackType

    # Textual's palette takes one type from a module that imports four kinds of widgets to name theirs.
    spare({"textual.types": {"IgnoreReturnCallbackType": IgnoreReturnCallbackType}})
