"""A module that is spared at the start is there when it is wanted."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.simulators.http import Server, json_answer


def printed(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout


WANTED = [
    "inspect.signature(lambda a, b: a)",
    "inspect.get_annotations(C), inspect.get_annotations(C.f), inspect.get_annotations(C, eval_str=True)",
    "inspect.get_annotations(bool)",
    "copy.deepcopy([1])",
    "textwrap.dedent('  a')",
    "ipaddress.ip_address('::1')",
    "platform.system()",
    "platform.machine()",
    "msgspec.inspect.type_info(int)",
    "msgspec.toml.decode('a = 1')",
    "asyncio.sslproto.SSLProtocol",
    "ssl.OPENSSL_VERSION",
    "msgspec.json.schema(int)",
    "pickle.loads(pickle.dumps([1]))",
    "pickle.Pickler",
    "difflib.get_close_matches('apple', ['ape', 'apply'])",
    "difflib.SequenceMatcher(None, 'ab', 'b').ratio()",
    "mimetypes.guess_type('a.txt')",
    "locale.normalize('en_gb')",
    "bz2.decompress(bz2.compress(b'a')), lzma.decompress(lzma.compress(b'a'))",
    "email.header.Header('caf\u00e9').encode(), email.quoprimime.quote('a')",
]


@pytest.mark.parametrize("start", ["before_anything", "before_status", "before_the_dashboard"])
def test_a_stand_in_becomes_the_module_when_it_is_wanted(start: str) -> None:
    asked = "import asyncio, copy, inspect, ipaddress, msgspec, platform, ssl, textwrap\n"
    asked += "import bz2, difflib, email.header, email.quoprimime, locale, lzma, mimetypes, pickle\n"
    asked += "class C:\n a: 'int'\n def f(self, b: int) -> None: ...\n"
    asked += "\n".join(f"print({wanted})" for wanted in WANTED)
    before = f"from support_desk.spared import before_anything, {start}; before_anything(); {start}()\n"

    assert printed(before + asked) == printed(asked) != ""


OF_TEXTUAL = """
import textual.types; print(textual.types.Direction)
from textual.types import Direction as d; print(d)
from textual.css._help_text import integer_help_text as h; print(h('offset').summary)
from textual.validation import Number as n, Validator as v; print(isinstance(n(), v))
from textual.pilot import Pilot; print(Pilot(None).app)
from textual.design import show_design, Table; print(Table(title='a').title)
"""


def test_a_stand_in_of_textual_becomes_the_module_when_it_is_wanted() -> None:
    before = "from support_desk.spared import before_the_dashboard as before; before()"

    assert printed(f"{before}; import textual.command{OF_TEXTUAL}") == printed(OF_TEXTUAL) != ""


A_KIND = """
from support_desk.later import ALL_NAMES, spare
spare({"fractions": ALL_NAMES, "numbers": {}})
import sys
from fractions import Fraction
waits = lambda: type(sys.modules["fractions"]).__name__
print(waits(), end=" ")
"""


@pytest.mark.parametrize(
    "wanted",
    [
        "Fraction(1, 2)",
        "Fraction.from_float(0.5)",
        "isinstance(__import__('decimal').Decimal(1), Fraction)",
        "issubclass(bool, Fraction)",
        "exec('class Half(Fraction): pass'), Half(1, 2)",
    ],
)
def test_a_name_of_a_spared_module_is_what_it_names_as_soon_as_it_is_used(wanted: str) -> None:
    asked = f"print({wanted}, type(sys.modules['fractions']).__name__)"

    assert printed(A_KIND + asked) == "_Later " + printed(
        f"import sys; from fractions import Fraction; {asked}"
    )


def test_msgspec_is_read_with_the_configuration_but_not_what_it_hardly_needs() -> None:
    code = (
        "import sys, support_desk.__main__ as program; sys.argv[1:] = ['config', 'init', '--help']\n"
        "try: program.main()\n"
        "except SystemExit: pass\n"
        "import support_desk.config.load\n"
        "print([type(sys.modules['msgspec.' + name]).__name__ for name in ('inspect', 'toml', 'yaml')])"
    )

    assert printed(code).endswith("['_Later', '_Later', '_Later']\n")


WIDGETS = ("_directory_tree", "_select", "_tree")


def test_the_dashboard_begins_without_openssl_and_without_widgets_that_it_has_no_use_for() -> None:
    code = (
        "from support_desk.spared import before_the_dashboard as before; before()\n"
        "import sys, support_desk.start\n"
        f"names = ['_ssl', '_bz2', '_lzma', *('textual.widgets.' + name for name in {WIDGETS})]\n"
        "print([name for name in names if name in sys.modules])"
    )

    assert printed(code) == "[]\n"


BOTH_CLIENTS = """
from support_desk.spared import before_the_dashboard as before; before()
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


