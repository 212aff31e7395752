#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What doc/profiles.md shows is true: its profiles pass the tests that it gives."""

import os
import re
import subprocess

from dragoman_test import SOURCE, check, main, program, write


def blocks():
    with open(os.path.join(SOURCE, "doc", "profiles.md")) as f:
        return re.findall(r"```yaml\n(.*?)```", f.read(), re.S)


def examples():
    """Profiles, and parts of them."""
    return [b for b in blocks() if "devices:" not in b]


def passes(text):
    path = write("./example.yaml", text)
    for tool in (["lock"], ["test", "--strict"]):
        run = subprocess.run([program("dragoman"), "profile", *tool, path], capture_output=True, text=True, timeout=60)
        check(run.returncode == 0, run.stdout + run.stderr)
    check(": good: " in run.stdout, run.stdout + run.stderr)


def the_scale_passes_its_tests():
    first, second, *_ = examples()
    passes(first + second)


def what_decode_says_is_what_the_page_shows():
    with open(os.path.join(SOURCE, "doc", "profiles.md")) as f:
        shown = re.search(r"\$ dragoman (profile decode) (\S+) '(.*?)'\n(.*?)```", f.read(), re.S)
    first, second, *_ = examples()
    write("./example.yaml", first + second)
    run = subprocess.run(
        [program("dragoman"), *shown[1].split(), shown[2], shown[3]], capture_output=True, text=True, timeout=60
    )
    check(run.returncode == 1 and run.stdout == shown[4], run.stdout + run.stderr)


def the_gateway_for_a_try_is_configured_right():
    first, second, *_ = examples()
    write("./example.yaml", first + second)
    path = write("./try.yaml", next(b for b in blocks() if "channels:" in b))
    run = subprocess.run([program("dragoman"), "check", path], capture_output=True, text=True, timeout=60)
    check(run.returncode == 0, run.stdout + run.stderr)


def the_sensor_passes_the_manuals_example():
    sensor = examples()[2]
    passes(
        "profile: 1\ntitle: sensor\nsource: here\n" + sensor + "tests:\n"
        "  - {received: {hex: ff 86 02 20 00 00 00 00 58}, values: {co2: 544}, source: {manual: page 7}}\n"
        "  - {request: concentration, sent: {hex: ff 01 86 00 00 00 00 00 79}, source: {manual: page 7}}\n"
    )


def the_bath_is_told_its_temperature():
    passes('profile: 1\ntitle: bath\nsource: here\nlink: {delimiter: "\\r\\n"}\n' + examples()[3])


def the_logger_is_read_by_a_function():
    passes('profile: 1\ntitle: logger\nsource: here\nlink: {delimiter: "\\r\\n"}\n' + examples()[4])


main(
    the_scale_passes_its_tests,
    what_decode_says_is_what_the_page_shows,
    the_gateway_for_a_try_is_configured_right,
    the_sensor_passes_the_manuals_example,
    the_bath_is_told_its_temperature,
    the_logger_is_read_by_a_function,
)
