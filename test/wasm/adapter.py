"""The adapter with which the runner of https://github.com/WebAssembly/wasi-testsuite tests `coffer wasm`.

    python3 test-runner/wasi_test_runner.py -t DIRECTORY -r test/wasm/adapter.py

The runner imports this file. COFFER names the program; without it `coffer` of PATH is run, or else that of this tree.
"""

import os
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Dict, List, Optional, Tuple, Union

# What a module may open: directories with their names, or what newer runners give, one directory that is its root.
Places = Union[List[Tuple[Path, str]], Optional[str]]


def _find_coffer() -> List[str]:
    named = os.getenv("COFFER")
    if named is not None:
        return shlex.split(named)
    if shutil.which("coffer") is not None:
        return ["coffer"]
    return ["node", str(Path(__file__).resolve().parents[2] / "packages/cli/bin/coffer.js")]


COFFER = _find_coffer()


def get_name() -> str:
    return "coffer"


def get_version() -> str:
    said = subprocess.run(COFFER + ["--version"], capture_output=True, text=True, check=True).stdout
    return said.splitlines()[0].split(" ")[-1]


def get_wasi_versions() -> List[str]:
    return ["wasm32-wasip1"]


def get_wasi_worlds() -> List[str]:
    return ["wasi:cli/command"]


def get_timeout_seconds() -> float:
    # The first run of a module compiles it.
    return 60.0


def compute_argv(
    test_path: str,
    given: Tuple[List[str], Dict[str, str], Places],
    proposals: List[str],
    *world_and_version: str,
) -> List[str]:
    del proposals, world_and_version
    args, env, places = given
    dirs = [(places, "/")] if isinstance(places, (str, Path)) else places or []
    words = COFFER + ["wasm"]
    for name, value in env.items():
        words += ["--env", f"{name}={value}"]
    for host, guest in dirs:
        words += ["--dir", f"{host}:{guest}"]
    return words + [str(test_path), "--"] + args
