"""Zendesk, by way of zenpy.

Importing this package costs next to nothing: zenpy, requests and pydantic (0.3 s together) are
imported by the thread that talks to the helpdesk, when it first does.
"""

from __future__ import annotations

from support_desk.sources.zendesk.limits import Limits
from support_desk.sources.zendesk.source import ZendeskSource

__all__ = ["Limits", "ZendeskSource"]
