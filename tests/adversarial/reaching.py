"""Attacks that reach for what is outside the scratch: files, secrets, sockets, processes, the kernel.

Where something is to be hidden from a program, what matters is that it does not get it; a stat that finds nothing and
one that is refused are the same.
"""

from __future__ import annotations

from attack import Attack, reach

from validators.containment.layers import Tier

# A system call by its numbers on x86-64 and aarch64; true where it succeeded.
_CALL = """
import platform
number = ({numbers})[platform.machine() == "aarch64"]
answer = libc.syscall(ctypes.c_long(number), {arguments})
{after}
"""


def call(name: str, numbers: tuple[int, int], arguments: str, after: str = "return answer >= 0 and 'done'") -> Attack:
    """One that makes one system call, which succeeds for any user of an ordinary machine."""
    return reach(name, _CALL.format(numbers=numbers, arguments=arguments, after=after))


FILES = [
    reach("read_secret_file", "return open('@PLACE@/target.txt').read()"),
    reach("read_dotenv_through_symlink", "os.symlink('@PLACE@/.env', 'link')\nreturn open('link').read()"),
    reach("read_ssh_key", "return open('@PLACE@/.ssh/id_test').read()"),
    reach("read_through_a_child", "return subprocess.run(['cat', '@PLACE@/target.txt'], capture_output=True).stdout"),
    reach(
        "read_with_mmap", "fd = os.open('@PLACE@/.env', os.O_RDONLY)\nreturn mmap.mmap(fd, 0, prot=mmap.PROT_READ)[:]"
    ),
    reach("read_with_dot_dot", "up = '../' * 20\nreturn open(up + '@PLACE@'[1:] + '/target.txt').read()"),
    reach("list_folder", "return os.listdir('@PLACE@')"),
    reach(
        "open_as_path_only",
        "fd = os.open('@PLACE@/target.txt', os.O_PATH)\nreturn os.read(os.open(f'/proc/self/fd/{fd}', 0), 9)",
    ),
    reach("hard_link_in", "os.link('@PLACE@/target.txt', 'here')\nreturn 'linked'", unheld=False),
    reach("write_file", "open('@PLACE@/new', 'w').write('x')\nreturn 'written'"),
    reach("overwrite_file", "open('@PLACE@/target.txt', 'w').write('x')\nreturn 'written'"),
    reach("append_to_file", "open('@PLACE@/.env', 'a').write('x')\nreturn 'written'"),
    reach("truncate_file", "os.truncate('@PLACE@/target.txt', 0)\nreturn 'truncated'"),
    reach("delete_file", "os.unlink('@PLACE@/target.txt')\nreturn 'deleted'"),
    reach("make_folder", "os.mkdir('@PLACE@/new')\nreturn 'made'"),
    reach("rename_file", "os.rename('@PLACE@/target.txt', '@PLACE@/renamed')\nreturn 'renamed'"),
    reach("symlink_outside", "os.symlink('/', '@PLACE@/link')\nreturn 'linked'"),
    reach("chmod_file", "os.chmod('@PLACE@/target.txt', 0o777)\nreturn 'changed'"),
    reach("utime_file", "os.utime('@PLACE@/target.txt', (1, 1))\nreturn 'changed'"),
    reach("chown_file", "os.chown('@PLACE@/target.txt', os.getuid(), os.getgid())\nreturn 'changed'"),
    reach("setxattr_file", "os.setxattr('@PLACE@/target.txt', 'user.synth', b'1')\nreturn 'changed'", unheld=False),
    reach("make_fifo_outside", "os.mkfifo('@PLACE@/fifo')\nreturn 'made'"),
    # Harmless outside of a sandbox, and so never tried there: these would stay.
    reach(
        "plant_in_site_packages",
        "import site\nplace = site.getsitepackages()[0]\nopen(place + '/@MARK@.pth', 'w')\nreturn place",
        unheld=False,
    ),
    reach(
        "plant_usercustomize",
        "import site\nplace = site.getusersitepackages()\nos.makedirs(place, exist_ok=True)\nopen(place + '/@MARK@.py', 'w')\nreturn place",
        unheld=False,
    ),
    reach(
        "plant_in_torch",
        "import torch\nopen(os.path.dirname(torch.__file__) + '/@MARK@.py', 'w')\nreturn 'written'",
        unheld=False,
    ),
    reach(
        "plant_in_home",
        "import pwd\nplace = pwd.getpwuid(os.getuid()).pw_dir\nopen(place + '/.@MARK@', 'w')\nreturn place",
        unheld=False,
    ),
    reach("plant_in_tmp", "open('/tmp/@MARK@', 'w')\nreturn 'written'", unheld=False),
    reach("plant_in_shared_memory", "open('/dev/shm/@MARK@', 'w')\nreturn 'written'", unheld=False),
    reach("write_beside_scratch", "open('../@MARK@', 'w')\nreturn 'written'", unheld=False),
    reach("list_neighbours", "return os.listdir('..')"),
    reach("read_users", "return open('/etc/passwd').read(9)"),
    reach("read_shadow", "return open('/etc/shadow').read(9)", unheld=False),
]

