"""Start a runbook: a template with the alert's facts and notes, in an editor, then in the checkout."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from support_desk.acts import my_name
from support_desk.desk.snapshot import FeedName
from support_desk.domain.alerts import Alert, AlertDetail
from support_desk.domain.clients import client_of_alert
from support_desk.domain.runbook_template import file_name, is_untouched, template
from support_desk.screens.editor import edit_text
from support_desk.screens.pickers import LinePicker
from support_desk.sources.errors import SourceError
from support_desk.sources.runbook_writing import create, path_problem
from support_desk.text import clean

if TYPE_CHECKING:
    from support_desk.app import DeskApp
    from support_desk.domain.noise import Noise


def start_runbook(app: DeskApp, alert: Alert) -> None:
    """Ask for the file's name, then open the editor."""
    if app.config.read_only:
        app.say("This desk is read-only: no runbook was started", problem=True)
        return
    folder = app.config.runbooks.path
    guess = client_of_alert(alert, app.view.clients)
    client = guess.name if guess else None
    problem = path_problem(folder, "new.md")
    if problem and "already" not in problem:
        app.say(problem, problem=True)
        return

    def named(path: str | None) -> None:
        if path is None:
            return
        name = path if path.lower().endswith(".md") else f"{path}.md"
        if wrong := path_problem(folder, name):
            app.say(f"Not started: {wrong}", problem=True)
            return
        app.run_worker(
            _write(app, alert, client, name), name="start a runbook", group="runbook start",
            description="start a runbook", exit_on_error=False,
        )  # fmt: skip

    app.push_screen(LinePicker("Start a runbook in which file?", file_name(alert.message, client)), named)


def start_for_noise(app: DeskApp, noise: Noise) -> None:
    """Start a runbook for alerts of one cause, by what is known of the latest."""
    at = noise.last_at
    tags = (f"client_{noise.client.casefold()}",) if noise.client else ()
    past = Alert("", noise.message, noise.priority, "closed", at, at, at, count=noise.occurrences, tags=tags)
    open_now = [row for row in app.view.snapshot.alerts.rows if row.message == noise.message]
    start_runbook(app, open_now[-1] if open_now else past)


async def _write(app: DeskApp, alert: Alert, client: str | None, name: str) -> None:
    view = app.view
    detail = await _detail(app, alert)
    seen = detail.alert if detail is not None else alert
    begun = template(
        replace(seen, message=alert.message), client, detail=detail,
        by=my_name(view.config), now=view.now, zone=view.calendar.timezone,
    )  # fmt: skip
    text = await edit_text(app, begun)
    if text is None:
        return
    if not text.strip() or is_untouched(begun, text):
        app.say("Nothing was written: the text is empty or as it began")
        return
    try:
        await asyncio.to_thread(create, app.config.runbooks.path, name, text)
    except SourceError as error:
        app.copy(text, "the text")
        app.say(f"{error.problem}: {error.remedy}. The text is in the clipboard", problem=True)
        return
    app.desk.refresh((FeedName.RUNBOOKS,))
    app.say(f"{clean(name)} is in your runbooks: commit it there when it is ready")


async def _detail(app: DeskApp, alert: Alert) -> AlertDetail | None:
    """The alert's notes and own fields; None where they can't be had in a few seconds."""
    source = app.desk.sources.alerts if app.desk.sources else None
    if source is None or not alert.id:
        return None
    try:
        async with asyncio.timeout(timedelta(seconds=5).total_seconds()):
            return await source.alert(alert.id)
    except (SourceError, TimeoutError):
        return None
