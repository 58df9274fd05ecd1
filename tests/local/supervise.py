"""Keeps one program alive exactly as long as the process that asked for it.

    python3 supervise.py SCRATCH -- PROGRAM ARGUMENT...

The asker holds the other end of our standard input. However the asker ends, the kernel closes
that end, we read end-of-file, and everything the program ever started is killed: also what
moved to a process group of its own. Then SCRATCH, the program's folder, is removed. If the
program ends first, its exit code becomes ours.

The terminal's Ctrl-C reaches us as well as the asker; it is ignored here, because the asker's
end is what we wait for.
"""

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import threading
import time

# Longer than the kernel needs to end a hundred killed processes on a busy machine.
KILL_PATIENCE_S = 10.0
PR_SET_CHILD_SUBREAPER = 36


def adopt_orphans():
    """On Linux, a grandchild whose parent ends becomes our child, so that it can be found."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def processes():
    """Pairs of (process id, parent's id) of everything there is.

    Zombies are among them: a program whose first thread has ended is one while its other threads
    still end, and until then its children are not yet ours.
    """
    if os.path.isdir("/proc/self"):
        for name in os.listdir("/proc"):
            if name.isdigit():
                try:
                    with open(f"/proc/{name}/stat", "rb") as stat:
                        # The program's name stands in brackets and may hold anything.
                        yield int(name), int(stat.read().rpartition(b")")[2].split()[1])
                except OSError:
                    continue
    else:
        listing = subprocess.Popen(["ps", "-A", "-o", "pid=,ppid="], stdout=subprocess.PIPE, text=True)
        for line in listing.communicate()[0].splitlines():
            process, parent = map(int, line.split())
            # It sees itself, and has ended by now.
            if process != listing.pid:
                yield process, parent


def descendants():
    """Every process below this one that nobody has buried yet."""
    children = {}
    for process, parent in processes():
        children.setdefault(parent, []).append(process)
    found, open_ends = [], [os.getpid()]
    while open_ends:
        below = children.get(open_ends.pop(), [])
        found += below
        open_ends += below
    return found


def kill(process, group=False):
    try:
        (os.killpg if group else os.kill)(process, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass


def kill_all(program):
    """Kills the program's group and every descendant, again until none is left."""
    deadline = time.monotonic() + KILL_PATIENCE_S
    kill(program.pid, group=True)
    while time.monotonic() < deadline:
        reap()
        left = descendants()
        if not left:
            return
        for process in left:
            kill(process)
        time.sleep(0.01)


def reap():
    """Buries the dead, so that nobody takes a zombie for a process that still runs."""
    try:
        while os.waitpid(-1, os.WNOHANG) != (0, 0):
            pass
    except ChildProcessError:
        pass


def finish(program, scratch, code):
    kill_all(program)
    shutil.rmtree(scratch, ignore_errors=True)
    os._exit(code)


def main():
    scratch, dashes, *command = sys.argv[1:]
    if dashes != "--" or not command:
        sys.exit("usage: supervise.py SCRATCH -- PROGRAM ARGUMENT...")
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    adopt_orphans()
    program = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=hear_signals_again,
    )
    one_end = threading.Lock()

    def until_the_program_ends():
        code = program.wait()
        with one_end:
            finish(program, scratch, code if code >= 0 else 128 - code)

    threading.Thread(target=until_the_program_ends, daemon=True).start()
    while os.read(0, 4096):
        pass
    with one_end:
        finish(program, scratch, 0)


def hear_signals_again():
    """An ignored signal stays ignored in a child, which might count on it."""
    for heard in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(heard, signal.SIG_DFL)


if __name__ == "__main__":
    main()
