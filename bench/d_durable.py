#!/usr/bin/env python3
"""D: durable path: acknowledged publishing, replay, and what a crash leaves; plus storage ceilings.

Crash: the server is killed with SIGKILL right after the last acknowledgement and started
again on the same files. That tests the process, not the power supply.

Replay: --replay events are stored, and read back by one subscriber. Beside: the latency of live events to
another subscriber of our hub while one replay follows the other, against the same without.
"""
import os
import signal
import subprocess
import time

import benchlib as b
import peers

ENGINES = ["file", "prealloc", "lmdb", "lmdb-nosync", "sqlite-normal", "sqlite-full"]
LIMIT = "prealloc"      # the engine that does what our store does, and nothing else


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
    p.add_argument("--replay", type=int, default=0, help="also replay so many messages")
    p.add_argument("--beside", action="store_true", help="also the live latency of our hub beside a replay")
    args = p.parse_args()
    f = b.Figures(args)
    for _ in range(args.runs):
        for engine in filter(None, args.engines.split(",")):
            for batch in map(int, args.batches.split(",")):
                limit(f, engine, batch, args)
        for name in b.selected(args):
            proto, fn = peers.DURABLE.get(name) or ("ours", lambda s: peers.by_flags(s, args))
            for window in map(int, filter(None, args.windows.split(","))):
                with b.serving(fn) as s:
                    run(f, s, fn, name, proto, window, args)
            if args.replay:
                with b.serving(fn) as s:
                    replay(f, s, name, proto, args)
        if args.beside:
            with b.serving(peers.dragoman_durable) as s:
                beside(f, s, args)
    f.show()


def limit(f, engine, batch, args):
    with b.serving(lambda s: None) as s:
        r = b.load("storeraw", engine, s.dir, batch, args.seconds)
    f.add(f"store-{batch}", engine, "rate", r["records"] / r["seconds"], "records/s")
    f.add(f"store-{batch}", engine, "cpu", b.per_million(r["cpu"], r["records"]), "s/M-records")
    f.add(f"store-{batch}", engine, "commit", r["seconds"] / r["txns"] * 1e6, "us")
    if batch == 1000:
        f.add("scan", engine, "rate", r["records"] / r["scan_seconds"], "records/s")


def load(s, name, proto, op, args, *more):
    """One run of the load program that speaks to this server."""
    program = os.path.abspath(args.ours_load) if name == "ours" else getattr(s, "durload", "durload")
    own = peers.durable_load(s) if program == "durframe" else []
    return b.load(program, "--proto", proto, "--port", s.port, "--op", op, *more, *own, *s.pid_args())


def run(f, s, fn, name, proto, window, args):
    count = args.sync_count if window == 1 else args.count or size(name)
    messages = ("--count", count)
    load(s, name, proto, "prepare", args, *messages)
    r = load(s, name, proto, "store", args, *messages, "--window", window)
    rate = count / r["seconds"]
    f.add(f"durable-store-{window}", name, "rate", rate, "messages/s")
    f.add(f"durable-store-{window}", name, "cpu", b.per_million(r["broker_cpu"], count), "s/M-messages")
    limits = f.values.get((f"store-{window}", LIMIT, "rate"))
    if limits:
        f.add(f"durable-store-{window}", name, f"rate-vs-raw-{LIMIT}", rate / limits[-1], "x")
    if window != 1000:
        return
    f.add("durable-store", name, "peak-rss", s.peak_kb() / 1024, "MiB")
    for pid in reversed(s.pids()):      # children first: nothing gets to finish in order
        os.kill(pid, signal.SIGKILL)
    s.stop(signal.SIGKILL)
    t = time.monotonic()
    fn(s)
    kept = load(s, name, proto, "count", args, *messages)["messages"]
    f.add("durable-restart", name, "time", time.monotonic() - t, "s (mosquitto: includes 2 s of silence; dragoman: 1 s)")
    f.add("durable-crash", name, "kept", 100 * kept / count, "% of acknowledged")
    if kept < count or proto == "mqtt":     # lost in the crash, or consumed by counting
        load(s, name, proto, "prepare", args, *messages)
        load(s, name, proto, "store", args, *messages, "--window", window)
    r = load(s, name, proto, "replay", args, *messages)
    f.add("durable-replay", name, "rate", count / r["seconds"], "messages/s")
    f.add("durable-replay", name, "cpu", b.per_million(r["broker_cpu"], count), "s/M-messages")


def replay(f, s, name, proto, args):
    messages = ("--count", args.replay)
    load(s, name, proto, "prepare", args, *messages)
    load(s, name, proto, "store", args, *messages, "--window", 1000)
    r = load(s, name, proto, "replay", args, *messages)
    case = f"replay-{args.replay}"
    f.add(case, name, "rate", args.replay / r["seconds"], "messages/s")
    f.add(case, name, "cpu", b.per_million(r["broker_cpu"], args.replay), "s/M-messages")
    f.add(case, name, "peak-rss", s.peak_kb() / 1024, "MiB")


def latency(s, args):
    """Live events, a thousand a second, to one subscriber that asks for their device alone."""
    incarnation = time.time_ns()
    r = b.load("fanload", *peers.hub_load(s, s.path, "live", "live", incarnation), "--subs", 1, "--rate", 1000,
               "--seconds", args.seconds)
    return r["p50_us"]


def beside(f, s, args):
    load(s, "dragoman", "frame", "store", args, "--count", args.replay or 1000000, "--window", 1000)
    quiet = latency(s, args)
    command = [b.BUILD / "durframe", "--port", s.port, "--op", "replay", "--count", args.replay or 1000000,
               *peers.durable_load(s)]
    loop = subprocess.Popen(["sh", "-c", 'while "$@" >/dev/null; do :; done', "sh", *map(str, command)],
                            start_new_session=True)
    try:
        time.sleep(0.2)
        busy = latency(s, args)
    finally:
        os.killpg(loop.pid, signal.SIGKILL)
        loop.wait()
    f.add("beside-replay", "dragoman", "p50-quiet", quiet, "us")
    f.add("beside-replay", "dragoman", "p50", busy, "us")
    f.add("beside-replay", "dragoman", "p50-vs-quiet", busy / quiet, "x")


if __name__ == "__main__":
    main()
