/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lets the unmodified libserialport take a pseudo terminal for a serial port, by standing in for the calls
 * that it makes on /sys/class/tty/pts and for what a pty lacks: modem lines, break, 7 bits, parity. What
 * was asked for is noted. Linked into the test, whose symbols come before the C library's.
 *
 * is_gone plays an unplug: reads give nothing and no error, and only a question for waiting input fails.
 */
#ifndef TESTS_SHIM_SERIAL_SHIM_H
#define TESTS_SHIM_SERIAL_SHIM_H

#include <stdbool.h>
#include <termios.h>

struct serial_shim {
	bool is_gone;
	bool is_stubborn; /* the driver keeps 8N1 whatever it is told */
	int lines;        /* TIOCM_DTR, TIOCM_RTS: as set */
	int breaks;       /* begun */
	bool in_break;
	bool is_low_latency;
	int exclusive;      /* how often TIOCEXCL was set */
	int questions;      /* for waiting input */
	int still_sending;  /* so often the shift register is said not to be empty */
	struct termios set; /* as it was last set */
};

extern struct serial_shim serial_shim;

#endif
