"""Network file systems, by the text of /proc/mounts."""

from __future__ import annotations

from pathlib import Path

import pytest

from support_desk.desk.mounts import network_type

MOUNTS = """\
/dev/vda1 / ext4 rw,relatime 0 0
tmpfs /run tmpfs rw 0 0
server:/home /home nfs4 rw,vers=4.2 0 0
/dev/vdb /home/local xfs rw 0 0
//nas/team /srv/team\\040share cifs rw 0 0
jo@box:/ /mnt/box fuse.sshfs rw 0 0
C:\\134 /mnt/c 9p rw 0 0
server:/data /data nfs rw 0 0
/dev/vdc /data ext4 rw 0 0
nonsense
"""


@pytest.mark.parametrize(
    ("folder", "expected"),
    [
        ("/var/lib/desk", None),
        ("/home/jo/.local/state", "nfs4"),
        ("/home", "nfs4"),
        ("/home/local/jo", None),
        ("/homes/jo", None),
        ("/srv/team share/desk", "cifs"),
        ("/mnt/box/desk", "fuse.sshfs"),
        ("/mnt/c/Users/jo", "9p"),
        ("/data/desk", None),
    ],
)
def test_network_type(folder: str, expected: str | None) -> None:
    assert network_type(Path(folder), MOUNTS) == expected
