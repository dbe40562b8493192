"""A disk whose power goes: a file system in a file, shut down dead and mounted again.

The file system below the data stops at once, its journal unwritten, as when a machine loses its
power; what the kernel held in memory is gone. Needs root, loop devices, and e2fsprogs or xfsprogs.
"""
import ctypes
import fcntl
import os
import struct
import subprocess

# ioctl(2) of XFS, which ext4 has too; 2: not even the journal is written out.
SHUT_DOWN, WITHOUT_JOURNAL = 0x8004587D, 2
# Of unshare(2).
MOUNTS = 0x20000
# The smallest that mkfs.xfs makes.
SIZE = {"ext4": 96 << 20, "xfs": 300 << 20}


def run(*words):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True,
                          check=False)
    if done.returncode:
        raise OSError(f"{words[0]}: {done.stderr.strip()}")


class Disk:
    """Mounted at @folder while it is open; OSError says why there can be none."""

    def __init__(self, kind, folder, image):
        self.kind, self.folder, self.image = kind, folder, image

    def __enter__(self):
        if os.geteuid() != 0:
            raise OSError("only root can mount")
        with open(self.image, "wb") as file:
            file.truncate(SIZE[self.kind])
        try:
            run(f"mkfs.{self.kind}", "-q", self.image)
        except FileNotFoundError:
            raise OSError(f"mkfs.{self.kind} is not installed") from None
        self.folder.mkdir(exist_ok=True)
        self._hide()
        self._mount()
        return self

    @staticmethod
    def _hide():
        """Mounts of our own. Else a test that takes a copy of all there are, meanwhile, keeps
        the dead file system alive, and the kernel mounts that one again."""
        if ctypes.CDLL(None, use_errno=True).unshare(MOUNTS):
            raise OSError(f"unshare: {os.strerror(ctypes.get_errno())}")
        run("mount", "--make-rprivate", "/")

    def __exit__(self, *_):
        subprocess.run(["umount", "-l", self.folder], check=False, capture_output=True)

    def _mount(self):
        run("mount", "-o", "loop", self.image, self.folder)

    def cut(self):
        """From here on nothing reaches it."""
        fd = os.open(self.folder, os.O_RDONLY)
        try:
            fcntl.ioctl(fd, SHUT_DOWN, struct.pack("I", WITHOUT_JOURNAL))
        finally:
            os.close(fd)

    def power(self):
        """It is mounted again; nobody may have it open."""
        run("umount", self.folder)
        self._mount()
