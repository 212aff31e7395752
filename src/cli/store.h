/* SPDX-License-Identifier: Apache-2.0 */
/* How the stream on disk is shown, for dragoman store and dragoman status. */
#ifndef CLI_STORE_H
#define CLI_STORE_H

#include "dragoman/client.h"

/* A few lines on stdout. */
void store_show(const struct dragoman_event_store *store);

#endif
