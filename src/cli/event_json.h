/* SPDX-License-Identifier: Apache-2.0 */
/* What comes from a gateway, as JSON: the objects that dragoman(1) describes under JSON OUTPUT. */
#ifndef CLI_EVENT_JSON_H
#define CLI_EVENT_JSON_H

#include "base/buf.h"
#include "cli/gateway.h"
#include "dragoman/client.h"

/* Appends one object and a newline; nothing for a kind that is not shown. units may be NULL. */
void event_json(struct buf *out, const struct dragoman_event *event, const struct units *units);

#endif
