"""Freed memory is used again."""

import subprocess
import sys

FAULTS = """
import resource
import threading
import numpy as np
from subtitling.runtime import allocator
allocator.keep_freed_memory()
def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(5):
        np.ones(20_000_000, np.float32)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
faults()
worker = threading.Thread(target=faults)
worker.start()
worker.join()
"""
PAGES = 20_000  # of 4 KiB, that an array takes


def test_freed_memory_is_used_again_by_any_thread() -> None:
    ran = subprocess.run([sys.executable, "-c", FAULTS], capture_output=True, text=True, check=True)
    first, second = map(int, ran.stdout.split())
    assert first < 1.5 * PAGES and second < 0.1 * PAGES
