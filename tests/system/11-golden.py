#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The golden encodings, read by a stock protobuf runtime: each says what its own comment says."""

import glob
import os

from dragoman_test import SOURCE, check, main
from wire import delimited, pb, split

from google.protobuf import text_format


def read(path):
    """What the comment says, and the bytes."""
    said, data = [], b""
    with open(path) as f:
        for line in f:
            if line.startswith("#   "):
                said.append(line[4:])
            elif not line.startswith("#"):
                data += bytes.fromhex(line)
    return text_format.Parse("".join(said), pb.Frame()), data


def golden_frames_say_what_stands_beside_them():
    files = glob.glob(os.path.join(SOURCE, "tests", "golden", "wire", "*.hex"))
    check(len(files) > 40, files)
    for path in files:
        said, data = read(path)
        payload, rest = split(data)
        check(payload is not None and not rest, path)
        check(pb.Frame.FromString(payload) == said, path)
        check(delimited(said) == data, path)


main(golden_frames_say_what_stands_beside_them)