SERVICES = """
import html
import support_desk.sources.bare_pydantic
import support_desk.sources.opsgenie.bare_httpx
import support_desk.sources.zendesk.quiet_zenpy
from support_desk.widgets.markdown_lines import lay_out
"""
AS_THE_DASHBOARD = f"""
from support_desk.spared import before_anything, before_the_dashboard
before_anything()
before_the_dashboard()
{SERVICES}"""
PLAINLY = """
import anyio.streams.stapled, calendar, html, httpcore, httpx, pydantic_core.core_schema, requests, zenpy
"""

SPARED_OF_THE_SERVICES = {
    "pydantic_core.core_schema": "__import__('pydantic_core').core_schema.int_schema(ge=1)",
    "idna": "__import__('httpx').URL('https://b\u00fccher.example').raw_host",
    "importlib.metadata": "__import__('importlib.metadata').metadata.version('httpx')",
    "zipfile": "__import__('requests').utils.extract_zipped_paths('/no/such/file')",
    "dateutil.parser": (
        "__import__('zenpy').lib.api_objects.Ticket(created_at='2026-07-01T09:30:00Z').created.isoformat()"
    ),
    "pytz": (
        "__import__('zenpy').lib.util.to_unix_ts("
        "__import__('datetime').datetime.fromisoformat('2026-07-01T09:30:00+01:00'))"
    ),
    "stringprep": "'b\u00fccher.example'.encode('idna')",
    "http.cookies": "__import__('requests').cookies.RequestsCookieJar().set('a', 'b').value",
    "zenpy.lib.api_objects.talk_objects": "__import__('zenpy').lib.mapping.Leg(id=3).id",
    "zenpy.lib.api_objects.chat_objects": (
        "__import__('zenpy').lib.mapping.Shortcut(name='a').name, "
        "isinstance(3, __import__('zenpy').lib.request.Shortcut)"
    ),
    "zenpy.lib.api_objects.help_centre_objects": "__import__('zenpy').lib.mapping.Article(id=3).to_dict()",
    "httpcore._sync.connection_pool": "__import__('httpcore').ConnectionPool(max_connections=3).connections",
    "httpcore._api": "__import__('httpcore')._api.request.__name__, __import__('httpcore').request.__name__",
    "httpcore._backends.mock": "__import__('httpcore').MockBackend([]).connect_tcp('a', 1).read(1)",
    "anyio.streams.stapled": "__import__('anyio').streams.stapled.StapledByteStream.__name__",
    "html.entities": "__import__('html').unescape('caf&eacute; &notit;')",
    "calendar": "__import__('http.cookiejar').cookiejar.http2time('Wed, 09 Feb 1994 22:23:32 GMT')",
}
"""Something that needs each of them."""


IN_A_FORK_EACH = """
import json, os, sys
for name, wanted in json.loads(sys.argv[1]).items():
    if child := os.fork():
        os.waitpid(child, 0)
        continue
    kind = lambda: type(sys.modules.get(name)).__name__
    print(json.dumps([name, kind(), repr(eval(wanted)), kind()]), flush=True)
    os._exit(0)
"""


def each_apart(imports: str) -> dict[str, list[str]]:
    """For each: what its module was before, what came of what was wanted, and what its module was then."""
    command = [sys.executable, "-c", imports + IN_A_FORK_EACH, json.dumps(SPARED_OF_THE_SERVICES)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return {name: said for name, *said in map(json.loads, done.stdout.splitlines())}


@pytest.fixture(scope="module")
def spared() -> dict[str, list[str]]:
    return each_apart(AS_THE_DASHBOARD)


@pytest.fixture(scope="module")
def plainly() -> dict[str, list[str]]:
    return each_apart(PLAINLY)


@pytest.mark.parametrize("module", SPARED_OF_THE_SERVICES)
def test_what_the_services_libraries_are_spared_is_there_when_it_is_wanted(
    module: str, spared: dict[str, list[str]], plainly: dict[str, list[str]]
) -> None:
    assert spared[module] == ["_Later", plainly[module][1], "module"]


def test_a_known_function_can_be_called_again_and_again() -> None:
    called = "timegm((2026, 7, 1, 9, 30, 0)), timegm((1970, 1, 2, 0, 0, 0)), calendar.isleap(2028)"
    code = f"import calendar; from calendar import timegm; print({called})"

    assert printed(f"{AS_THE_DASHBOARD}{code}") == printed(code) != ""


def test_named_characters_are_read_in_markdown_although_their_table_waits() -> None:
    code = (
        "import sys\n"
        "table = lambda: type(sys.modules['markdown_it.common.entities']).__name__\n"
        "text = lambda markdown: ''.join(span[0] for line in lay_out(markdown, 40).lines for span in line)\n"
        "print(text('no name'), table(), text('caf&eacute; &no; &frac12;'), table())"
    )

    assert printed(f"{AS_THE_DASHBOARD}{code}") == "no name _Later café &no; ½ module\n"
