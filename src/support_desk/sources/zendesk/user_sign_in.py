"""Signed in as a person: their token, renewed before it ends by one thread of one program at a time."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

from support_desk.sources.errors import (
    ServiceDown,
    SignInRefused,
    SourceError,
    Throttled,
    Unreachable,
    Unreadable,
)
from support_desk.sources.zendesk.bare_requests import requests
from support_desk.sources.zendesk.limits import Limits
from support_desk.sources.zendesk.token_endpoint import (
    DEFAULT_LIFE,
    Granted,
    GrantRefused,
    TokenEndpoint,
    renew_after,
)
from support_desk.sources.zendesk.token_store import AGAIN, SIGN_IN, TokenFile, UserTokens
from support_desk.sources.zendesk.turn import Turn

TOKEN_SECONDS = 28_800
"""The life that is asked for: eight hours, a working day. Each renewal spends the old refresh token, and an
answer that is lost on the way costs a new sign-in, so there should be few. Allowed: 300 to 172,800."""
SIGN_IN_SECONDS = 2_592_000
"""How long a sign-in that isn't used is to last: thirty days, which is from one support week to the next.
Allowed: 604,800 to 7,776,000."""
LIVES = {"expires_in": TOKEN_SECONDS, "refresh_token_expires_in": SIGN_IN_SECONDS}

TRY_AGAIN_AFTER = timedelta(seconds=30)
PASSING = (Unreachable, Unreadable, Throttled, ServiceDown)
"""Failures of the moment: they say nothing about the sign-in itself."""

log = logging.getLogger(__name__)


class SignInOver(SignInRefused):
    """It has ended, or Zendesk doesn't take its refresh token: only the person can begin a new one."""