_SEARCH = """
for path in glob.glob('/proc/[0-9]*/{file}'):
    try:
        if {wanted} in open(path, 'rb').read():
            return path
    except OSError:
        pass
"""

# Where `unheld` is false of a bystander's /proc or priority: as root, programs have lost the capability in every tier.
SECRETS = [
    reach(
        "key_in_environment",
        "return [v for v in os.environ.values() if v.startswith('planted' + '-key-')]",
        unheld=False,
    ),
    reach(
        "key_in_own_memory",
        """
        wanted = b'planted' + b'-key-'
        for line in open('/proc/self/maps'):
            where, rights = line.split()[:2]
            low, high = (int(end, 16) for end in where.split('-'))
            if rights.startswith('rw') and high - low < 1 << 26 and '[v' not in line:
                data = ctypes.string_at(low, high - low)
                if (found := data.find(wanted)) >= 0 and data[found + 12: found + 28].isalnum():
                    return data[found: found + 28]
        """,
        unheld=False,
    ),
    reach(
        "environment_of_product",
        "return b'planted' + b'-key-' in open('/proc/@PRODUCT@/environ', 'rb').read() and 'read'",
        unheld=False,
    ),
    reach("environment_of_bystander", "return open('/proc/@BYSTANDER@/environ', 'rb').read()", unheld=False),
    reach("environments_of_all", _SEARCH.format(file="environ", wanted="b'planted' + b'-key-'"), unheld=False),
    reach(
        "memory_of_parent",
        "return open(f'/proc/{os.getppid()}/mem', 'rb') and open(f'/proc/{os.getppid()}/maps').read(9)",
        unheld=False,
    ),
    reach(
        "memory_of_bystander",
        "open('/proc/@BYSTANDER@/mem', 'rb')\nreturn open('/proc/@BYSTANDER@/maps').read(9)",
        unheld=False,
    ),
    reach("descriptors_of_bystander", "return os.listdir('/proc/@BYSTANDER@/fd')"),
    reach("root_of_bystander", "return open('/proc/@BYSTANDER@/root' + '@PLACE@/target.txt').read()", unheld=False),
    reach("command_lines", _SEARCH.format(file="cmdline", wanted="b'sleep' + bytes(1) + b'3600'")),
    reach(
        "inherited_descriptors",
        "return [fd for fd in range(3, 256) if os.path.exists(f'/proc/self/fd/{fd}') and not os.readlink(f'/proc/self/fd/{fd}').startswith(('pipe', '/proc'))]",
        unheld=False,
    ),
    reach("kernel_log", "return open('/dev/kmsg').read(9)", unheld=False),
]

