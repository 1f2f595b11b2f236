"""What all tests share: the collector of garbage looks less often than in a program that runs for a week."""

from __future__ import annotations

import gc

gc.set_threshold(100_000, 20, 50)  # a tenth of the suite's time went to it
