"""Runbooks from a folder: whatever lies in it, and however it changes."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from support_desk.config.model import RunbookMatchSection, RunbookRuleSection, Runbooks
from support_desk.config.rules import runbook_url
from support_desk.domain.runbooks import Runbook, find_runbook
from support_desk.sources import runbooks as module
from support_desk.sources.errors import NotAllowed, NotThere, Rejected
from support_desk.sources.runbook_text import MAX_HEADINGS, Anchors, outline
from support_desk.sources.runbooks import RunbookFolder

AS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0


def folder(path: Path, *rules: RunbookRuleSection) -> RunbookFolder:
    return RunbookFolder(Runbooks(path=str(path), rules=rules))


def write(root: Path, name: str, text: str | bytes) -> Path:
    file = root / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


def by_path(rows: tuple[Runbook, ...]) -> dict[str, Runbook]:
    return {row.path: row for row in rows}


class TestOutline:
    def test_title_and_headings(self) -> None:
        found = outline(
            "a.md", "Words\n\n# The *first* `thing`\n\n## [Link](x.md) and <b>tag</b> ##\n\n### Été 2\n"
        )
        assert found.title == "The first thing"
        assert [(heading.level, heading.text, heading.anchor) for heading in found.headings] == [
            (1, "The first thing", "the-first-thing"),
            (2, "Link and tag", "link-and-tag"),
            (3, "Été 2", "été-2"),
        ]

    def test_underlined_headings(self) -> None:
        found = outline("a.md", "Title\n=====\n\nSection\n---\n\n- item\n---\n\n---\n")
        assert [(heading.level, heading.text) for heading in found.headings] == [(1, "Title"), (2, "Section")]

    def test_code_has_no_headings(self) -> None:
        text = "# One\n```sh\n# not one\n~~~\n# nor this\n```\n## Two\n"
        text += "~~~~\n# no\n~~~\n# no\n~~~~\n#no\n####### no\n"
        assert [heading.text for heading in outline("a.md", text).headings] == ["One", "Two"]

    def test_repeated_anchors_are_numbered(self) -> None:
        anchors = Anchors()
        texts = ["Fix it", "Fix it", "Fix it-1", "Fix it", "What's up? (v2.0)", "a_b  c"]
        assert [anchors.anchor(text) for text in texts] == [
            "fix-it",
            "fix-it-1",
            "fix-it-1-1",
            "fix-it-2",
            "whats-up-v20",
            "a_b--c",
        ]

    def test_headings_are_bounded_and_long_lines_are_quick(self) -> None:
        found = outline("a.md", "# x\n" * (MAX_HEADINGS + 9))
        assert len(found.headings) == MAX_HEADINGS
        assert outline(
            "a.md", "# a" + " " * 400_000 + "b\n" + "[" * 400_000 + "\n# [" + "<" * 99_999
        ).headings

    def test_the_first_line_is_a_rule(self) -> None:
        found = outline(
            "acme/5xx.md",
            '<!-- alerts: tag=client_acme message=(?i)5xx on "acme prod" -->\n'
            '<!-- alerts: source="Uptime Monitor" anchor=down -->\n# Title\n<!-- alerts: tag=late -->\n',
        )
        assert found.title == "Title"
        first, second = found.rules
        assert (first.tag, first.message) == ("client_acme", '(?i)5xx on "acme prod"')
        assert (second.source, second.anchor, second.message) == ("Uptime Monitor", "down", "")
        assert {rule.origin for rule in found.rules} == {"first line"}
        assert {rule.file for rule in found.rules} == {"acme/5xx.md"}

    def test_front_matter_at_the_margin_is_one_rule(self) -> None:
        text = (
            "---\ntitle: Not a rule\ntags: [a, b]\n"
            "tag: client_acme\nmessage: '(?i): 5xx'\npriority: P1\n---\n# T\n"
        )
        (rule,) = outline("a.md", text).rules
        assert (rule.tag, rule.message, rule.priority, rule.origin) == (
            "client_acme",
            "(?i): 5xx",
            "P1",
            "front matter",
        )
        assert outline("a.md", text).title == "T"

    def test_front_matter_can_list_rules(self) -> None:
        text = (
            "---\nalerts:\n  - tag: client_a\n    message: disk\n  - organisation: Acme Council\n"
            "owner: somebody\n  nested: left alone\nmessage: cpu\n---\n# T\n"
        )
        rules = outline("a.md", text).rules
        assert [(rule.tag, rule.message, rule.organisation) for rule in rules] == [
            ("client_a", "disk", ""),
            ("", "", "Acme Council"),
            ("", "cpu", ""),
        ]

    def test_front_matter_can_hold_the_one_line_form(self) -> None:
        (rule,) = outline("a.md", "---\nalerts: tag=client_a message=disk is full\n---\n").rules
        assert (rule.tag, rule.message) == ("client_a", "disk is full")

    def test_a_rule_at_the_top_without_an_end_is_text(self) -> None:
        found = outline("a.md", "---\ntag: client_a\n# Heading\n")
        assert found.rules == ()
        assert found.title == "Heading"

    @pytest.mark.parametrize(
        ("line", "problem"),
        [
            ("<!-- alerts: message=(unclosed -->", "isn't a regular expression"),
            ("<!-- alerts: message=(a+)+b -->", "could take for ever"),
            ("<!-- alerts: something -->", "a rule needs one of"),
            ("<!-- alerts: anchor=only -->", "a rule needs one of"),
            ("---\nalerts:\n  - mesage: typo\n---", "a rule needs one of"),
        ],
    )
    def test_a_bad_rule_is_reported_and_left_out(self, line: str, problem: str) -> None:
        found = outline("a.md", f"{line}\n# Title\n")
        assert found.rules == ()
        assert len(found.problems) == 1
        assert problem in found.problems[0]

    def test_hostile_headings_are_cleaned(self) -> None:
        (heading,) = outline("a.md", "# \x1b[31mRed\x1b[0m [/nope] \u202eabc\n").headings
        assert heading.text == "Red [/nope] abc"


class TestCatalogue:
    async def test_files_in_subfolders_by_path(self, tmp_path: Path) -> None:
        write(tmp_path, "b.md", "# B\n")
        write(tmp_path, "acme/5xx.MD", "no heading\n")
        write(tmp_path, "notes.txt", "# no\n")
        write(tmp_path, ".git/x.md", "# hidden\n")
        write(tmp_path, ".hidden.md", "# hidden\n")
        file = write(tmp_path, "a/b/deep.md", "# Deep\n")
        os.utime(file, (1_790_000_000, 1_790_000_000))
        reading = await folder(tmp_path).catalogue()
        assert [row.path for row in reading.rows] == ["a/b/deep.md", "acme/5xx.MD", "b.md"]
        assert [row.title for row in reading.rows] == ["Deep", "5xx", "B"]
        assert reading.rows[0].modified_at == datetime.fromtimestamp(1_790_000_000, UTC)
        assert reading.rows[0].size == 7
        assert (reading.complete, reading.rejected, reading.notes) == (True, 0, ())

    async def test_an_empty_folder_is_empty_not_failed(self, tmp_path: Path) -> None:
        reading = await folder(tmp_path).catalogue()
        assert (reading.rows, reading.complete) == ((), True)

    async def test_only_what_changed_is_parsed_again(self, tmp_path: Path) -> None:
        write(tmp_path, "a.md", "# A\n")
        write(tmp_path, "b.md", "# B\n")
        source = folder(tmp_path)
        before = by_path((await source.catalogue()).rows)
        again = by_path((await source.catalogue()).rows)
        assert again["a.md"] is before["a.md"]
        write(tmp_path, "a.md", "# Another\n")
        (tmp_path / "b.md").rename(tmp_path / "c.md")
        later = by_path((await source.catalogue()).rows)
        assert later["a.md"].title == "Another"
        assert set(later) == {"a.md", "c.md"}

    async def test_a_change_of_the_same_size_is_seen(self, tmp_path: Path) -> None:
        file = write(tmp_path, "a.md", "# Abc\n")
        os.utime(file, ns=(10**18, 10**18))
        source = folder(tmp_path)
        await source.catalogue()
        write(tmp_path, "a.md", "# Xyz\n")
        os.utime(file, ns=(10**18 + 1, 10**18 + 1))
        assert (await source.catalogue()).rows[0].title == "Xyz"

    async def test_bad_files_are_reported_and_the_rest_is_read(self, tmp_path: Path) -> None:
        write(tmp_path, "good.md", "# Good\n")
        write(tmp_path, "big.md", b"# Big\n" + b"x" * module.MAX_BYTES)
        write(tmp_path, "latin.md", "# Caf\u00e9\n".encode("latin-1"))
        write(tmp_path, "rule.md", "<!-- alerts: message=( -->\n# Rule\n")
        reading = await folder(tmp_path).catalogue()
        assert [row.path for row in reading.rows] == ["good.md", "latin.md", "rule.md"]
        assert reading.rejected == 1
        notes = "\n".join(reading.notes)
        assert "big.md: left out" in notes
        assert "latin.md: isn't UTF-8" in notes
        assert "rule.md: first line: message isn't a regular expression" in notes

    async def test_links_out_of_the_folder_are_refused(self, tmp_path: Path) -> None:
        outside = write(tmp_path, "outside/secret.md", "# Secret\n")
        root = tmp_path / "docs"
        write(root, "real.md", "# Real\n")
        (root / "out.md").symlink_to(outside)
        (root / "folder").symlink_to(outside.parent)
        (root / "loop").symlink_to(root)
        (root / "inside.md").symlink_to(root / "real.md")
        (root / "broken.md").symlink_to(root / "nothing.md")
        source = folder(root)
        reading = await source.catalogue()
        assert [row.path for row in reading.rows] == ["inside.md", "real.md"]
        assert sum("outside the folder" in note for note in reading.notes) == 2
        assert any(note.startswith("broken.md: can't be read") for note in reading.notes)
        for path in ("out.md", "folder/secret.md", "../outside/secret.md", str(outside)):
            with pytest.raises(NotThere):
                await source.read(path)
        assert await source.read("inside.md") == "# Real"

    async def test_links_in_a_circle_are_left_out(self, tmp_path: Path) -> None:
        write(tmp_path, "real.md", "# Real\n")
        (tmp_path / "itself.md").symlink_to(tmp_path / "itself.md")
        (tmp_path / "one").symlink_to(tmp_path / "other")
        (tmp_path / "other").symlink_to(tmp_path / "one")
        source = folder(tmp_path)
        reading = await source.catalogue()
        assert [row.path for row in reading.rows] == ["real.md"]
        assert any(note.startswith("itself.md: can't be read") for note in reading.notes)
        with pytest.raises(NotThere):
            await source.read("one/real.md")

    async def test_pipes_are_not_waited_for(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe.md")
        source = folder(tmp_path)
        assert (await source.catalogue()).rows == ()
        with pytest.raises(NotThere):
            await source.read("pipe.md")

    async def test_too_many_files_are_said(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        for number in range(6):
            write(tmp_path, f"{number}.md", "# x\n")
        monkeypatch.setattr(module, "MAX_FILES", 4)
        reading = await folder(tmp_path).catalogue()
        assert len(reading.rows) == 4
        assert not reading.complete
        assert reading.notes == ("only the first 4 files were read",)

    async def test_notes_are_bounded(self, tmp_path: Path) -> None:
        for number in range(module.MAX_NOTES + 10):
            write(tmp_path, f"{number}.md", "<!-- alerts: message=( -->\n")
        notes = (await folder(tmp_path).catalogue()).notes
        assert len(notes) == module.MAX_NOTES
        assert notes[-1] == "and 11 more such notes"

    async def test_rules_of_the_configuration_are_checked_against_the_folder(self, tmp_path: Path) -> None:
        write(tmp_path, "a.md", "# A\n")
        match = RunbookMatchSection(message="(")
        source = folder(
            tmp_path,
            RunbookRuleSection(match=match, file="gone.md"),
            RunbookRuleSection(match=RunbookMatchSection(tag="x"), file="a.md", anchor="nowhere"),
            RunbookRuleSection(match=RunbookMatchSection(tag="x"), file="a.md", anchor="a"),
        )
        notes = (await source.catalogue()).notes
        assert notes[0] == "rule 1 of your configuration: there is no runbook gone.md"
        assert notes[1].startswith("rule 1 of your configuration: message isn't a regular expression")
        assert notes[2] == "rule 2 of your configuration: a.md has no heading #nowhere"
        assert len(notes) == 3
        assert [rule.file for rule in source.rules] == ["gone.md", "a.md", "a.md"]

    async def test_a_missing_folder_names_the_setting(self, tmp_path: Path) -> None:
        for path in (tmp_path / "none", write(tmp_path, "file.md", "# x\n"), Path("~nobody-at-all/docs")):
            source = folder(path)
            with pytest.raises(NotThere) as caught:
                await source.catalogue()
            assert "[runbooks] path" in caught.value.remedy
            (probe,) = await source.probe()
            assert (probe.ok, probe.needed) == (False, False)
        with pytest.raises(NotThere):
            await RunbookFolder(Runbooks()).catalogue()

    @pytest.mark.skipif(AS_ROOT, reason="root may read everything")
    async def test_a_folder_without_rights(self, tmp_path: Path) -> None:
        root = tmp_path / "docs"
        write(root, "a.md", "# A\n")
        root.chmod(0)
        try:
            with pytest.raises(NotAllowed):
                await folder(root).catalogue()
        finally:
            root.chmod(0o700)

    async def test_probe_tells_what_is_wrong(self, tmp_path: Path) -> None:
        write(tmp_path, "a.md", "# A\n")
        (good,) = await folder(tmp_path).probe()
        assert (good.ok, good.detail) == (True, "1 runbook")
        write(tmp_path, "b.md", "<!-- alerts: message=( -->\n")
        _, bad = await folder(tmp_path).probe()
        assert bad.ok is False
        assert "b.md" in bad.detail

    async def test_five_hundred_files_are_looked_through_again_in_no_time(self, tmp_path: Path) -> None:
        for number in range(500):
            write(
                tmp_path, f"{number % 20}/{number}.md", f"<!-- alerts: tag=t{number} -->\n# Book {number}\n"
            )
        source = folder(tmp_path)
        first = await source.catalogue()
        again = await source.catalogue()
        assert len(first.rows) == 500
        assert all(before is after for before, after in zip(first.rows, again.rows, strict=True))
        match = find_runbook(tags=("T321",), runbooks=first.rows, rules=())
        assert match is not None
        assert match.path == "1/321.md"


class TestRead:
    async def test_a_name_that_can_not_be_shown_is_not_listed_as_another(self, tmp_path: Path) -> None:
        """Listed as it is shown, nothing could open it, or its title would stand on another file."""
        write(tmp_path, "a b.md", "# The one\n")
        write(tmp_path, "a\x07 b.md", "# The other\n")
        write(tmp_path, "c\x1b[31m.md", "# Red\n")
        reading = await folder(tmp_path).catalogue()
        assert [(row.path, row.title) for row in reading.rows] == [("a b.md", "The one")]
        assert reading.rejected == 2
        assert all("rename it" in note and "\x1b" not in note for note in reading.notes)
        assert len(reading.notes) == 2

    async def test_text_is_cleaned_and_keeps_its_shape(self, tmp_path: Path) -> None:
        write(tmp_path, "a.md", "\ufeff# A\r\n\r\n    code \x1b[31mred\x1b[0m\r\n\u202eback\n")
        assert await folder(tmp_path).read("a.md") == "# A\n\n    code red\nback"

    async def test_a_long_file_is_whole(self, tmp_path: Path) -> None:
        write(tmp_path, "a.md", "word " * 40_000 + "\nlast line\n")
        assert (await folder(tmp_path).read("a.md")).endswith("last line")

    async def test_too_big(self, tmp_path: Path) -> None:
        write(tmp_path, "a.md", b"x" * (module.MAX_BYTES + 1))
        with pytest.raises(Rejected):
            await folder(tmp_path).read("a.md")

    @pytest.mark.parametrize(
        "path", ["gone.md", "../a.md", "/etc/passwd", "", ".", "\0.md", ".git/x.md", "a.txt"]
    )
    async def test_what_is_no_runbook_is_not_there(self, tmp_path: Path, path: str) -> None:
        write(tmp_path, "a.md", "# outside\n")
        write(tmp_path, "docs/.git/x.md", "# hidden\n")
        write(tmp_path, "docs/a.txt", "text\n")
        with pytest.raises(NotThere):
            await folder(tmp_path / "docs").read(path)


def test_web_addresses() -> None:
    settings = Runbooks(url="https://git.example/docs/{path}#{anchor}")
    assert runbook_url(settings, "a b/c.md", "top") == "https://git.example/docs/a%20b/c.md#top"
    assert runbook_url(settings, "c.md") == "https://git.example/docs/c.md"
    assert runbook_url(Runbooks(), "c.md", "top") is None
