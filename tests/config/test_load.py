"""The configuration: what is read, what overrides what, and how every mistake is named."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from support_desk.config.load import ConfigError, Loaded, Mistake, load_config
from tests.effort import calls


def write(folder: Path, text: str) -> Path:
    path = folder / "config.toml"
    path.write_text(text, encoding="utf-8")
    return path


def load(folder: Path, text: str, **environ: str) -> Loaded:
    return load_config(write(folder, text), environ)


def mistakes(folder: Path, text: str, **environ: str) -> dict[str, Mistake]:
    with pytest.raises(ConfigError) as caught:
        load(folder, text, **environ)
    return {mistake.key: mistake for mistake in caught.value.mistakes}


def test_an_empty_file_means_the_agencys_defaults(tmp_path: Path) -> None:
    loaded = load(tmp_path, "")

    assert loaded.config.hours.start == "10:00"
    assert loaded.config.polling.on_call == 60
    assert set(loaded.origins.values()) == {"default"}


def test_the_file_that_the_environment_names_is_read(tmp_path: Path) -> None:
    path = write(tmp_path, '[me]\nname = "Jo"')

    loaded = load_config(None, {"SUPPORT_DESK_CONFIG": str(path)})

    assert loaded.config.me.name == "Jo"
    assert loaded.path == path
    assert loaded.origins["me.name"] == "file"


def test_a_file_that_was_asked_for_must_exist(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(tmp_path / "none.toml", {})

    assert "no such file" in str(caught.value)
    assert "config init" in str(caught.value)


def test_a_file_that_is_too_long_to_be_a_configuration_is_refused_and_not_cut(tmp_path: Path) -> None:
    text = '[me]\nname = "Jo"\n' + "#" * 1_000_000 + "\n[polling]\nalerts = 5\n"

    (mistake,) = mistakes(tmp_path, text).values()

    assert mistake.problem == "the file is longer than 1 MB"


def test_a_byte_order_mark_before_the_first_line_is_no_part_of_it(tmp_path: Path) -> None:
    loaded = load(tmp_path, '\ufeff[me]\r\nname = "Jo"\r\n')

    assert loaded.config.me.name == "Jo"
    assert mistakes(tmp_path, "\ufeffemail = 'jo@example.com'")["email"].lines == "line 1"


def test_a_value_is_overridden_by_the_environment(tmp_path: Path) -> None:
    loaded = load(
        tmp_path,
        '[hours]\nstart = "09:00"\nend = "17:00"',
        SUPPORT_DESK_HOURS__START="08:00",
        SUPPORT_DESK_POLLING__TICKETS="90",
        SUPPORT_DESK_READ_ONLY="true",
    )

    assert loaded.config.hours.start == "08:00"
    assert loaded.config.hours.end == "17:00"
    assert loaded.config.polling.tickets == 90
    assert loaded.config.read_only is True
    assert loaded.origins["hours.start"] == "environment SUPPORT_DESK_HOURS__START"
    assert loaded.origins["hours.end"] == "file"
    assert loaded.origins["read_only"] == "environment SUPPORT_DESK_READ_ONLY"
    assert loaded.origins["hours.timezone"] == "default"


@pytest.mark.parametrize(
    ("variable", "key"),
    [
        ("SUPPORT_DESK_HOURS__DAYS", "hours.days"),
        ("SUPPORT_DESK_ROTA__FIRST_LINE__SCHEDULE", "rota.first_line"),
        ("SUPPORT_DESK_ZENDESK__BELIEVED_SOLVED", "zendesk.believed_solved"),
        ("SUPPORT_DESK_CLIENTS__NAME", "clients"),
    ],
)
def test_nested_values_and_lists_are_refused_from_the_environment(
    tmp_path: Path, variable: str, key: str
) -> None:
    (mistake,) = mistakes(tmp_path, "", **{variable: "x"}).values()

    assert variable in mistake.where
    assert "nested values and lists" in mistake.problem
    assert key in mistake.remedy


def test_a_wrong_value_in_the_environment_names_the_variable(tmp_path: Path) -> None:
    (mistake,) = mistakes(tmp_path, "", SUPPORT_DESK_POLLING__ALERTS="soon").values()

    assert mistake.where == "environment SUPPORT_DESK_POLLING__ALERTS"
    assert mistake.remedy == "Write a number from 1 to 86400, without quotes"


def test_an_unknown_variable_of_a_section_is_refused(tmp_path: Path) -> None:
    found = mistakes(tmp_path, "", SUPPORT_DESK_POLLING__TICKET="9")

    assert "polling.tickets" in found["polling.ticket"].remedy


def test_a_misspelt_read_only_is_not_silently_ignored(tmp_path: Path) -> None:
    loaded = load(tmp_path, "", SUPPORT_DESK_READONLY="1")

    assert any("SUPPORT_DESK_READ_ONLY" in warning for warning in loaded.warnings)


def test_a_variable_that_holds_a_secret_is_no_override(tmp_path: Path) -> None:
    loaded = load(tmp_path, '[opsgenie]\nread_key_env = "SUPPORT_DESK_KEY"', SUPPORT_DESK_KEY="abc")

    assert loaded.warnings == ()


def test_a_secret_from_the_environment_replaces_the_files_form_of_it(tmp_path: Path) -> None:
    loaded = load(
        tmp_path,
        '[opsgenie]\nread_key_command = "pass show it"',
        SUPPORT_DESK_OPSGENIE__READ_KEY_ENV="KEY",
    )

    assert loaded.config.opsgenie.read_key_env == "KEY"
    assert loaded.config.opsgenie.read_key_command == ""


def test_every_mistake_is_named_at_once(tmp_path: Path) -> None:
    found = mistakes(
        tmp_path,
        """