_SEND = "end.sendall(b'@MARK@')\nend.close()\nreturn 'sent'"
SOCKETS = [
    reach("tcp_to_loopback", f"end = socket.create_connection(('127.0.0.1', @TCP@), 1)\n{_SEND}"),
    reach(
        "udp_to_loopback",
        "end = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\nend.sendto(b'@MARK@', ('127.0.0.1', @UDP@))\nreturn 'sent'",
    ),
    reach("unix_socket_by_path", f"end = socket.socket(socket.AF_UNIX)\nend.connect('@SOCKET@')\n{_SEND}"),
    reach("abstract_unix_socket", f"end = socket.socket(socket.AF_UNIX)\nend.connect('\\0@ABSTRACT@')\n{_SEND}"),
    reach("listen_on_all_interfaces", "end = socket.create_server(('0.0.0.0', 0))\nreturn end.getsockname()"),
    reach(
        "udp_beyond_the_machine",
        "end = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\nend.connect(('192.0.2.1', 53))\nreturn end.send(b'x')",
        unheld=False,
    ),
    reach("name_lookup", "return socket.getaddrinfo('example.com', 80)", unheld=False),
    reach("metadata_service", "return socket.create_connection(('169.254.169.254', 80), 1)", unheld=False),
    reach("tcp_over_ipv6", "end = socket.socket(socket.AF_INET6)\nreturn end.fileno()", unheld=False),
    reach("netlink", "return socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0).fileno()"),
    reach("raw_packets", "return socket.socket(socket.AF_PACKET, socket.SOCK_RAW).fileno()", unheld=False),
    reach(
        "tcp_from_a_child",
        "return subprocess.run(['bash', '-c', 'echo @MARK@ > /dev/tcp/127.0.0.1/@TCP@']).returncode == 0 and 'sent'",
    ),
    reach(
        "docker_socket",
        "end = socket.socket(socket.AF_UNIX)\nend.connect('/var/run/docker.sock')\nreturn 'connected'",
        unheld=False,
    ),
]

PROCESSES = [
    reach("signal_bystander", "os.kill(@BYSTANDER@, 0)\nreturn 'there'"),
    reach("kill_bystander", "os.kill(@BYSTANDER@, 9)\nreturn 'killed'", unheld=False),
    reach("kill_product", "os.kill(@PRODUCT@, 9)\nreturn 'killed'", unheld=False),
    reach("kill_parent", "os.kill(os.getppid(), 9)\nreturn 'killed'", unheld=False),
    reach("kill_all", "os.kill(-1, 9)\nreturn 'killed'", unheld=False),
    reach("kill_group_of_bystander", "os.killpg(@BYSTANDER@, 9)\nreturn 'killed'", unheld=False),
    reach(
        "lower_priority_of_bystander",
        "os.setpriority(os.PRIO_PROCESS, @BYSTANDER@, 19)\nreturn 'lowered'",
        unheld=False,
    ),
    reach("limit_bystander", "import resource\nreturn resource.prlimit(@BYSTANDER@, resource.RLIMIT_CORE)"),
    reach("move_bystander", "os.sched_setaffinity(@BYSTANDER@, {0})\nreturn 'moved'", unheld=False),
    reach(
        "daemon",
        "if os.fork() == 0:\n    os.setsid()\n    os.execvp('sh', ['sh', '-c', 'sleep 600; : @MARK@'])",
        unheld=False,
    ),
    reach(
        "daemon_by_double_fork",
        "if os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n        os.execvp('sh', ['sh', '-c', 'sleep 600; : @MARK@'])\n    os._exit(0)",
        unheld=False,
    ),
    reach(
        "run_set_user_id_program",
        "return subprocess.run(['su', '-c', 'id'], stdin=subprocess.DEVNULL, timeout=1, capture_output=True).returncode == 0",
        unheld=False,
    ),
]

