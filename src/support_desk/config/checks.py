"""What the values of a configuration must be to each other and to the machine: zones, addresses, secrets."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from support_desk.config.mistakes import Mistake
from support_desk.config.model import Config
from support_desk.config.secrets import given_forms, readable_by_others, secret_names
from support_desk.paths import at_home

_ADDRESS = re.compile(
    r"(?P<scheme>https?)://(?P<host>\[[0-9a-fA-F:.]+\]|[^/?#@:\s\[\]]+)(:\d{1,5})?(?P<path>/\S*)?"
)
_LOOPBACK = r"localhost|127(\.\d{1,3}){3}|\[::1\]"
_PLACEHOLDER = r"\{[^{}]*\}"
_PRIORITIES = ("", "p1", "p2", "p3", "p4", "p5", "urgent", "high", "normal", "low")
_USUAL = Config()

Where = Callable[[str], str]
"""The file or environment variable that a key's value comes from."""


def mistakes_in(config: Config, where: Where) -> Iterator[Mistake]:
    """Everything that is well-formed and still wrong."""
    yield from _hours(config, where)
    yield from _addresses(config, where)
    yield from _rota(config, where)
    yield from _rules(config, where)
    yield from _patterns(config, where)
    yield from _people(config, where)
    yield from _cover(config, where)
    yield from _contradictions(config, where)
    yield from _names(config, where)
    yield from _secrets(config, where)
    yield from _services(config, where)


def literal_secrets(config: Config, where: Where) -> Iterator[str]:
    """The keys of secrets that stand in the file itself (the environment is a proper place)."""
    for section in _SECTIONS_WITH_SECRETS:
        table: msgspec.Struct = getattr(config, section)
        for name in secret_names(table.__struct_fields__):
            key = f"{section}.{name}"
            if getattr(table, name) and not where(key).startswith("environment"):
                yield key


_SECTIONS_WITH_SECRETS = ("zendesk", "opsgenie", "jsm")


def _hours(config: Config, where: Where) -> Iterator[Mistake]:
    # The default is there on every machine with `tzdata`; looking costs `status` 3 of its 50 ms.
    if config.hours.timezone != _USUAL.hours.timezone and not _is_zone(config.hours.timezone):
        key = "hours.timezone"
        problem = f"there is no time zone {config.hours.timezone!a}"
        yield Mistake(key, where(key), problem, 'Write a name of the IANA database, such as "Europe/London"')
    if config.hours.end <= config.hours.start:
        yield Mistake(
            "hours.end",
            where("hours.end"),
            f"the day ends at {config.hours.end}, not after its start at {config.hours.start}",
            "Make hours.end later than hours.start",
        )
    if not config.hours.days:
        yield Mistake(
            "hours.days", where("hours.days"), "no working day is left", 'Write at least one, as in ["mon"]'
        )


def _is_zone(name: str) -> bool:
    from support_desk.config.zones import ZoneInfo, ZoneInfoNotFoundError

    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _addresses(config: Config, where: Where) -> Iterator[Mistake]:
    addresses = {
        "zendesk.url": config.zendesk.url,
        "zendesk.redirect_uri": config.zendesk.redirect_uri,
        "opsgenie.url": config.opsgenie.url,
        "opsgenie.web_url": config.opsgenie.web_url,
        "jsm.url": config.jsm.url,
        "runbooks.url": config.runbooks.url,
    }
    usual = (_USUAL.opsgenie.url, _USUAL.jsm.url, _USUAL.zendesk.redirect_uri)
    for key, address in addresses.items():
        if not address or address in usual:
            continue
        problem, remedy = wrong_address(address, template=key == "runbooks.url")
        if problem:
            yield Mistake(key, where(key), problem, remedy)
    if not config.opsgenie.url:
        yield Mistake(
            "opsgenie.url",
            where("opsgenie.url"),
            "the address is empty",
            "Leave the line out for https://api.opsgenie.com; without a read key OpsGenie is off",
        )


def wrong_address(address: str, *, template: bool) -> tuple[str, str]:
    """Problem and remedy of an address; two empty texts when it is good.

    Plain `http` would send credentials in the clear, so it is for simulators on this machine only.
    """
    match = re.fullmatch(_ADDRESS, address)
    if match is None:
        return (
            "this isn't an address that can be used",
            'Write it like "https://help.example.com", without a user',
        )
    if match["scheme"] == "http" and not re.fullmatch(_LOOPBACK, match["host"]):
        return "http is accepted for a loopback address only", "Write https://"
    path = match["path"] or ""
    if template:
        strange = set(re.findall(_PLACEHOLDER, path)) - {"{path}", "{anchor}"}
        if strange:
            return f"{min(strange)!a} isn't known here", "Only {path} and {anchor} are filled in"
    elif "?" in path or "#" in path:
        return "an address with ? or # can't be a service's", "Write the address without it"
    return "", ""


