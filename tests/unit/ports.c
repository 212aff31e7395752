/* SPDX-License-Identifier: Apache-2.0 */
/* Which serial ports there are, in a tree of the test's own. */
#include <sys/stat.h>
#include <unistd.h>

#include "line.h"
#include "transport/ports.h"

static struct place place;
static struct ports ports;

/* A UART of the board, one that is not fitted, an adapter with two interfaces, a modem without a serial
 * number, the console; and a program that has one of them open. */
static const char tree[] =
	"set -e; cd \"$0\"\n"
	"usb=sys/devices/pci0000:00/0000:00:14.0/usb1\n"
	"mkdir -p sys/class/tty dev/serial/by-id dev/serial/by-path proc/12/fd proc/7/fd proc/self\n"
	"mkdir -p sys/bus/usb-serial/drivers/ftdi_sio sys/bus/usb/drivers/cdc_acm\n"
	/* tty DEVICE NAME: an entry in the class, with its device */
	"tty() { mkdir -p $1/tty/$2; ln -s ../../../$(basename $1) $1/tty/$2/device; "
	"ln -s ../../../$1/tty/$2 sys/class/tty/$2; touch dev/$2; }\n"
	"tty sys/devices/pnp0/00:00 ttyS0; echo 4 >sys/class/tty/ttyS0/type\n"
	"tty sys/devices/platform/serial8250 ttyS1; echo 0 >sys/class/tty/ttyS1/type\n"
	"for i in 0 1; do d=$usb/1-2/1-2:1.$i/ttyUSB1$i; tty $d ttyUSB1$i\n"
	"ln -s ../../../../../../../bus/usb-serial/drivers/ftdi_sio $d/driver\n"
	"echo 0$i >$usb/1-2/1-2:1.$i/bInterfaceNumber\n"
	"ln -s ../../ttyUSB1$i dev/serial/by-id/usb-FTDI_Dual-if0$i-port0\n"
	"ln -s ../../ttyUSB1$i dev/serial/by-path/pci-0000:00:14.0-usb-0:2:1.$i-port0; done\n"
	"cd $usb/1-2; echo 0403 >idVendor; echo 6010 >idProduct; echo FT4A >serial; echo FTDI >manufacturer; "
	"echo 'Dual RS232 ' >product; cd \"$0\"\n"
	"tty $usb/1-3/1-3.4/1-3.4:1.0 ttyACM0; echo 00 >$usb/1-3/1-3.4/1-3.4:1.0/bInterfaceNumber\n"
	"ln -s ../../../../../../../bus/usb/drivers/cdc_acm $usb/1-3/1-3.4/1-3.4:1.0/driver\n"
	"echo 1fc9 >$usb/1-3/1-3.4/idVendor; echo 0083 >$usb/1-3/1-3.4/idProduct\n"
	"echo 1d6b >$usb/1-3/idVendor\n" /* the hub above it is not it */
	"mkdir -p sys/devices/virtual/tty/tty0; ln -s ../../devices/virtual/tty/tty0 sys/class/tty/tty0\n"
	"ln -s /dev/ttyUSB10 proc/12/fd/5; ln -s /dev/null proc/12/fd/0; echo gpsd >proc/12/comm\n"
	"ln -s /dev/ttyUSB9 proc/7/fd/1; chmod 0660 dev/ttyACM0 dev/ttyS0; chmod 0600 dev/ttyUSB11\n";

static int set_up(void **state)
{
	char script[80], command[200];
	FILE *f;

	(void)state;
	place_init(&place);
	snprintf(script, sizeof script, "%s/make", place.path);
	f = fopen(script, "w");
	fputs(tree, f);
	fclose(f);
	snprintf(command, sizeof command, "bash -c \"$(cat %s)\" %s", script, place.path);
	assert_int_equal(system(command), 0);
	ports_list(place.path, &ports);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	ports_fini(&ports);
	place_fini(&place);
	return 0;
}

static void those_with_hardware_behind_them_are_listed_in_order(void **state)
{
	static const char *const names[] = {"ttyACM0", "ttyS0", "ttyUSB10", "ttyUSB11"};

	(void)state;
	assert_int_equal(ports.n, 4);
	for (size_t i = 0; i < 4; i++)
		assert_string_equal(ports.list[i].name, names[i]);
}

static void what_a_port_is_stands_in_sysfs(void **state)
{
	const struct port *p = ports_by_node(&ports, "/dev/ttyUSB11");

	(void)state;
	assert_non_null(p);
	assert_true(p->is_usb);
	assert_int_equal(p->vendor, 0x0403);
	assert_int_equal(p->product, 0x6010);
	assert_string_equal(p->manufacturer, "FTDI");
	assert_string_equal(p->product_name, "Dual RS232");
	assert_string_equal(p->serial, "FT4A");
	assert_int_equal(p->interface, 1);
	assert_string_equal(p->usb_path, "1-2");
	assert_string_equal(p->driver, "ftdi_sio");
	assert_string_equal(p->by_id, "/dev/serial/by-id/usb-FTDI_Dual-if01-port0");
	assert_string_equal(p->by_path, "/dev/serial/by-path/pci-0000:00:14.0-usb-0:2:1.1-port0");
}

