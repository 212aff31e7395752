#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A minute of tests/chaos/durable.py: a hub with a store is killed again and again, and every event is accounted for."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "chaos"))

import durable

durable.run(60, int.from_bytes(os.urandom(4), "big"))
