"""What the program does without when it starts, so that it answers sooner and stays smaller.

`status` has 50 ms, the first frame 1.3 times an empty program's, and the week 30 MiB.
"""

from __future__ import annotations

import os
import sys
import typing
from collections.abc import Mapping

from support_desk.later import ALL_NAMES, LaterMapping, LaterName, spare

_HARDLY_USED = ("msgspec.inspect", "msgspec.toml", "msgspec.yaml", "ipaddress")
"""What msgspec and `urllib.parse` import and this program hardly uses."""


def before_anything() -> None:
    """To be called before msgspec and `urllib.parse` are imported."""
    # uuid asks for the system's name as soon as it is imported.
    spare({"platform": {"system": lambda: os.uname().sysname}})
    spare({"msgspec._json_schema": ALL_NAMES} | {name: {} for name in _HARDLY_USED})
    spare({"typing_extensions": {name: getattr(typing, name) for name in _SINCE_3_11}})


_SINCE_3_11 = (
    *("Final", "Literal", "NotRequired", "ParamSpec", "Protocol", "Required", "Self", "TypeAlias"),
    *("TypeGuard", "TypedDict", "get_args", "get_type_hints", "runtime_checkable"),
)
"""What msgspec and Textual take from `typing_extensions` and `typing` has as well."""


def before_status() -> None:
    """To be called before msgspec is imported: a fifth of the time that `status` takes."""
    # msgspec takes from it what `typing` has as well, and does without where it isn't installed.
    sys.modules["typing_extensions"] = None  # type: ignore[assignment]
    # `dataclasses` wants two of them for signatures and copies that nobody asks for, msgspec the third.
    spare({"inspect": {"get_annotations": _annotations}, "copy": {}, "textwrap": {}})


_annotations_of_anything = LaterName("inspect", "get_annotations")


def _annotations(of: object, **options: object) -> Mapping[str, object]:
    """What `dataclasses` asks of each class from Python 3.12 on; anything else imports `inspect`."""
    if isinstance(of, type) and not options and isinstance(own := vars(of).get("__annotations__"), dict):
        return dict(own)
    found: Mapping[str, object] = _annotations_of_anything(of, **options)
    return found


def before_the_dashboard() -> None:
    """To be called before Textual and asyncio are imported: half of what is spared is OpenSSL."""
    spare({"ssl": {}, "asyncio.sslproto": {}})
    # For archives, the types of files that are served, and what a process says in another encoding.
    spare({"bz2": {}, "lzma": {}, "mimetypes": {}, "locale": {}})
    # What mail has in its headers, and HTTP hasn't.
    spare({"email.header": {}, "email.quoprimime": {}})
    # Textual: actions in markup, suggestions for what is misspelt in a style sheet, fields that judge what is
    # typed, and tables of colours.
    spare({"pickle": {name: LaterName("pickle", name) for name in ("dumps", "loads")}})
    spare({"difflib": {"get_close_matches": LaterName("difflib", "get_close_matches")}})
    spare({"textual.css._help_text": ALL_NAMES, "textual.validation": ALL_NAMES})
    spare({"rich.table": {"Table": LaterName("rich.table", "Table")}})
    # And what drives it in tests.
    spare({"textual.pilot": {"Pilot": LaterName("textual.pilot", "Pilot")}})
    # Named characters, and the dates of cookies and of mail.
    spare({"html.entities": {"html5": LaterMapping("html.entities", "html5")}})
    spare({"calendar": {"timegm": LaterName("calendar", "timegm")}})
    from textual._types import IgnoreReturnCallbackType

    # Textual's palette takes one type from a module that imports four kinds of widgets to name theirs.
    spare({"textual.types": {"IgnoreReturnCallbackType": IgnoreReturnCallbackType}})
