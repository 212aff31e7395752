/* SPDX-License-Identifier: Apache-2.0 */
/* Devices and their last readings; see device.h. */
#include "hub/device.h"

#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "base/xalloc.h"
#include "hub/filter.h"

void devices_init(struct devices *devices)
{
	*devices = (struct devices){0};
	descriptors_init(&devices->descriptors);
}

static void device_free(struct devices *devices, struct device *device)
{
	device_clear_keys(devices, device);
	free(device->name);
	free(device->catalogue);
	descriptors_release(&devices->descriptors, device->descriptor);
	free(device->reason);
	free(device->text);
	free(device->filters);
	free(device);
}

void devices_fini(struct devices *devices)
{
	HASH_CLEAR(hh, devices->by_name);
	for (uint32_t id = 1; id <= devices->last_id; id++)
		device_free(devices, devices->by_id[id - 1]);
	free(devices->by_id);
	free(devices->keys);
	free(devices->free_keys);
	devices_init(devices);
}

struct device *devices_find(const struct devices *devices, const char *name, size_t len)
{
	struct device *device;

	HASH_FIND(hh, devices->by_name, name, len, device);
	return device;
}

struct device *devices_get(const struct devices *devices, uint32_t id)
{
	must(id >= 1 && id <= devices->last_id);
	return devices->by_id[id - 1];
}

struct device *devices_add(struct devices *devices, const char *name)
{
	struct device *device = xcalloc(1, sizeof *device);
	uint32_t n = devices->last_id;

	must(n < DEVICES_MAX);
	if ((n & (n - 1)) == 0) /* full at every power of two */
		devices->by_id = xreallocarray(devices->by_id, n ? 2 * (size_t)n : 1,
					       sizeof(struct device *));
	device->name = xstrdup(name);
	device->id = ++devices->last_id;
	device->state = DEVICE_STARTING;
	devices->by_id[n] = device;
	HASH_ADD_KEYPTR(hh, devices->by_name, device->name, strlen(device->name), device);
	return device;
}

static char *copy_or_null(const char *text)
{
	return text && *text ? xstrdup(text) : NULL;
}

void device_set_state(struct device *device, enum device_state state, const char *reason,
		      const char *text, uint64_t time)
{
	char *old_reason = device->reason, *old_text = device->text;

	if (device->state != state || !device->state_since)
		device->state_since = time;
	device->state = state;
	device->reason = copy_or_null(reason);
	device->text = copy_or_null(text);
	free(old_reason);
	free(old_text);
}

const char *device_state_name(enum device_state state)
{
	static const char *const names[] = {
		[DEVICE_STARTING] = "starting",
		[DEVICE_ONLINE] = "online",
		[DEVICE_STALE] = "stale",
		[DEVICE_REMOVED] = "removed",
	};

	return names[state];
}

void device_set_catalogue(struct device *device, uint8_t *packed, size_t len)
{
	free(device->catalogue);
	device->catalogue = packed;
	device->catalogue_len = len;
}

void device_set_descriptor(struct devices *devices, struct device *device, const void *bytes,
			   size_t len)
{
	struct descriptor *before = device->descriptor;

	device->descriptor = descriptors_take(&devices->descriptors, bytes, len);
	descriptors_release(&devices->descriptors, before);
}

/* Readings of a device mostly come under one key, or in the same order again and again. */
static struct device_key *find_key(struct device *device, const char *name, size_t len)
{
	for (size_t i = 0; i < device->n_keys; i++) {
		size_t at = (device->last_key + i) % device->n_keys;
		struct device_key *key = device->keys[at];

		if (!strncmp(key->name, name, len) && !key->name[len]) {
			device->last_key = at;
			return key;
		}
	}
	return NULL;
}

static uint32_t take_key_index(struct devices *devices)
{
	if (devices->n_free_keys)
		return devices->free_keys[--devices->n_free_keys];
	if (devices->n_keys == devices->keys_size) {
		devices->keys_size = devices->keys_size ? 2 * devices->keys_size : 16;
		devices->keys = xreallocarray(devices->keys, devices->keys_size,
					      sizeof(struct device_key *));
		devices->free_keys =
			xreallocarray(devices->free_keys, devices->keys_size, sizeof(uint32_t));
	}
	return devices->n_keys++;
}

