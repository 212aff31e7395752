/* SPDX-License-Identifier: Apache-2.0 */
/* All sockets that clients connect to; see gate.h. */
#include "super/gate.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "super/listen.h"

static int share(int fd)
{
	return fcntl(fd, F_DUPFD_CLOEXEC, 0);
}

static int open_local(const char *path, const struct gate_owner *owner, const struct gate *open,
		      struct err *err)
{
	if (!open)
		return listen_local(path, owner->mode, owner->uid, owner->gid, err);
	if (chown(path, owner->uid, owner->gid) < 0 || chmod(path, owner->mode) < 0)
		return err_errno(err, "%s", path);
	return share(open->local);
}

static int open_tcp(const struct plan_listener *wanted, const struct gate *open, struct err *err)
{
	char text[LISTEN_TEXT_SIZE];
	int fd;

	for (size_t i = 0; open && i < open->n_tcp; i++)
		if (!strcmp(open->listeners[i].address, wanted->address) &&
		    open->listeners[i].port == wanted->port)
			return share(open->tcp[i]);
	fd = listen_tcp(wanted, err);
	if (fd >= 0)
		log_info("listening on %s%s", listen_text(fd, text),
			 wanted->insecure ? " (insecure: for everyone who reaches it)" : "");
	return fd;
}

int gate_init(struct gate *gate, const char *socket_path, const struct gate_owner *owner,
	      const struct plan *plan, const struct gate *open, struct err *err)
{
	*gate = (struct gate){.local = -1};
	for (size_t i = 0; i < plan->n_listeners; i++) {
		gate->tcp[i] = open_tcp(&plan->listeners[i], open, err);
		if (gate->tcp[i] < 0)
			goto failed;
		gate->listeners[gate->n_tcp++] = plan->listeners[i];
	}
	gate->local = open_local(socket_path, owner, open, err);
	if (gate->local < 0)
		goto failed;
	return 0;
failed:
	gate_fini(gate);
	return -1;
}

void gate_fini(struct gate *gate)
{
	fd_close(&gate->local);
	for (size_t i = 0; i < gate->n_tcp; i++)
		fd_close(&gate->tcp[i]);
	gate->n_tcp = 0;
}
