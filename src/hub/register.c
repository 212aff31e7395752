/* SPDX-License-Identifier: Apache-2.0 */
/* Register, Declare, Report: a publisher says who it is, what it has, what it has counted. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/pattern.h"
#include "base/xalloc.h"
#include "hub/checkpoint.h"
#include "hub/client.h"
#include "hub/hub.h"
#include "hub/requests.h"

void register_handle(struct client *client, const Dragoman__V1__Frame *frame)
{
	const Dragoman__V1__Register *request = frame->register_;
	struct publisher *publisher = client->publisher;
	Dragoman__V1__Frame answer = DRAGOMAN__V1__FRAME__INIT;
	Dragoman__V1__Registered registered = DRAGOMAN__V1__REGISTERED__INIT;

	if (client->is_registered) {
		client_refuse(client, frame->id, DRAGOMAN__V1__ERROR_CODE__ERROR_ALREADY,
			      "a connection registers once");
		return;
	}
	if (strcmp(request->publisher, publisher->name) || !request->incarnation) {
		client_fail(client, frame->id, DRAGOMAN__V1__ERROR_CODE__ERROR_NOT_ALLOWED,
			    "the token is for publisher %s, with an incarnation that is not 0",
			    publisher->name);
		return;
	}
	registered.kept = publisher_register(publisher, client, request->incarnation);
	registered.received = publisher->received;
	answer.body_case = DRAGOMAN__V1__FRAME__BODY_REGISTERED;
	answer.registered = &registered;
	client_reply(client, frame->id, &answer);
}

/* ---- Declare ---- */

struct refusal {
	Dragoman__V1__ErrorCode code;
	char text[200];
};

static int refuse(struct refusal *refusal, Dragoman__V1__ErrorCode code, const char *text)
{
	refusal->code = code;
	snprintf(refusal->text, sizeof refusal->text, "%s", text);
	return -1;
}

static int check_name(const struct publisher *publisher, const char *name, struct refusal *refusal)
{
	const char *problem = NULL;

	if (*name != '$')
		problem = name_problem(name, true);
	else if (strncmp(name, "$channel/", 9) || strcmp(name + 9, publisher->name))
		problem = "of the gateway's own names, a publisher has $channel/ and its own";
	return problem ? refuse(refusal, DRAGOMAN__V1__ERROR_CODE__ERROR_MALFORMED, problem) : 0;
}

static bool is_taken(const struct publisher *publisher, const struct device *device)
{
	return device && device->is_declared && device->publisher != publisher;
}

static int check_device(const struct publisher *publisher, const Dragoman__V1__Device *declared,
			size_t descriptors_len, struct refusal *refusal)
{
	const struct devices *devices = &publisher->hub->devices;
	const struct device *device = devices_find(devices, declared->name, strlen(declared->name));

	if (check_name(publisher, declared->name, refusal) < 0)
		return -1;
	if (declared->n_keys > DEVICE_KEYS_MAX)
		return refuse(refusal, DRAGOMAN__V1__ERROR_CODE__ERROR_LIMIT,
			      "a device has at most 64 keys");
	if (descriptors_len > DESCRIPTOR_MAX)
		return refuse(refusal, DRAGOMAN__V1__ERROR_CODE__ERROR_LIMIT,
			      "descriptors have at most 256 KiB");
	if (is_taken(publisher, device))
		return refuse(refusal, DRAGOMAN__V1__ERROR_CODE__ERROR_DEVICE_TAKEN,
			      "another publisher that is live has this device");
	if (!device && devices->last_id == DEVICES_MAX)
		return refuse(refusal, DRAGOMAN__V1__ERROR_CODE__ERROR_LIMIT,
			      "this hub knows as many devices as it can");
	return 0;
}

/* Keeps what was declared, without what the hub adds when it is browsed. False if it was so already. */
static bool keep_catalogue(struct device *device, const Dragoman__V1__Device *declared)
{
	Dragoman__V1__Device copy = *declared;
	uint8_t *packed;
	size_t len;

	copy.device_id = 0;
	copy.state = NULL;
	copy.state_since = copy.last_event = 0;
	len = dragoman__v1__device__get_packed_size(&copy);
	packed = xmalloc(len);
	dragoman__v1__device__pack(&copy, packed);
	if (device->catalogue && device->catalogue_len == len &&
	    !memcmp(device->catalogue, packed, len)) {
		free(packed);
		return false;
	}
	device_set_catalogue(device, packed, len);
	return true;
}

static bool is_declared_key(const void *arg, const char *name)
{
	const Dragoman__V1__Device *declared = arg;

	for (size_t i = 0; i < declared->n_keys; i++)
		if (!strcmp(declared->keys[i]->name, name))
			return true;
	return false;
}

