#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the store writes is what doc/store.md says: a program written from that page reads it, damaged or not, and both
find the same; and the store of version 1 is readable for ever."""

import importlib.util
import os
import random
import shutil
import subprocess

from dragoman_test import SOURCE, check, main, skip

GOLDEN = os.path.join(SOURCE, "tests", "golden", "store")
LIST = os.path.join(os.environ.get("top_builddir", "."), "tests", "golden", "store_list")


def run(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
    return done.returncode, done.stdout.decode()


def ours(directory):
    return run(LIST, directory)


def theirs(directory):
    if not importlib.util.find_spec("xxhash"):
        skip("python3-xxhash is not installed")
    return run(os.environ.get("PYTHON", "python3"), os.path.join(GOLDEN, "read.py"), directory)


def expected():
    with open(os.path.join(GOLDEN, "v1.out")) as f:
        return f.read()


def segments(directory):
    return sorted(os.path.join(directory, f) for f in os.listdir(directory) if f.endswith(".segment"))


def version_1_is_readable_for_ever():
    check(ours(os.path.join(GOLDEN, "v1")) == (0, expected()))


def another_program_reads_version_1():
    check(theirs(os.path.join(GOLDEN, "v1")) == (0, expected()))


def what_is_written_today_is_version_1():
    check(run(LIST, "--make", "today")[0] == 0)
    check(len(segments("today")) == 2)
    check(ours("today") == (0, expected()))
    check(theirs("today") == (0, expected()))


def copy(directory):
    """Of the golden store, which may be read-only."""
    shutil.rmtree(directory, ignore_errors=True)
    shutil.copytree(os.path.join(GOLDEN, "v1"), directory)
    os.chmod(directory, 0o700)
    for path in segments(directory):
        os.chmod(path, 0o600)


def damage(path, rng):
    with open(path, "r+b") as f:
        size = os.path.getsize(path)
        what = rng.randrange(4)
        if what == 0:
            f.truncate(rng.randrange(0, size))
        elif what == 1:
            f.seek(rng.randrange(size))
            f.write(bytes([rng.randrange(256)]))
        else:
            f.seek(rng.randrange(size // 512) * 512)
            f.write(rng.choice([bytes(512), bytes(4096), rng.randbytes(512), rng.randbytes(4096)]))


def both_find_the_same_damage():
    seed = random.randrange(1 << 32)
    rng = random.Random(seed)
    for i in range(60):
        copy("damaged")
        for path in segments("damaged"):
            for _ in range(rng.randrange(3)):
                damage(path, rng)
        a, b = ours("damaged"), theirs("damaged")
        other = [line[:80] for pair in zip(a[1].split("\n"), b[1].split("\n")) if pair[0] != pair[1] for line in pair]
        check(a == b, "seed %d, round %d: %d, %d, %s" % (seed, i, a[0], b[0], other[:6]))


def a_newer_format_is_refused():
    if not importlib.util.find_spec("xxhash"):
        skip("python3-xxhash is not installed")
    import xxhash
    copy("newer")
    path = segments("newer")[-1]
    with open(path, "r+b") as f:
        block = bytearray(f.read(512))
        block[16] = 2
        block[:8] = xxhash.xxh3_64_intdigest(bytes(block[8:]), 0).to_bytes(8, "little")
        f.seek(0)
        f.write(block)
    status, said = ours("newer")
    check(status == 1 and "format 2" in said and "install a newer one" in said, said)


main(version_1_is_readable_for_ever, another_program_reads_version_1, what_is_written_today_is_version_1,
     both_find_the_same_damage, a_newer_format_is_refused)
