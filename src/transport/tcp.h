/* SPDX-License-Identifier: Apache-2.0 */
/* What the two kinds of TCP line have in common: the one that connects and the one that listens. */
#ifndef TRANSPORT_TCP_H
#define TRANSPORT_TCP_H

#include <stdbool.h>
#include <stdint.h>

/* keepalive_ns: silence after which the peer is probed; it is lost after four times that; 0: never. */
void tcp_tune(int fd, int64_t keepalive_ns, bool nodelay);

#endif
