/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A profile's device, played on a real line: the adapter in the role of the device, behind the profile's own
 * link, on a transport. It answers requests, sends what the device sends by itself, and misbehaves if it is
 * told to. For `dragoman simulate` and the tests.
 */
#ifndef PROFILE_SIMULATE_H
#define PROFILE_SIMULATE_H

#include "conf/conf.h"
#include "ev/loop.h"

enum simulate_misbehaviour {
	SIMULATE_NOISE = 1,      /* garbage before some of the frames */
	SIMULATE_CHECKSUM = 2,   /* one bit of some frames is wrong */
	SIMULATE_SILENCE = 4,    /* some frames are not sent */
	SIMULATE_SPLIT = 8,      /* frames come in two halves, with a pause */
	SIMULATE_MERGE = 16,     /* some frames come together with the next one */
	SIMULATE_SLOW = 32,      /* byte by byte */
	SIMULATE_ADDRESS = 64,   /* some frames have another address */
	SIMULATE_NONSENSE = 128, /* random bytes in place of every frame, of its length */
};
/* The names, in order of the bits, NULL at the end. */
extern const char *const simulate_misbehaviours[];

struct simulate_options {
	const char *profile;          /* path of the file */
	const struct conf_node *port; /* as behind `port:`; outlives the simulator */
	const struct conf_node
		*device;    /* options of the adapter: parameters, set, script, seed; NULL: none */
	unsigned misbehave; /* enum simulate_misbehaviour */
	uint64_t seed;      /* of when it misbehaves */
	/* What happens on the line, for people: "waiting for a device on 127.0.0.1:4001". */
	void (*say)(void *arg, const char *text);
	/* Its line cannot be had, and never could be: it does not try again. NULL: it does. May be called
	 * within simulator_new. */
	void (*failed)(void *arg, const char *text);
	void *arg;
};

struct simulator;

/* Starts it; it runs on the loop until simulator_free. NULL with errors added. */
struct simulator *simulator_new(struct loop *loop, const struct simulate_options *options,
				struct conf_errors *errors);
void simulator_free(struct simulator **simulator);

#endif
