"""terminal: runs a command on a terminal; once a text has appeared there often enough, presses Ctrl-C.

   terminal.py TEXT COUNT COMMAND...   ->   what the terminal was sent, on standard output; the command's exit code
"""
import os
import pty
import sys

text, count, command = sys.argv[1].encode(), int(sys.argv[2]), sys.argv[3:]
seen = b""
pressed = False
child, terminal = pty.fork()
if child == 0:
    os.execvp(command[0], command)
while True:
    try:
        piece = os.read(terminal, 65536)
    except OSError:  # Linux: the other end is closed.
        break
    if not piece:
        break
    seen += piece
    if not pressed and seen.count(text) >= count:
        pressed = True
        os.write(terminal, b"\x03")
sys.stdout.buffer.write(seen)
sys.stdout.flush()
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) & 0xFF)
