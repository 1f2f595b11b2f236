"""Full-text search over real files, and the guess for an alert that no rule names."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from support_desk.config.model import Runbooks
from support_desk.desk.runbook_index import AT_ONCE, Found, Piece, RunbookIndex
from support_desk.domain.runbooks import Runbook
from support_desk.sources.fixtures import DEMO_START, fixture_sources
from support_desk.sources.runbook_text import Section, sections
from support_desk.sources.runbooks import RunbookFolder
from tests.support import ManualClock

DISK = """---
tag: client_acme
---
# Full disks

Look at the volume first.

## Rotate the logs

Run `logrotate -f` on the machine. Café and naïve are words too.

```sh
# Not a heading
df -h
```

## Grow the volume

Ask the ops engineer.
"""
LOGIN = """Single sign-on
==============

The identity provider is Keycloak.

Certificates
------------

They expire in March.
"""


class Folder:
    """A folder of runbooks with its index."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.source = RunbookFolder(Runbooks(path=str(root)))
        self.index = RunbookIndex(self.source)

    def write(self, name: str, text: str, *, at: int = 1_700_000_000) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        os.utime(path, (at, at))

    async def search(self, words: str) -> list[tuple[str, str]]:
        await self.index.update((await self.source.catalogue()).rows)
        return [(found.path, found.anchor) for found in await self.index.search(words)]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    made = Folder(tmp_path)
    made.write("disk.md", DISK)
    made.write("acme/login.md", LOGIN)
    return made


async def test_every_word_of_a_section_is_found_and_leads_to_it(folder: Folder) -> None:
    assert await folder.search("logrotate") == [("disk.md", "rotate-the-logs")]
    assert await folder.search("KEYCLOAK identity") == [("acme/login.md", "single-sign-on")]
    assert await folder.search("expir") == [("acme/login.md", "certificates")]
    assert await folder.search("cafe naive") == [("disk.md", "rotate-the-logs")]
    assert await folder.search("df") == [("disk.md", "rotate-the-logs")]
    # A part of the path counts as well.
    assert {path for path, _ in await folder.search("client_acme")} == {"acme/login.md"}


async def test_a_table_is_shown_without_its_lines(folder: Folder) -> None:
    folder.write("table.md", "# Pages\n\n| What | Page |\n|:---|---|\n| Turnstile | gate.md |\n")
    await folder.search("")

    (found,) = await folder.index.search("turnstile")

    assert found.plain.strip() == "What Page Turnstile gate.md"


async def test_titles_and_headings_weigh_more_than_text(folder: Folder) -> None:
    folder.write("other.md", "# Something else\n\nThe volume of the volume is a volume.\n")

    found = await folder.search("volume")

    assert found[0] == ("disk.md", "grow-the-volume")
    assert ("other.md", "something-else") in found


async def test_what_has_only_some_of_the_words_is_marked(folder: Folder) -> None:
    await folder.search("")

    both = await folder.index.search("keycloak logrotate")
    all_of_them = await folder.index.search("identity keycloak")

    assert {row.path for row in both} == {"disk.md", "acme/login.md"}
    assert all(row.any_word for row in both)
    assert not any(row.any_word for row in all_of_them)


async def test_a_snippet_marks_what_was_found(folder: Folder) -> None:
    await folder.search("")

    (found,) = await folder.index.search("logrotate machine")

    assert isinstance(found, Found)
    assert (found.title, found.heading) == ("Full disks", "Rotate the logs")
    assert [piece.text for piece in found.snippet if piece.hit] == ["logrotate", "machine"]
    assert found.plain.startswith("Run `logrotate -f` on the machine")
    assert Piece("logrotate", hit=True) in found.snippet


