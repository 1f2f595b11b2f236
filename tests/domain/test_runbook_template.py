"""The beginning of a runbook: its rule finds the alert again, and nothing of the alert can break the file."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support_desk.domain.alerts import Alert, AlertDetail, AlertEvent
from support_desk.domain.runbook_template import file_name, is_untouched, message_rule, template
from support_desk.domain.runbooks import Runbook, runbook_for_alert
from support_desk.sources.runbook_text import outline
from support_desk.text import clean

NOW = datetime(2026, 11, 26, 2, 30, tzinfo=UTC)
LONDON = ZoneInfo("Europe/London")
ALERT = Alert(
    id="a1",
    message='ALARM: "acme-prod-web-12-disk" in EU (London)',
    priority="P2",
    status="acked",
    created_at=NOW - timedelta(hours=1),
    updated_at=NOW,
    last_occurred_at=NOW,
    count=3,
    tags=("client_acme", "govpress"),
    source="monitor",
    integration="CloudWatch",
    url="https://example.app.opsgenie.com/alert/detail/a1",
)


def begun(alert: Alert = ALERT, detail: AlertDetail | None = None) -> str:
    return template(alert, "acme", detail=detail, by="Jo Example", now=NOW, zone=LONDON)


def finds(text: str, alert: Alert) -> bool:
    found = outline("acme/new.md", text)
    assert found.problems == ()
    book = Runbook("acme/new.md", found.title, found.headings, found.rules, NOW, len(text))
    return runbook_for_alert(alert, "acme", runbooks=(book,), rules=()) is not None


def test_its_rule_finds_the_alert_and_its_like() -> None:
    text = begun()

    assert finds(text, ALERT)
    like = Alert("b", 'ALARM: "acme-prod-web-7-disk" in EU (London)', "P3", "open", NOW, NOW, NOW)
    other = Alert("c", 'ALARM: "acme-prod-web-7-cpu" in EU (London)', "P3", "open", NOW, NOW, NOW)
    assert finds(text, like)
    assert not finds(text, other)


def test_facts_and_notes_are_in_it() -> None:
    detail = AlertDetail(
        ALERT,
        details=(("volume", "`/var`"),),
        events=(
            AlertEvent(NOW - timedelta(minutes=40), "Alert acknowledged", "jo@example.com"),
            AlertEvent(NOW - timedelta(minutes=30), "rotated the logs\nthat helped", "jo@example.com", True),
        ),
    )

    text = begun(detail=detail)

    assert '# ALARM: "acme-prod-web-12-disk" in EU (London)' in text
    assert "- Priority: P2" in text
    assert "- Client: acme" in text
    assert "- From: CloudWatch, monitor" in text
    assert "- Came: Thu 01:30" in text
    assert "- Count: 3" in text
    assert "- volume: `'/var'`" in text
    assert "## Notes taken\n\n- Thu 02:00 jo@example.com: rotated the logs that helped\n" in text
    assert "acknowledged" not in text
    assert text.endswith("Begun by Jo Example, Thu 02:30.\n")
    assert [heading.text for heading in outline("x.md", text).headings][1:5] == [
        "What it means",
        "Look at first",
        "Mend it",
        "If that doesn't help",
    ]


@given(st.text(max_size=200).map(clean).filter(bool))
def test_no_message_breaks_it(message: str) -> None:
    alert = Alert("x", message, "P3", "open", NOW, NOW, NOW)

    text = template(alert, None, detail=None, by="", now=NOW, zone=LONDON)

    assert outline("x.md", text).title
    assert outline("x.md", text).problems == ()
    if 0 < len(message_rule(message)) < 300:
        assert finds(text, alert)
    name = file_name(message, None)
    assert name.endswith(".md")
    assert "/" not in name
    assert not name.startswith(".")


@pytest.mark.parametrize(
    ("message", "client", "name"),
    [
        ('ALARM: "acme-prod-alb-5xx" in EU', "acme", "acme/prod-alb-5xx-in-eu.md"),
        ("https://www.example.org/ is down", "Big Client", "big-client/https-www-example-org-is-down.md"),
        ("§§§", None, "alert.md"),
        ("x" * 200, None, f"{'x' * 60}.md"),
    ],
)
def test_the_file_has_the_alerts_name(message: str, client: str | None, name: str) -> None:
    assert file_name(message, client) == name


def test_a_template_that_nobody_changed_is_known() -> None:
    assert is_untouched(begun(), begun() + "\n\n")
    assert not is_untouched(begun(), begun() + "one word")
