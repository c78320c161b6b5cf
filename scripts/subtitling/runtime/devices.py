"""The host's GPUs and their memory."""

import ctypes
import errno
import importlib.util
import os
import re
import shutil
import subprocess
from pathlib import Path

from lineage.problem import Problem

# CUDA's libraries choose kernels by free memory and add in the order in which threads end, so that
# scores differ in their last digits, and sometimes a word does.
UNREPEATABLE = "a GPU adds in no fixed order, so scores and now and then a word may differ"


def cuda_devices() -> int:
    """The number of GPUs of the NVIDIA driver; 0 without a driver."""
    try:
        driver = ctypes.CDLL("libcuda.so.1")
    except OSError:
        return 0
    count = ctypes.c_int(0)
    if driver.cuInit(0) or driver.cuDeviceGetCount(ctypes.byref(count)):
        return 0
    return count.value


def memory_mb(device: str) -> int | None:
    """The memory of the first GPU, or of this host for `cpu`, in MB; None where no GPU is seen."""
    if device != "cuda":
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 1_000_000
    if not cuda_devices():
        return None
    total = ctypes.c_size_t(0)
    driver = ctypes.CDLL("libcuda.so.1")
    gpu = ctypes.c_int(0)
    if driver.cuDeviceGet(ctypes.byref(gpu), 0):
        return None
    return (
        None if driver.cuDeviceTotalMem_v2(ctypes.byref(total), gpu) else total.value // 1_000_000
    )


def missing(device: str) -> list[str]:
    """The obstacles to running models on `device`, with advice; empty if there are none."""
    if device == "cuda" and not cuda_devices():
        return [
            "device is cuda, but the NVIDIA driver (libcuda.so.1) finds no GPU on this host: "
            "install the driver, or run on the CPU by leaving out --profile gpu"
        ]
    return []


def load_cublas() -> None:
    """Load the cuBLAS that came with PyTorch, where it did; otherwise the system's must be there.

    CTranslate2 opens cuBLAS by its name alone, at its first product on a GPU. The loader does not
    look into the environment, but knows a library by its name once it is loaded.
    """
    if importlib.util.find_spec("nvidia") is None:
        return
    package = importlib.util.find_spec("nvidia.cublas")
    for folder in (package.submodule_search_locations or ()) if package else ():
        for library in Path(folder).glob("lib/libcublas.so.*"):
            ctypes.CDLL(str(library))


# Out-of-memory messages of CTranslate2, CUDA and its libraries, MKL, oneDNN, PyTorch, ONNX Runtime,
# the C++ library and the kernel, on a GPU or on a CPU.
_NO_MEMORY = re.compile(
    r"out[ _-]?of[ _-]?memory|\boom\b|bad[ _]alloc|alloc(?:ation)?_failed|memory ?allocation"
    r"|could not create a memory object|(?:not enough|insufficient) (?:\w+ )?memory"
    r"|resource_exhausted"
    r"|(?:can(?:no|')t|could not|unable to|fail(?:ed|ure)? to|not) (?:re)?alloc\w*.{0,80}"
    r"(?:memory|bytes|buffer|storage|tensor|[KMG]i?B\b)",
    re.IGNORECASE,
)


def out_of_memory(error: BaseException) -> bool:
    """Whether an engine's error says that memory ran out, in this process or in a worker's: there
    is no common type for it."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    if isinstance(error, OSError):
        return error.errno == errno.ENOMEM
    return _NO_MEMORY.search(str(error)) is not None


def free_memory() -> int | None:
    """The free bytes of the GPU with the most free memory, by nvidia-smi; None if that is not
    installed."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return None
    command = [program, "--query-gpu=memory.free", "--format=csv,noheader,nounits"]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    free = [int(line) for line in answer.stdout.split() if line.isdigit()]
    return max(free) * 2**20 if free else None


# Bytes of a weight, and the memory of CUDA's libraries and of one chunk's computation.
_WEIGHT_BYTES = {"int8": 1, "int8_float16": 1, "float16": 2, "bfloat16": 2, "float32": 4}
_STORED_BYTES = 2  # CTranslate2's Whisper models are stored in float16
_WORKING_BYTES = 700 * 2**20


def room_needed(stored_bytes: int, precision: str) -> int:
    """Estimate the bytes of GPU memory that a model takes, from the size of its file of weights."""
    return stored_bytes * _WEIGHT_BYTES[precision] // _STORED_BYTES + _WORKING_BYTES


def check_room(folder: Path, device: str, precision: str) -> None:
    """Raise Problem, with the sizes, if a model does not fit on the GPU even in its smallest
    precision; MemoryError if only this precision does not fit."""
    free = free_memory() if device == "cuda" else None
    if free is None:
        return
    stored = (folder / "model.bin").stat().st_size
    needed, least = room_needed(stored, precision), room_needed(stored, "int8")
    if least > free:
        raise Problem(
            f"{folder.name} needs about {least / 2**30:.1f} GiB of GPU memory even in int8, and "
            f"{free / 2**30:.1f} GiB are free: set asr.model to a smaller model, free the GPU, or "
            "run on the CPU by leaving out --profile gpu"
        )
    if needed > free:
        raise MemoryError(
            f"{precision} needs about {needed / 2**30:.1f} GiB, {free / 2**30:.1f} GiB are free"
        )
