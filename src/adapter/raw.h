/* SPDX-License-Identifier: Apache-2.0 */
/* The adapter that is always there: each frame of the line as it is, in one tag. */
#ifndef ADAPTER_RAW_H
#define ADAPTER_RAW_H

#include <dragoman/adapter.h>

extern const struct dragoman_adapter raw_adapter;

#endif
