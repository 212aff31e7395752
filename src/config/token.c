/* SPDX-License-Identifier: Apache-2.0 */
/* The token of a program that may publish; see token.h. */
#include "config/token.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/utf8.h"
#include "base/xalloc.h"
#include "config/paths.h"

enum { FILE_MAX = 4096 };

static void check_mode(const char *path, const struct conf_node *node, struct conf_errors *errors)
{
	struct stat st;

	if (stat(path, &st) == 0 && st.st_mode & (S_IROTH | S_IWOTH))
		conf_warning(errors, node, "%s can be read or written by everybody: chmod o-rw",
			     path);
}

/* The first line, without its end; NULL with errors. */
static char *first_line(const char *path, const struct conf_node *node, struct conf_errors *errors)
{
	struct err err;
	size_t len;
	char *text = fd_read_path(path, FILE_MAX, &len, &err);

	if (!text) {
		conf_error(errors, node, "%s", err.text);
		return NULL;
	}
	len = strcspn(text, "\r\n");
	if (len < PUBLISHER_TOKEN_MIN || len > PUBLISHER_TOKEN_MAX || !utf8_is_valid(text, len)) {
		conf_error(errors, node,
			   "the first line of %s is no token; expected %d to %d characters", path,
			   PUBLISHER_TOKEN_MIN, PUBLISHER_TOKEN_MAX);
		free(text);
		return NULL;
	}
	text[len] = '\0';
	return text;
}

char *token_read(const struct config_publisher *publisher, struct conf_errors *errors)
{
	const struct conf_node *node = conf_get(publisher->item.node, "token_file");
	char *path, *token;

	if (publisher->token)
		return xstrdup(publisher->token);
	if (!publisher->token_file || !node)
		return NULL; /* said already */
	path = path_beside(node->file, publisher->token_file);
	check_mode(path, node, errors);
	token = first_line(path, node, errors);
	free(path);
	return token;
}
