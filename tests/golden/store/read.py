#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reads a store as doc/store.md describes it, and prints what is in it: read.py DIRECTORY"""

import os
import struct
import sys

import xxhash

BLOCK = 512
HEADER = struct.Struct("<Q8sII Q Q Q 16s QQQ QQQQQ")
HEAD = struct.Struct("<Q4sHHIIII QQ QQQ QQ QQ")


def checksum(data, seed):
    return xxhash.xxh3_64_intdigest(data, seed)


def header(block, name):
    """(size, nonce, stream, checksum, last number before it, id before it, its end), or None."""
    if len(block) < BLOCK or checksum(block[8:], 0) != struct.unpack_from("<Q", block)[0]:
        return None
    (own, magic, version, _, number, size, nonce, stream, _, _, _, before, end, last, _, _) = HEADER.unpack_from(block)
    if magic != b"DRAGOMAN" or "%016x.segment" % number != name:
        return None
    if version != 1:
        sys.exit("%s has format %d" % (name, version))
    return size, nonce, stream, own, last, before, end


def chain(directory):
    """[(name, bytes, header, end or None)], oldest first."""
    found, behind, stream = [], None, None
    for name in sorted(os.listdir(directory), reverse=True):
        if not name.endswith(".segment"):
            continue
        with open(os.path.join(directory, name), "rb") as f:
            data = f.read()
        h = header(data[:BLOCK], name) or header(data[-BLOCK:], name)
        number = int(name[:16], 16)
        if h and stream not in (None, h[2]) or behind and number > behind[5]:
            continue
        stream = h[2] if h else stream
        found.append((name, data, h, behind[6] if behind and number == behind[5] else None))
        behind = h
    return found[::-1]


def head(data, at, end, nonce, last):
    """(size, whole, is a checkpoint, notes, frames, last number, events, checksum, that before), or None."""
    if at + BLOCK > len(data):
        return None
    (own, magic, flags, slots, notes, frames, events, _, offset, before, first, up_to, _, _, _, of_notes, of_frames) = \
        HEAD.unpack_from(data, at)
    begin = at + HEAD.size + (4 * slots if slots <= 96 else 0)
    size = -(-(begin - at + notes + frames) // BLOCK) * BLOCK
    if magic != b"DRGP" or offset != at or at + size > end or checksum(data[at + 8:begin], nonce) != own:
        return None
    if up_to < last or events and first <= last:
        return None
    notes, frames = data[begin:begin + notes], data[begin + notes:begin + notes + frames]
    whole = checksum(notes, nonce) == of_notes and checksum(frames, nonce) == of_frames
    return size, whole, flags & 1, notes, frames, up_to, events, own, before


def read(name, data, h, known_end):
    """Prints what is in a segment."""
    if not h:
        print("damage %s 0\nsegment %s 0" % (name, name))
        return
    if not header(data[:BLOCK], name):
        print("damage", name, 0)
    end, at, last, bad, events = known_end or h[0] - BLOCK, BLOCK, h[4], None, 0
    before = h[3]
    while at < end:
        g = head(data, at, end, h[1], last)
        if (not g or not g[1] or g[8] != before) and bad is None:
            bad = at
        if g and g[1] and bad is not None:
            print("damage", name, bad)
            bad = None
        if g and g[1]:
            _, _, is_checkpoint, notes, frames, _, n, _, _ = g
            events += n
            if notes:
                print("checkpoint" if is_checkpoint else "notes", notes.hex())
            if frames:
                print("frames", frames.hex())
        last, before = (g[5], g[7]) if g else (last, before)
        at += g[0] if g else BLOCK
    if bad is not None and known_end:
        print("damage", name, bad)
    print("segment", name, events)


segments = chain(sys.argv[1])
for segment in segments:
    read(*segment)
print("stream", next((s[2][2].hex() for s in reversed(segments) if s[2]), ""))
