"""Who is on, when: shifts as values, and what they say about one moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Role(StrEnum):
    """The four lines of the support week."""

    DEV = "dev"
    OPS = "ops"
    ON_CALL = "on_call"
    SECOND_LINE = "second_line"


@dataclass(frozen=True, slots=True)
class Person:
    """A person of the rota; the e-mail address is the identity, the name is for reading."""

    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Shift:
    """One person on one line from `start` until `end` (UTC, half open)."""

    role: Role
    person: Person
    start: datetime
    end: datetime
    override: bool = False
    """Somebody stepped in for the person whom the rotation had planned."""


@dataclass(frozen=True, slots=True)
class Cover:
    """What a reading of the timeline covers: inside it an empty line is "nobody", outside "unknown"."""

    start: datetime
    end: datetime
    roles: frozenset[Role]


@dataclass(frozen=True, slots=True)
class OnCall:
    """A schedule's answer to "who is on call now"; it mixes the schedule's rotations."""

    schedule: str
    enabled: bool
    people: tuple[Person, ...]


@dataclass(frozen=True, slots=True)
class Rota:
    """A read timeline: shifts in order of start, pieces merged, and the range they speak for."""

    shifts: tuple[Shift, ...]
    cover: Cover