[hours]
start = "25:00"
timezone = "Europe/Londn"
[zendesk]
urll = "https://example.zendesk.com"
[polling]
alerts = "soon"
[rota]
beyond = [ { nme = "CTO" } ]
[[runbooks.rules]]
match = { message = "(" }
[people."jo@example.com"]
phne = "1"
""",
    )

    assert set(found) == {
        "hours.start",
        "hours.timezone",
        "zendesk.urll",
        "polling.alerts",
        "rota.beyond#1.nme",
        "rota.beyond#1.name",
        "runbooks.rules#1.file",
        "runbooks.rules#1.match.message",
        'people."jo@example.com".phne',
    }
    assert all(mistake.where == str(tmp_path / "config.toml") for mistake in found.values())
    assert all(mistake.problem and mistake.remedy for mistake in found.values())


@pytest.mark.parametrize(
    ("text", "key", "nearest"),
    [
        ("[hors]\n", "hors", "hours"),
        ("[hours]\nbankholidays = 1", "hours.bankholidays", "hours.bank_holidays"),
        ("[rota.first_line]\nschedul = 'x'", "rota.first_line.schedul", "rota.first_line.schedule"),
        ("[[runbooks.rules]]\nfile='a'\nmatch={tags='x'}", "runbooks.rules#1.match.tags", "match.tag"),
        ("timezone = 'UTC'", "timezone", "hours.timezone"),
        ("[polling]\nzzz = 1", "polling.zzz", "polling."),
    ],
)
def test_the_nearest_known_key_is_suggested(tmp_path: Path, text: str, key: str, nearest: str) -> None:
    assert nearest in mistakes(tmp_path, text)[key].remedy


@pytest.mark.parametrize(
    ("text", "key", "remedy"),
    [
        ("[hours]\nstart = 10", "hours.start", "time of day"),
        ("[hours]\nstart = 10:00:00", "hours.start", "time of day"),
        ("[hours]\ndays = ['monday']", "hours.days", '"mon"'),
        ("hours = 3", "hours", "a table"),
        ("clients = [1]", "clients#1", "a table"),
        ("[alerts]\nprovider = 'pagerduty'", "alerts.provider", '"opsgenie", "jsm"'),
        ("[on_call]\ncritical = ['P1', 'p2']", "on_call.critical#2", 'Write one of "P1", "P2"'),
        ("[escalation.ticket]\npriority = 'Urgent'", "escalation.ticket.priority", '"urgent", "high"'),
        ("[zendesk.believed_solved]\nstatus = 'on-hold'", "zendesk.believed_solved.status", '"hold"'),
        ("[polling]\ntickets = 0", "polling.tickets", "from 1 to 86400"),
        ("[escalation]\nminutes = 0", "escalation.minutes", "above 0 and up to 1440"),
        ("read_only = 'yes'", "read_only", "true or false"),
    ],
)
def test_a_value_of_the_wrong_kind_says_which_is_right(
    tmp_path: Path, text: str, key: str, remedy: str
) -> None:
    assert remedy in mistakes(tmp_path, text)[key].remedy


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_mistake_says_the_line_that_it_is_on(tmp_path: Path, end: str) -> None:
    lines = [
        "[me]",
        'name = """',
        "[polling]",
        'tickets = "not a line of its own"',
        '"""',
        "emial = 'jo@example.com'  # emial = 1",
        "[zendesk]",
        'url = "https://example.zendesk.com"',
        'auth = "oauth_user"',
        'client_id = "x"',
        "[rota]",
        "beyond = [",
        '  { name = "CTO" },',
        '  { nme = "Head" },',
        "]",
        "[polling]",
        'tickets = "soon"',
        "[[clients]]",
        'name = "acme"',
        "[[clients]]",
        'business_unit = "govpress"',
        '[people."jo@example.com"]',
        "phne = '1'",
        "[keys]",
        'app.quit = "f4"',
        "[hours]",
        '"da\\u200bys" = []',
    ]
    path = tmp_path / "config.toml"
    path.write_bytes(end.join(lines).encode())

    with pytest.raises(ConfigError) as caught:
        load_config(path, {"SUPPORT_DESK_POLLING__ALERTS": "soon"})

    found = {mistake.key: mistake.lines for mistake in caught.value.mistakes}
    assert found == {
        "me.emial": "line 6",
        "rota.beyond#2.nme": "lines 12 to 15",
        "rota.beyond#2.name": "lines 12 to 15",
        "polling.tickets": "line 17",
        "clients#2.name": "line 20",
        'people."jo@example.com".phne': "line 23",
        "keys.app": "line 25",
        # Shown without what can't be seen, so that it isn't found; and no line of the file at all.
        'hours."days"': "",
        "polling.alerts": "",
    }
    assert f"{path}, line 6: me.emial: there is no such key. Did you mean me.email?" in str(caught.value)