class UserSignIn(requests.auth.AuthBase):
    """The person's own sign-in, from the file that `support-desk login zendesk` writes.

    Renewing makes Zendesk forget both old tokens, in every program that has them: so the file is looked at
    before each request, and again under its lock before anything is renewed. Who comes second takes what
    the first has written.
    """

    def __init__(
        self, endpoint: TokenEndpoint, store: TokenFile, *, limits: Limits, now: Callable[[], datetime]
    ) -> None:
        self.verified = False
        self._changes = 0
        self._endpoint = endpoint
        self._store = store
        self._limits = limits
        self._now = now
        self._turn = Turn(limits.total_seconds)
        self._held: UserTokens | None = None
        self._stamp: object = None
        self._refused = ""
        """A refresh token that Zendesk doesn't take any more: it isn't offered again."""
        self._not_before: datetime | None = None
        """When to try again what failed and can wait: a renewal ahead of time, writing it down."""
        self._unsaved = False
        """Whether what is held is newer than the file, which couldn't be written."""

    @property
    def changes(self) -> int:
        """How often it has been another one, or none; what nothing has been asked with yet counts as well."""
        return self._changes + (self._store.stamp() != self._stamp)

    @property
    def person(self) -> str:
        """The address of whose it is, the one that nothing has been asked with yet; empty: not known."""
        held = self._held
        if self._store.stamp() != self._stamp:
            held = None
            with suppress(SourceError):
                held = self._store.read()
        return held.person if held is not None else ""

    @property
    def tokens(self) -> UserTokens | None:
        """What is held, for saying until when; None before the first request."""
        return self._held

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Put the person's token on a request. Raises `SignInRefused` where nobody is signed in any more."""
        with self._turn:
            tokens = self._present()
            if self._is_due(tokens):
                tokens = self._renewed_if_possible(tokens)
            elif self._unsaved and self._may_try():
                self._save_again()
        request.headers["Authorization"] = f"Bearer {tokens.access}"
        return request

    def secrets(self) -> Iterable[str]:
        """What no message may hold."""
        held = self._held
        own = () if held is None else (held.access, held.refresh)
        return (*self._endpoint.secrets(), *filter(None, own))

    def renew(self, request: requests.PreparedRequest) -> bool:
        """After a 401: a token that somebody has got meanwhile, or a new one; False if none can be had."""
        with self._turn:
            tokens = self._present()
            if request.headers.get("Authorization") == f"Bearer {tokens.access}":
                if not tokens.refresh:
                    return False
                tokens = self._renewed(tokens)
        request.headers["Authorization"] = f"Bearer {tokens.access}"
        return True

    def _present(self) -> UserTokens:
        """What is held, unless the file has something else by now."""
        held = self._held
        if held is None or self._store.stamp() != self._stamp:
            held = self._read()
        if held.refresh and held.refresh == self._refused:
            raise _over()
        return held

    def _read(self) -> UserTokens:
        stamp = self._store.stamp()
        found = self._store.read()
        if found is None:
            self._changes += self._held is not None
            self._held = self._stamp = None
            raise SignInRefused("Zendesk: nobody is signed in", f"sign in: {SIGN_IN}")
        self._hold(found, stamp)
        self._unsaved = False
        return found

    def _hold(self, tokens: UserTokens, stamp: object, *, renewed: bool = False) -> None:
        """`renewed`: it is the same person's as what was held."""
        if self._held is None or self._held.access != tokens.access:
            self.verified = False
            self._changes += not renewed
        self._held, self._stamp, self._not_before = tokens, stamp, None

    def _is_due(self, tokens: UserTokens) -> bool:
        now = self._now()
        if tokens.ended(now):
            return True
        return bool(tokens.refresh) and tokens.due is not None and now >= tokens.due and self._may_try()

    def _may_try(self) -> bool:
        return self._not_before is None or self._now() >= self._not_before

    def _renewed_if_possible(self, tokens: UserTokens) -> UserTokens:
        """A new token; while the old one lives, a failure on the way is no reason to do without it."""
        try:
            return self._renewed(tokens)
        except PASSING:
            if tokens.ended(self._now()):
                raise
            self._not_before = self._now() + TRY_AGAIN_AFTER
            return tokens

    def _renewed(self, tokens: UserTokens) -> UserTokens:
        """What another program has had meanwhile, else a new token, which is on disk when this returns."""
        with self._store.exclusive(self._limits.total_seconds):
            if self._store.stamp() != self._stamp:
                found = self._read()
                if found.access != tokens.access and not found.ended(self._now()):
                    return found
                tokens = found
            if not tokens.refresh or tokens.refresh == self._refused:
                raise _over()
            fresh = replace(self._exchange(tokens.refresh), person=tokens.person)
            self._hold(fresh, self._stamp, renewed=True)
            self._save(fresh)
            return fresh

    def _exchange(self, refresh: str) -> UserTokens:
        try:
            granted = self._endpoint.ask({"grant_type": "refresh_token", "refresh_token": refresh, **LIVES})
        except GrantRefused:
            self._refused = refresh
            raise _over() from None
        return tokens_from(granted, self._now())

    def _save(self, tokens: UserTokens) -> None:
        """Keep them. A full disk is no reason to stop: they are good for as long as this program runs."""
        try:
            self._store.write(tokens)
            self._unsaved = False
        except SignInRefused as error:
            self._unsaved = True
            self._not_before = self._now() + TRY_AGAIN_AFTER
            log.warning("the renewed sign-in is held in memory only: %s", error.problem)
        self._stamp = self._store.stamp()

    def _save_again(self) -> None:
        """Keep what couldn't be kept; what is held is good all the same."""
        try:
            with self._store.exclusive(self._limits.total_seconds):
                if self._store.stamp() == self._stamp and self._held is not None:
                    self._save(self._held)
        except (SignInRefused, Unreachable) as error:
            self._not_before = self._now() + TRY_AGAIN_AFTER
            log.warning("the renewed sign-in is still held in memory only: %s", error.problem)


def tokens_from(granted: Granted, now: datetime) -> UserTokens:
    """What was granted, as moments instead of lengths of time."""
    seconds = granted.seconds
    if seconds is None and granted.refresh:
        seconds = DEFAULT_LIFE
    last = granted.refresh_seconds
    return UserTokens(
        granted.access,
        granted.refresh,
        None if seconds is None else now + renew_after(seconds),
        None if seconds is None else now + timedelta(seconds=seconds),
        None if last is None else now + timedelta(seconds=last),
        granted.scopes,
    )


def _over() -> SignInOver:
    return SignInOver("Zendesk: your sign-in has ended", AGAIN)
