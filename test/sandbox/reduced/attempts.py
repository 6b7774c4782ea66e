"""What a program tries in a sandbox without namespaces. Prints a line for each attempt: its name, and `done` or the error.

Arguments: a directory of the caller that no rule names, a process of the caller that is outside, and a file of the caller
that can be read.
"""

import ctypes
import errno
import os
import resource
import socket
import struct
import sys

beside, pid, readable = sys.argv[1], int(sys.argv[2]), sys.argv[3]
libc = ctypes.CDLL(None, use_errno=True)
secret = os.path.join(beside, "secret")
numbers = {
    "x86_64": {"keyctl": 250, "shmget": 29, "ptrace": 101, "unshare": 272, "fchmodat2": 452, "mq_open": 240, "ioctl": 16, "fremovexattr": 199},
    "aarch64": {"keyctl": 219, "shmget": 194, "ptrace": 117, "unshare": 97, "fchmodat2": 452, "mq_open": 180, "ioctl": 29, "fremovexattr": 16},
}[os.uname().machine]


def call(name, *args):
    number = numbers.get(name, name)
    if libc.syscall(number, *[ctypes.c_long(arg) if isinstance(arg, int) else arg for arg in args]) < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def connect(family, kind, address):
    with socket.socket(family, kind) as one:
        one.connect(address)


def send_by_pair():
    one, _other = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    one.sendto(b"x", os.path.join(beside, "datagrams"))


def through_descriptor():
    held = os.open(secret, os.O_PATH)
    open(f"/proc/self/fd/{held}", "rb").close()


def through_thread():
    import threading

    told = []
    threading.Thread(target=lambda: told.append(attempt(lambda: open(secret)))).start()
    while not told:
        pass
    if told[0] != "done":
        raise OSError(getattr(errno, told[0]), "")


def set_flags(request):
    """FS_IOC_SETFLAGS with FS_NODUMP_FL, which an owner may set."""
    call("ioctl", os.open(readable, os.O_RDONLY), request, struct.pack("l", 0x40))


def attempt(action):
    try:
        action()
        return "done"
    except OSError as error:
        return errno.errorcode.get(error.errno, str(error.errno))


attempts = {
    # Files.
    "read": lambda: open(secret),
    "read by a descriptor": through_descriptor,
    "read by a link": lambda: (os.symlink(secret, "link"), open("link")),
    "read in a thread": through_thread,
    "read by the root of another process": lambda: open(f"/proc/{pid}/root{secret}"),
    "list": lambda: os.listdir(beside),
    "write": lambda: open(secret, "a"),
    "truncate": lambda: os.truncate(secret, 0),
    "make a file": lambda: open(os.path.join(beside, "made"), "w"),
    "make a directory": lambda: os.mkdir(os.path.join(beside, "made")),
    "make a fifo": lambda: os.mkfifo(os.path.join(beside, "made")),
    "make a link": lambda: os.symlink("x", os.path.join(beside, "made")),
    "link in": lambda: os.link(secret, "linked"),
    "link out": lambda: os.link("own", os.path.join(beside, "made")),
    "rename in": lambda: os.rename(secret, "moved"),
    "rename out": lambda: os.rename("own", os.path.join(beside, "made")),
    "remove": lambda: os.unlink(secret),
    "execute": lambda: os.posix_spawn(os.path.join(beside, "program"), ["x"], {}),
    # What Landlock does not handle.
    "chmod": lambda: os.chmod(secret, 0o666),
    "chmod by fchmodat2": lambda: call("fchmodat2", -100, secret.encode(), 0o666, 0),
    "chown": lambda: os.chown(secret, os.getuid(), os.getgid()),
    "change times": lambda: os.utime(secret),
    "set an attribute": lambda: os.setxattr(secret, "user.x", b"x"),
    "flags of a file that can be read": lambda: set_flags(0x40086602),
    "flags of a file, with a long number": lambda: set_flags(0x4008_6602 | 7 << 32),
    "an attribute of a file that can be read": lambda: os.setxattr(os.open(readable, os.O_RDONLY), "user.x", b"x"),
    "no attribute of a file that can be read": lambda: call("fremovexattr", os.open(readable, os.O_RDONLY), b"user.x"),
    # Sockets.
    "a socket by path": lambda: connect(socket.AF_UNIX, socket.SOCK_STREAM, os.path.join(beside, "socket")),
    "an abstract socket": lambda: connect(socket.AF_UNIX, socket.SOCK_STREAM, "\0" + beside),
    "a datagram by a pair": send_by_pair,
    "TCP": lambda: connect(socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 9)),
    "MPTCP": lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262),
    "UDP": lambda: connect(socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 9)),
    "netlink": lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0),
    "vsock": lambda: socket.socket(40, socket.SOCK_STREAM, 0),
    "io_uring": lambda: call(425, 1, 0),
    # Other processes.
    "signal": lambda: os.kill(pid, 0),
    "trace": lambda: call("ptrace", 16, pid, 0, 0),
    "environment": lambda: open(f"/proc/{pid}/environ", "rb").read(),
    "memory": lambda: open(f"/proc/{pid}/mem", "rb"),
    "working directory": lambda: os.readlink(f"/proc/{pid}/cwd"),
    "open files": lambda: open(f"/proc/{pid}/fd/0"),
    "limits": lambda: resource.prlimit(pid, resource.RLIMIT_CORE, (0, 0)),
    "priority": lambda: os.setpriority(os.PRIO_PROCESS, pid, 19),
    "priority of all": lambda: os.setpriority(os.PRIO_USER, 0, 19),
    "processors": lambda: os.sched_setaffinity(pid, {0}),
    # The rest.
    "keys": lambda: call("keyctl", 0, -3, 0),
    "shared memory": lambda: call("shmget", 0, 4096, 0o1600),
    "queues": lambda: call("mq_open", b"coffer-test", 0o102, 0o600, 0),
    "user namespace": lambda: call("unshare", 0x10000000),
    "set-user-id": lambda: os.fchmod(os.open("own", os.O_RDONLY), 0o4755),
    # What stays open.
    "stat": lambda: os.stat(secret),
    "read a link outside": lambda: os.readlink(os.path.join(beside, "points")),
    "enter": lambda: os.close(os.open(beside, os.O_PATH)) or os.stat(os.path.join(beside, ".")),
    "arguments of a process": lambda: open(f"/proc/{pid}/cmdline").read(),
    "mode of a file that can be read": lambda: os.fchmod(os.open(readable, os.O_RDONLY), 0o600),
}

open("own", "w").close() if os.access(".", os.W_OK) and "--rw" in sys.argv else None
for name, action in attempts.items():
    print(f"{name}: {attempt(action)}")
