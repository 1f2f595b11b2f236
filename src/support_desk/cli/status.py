"""`status`: what needs me, in one line, from what the dashboard read last."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from support_desk.cli import output
from support_desk.config.load import load_config


def status(
    config: Path | None, environ: Mapping[str, str], now: datetime, *, as_json: bool, tmux: bool
) -> int:
    """Print the line; 0 if it can be trusted, 1 if it is stale, failed or there is nothing yet.

    2 when there is no configuration. Raises `ConfigError`.
    """
    loaded = load_config(config, environ)
    # After the configuration, which may be wrong; together these are half of the time that there is.
    from support_desk import glance
    from support_desk.cli.stored import stored_glance
    from support_desk.desk.schema import StoreError
    from support_desk.paths import store_file

    path = store_file(loaded.config)
    if not path.exists():
        if loaded.how_to_begin:
            output.talk(loaded.how_to_begin)
            return 2
        output.talk("nothing has been read yet. Open the dashboard, support-desk, and leave it open")
        return 1
    now = now.replace(microsecond=0)
    try:
        seen = stored_glance(path, loaded.config, now)
    except StoreError as error:
        output.talk(f"{error.problem}: {error.remedy}")
        return 1
    if as_json:
        output.document(glance.header(seen.now, seen.sources) | glance.document(seen))
    else:
        output.data(glance.tmux_line(seen) if tmux else glance.line(seen))
    return 0 if seen.trusted() else 1
