# Keeps a file open for writing in the way that is named, and nothing else of it.
import array, mmap, os, socket, sys, time

how, path, go = sys.argv[1:4]
fd = os.open(path, os.O_RDWR)
if how == "mapped":
    kept = mmap.mmap(fd, 1)
    os.close(fd)
elif how == "sent":
    left, right = socket.socketpair()
    left.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [fd]))])
    os.close(fd)
print("ready", flush=True)
while not os.path.exists(go):
    time.sleep(0.01)
