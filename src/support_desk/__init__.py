"""support_desk: first line support in one terminal."""

__version__ = "0.1.0"
