// A program in a sandbox that gives itself another root directory, and then makes names.

/** Makes names by a path, by one from its directory, and by an absolute link. */
const program = `
import os
outside = os.getcwd()
os.unshare(os.CLONE_NEWUSER)
os.chroot("jail")
def tries(name):
    try: os.mkdir(name); print("made", flush=True)
    except OSError as error: print(error.errno, flush=True)
tries(outside + "/escaped")
os.chdir("/")
tries(outside + "/another")
tries("link/third")
tries("deep/inside")
`;

/** Prepares the working directory. */
export const jail = `mkdir -p jail/deep other; ln -s "$PWD/other" jail/link; cat > rooted.py <<'END'\n${program}END`;

/** The words of the sandbox. */
export const rootedWords = [
  "--rw",
  "--fence",
  "--unsafe-user-namespaces",
  "--",
  "sh",
  "-c",
  "python3 rooted.py; find . -name escaped -o -name another -o -name third -o -name inside; mkdir after; ls -d after",
] as const;
