/* SPDX-License-Identifier: Apache-2.0 */
/* The serial ports of this machine; see ports.h.
 *
 *	/sys/class/tty/ttyUSB0/device -> .../usb1/1-2/1-2:1.0/ttyUSB0
 *	                                          |   |       the port, with its driver
 *	                                          |   the interface (bInterfaceNumber)
 *	                                          the device (idVendor ... serial)
 */
#include "transport/ports.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/xalloc.h"

enum { ATTRIBUTE_MAX = 4096 };

const char *ports_root = "";

/* ---- small things ---- */

/* The first line of dir/name without blanks around it; NULL if there is none, or nothing in it. */
static char *attribute(const char *dir, const char *name)
{
	char *path = xasprintf("%s/%s", dir, name), *end;
	size_t len;
	char *text = fd_read_path(path, ATTRIBUTE_MAX, &len, NULL);

	free(path);
	if (!text)
		return NULL;
	end = text + strcspn(text, "\n");
	while (end > text && isspace((unsigned char)end[-1]))
		end--;
	*end = '\0';
	if (*text)
		return text;
	free(text);
	return NULL;
}

static unsigned hex_attribute(const char *dir, const char *name)
{
	char *text = attribute(dir, name);
	unsigned value = text ? (unsigned)strtoul(text, NULL, 16) : 0;

	free(text);
	return value;
}

