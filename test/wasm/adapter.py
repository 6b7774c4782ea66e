"""The adapter with which the runner of https://github.com/WebAssembly/wasi-testsuite tests `coffer wasm`.

    python3 test-runner/wasi_test_runner.py -t DIRECTORY -r test/wasm/adapter.py

COFFER names the program; without it `coffer` of PATH is run.
"""

import argparse
import os
import shlex
import subprocess
import sys

COFFER = shlex.split(os.getenv("COFFER", "coffer"))

parser = argparse.ArgumentParser()
parser.add_argument("--version", action="store_true")
parser.add_argument("--test-file")
parser.add_argument("--arg", action="append", default=[])
parser.add_argument("--env", action="append", default=[])
parser.add_argument("--dir", action="append", default=[])
options = parser.parse_args()

if options.version:
    first = subprocess.run(COFFER + ["--version"], capture_output=True, text=True, check=True).stdout
    print(first.splitlines()[0].replace(" version ", " "))
    sys.exit(0)

words = ["wasm"]
for variable in options.env:
    words += ["--env", variable]
for directory in options.dir:
    # Some runners say HOST::GUEST.
    words += ["--dir", directory.replace("::", ":")]
sys.exit(subprocess.run(COFFER + words + [options.test_file, "--"] + options.arg).returncode)
