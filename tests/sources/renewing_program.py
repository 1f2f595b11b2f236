"""A program that makes one request as the person who is signed in; run by the tests, several at a time.

    python -m tests.sources.renewing_program URL FILE NOW [--die-before-rename]

It says "ready", waits for a line, then says who it is, or what is wrong.
"""

from __future__ import annotations

import os
import signal
import sys
from datetime import datetime
from pathlib import Path
from typing import NoReturn
from unittest.mock import patch

from support_desk.config.model import Zendesk
from support_desk.config.secrets import Secret
from support_desk.sources.errors import SourceError
from support_desk.sources.zendesk.failures import Place
from support_desk.sources.zendesk.limits import Limits
from support_desk.sources.zendesk.rates import Rates
from support_desk.sources.zendesk.reader import Reader
from support_desk.sources.zendesk.sign_in import sign_in_for
from support_desk.sources.zendesk.token_store import TokenFile
from tests.simulators.zendesk import CLIENT_ID, CLIENT_SECRET


def main(url: str, path: str, now: str, *flags: str) -> None:
    settings = Zendesk(url=url, auth="oauth_user", client_id=CLIENT_ID)
    rates, limits, moment = Rates(), Limits(), datetime.fromisoformat(now)
    sign_in = sign_in_for(
        settings,
        client_secret=Secret(lambda: CLIENT_SECRET),
        token=None,
        store=TokenFile(Path(path)),
        read_only=False,
        place=Place.of(settings),
        rates=rates,
        limits=limits,
        now=lambda: moment,
    )
    reader = Reader(settings, sign_in, rates=rates, limits=limits, now=lambda: moment)
    if "--die-before-rename" in flags:
        patch.object(Path, "rename", _die).start()
    print("ready", flush=True)
    sys.stdin.readline()
    try:
        print(reader.me().name, flush=True)
    except SourceError as error:
        print(f"{error.problem}: {error.remedy}", flush=True)


def _die(*_: object) -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("still alive")


if __name__ == "__main__":
    main(*sys.argv[1:])
