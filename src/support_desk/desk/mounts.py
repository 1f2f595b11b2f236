"""Whether a folder is on a network file system, where SQLite's locks and shared memory can't be trusted."""

from __future__ import annotations

import re
from pathlib import Path

from support_desk.paths import led_to

NETWORK = frozenset(
    {
        *("9p", "afp", "afs", "beegfs", "ceph", "cifs", "coda", "davfs", "glusterfs", "gpfs", "lustre"),
        *("ncpfs", "nfs", "nfs4", "smb", "smb2", "smb3", "smbfs", "fuse.ceph", "fuse.davfs2"),
        *("fuse.glusterfs", "fuse.gvfsd-fuse", "fuse.rclone", "fuse.s3fs", "fuse.smbnetfs", "fuse.sshfs"),
    }
)
"""Types as they stand in /proc/mounts."""

_MOUNTS = Path("/proc/mounts")


def network_type(folder: Path, mounts: str) -> str | None:
    """The network file system that `folder` (absolute, resolved) is on, by the text of /proc/mounts."""
    found = ""
    longest = -1
    for line in mounts.splitlines():
        match line.split(" "):
            case [_device, written, kind, *_]:
                place = re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), written)
                # A later mount at the same place covers the earlier one.
                if len(place) >= longest and folder.is_relative_to(place):
                    found, longest = kind, len(place)
    return found if found in NETWORK else None


def network_type_of(folder: Path) -> str | None:
    """The same for this machine; None also where there is no /proc/mounts to ask."""
    try:
        mounts = _MOUNTS.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return None
    return network_type(led_to(folder), mounts)
