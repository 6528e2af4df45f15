"""System calls that programs have no use for, by name, with their numbers on x86-64 and aarch64.

A list of what is refused rather than of what is allowed: compilers, C libraries and drivers differ in what they call,
and refusing by default is what the namespaces and Landlock do.

Numbers: asm/unistd_64.h and asm-generic/unistd.h of Linux 6.18; None where an architecture has no such call.
"""

from __future__ import annotations

Numbers = tuple[int | None, int | None]

#: answered with EPERM
# fmt: off
REFUSED: dict[str, Numbers] = {
    # Namespaces and mounts.
    "unshare": (272, 97), "setns": (308, 268), "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41),
    "chroot": (161, 51), "move_mount": (429, 429), "open_tree": (428, 428), "fsopen": (430, 430),
    "fsconfig": (431, 431), "fsmount": (432, 432), "fspick": (433, 433), "mount_setattr": (442, 442),
    # The machine.
    "reboot": (169, 142), "swapon": (167, 224), "swapoff": (168, 225), "sethostname": (170, 161),
    "setdomainname": (171, 162), "init_module": (175, 105), "finit_module": (313, 273), "delete_module": (176, 106),
    "kexec_load": (246, 104), "kexec_file_load": (320, 294), "acct": (163, 89), "quotactl": (179, 60),
    "quotactl_fd": (443, 443), "syslog": (103, 116), "settimeofday": (164, 170), "clock_settime": (227, 112),
    "adjtimex": (159, 171), "clock_adjtime": (305, 266), "iopl": (172, None), "ioperm": (173, None),
    "vhangup": (153, 58), "modify_ldt": (154, None),
    # Other processes.  tkill names a thread of anyone's; the calls that name a process are in `seccomp`.
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271),
    "process_madvise": (440, 440), "pidfd_open": (434, 434), "pidfd_getfd": (438, 438),
    "pidfd_send_signal": (424, 424), "kcmp": (312, 272), "migrate_pages": (256, 238), "move_pages": (279, 239),
    "tkill": (200, 130),
    # Parts of the kernel where most of its holes were found, and handles that lead around paths.
    "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282), "keyctl": (250, 219),
    "add_key": (248, 217), "request_key": (249, 218), "open_by_handle_at": (304, 265),
    "name_to_handle_at": (303, 264), "fanotify_init": (300, 262), "fanotify_mark": (301, 263),
    # Memory that no limit counts, and channels between programs.
    "memfd_create": (319, 279), "memfd_secret": (447, 447), "shmget": (29, 194), "shmat": (30, 196),
    "shmctl": (31, 195), "shmdt": (67, 197), "msgget": (68, 186), "msgsnd": (69, 189), "msgrcv": (70, 188),
    "msgctl": (71, 187), "semget": (64, 190), "semop": (65, 193), "semctl": (66, 191), "semtimedop": (220, 192),
    "mq_open": (240, 180), "mq_unlink": (241, 181), "mq_timedsend": (242, 182), "mq_timedreceive": (243, 183),
    "mq_notify": (244, 184), "mq_getsetattr": (245, 185),
    # Sockets of every family: Landlock knows TCP only.
    "socket": (41, 198), "connect": (42, 203), "bind": (49, 200), "listen": (50, 201), "accept": (43, 202),
    "accept4": (288, 242),
    # What Landlock does not mediate: modes, owners, times, attributes; truncate before ABI 3.  Links and device nodes.
    "chmod": (90, None), "fchmod": (91, 52), "fchmodat": (268, 53), "fchmodat2": (452, 452), "chown": (92, None),
    "fchown": (93, 55), "lchown": (94, None), "fchownat": (260, 54), "utime": (132, None), "utimes": (235, None),
    "utimensat": (280, 88), "futimesat": (261, None), "setxattr": (188, 5), "lsetxattr": (189, 6),
    "fsetxattr": (190, 7), "removexattr": (197, 14), "lremovexattr": (198, 15), "fremovexattr": (199, 16),
    "link": (86, None), "linkat": (265, 37), "mknod": (133, None), "mknodat": (259, 33), "truncate": (76, 45),
    # Who this is.
    "setuid": (105, 146), "setgid": (106, 144), "setreuid": (113, 145), "setregid": (114, 143),
    "setresuid": (117, 147), "setresgid": (119, 149), "setfsuid": (122, 151), "setfsgid": (123, 152),
    "setgroups": (116, 159), "capset": (126, 91), "personality": (135, 92),
}
# fmt: on

#: answered with ENOSYS, as by a kernel without them: callers then do without, or use what can be told apart
ABSENT: dict[str, Numbers] = {
    "clone3": (435, 435),  # its flags are in memory, where a filter cannot see them; glibc then calls clone
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
}

#: besides `clone`, calls that make a process; refused to those that need no other
FORKING: dict[str, Numbers] = {"fork": (57, None), "vfork": (58, None)}
#: calls that depend on an argument
CLONE: Numbers = (56, 220)
PRCTL: Numbers = (157, 167)
PRLIMIT: Numbers = (302, 261)
#: calls whose first argument names the process that gets a signal
SIGNALLING: dict[str, Numbers] = {
    "kill": (62, 129),
    "tgkill": (234, 131),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
}
