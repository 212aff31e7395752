/* SPDX-License-Identifier: Apache-2.0 */
/* The line that never opens: where an adapter's instance is made to see whether it can be. */
#ifndef CONFIG_PROBE_H
#define CONFIG_PROBE_H

#include "adapter/host.h"
#include "conf/conf.h"

/* The sink's argument: where warnings of the instance go, and the device that they are about. */
struct probe {
	struct conf_errors *errors;
	const struct conf_node *device;
};

extern const struct adapter_sink probe_sink;

#endif
