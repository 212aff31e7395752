#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A minute of tests/chaos: processes are killed and stopped at any moment, and every event is accounted for."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "chaos"))

import chaos

chaos.run(60, int.from_bytes(os.urandom(4), "big"))