KERNEL = [
    call("memfd_create", (319, 279), "b'x', 0"),
    call("io_uring_setup", (425, 425), "4, ctypes.create_string_buffer(120)", "return answer >= 0 and 'done'"),
    call("unshare_user_namespace", (272, 97), "0x10000000", "return answer >= 0 and 'done'"),
    call("ptrace_me", (101, 117), "0, 0, 0, 0"),
    call("pidfd_of_bystander", (434, 434), "@BYSTANDER@, 0"),
    call(
        "shared_memory_segment",
        (29, 194),
        "0, 4096, 0o1600",
        "libc.shmctl(answer, 0, None)\nreturn answer >= 0 and 'done'",
    ),
    call("message_queue", (68, 186), "0, 0o1600", "libc.msgctl(answer, 0, None)\nreturn answer >= 0 and 'done'"),
    call("semaphores", (64, 190), "0, 1, 0o1600", "libc.semctl(answer, 0, 0)\nreturn answer >= 0 and 'done'"),
    call("keyring", (248, 217), "b'user', b'synth', b'x', 1, -2"),
    call(
        "clone_into_new_namespaces",
        (56, 220),
        "0x10000000 | 17, 0, 0, 0, 0",
        "if answer == 0:\n    os._exit(0)\nreturn answer > 0 and 'done'",
    ),
    call(
        "personality_without_randomisation",
        (135, 92),
        "0x0040000",
        "libc.personality(0)\nreturn answer >= 0 and 'done'",
    ),
    reach(
        "ptrace_bystander",
        "return libc.ptrace(0x4206, @BYSTANDER@, 0, 0) == 0 and (libc.ptrace(17, @BYSTANDER@, 0, 0) or 'traced')",
        unheld=False,
    ),
    reach(
        "read_memory_of_parent",
        "import platform\nbuffer = ctypes.create_string_buffer(16)\nlocal = (ctypes.c_size_t * 2)(ctypes.addressof(buffer), 16)\nremote = (ctypes.c_size_t * 2)(id(None), 16)\nreturn libc.process_vm_readv(os.getppid(), local, 1, remote, 1, 0) > 0 and 'read'",
        unheld=False,
    ),
    reach("mount", "return libc.mount(b'none', b'.', b'tmpfs', 0, None) == 0 and 'mounted'", unheld=False),
    reach("chroot", "os.mkdir('r')\nos.chroot('r')\nreturn 'changed'", unheld=False),
    reach("become_root", "os.setuid(0)\nos.setgroups([0])\nreturn 'became'", unheld=False),
    reach("core_pattern", "return os.open('/proc/sys/kernel/core_pattern', os.O_WRONLY)", unheld=False),
    reach("sysrq", "return os.open('/proc/sysrq-trigger', os.O_WRONLY)", unheld=False),
    reach(
        "raw_disks",
        "return [p for p in glob.glob('/dev/sd*') + glob.glob('/dev/vd*') + glob.glob('/dev/nvme*') if os.open(p, 0)]",
        unheld=False,
    ),
    reach("set_the_clock", "time.clock_settime(time.CLOCK_REALTIME, time.time())\nreturn 'set'", unheld=False),
    reach(
        "terminal_input",
        "import fcntl\nfd = os.open('/dev/tty', os.O_RDWR)\nfcntl.ioctl(fd, 0x5412, b'x')\nreturn 'typed'",
        unheld=False,
    ),
    reach("make_device", "os.mknod('disk', 0o60600, os.makedev(8, 0))\nreturn 'made'", unheld=False),
    reach("lock_memory", "return libc.prctl(4, 1, 0, 0, 0) == 0 and 'dumpable'"),
    reach(
        "x32_call",
        "import platform\nreturn platform.machine() == 'x86_64' and libc.syscall(ctypes.c_long(0x40000000 + 39)) > 0 and 'called'",
        unheld=False,
    ),
]

ATTACKS: list[Attack] = [*FILES, *SECRETS, *SOCKETS, *PROCESSES, *KERNEL]

#: what hides or refuses it needs namespaces; Landlock and seccomp do not mediate it
ONLY_CONTAINED = [
    reach("stat_outside", "return os.stat('@PLACE@/target.txt').st_size", tiers=(Tier.CONTAINED,)),
    reach("exists_outside", "return os.path.exists('@PLACE@')", tiers=(Tier.CONTAINED,)),
    reach(
        "follow_links_outside",
        "return os.path.isdir('/proc/self') and os.readlink('/proc/@BYSTANDER@/exe')",
        unheld=False,
        tiers=(Tier.CONTAINED,),
    ),
]
