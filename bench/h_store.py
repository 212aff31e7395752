#!/usr/bin/env python3
"""H: what our hub costs when much is stored: its start, and its memory with 1/10 of --gib on disk, with all of it,
and with --places durable subscribers that stand at different places in it and do not read."""
import socket
import time

import benchlib as b
import ours
import peers

PAYLOAD = 4000
ANSWERS = 2     # Welcome, Subscribed


def store(s, events):
    incarnation = time.time_ns()
    whole, at = ours.reading(PAYLOAD, incarnation=incarnation)
    b.load("durframe", "--op", "store", "--count", events, "--window", 2000, "--port", s.port, "--unix", s.path,
           "--pub-hello", ours.publisher(incarnation=incarnation).hex(), "--pub-frame", whole.hex(), "--pub-number-at", at,
           limit=900)


def restart(s):
    """Seconds until a new hub has said Welcome."""
    s.stop()
    t = time.monotonic()
    peers.dragoman_durable(s)
    c = greet(s, ours.subscriber(), ANSWERS)
    seconds = time.monotonic() - t
    c.close()
    return seconds


def greet(s, data, answers):
    c = socket.socket(socket.AF_UNIX)
    c.connect(s.path)
    c.sendall(data)
    got = b""
    while ours.count_frames(got) < answers:
        got += c.recv(256)
    return c


def main():
    p = b.arguments(__doc__, [], runs=1)
    p.add_argument("--gib", type=float, default=10, help="how much is stored, GiB")
    p.add_argument("--places", type=int, default=1000)
    args = p.parse_args()
    f = b.Figures(args)
    events = int(args.gib * 2**30 / (PAYLOAD + 100) / 10)
    for _ in range(args.runs):
        with b.serving(peers.dragoman_durable) as s:
            for tenths in (1, 10):
                name = f"stored-{args.gib * tenths / 10:g}-GiB"
                held = []
                for i in range(tenths - (tenths > 1)):
                    store(s, events)
                f.add(name, "dragoman", "start", restart(s), "s")
                f.add(name, "dragoman", "rss", s.rss_kb() / 1024, "MiB")
            before = s.rss_kb()
            for i in range(args.places):
                start = ours.data(8, ours.data(1, f"place{i}") + ours.integer(5, 1) + ours.integer(2, 1))
                held.append(greet(s, ours.subscriber(start=start), ANSWERS))
            time.sleep(1)
            f.add(f"durable-{args.places}", "dragoman", "rss-each", (s.rss_kb() - before) / args.places, "KiB")
            for c in held:
                c.close()
    f.show()


if __name__ == "__main__":
    main()
