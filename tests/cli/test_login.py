"""`login zendesk` and `logout zendesk`, as a person meets them: the program itself, a helpdesk, a browser."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from support_desk.cli import run
from tests.simulators.http import dropped
from tests.simulators.zendesk import CLIENT_ID, CLIENT_SECRET, wire_ticket
from tests.simulators.zendesk_people import JO, SAM, PersonalZendesk
from tests.terminal import Terminal

PROGRAM = [sys.executable, "-m", "support_desk"]
ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+/oauth/\S+")

Browser = Callable[[str], str]
"""What the person does with the address: the one that they land on, or whatever they paste instead."""


@pytest.fixture
def desk() -> Iterator[PersonalZendesk]:
    with PersonalZendesk(clock=lambda: datetime.now(UTC)) as simulator:
        simulator.add(wire_ticket(5))
        yield simulator


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, desk: PersonalZendesk) -> str:
    """The configuration of a person with nothing else on this machine."""
    for name in [name for name in os.environ if name.startswith("SUPPORT_DESK_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("ZENDESK_SECRET", CLIENT_SECRET)
    return configured(tmp_path, desk, 'client_secret_env = "ZENDESK_SECRET"')


def configured(folder: Path, desk: PersonalZendesk, *lines: str, me: str = "jo@example.com") -> str:
    path = folder / "desk.toml"
    settings = [f'url = "{desk.url}"', 'auth = "oauth_user"', f'client_id = "{CLIENT_ID}"', *lines]
    path.write_text("\n".join([f'[me]\nemail = "{me}"\n[zendesk]', *settings]), encoding="utf-8")
    path.chmod(0o600)
    return str(path)


def login(config: str, *browsers: Browser, options: tuple[str, ...] = ()) -> tuple[int, str, str]:
    """Run it; each browser is what the person does for one line that they paste. Code, output, talk."""
    with subprocess.Popen(
        [*PROGRAM, "--config", config, *options, "login", "zendesk"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        assert running.stdout is not None
        assert running.stdin is not None
        address = running.stdout.readline()
        pasted = "".join(f"{browser(address.strip())}\n" for browser in browsers)
        out, talk = running.communicate(pasted, timeout=30)
    return running.returncode, address + out, talk


def kept(tmp_path: Path) -> list[Path]:
    return [path for path in (tmp_path / "state").rglob("*.json") if path.parent.name == "sign-in"]


def test_a_person_signs_in_with_the_address_that_they_landed_on(
    desk: PersonalZendesk, config: str, tmp_path: Path
) -> None:
    code, out, talk = login(config, desk.allow)
    assert code == 0
    assert ADDRESS.fullmatch(out.strip()), "data is the address, and nothing else"
    assert "signed in to Zendesk as Jo Example (agent), jo@example.com" in talk
    assert "https://localhost/support-desk" in talk
    assert "warning" not in talk
    (path,) = kept(tmp_path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    tokens = json.loads(path.read_text())
    assert tokens["access"] == desk.grants[0].access
    assert not [
        secret for secret in (tokens["access"], tokens["refresh"], CLIENT_SECRET) if secret in out + talk
    ]


def test_after_it_tickets_are_read_as_that_person(
    desk: PersonalZendesk, config: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["--config", config, "tickets"]) == 1
    assert "support-desk login zendesk" in capsys.readouterr().err
    assert login(config, desk.allow)[0] == 0
    assert run(["--config", config, "tickets", "--json"]) == 0
    assert [row["id"] for row in json.loads(capsys.readouterr().out)["tickets"]] == [5]
    assert run(["--config", config, "check"]) == 0
    said = capsys.readouterr().out
    assert re.search(
        r"ok +Zendesk: sign in +as Jo Example \(agent\), your own sign-in, until \d\d:\d\d", said
    )
    assert re.search(r"ok +Zendesk: change tickets +the token's scopes are read write", said)
    assert re.search(r"ok +Zendesk: name on replies +Jo Example, your own", said)
    assert {request.method for request in desk.requests if request.path.startswith("/api/")} == {"GET"}


def test_in_a_terminal_the_address_is_whole_and_the_paste_is_taken(
    desk: PersonalZendesk, config: str, tmp_path: Path
) -> None:
    command = [*PROGRAM, "--config", config, "login", "zendesk"]
    with Terminal(command, rows=24, columns=80) as terminal:
        terminal.wait_for("within two minutes")
        address = ADDRESS.search(terminal.raw.decode())
        assert address is not None
        terminal.send(f"\x1b[200~{desk.allow(address[0])}\x1b[201~\r")
        assert terminal.wait_exit() == 0
        assert "signed in to Zendesk as Jo Example" in terminal.raw.decode()
    assert len(kept(tmp_path)) == 1


def test_what_was_pasted_wrongly_may_be_pasted_again(desk: PersonalZendesk, config: str) -> None:
    code, _, talk = login(config, lambda address: address, lambda _: "", desk.allow)
    assert code == 0
    assert "this is the address to open, not the one that it leads to" in talk
    assert "nothing was pasted" in talk
    assert "signed in to Zendesk as Jo Example" in talk


def test_after_three_wrong_things_one_starts_again(
    desk: PersonalZendesk, config: str, tmp_path: Path
) -> None:
    code, _, talk = login(config, *[lambda _: "https://localhost/support-desk?code=x&state=y"] * 3)
    assert code == 1
    assert talk.count("belongs to another sign-in") == 3
    assert "To start again: support-desk login zendesk" in talk
    assert kept(tmp_path) == []
    assert desk.exchanges == 0


def test_leave_that_was_denied_changes_nothing(desk: PersonalZendesk, config: str, tmp_path: Path) -> None:
    code, _, talk = login(config, desk.deny)
    assert code == 1
    assert "denied" in talk
    assert "support-desk login zendesk" in talk
    assert kept(tmp_path) == []


def test_no_answer_at_all_changes_nothing(desk: PersonalZendesk, config: str, tmp_path: Path) -> None:
    code, _, talk = login(config)
    assert code == 1
    assert "nothing has changed" in talk
    assert kept(tmp_path) == []


def test_trouble_with_the_connection_is_named(desk: PersonalZendesk, config: str, tmp_path: Path) -> None:
    desk.fail("/oauth/tokens", dropped())
    code, _, talk = login(config, desk.allow)
    assert code == 1
    assert "closed the connection without an answer" in talk
    assert "Traceback" not in talk
    assert kept(tmp_path) == []


def test_somebody_elses_sign_in_is_kept_and_said(desk: PersonalZendesk, config: str) -> None:
    code, _, talk = login(config, lambda address: desk.allow(address, SAM))
    assert code == 0
    assert "signed in to Zendesk as Sam Example (admin)" in talk
    assert "warning: [me] email is jo@example.com" in talk


def test_an_unknown_me_and_leave_to_read_only_are_said(
    desk: PersonalZendesk, config: str, tmp_path: Path
) -> None:
    path = configured(tmp_path, desk, 'client_secret_env = "ZENDESK_SECRET"', me="")
    desk.allows = frozenset(("read",))
    code, _, talk = login(path, desk.allow)
    assert code == 0
    assert "warning: this sign-in may read and change nothing: its scopes are read." in talk
    assert '[me] email is empty: set it to "jo@example.com"' in talk


def test_a_public_client_needs_no_secret(desk: PersonalZendesk, config: str, tmp_path: Path) -> None:
    desk.client_secret = None
    assert login(configured(tmp_path, desk), desk.allow)[0] == 0


def test_another_address_to_land_on_is_used_as_it_is_configured(
    desk: PersonalZendesk, config: str, tmp_path: Path
) -> None:
    desk.redirect_uris = {"http://127.0.0.1:9999/back"}
    path = configured(
        tmp_path, desk, 'client_secret_env = "ZENDESK_SECRET"', 'redirect_uri = "http://127.0.0.1:9999/back"'
    )
    code, _, talk = login(path, desk.allow)
    assert code == 0
    assert "http://127.0.0.1:9999/back" in talk


def test_read_only_asks_for_reading_only_and_the_check_says_so(
    desk: PersonalZendesk, config: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert login(config, desk.allow, options=("--read-only",))[0] == 0
    assert desk.grants[0].scope == "read"
    assert run(["--config", config, "--read-only", "check"]) == 0
    assert re.search(r"-  +Zendesk: change tickets +this desk is read-only", capsys.readouterr().out)
    assert run(["--config", config, "check"]) == 1
    said = capsys.readouterr().out
    assert "the token may not: its scopes are read" in said
    assert "support-desk login zendesk" in said


@pytest.mark.parametrize("command", ["login", "logout"])
def test_a_sign_in_that_people_share_is_not_for_this(
    desk: PersonalZendesk, config: str, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    path = Path(config)
    path.write_text(path.read_text().replace('"oauth_user"', '"oauth"'))
    assert run(["--config", config, command, "zendesk"]) == 2
    assert 'auth = "oauth_user"' in capsys.readouterr().err


@pytest.mark.parametrize(
    ("line", "key"), [('client_id = ""', "client_id"), ('redirect_uri = ""', "redirect_uri")]
)
def test_what_is_missing_for_it_is_a_mistake_of_the_configuration(
    desk: PersonalZendesk, config: str, capsys: pytest.CaptureFixture[str], line: str, key: str
) -> None:
    path = Path(config)
    lines = [one for one in path.read_text().splitlines() if not one.startswith(key)]
    path.write_text("\n".join([*lines, line]))
    assert run(["--config", config, "login", "zendesk"]) == 2
    assert f"zendesk.{key}" in capsys.readouterr().err


def test_an_address_to_land_on_must_be_https_or_this_machine(
    desk: PersonalZendesk, config: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = configured(tmp_path, desk, 'redirect_uri = "http://desk.example/back"')
    assert run(["--config", path, "login", "zendesk"]) == 2
    assert "zendesk.redirect_uri: http is accepted for a loopback address only" in capsys.readouterr().err


def test_signing_out_revokes_forgets_and_says_so(
    desk: PersonalZendesk, config: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert login(config, desk.allow)[0] == 0
    assert run(["--config", config, "logout", "zendesk"]) == 0
    assert "revoked there and forgotten here" in capsys.readouterr().err
    assert desk.grants == []
    assert kept(tmp_path) == []
    assert run(["--config", config, "logout", "zendesk"]) == 0
    assert "nothing to forget" in capsys.readouterr().err


def test_signing_out_says_what_may_still_be_good(
    desk: PersonalZendesk, config: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert login(config, lambda address: desk.allow(address, JO))[0] == 0
    desk.fail("/oauth/tokens/", dropped(), times=2)
    assert run(["--config", config, "logout", "zendesk"]) == 1
    assert "may still be good at Zendesk" in capsys.readouterr().err
    assert kept(tmp_path) == []
