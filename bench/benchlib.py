"""Servers, load programs and figures: what the drivers share. Standard library only."""
import argparse
import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import tty

HERE = pathlib.Path(__file__).resolve().parent
BUILD = pathlib.Path(os.environ.get("BENCH_BUILD") or HERE / "build")
PIN = {"server": None, "load": None}    # CPUs, set by --pin


def arguments(description, peers, **defaults):
    p = argparse.ArgumentParser(description=description)
    p.add_argument("--peers", default=",".join(peers), help="comma-separated, from: %(default)s, ours")
    p.add_argument("--runs", type=int, default=defaults.get("runs", 5))
    p.add_argument("--seconds", type=float, default=defaults.get("seconds", 2.0))
    p.add_argument("--pin", action="store_true", help="servers on CPU 0, the load program on CPU 1")
    p.add_argument("--base", default="", help="also print each peer's ratio to this one, run by run")
    p.add_argument("--json", default="", help="append the raw values of every run to this file")
    p.add_argument("--ours", default="", help="command of our daemon; {port} {pub_port} {tty} {dir} are filled in")
    p.add_argument("--ours-feed", choices=["tcp", "tty"], default="tty", help="fan-out only: frames to pub_port, or lines to tty")
    p.add_argument("--ours-out", choices=["frame", "line"], default="frame")
    p.add_argument("--ours-hello", default="", help="hex of the bytes that subscribe")
    p.add_argument("--ours-hello-frames", type=int, default=0, help="answer frames before the subscription is live")
    p.add_argument("--ours-pub-hello", default="", help="with --ours-feed tcp: hex of the bytes that introduce the publisher")
    p.add_argument("--ours-pub-hello-frames", type=int, default=0, help="answer frames before it may publish")
    p.add_argument("--ours-pub-frame", default="", help="hex of one whole publish frame, its length in front")
    p.add_argument("--ours-pub-number-at", type=int, default=-1, help="offset in it of an 8-byte little-endian number that rises from 1")
    p.add_argument("--ours-pub-unix", default="", help="publish through this Unix socket; {dir} is filled in")
    return p


def selected(args):
    if args.pin:
        PIN.update(server={0}, load={1})
    names = [n for n in args.peers.split(",") if n]
    if args.ours and "ours" not in names:
        names.append("ours")
    return [n for n in names if installed(n)]


# Peers whose program has another name than they.
PROGRAM = {"nats": "nats-server", "redis": "redis-server", "redis-everysec": "redis-server",
           "redis-always": "redis-server", "mosquitto-autosave": "mosquitto", "mosquitto-pub": "mosquitto_pub"}
OWN = ("raw", "ours", "dragoman")
left_out = set()


def installed(name):
    """Whether a peer can be run here; says once which cannot."""
    path = os.environ.get("PATH", "") + ":/usr/sbin"
    if name.startswith(OWN) or shutil.which(PROGRAM.get(name, name), path=path):
        return True
    if name not in left_out:
        print(f"({name} is not installed: left out)")
    left_out.add(name)
    return False


# --- figures ---

def num(v):
    a = abs(v)
    return f"{v:.0f}" if a >= 1000 else f"{v:.1f}" if a >= 10 else f"{v:.3f}" if a >= 0.01 or v == 0 else f"{v:.3g}"


class Figures:
    """Collects one value per run for each (case, peer, what); prints medians."""

    def __init__(self, args):
        self.args, self.values, self.units = args, {}, {}

    def add(self, case, peer, what, value, unit):
        self.values.setdefault((case, peer, what), []).append(value)
        self.units[case, peer, what] = unit

    def show(self):
        for (case, peer, what), v in sorted(self.values.items()):
            self._line(f"{case}.{peer}.{what}", v, self.units[case, peer, what])
            base = self.values.get((case, self.args.base, what))
            if base and peer != self.args.base:
                r = [a / b for a, b in zip(v, base) if b]
                if r:
                    self._line(f"{case}.{peer}.{what}-vs-{self.args.base}", r, "x")
        if self.args.json:
            with open(self.args.json, "a") as f:
                for (case, peer, what), v in sorted(self.values.items()):
                    print(json.dumps({"case": case, "peer": peer, "what": what, "unit": self.units[case, peer, what], "runs": v}), file=f)
        sys.stdout.flush()

    def _line(self, name, v, unit):
        print(f"{name}: {num(statistics.median(v))} ({num(min(v))}..{num(max(v))}) {unit}")


# --- processes ---

def pinned(who):
    return (lambda: os.sched_setaffinity(0, PIN[who])) if PIN[who] else None


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def listening(port):
    want = f":{port:04X}"
    for name in ("/proc/net/tcp", "/proc/net/tcp6"):
        with open(name) as f:
            for line in f:
                w = line.split()
                if w[3] == "0A" and w[1].endswith(want):
                    return True
    return False


