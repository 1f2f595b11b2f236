"""OpsGenie: alerts, escalation policies and rotas over its REST API, which stops on 5 April 2027.

Importing this package imports httpx and pydantic, so it is done in a background thread or not at all.
"""

from __future__ import annotations

from support_desk.sources.opsgenie.client import Patience
from support_desk.sources.opsgenie.source import OpsgenieSource

__all__ = ["OpsgenieSource", "Patience"]
