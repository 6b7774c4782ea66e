"""The adapter with which the runner of https://github.com/WebAssembly/wasi-testsuite tests `coffer wasm`.

    python3 test-runner/wasi_test_runner.py -t DIRECTORY -r test/wasm/adapter.py

The runner imports this file. COFFER names the program; without it `coffer` of PATH is run.
"""

import os
import shlex
import subprocess
from pathlib import Path
from typing import Dict, List, Tuple

COFFER = shlex.split(os.getenv("COFFER", "coffer"))


def get_name() -> str:
    return "coffer"


def get_version() -> str:
    said = subprocess.run(COFFER + ["--version"], capture_output=True, text=True, check=True).stdout
    return said.splitlines()[0].split(" ")[-1]


def get_wasi_versions() -> List[str]:
    return ["wasm32-wasip1"]


def compute_argv(
    test_path: str,
    args_env_dirs: Tuple[List[str], Dict[str, str], List[Tuple[Path, str]]],
    proposals: List[str],
    wasi_version: str,
) -> List[str]:
    del proposals, wasi_version
    args, env, dirs = args_env_dirs
    words = COFFER + ["wasm"]
    for name, value in env.items():
        words += ["--env", f"{name}={value}"]
    for host, guest in dirs:
        words += ["--dir", f"{host}:{guest}"]
    return words + [str(test_path), "--"] + args