def _rota(config: Config, where: Where) -> Iterator[Mistake]:
    """An empty pattern is found in every name: whoever is on call would be shown as the ops engineer."""
    first, second = config.rota.first_line, config.rota.second_line
    empty = "it is empty, and so in every rotation's name"
    remedy = 'Write how the names of its rotations begin, as in "(?i)^ops"'
    for name, pattern in (("dev", first.dev), ("ops", first.ops), ("on_call", first.on_call)):
        if not pattern.strip():
            yield Mistake(f"rota.first_line.{name}", where(f"rota.first_line.{name}"), empty, remedy)
    for key, schedule in (
        ("rota.first_line.schedule", first.schedule),
        ("rota.second_line.schedule", second.schedule),
    ):
        if not schedule.strip():
            yield Mistake(key, where(key), "no schedule is named", "Write its name or id in OpsGenie")


def _rules(config: Config, where: Where) -> Iterator[Mistake]:
    """A rule without a condition or a file is never tried."""
    for number, rule in enumerate(config.runbooks.rules, 1):
        key = f"runbooks.rules#{number}"
        if not any(getattr(rule.match, name) for name in rule.match.__struct_fields__):
            remedy = 'Write when it applies, as in match = { tag = "client_acme" }'
            problem = "no condition is given, so that it never applies"
            yield Mistake(f"{key}.match", where(f"{key}.match"), problem, remedy, missing=True)
        if not rule.file.strip():
            remedy = "Write the file that it leads to, relative to runbooks.path"
            yield Mistake(f"{key}.file", where(f"{key}.file"), "no file is named", remedy, missing=True)
        if rule.match.priority.casefold() not in _PRIORITIES:
            remedy = "Write one of P1 to P5, urgent, high, normal or low"
            problem = "no alert or ticket has this priority"
            yield Mistake(f"{key}.match.priority", where(f"{key}.match.priority"), problem, remedy)


def _patterns(config: Config, where: Where) -> Iterator[Mistake]:
    first_line = config.rota.first_line
    patterns = {
        "rota.first_line.dev": first_line.dev,
        "rota.first_line.ops": first_line.ops,
        "rota.first_line.on_call": first_line.on_call,
    }
    for number, rule in enumerate(config.runbooks.rules, 1):
        patterns[f"runbooks.rules#{number}.match.message"] = rule.match.message
        patterns[f"runbooks.rules#{number}.match.source"] = rule.match.source
    usual = (_USUAL.rota.first_line.dev, _USUAL.rota.first_line.ops, _USUAL.rota.first_line.on_call)
    for key, pattern in patterns.items():
        if not pattern or pattern in usual:
            continue
        try:
            re.compile(pattern)
        except (re.error, OverflowError, RecursionError) as error:
            yield Mistake(
                key,
                where(key),
                f"this isn't a regular expression ({error})",
                "Mend the pattern; single quotes keep backslashes as they are",
            )


def _people(config: Config, where: Where) -> Iterator[Mistake]:
    """Whom nobody in either service is, nothing is ever marked as theirs, and no page reaches."""
    zendesk = config.zendesk
    addresses = {
        "me.email": config.me.email,
        "zendesk.email": zendesk.email,
        "escalation.ticket.assignee": config.escalation.ticket.assignee,
    }
    addresses |= {
        f"rota.beyond#{number}.email": who.email for number, who in enumerate(config.rota.beyond, 1)
    }
    if zendesk.emergency_addresses != _USUAL.zendesk.emergency_addresses:
        addresses |= {
            f"zendesk.emergency_addresses#{number}": address.strip()
            for number, address in enumerate(zendesk.emergency_addresses, 1)
        }
    for key, address in addresses.items():
        if address and not _is_persons(address):
            remedy = 'Write it like "jo@example.com", without a name or spaces'
            yield Mistake(key, where(key), "this isn't an e-mail address", remedy)


