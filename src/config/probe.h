/* SPDX-License-Identifier: Apache-2.0 */
/* The line that never opens: where an adapter's instance is made to see whether it can be. */
#ifndef CONFIG_PROBE_H
#define CONFIG_PROBE_H

#include "adapter/host.h"

extern const struct adapter_sink probe_sink;

#endif
