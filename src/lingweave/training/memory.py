"""Memory of a CPU: freed blocks are kept for the next update instead of given back.

Tensors come and go in every update, in the same sizes. The C library gives large blocks back to the
system when they are freed; each new one then costs a page fault for every 4 KB. That took a fifth
of the time of training (benchmarks/RESULTS.md).
"""

import ctypes
import platform

_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_MAX = -1, -2, -4  # names and numbers of mallopt(3)
_TOP_PAD = 2**28
_NEVER_TRIM = 2**31 - 1


def keep_freed_memory() -> None:
    """Tell glibc to keep what is freed; elsewhere do nothing.

    It holds for the whole process, which from now on keeps its peak until it ends.
    """
    if platform.libc_ver()[0] != "glibc":
        return
    mallopt = ctypes.CDLL(None).mallopt
    mallopt(_M_MMAP_MAX, 0)  # no blocks of their own from the system, but all from one heap
    mallopt(_M_TRIM_THRESHOLD, _NEVER_TRIM)
    mallopt(_M_TOP_PAD, _TOP_PAD)
