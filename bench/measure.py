"""measure: runs a command and says what it cost, by the kernel's account of the whole process (wait4).

measure.py FD COMMAND...  ->  on descriptor FD: {"status": 0, "wallMs": .., "cpuMs": .., "peakRssBytes": ..}

SABOT_BENCH_WARM_MB=4096: so much memory is touched and given back before the command starts. A virtual machine whose host takes unused
memory back gets it again at less than a gigabyte a second, which would be measured instead.
"""

import json
import mmap
import os
import sys
import time

report = int(sys.argv[1])
command = sys.argv[2:]
os.set_inheritable(report, False)


def touch_memory(size: int) -> None:
    """In a process of its own: what a process ever used is the peak of what it becomes."""
    child = os.fork()
    if child == 0:
        memory = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        memory.madvise(mmap.MADV_HUGEPAGE)
        for at in range(0, size, mmap.PAGESIZE):
            memory[at] = 1
        os._exit(0)
    os.waitpid(child, 0)


warm_bytes = int(os.environ.get("SABOT_BENCH_WARM_MB", "0")) << 20
if warm_bytes > 0:
    touch_memory(warm_bytes)
started = time.monotonic()
child = os.posix_spawnp(command[0], command, os.environ)
_, status, usage = os.wait4(child, 0)
wall = time.monotonic() - started
result = {
    "status": os.waitstatus_to_exitcode(status),
    "wallMs": wall * 1e3,
    "cpuMs": (usage.ru_utime + usage.ru_stime) * 1e3,
    "peakRssBytes": usage.ru_maxrss * 1024,
}
os.write(report, json.dumps(result).encode())
