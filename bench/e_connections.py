#!/usr/bin/env python3
"""E: what idle subscribers cost, and how fast they are taken on (64 connecting at a time)."""
import subprocess
import time

import benchlib as b
import peers
from a_fanout import start


def main():
    p = b.arguments(__doc__, ["raw", "mosquitto", "nats", "redis", "dragoman"], runs=3)
    p.add_argument("--subs", default="1000,5000")
    args = p.parse_args()
    f = b.Figures(args)
    for n in map(int, args.subs.split(",")):
        for _ in range(args.runs):
            for name in b.selected(args):
                fn, *a = start(name, args)
                with b.serving(fn, *a) as s:
                    before = s.rss_kb()
                    hold = subprocess.Popen([str(b.BUILD / "fanload"), *map(str, s.load), "--subs", str(n), "--idle",
                                             *map(str, s.pid_args())], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                            pass_fds=s.ttys[:1], text=True)
                    seconds = float(hold.stdout.readline().split()[1])
                    cpu = float(hold.stdout.readline().split()[1])
                    time.sleep(0.5)
                    case = f"idle-{n}"
                    f.add(case, name, "rss-each", (s.rss_kb() - before) / n, "KiB")
                    f.add(case, name, "rss-before", before / 1024, "MiB")
                    f.add(case, name, "connect", seconds, "s")
                    f.add(case, name, "cpu-each", cpu / n * 1e6, "us")
                    hold.communicate("\n", timeout=30)
    f.show()


if __name__ == "__main__":
    main()
