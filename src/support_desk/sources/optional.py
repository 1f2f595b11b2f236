"""Parts of libraries that they themselves can do without, and that this program never uses.

httpx brings its command line as soon as click is there (click, pygments, a good deal of rich: 3 MB), and
requests brings tables for guessing an encoding (2 MB), although every answer here is JSON. In a program that
stays open for a week that is memory for nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without(*packages: str) -> Iterator[None]:
    """Within it, importing one of these packages fails as if it weren't installed.

    A package that was imported before stays what it is.
    """
    modules: dict[str, object] = sys.modules  # type: ignore[assignment] # None is documented, not annotated
    left_out = [name for name in packages if name not in modules]
    modules.update(dict.fromkeys(left_out))
    try:
        yield
    finally:
        for name in left_out:
            if modules.get(name) is None:
                modules.pop(name, None)
