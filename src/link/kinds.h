/* SPDX-License-Identifier: Apache-2.0 */
/* The kinds of links there are; link.c lists them. */
#ifndef LINK_KINDS_H
#define LINK_KINDS_H

#include "link/link.h"

extern const struct link_kind link_raw, link_delimiter, link_start_end, link_fixed,
	link_length_field, link_stuffed, link_gap, link_ack;

#endif
