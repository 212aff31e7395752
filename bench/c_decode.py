#!/usr/bin/env python3
"""C: NMEA sentences from a tty, decoded, to one TCP client."""
import time

import benchlib as b
import peers


def start(s, name, args):
    master, path = s.new_tty()
    if name == "ours":
        peers.by_flags(s, args, path)
        out, extra = "frame", peers.hello(args)
    else:
        fn, out = peers.DECODERS[name]
        fn(s, path)
        s.wait_port()
        extra = s.hello
    time.sleep(0.3)
    s.load = ["--fd", master, "--port", s.port, "--out", out, *extra]


def main():
    p = b.arguments(__doc__, ["dragoman", "dragoman-profile", "raw", "gpsd"])
    p.add_argument("--epochs", type=int, default=100000, help="GGA+RMC pairs at the top rate; raw gets 10 times as many")
    p.add_argument("--rate", type=float, default=100, help="epochs/s of the latency runs")
    args = p.parse_args()
    f = b.Figures(args)
    for _ in range(args.runs):
        for name in b.selected(args):
            with b.serving(start, name, args) as s:
                n = args.epochs * (1 if name == "gpsd" else 10)
                r = b.load("decodeload", *s.load, "--epochs", n, *s.pid_args(), fds=[s.ttys[0]])
                f.add("decode", name, "rate", r["sentences"] / r["seconds"], "sentences/s")
                f.add("decode", name, "cpu", b.per_million(r["broker_cpu"], r["sentences"]), "s/M-sentences")
                f.add("decode", name, "reports", r["reports"] / r["sentences"] * 2, "per-epoch")
                f.add("decode", name, "complete", r["last_seen"], "(1 = the last epoch came out)")
                f.add("decode", name, "peak-rss", s.peak_kb() / 1024, "MiB")
            with b.serving(start, name, args) as s:
                r = b.load("decodeload", *s.load, "--epochs", int(args.rate * args.seconds), "--rate", args.rate,
                           *s.pid_args(), fds=[s.ttys[0]])
                case = f"decode-at-{2 * args.rate:.0f}"
                for q in ("p50_us", "p99_us", "p999_us"):
                    f.add(case, name, q[:-3], r.get(q, 0), "us")
                f.add(case, name, "reports", r["reports"] / r["sentences"] * 2, "per-epoch")
                f.add(case, name, "cpu", b.per_million(r["broker_cpu"], r["sentences"]), "s/M-sentences")
    f.show()


if __name__ == "__main__":
    main()
