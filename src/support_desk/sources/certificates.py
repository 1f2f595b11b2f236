"""Why a service's certificate isn't trusted, in words."""

from __future__ import annotations

import ssl
from collections.abc import Iterable

_UNKNOWN_AUTHORITY = "is signed by nobody who is trusted here"
_ANOTHER_HOST = "is another host's"
_WHY = {
    9: "isn't valid yet",
    10: "has expired",
    **dict.fromkeys((18, 19, 20, 21), _UNKNOWN_AUTHORITY),
    **dict.fromkeys((62, 64), _ANOTHER_HOST),
}
"""OpenSSL's numbers for a verification that failed (openssl-verification-options)."""


def why_untrusted(causes: Iterable[BaseException]) -> str:
    """What is wrong with a certificate, as in ": its certificate has expired"; empty where nobody says."""
    codes = (
        getattr(cause, "verify_code", None)
        for cause in causes
        if isinstance(cause, ssl.SSLCertVerificationError)
    )
    return next((f": its certificate {_WHY[code]}" for code in codes if code in _WHY), "")
