import requests
from zenpy.lib.api import SearchApi, SuspendedTicketApi, TicketApi, UserApi

class Zenpy:
    tickets: TicketApi
    users: UserApi
    search: SearchApi
    suspended_tickets: SuspendedTicketApi
    def __init__(
        self,
        domain: str = ...,
        subdomain: str | None = ...,
        email: str | None = ...,
        token: str | None = ...,
        oauth_token: str | None = ...,
        password: str | None = ...,
        session: requests.Session | None = ...,
        anonymous: bool = ...,
        timeout: float | tuple[float, float] | None = ...,
        ratelimit_budget: int | None = ...,
        proactive_ratelimit: int | None = ...,
        proactive_ratelimit_request_interval: int = ...,
        disable_cache: bool = ...,
    ) -> None: ...
