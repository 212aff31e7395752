/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as the gateway's configuration: what is accepted is printed, and reads again; of its secrets no
 * more than that they were there. */
#include "base/must.h"
#include "conf/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config config = {0}, again = {0};
	struct config_files files = {0}, more = {0};
	struct conf_errors errors = {0}, none = {0};
	struct buf text = {0};

	if (config_parse("f", (const char *)data, size, &config, &files, &errors) == 0) {
		conf_print(&config_schema, &config, 0, &text);
		must(config_parse("p", buf_str(&text), text.len, &again, &more, &none) == 0);
	}
	conf_errors_print(&errors, &text);
	config_fini(&config, &files);
	config_fini(&again, &more);
	conf_errors_fini(&errors);
	conf_errors_fini(&none);
	buf_fini(&text);
	return 0;
}
