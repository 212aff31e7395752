#!/usr/bin/env python3
"""D: durable path: acknowledged publishing, replay, and what a crash leaves; plus storage ceilings.

Crash: the server is killed with SIGKILL right after the last acknowledgement and started
again on the same files. That tests the process, not the power supply.
"""
import os
import signal
import time

import benchlib as b
import peers

ENGINES = ["file", "prealloc", "lmdb", "lmdb-nosync", "sqlite-normal", "sqlite-full"]


def size(kind):
    return {"mosquitto": 20500, "mosquitto-autosave": 20500, "redis-always": 50000}.get(kind, 200000)


def main():
    p = b.arguments(__doc__, [*peers.DURABLE], runs=3, seconds=2)
    p.add_argument("--windows", default="1,100,1000", help="publications not yet acknowledged")
    p.add_argument("--engines", default=",".join(ENGINES))
    p.add_argument("--batches", default="1,100,1000")
    p.add_argument("--count", type=int, default=0, help="messages per run, up to 300000; default: what suits the peer")
    p.add_argument("--ours-load", default="", help="a program with durload's options and output that speaks our protocol")
    p.add_argument("--sync-count", type=int, default=2000, help="messages per run at window 1")
    args = p.parse_args()
    f = b.Figures(args)
    for _ in range(args.runs):
        for name in b.selected(args):
            proto, fn = peers.DURABLE.get(name) or ("ours", lambda s: peers.by_flags(s, args))
            for window in map(int, args.windows.split(",")):
                with b.serving(fn) as s:
                    run(f, s, fn, name, proto, window, args)
        for engine in filter(None, args.engines.split(",")):
            for batch in map(int, args.batches.split(",")):
                with b.serving(lambda s: None) as s:
                    r = b.load("storeraw", engine, s.dir, batch, args.seconds)
                    f.add(f"store-{batch}", engine, "rate", r["records"] / r["seconds"], "records/s")
                    f.add(f"store-{batch}", engine, "cpu", b.per_million(r["cpu"], r["records"]), "s/M-records")
                    f.add(f"store-{batch}", engine, "commit", r["seconds"] / r["txns"] * 1e6, "us")
                    if batch == 1000:
                        f.add("scan", engine, "rate", r["records"] / r["scan_seconds"], "records/s")
    f.show()


def run(f, s, fn, name, proto, window, args):
    count = args.sync_count if window == 1 else args.count or size(name)
    base = ["--proto", proto, "--port", s.port, "--count", count]
    durload = os.path.abspath(args.ours_load) if name == "ours" else "durload"
    b.load(durload, *base, "--op", "prepare")
    r = b.load(durload, *base, "--op", "store", "--window", window, *s.pid_args())
    f.add(f"durable-store-{window}", name, "rate", count / r["seconds"], "messages/s")
    f.add(f"durable-store-{window}", name, "cpu", b.per_million(r["broker_cpu"], count), "s/M-messages")
    if window != 1000:
        return
    f.add("durable-store", name, "peak-rss", s.peak_kb() / 1024, "MiB")
    for pid in reversed(s.pids()):      # children first: nothing gets to finish in order
        os.kill(pid, signal.SIGKILL)
    s.stop(signal.SIGKILL)
    t = time.monotonic()
    fn(s)
    kept = b.load(durload, *base, "--op", "count")["messages"]
    f.add("durable-restart", name, "time", time.monotonic() - t, "s (mosquitto: includes 2 s of silence)")
    f.add("durable-crash", name, "kept", 100 * kept / count, "% of acknowledged")
    if kept < count or proto == "mqtt":     # lost in the crash, or consumed by counting
        b.load(durload, *base, "--op", "prepare")
        b.load(durload, *base, "--op", "store", "--window", window)
    r = b.load(durload, *base, "--op", "replay", *s.pid_args())
    f.add("durable-replay", name, "rate", count / r["seconds"], "messages/s")
    f.add("durable-replay", name, "cpu", b.per_million(r["broker_cpu"], count), "s/M-messages")


if __name__ == "__main__":
    main()
