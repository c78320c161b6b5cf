"""What the engines need of a host with a GPU."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest
from house import ROOT

NAMED = f"""
import ctypes, sys
sys.path[:0] = [{str(ROOT)!r}, {str(ROOT / "scripts")!r}]
from subtitling.runtime import devices
devices.load_cublas()
ctypes.CDLL(sys.argv[1])
maps = open("/proc/self/maps").read()
sys.exit(f"nvidia/cublas/lib/{{sys.argv[1]}}" not in maps)
"""


@pytest.mark.skipif(importlib.util.find_spec("nvidia") is None, reason="a PyTorch without CUDA")
def test_the_cublas_that_ctranslate2_names_is_the_environments() -> None:
    spec = importlib.util.find_spec("ctranslate2")
    assert spec and spec.origin
    beside = Path(spec.origin).parent
    libraries = [*beside.glob("*.so"), *beside.with_name("ctranslate2.libs").glob("lib*.so*")]
    named = {
        name for path in libraries for name in re.findall(rb"libcublas\.so\.\d+", path.read_bytes())
    }
    assert len(named) == 1
    command = [sys.executable, "-c", NAMED, named.pop().decode()]
    subprocess.run(command, check=True)