def test_a_mistake_below_a_long_list_is_found_without_reading_the_file_once_a_line(tmp_path: Path) -> None:
    def work(count: int) -> int:
        text = "[on_call]\nclients = [\n" + '"acme",\n' * count + "]\n[me]\nemial = 'jo@example.com'"
        assert mistakes(tmp_path, text)["me.emial"].lines == f"line {count + 5}"
        return calls(lambda: mistakes(tmp_path, text))

    assert work(200) < 20 * work(20)


def test_what_is_missing_is_missing_from_the_line_of_its_table(tmp_path: Path) -> None:
    found = mistakes(tmp_path, '\n[zendesk]\nurl = "https://example.zendesk.com"')

    assert {mistake.lines for mistake in found.values()} == {"line 2"}


def test_an_action_whose_name_lacks_its_quotation_marks(tmp_path: Path) -> None:
    (mistake,) = mistakes(tmp_path, '[keys]\napp.quit = "f4"').values()

    assert mistake.remedy == 'Write "app.quit" = ...'


def test_a_mistake_in_toml_says_the_line(tmp_path: Path) -> None:
    (mistake,) = mistakes(tmp_path, '[me]\nname = "Jo"\nemail = jo\n').values()

    assert "line 3" in mistake.problem


@pytest.mark.parametrize(
    "more", ["[me]\nname = 'Jo'", "name = 'Jo'", "[me.name]", "[[me]]", "x = {a = 1, a = 2}", "name.x = 1"]
)
def test_what_stands_in_the_file_twice_says_to_put_it_together(tmp_path: Path, more: str) -> None:
    (mistake,) = mistakes(tmp_path, f"[me]\nname = 'Jo'\n{more}\n").values()

    assert "line " in mistake.problem
    assert mistake.remedy.startswith("A [table] and a key stand in the file once")


