"""Signing one person in and out, for `support-desk login` and `logout`. Blocking."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime

from support_desk.config.model import Zendesk
from support_desk.config.secrets import Secret
from support_desk.records import record
from support_desk.sources.errors import NotAllowed, NotThere, SignInRefused, Unreadable
from support_desk.sources.json_pieces import id_of
from support_desk.sources.zendesk.authorization import Authorization, authorization_for, code_in
from support_desk.sources.zendesk.bare_requests import requests
from support_desk.sources.zendesk.failures import CAUGHT, Place, of_exception, of_status
from support_desk.sources.zendesk.limits import Limits
from support_desk.sources.zendesk.rates import Rates
from support_desk.sources.zendesk.reader import Me, Reader
from support_desk.sources.zendesk.token_endpoint import (
    READ_SCOPE,
    WRITE_SCOPE,
    GrantRefused,
    TokenEndpoint,
)
from support_desk.sources.zendesk.token_store import AGAIN, TokenFile, UserTokens
from support_desk.sources.zendesk.transport import pin, use_environment
from support_desk.sources.zendesk.user_sign_in import LIVES, SignInOver, UserSignIn, tokens_from

_OK = range(200, 300)


@record
class SignedIn:
    """Who has signed in, and what for."""

    me: Me
    tokens: UserTokens


class PersonalSignIn:
    """A person's own sign-in, from nobody to somebody and back. Raises `SourceError` and nothing else."""

    def __init__(
        self,
        settings: Zendesk,
        store: TokenFile,
        *,
        client_secret: Secret | None,
        now: Callable[[], datetime],
        limits: Limits | None = None,
    ) -> None:
        self._settings = settings
        self._base = settings.url.rstrip("/")
        self._store = store
        self._now = now
        self._limits = limits or Limits()
        self._rates = Rates()
        self._place = Place.of(settings)
        self._endpoint = TokenEndpoint(
            self._base,
            settings.client_id,
            client_secret,
            place=self._place,
            rates=self._rates,
            limits=self._limits,
            now=now,
        )

    def begin(self, *, read_only: bool) -> Authorization:
        """What to ask the person. A desk that is read-only asks for no leave to write."""
        scope = READ_SCOPE if read_only else WRITE_SCOPE
        return authorization_for(self._base, self._settings.client_id, self._settings.redirect_uri, scope)

    def finish(self, asked: Authorization, pasted: str) -> SignedIn:
        """Take the answer, look whose it is, and keep it. Nothing is kept of anything that goes wrong.

        Raises `NotTheAnswer` where another try at pasting may help.
        """
        code = code_in(pasted, asked)
        with self._store.exclusive(self._limits.total_seconds):
            try:
                granted = self._endpoint.ask(
                    {
                        "grant_type": "authorization_code",
                        "code": code,
                        "redirect_uri": asked.redirect_uri,
                        "code_verifier": asked.verifier,
                        **LIVES,
                    }
                )
            except GrantRefused as error:
                raise SignInRefused(
                    "Zendesk: the code was refused: it is good for two minutes, once",
                    AGAIN,
                    status=error.status,
                ) from None
            tokens = tokens_from(granted, self._now())
            me = self._who(tokens)
            if me.role == "end-user":
                raise SignInRefused(
                    f"Zendesk: {me.name} is a client, not an agent", f"sign out there, then {AGAIN}"
                )
            tokens = replace(tokens, person=me.email)
            self._store.write(tokens)
            return SignedIn(me, tokens)

    def end(self) -> None:
        """Have the sign-in revoked, look whether it is, and forget it here whatever Zendesk says.

        Raises `SourceError` where it is, or may be, still good there.
        """
        try:
            self._revoke()
        finally:
            with self._store.exclusive(self._limits.total_seconds):
                self._store.delete()

    def _revoke(self) -> None:
        sign_in = UserSignIn(self._endpoint, self._store, limits=self._limits, now=self._now)
        reader = Reader(self._settings, sign_in, rates=self._rates, limits=self._limits, now=self._now)
        try:
            token = reader.document("/oauth/tokens/current.json", {}, "the token").get("token")
        except SignInOver:
            return
        number = id_of(token)
        if number is not None:
            # By number: Zendesk has been seen to answer a revocation of "current" with 204 and to leave it.
            self._delete(f"{self._base}/api/v2/oauth/tokens/{number}.json", sign_in)
        try:
            # This tries the refresh token as well.
            reader.me()
        except SignInRefused:
            return
        raise Unreadable(
            "Zendesk: the sign-in is still good there, though it was to be revoked",
            "remove support_desk in Zendesk, under the third-party apps of your profile",
        )

    def _delete(self, address: str, sign_in: UserSignIn) -> None:
        with requests.Session() as session:
            session.trust_env = False
            use_environment(session, self._base)
            pin(session, self._base, self._limits)
            try:
                response = session.delete(address, auth=sign_in, allow_redirects=False)
            except CAUGHT as error:
                raise of_exception(error, self._place, "the sign-out") from None
        if response.status_code not in _OK:
            raise of_status(response, self._place, "the sign-out")

    def _who(self, tokens: UserTokens) -> Me:
        bearer = _Bearer(tokens.access)
        reader = Reader(self._settings, bearer, rates=self._rates, limits=self._limits, now=self._now)
        try:
            return reader.me()
        except (NotAllowed, NotThere) as error:
            raise SignInRefused(
                "Zendesk: the new sign-in may not even say whose it is",
                "ask an administrator about the OAuth client's scopes (read, write)",
                status=error.status,
            ) from None


class _Bearer(requests.auth.AuthBase):
    """One token, as it is."""

    def __init__(self, token: str) -> None:
        self.verified = False
        self.changes = 0
        self.person = ""
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request

    def secrets(self) -> Iterable[str]:
        return (self._token,)

    def renew(self, _request: requests.PreparedRequest) -> bool:
        return False
