#!/usr/bin/env python3
"""B: from a line written to a serial device to a TCP client that has it."""
import time

import benchlib as b
import peers


def start(s, name, args):
    master, path = s.new_tty()
    if name == "ours":
        peers.by_flags(s, args, path)
        out, extra = args.ours_out, peers.hello(args)
    else:
        fn, out = peers.BRIDGES[name]
        fn(s, path)
        s.wait_port()
        extra = s.hello
    time.sleep(0.3)     # some open the tty only after they listen
    s.load = ["--sub", out, "--port", s.port, "--pub", "line", "--pub-fd", master, *extra]


def main():
    p = b.arguments(__doc__, ["dragoman", "raw", "raw-hop", "socat", "ser2net", "mosquitto-pub"], seconds=4)
    p.add_argument("--rates", default="100,5000")
    p.add_argument("--spin", action="store_true", help="the client polls without sleeping: less noise, one core less")
    args = p.parse_args()
    f = b.Figures(args)
    for rate in map(int, args.rates.split(",")):
        for _ in range(args.runs):
            for name in b.selected(args):
                with b.serving(start, name, args) as s:
                    r = b.load("fanload", *s.load, "--rate", rate, "--seconds", args.seconds, "--drain", 2,
                               "--warmup", rate // 10, *(["--spin"] if args.spin else []), *s.pid_args(), fds=[s.ttys[0]])
                    case = f"serial-at-{rate}"
                    for q in ("p50_us", "p99_us", "p999_us", "max_us"):
                        f.add(case, name, q[:-3], r[q], "us")
                    f.add(case, name, "cpu", b.per_million(r["broker_cpu"], r["deliveries"]), "s/M-messages")
                    f.add(case, name, "lost", r["lost"], "messages")
    f.show()


if __name__ == "__main__":
    main()
