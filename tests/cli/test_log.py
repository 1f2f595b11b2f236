"""The log file: private, and without credentials."""

from __future__ import annotations

import logging
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from support_desk.cli import run
from support_desk.cli.log import LineFormatter, start_log, without_credentials
from tests.simulators.http import html_page
from tests.simulators.zendesk import CLIENT_ID, CLIENT_SECRET, ZendeskSimulator


@pytest.fixture
def log_file(tmp_path: Path) -> Iterator[Path]:
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    path = tmp_path / "desk.log"
    start_log(path, "debug")
    yield path
    logging.captureWarnings(capture=False)
    for handler in [handler for handler in root.handlers if handler not in before]:
        root.removeHandler(handler)
        handler.close()
    root.setLevel(level)


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: GenieKey hunter2",
        "{'Authorization': 'Basic hunter2=='}",
        "authorization=Bearer hunter2",
        "headers [(b'authorization', b'Bearer hunter2')]",
        "sent GenieKey hunter2-abc to it",
        "Bearer  hunter2",
    ],
)
def test_credentials_are_masked(text: str) -> None:
    assert "hunter2" not in without_credentials(text)
    assert "********" in without_credentials(text)


def test_a_log_is_private_and_tells_ids(log_file: Path) -> None:
    logging.getLogger("support_desk.test").info("read \x1b[31m", extra={"feed": "tickets", "status": 200})

    text = log_file.read_text()
    assert "read" in text
    assert "feed=tickets status=200" in text
    assert "\x1b" not in text
    assert stat.S_IMODE(log_file.stat().st_mode) == 0o600


def test_an_exception_is_masked_too(log_file: Path) -> None:
    try:
        raise ValueError("Authorization: Bearer hunter2")
    except ValueError:
        logging.getLogger("support_desk.test").exception("failed")

    text = log_file.read_text()
    assert "ValueError" in text
    assert "hunter2" not in text


def test_what_was_read_and_what_wasnt_stands_in_the_log(log_file: Path, tmp_path: Path) -> None:
    with ZendeskSimulator() as zendesk:
        config = tmp_path / "config.toml"
        config.write_text(
            f'[zendesk]\nurl = "{zendesk.url}"\nclient_id = "{CLIENT_ID}"\nclient_secret_env = "SECRET"\n'
        )
        run(["tickets", "--config", str(config)], {"SECRET": CLIENT_SECRET})
        zendesk.fail("/api/v2/search", html_page(503), times=None)
        run(["tickets", "--config", str(config)], {"SECRET": CLIENT_SECRET})
    good, bad = [line for line in log_file.read_text().splitlines() if "feed=tickets" in line]
    assert " DEBUG support_desk.desk.poller read feed=tickets seconds=" in good
    assert " WARNING support_desk.desk.poller not read feed=tickets problem=Zendesk" in bad


def test_the_libraries_are_quiet(log_file: Path) -> None:
    for name in ("httpx", "urllib3", "zenpy"):
        logging.getLogger(name).info("GET https://example.com/?secret=hunter2")

    assert log_file.read_text() == ""


def test_the_formatter_is_the_last_to_see_a_text() -> None:
    record = logging.makeLogRecord({"msg": "%s", "args": ("GenieKey hunter2",), "header": "Bearer hunter2"})

    assert "hunter2" not in LineFormatter("%(message)s").format(record)
