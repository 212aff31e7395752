/* SPDX-License-Identifier: Apache-2.0 */
/* dragoman ports: the serial ports of this machine, what they are, and the names that stay. */
#include <stdio.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "cli/cli.h"
#include "cli/jsonl.h"
#include "cli/text.h"
#include "transport/ports.h"

/* The name to write into a configuration: one that stays when others are plugged in. */
static const char *stable_name(const struct port *port)
{
	if (port->by_id)
		return port->by_id;
	return port->by_path ? port->by_path : port->node;
}

static void put_line(struct buf *out, const char *label, const char *text)
{
	if (!text)
		return;
	buf_addf(out, "    %-10s ", label);
	text_safe(out, text);
	buf_add_str(out, "\n");
}

static void put_usb(struct buf *out, const struct port *port)
{
	buf_addf(out, "    %-10s %04x:%04x", "usb", port->vendor, port->product);
	if (port->serial) {
		buf_add_str(out, ", serial ");
		text_safe(out, port->serial);
	}
	if (port->interface >= 0)
		buf_addf(out, ", interface %d", port->interface);
	if (port->usb_path) {
		buf_add_str(out, ", plugged in at ");
		text_safe(out, port->usb_path);
	}
	buf_add_str(out, "\n");
}

static void put_port(struct buf *out, const struct port *port)
{
	struct buf text = {0};

	port_describe(port, &text);
	text_safe(out, buf_str(&text));
	buf_add_str(out, "\n");
	if (port->is_usb)
		put_usb(out, port);
	put_line(out, "driver", port->driver);
	put_line(out, "by id", port->by_id);
	put_line(out, "by path", port->by_path);
	put_line(out, "in use by", port->holder);
	if (!port->may_open) {
		buf_clear(&text);
		port_advise(port, &text);
		put_line(out, "no access", buf_str(&text));
	}
	buf_addf(out, "    %-10s port: {serial: \"", "config");
	text_safe(out, stable_name(port));
	buf_add_str(out, "\", baud: 9600}\n");
	buf_fini(&text);
}

static void put_text(struct jsonl *j, const char *key, const char *text)
{
	if (text)
		jsonl_text(j, key, text);
}

static void put_usb_json(struct jsonl *j, const struct port *port)
{
	char id[8];

	jsonl_open(j, "usb", '{');
	snprintf(id, sizeof id, "%04x", port->vendor);
	jsonl_text(j, "vendor", id);
	snprintf(id, sizeof id, "%04x", port->product);
	jsonl_text(j, "product", id);
	put_text(j, "manufacturer", port->manufacturer);
	put_text(j, "product_name", port->product_name);
	put_text(j, "serial", port->serial);
	if (port->interface >= 0)
		jsonl_integer(j, "interface", port->interface);
	put_text(j, "interface_name", port->interface_name);
	put_text(j, "path", port->usb_path);
	jsonl_close(j, '{');
}

static void put_port_json(struct buf *out, const struct port *port)
{
	struct jsonl j = {.out = out};
	char mode[8];

	jsonl_open(&j, NULL, '{');
	jsonl_text(&j, "event", "port");
	jsonl_text(&j, "node", port->node);
	jsonl_text(&j, "stable", stable_name(port));
	put_text(&j, "by_id", port->by_id);
	put_text(&j, "by_path", port->by_path);
	put_text(&j, "driver", port->driver);
	if (port->is_usb)
		put_usb_json(&j, port);
	put_text(&j, "user", port->user);
	put_text(&j, "group", port->group);
	snprintf(mode, sizeof mode, "%04o", (unsigned)port->mode & 07777);
	jsonl_text(&j, "mode", mode);
	jsonl_bool(&j, "may_open", port->may_open);
	put_text(&j, "holder", port->holder);
	jsonl_close(&j, '{');
	buf_add(out, "\n", 1);
}

static int run(struct cli *cli)
{
	struct ports ports;
	struct buf out = {0};
	size_t n;

	ports_list(ports_root, &ports);
	ports_find_holders(ports_root, &ports);
	n = ports.n;
	for (size_t i = 0; i < n; i++)
		(cli->json ? put_port_json : put_port)(&out, &ports.list[i]);
	text_write(&out);
	buf_fini(&out);
	ports_fini(&ports);
	if (n)
		return CLI_DONE;
	return cli_fail(cli, CLI_NOTHING, "there is no serial port on this machine");
}

const struct cli_command cli_ports = {
	.name = "ports",
	.arguments = "",
	.summary = "show the serial ports of this machine, with their stable names",
	.help = "Shows what each serial port is, who may use it and who does, and the name under\n"
		"/dev/serial that stays the same when other devices are plugged in.\n",
	.run = run,
};
