"""The two threads that talk to Zendesk begin at the same time, and import the same libraries."""

from __future__ import annotations

import subprocess
import sys

BEGINNING_TOGETHER = """
import sys, threading
from importlib import import_module
from importlib.machinery import PathFinder, SourceFileLoader

def load(name):
    import_module("support_desk.sources.zendesk." + name)

writing = threading.Thread(target=load, args=("attempt",))

def waits():
    # For a module's lock that this thread holds.
    frame = sys._current_frames().get(writing.ident)
    lock = frame.f_locals.get("self") if frame is not None and frame.f_code.co_name == "acquire" else None
    return getattr(lock, "owner", None) == threading.get_ident()

class Halfway(SourceFileLoader):
    def create_module(self, spec):
        if writing.ident is None:
            writing.start()
            while writing.is_alive() and not waits():
                pass

class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == "urllib3":
            spec = PathFinder.find_spec(name, path)
            spec.loader = Halfway(name, spec.loader.path)
            return spec

import support_desk.sources.zendesk
sys.meta_path.insert(0, Finder())
load("session")
writing.join()
print("both, met" if writing.ident else "never met")
"""


def test_neither_of_them_meets_a_library_that_the_other_has_half_imported() -> None:
    done = subprocess.run(
        [sys.executable, "-c", BEGINNING_TOGETHER], capture_output=True, text=True, check=False
    )

    assert (done.stdout, done.stderr) == ("both, met\n", "")
