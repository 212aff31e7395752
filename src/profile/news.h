/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Readings that say nothing new, which are held back as a whole: as the profile says, or the device's own
 * configuration in its place.
 */
#ifndef PROFILE_NEWS_H
#define PROFILE_NEWS_H

#include <stdbool.h>
#include <stdint.h>

struct conf_errors;
struct conf_node;
struct dragoman_value;
struct news;
struct profile;
struct reading;

struct news *news_new(const struct profile *profile);
void news_free(struct news **news);
/* The device's own options, each may be NULL: report, which is that of all readings, or a map of reading to its own;
 * deadband, a map of tag to number. -1 with errors added. */
int news_read(struct news *news, const struct conf_node *report, const struct conf_node *deadband,
	      struct conf_errors *errors);

/* Whether the reading says something that the last one did not, or the time for one has come anyway. If so, it is
 * the last one from now on. */
bool news_is(struct news *news, const struct reading *reading, const struct dragoman_value *values,
	     int64_t received_ns);
/* The next reading of each kind is news. */
void news_forget(struct news *news);

#endif
