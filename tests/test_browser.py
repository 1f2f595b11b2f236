"""What leaves the terminal is checked, detached, and honestly named."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.app import App

from support_desk import browser
from support_desk.config.model import Config, Opsgenie, Runbooks, Zendesk

HOSTS = frozenset({"example.zendesk.com", "127.0.0.1:8080"})


@pytest.mark.parametrize(
    "url",
    [
        "http://example.zendesk.com/agent/tickets/1",
        "https://evil.example/agent/tickets/1",
        "https://example.zendesk.com.evil.example/",
        "https://jo@example.zendesk.com/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "https://example.zendesk.com/\x1b]0;x\x07",
        "--version",
        "",
    ],
)
def test_only_clean_https_addresses_of_our_hosts_are_opened(url: str) -> None:
    environ = {"BROWSER": "/bin/false", "DISPLAY": ":0"}
    assert browser.open_url(url, HOSTS, environ=environ) == browser.NOT_OURS


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"BROWSER": "w3m"},
        {"BROWSER": "/usr/bin/lynx:links"},
        {"BROWSER": "'unbalanced"},
        {"BROWSER": "no-such-x"},
    ],
)
def test_without_a_graphical_session_no_console_browser_is_started(environ: dict[str, str]) -> None:
    found = browser.open_url("https://example.zendesk.com/a", HOSTS, environ=environ, platform="linux")
    assert found == browser.NO_BROWSER


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Path]:
    """A browser that notes what it was given, and that it has no terminal."""
    script = tmp_path / "my-browser"
    script.write_text(
        f"#!{sys.executable}\n"
        "import os, sys, pathlib\n"
        "here = pathlib.Path(sys.argv[0]).parent\n"
        "names = [os.readlink(f'/proc/self/fd/{n}') for n in (0, 1, 2)]\n"
        "(here / 'draft').write_text('\\n'.join([*sys.argv[1:], *names, str(os.getsid(0) == os.getpid())]))\n"
        "os.rename(here / 'draft', here / 'seen')\n"
    )
    script.chmod(0o755)
    yield script
    for thread in threading.enumerate():
        if thread.name == "browser":
            thread.join(10)


def seen(program: Path) -> list[str]:
    for thread in threading.enumerate():
        if thread.name == "browser":
            thread.join(10)
    return (program.parent / "seen").read_text().split("\n")


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_browser_is_started_with_nothing_of_our_terminal(program: Path) -> None:
    url = "https://example.zendesk.com/agent/tickets/1"
    assert (
        browser.open_url(url, HOSTS, environ={"BROWSER": f"w3m{os.pathsep}{program}"}, platform="linux")
        is None
    )
    given = seen(program)
    assert given[0] == url
    assert given[1:4] == ["/dev/null"] * 3
    assert given[4] == "True"


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_address_goes_where_the_command_wants_it(program: Path) -> None:
    environ = {"BROWSER": f"{program} --new %s --quiet"}
    assert browser.open_url("http://127.0.0.1:8080/x", HOSTS, environ=environ) is None
    assert seen(program)[:3] == ["--new", "http://127.0.0.1:8080/x", "--quiet"]


def test_a_browser_that_can_not_be_started_is_named(tmp_path: Path) -> None:
    assert (
        browser.start([str(tmp_path / "gone")], "https://x")
        == "gone could not be started (No such file or directory)"
    )


def test_the_hosts_are_those_of_the_configuration() -> None:
    config = Config(
        zendesk=Zendesk(url="https://example.zendesk.com"),
        opsgenie=Opsgenie(url="https://api.eu.opsgenie.com"),
        runbooks=Runbooks(url="https://git.example.com/ops/{path}#{anchor}"),
    )
    assert browser.configured_hosts(config) == {
        "example.zendesk.com",
        "app.eu.opsgenie.com",
        "git.example.com",
    }
    own = Config(opsgenie=Opsgenie(web_url="https://agency.app.opsgenie.com"))
    assert "agency.app.opsgenie.com" in browser.configured_hosts(own)


def test_a_file_is_only_opened_where_there_is_a_desktop(tmp_path: Path) -> None:
    assert browser.open_file(tmp_path, environ={}) == "no graphical session here: save it instead"


@pytest.fixture
def tmux(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tmux before 3.2, which doesn't know `-w`."""
    folder = tmp_path / "bin"
    folder.mkdir()
    script = folder / "tmux"
    script.write_text(
        "#!/bin/sh\n"
        'if [ "$2" = "-w" ]; then exit 1; fi\n'
        f"if [ -e {tmp_path}/broken ]; then exit 1; fi\n"
        f"/bin/cat > {tmp_path}/buffer\n"
    )
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return tmp_path


async def copied(text: str, environ: dict[str, str]) -> tuple[str, str, list[str]]:
    app: App[None] = App()
    said: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(app, "notify", lambda message, **_: said.append(message))
        async with app.run_test():
            words = browser.copy(app, text, environ=environ)
            for thread in threading.enumerate():
                if thread.name == "clipboard":
                    thread.join(10)
            return words, app.clipboard, said


async def test_a_copy_goes_to_the_terminal_and_says_no_more_than_is_known() -> None:
    words, held, _ = await copied("https://x", {})
    assert words == "sent to the terminal's clipboard"
    assert held == "https://x"


async def test_in_tmux_a_copy_goes_to_its_buffer_too(tmux: Path) -> None:
    words, held, said = await copied("two\nlines é", {"TMUX": "a socket,1,0"})
    assert words == "sent to tmux's buffer and the terminal's clipboard"
    assert held == "two\nlines é"
    assert (tmux / "buffer").read_text() == "two\nlines é"
    assert said == []


async def test_a_tmux_that_refuses_is_named(tmux: Path) -> None:
    (tmux / "broken").touch()
    _, _, said = await copied("x", {"TMUX": "a socket,1,0"})
    assert said == ["tmux did not take the copy"]
