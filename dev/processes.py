"""What a child process does between fork and exec: end with its parent, and stop being root."""

import ctypes
import os
import pwd
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

LINUX = sys.platform == "linux"
_libc = ctypes.CDLL(None, use_errno=True) if LINUX else None

# From linux/prctl.h and linux/capability.h
PR_SET_PDEATHSIG = 1
PR_SET_SECUREBITS = 28
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE = 2
SECBIT_NO_SETUID_FIXUP = 1 << 2
CAPABILITY_VERSION_3 = 0x20080522
CAP_DAC_OVERRIDE = 1


def die_with_parent(number: signal.Signals) -> None:
    """Have the kernel send this process a signal when its parent is gone, even by kill -9.

    Only Linux can; elsewhere the next start cleans up.
    """
    if LINUX:
        _libc.prctl(PR_SET_PDEATHSIG, int(number), 0, 0, 0)


def child(
    *, on_parent_death: signal.Signals, user: pwd.struct_passwd | None = None
) -> Callable[[], None]:
    """Return a preexec_fn for a child that ends with its parent, as another user if given."""
    parent = os.getpid()

    def prepare() -> None:
        if user is not None:
            become(user)
        die_with_parent(on_parent_death)  # after become(): a change of user clears it
        if os.getppid() != parent:
            os._exit(1)

    return prepare


def become(user: pwd.struct_passwd) -> None:
    """Give up root, yet keep the right to pass folders closed to others.

    PostgreSQL refuses to run as root, and a clone in its home folder is out of reach for others.
    Loosening the folders of a person's machine is not ours to do.
    """
    with suppress(PermissionError):  # some containers forbid it; the groups then stay
        os.setgroups([])
    os.setgid(user.pw_gid)
    if LINUX:
        # Without it setuid() drops every capability, and access(2) never counts the one we keep.
        _libc.prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP, 0, 0, 0)
    os.setuid(user.pw_uid)
    if LINUX:
        _keep_folder_access_only()


def _keep_folder_access_only() -> None:
    bit = 1 << CAP_DAC_OVERRIDE
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    # effective, permitted, inheritable; then the same for capabilities 32 and up
    for wanted in (bit, 0):  # a container may not have the one to keep
        sets = (ctypes.c_uint32 * 6)(wanted, wanted, wanted, 0, 0, 0)
        if _libc.capset(header, sets) == 0:
            _libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_OVERRIDE, 0, 0)
            return
    os._exit(1)


def server_user(folder: Path) -> pwd.struct_passwd | None:
    """Who runs PostgreSQL on this folder: None for ourselves, another user when we are root."""
    if os.geteuid() != 0:
        return None
    if folder.exists() and folder.stat().st_uid != 0:
        return pwd.getpwuid(folder.stat().st_uid)
    return pwd.getpwnam("nobody")
