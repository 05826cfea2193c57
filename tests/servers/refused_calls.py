"""Runs a command with system calls denied as a systemd unit denies them, without systemd.

    python tests/servers/refused_calls.py UNIT COMMAND...

What `SystemCallFilter=~…` names is refused or kills, by `SystemCallErrorNumber`; all else is
allowed. The groups as systemd 252 lists them (`systemd-analyze syscall-filter`).
"""

import ctypes
import os
import sys
from pathlib import Path
from typing import Final

GROUPS: Final = {
    "@resources": "ioprio_set mbind migrate_pages move_pages nice sched_setaffinity sched_setattr "
    "sched_setparam sched_setscheduler set_mempolicy set_mempolicy_home_node setpriority setrlimit",
    "@privileged": "chown fchown fchownat lchown adjtimex clock_adjtime clock_settime settimeofday "
    "delete_module finit_module init_module ioperm iopl reboot swapoff swapon acct bpf capset "
    "chroot fanotify_init fanotify_mark open_by_handle_at pivot_root quotactl setdomainname "
    "setfsuid setgroups sethostname setresuid setreuid setuid vhangup",
}
ALLOW, KILL, ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
"""Source: libseccomp, seccomp.h."""


def denied(unit: str) -> tuple[set[str], int]:
    """The calls that the unit denies, and what becomes of who makes one."""
    lines = unit.splitlines()
    groups = [
        group
        for line in lines
        if line.startswith("SystemCallFilter=~")
        for group in line.partition("~")[2].split()
    ]
    refused = "SystemCallErrorNumber=EPERM" in lines
    return {
        call for group in groups for call in GROUPS[group].split()
    }, ERRNO | 1 if refused else KILL


def deny(calls: set[str], action: int) -> None:
    """From now on, for this process and all of its children."""
    library = ctypes.CDLL("libseccomp.so.2")
    library.seccomp_init.restype = ctypes.c_void_p
    rules = ctypes.c_void_p(library.seccomp_init(ctypes.c_uint32(ALLOW)))
    for call in calls:
        number = library.seccomp_syscall_resolve_name(call.encode())
        library.seccomp_rule_add(rules, ctypes.c_uint32(action), ctypes.c_int(number), 0)
    if library.seccomp_load(rules):
        sys.exit("the filter was not taken")


if __name__ == "__main__":
    deny(*denied(Path(sys.argv[1]).read_text("utf-8")))
    os.execv(sys.argv[2], sys.argv[2:])  # noqa: S606 - a command of the test