def _is_persons(address: str) -> bool:
    # Without a pattern: to compile one takes a part of the 50 ms of `status`.
    name, _, host = address.partition("@")
    return bool(name and host) and address.split() == [address] and not set(host) & set("@<>")


def _cover(config: Config, where: Where) -> Iterator[Mistake]:
    """A name that is none covers nobody: out of hours no alert of a known client would need anybody."""
    for number, name in enumerate(config.on_call.clients, 1):
        if not name.strip():
            key = f"on_call.clients#{number}"
            remedy = "Write clients = [] where it isn't known who has cover: all count then"
            yield Mistake(key, where(key), "no client is named", remedy)


def _contradictions(config: Config, where: Where) -> Iterator[Mistake]:
    """A tag that means both agreements tells nothing of any client."""
    zendesk = config.zendesk
    plans = {tag.casefold() for tag in zendesk.enhanced_plan_tags}
    for tag in zendesk.standard_plan_tags:
        # Who only says which tags mean the enhanced one hasn't written the other list.
        if tag.casefold() in plans and zendesk.standard_plan_tags != _USUAL.zendesk.standard_plan_tags:
            key = "zendesk.standard_plan_tags"
            problem = f"{tag!a} is one of zendesk.enhanced_plan_tags as well"
            yield Mistake(key, where(key), problem, "Keep it in one of them")


def _names(config: Config, where: Where) -> Iterator[Mistake]:
    """Whatever is chosen or told by its name has one."""
    names = {
        "rota.beyond": [who.name for who in config.rota.beyond],
        "clients": [client.name for client in config.clients],
        "triage.kinds": [kind.name for kind in config.triage.kinds],
    }
    for at, row, name in ((at, row, name) for at, rows in names.items() for row, name in enumerate(rows, 1)):
        if not name.strip():
            key = f"{at}#{row}.name"
            yield Mistake(key, where(key), "the name is empty", "Write one", missing=True)


def _secrets(config: Config, where: Where) -> Iterator[Mistake]:
    for section in _SECTIONS_WITH_SECRETS:
        table: msgspec.Struct = getattr(config, section)
        for name in secret_names(table.__struct_fields__):
            forms = given_forms(table, name)
            if len(forms) > 1:
                key = f"{section}.{name}"
                given = " and ".join(f"{section}.{form}" for form in forms)
                yield Mistake(
                    key, where(f"{section}.{forms[0]}"), f"given more than once: {given}", "Keep one of them"
                )
            file: str = getattr(table, f"{name}_file")
            if file:
                yield from _file_of(f"{section}.{name}_file", at_home(file), where)


def _file_of(key: str, path: Path, where: Where) -> Iterator[Mistake]:
    try:
        exposed = readable_by_others(path)
    except FileNotFoundError:
        # The desk opens with the last known state; `check` and the first read say that it is missing.
        return
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        yield Mistake(
            key, where(key), f"{path} can't be looked at ({reason})", "Check the path and its folders"
        )
        return
    if path.is_dir():
        # A folder of mode 600 couldn't be gone into any more.
        yield Mistake(key, where(key), f"{path} is a folder", "Name the file in it that holds the secret")
    elif exposed:
        yield Mistake(key, where(key), f"{path} can be read by other users", f"chmod 600 {path}")


def _services(config: Config, where: Where) -> Iterator[Mistake]:
    if config.alerts.provider == "jsm":
        key = "alerts.provider"
        yield Mistake(
            key,
            where(key),
            "Jira Service Management arrives with a later release",
            'Write provider = "opsgenie"; without its keys alerts are off',
        )
    zendesk = config.zendesk
    if not zendesk.url:
        return
    needs = {
        "oauth_user": {"client_id": bool(zendesk.client_id), "redirect_uri": bool(zendesk.redirect_uri)},
        "oauth": {
            "client_id": bool(zendesk.client_id),
            "client_secret": bool(given_forms(zendesk, "client_secret")),
        },
        "token": {"email": bool(zendesk.email), "token": bool(given_forms(zendesk, "token"))},
    }
    for name, given in needs.get(zendesk.auth, {}).items():
        if given:
            continue
        remedy = f"Add zendesk.{name}"
        if f"{name}_env" in zendesk.__struct_fields__:
            remedy = f"Add one of zendesk.{name}_env, zendesk.{name}_command or zendesk.{name}_file"
        yield Mistake(
            f"zendesk.{name}",
            where("zendesk.auth"),
            f'auth = "{zendesk.auth}" needs it',
            remedy,
            missing=True,
        )
