/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The gateway's configuration as structs: what dragoman.yaml and channels.d/ say, read by the rows in
 * config.c. `port`, `link` and `options` are trees that their transports, links and adapters read.
 *
 * The supervisor never reads the user's files. dragoman-config does, without privileges, and hands back
 * one part per process: a YAML text by the same rows that has only what this process needs.
 */
#ifndef CONF_CONFIG_H
#define CONF_CONFIG_H

#include "conf/conf.h"

enum config_log { CONFIG_LOG_ERROR, CONFIG_LOG_WARNING, CONFIG_LOG_INFO, CONFIG_LOG_DEBUG };

/* How a lost line is tried again: from first, doubling to most. */
struct config_retry {
	int64_t first_ns; /* 1 s */
	int64_t most_ns;  /* 30 s */
};

enum config_full {
	CONFIG_FULL_WAIT, /* the line waits, where it can */
	CONFIG_FULL_DROP, /* new events are counted and told as a Loss */
};

enum config_raw {
	CONFIG_RAW_NONE,    /* no Raw events */
	CONFIG_RAW_REFUSED, /* frames that no device understood */
	CONFIG_RAW_ALL,     /* every frame, both ways */
};

/* What its readings are published as. */
enum config_payload {
	CONFIG_PAYLOAD_VALUES, /* generic values */
	CONFIG_PAYLOAD_TYPED,  /* a message of its profile's own type */
	CONFIG_PAYLOAD_BOTH,
};

/* One device: an adapter's instance. */
struct config_device {
	struct conf_item item; /* its name, with levels */
	char *description;
	char *adapter;                      /* "raw", "profile", a plugin's name */
	char *profile;                      /* short for adapter: profile with this name or path */
	const struct conf_node *definition; /* the profile's tree, put in by dragoman-config */
	const struct conf_node *options;    /* the adapter's own */
	int64_t stale_after_ns; /* silence after which it is stale; 0: never by silence */
	int payload;            /* enum config_payload; values */
};

struct config_channel {
	struct conf_item item;
	char *description;
	bool enabled;                 /* true */
	const struct conf_node *port; /* transport_new reads it */
	const struct conf_node *link; /* link_new reads it; NULL: the adapter's default */
	struct config_retry retry;
	uint64_t buffer_size; /* of events not yet acknowledged: 1 MiB */
	int when_full;        /* enum config_full; wait */
	int64_t gap_ns;       /* silence between two exchanges */
	int raw;              /* enum config_raw; refused */
	bool read_only;       /* nothing is ever written to the line but what the polls need */
	char *capture;        /* path of a pcapng file that both directions are recorded to; NULL */
	uint64_t capture_limit; /* then a new file is begun; 64 MiB */
	uint64_t memory_limit;  /* of the process; 256 MiB */
	int log; /* enum config_log; config_load puts in the gateway's if it is left out */
	struct conf_each devices; /* of struct config_device */
};

/* A TCP address that clients connect to. */
struct config_listener {
	struct conf_item item;
	char *address; /* numeric; 127.0.0.1 */
	int64_t port;  /* 0: any, shown in the log */
	bool insecure; /* must be true beyond loopback as long as there is no TLS on it */
	bool writable; /* false: clients here only read */
};

/* A program of somebody else's that may publish: it connects and shows the token. */
struct config_publisher {
	struct conf_item item;
	char *token;      /* at least 16 bytes, or */
	char *token_file; /* the file that has it on its first line */
};

struct config_hub {
	uint64_t memory;         /* of the log: 16 MiB; rounded up to pages, a power of two */
	int64_t max_clients;     /* 10,000 */
	int64_t max_patterns;    /* 64 */
	int64_t idle_timeout_ns; /* 30 s of silence before a ping, again before the end */
	int64_t slow_timeout_ns; /* 0 = never: how long a subscriber may not read at all */
	uint64_t max_frame_in;   /* 64 KiB: the longest from a client that is no publisher */
};

struct config_store {
	bool enabled;          /* true; false: the stream is in memory, and gone with the hub */
	uint64_t size;         /* of the files: 1 GiB */
	uint64_t segment_size; /* of one of them: 16 MiB */
	int64_t age_ns;        /* what is older is given up; 0: for ever */
	bool sync;             /* true: what is acknowledged survives a loss of power */
	int64_t commit_interval_ns; /* 50 ms: so long an event may wait to be written */
	uint64_t commit_size;       /* 256 KiB: or until so much waits */
};

struct config {
	char *gateway; /* its name: the host's if left out */
	int log;       /* enum config_log */
	char *user;    /* whom the processes run as if started by root: "dragoman" */
	char *group;   /* who may use the local socket: "dragoman" */
	struct {
		char *run;                 /* /run/dragoman: socket, lock */
		char *data;                /* /var/lib/dragoman */
		struct conf_texts plugins; /* directories; the built-in one is last */
		struct conf_texts profiles;
	} paths;
	struct config_hub hub;
	struct config_store store;
	struct {
		int64_t socket_mode; /* of the local socket, octal text "0660" */
		struct conf_each
			tcp; /* LIST_OF struct config_listener; loopback:7531 if left out */
	} listen;
	struct conf_each publishers; /* of struct config_publisher */
	struct conf_each channels;   /* of struct config_channel */
};

extern const struct conf_schema config_schema, config_channel_schema, config_device_schema;
extern const struct conf_schema config_listener_schema, config_publisher_schema;

/* JSON Schemas of dragoman.yaml and of a file in channels.d, with the kinds of `port` and `link`. */
void config_json_schema(const struct conf_kinds *kinds, size_t n_kinds, struct buf *out);
void config_channels_json_schema(const struct conf_kinds *kinds, size_t n_kinds, struct buf *out);

/* Reads path and, beside it, channels.d/ (each *.yaml in order of names: a map of channel names to
 * channels, as behind `channels:`). The tree and the struct live as long as struct config_files. */
struct config_files {
	struct conf_node **roots;
	size_t n;
};
int config_load(const char *path, struct config *config, struct config_files *files,
		struct conf_errors *errors);
/* The same from a text alone: a part. file is its name in errors. Both return -1 if errors were added;
 * config_fini is due either way. */
int config_parse(const char *file, const char *text, size_t len, struct config *config,
		 struct config_files *files, struct conf_errors *errors);
void config_fini(struct config *config, struct config_files *files);

#endif
