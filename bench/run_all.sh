#!/usr/bin/env bash
# What "make bench" runs: our figures beside the peers' in one run. Flags are passed to every
# driver. The peers that are not installed are left out, and said to be.
#   ./run_all.sh --runs 3 --json results.jsonl
set -euo pipefail
cd "$(dirname "$0")"
export BENCH_BUILD=${BENCH_BUILD:-$PWD/build}
export PYTHONDONTWRITEBYTECODE=1
make -s -k B="$BENCH_BUILD" || echo "(some load programs could not be built: see bench/README.md for the packages)"
"$BENCH_BUILD"/machine | sed 's/^/machine: /'
# Fan-out: at least 3 times redis's rate, at most a third of its CPU; one subscriber: no slower than nats.
./a_fanout.py --peers raw,redis,nats,mosquitto,dragoman --subs 100 --base redis "$@"
# Fed by lines on a tty, through a channel: at most redis's CPU.
./a_fanout.py --peers redis,raw-tty,dragoman-tty --subs 100 --base redis "$@"
./a_fanout.py --peers raw,redis,nats,dragoman --subs 1 --base nats "$@"
./a_fanout.py --peers redis,nats,dragoman --subs 10,100 --rate 1000 --base nats "$@"
# One more subscriber that never reads: compare with the same without it.
./a_fanout.py --peers redis,dragoman --subs 100 --stalled 1 --base redis "$@"
# Idle subscribers: at most 2 KiB each, five thousand in less than a second.
./e_connections.py --peers mosquitto,redis,nats,dragoman --subs 1000,5000 --base mosquitto "$@"
# One event costs the same beside 10, 100 and 1,000 idle subscribers, devices, channels.
./g_growth.py "$@"
# A line on a tty to a client, the whole gateway beside two bare processes: at 5,000 a second at most 1.3 times their
# median and 1.4 times their CPU; at 100 a second at most 1.3 times their median.
./b_latency.py --peers raw-hop,ser2net,dragoman --rates 5000 --base raw-hop "$@"
./b_latency.py --peers raw-hop,ser2net,dragoman --rates 100 --spin --base raw-hop "$@"
# NMEA decoded: at most a fifth of gpsd's CPU, at most three times that of the bare decoder.
./c_decode.py --peers gpsd,raw,dragoman,dragoman-profile --base raw "$@"
# A profile: at least a million frames of eight fields a second and core; beside it the fields by hand, PCRE2 alone, and
# gpsd's decoder without its daemon.
./i_profile.py --base raw "$@"
# An idle channel: at most 512 KiB of private memory.
./f_processes.py --peers raw-hop,dragoman --copies 8 --rates 100 "$@"
# Acknowledged means synced, with 1, 100 and 1,000 outstanding: at least 1.1, 1.6 and 5 times redis, and at least half, 40 %
# and a quarter of the bare file with the same batch.
./d_durable.py --peers redis-always,nats,mosquitto,dragoman --engines prealloc --base redis-always "$@"
# A million stored events to one subscriber: at least 3 times redis. Beside that the live median of another client at most
# doubles.
./d_durable.py --peers redis-always,dragoman --windows '' --engines '' --replay 1000000 --beside --base redis-always "$@"
# 10 GiB stored: a start in less than a second, with memory that has not grown. It writes them once.
./h_store.py "$@" --runs 1
