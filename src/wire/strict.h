/* SPDX-License-Identifier: Apache-2.0 */
/* What protobuf-c lets pass and other runtimes do not: it must not be handed on. */
#ifndef WIRE_STRICT_H
#define WIRE_STRICT_H

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>

/* Whether all texts in the message, at any depth, are UTF-8, and no unknown field has the number 0. */
bool strict_is_good(const ProtobufCMessage *message);

#endif