struct device_key *device_key(struct devices *devices, struct device *device, const char *name,
			      size_t len)
{
	struct device_key *key = find_key(device, name, len);

	if (key || device->n_keys == DEVICE_KEYS_MAX || memchr(name, '\0', len))
		return key;
	key = xcalloc(1, sizeof *key);
	key->name = xstrndup(name, len);
	key->device = device->id;
	key->index = take_key_index(devices);
	key->order = ++device->last_order;
	devices->keys[key->index] = key;
	device->keys = xreallocarray(device->keys, device->n_keys + 1, sizeof(struct device_key *));
	device->keys[device->n_keys++] = key;
	return key;
}

static void key_free(struct devices *devices, struct device_key *key)
{
	devices->keys[key->index] = NULL;
	devices->free_keys[devices->n_free_keys++] = key->index;
	free(key->copy);
	free(key->name);
	free(key);
}

void device_keep_keys(struct devices *devices, struct device *device, device_key_fn *is_kept,
		      const void *arg)
{
	size_t kept = 0;

	for (size_t i = 0; i < device->n_keys; i++) {
		struct device_key *key = device->keys[i];

		if (is_kept(arg, key->name))
			device->keys[kept++] = key;
		else
			key_free(devices, key);
	}
	device->n_keys = kept;
	device->last_key = 0;
}

void device_clear_keys(struct devices *devices, struct device *device)
{
	for (size_t i = 0; i < device->n_keys; i++)
		key_free(devices, device->keys[i]);
	free(device->keys);
	device->keys = NULL;
	device->n_keys = device->last_key = 0;
}

const struct device_key *device_key_after(const struct device *device, uint32_t order)
{
	for (size_t i = 0; i < device->n_keys; i++)
		if (device->keys[i]->order > order)
			return device->keys[i];
	return NULL;
}

void device_key_set(struct device_key *key, uint64_t seq)
{
	key->seq = seq;
	if (key->copy) {
		free(key->copy);
		key->copy = NULL;
	}
}

void device_key_restore(struct device_key *key, uint64_t seq, const uint8_t *event, size_t len)
{
	device_key_set(key, seq);
	key->copy = xmemdup(event, len);
	key->len = len;
}

static const uint8_t *event_in_log(const struct eventlog *log, const struct eventlog_entry *entry,
				   size_t *len_out)
{
	return stamp_event(eventlog_frame(log, entry), entry->size, len_out);
}

const uint8_t *device_key_event(const struct device_key *key, const struct eventlog *log,
				size_t *len_out)
{
	*len_out = key->len;
	if (key->copy || !key->seq)
		return key->copy;
	must(eventlog_has(log, key->seq));
	return event_in_log(log, eventlog_entry(log, key->seq), len_out);
}

void devices_dropping(struct devices *devices, const struct eventlog *log, uint64_t seq,
		      const struct eventlog_entry *entry, bool is_last)
{
	struct device *device = devices_get(devices, slot_device(entry->slot));
	struct device_key *key = entry->key == EVENTLOG_NO_KEY ? NULL : devices->keys[entry->key];
	struct dropped *dropped = &device->dropped[entry->slot & 7];

	if (is_last) {
		dropped->seq = seq;
		if (entry->time > dropped->time)
			dropped->time = entry->time;
	}
	if (key && key->seq == seq) {
		const uint8_t *event = event_in_log(log, entry, &key->len);

		key->copy = xmemdup(event, key->len);
	}
}

/* Where the filter stands, or would stand. */
static size_t filter_place(const struct device *device, const struct filter *filter)
{
	size_t low = 0, high = device->n_filters;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (device->filters[middle]->id < filter->id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void device_add_filter(struct device *device, struct filter *filter)
{
	size_t place = filter_place(device, filter);

	if (device->n_filters == device->filters_size) {
		device->filters_size = device->filters_size ? 2 * device->filters_size : 2;
		device->filters = xreallocarray(device->filters, device->filters_size,
						sizeof(struct filter *));
	}
	memmove(device->filters + place + 1, device->filters + place,
		(device->n_filters - place) * sizeof(struct filter *));
	device->filters[place] = filter;
	device->n_filters++;
}

void device_remove_filter(struct device *device, struct filter *filter)
{
	size_t place = filter_place(device, filter);

	if (place == device->n_filters || device->filters[place] != filter)
		return;
	device->n_filters--;
	memmove(device->filters + place, device->filters + place + 1,
		(device->n_filters - place) * sizeof(struct filter *));
}
