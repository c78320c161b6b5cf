"""What the host has for models to run on."""

import ctypes

# CUDA's libraries pick kernels by what is free and add in the order in which threads end, so that
# scores differ in their last digits and now and then a word does.
UNREPEATABLE = "a GPU adds in no fixed order, so scores and now and then a word may differ"


def cuda_devices() -> int:
    """How many GPUs the NVIDIA driver offers; 0 where there is no driver."""
    try:
        driver = ctypes.CDLL("libcuda.so.1")
    except OSError:
        return 0
    count = ctypes.c_int(0)
    if driver.cuInit(0) or driver.cuDeviceGetCount(ctypes.byref(count)):
        return 0
    return count.value


def missing(device: str) -> list[str]:
    """What stands in the way of running models on `device`, and what to do; empty for nothing."""
    if device == "cuda" and not cuda_devices():
        return [
            "device is cuda, but the NVIDIA driver (libcuda.so.1) finds no GPU on this host: "
            "install the driver, or run on the CPU by leaving out --profile gpu"
        ]
    return []
