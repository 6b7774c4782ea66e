# Opens everything beneath a directory while it can be written, and tries every way to change it by what is held: once at once,
# which is to succeed, and once when the file that is named last is there. Prints what has succeeded then.
import os, socket, sys, time

top, go = sys.argv[1], sys.argv[2]
dirfd = os.open(top, os.O_RDONLY | os.O_DIRECTORY)
named = os.open(top, os.O_PATH)
reads = os.open(top + "/file", os.O_RDONLY)
names = os.open(top + "/file", os.O_PATH)
os.chdir(top)
number = 0

def name():
    global number
    number += 1
    return f"made-{number}"

def write(path, flags=os.O_WRONLY, **how):
    fd = os.open(path, flags, **how)
    os.write(fd, b"x")
    os.close(fd)

def unnamed():
    fd = os.open(".", os.O_TMPFILE | os.O_WRONLY, 0o600)
    try:
        os.link(f"/proc/self/fd/{fd}", name(), src_dir_fd=dirfd, follow_symlinks=True)
    finally:
        os.close(fd)

def bound():
    path = name()
    socket.socket(socket.AF_UNIX).bind(path)

def renamed():
    path = name()
    os.rename("old", path, src_dir_fd=dirfd, dst_dir_fd=dirfd)
    os.rename(path, "old")

ways = {
    "create in a held directory": lambda: write(name(), os.O_CREAT | os.O_WRONLY, dir_fd=dirfd),
    "create by a path of procfs": lambda: write(f"/proc/self/fd/{dirfd}/{name()}", os.O_CREAT | os.O_WRONLY),
    "create by a named directory": lambda: write(f"/proc/self/fd/{named}/{name()}", os.O_CREAT | os.O_WRONLY),
    "create in the working directory": lambda: write(name(), os.O_CREAT | os.O_WRONLY),
    "write by a path of the root": lambda: write(f"/proc/self/root{top}/file"),
    "open what is read again": lambda: write(f"/proc/self/fd/{reads}"),
    "open what is named": lambda: write(f"/proc/self/fd/{names}"),
    "truncate": lambda: os.truncate("file", 1),
    "fchmod": lambda: os.fchmod(reads, 0o640),
    "utime": lambda: os.utime(reads),
    "setxattr": lambda: os.setxattr(reads, "user.a", b"1"),
    "mkdir": lambda: os.mkdir(name(), dir_fd=dirfd),
    "link": lambda: os.link("file", name(), src_dir_fd=dirfd, dst_dir_fd=dirfd),
    "symlink": lambda: os.symlink("file", name(), dir_fd=dirfd),
    "mkfifo": lambda: os.mkfifo(name(), dir_fd=dirfd),
    "rename": renamed,
    "unlink": lambda: os.unlink(next(path for path in os.listdir(".") if path.startswith("gone"))),
    "a file without a name": unnamed,
    "a socket": bound,
}

def attempt():
    done = []
    for what, way in ways.items():
        try:
            way()
            done.append(what)
        except OSError as error:
            if error.errno not in (30, 13):  # EROFS, EACCES
                done.append(f"{what}: {error}")
    return done

missing = set(ways) - set(attempt())
print("at first not:", *sorted(missing), flush=True) if missing else None
print("ready", flush=True)
while not os.path.exists(go):
    time.sleep(0.01)
print("later:", *attempt(), flush=True)
