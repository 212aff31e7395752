/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The serial ports of this machine, what they are, and who has them: from sysfs, /dev/serial and /proc.
 * libserialport has only a part of it (no interface number, no stable links, no driver, no user), and
 * cannot be pointed at another root, which the tests do: root is "" for the machine itself.
 */
#ifndef TRANSPORT_PORTS_H
#define TRANSPORT_PORTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

/* The root that the serial transport uses: "" but in tests. */
extern const char *ports_root;

/* Texts are NULL where there is nothing to say. */
struct port {
	char *name;            /* "ttyUSB0" */
	char *node;            /* "/dev/ttyUSB0" */
	char *driver;          /* "ftdi_sio" */
	char *by_id, *by_path; /* "/dev/serial/by-id/...": names that stay */
	bool is_usb;
	uint16_t vendor, product;
	char *manufacturer, *product_name, *serial;
	int interface; /* of the USB device; -1: none */
	char *interface_name;
	char *usb_path;     /* where it is plugged in: "1-2.3" */
	char *user, *group; /* whose the device node is */
	mode_t mode;
	bool may_open; /* we may read and write it */
	char *holder;  /* a program that has it open: "gpsd (process 812)"; by ports_find_holders */
};

struct ports {
	struct port *list; /* in the order of their names */
	size_t n;
};

/* Ports without a device behind them (the kernel's spare ttyS) are left out. */
void ports_list(const char *root, struct ports *ports);
void ports_fini(struct ports *ports);

/* The port with this device node, or NULL. */
const struct port *ports_by_node(const struct ports *ports, const char *node);

/* What a USB port must agree with; what is negative or NULL agrees with all. */
struct port_identity {
	int vendor, product, interface;
	const char *serial;
	const char *path; /* usb_path, or the name of the by-path link */
};

/* The one port that agrees. NULL with what to do: there is none, or there are several. is_ambiguous_out
 * tells which. */
const struct port *ports_find(const struct ports *ports, const struct port_identity *identity,
			      bool *is_ambiguous_out, struct err *err);

/* "/dev/ttyUSB1 (FTDI FT232R USB UART, serial A9IL3Q)" */
void port_describe(const struct port *port, struct buf *out);
/* "/dev/ttyS0, /dev/ttyUSB1 (...)", or "none" */
void ports_describe(const struct ports *ports, struct buf *out);
/* What to do so that we may open it: which group to join, or which udev rule to write. */
void port_advise(const struct port *port, struct buf *out);

/* Looks for programs other than ours that have a port open; those of other users are hidden from all but
 * root. Reads the descriptors of every process. */
void ports_find_holders(const char *root, struct ports *ports);
/* The same for one device node. For free(); NULL if none is seen. */
char *port_holder(const char *root, const char *node);

#endif
