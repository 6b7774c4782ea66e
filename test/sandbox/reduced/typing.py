"""Types a line into a shell of a terminal, whose first command leaves a process behind. Prints what the terminal showed.

Arguments: the command of the shell. The shell has no job control: all of its processes are in the foreground. It reads a
line late, so that whoever else reads the terminal has that first. A second line is typed for a shell that still waits.
"""

import os
import pty
import select
import sys
import time

shell, terminal = pty.fork()
if shell == 0:
    os.execvp("sh", ["sh", "-c", f"{sys.argv[1]}; echo now; sleep 1; read line; echo has $line"])
shown, lines, at, end = b"", [b"typed\n", b"late\n"], None, time.monotonic() + 20
while time.monotonic() < end:
    if at and lines and time.monotonic() > at:
        os.write(terminal, lines.pop(0))
        at += 2
    if not select.select([terminal], [], [], 0.1)[0]:
        continue
    try:
        data = os.read(terminal, 4096)
    except OSError:
        break
    if not data:
        break
    shown += data
    if b"now\r\n" in shown and at is None:
        at = time.monotonic() + 0.3
os.close(terminal)
os.waitpid(shell, 0)
sys.stdout.write(shown.decode())
