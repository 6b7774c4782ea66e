"""Leaves a process behind that reads every stream, and writes what it took into the file `taken`, until there is a file `end`."""

import fcntl
import os
import select
import signal
import sys
import time

TIOCEXCL = 0x540C

if os.fork():
    print(*(int(os.isatty(fd)) for fd in range(3)), file=open("streams", "w"))
    while not os.path.exists("taken"):
        time.sleep(0.01)
    sys.exit(0)
signal.signal(signal.SIGHUP, signal.SIG_IGN)
taken = open("taken", "w", buffering=1)
for fd in range(3):
    try:
        fcntl.ioctl(fd, TIOCEXCL)
        print("exclusive", file=taken)
    except OSError:
        pass
end = time.monotonic() + 30
while time.monotonic() < end and not os.path.exists("end"):
    for fd in range(3):
        try:
            if select.select([fd], [], [], 0.02)[0]:
                taken.write(os.read(fd, 100).decode())
        except OSError:
            time.sleep(0.02)
taken.write("ended")