def children(pid):
    """pid and all its descendants."""
    out = [pid]
    for task in os.listdir(f"/proc/{pid}/task"):
        with contextlib.suppress(OSError), open(f"/proc/{pid}/task/{task}/children") as f:
            for c in f.read().split():
                out += children(int(c))
    return out


def status_kb(pid, field):
    with open(f"/proc/{pid}/status") as f:
        for line in f:
            if line.startswith(field + ":"):
                return int(line.split()[1])
    return 0


def smaps_kb(pid):
    out = {}
    with open(f"/proc/{pid}/smaps_rollup") as f:
        for line in f:
            w = line.split()
            if len(w) == 3 and w[2] == "kB":
                out[w[0].rstrip(":")] = int(w[1])
    return out


class Server:
    """One or more processes that were started together and are stopped by their own ids."""

    def __init__(self, directory):
        self.dir, self.procs, self.port, self.pub_port = directory, [], free_port(), free_port()
        self.hello = []     # what a subscriber sends first, as arguments of a load program
        self.load = []      # arguments that tell the load program how to talk to it
        self.ttys = []

    def spawn(self, argv, stdin=None):
        log = open(pathlib.Path(self.dir) / f"log{len(self.procs)}", "w")
        argv = [str(a) for a in argv]
        if not shutil.which(argv[0]) and os.path.exists("/usr/sbin/" + argv[0]):
            argv[0] = "/usr/sbin/" + argv[0]    # Debian keeps some daemons there
        p = subprocess.Popen(argv, stdin=stdin or subprocess.DEVNULL, stdout=log, stderr=log,
                             preexec_fn=pinned("server"))
        self.procs.append(p)
        return p

    def new_tty(self):
        """A raw pty: returns the device's end (fd) and the path that a server opens."""
        master, slave = os.openpty()
        tty.setraw(slave)
        os.chmod(os.ttyname(slave), 0o666)
        self.ttys += [master, slave]
        return master, os.ttyname(slave)

    def wait_port(self, port=None, limit=10):
        end = time.monotonic() + limit
        while not listening(port or self.port):
            if time.monotonic() > end or self.procs[-1].poll() is not None:
                raise RuntimeError(f"{self.procs[-1].args[0]} did not start: " + self.logs())
            time.sleep(0.02)

    def wait_log(self, text, limit=10):
        end = time.monotonic() + limit
        while not any(text in p.read_text() for p in pathlib.Path(self.dir).glob("log*")):
            if time.monotonic() > end or self.procs[-1].poll() is not None:
                raise RuntimeError(f"{self.procs[-1].args[0]} did not start: " + self.logs())
            time.sleep(0.02)

    def logs(self):
        return " | ".join(p.read_text()[-400:] for p in pathlib.Path(self.dir).glob("log*"))

    def pids(self):
        return [c for p in self.procs for c in children(p.pid)]

    def pid_args(self):
        return [x for pid in self.pids() for x in ("--pid", pid)]

    def peak_kb(self):
        return sum(status_kb(p, "VmHWM") for p in self.pids())

    def rss_kb(self):
        return sum(status_kb(p, "VmRSS") for p in self.pids())

    def stop(self, how=signal.SIGTERM):
        for p in reversed(self.procs):
            if p.poll() is None:
                p.send_signal(how)
        for p in reversed(self.procs):
            try:
                p.wait(5)
            except subprocess.TimeoutExpired:
                p.kill()
                p.wait()
        self.procs = []
        for fd in self.ttys:
            os.close(fd)
        self.ttys = []


@contextlib.contextmanager
def serving(start, *a, **kw):
    """Runs start(server, ...) in a fresh directory and stops everything afterwards."""
    (BUILD / "work").mkdir(parents=True, exist_ok=True)
    d = tempfile.mkdtemp(dir=BUILD / "work")
    s = Server(d)
    try:
        start(s, *a, **kw)
        yield s
    finally:
        s.stop()
        shutil.rmtree(d, ignore_errors=True)


def load(program, *a, fds=(), limit=90):
    """Runs a load program and returns its 'name value' lines as a dict."""
    r = subprocess.run([str(BUILD / program), *map(str, a)], pass_fds=fds, stdout=subprocess.PIPE,
                       stderr=subprocess.PIPE, text=True, timeout=limit, preexec_fn=pinned("load"))
    if r.returncode:
        raise RuntimeError(f"{program}: {r.stderr.strip()}")
    return {k: float(v) for k, v in (line.split() for line in r.stdout.splitlines())}


def per_million(seconds, n):
    return seconds * 1e6 / n if n else 0.0
