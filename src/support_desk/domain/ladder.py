"""Who can be called for help: on the rota now, beyond the second line, and everybody else known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import chain

from support_desk.domain.rota import Person, Role, Rota, Unknown, same_address, shift_now, shift_of, until
from support_desk.records import record

LINES = {
    Role.SECOND_LINE: "second line",
    Role.ON_CALL: "on call",
    Role.DEV: "first line, developer",
    Role.OPS: "first line, ops",
}


@record
class Rung:
    """Somebody who can be paged or rung."""

    person: Person
    why: str
    """Why they are offered: "second line now", "beyond the second line"."""
    on_rota: bool = False
    until: datetime | None = None
    """The end of their shift (UTC); None: the timeline doesn't have it, or wasn't read so far."""
    phone: str = ""


def rungs(
    rota: Rota | None,
    people: Iterable[Person],
    beyond: Iterable[Person],
    phones: Mapping[str, str],
    now: datetime,
    *,
    second_line: Person | Unknown | None,
) -> Iterator[Rung]:
    """Everybody once, in the order in which the handbook would call them; found one by one.

    Who is beyond the second line may be on its rota as well (the CTO is): then they stand there. `phones` by
    address or name in lower case. `second_line` is who that is at this moment, which knows of an override
    before the timeline does.
    """
    offered: set[str] = set()
    for rung in chain(_on_rota(rota, phones, now, second_line), _others(people, beyond, phones)):
        if (key := _key(rung.person)) not in offered:
            offered.add(key)
            yield rung


def _on_rota(
    rota: Rota | None, phones: Mapping[str, str], now: datetime, second_line: Person | Unknown | None
) -> Iterator[Rung]:
    for role, words in LINES.items():
        shift = shift_now(rota, role, now)
        who = shift.person if shift is not None else None
        if role is Role.SECOND_LINE:
            who = second_line if isinstance(second_line, Person) else None
        if who is not None:
            ends = until(rota, shift_of(rota, role, who, now))
            yield Rung(who, f"{words} now", True, ends, _phone(who, phones))


def _others(people: Iterable[Person], beyond: Iterable[Person], phones: Mapping[str, str]) -> Iterator[Rung]:
    known = {person.email.casefold(): person for person in people if person.email}
    for person in beyond:
        named = known.get(person.email.casefold(), person) if person.email else person
        yield Rung(named, _beyond_words(person, named), phone=_phone(person, phones) or _phone(named, phones))
    for person in sorted(known.values(), key=lambda person: person.name.casefold()):
        yield Rung(person, "not on the rota now", phone=_phone(person, phones))


def helper_words(rungs: Iterable[Rung], me: str) -> str:
    """Who to call next: the second line, else who is beyond it; empty: nobody is known."""
    for rung in rungs:
        if rung.why.startswith(("second line", "beyond")) and not same_address(rung.person.email, me):
            line = "second line" if rung.why.startswith("second line") else rung.why
            parts = (rung.person.name or rung.person.email, line, rung.phone)
            return ", ".join(part for part in parts if part)
    return ""


def _beyond_words(configured: Person, named: Person) -> str:
    role = configured.name.removeprefix(named.name).lstrip(", ")
    return f"beyond the second line{', ' if role else ''}{role}"


def _key(person: Person) -> str:
    return person.email.casefold() or person.name.casefold()


def _phone(person: Person, phones: Mapping[str, str]) -> str:
    # Whoever has no address must not get the number of somebody without a name.
    keys = (key.casefold() for key in (person.email, person.name) if key)
    return next((phones[key] for key in keys if phones.get(key)), "")
