/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes as people write them: '\r\n', '\x02', <STX>; both ways. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "base/xalloc.h"
#include "conf/value.h"

/* The first name of a byte is the one that is printed. */
static const struct byte_name {
	const char *name;
	uint8_t byte;
} byte_names[] = {
	{"NUL", 0x00}, {"SOH", 0x01}, {"STX", 0x02}, {"ETX", 0x03}, {"EOT", 0x04},  {"ENQ", 0x05},
	{"ACK", 0x06}, {"BEL", 0x07}, {"BS", 0x08},  {"HT", 0x09},  {"TAB", 0x09},  {"LF", 0x0a},
	{"VT", 0x0b},  {"FF", 0x0c},  {"CR", 0x0d},  {"SO", 0x0e},  {"SI", 0x0f},   {"DLE", 0x10},
	{"DC1", 0x11}, {"XON", 0x11}, {"DC2", 0x12}, {"DC3", 0x13}, {"XOFF", 0x13}, {"DC4", 0x14},
	{"NAK", 0x15}, {"SYN", 0x16}, {"ETB", 0x17}, {"CAN", 0x18}, {"EM", 0x19},   {"SUB", 0x1a},
	{"ESC", 0x1b}, {"FS", 0x1c},  {"GS", 0x1d},  {"RS", 0x1e},  {"US", 0x1f},   {"DEL", 0x7f},
};
enum { BYTE_NAMES = sizeof byte_names / sizeof *byte_names };

static const char escapes[] = "\\\\<<r\rn\nt\t0\0e\033a\ab\bf\fv\v";

/* What stands behind a backslash. Returns how many characters of it, or -1. */
static int read_escape(const char *p, size_t len, uint8_t *out, struct err *err)
{
	if (len == 0)
		return err_set(err, ": it ends in \\; for a real one write \\\\");
	if (*p == 'x') {
		int high = len > 1 ? hex_digit(p[1]) : -1, low = len > 2 ? hex_digit(p[2]) : -1;

		if (high < 0 || low < 0)
			return err_set(err, ": \\x needs two hex digits");
		*out = (uint8_t)(high << 4 | low);
		return 3;
	}
	for (size_t i = 0; i + 1 < sizeof escapes - 1; i += 2)
		if (escapes[i] == *p) {
			*out = (uint8_t)escapes[i + 1];
			return 1;
		}
	return err_set(err, ": \\%c is no escape; for a real \\ write \\\\", *p);
}

/* The length of "<NAME>", or 0 if this is no name but only a '<'. */
static size_t name_length(const char *p, size_t len)
{
	size_t n = 1;

	while (n < len && n < 6 && ((p[n] >= 'A' && p[n] <= 'Z') || (p[n] >= '0' && p[n] <= '9')))
		n++;
	return n > 2 && n < len && p[n] == '>' ? n + 1 : 0;
}

static int read_name(const char *p, size_t len, uint8_t *out, struct err *err)
{
	const char *known[BYTE_NAMES], *nearest;
	char name[8] = "";

	memcpy(name, p + 1, len - 2);
	for (size_t i = 0; i < BYTE_NAMES; i++) {
		known[i] = byte_names[i].name;
		if (!strcmp(name, known[i])) {
			*out = byte_names[i].byte;
			return 0;
		}
	}
	nearest = conf_nearest(name, known, BYTE_NAMES);
	if (nearest)
		return err_set(err, ": <%s> names no byte; did you mean <%s>? (a real < is \\<)",
			       name, nearest);
	return err_set(err, ": <%s> names no byte; for a real < write \\<", name);
}

/* One byte. Returns how many characters stood for it, or -1. */
static int read_byte(const char *p, size_t len, uint8_t *out, struct err *err)
{
	size_t name;
	int n;

	if ((unsigned char)*p > 0x7f)
		return err_set(err,
			       ": a byte above 7f is written '\\xNN', in single quotes or none "
			       "(in double quotes YAML makes a letter of it)");
	if (*p == '\\') {
		n = read_escape(p + 1, len - 1, out, err);
		return n < 0 ? -1 : n + 1;
	}
	name = *p == '<' ? name_length(p, len) : 0;
	if (name)
		return read_name(p, name, out, err) < 0 ? -1 : (int)name;
	*out = (uint8_t)*p;
	return 1;
}

int value_bytes(const char *text, size_t len, struct conf_bytes *out, struct err *err)
{
	uint8_t *data = xmalloc(len + 1); /* no byte takes less than one character */
	size_t n = 0;

	for (size_t i = 0; i < len;) {
		int used = read_byte(text + i, len - i, &data[n], err);

		if (used < 0) {
			free(data);
			return -1;
		}
		i += (size_t)used;
		n++;
	}
	data[n] = 0;
	*out = (struct conf_bytes){data, n};
	return 0;
}

static const char *byte_name(uint8_t byte)
{
	for (size_t i = 0; i < BYTE_NAMES; i++)
		if (byte_names[i].byte == byte)
			return byte_names[i].name;
	return NULL;
}

void value_bytes_text(const struct conf_bytes *bytes, struct buf *out)
{
	for (size_t i = 0; i < bytes->len; i++) {
		uint8_t byte = bytes->data[i];
		const char *name = byte_name(byte);

		if (byte == '\r' || byte == '\n' || byte == '\t')
			buf_add_str(out, byte == '\r' ? "\\r" : byte == '\n' ? "\\n" : "\\t");
		else if (byte == '\\' || byte == '<')
			buf_addf(out, "\\%c", byte);
		else if (name)
			buf_addf(out, "<%s>", name);
		else if (byte > 0x7e)
			buf_addf(out, "\\x%02x", byte);
		else
			buf_add(out, &byte, 1);
	}
}
