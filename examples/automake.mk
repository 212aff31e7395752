# SPDX-License-Identifier: Apache-2.0
# Clients to begin with. They are installed beside the documentation; the tests run them.

nobase_dist_doc_DATA = \
	examples/c/watch.c \
	examples/node/keep.mjs \
	examples/node/package.json \
	examples/node/typed.mjs \
	examples/node/watch.mjs \
	examples/python/keep.py \
	examples/python/typed.py \
	examples/python/watch.py \
	$(NULL)

# What the quickstart shows besides simulated devices.
EXTRA_DIST += \
	examples/quickstart/gps.nmea \
	examples/quickstart/host-load.lock \
	examples/quickstart/host-load.yaml \
	$(NULL)

# The C client as an outsider would build it: the installed header and libdragoman, nothing of src/.
check_PROGRAMS += examples/c/watch
examples_c_watch_SOURCES = examples/c/watch.c
examples_c_watch_CPPFLAGS = -I$(top_srcdir)/include
examples_c_watch_LDADD = libdragoman.la

# The modules that the test of the Node client has installed.
distclean-local:
	rm -rf examples/node-modules run quickstart.lock

# Shell completion, where bash and zsh look for it.
bashcompletiondir = $(datadir)/bash-completion/completions
dist_bashcompletion_DATA = completion/dragoman
zshcompletiondir = $(datadir)/zsh/site-functions
dist_zshcompletion_DATA = completion/_dragoman
