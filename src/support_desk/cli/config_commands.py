"""`config init` and `config show`."""

from __future__ import annotations

import argparse
import os
import shlex
from collections.abc import Mapping

from support_desk.cli import output
from support_desk.config.load import load_config
from support_desk.paths import config_file


def config_command(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Write a configuration or show the effective one; returns the exit code. Raises `ConfigError`."""
    if arguments.action == "show":
        return _show(arguments, environ)
    return _init(arguments, environ)


def _show(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    from support_desk.config.render import config_show_text

    loaded = load_config(arguments.config, environ)
    output.data(config_show_text(loaded))
    for warning in loaded.warnings:
        output.talk(f"warning: {warning}")
    return 0


def _init(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    from support_desk.config.render import config_init_text, write_config

    if arguments.stdout:
        output.data(config_init_text())
        return 0
    path = config_file(arguments.config, environ)
    try:
        write_config(path)
    except FileExistsError:
        output.talk(
            f"{path} is there already and stays as it is. To compare: support-desk config init --stdout"
        )
        return 1
    except OSError as error:
        output.talk(
            f"{path} can't be written ({os.strerror(error.errno or 0)}). Choose another place with --config"
        )
        return 1
    option = f" --config {shlex.quote(str(path))}" if arguments.config else ""
    output.talk(
        f"wrote {path}. Next:\n"
        "  1. Fill in [me], [zendesk], [opsgenie] and [runbooks]; its first lines say what each needs\n"
        f"  2. support-desk{option} check    tries all of it and changes nothing\n"
        f"  3. support-desk{option}          opens the dashboard"
    )
    return 0