@pytest.mark.parametrize(
    "words",
    [
        '"',
        "logs OR",
        "NEAR(a b)",
        "title:x",
        "a*b^",
        "-",
        "*",
        "'; DROP TABLE sections; --",
        "(",
        "AND",
        "\x02",
    ],
)
async def test_nothing_that_is_typed_is_an_expression(folder: Folder, words: str) -> None:
    await folder.search("")

    for found in await folder.index.search(words):
        assert found.path in {"disk.md", "acme/login.md"}


async def test_hostile_text_comes_out_clean(folder: Folder) -> None:
    folder.write("bad.md", "# Bad\n\nzebra \x1b]8;;http://evil\x07click\x1b[2J \u202e [red]zebra[/red]\n")

    await folder.search("")
    (found,) = await folder.index.search("zebra")

    assert all(character.isprintable() for character in found.plain)
    assert "[red]" in found.plain


async def test_only_what_changed_is_read_again(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    whole = folder.source.read

    async def counting(path: str) -> str:
        read.append(path)
        return await whole(path)

    monkeypatch.setattr(folder.source, "read", counting)
    await folder.search("x")
    assert sorted(read) == ["acme/login.md", "disk.md"]

    folder.write("disk.md", "# Full disks\n\nNow it is about walruses.\n", at=1_700_000_100)
    (folder.root / "acme/login.md").unlink()
    read.clear()

    assert await folder.search("walruses") == [("disk.md", "full-disks")]
    assert read == ["disk.md"]
    assert await folder.search("keycloak") == []
    assert await folder.search("logrotate") == []


async def test_a_file_that_cannot_be_read_is_named(folder: Folder) -> None:
    ghost = Runbook("gone.md", "Gone", (), (), datetime(2026, 1, 1, tzinfo=UTC), 3)
    rows = (await folder.source.catalogue()).rows

    await folder.index.update((*rows, ghost))

    assert folder.index.unread == ("gone.md: Runbooks: there is no runbook gone.md",)
    assert len(await folder.index.search("keycloak")) == 1


async def test_many_files(folder: Folder) -> None:
    for number in range(AT_ONCE * 2 + 3):
        folder.write(f"many/{number}.md", f"# Page {number}\n\nunique{number}\n")

    assert await folder.search("unique100") == [("many/100.md", "page-100")]


async def test_an_alert_without_a_rule_gets_a_guess_with_its_reason(folder: Folder) -> None:
    await folder.search("")

    match = await folder.index.guess('ALARM: "acme-prod-logrotate-volume-12" on i-0abc', ("client_acme",))

    assert match is not None
    assert match.guess
    assert match.path == "disk.md"
    assert match.why == "a guess, no rule: its text has logrotate and volume"


async def test_one_common_word_makes_no_guess(folder: Folder) -> None:
    await folder.search("")

    assert await folder.index.guess("ALARM: the server page is down") is None
    assert await folder.index.guess("the machine is here") is None
    assert await folder.index.guess("12345 0x99") is None
    named = await folder.index.guess("the certificates again")
    assert named is not None
    assert named.anchor == "certificates"


async def test_the_demos_runbooks_can_be_searched() -> None:
    source = fixture_sources(ManualClock(DEMO_START)).runbooks
    assert source is not None
    index = RunbookIndex(source)
    await index.update((await source.catalogue()).rows)

    found = await index.search("disk")

    assert found
    assert found[0].path == "disk.md"
    index.close()


def test_sections_are_what_links_lead_to() -> None:
    assert sections(DISK) == (
        Section("Full disks", "full-disks", "Look at the volume first."),
        Section(
            "Rotate the logs",
            "rotate-the-logs",
            "Run `logrotate -f` on the machine. Café and naïve are words too.\n\n"
            "```sh\n# Not a heading\ndf -h\n```",
        ),
        Section("Grow the volume", "grow-the-volume", "Ask the ops engineer."),
    )
    assert [section.anchor for section in sections(LOGIN)] == ["single-sign-on", "certificates"]
    assert sections("") == ()
    assert sections("only text") == (Section("", "", "only text"),)
    assert [section.anchor for section in sections("# A\n# A\n")] == ["a", "a-1"]
