/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as YAML: what can be read is printed, and reads and prints again to the same. */
#include "base/must.h"
#include "conf/conf.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct conf_errors errors = {0};
	struct buf said = {0}, printed = {0}, again = {0};
	struct conf_node *root = conf_parse("f", (const char *)data, size, &errors), *second;

	conf_errors_print(&errors, &said);
	if (root && !errors.n) {
		conf_print_node(root, 0, &printed);
		second = conf_parse("p", buf_str(&printed), printed.len, &errors);
		must(second && !errors.n);
		conf_print_node(second, 0, &again);
		must(printed.len == again.len && !strcmp(buf_str(&printed), buf_str(&again)));
		conf_free(&second);
	}
	must(root || errors.n_errors);
	conf_free(&root);
	conf_errors_fini(&errors);
	buf_fini(&said);
	buf_fini(&printed);
	buf_fini(&again);
	return 0;
}