static bool exists(const char *dir, const char *name)
{
	char *path = xasprintf("%s/%s", dir, name);
	bool result = access(path, F_OK) == 0;

	free(path);
	return result;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Where a link leads, its last part; NULL if it is no link. */
static char *link_name(const char *path)
{
	char target[PATH_MAX];
	ssize_t n = readlink(path, target, sizeof target - 1);

	if (n < 0)
		return NULL;
	target[n] = '\0';
	return xstrdup(base_name(target));
}

/* ---- one port ---- */

/* In /dev/serial/<kind>, the link that leads to the port. */
static char *stable_link(const char *root, const char *kind, const char *name)
{
	char *dir = xasprintf("%s/dev/serial/%s", root, kind), *found = NULL;
	DIR *d = opendir(dir);
	struct dirent *e;

	while (d && !found && (e = readdir(d))) {
		char *path = xasprintf("%s/%s", dir, e->d_name), *target = link_name(path);

		if (target && !strcmp(target, name))
			found = xasprintf("/dev/serial/%s/%s", kind, e->d_name);
		free(target);
		free(path);
	}
	if (d)
		closedir(d);
	free(dir);
	return found;
}

/* dir is where the port is in the tree of devices; it is cut shorter on the way up. */
static void read_usb(struct port *port, char *dir, const char *root)
{
	while (strlen(dir) > strlen(root) && strrchr(dir, '/')) {
		if (port->interface < 0 && exists(dir, "bInterfaceNumber")) {
			port->interface = (int)hex_attribute(dir, "bInterfaceNumber");
			port->interface_name = attribute(dir, "interface");
		}
		if (exists(dir, "idVendor")) {
			port->is_usb = true;
			port->vendor = (uint16_t)hex_attribute(dir, "idVendor");
			port->product = (uint16_t)hex_attribute(dir, "idProduct");
			port->manufacturer = attribute(dir, "manufacturer");
			port->product_name = attribute(dir, "product");
			port->serial = attribute(dir, "serial");
			port->usb_path = xstrdup(base_name(dir));
			return;
		}
		*strrchr(dir, '/') = '\0';
	}
}

static char *user_name(uid_t uid)
{
	struct passwd *pw = getpwuid(uid);

	return pw ? xstrdup(pw->pw_name) : xasprintf("%u", (unsigned)uid);
}

static char *group_name(gid_t gid)
{
	struct group *gr = getgrgid(gid);

	return gr ? xstrdup(gr->gr_name) : xasprintf("%u", (unsigned)gid);
}

static void read_node(struct port *port, const char *root)
{
	char *path = xasprintf("%s%s", root, port->node);
	struct stat st;

	if (stat(path, &st) == 0) {
		port->user = user_name(st.st_uid);
		port->group = group_name(st.st_gid);
		port->mode = st.st_mode & 07777;
		port->may_open = faccessat(AT_FDCWD, path, R_OK | W_OK, AT_EACCESS) == 0;
	}
	free(path);
}

/* Whether hardware stands behind it: a device, and for the UARTs of the board a type. */
static bool is_real(const char *dir)
{
	char *type = attribute(dir, "type");
	bool result = exists(dir, "device") && !(type && !strcmp(type, "0"));

	free(type);
	return result;
}

static void read_port(struct port *port, const char *root, const char *dir, const char *name)
{
	char *device = xasprintf("%s/device", dir), *driver = xasprintf("%s/device/driver", dir);
	char *real = realpath(device, NULL);

	*port = (struct port){.name = xstrdup(name),
			      .node = xasprintf("/dev/%s", name),
			      .driver = link_name(driver),
			      .by_id = stable_link(root, "by-id", name),
			      .by_path = stable_link(root, "by-path", name),
			      .interface = -1};
	if (real)
		read_usb(port, real, root);
	read_node(port, root);
	free(real);
	free(driver);
	free(device);
}

/* ---- all of them ---- */

static int compare(const void *a, const void *b)
{
	return strverscmp(((const struct port *)a)->name, ((const struct port *)b)->name);
}

void ports_list(const char *root, struct ports *ports)
{
	char *class = xasprintf("%s/sys/class/tty", root);
	DIR *d = opendir(class);
	struct dirent *e;

	*ports = (struct ports){0};
	while (d && (e = readdir(d))) {
		char *dir = xasprintf("%s/%s", class, e->d_name);

		if (e->d_name[0] != '.' && is_real(dir)) {
			ports->list = xreallocarray(ports->list, ports->n + 1, sizeof *ports->list);
			read_port(&ports->list[ports->n++], root, dir, e->d_name);
		}
		free(dir);
	}
	if (d)
		closedir(d);
	free(class);
	if (ports->n)
		qsort(ports->list, ports->n, sizeof *ports->list, compare);
}

void ports_fini(struct ports *ports)
{
	for (size_t i = 0; i < ports->n; i++) {
		struct port *p = &ports->list[i];
		char *texts[] = {p->name,           p->node,         p->driver,       p->by_id,
				 p->by_path,        p->manufacturer, p->product_name, p->serial,
				 p->interface_name, p->usb_path,     p->user,         p->group,
				 p->holder};

		for (size_t k = 0; k < sizeof texts / sizeof texts[0]; k++)
			free(texts[k]);
	}
	free(ports->list);
	*ports = (struct ports){0};
}

const struct port *ports_by_node(const struct ports *ports, const char *node)
{
	for (size_t i = 0; i < ports->n; i++)
		if (!strcmp(ports->list[i].node, node))
			return &ports->list[i];
	return NULL;
}

/* ---- finding ---- */

static bool agrees(const struct port *port, const struct port_identity *want)
{
	return port->is_usb && (want->vendor < 0 || want->vendor == port->vendor) &&
	       (want->product < 0 || want->product == port->product) &&
	       (want->interface < 0 || want->interface == port->interface) &&
	       (!want->serial || (port->serial && !strcmp(want->serial, port->serial))) &&
	       (!want->path || (port->usb_path && !strcmp(want->path, port->usb_path)) ||
		(port->by_path && !strcmp(base_name(want->path), base_name(port->by_path))));
}

static void describe_all(const struct ports *ports, const struct port_identity *want,
			 struct buf *out)
{
	size_t n = 0;

	for (size_t i = 0; i < ports->n; i++) {
		if (want && !agrees(&ports->list[i], want))
			continue;
		buf_add_str(out, n++ ? ", " : "");
		port_describe(&ports->list[i], out);
	}
	if (!n)
		buf_add_str(out, "none");
}

void ports_describe(const struct ports *ports, struct buf *out)
{
	describe_all(ports, NULL, out);
}

const struct port *ports_find(const struct ports *ports, const struct port_identity *identity,
			      bool *is_ambiguous_out, struct err *err)
{
	const struct port *found = NULL;
	struct buf text = {0};
	size_t n = 0;

	for (size_t i = 0; i < ports->n; i++) {
		if (agrees(&ports->list[i], identity)) {
			found = &ports->list[i];
			n++;
		}
	}
	*is_ambiguous_out = n > 1;
	if (n == 1)
		return found;
	describe_all(ports, n ? identity : NULL, &text);
	if (n)
		err_set(err, "%zu ports agree with it: %s; say serial, interface or path as well",
			n, buf_str(&text));
	else
		err_set(err, "no such device is plugged in; serial ports there are: %s",
			buf_str(&text));
	buf_fini(&text);
	return NULL;
}

/* ---- text ---- */

void port_describe(const struct port *port, struct buf *out)
{
	buf_add_str(out, port->node);
	if (!port->is_usb)
		return;
	buf_add_str(out, " (");
	if (port->manufacturer)
		buf_addf(out, "%s ", port->manufacturer);
	if (port->product_name)
		buf_add_str(out, port->product_name);
	else
		buf_addf(out, "USB %04x:%04x", port->vendor, port->product);
	if (port->serial)
		buf_addf(out, ", serial %s", port->serial);
	if (port->interface > 0)
		buf_addf(out, ", interface %d", port->interface);
	buf_add_str(out, ")");
}

void port_advise(const struct port *port, struct buf *out)
{
	char *user = user_name(geteuid());

	if (port->group && strcmp(port->group, "root") != 0 && (port->mode & 060) == 060)
		buf_addf(out,
			 "it is for the group %s: put the user %s into it (usermod -aG %s %s) and "
			 "start again",
			 port->group, user, port->group, user);
	else if (port->is_usb)
		buf_addf(
			out,
			"no group may open it: write the udev rule SUBSYSTEM==\"tty\", "
			"ATTRS{idVendor}==\"%04x\", ATTRS{idProduct}==\"%04x\", GROUP=\"dialout\", "
			"MODE=\"0660\" into /etc/udev/rules.d/70-dragoman.rules, put the user %s into that "
			"group, and plug it in again",
			port->vendor, port->product, user);
	else
		buf_addf(
			out,
			"no group may open it: write the udev rule KERNEL==\"%s\", GROUP=\"dialout\", "
			"MODE=\"0660\" into /etc/udev/rules.d/70-dragoman.rules, put the user %s into that "
			"group, and run udevadm trigger",
			port->name, user);
	free(user);
}

/* ---- who has them ---- */

static void note_holder(struct ports *ports, const char *node, const char *process)
{
	char *comm;

	for (size_t i = 0; i < ports->n; i++) {
		if (ports->list[i].holder || strcmp(ports->list[i].node, node) != 0)
			continue;
		comm = attribute(process, "comm");
		ports->list[i].holder =
			xasprintf("%s (process %s)", comm ? comm : "a program", base_name(process));
		free(comm);
	}
}

/* Looks at all descriptors of one process. */
static void look_at(struct ports *ports, const char *process)
{
	char *dir = xasprintf("%s/fd", process), target[PATH_MAX];
	DIR *d = opendir(dir);
	struct dirent *e;

	while (d && (e = readdir(d))) {
		ssize_t n = readlinkat(dirfd(d), e->d_name, target, sizeof target - 1);

		target[n > 0 ? n : 0] = '\0';
		if (!strncmp(target, "/dev/", 5))
			note_holder(ports, target, process);
	}
	if (d)
		closedir(d);
	free(dir);
}

void ports_find_holders(const char *root, struct ports *ports)
{
	char *proc = xasprintf("%s/proc", root);
	DIR *d = opendir(proc);
	struct dirent *e;

	while (d && (e = readdir(d))) {
		char *process;

		if (!isdigit((unsigned char)e->d_name[0]) || atoi(e->d_name) == getpid())
			continue;
		process = xasprintf("%s/%s", proc, e->d_name);
		look_at(ports, process);
		free(process);
	}
	if (d)
		closedir(d);
	free(proc);
}

char *port_holder(const char *root, const char *node)
{
	struct port port = {.node = xstrdup(node)};
	struct ports one = {.list = &port, .n = 1};

	ports_find_holders(root, &one);
	free(port.node);
	return port.holder;
}