/* Keys that are not declared any more give way: the device is another one now, or there is no room for all. */
static void take_keys(struct devices *devices, struct device *device,
		      const Dragoman__V1__Device *declared, bool is_changed)
{
	if ((is_changed && declared->n_keys) || device->n_keys + declared->n_keys > DEVICE_KEYS_MAX)
		device_keep_keys(devices, device, is_declared_key, declared);
	for (size_t i = 0; i < declared->n_keys; i++)
		device_key(devices, device, declared->keys[i]->name,
			   strlen(declared->keys[i]->name));
}

static void take_device(struct publisher *publisher, const Dragoman__V1__Device *declared,
			const ProtobufCBinaryData *descriptors)
{
	struct hub *hub = publisher->hub;
	struct device *device = hub_device(hub, declared->name);
	const struct descriptor *described = device->descriptor;
	bool is_changed = device->publisher != publisher, is_other;

	publisher_own(publisher, device);
	device->is_declared = true;
	is_other = keep_catalogue(device, declared);
	is_changed |= is_other;
	device_set_descriptor(&hub->devices, device, descriptors->data, descriptors->len);
	is_changed |= device->descriptor != described;
	if (is_changed)
		checkpoint_device(&hub->storage, device);
	take_keys(&hub->devices, device, declared, is_other);
	if (device->is_stale_by_hub || device->state == DEVICE_REMOVED)
		hub_say_state(hub, device, DEVICE_STARTING, "", "");
	device->is_stale_by_hub = false;
}

static void remove_device(struct publisher *publisher, const char *name)
{
	struct hub *hub = publisher->hub;
	struct device *device = devices_find(&hub->devices, name, strlen(name));

	if (!device || device->publisher != publisher)
		return;
	hub_say_state(hub, device, DEVICE_REMOVED, "no longer configured", "");
	device_clear_keys(&hub->devices, device);
	device_set_descriptor(&hub->devices, device, NULL, 0);
	publisher_own(NULL, device);
	checkpoint_device(&hub->storage, device);
}

static void add_refusal(Dragoman__V1__Declared *declared, const char *device,
			const struct refusal *refusal)
{
	Dragoman__V1__Declared__Refusal *entry = xmalloc(sizeof *entry);
	Dragoman__V1__Error *error = xmalloc(sizeof *error);

	dragoman__v1__declared__refusal__init(entry);
	dragoman__v1__error__init(error);
	entry->device = xstrdup(device);
	entry->error = error;
	error->code = refusal->code;
	error->text = xstrdup(refusal->text);
	declared->refusals = xreallocarray(declared->refusals, declared->n_refusals + 1,
					   sizeof *declared->refusals);
	declared->refusals[declared->n_refusals++] = entry;
}

void declare_handle(struct client *client, const Dragoman__V1__Frame *frame)
{
	const Dragoman__V1__Declare *declare = frame->declare;
	Dragoman__V1__Frame answer = DRAGOMAN__V1__FRAME__INIT;
	Dragoman__V1__Declared *declared = xmalloc(sizeof *declared);

	if (!client->is_registered) {
		free(declared);
		client_refuse(client, frame->id, DRAGOMAN__V1__ERROR_CODE__ERROR_NOT_ALLOWED,
			      "Declare before Register");
		return;
	}
	dragoman__v1__declared__init(declared);
	for (size_t i = 0; i < declare->n_removed; i++)
		remove_device(client->publisher, declare->removed[i]);
	for (size_t i = 0; i < declare->n_devices; i++) {
		struct refusal refusal;

		if (check_device(client->publisher, declare->devices[i], declare->descriptors.len,
				 &refusal) < 0)
			add_refusal(declared, declare->devices[i]->name, &refusal);
		else
			take_device(client->publisher, declare->devices[i], &declare->descriptors);
	}
	answer.body_case = DRAGOMAN__V1__FRAME__BODY_DECLARED;
	answer.declared = declared;
	client_reply(client, frame->id, &answer);
	dragoman__v1__declared__free_unpacked(declared, NULL);
}

void report_handle(struct client *client, const Dragoman__V1__Frame *frame)
{
	if (!client->is_registered)
		client_refuse(client, frame->id, DRAGOMAN__V1__ERROR_CODE__ERROR_NOT_ALLOWED,
			      "Report before Register");
	else if (publisher_report(client->publisher, frame->report) < 0)
		client_refuse(client, frame->id, DRAGOMAN__V1__ERROR_CODE__ERROR_LIMIT,
			      "a Report has at most 256 counters, with names as those of tags");
}