@pytest.mark.parametrize(
    ("url", "good"),
    [
        ("https://example.zendesk.com", True),
        ("http://127.0.0.1:8080", True),
        ("http://localhost:8080/", True),
        ("http://[::1]:8080", True),
        ("http://example.zendesk.com", False),
        ("http://localhost.example.com", False),
        ("http://127.0.0.1.example.com", False),
        ("https://user:password@example.com", False),
        ("http://localhost@example.com", False),
        ("ftp://example.com", False),
        ("example.zendesk.com", False),
        ("https://", False),
    ],
)
def test_only_loopback_may_be_plain_http(tmp_path: Path, url: str, good: bool) -> None:
    text = f'[zendesk]\nurl = "{url}"\nclient_id = "x"\nclient_secret_env = "Y"'

    if good:
        assert load(tmp_path, text).config.zendesk.url == url
    else:
        assert "zendesk.url" in mistakes(tmp_path, text)


def test_oauth_needs_a_client_and_its_secret(tmp_path: Path) -> None:
    found = mistakes(tmp_path, '[zendesk]\nurl = "https://example.zendesk.com"')

    assert set(found) == {"zendesk.client_id", "zendesk.client_secret"}
    assert "client_secret_command" in found["zendesk.client_secret"].remedy


def test_a_token_needs_its_owners_address(tmp_path: Path) -> None:
    found = mistakes(tmp_path, '[zendesk]\nurl = "https://e.zendesk.com"\nauth = "token"\ntoken_env = "T"')

    assert set(found) == {"zendesk.email"}


def test_a_misspelt_key_isnt_reported_as_missing_too(tmp_path: Path) -> None:
    text = '[zendesk]\nurl = "https://e.zendesk.com"\nclient_idd = "x"\nclient_secret_env = "T"'

    assert set(mistakes(tmp_path, text)) == {"zendesk.client_idd"}


def test_one_secret_has_one_source(tmp_path: Path) -> None:
    found = mistakes(tmp_path, '[opsgenie]\nread_key_env = "A"\nread_key_command = "b"')

    assert "opsgenie.read_key_env and opsgenie.read_key_command" in found["opsgenie.read_key"].problem


def test_a_secret_in_the_file_is_warned_about_and_never_shown(tmp_path: Path) -> None:
    loaded = load(tmp_path, '[opsgenie]\nread_key = "hunter2"')

    (warning,) = loaded.warnings
    assert "opsgenie.read_key" in warning
    assert "hunter2" not in warning


@pytest.mark.parametrize("mode", [0o640, 0o604])
def test_a_secrets_file_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    secret = tmp_path / "key"
    secret.write_text("hunter2")
    secret.chmod(mode)

    found = mistakes(tmp_path, f'[opsgenie]\nread_key_file = "{secret}"')

    assert found["opsgenie.read_key_file"].remedy == f"chmod 600 {secret}"


def test_a_folder_in_the_place_of_a_secrets_file_is_called_one(tmp_path: Path) -> None:
    found = mistakes(tmp_path, f'[opsgenie]\nread_key_file = "{tmp_path}"')

    assert found["opsgenie.read_key_file"].problem == f"{tmp_path} is a folder"


def test_the_successor_of_opsgenie_is_refused_until_it_is_there(tmp_path: Path) -> None:
    assert "later release" in mistakes(tmp_path, "[alerts]\nprovider = 'jsm'")["alerts.provider"].problem


def test_the_day_ends_after_it_starts(tmp_path: Path) -> None:
    assert "hours.end" in mistakes(tmp_path, '[hours]\nend = "09:00"')


def test_a_pattern_that_is_in_every_rotations_name_is_refused(tmp_path: Path) -> None:
    found = mistakes(
        tmp_path, "[rota]\nfirst_line = {ops = '', schedule = ' '}\nsecond_line = {schedule = ''}"
    )

    assert set(found) == {"rota.first_line.ops", "rota.first_line.schedule", "rota.second_line.schedule"}


