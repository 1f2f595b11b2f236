"""A record is what a frozen, slotted dataclass is, to everybody who uses one."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, dataclass, field, replace
from typing import Any

import msgspec
import pytest

from support_desk.records import record


@record
class Stamp:
    name: str
    size: int = 3
    tags: list[str] = field(default_factory=list)
    seen: dict[str, int] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def loud(self) -> str:
        return self.name.upper()


@record
class Checked:
    low: int
    high: int

    def __post_init__(self) -> None:
        if self.low > self.high:
            raise ValueError("upside down")


@record
class Nothing:
    pass


@dataclass(frozen=True, slots=True)
class Twin:
    name: str
    size: int = 3
    tags: list[str] = field(default_factory=list)


def test_fields_are_given_by_place_or_by_name_and_the_rest_have_their_defaults() -> None:
    stamp = Stamp("a", tags=["x"])

    assert (stamp.name, stamp.size, stamp.tags, stamp.seen, stamp.loud) == ("a", 3, ["x"], {}, "A")


def test_each_has_its_own_default_when_that_is_made() -> None:
    first, second = Stamp("a"), Stamp("a")

    first.tags.append("x")
    assert second.tags == []


@pytest.mark.parametrize(
    ("args", "kwargs"),
    [
        ((), {}),
        (("a", 1, [], 4), {}),
        (("a",), {"name": "b"}),
        (("a",), {"colour": "red"}),
        ((), {"seen": {}}),
    ],
)
def test_wrong_arguments_are_refused_first_and_later(args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    for _ in range(2):
        with pytest.raises(TypeError):
            Stamp(*args, **kwargs)


def test_nothing_can_be_changed_removed_or_added() -> None:
    stamp: Any = Stamp("a")

    with pytest.raises(FrozenInstanceError):
        stamp.name = "b"
    with pytest.raises(FrozenInstanceError):
        del stamp.name
    with pytest.raises(FrozenInstanceError):
        stamp.colour = "red"
    assert not hasattr(stamp, "__dict__")


def test_equal_in_what_is_compared_and_only_to_its_own_kind() -> None:
    first, second = Stamp("a"), Stamp("a")
    second.seen["x"] = 1

    assert first == second
    assert first != Stamp("b")
    twin: object = Twin("a")
    assert first != twin
    assert Nothing() == Nothing()


def test_hashed_by_value() -> None:
    assert len({Checked(1, 2), Checked(1, 2), Checked(1, 3)}) == 2
    assert hash(Nothing()) == hash(Nothing())
    with pytest.raises(TypeError):
        hash(Stamp("a"))


def test_printed_like_a_dataclass() -> None:
    assert repr(Stamp("a")) == repr(Twin("a")).replace("Twin", "Stamp")


def test_replaced_and_checked_like_a_dataclass() -> None:
    assert replace(Checked(1, 2), high=5) == Checked(1, 5)
    with pytest.raises(ValueError, match="upside down"):
        replace(Checked(1, 2), low=3)


def test_matched_by_place() -> None:
    match Checked(1, 2):
        case Checked(low, high):
            assert (low, high) == (1, 2)


def test_kept_and_found_again_in_the_store_s_format() -> None:
    data = msgspec.msgpack.encode([Checked(1, 2), Checked(3, 4)])

    assert msgspec.msgpack.decode(data, type=list[Checked]) == [Checked(1, 2), Checked(3, 4)]
    with pytest.raises(msgspec.ValidationError):
        msgspec.msgpack.decode(msgspec.msgpack.encode(Twin("a")), type=Checked)
