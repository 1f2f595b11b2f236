"""Every value of config.toml: its name, default and meaning.

The docstring under each value is what `config init` writes above it and what the README's table says.
The classes are msgspec structs, not pydantic models: `support-desk status` has 50 ms to answer and the
dashboard's first frame 1.3 times that of an empty program, and importing pydantic alone takes 30 ms.

Annotations are not left as text (`from __future__`): msgspec would compile every one at every start, which
takes longer than to make the classes.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta


class Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of config.toml."""


Seconds = Annotated[float, Meta(ge=1, le=86_400)]
Minutes = Annotated[float, Meta(gt=0, le=1440)]
ClockTime = Annotated[str, Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
AlertPriority = Literal["P1", "P2", "P3", "P4", "P5"]
TicketPriority = Literal["", "urgent", "high", "normal", "low"]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class Me(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: str = ""
    """Your name as colleagues write it."""
    email: str = ""
    """Your address in both services: marks "you" on the rota and filters "mine"."""


class Hours(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    timezone: str = "Europe/London"
    """The zone of the working day; every time on the screen is in it, and so is one typed without a zone."""
    start: ClockTime = "10:00"
    """When first line support begins, local time."""
    end: ClockTime = "18:00"
    """When it ends, local time."""
    days: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri")
    """Working days, of `mon`, `tue`, `wed`, `thu`, `fri`, `sat` and `sun`."""
    bank_holidays: Literal["england-and-wales", "scotland", "northern-ireland", "none"] = "england-and-wales"
    """Whose bank holidays are free: `england-and-wales`, `scotland`, `northern-ireland` or `none`."""


class PlanField(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    key: str = "support_plan"
    """Key of the organisation field that records the support plan."""
    value: str = "managed_plus"
    """The field's value that means the enhanced agreement."""


class BelievedSolved(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    status: Literal["open", "pending", "hold", "solved"] = "pending"
    """Its status category: `open`, `pending`, `hold` or `solved`."""
    custom_status_id: int = 0
    """Its custom status; 0 means that there is none."""
    tag: str = ""
    """Its tag; empty means that there is none."""


class Zendesk(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    url: str = ""
    """Address of the helpdesk, as in `https://example.zendesk.com`; empty switches tickets off. `http` is
    accepted for a loopback address only."""
    auth: Literal["oauth", "oauth_user", "token"] = "oauth"
    """`oauth_user` (every person signs in as themselves, with `support-desk login zendesk`, and replies carry
    their name), `oauth` (client credentials that people share) or `token` (ends 30 April 2027)."""
    client_id: str = ""
    """Identifier of the OAuth client."""
    redirect_uri: str = "https://localhost/support-desk"
    """With `oauth_user`: where the sign-in leads in the browser, exactly as the OAuth client has it. Nothing
    needs to answer there: what counts is the address, which is pasted into the terminal."""
    client_secret: str = ""
    """The client's secret itself (a warning is shown: prefer one of the next three). A public OAuth client,
    which `oauth_user` may have, needs none."""
    client_secret_env: str = ""
    """Environment variable that holds the client's secret."""
    client_secret_command: str = ""
    """Command that prints the client's secret."""
    client_secret_file: str = ""
    """File (mode 0600) that holds the client's secret."""
    email: str = ""
    """Address of the agent whom an API token belongs to."""
    token: str = ""
    """The API token itself (a warning is shown: prefer one of the next three)."""
    token_env: str = ""
    """Environment variable that holds the API token."""
    token_command: str = ""
    """Command that prints the API token."""
    token_file: str = ""
    """File (mode 0600) that holds the API token."""
    scope: str = ""
    """Added to the search `type:ticket status<solved`, for example `group:"1st line support"`."""
    enhanced_plan_tags: tuple[str, ...] = ("managed_plus",)
    """Organisation tags that mean the enhanced agreement."""
    standard_plan_tags: tuple[str, ...] = ("managed",)
    """Organisation tags that mean the standard agreement."""
    enhanced_plan_field: PlanField = PlanField()
    """The organisation field that records the plan, and its value for the enhanced agreement."""
    emergency_addresses: tuple[str, ...] = (
        "support-emergency@dxw.com",
        "emergency-support@dxw.com",
    )
    """Tickets that came to one of these are urgent on receipt."""
    contract_pauses: bool = False
    """Whether pending and on-hold stop the contract's clock (the contract doesn't say so)."""
    believed_solved: BelievedSolved = BelievedSolved()
    """What "pending believed solved" is in this helpdesk."""


class Alerts(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    provider: Literal["opsgenie", "jsm"] = "opsgenie"
    """`opsgenie`; `jsm` comes with a later release."""


class Opsgenie(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    url: str = "https://api.opsgenie.com"
    """`https://api.opsgenie.com`, or `https://api.eu.opsgenie.com` for an account in the EU."""
    web_url: str = ""
    """Where an alert opens in the browser; empty: the web application that belongs to `url`."""
    read_key: str = ""
    """The key that reads alerts and schedules, itself (a warning is shown)."""
    read_key_env: str = ""
    """Environment variable that holds the reading key."""
    read_key_command: str = ""
    """Command that prints the reading key."""
    read_key_file: str = ""
    """File (mode 0600) that holds the reading key."""
    write_key: str = ""
    """The key of an API integration, itself (a warning is shown): it acknowledges, escalates and changes
    alerts, and reads them where there is no reading key."""
    write_key_env: str = ""
    """Environment variable that holds the writing key."""
    write_key_command: str = ""
    """Command that prints the writing key."""
    write_key_file: str = ""
    """File (mode 0600) that holds the writing key."""
    default_api_key: str = ""
    """The key of the global integration ("Default API"), for people who aren't on the rota, itself (a warning
    is shown)."""
    default_api_key_env: str = ""
    """Environment variable that holds the default integration's key."""
    default_api_key_command: str = ""
    """Command that prints the default integration's key."""
    default_api_key_file: str = ""
    """File (mode 0600) that holds the default integration's key."""
    query: str = "status != closed"
    """Which alerts are read."""
    history_query: str = ""
    """Which alerts of the past `history import` reads, such as `teams: ops`; empty: all of them."""


class Jsm(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    url: str = "https://api.atlassian.com"
    """Address of Jira Service Management's API."""
    cloud_id: str = ""
    """The site's cloud id."""
    email: str = ""
    """Address of the account that the token belongs to."""
    token: str = ""
    """The token itself (a warning is shown)."""
    token_env: str = ""
    """Environment variable that holds the token."""
    token_command: str = ""
    """Command that prints the token."""
    token_file: str = ""
    """File (mode 0600) that holds the token."""


class FirstLine(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    schedule: str = "first_line"
    """Name or id of the first line schedule."""
    dev: str = "(?i)^dev"
    """Rotations of that schedule whose name matches are the developer's."""
    ops: str = "(?i)^ops"
    """Rotations of that schedule whose name matches are the ops engineer's."""
    on_call: str = "(?i)^ooh"
    """Rotations of that schedule whose name matches are out of hours."""


class SecondLine(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    schedule: str = "ooh_second_line"
    """Name or id of the second line schedule; all of its rotations count."""


class Beyond(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: str
    """Role or name of somebody beyond the second line."""
    email: str = ""
    """Their address in OpsGenie."""
    phone: str = ""
    """Their telephone number, shown when a page can't reach them."""


class RotaSection(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    first_line: FirstLine = FirstLine()
    """The first line schedule and how its rotations are told apart."""
    second_line: SecondLine = SecondLine()
    """The second line schedule."""
    beyond: tuple[Beyond, ...] = (Beyond(name="Head of Technical Operations"), Beyond(name="CTO"))
    """The ladder beyond the second line, either one first."""


class RunbookMatchSection(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    tag: str = ""
    """A tag that the alert or ticket must have."""
    message: str = ""
    """A regular expression found in the alert's message or the ticket's subject."""
    source: str = ""
    """A regular expression found in the alert's source or integration."""
    priority: str = ""
    """The alert's or ticket's priority."""
    organisation: str = ""
    """The ticket's organisation, or the alert's client."""


class RunbookRuleSection(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    match: RunbookMatchSection
    """When this runbook applies: every given condition must hold."""
    file: str
    """The runbook, relative to `path`."""
    anchor: str = ""
    """The heading to open it at."""


class Runbooks(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    path: str = ""
    """A folder of Markdown files, usually a git checkout; empty switches runbooks off."""
    url: str = ""
    """Where a runbook is on the web: `{path}` and `{anchor}` are filled in."""
    pull_minutes: Annotated[float, Meta(ge=0, le=1440)] = 10
    """Minutes between pulls of the checkout, where the folder is in one; 0: never. Local changes are never
    touched: where they are in the way, nothing is pulled."""
    rules: tuple[RunbookRuleSection, ...] = ()
    """Which runbook goes with what, first match first; before the rules in the files themselves."""


class Polling(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    alerts: Seconds = 15
    """Seconds between reads of the alerts."""
    tickets: Seconds = 45
    """Seconds between reads of the ticket queue."""
    suspended: Seconds = 300
    """Seconds between reads of the suspended tickets."""
    on_call: Seconds = 60
    """Seconds between reads of who is on call."""
    rota: Seconds = 300
    """Seconds between reads of the rota's timeline."""
    runbooks: Seconds = 60
    """Seconds between looks at the runbook folder."""
    budget: Annotated[int, Meta(ge=1, le=2500)] = 60
    """Most requests per minute to each service, so that the account's other tools keep their share."""


class TicketEscalation(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    group: str = ""
    """Group that an escalated ticket goes to, by name; empty: it stays where it is."""
    assignee: str = ""
    """Address of the agent whom it is assigned to; empty: nobody."""
    priority: TicketPriority = ""
    """Priority that it gets, from `urgent` to `low`; empty: it keeps its own."""
    tag: str = "escalated"
    """Tag that it gets; empty: none."""
    note: str = "Escalated by {me} to {line}. {link}"
    """The internal note: `{me}`, `{line}` and `{link}` are filled in."""
    alert: bool = False
    """Whether the second line is paged as well, by a new alert."""


class EscalationSection(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: str = ""
    """Escalation policy used when the alert and its team name none."""
    minutes: Minutes = 5
    """Minutes until the second line is paged, when the policy can't be read."""
    hold_seconds: Annotated[float, Meta(ge=1, le=60)] = 5
    """Seconds in which an escalation, a public reply, a close or a merge can still be taken back."""
    ticket: TicketEscalation = TicketEscalation()
    """What escalating a ticket does."""
    nudge_minutes: Minutes = 30
    """Out of hours: minutes without a fix after which it reminds you to think of escalating."""
    stop_hours: Annotated[float, Meta(gt=0, le=24)] = 2
    """Out of hours: hours after which it reminds you to stop, unless it is nearly done or can't wait."""


class OnCallSection(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    critical: tuple[AlertPriority, ...] = ("P1",)
    """Alert priorities that are critical, of `P1` to `P5`."""
    major: tuple[AlertPriority, ...] = ("P2",)
    """Alert priorities that are major: out of hours they go to the second line at once, as critical ones."""
    clients: tuple[str, ...] = ()
    """Clients with cover round the clock: out of hours the alerts of others are shown and need nobody. Empty:
    not known, and all count."""
    stale_ack_minutes: Annotated[float, Meta(gt=0, le=10_080)] = 60
    """Minutes after which an alert that is acknowledged and still open reminds again."""
    incident_tag: str = "major_incident"
    """Tag that marks a major incident, on alerts and tickets."""


class PersonSection(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: str = ""
    """How to write this person's name."""
    phone: str = ""
    """Their telephone number."""


class ClientSection(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: str
    """The client's name, as in the tag `client_<name>`."""
    messages: tuple[str, ...] = ()
    """Parts of an alert's message, in lower case, that mean this client; first hit wins."""
    organisations: tuple[str, ...] = ()
    """Zendesk organisations that are this client."""
    business_unit: str = ""
    """Such as `deliveryplus` or `govpress`."""


class ThemeSection(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: str = ""
    """`desk-dark`, `desk-light`, `desk-contrast`, `ansi-dark`, `ansi-light`, or any of Textual's themes;
    empty: the one chosen last."""


class Bell(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    alerts: bool = True
    """Ring for a new alert."""
    breaches: bool = True
    """Ring when a ticket breaches."""
    min_priority: AlertPriority = "P5"
    """Ring for alerts of this priority and above, from `P1` to `P5`."""
    title: bool = True
    """Say what needs attention in the terminal's title."""


class StoreSection(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    path: str = ""
    """Folder of the shared readings; empty: the user's state folder."""


class Retention(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    days: Annotated[int, Meta(ge=1, le=3650)] = 90
    """Days that the history of alerts is kept."""


class Toil(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    day_hours: Annotated[float, Meta(gt=0, le=24)] = 7
    """Hours in a day of time off in lieu."""
    awake_days: Annotated[float, Meta(ge=0, le=5)] = 0.25
    """Days for alerts while you were awake."""
    woken_days: Annotated[float, Meta(ge=0, le=5)] = 0.5
    """Days for alerts that woke you."""
    window_minutes: Minutes = 60
    """Alerts until so many minutes after the first one received are one claim."""
    extra_days: Annotated[float, Meta(ge=0, le=5)] = 0.25
    """Days for each hour of fixing beyond the first."""
    part_hours: Literal["full", "started", "exact"] = "full"
    """Which hours beyond the first count (the handbook leaves it open): `full` ones, `started` ones, or
    `exact` for parts in proportion."""
    mixed: Literal["any", "first"] = "any"
    """A claim that begins awake and wakes you later (the handbook leaves it open): `any` counts it as woken,
    `first` goes by its first alert."""
    counted: Literal["received", "acknowledged"] = "received"
    """Which alerts of your on-call shifts count: all that were `received`, or those you `acknowledged`."""
    sleeps_from: ClockTime = "23:00"
    """When you are taken to be asleep, local time: that it woke you is then suggested, and you decide."""
    sleeps_until: ClockTime = "08:00"
    """When you are taken to be awake again."""


class ForecastSection(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    minutes: Annotated[float, Meta(ge=0, le=480)] = 0
    """Working minutes that a reply takes; 0: learned from the replies of the last two weeks."""


class QuietSection(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    weeks: Annotated[int, Meta(ge=1, le=520)] = 4
    """Weeks of the history that the noisiest alerts are counted over."""
    untouched_days: Annotated[int, Meta(ge=1, le=3650)] = 180
    """Days without a change after which a runbook that is used counts as old."""
    maintenance_command: str = ""
    """Command that prints the maintenance to come, a line each: a date as in `2026-12-01`, then what."""


class TriageKind(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: str
    """The kind of work, as the form shows it."""
    tag: str = ""
    """Tag that marks it; empty: none."""
    type: Literal["", "question", "incident", "problem", "task"] = ""
    """The ticket's type that goes with it; empty: it stays."""
    priority: TicketPriority = ""
    """The priority that the form begins with; empty: normal."""
    group: str = ""
    """The group that the form begins with; empty: it stays."""


class Triage(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    kinds: tuple[TriageKind, ...] = (
        TriageKind(name="usability", tag="usability", type="question"),
        TriageKind(name="error", tag="error", type="incident"),
        TriageKind(name="fault", tag="fault", type="incident"),
        TriageKind(name="feature request", tag="feature_request", type="task", priority="low"),
        TriageKind(name="maintenance", tag="maintenance", type="task"),
    )
    """The kinds of work that the triage form offers, and what each of them means for a ticket."""
    feature_tag: str = "feature_request"
    """Tag of feature requests, which are handed over; the kind with this tag goes down their path."""
    feature_group: str = ""
    """Group that feature requests go to; empty: they stay."""
    feature_note: str = "Feature request: handed over for scoping."
    """The internal note on a feature request; empty: none."""
    feature_macro: str = ""
    """Title of the macro that replies to a feature request; empty: none."""
    tags: tuple[str, ...] = ()
    """Project tags that are offered besides those of the tickets in the queue."""


class Config(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole of config.toml."""

    read_only: bool = False
    """Remove every key that changes something, and refuse writes: for shadowing."""
    me: Me = Me()
    """Who you are."""
    hours: Hours = Hours()
    """Working hours of first line support."""
    zendesk: Zendesk = Zendesk()
    """The helpdesk."""
    alerts: Alerts = Alerts()
    """Where alerts and rotas come from."""
    opsgenie: Opsgenie = Opsgenie()
    """OpsGenie (its API stops on 5 April 2027)."""
    jsm: Jsm = Jsm()
    """Jira Service Management Operations, OpsGenie's successor; for a later release."""
    rota: RotaSection = RotaSection()
    """Schedules and the ladder beyond them."""
    runbooks: Runbooks = Runbooks()
    """The runbook folder."""
    polling: Polling = Polling()
    """How often each feed is read; the program slows down by itself when it is told to."""
    escalation: EscalationSection = EscalationSection()
    """The escalation of alerts."""
    on_call: OnCallSection = OnCallSection()
    """What counts out of hours."""
    people: dict[str, PersonSection] = {}
    """People by e-mail address: names and telephone numbers."""
    clients: tuple[ClientSection, ...] = ()
    """How clients are recognised."""
    keys: dict[str, str] = {}
    """Other keys for actions: the action's id and its key, such as `"app.refresh_all" = "f5"`."""
    theme: ThemeSection = ThemeSection()
    """Colours."""
    bell: Bell = Bell()
    """When to ring."""
    store: StoreSection = StoreSection()
    """Where the last known state is kept."""
    retention: Retention = Retention()
    """How long history is kept."""
    toil: Toil = Toil()
    """Time off in lieu for alerts out of hours."""
    forecast: ForecastSection = ForecastSection()
    """How many tickets would breach today."""
    quiet: QuietSection = QuietSection()
    """What is proposed when nothing needs attention."""
    triage: Triage = Triage()
    """Triage of tickets."""
