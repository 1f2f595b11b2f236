"""What the services' libraries bring along, and what they are kept from bringing."""

from __future__ import annotations

import subprocess
import sys

import pytest

LEFT_OUT = ("click", "pygments", "rich", "charset_normalizer", "chardet", "pydantic.v1", "pydantic.networks")


def run(code: str) -> str:
    """What another interpreter prints; a word on stderr would be a word over the screen."""
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert not done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize(
    "module",
    [
        "opsgenie",
        *(
            f"zendesk.{name}"
            for name in ("download", "failures", "reader", "session", "sign_in", "transport")
        ),
    ],
)
def test_what_a_library_can_do_without_stays_out(module: str) -> None:
    loaded = run(
        f"import sys, support_desk.sources.{module}\nprint([m for m in {LEFT_OUT!r} if m in sys.modules])"
    )
    assert loaded == "[]"


def test_what_was_left_out_can_be_imported_later() -> None:
    code = (
        "import sys\nfrom support_desk.sources.optional import without\n"
        "with without('json'):\n"
        " try:\n  import json\n"
        " except ModuleNotFoundError:\n  print('not there')\n"
        "import json\nprint(json.dumps([1]))"
    )
    assert run(code) == "not there\n[1]"


def test_what_is_there_already_stays_there() -> None:
    code = (
        "import json, sys\nfrom support_desk.sources.optional import without\n"
        "with without('json'):\n import json as again\n"
        "print(again is json is sys.modules['json'])"
    )
    assert run(code) == "True"
