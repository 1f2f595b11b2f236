"""requests without the tables for guessing an encoding: what is read here is JSON, in UTF-8."""

from __future__ import annotations

import warnings

from support_desk.sources.optional import without

# requests would say so on stderr, over the screen.
warnings.filterwarnings("ignore", message="Unable to find acceptable character detection")
with without("charset_normalizer", "chardet"):
    import requests

__all__ = ["requests"]
