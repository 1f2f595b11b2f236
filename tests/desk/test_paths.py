"""Where things are kept, and who shares them."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from support_desk import paths
from support_desk.config.model import Alerts, Config, Me, Opsgenie, StoreSection, Zendesk
from support_desk.config.model import Hours as HoursSection

BASE = Config(zendesk=Zendesk(url="https://desk.example.com", scope="group:support", email="a@example.com"))


def zendesk(**changes: object) -> Config:
    return msgspec.structs.replace(BASE, zendesk=msgspec.structs.replace(BASE.zendesk, **changes))


@pytest.mark.parametrize(
    "other",
    [
        zendesk(url="https://other.example.com"),
        zendesk(scope="group:developers"),
        zendesk(contract_pauses=True),
        zendesk(enhanced_plan_tags=("gold",)),
        msgspec.structs.replace(BASE, opsgenie=Opsgenie(query="tag: acme")),
        msgspec.structs.replace(BASE, opsgenie=Opsgenie(url="https://api.eu.opsgenie.com")),
        msgspec.structs.replace(BASE, alerts=Alerts(provider="jsm")),
        msgspec.structs.replace(BASE, hours=HoursSection(end="17:00")),
    ],
)
def test_configurations_that_read_differently_share_nothing(other: Config) -> None:
    assert paths.store_file(other) != paths.store_file(BASE)


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (zendesk(url="https://other.example.com"), False),
        (msgspec.structs.replace(BASE, opsgenie=Opsgenie(url="https://api.eu.opsgenie.com")), False),
        (zendesk(scope="group:developers"), True),
        (msgspec.structs.replace(BASE, hours=HoursSection(end="17:00")), True),
        (msgspec.structs.replace(BASE, me=Me(email="b@example.com")), True),
    ],
)
def test_no_setting_but_the_accounts_loses_sight_of_what_is_unfinished(other: Config, same: bool) -> None:
    assert (paths.private_store_file(other) == paths.private_store_file(BASE)) is same


@pytest.mark.parametrize(
    "other",
    [
        zendesk(email="b@example.com", token_env="OTHER", auth="token"),
        zendesk(url="https://DESK.example.com/"),
        msgspec.structs.replace(BASE, opsgenie=Opsgenie(read_key="k")),
        msgspec.structs.replace(BASE, me=Me(email="b@example.com")),
    ],
)
def test_colleagues_with_the_same_accounts_share(other: Config) -> None:
    assert paths.store_file(other) == paths.store_file(BASE)


def test_the_name_gives_nothing_away() -> None:
    name = paths.store_file(BASE).name
    assert name.startswith("readings-")
    assert name.endswith(".sqlite3")
    assert "example" not in name


def test_a_shared_folder_holds_the_readings_only(tmp_path: Path) -> None:
    config = msgspec.structs.replace(BASE, store=StoreSection(path=str(tmp_path)))
    assert paths.store_file(config).parent == tmp_path
    assert paths.private_store_file(config).parent == paths.state_dir()
    assert paths.sign_in_file(config).parent == paths.state_dir() / "sign-in"


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (zendesk(scope="group:developers"), True),
        (zendesk(url="https://DESK.example.com/"), True),
        (zendesk(url="https://other.example.com"), False),
        (zendesk(client_id="another"), False),
    ],
)
def test_a_sign_in_belongs_to_an_account_and_an_oauth_client(other: Config, same: bool) -> None:
    assert (paths.sign_in_file(other) == paths.sign_in_file(BASE)) is same


def test_nothing_is_made_by_asking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("HOME", str(tmp_path))
    assert paths.store_file(BASE).is_relative_to(tmp_path)
    assert paths.config_file().is_relative_to(tmp_path)
    assert not list(tmp_path.iterdir())


def test_the_configuration_is_where_it_is_said_to_be(tmp_path: Path) -> None:
    named = {"SUPPORT_DESK_CONFIG": str(tmp_path / "named.toml")}
    assert paths.config_file(tmp_path / "asked.toml", named) == tmp_path / "asked.toml"
    assert paths.config_file(None, named) == tmp_path / "named.toml"
    assert paths.config_file(None, {}).name == "config.toml"


def test_a_home_is_put_in_where_it_is_known() -> None:
    assert paths.at_home("~/a") == Path.home() / "a"
    assert paths.at_home(Path("/a/~")) == Path("/a/~")
    assert paths.at_home("~nobody-of-this-name/a") == Path("~nobody-of-this-name/a")


def test_links_lead_somewhere_or_in_a_circle(tmp_path: Path) -> None:
    (tmp_path / "real").touch()
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "circle").symlink_to("circle")

    assert paths.led_to(tmp_path / "link") == tmp_path.resolve() / "real"
    assert paths.led_to(tmp_path / "circle") == tmp_path.resolve() / "circle"
