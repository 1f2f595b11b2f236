"""`support-desk runbooks TEXT`: search in the texts of the runbooks, not only in their titles."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from support_desk.cli import output
from support_desk.config.rules import runbook_url
from support_desk.desk.runbook_index import Found, RunbookIndex
from support_desk.desk.schema import StoreError
from support_desk.glance import time_text
from support_desk.sources.runbooks import RunbookFolder

if TYPE_CHECKING:
    from support_desk.cli.one_shots import Seen
    from support_desk.domain.runbooks import Runbook

Document = dict[str, Any]


def in_the_text(document: Document, seen: Seen) -> Document:
    """The document with the runbooks in whose text the words stand, best first; a file once.

    Where there is no full-text search, the document stays as it is, and that is said.
    """
    books = seen.snapshot.runbooks.rows
    if not books:
        return document
    try:
        found, unread = asyncio.run(_search(seen, books))
    except StoreError as error:
        output.talk(f"{error.problem}: {error.remedy}")
        return document
    for name in unread:
        output.talk(f"not searched: {name}")
    modified = {book.path: book.modified_at for book in books}
    rows: dict[str, Document] = {}
    for row in found:
        rows.setdefault(
            row.path,
            {
                "path": row.path,
                "title": row.title,
                "heading": row.heading if row.heading != row.title else None,
                "anchor": row.anchor,
                "url": runbook_url(seen.config.runbooks, row.path, row.anchor),
                "modified_at": time_text(modified.get(row.path)),
                "snippet": row.plain,
                "all_words": not row.any_word,
            },
        )
    return document | {"runbooks": list(rows.values())}


async def _search(seen: Seen, books: Sequence[Runbook]) -> tuple[tuple[Found, ...], tuple[str, ...]]:
    index = RunbookIndex(RunbookFolder(seen.config.runbooks))
    try:
        await index.update(books)
        return await index.search(seen.words), index.unread
    finally:
        index.close()
