"""measure: runs a command and says what it cost, by the kernel's account of the whole process (wait4).

measure.py FD COMMAND...  ->  on descriptor FD: {"status": 0, "wallMs": .., "cpuMs": .., "peakRssBytes": ..}
"""

import json
import os
import sys
import time

report = int(sys.argv[1])
command = sys.argv[2:]
os.set_inheritable(report, False)
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
