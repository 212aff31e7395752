# SPDX-License-Identifier: Apache-2.0
# What a service manager wants to know

systemdunitdir = $(prefix)/lib/systemd/system
systemdunit_DATA = etc/systemd/dragoman.service
sysusersdir = $(prefix)/lib/sysusers.d
dist_sysusers_DATA = etc/systemd/dragoman-sysusers.conf
EXTRA_DIST += etc/systemd/dragoman.service.in
CLEANFILES += etc/systemd/dragoman.service

etc/systemd/dragoman.service: etc/systemd/dragoman.service.in Makefile
	$(AM_V_GEN)$(MKDIR_P) etc/systemd && sed -e 's,[@]sbindir[@],$(sbindir),g' -e 's,[@]statedir[@],$(statedir),g' \
		$(top_srcdir)/etc/systemd/dragoman.service.in >$@
