#!/usr/bin/env python3
"""G: what one event costs our hub, with more and more idle subscribers, devices or channels beside it.

One publisher and one subscriber are busy with one device; each idle subscriber asks for a device of its own, each
idle device belongs to another publisher, each idle channel is a registered publisher with one device."""
import socket
import time

import benchlib as b
import ours
import peers


def start(s, idle_publishers):
    names = ["bench", *idle_publishers]
    s.path = f"{s.dir}/hub.sock"
    s.spawn([peers.PROGRAMS / "dragoman-hub", "--part=" + ours.part(s, names), "--listen-local=" + s.path,
             f"--listen-tcp=127.0.0.1:{s.port}"])
    s.wait_port()
    s.load = peers.hub_load(s, s.path, "plc01")


def greet(s, data, answers):
    """A connection that says this, and has been given so many answers."""
    c = socket.socket(socket.AF_UNIX)
    c.connect(s.path)
    c.sendall(data)
    got = b""
    while ours.count_frames(got) < answers:
        got += c.recv(1 << 16)
    return c


def idle(s, what, n):
    if what == "subscribers":
        return [greet(s, ours.subscriber(f"idle/{i}"), 2) for i in range(n)]
    if what == "devices":
        return [greet(s, ours.publisher([f"idle/{i}" for i in range(n)], "idle0"), 3)]
    return [greet(s, ours.publisher([f"idle/{i}"], f"idle{i}"), 3) for i in range(n)]


def main():
    p = b.arguments(__doc__, [], runs=3)
    p.add_argument("--counts", default="10,100,1000")
    p.add_argument("--window", type=int, default=2000)
    args = p.parse_args()
    f = b.Figures(args)
    counts = [int(n) for n in args.counts.split(",")]
    for _ in range(args.runs):
        for what in ("subscribers", "devices", "channels"):
            first = None
            for n in counts:
                publishers = [f"idle{i}" for i in range(n if what == "channels" else 1)]
                with b.serving(start, publishers) as s:
                    held = idle(s, what, n)
                    time.sleep(0.2)
                    r = b.load("fanload", *s.load, "--subs", 1, "--seconds", args.seconds, "--window", args.window,
                               *s.pid_args())
                    cpu = b.per_million(r["broker_cpu"], r["published"])
                    first = first or cpu
                    f.add(f"growth-{what}-{n}", "dragoman", "cpu", cpu, "s/M-events")
                    f.add(f"growth-{what}-{n}", "dragoman", f"cpu-vs-{counts[0]}", cpu / first, "x")
                    for c in held:
                        c.close()
    f.show()


if __name__ == "__main__":
    main()