static void a_device_behind_a_hub_is_not_the_hub(void **state)
{
	const struct port *p = ports_by_node(&ports, "/dev/ttyACM0");

	(void)state;
	assert_int_equal(p->vendor, 0x1fc9);
	assert_string_equal(p->usb_path, "1-3.4");
	assert_string_equal(p->driver, "cdc_acm");
	assert_null(p->serial);
	assert_null(p->by_id);
}

static void a_board_uart_is_no_usb(void **state)
{
	const struct port *p = ports_by_node(&ports, "/dev/ttyS0");

	(void)state;
	assert_false(p->is_usb);
	assert_int_equal(p->interface, -1);
	assert_non_null(p->group);
	assert_true(p->may_open);
}

static void the_program_that_has_it_open_is_named(void **state)
{
	char *holder;

	(void)state;
	ports_find_holders(place.path, &ports);
	assert_string_equal(ports_by_node(&ports, "/dev/ttyUSB10")->holder, "gpsd (process 12)");
	assert_null(ports_by_node(&ports, "/dev/ttyUSB11")->holder);
	holder = port_holder(place.path, "/dev/ttyUSB9");
	assert_string_equal(holder, "a program (process 7)");
	free(holder);
	assert_null(port_holder(place.path, "/dev/ttyS0"));
}

static void a_port_is_found_by_what_it_is(void **state)
{
	const struct {
		struct port_identity want;
		const char *name; /* NULL: none, "": several */
	} cases[] = {
		{{0x1fc9, -1, -1, NULL, NULL}, "ttyACM0"},
		{{0x0403, 0x6010, 1, NULL, NULL}, "ttyUSB11"},
		{{-1, -1, 0, "FT4A", NULL}, "ttyUSB10"},
		{{-1, -1, -1, "FT4A", NULL}, ""},
		{{-1, -1, -1, "ft4a", NULL}, NULL},
		{{0x0403, 0x6001, -1, NULL, NULL}, NULL},
		{{-1, -1, -1, NULL, "1-3.4"}, "ttyACM0"},
		{{-1, -1, -1, NULL, "pci-0000:00:14.0-usb-0:2:1.0-port0"}, "ttyUSB10"},
		{{-1, -1, -1, NULL, "/dev/serial/by-path/pci-0000:00:14.0-usb-0:2:1.1-port0"},
		 "ttyUSB11"},
		{{-1, -1, -1, NULL, "1-3"}, NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		bool is_ambiguous;
		struct err err;
		const struct port *p = ports_find(&ports, &cases[i].want, &is_ambiguous, &err);

		if (cases[i].name && *cases[i].name) {
			assert_non_null(p);
			assert_string_equal(p->name, cases[i].name);
		} else {
			assert_null(p);
			assert_int_equal(is_ambiguous, cases[i].name != NULL);
			assert_non_null(strstr(err.text, is_ambiguous ? "say serial, interface"
								      : "/dev/ttyS0"));
		}
	}
}

static void a_port_is_described_for_people(void **state)
{
	struct buf out = {0};

	(void)state;
	ports_describe(&ports, &out);
	assert_string_equal(buf_str(&out),
			    "/dev/ttyACM0 (USB 1fc9:0083), /dev/ttyS0, "
			    "/dev/ttyUSB10 (FTDI Dual RS232, serial FT4A), "
			    "/dev/ttyUSB11 (FTDI Dual RS232, serial FT4A, interface 1)");
	buf_fini(&out);
}

static void what_to_do_about_permissions_is_said(void **state)
{
	struct port group = {.node = (char[]){"/dev/ttyS0"}, .name = (char[]){"ttyS0"}};
	struct buf out = {0};

	(void)state;
	group.group = (char[]){"dialout"};
	group.mode = 0660;
	port_advise(&group, &out);
	assert_non_null(strstr(buf_str(&out), "usermod -aG dialout "));
	buf_clear(&out);
	group.mode = 0600;
	port_advise(&group, &out);
	assert_non_null(strstr(buf_str(&out), "KERNEL==\"ttyS0\", GROUP=\"dialout\""));
	buf_clear(&out);
	port_advise(ports_by_node(&ports, "/dev/ttyUSB11"), &out);
	assert_non_null(
		strstr(buf_str(&out), "ATTRS{idVendor}==\"0403\", ATTRS{idProduct}==\"6010\""));
	buf_fini(&out);
}

static void a_machine_without_ports_has_none(void **state)
{
	struct ports none;
	struct buf out = {0};

	(void)state;
	ports_list("/nonexistent", &none);
	assert_int_equal(none.n, 0);
	ports_describe(&none, &out);
	assert_string_equal(buf_str(&out), "none");
	buf_fini(&out);
	ports_fini(&none);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(those_with_hardware_behind_them_are_listed_in_order),
		cmocka_unit_test(what_a_port_is_stands_in_sysfs),
		cmocka_unit_test(a_device_behind_a_hub_is_not_the_hub),
		cmocka_unit_test(a_board_uart_is_no_usb),
		cmocka_unit_test(the_program_that_has_it_open_is_named),
		cmocka_unit_test(a_port_is_found_by_what_it_is),
		cmocka_unit_test(a_port_is_described_for_people),
		cmocka_unit_test(what_to_do_about_permissions_is_said),
		cmocka_unit_test(a_machine_without_ports_has_none),
	};

	return cmocka_run_group_tests_name("ports", tests, set_up, tear_down);
}
