/* SPDX-License-Identifier: Apache-2.0 */
/* Plugins that the loader refuses, each for one reason: built once for each BAD_... */
#include <dragoman/adapter.h>

static int create(struct dragoman_host *host, void **self_out)
{
	*self_out = host;
	return 0;
}

static void destroy(void *self)
{
	(void)self;
}

static enum dragoman_verdict frame(void *self, const struct dragoman_frame *f)
{
	(void)self;
	(void)f;
	return DRAGOMAN_UNKNOWN;
}

#ifndef BAD_ABI
#define BAD_ABI DRAGOMAN_ABI
#endif
#ifndef BAD_SIZE
#define BAD_SIZE sizeof(struct dragoman_adapter)
#endif
#ifndef BAD_FLAGS
#define BAD_FLAGS 0
#endif
#ifndef BAD_SYMBOL
#define BAD_SYMBOL dragoman_adapter
#endif

extern const struct dragoman_adapter BAD_SYMBOL;
const struct dragoman_adapter BAD_SYMBOL = {
	.abi = BAD_ABI,
	.size = BAD_SIZE,
	.name = BAD_NAME,
	.title = "refused",
	.version = "1",
	.flags = BAD_FLAGS,
	.create = create,
	.destroy = destroy,
	.frame = frame,
};