def test_a_rule_that_could_never_apply_is_a_mistake_and_says_its_line(tmp_path: Path) -> None:
    rules = [
        "[[runbooks.rules]]\nmatch = {}\nfile = 'a.md'",
        "[[runbooks.rules]]\nmatch = {priority = 'p1'}\nfile = ' '",
        "[[runbooks.rules]]\nmatch = {priority = 'critical'}\nfile = 'a.md'",
    ]

    found = mistakes(tmp_path, "\n".join(rules))

    assert {key: mistake.lines for key, mistake in found.items()} == {
        "runbooks.rules#1.match": "line 2",
        "runbooks.rules#2.file": "line 6",
        "runbooks.rules#3.match.priority": "line 8",
    }
    # What is misspelt is named once.
    assert set(mistakes(tmp_path, "[[runbooks.rules]]\nmatch = {tags = 'a'}\nfile = 'a.md'")) == {
        "runbooks.rules#1.match.tags"
    }


def test_who_is_named_by_anything_but_an_address_is_a_mistake(tmp_path: Path) -> None:
    text = """
[me]
email = "jo@example.com "
[zendesk]
emergency_addresses = ["help@example.com", "help"]
[rota]
beyond = [{ name = "CTO", email = "Kim <kim@example.com>" }, { name = "Head", email = "" }]
[escalation.ticket]
assignee = "sam at example.com"
"""

    found = mistakes(tmp_path, text, SUPPORT_DESK_ZENDESK__EMAIL="@")

    assert {key: mistake.lines for key, mistake in found.items()} == {
        "me.email": "line 3",
        "zendesk.emergency_addresses#2": "line 5",
        "rota.beyond#1.email": "line 7",
        "escalation.ticket.assignee": "line 9",
        "zendesk.email": "",
    }


def test_a_tag_of_both_agreements_is_a_mistake(tmp_path: Path) -> None:
    found = mistakes(tmp_path, "[zendesk]\nenhanced_plan_tags = ['Gold']\nstandard_plan_tags = ['gold']")

    assert {key: mistake.lines for key, mistake in found.items()} == {"zendesk.standard_plan_tags": "line 3"}


@pytest.mark.parametrize(
    "text",
    [
        "[on_call]\nmajor = ['P1', 'P2']",
        "[toil]\nsleeps_from = '08:00'",
        "[zendesk]\nenhanced_plan_tags = ['managed']",
    ],
    ids=["the graver of two counts", "a night without a length is none", "the other list is the usual one"],
)
def test_what_has_a_meaning_is_taken_though_a_usual_value_says_otherwise(tmp_path: Path, text: str) -> None:
    load(tmp_path, text)


def test_what_is_told_by_its_name_has_one(tmp_path: Path) -> None:
    text = "rota.beyond = [{name = ''}]\nclients = [{name = ' '}]\ntriage.kinds = [{name = ''}]"

    assert set(mistakes(tmp_path, text)) == {"rota.beyond#1.name", "clients#1.name", "triage.kinds#1.name"}


def test_an_empty_name_of_who_has_cover_would_cover_nobody(tmp_path: Path) -> None:
    assert mistakes(tmp_path, "[on_call]\nclients = ['']")["on_call.clients#1"].lines == "line 2"


def test_no_value_of_the_file_is_repeated_in_a_mistake(tmp_path: Path) -> None:
    found = mistakes(tmp_path, '[zendesk]\ntokn = "hunter2"\ncontract_pauses = "hunter2"\nscope = 7')

    assert len(found) == 3
    assert "hunter2" not in "".join(map(str, found.values()))


def test_the_way_to_the_first_frame_stays_light() -> None:
    """`status` has 50 ms: none of the heavy packages may come along with the configuration."""
    heavy = "pydantic httpx requests textual zenpy asyncio support_desk.config.shape"
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from support_desk.config.load import load_config\n"
        "load_config(Path('/dev/null'), {})\n"
        f"print([name for name in {heavy.split()} if name in sys.modules])"
    )

    # The program is this interpreter, the text is above.
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
