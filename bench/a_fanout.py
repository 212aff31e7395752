#!/usr/bin/env python3
"""A: fan-out of 64-byte messages from one publisher to N subscribers."""
import time

import benchlib as b
import peers


def start(name, args):
    return (peers.ours_fanout, args) if name == "ours" else (peers.BROKERS[name],)


def main():
    p = b.arguments(__doc__, ["raw", "raw-single", "raw-tty", "mosquitto", "nats", "redis", "dragoman"])
    p.add_argument("--subs", default="1,10,100")
    p.add_argument("--window", type=int, default=2000, help="messages in flight to the slowest subscriber")
    p.add_argument("--rate", type=float, default=0, help="messages/s; reports delivery latency instead of the top rate")
    p.add_argument("--stalled", type=int, default=0, help="more subscribers that never read; not for the raw limits")
    p.add_argument("--check", action="store_true", help="compare every payload (peers that keep frames as published)")
    args = p.parse_args()
    f = b.Figures(args)
    for n in map(int, args.subs.split(",")):
        for _ in range(args.runs):
            for name in b.selected(args):
                fn, *a = start(name, args)
                with b.serving(fn, *a) as s:
                    if name == "ours":
                        time.sleep(0.5)     # its line processes start after its port listens; count them
                    fds = [fd for fd in s.ttys[:1]]
                    opts = ["--subs", n, "--seconds", args.seconds, "--window", args.window]
                    if args.rate:
                        opts += ["--rate", args.rate, "--warmup", int(args.rate * args.seconds / 10)]
                    if args.check:
                        opts += ["--check"]
                    if args.stalled:
                        opts += ["--stalled", args.stalled, "--drain", 20]
                    r = b.load("fanload", *s.load, *opts, *s.pid_args(), fds=fds)
                    case = f"fanout-{n}" + (f"-at-{args.rate:.0f}" if args.rate else "")
                    if args.stalled:
                        case += f"-and-{args.stalled}-stalled"
                    if args.rate:
                        for q in ("p50_us", "p99_us", "p999_us", "max_us"):
                            f.add(case, name, q[:-3], r[q], "us")
                    else:
                        f.add(case, name, "rate", r["deliveries"] / r["seconds"], "deliveries/s")
                    f.add(case, name, "cpu", b.per_million(r["broker_cpu"], r["deliveries"]), "s/M-deliveries")
                    f.add(case, name, "client-cpu", b.per_million(r["client_cpu"], r["deliveries"]), "s/M-deliveries")
                    f.add(case, name, "peak-rss", s.peak_kb() / 1024, "MiB")
                    f.add(case, name, "lost-or-bad", r["lost"] + r["bad"], "deliveries")
    f.show()


if __name__ == "__main__":
    main()
