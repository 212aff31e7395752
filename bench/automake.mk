# SPDX-License-Identifier: Apache-2.0
# What it costs, beside what a user could pick instead: bench/README.md. Nothing of it is built or run by
# "make" or "make check".

EXTRA_DIST += \
	bench/.gitignore \
	bench/Makefile \
	bench/README.md \
	bench/a_fanout.py \
	bench/b_latency.py \
	bench/benchlib.py \
	bench/c_decode.py \
	bench/d_durable.py \
	bench/e_connections.py \
	bench/f_processes.py \
	bench/g_growth.py \
	bench/h_store.py \
	bench/i_profile.py \
	bench/nmea0183.yaml \
	bench/ours.py \
	bench/peers.py \
	bench/run_all.sh \
	bench/src/bench.h \
	bench/src/decodeload.c \
	bench/src/decoderaw.c \
	bench/src/durframe.c \
	bench/src/durload.c \
	bench/src/fanload.c \
	bench/src/fanraw.c \
	bench/src/fix.proto \
	bench/src/idlebare.c \
	bench/src/idleproc.c \
	bench/src/machine.c \
	bench/src/nmea.h \
	bench/src/ptyraw.c \
	bench/src/storeraw.c \
	$(NULL)

# make bench BENCH_FLAGS='--runs 5 --seconds 3'; configure without --enable-asan first.
BENCH_FLAGS = --runs 3
bench: all bench/profile_bench$(EXEEXT)
	BENCH_BUILD='$(abs_top_builddir)/bench/build' DRAGOMAN_BUILD='$(abs_top_builddir)' \
		bash $(top_srcdir)/bench/run_all.sh $(BENCH_FLAGS)

.PHONY: bench

# What the profile engine costs for a frame, beside the same by hand; also a part of bench.
EXTRA_PROGRAMS += bench/profile_bench
bench_profile_bench_SOURCES = bench/profile_bench.c
bench_profile_bench_CPPFLAGS = $(AM_CPPFLAGS) $(PCRE2_CFLAGS)
bench_profile_bench_LDADD = $(LINK_profile)
bench-profile: bench/profile_bench$(EXEEXT)
	bench/profile_bench 2000000 $(srcdir)/bench/nmea0183.yaml

.PHONY: bench-profile

# What the store costs, beside a bare file; STORE_BENCH_DIR says on which disk.
STORE_BENCH_DIR = /tmp
EXTRA_PROGRAMS += bench/store_bench
bench_store_bench_SOURCES = bench/store_bench.c
bench_store_bench_LDADD = $(LINK_store)
bench-store: bench/store_bench$(EXEEXT)
	bench/store_bench '$(STORE_BENCH_DIR)'

.PHONY: bench-store
