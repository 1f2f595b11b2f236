"""A module that is spared at the start is there when it is wanted."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.simulators.http import Server, json_answer


def printed(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout


WANTED = [
    "inspect.signature(lambda a, b: a)",
    "copy.deepcopy([1])",
    "textwrap.dedent('  a')",
    "ipaddress.ip_address('::1')",
    "platform.system()",
    "platform.machine()",
    "msgspec.inspect.type_info(int)",
    "msgspec.toml.decode('a = 1')",
    "asyncio.sslproto.SSLProtocol",
    "ssl.OPENSSL_VERSION",
]


@pytest.mark.parametrize("start", ["before_status", "before_the_dashboard"])
def test_a_stand_in_becomes_the_module_when_it_is_wanted(start: str) -> None:
    asked = "import asyncio, copy, inspect, ipaddress, msgspec, platform, ssl, textwrap\n"
    asked += "\n".join(f"print({wanted})" for wanted in WANTED)
    before = f"from support_desk.later import {start}; {start}()\n"

    assert printed(before + asked) == printed(asked) != ""


def test_a_stand_in_of_textual_becomes_the_module_when_it_is_wanted() -> None:
    before = "from support_desk.later import before_the_dashboard as before; before()"

    for asked in (
        "import textual.types; print(textual.types.Direction)",
        "from textual.types import Direction as d; print(d)",
    ):
        assert printed(f"{before}; import textual.command; {asked}") == printed(asked) != ""


WIDGETS = ("_directory_tree", "_select", "_tree")


def test_the_dashboard_begins_without_openssl_and_without_widgets_that_it_has_no_use_for() -> None:
    code = (
        "from support_desk.later import before_the_dashboard as before; before()\n"
        "import sys, support_desk.start\n"
        f"names = ['_ssl', *('textual.widgets.' + name for name in {WIDGETS})]\n"
        "print([name for name in names if name in sys.modules])"
    )

    assert printed(code) == "[]\n"


BOTH_CLIENTS = """
from support_desk.later import before_the_dashboard as before; before()
import asyncio, sys, textual.app
assert "_ssl" not in sys.modules

def through_requests():
    import requests
    return requests.get(sys.argv[1], verify=sys.argv[2], timeout=20).json()

async def through_httpx():
    import httpx, ssl
    trusted = ssl.create_default_context(cafile=sys.argv[2])
    async with httpx.AsyncClient(verify=trusted, trust_env=False) as client:
        refused = httpx.AsyncClient(trust_env=False)
        try:
            await refused.get(sys.argv[1])
        except httpx.ConnectError:
            return (await client.get(sys.argv[1], timeout=20)).json()

async def main():
    print(*await asyncio.gather(asyncio.to_thread(through_requests), through_httpx()))

asyncio.run(main())
"""


def test_both_clients_speak_tls_after_a_start_without_openssl() -> None:
    server = Server(lambda request: json_answer({"path": request.path}))
    trusted = server.speak_tls()
    with server:
        command = [sys.executable, "-c", BOTH_CLIENTS, f"{server.url}/a", str(trusted)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)

    assert done.stdout == "{'path': '/a'} {'path': '/a'}\n", done.stderr
