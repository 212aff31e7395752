# SPDX-License-Identifier: Apache-2.0
# The YAML profile engine, used by the channel and the command line

noinst_LTLIBRARIES += libprofile.la
libprofile_la_SOURCES = \
	src/profile/answers.c \
	src/profile/arena.c \
	src/profile/bytes.c \
	src/profile/bytes.h \
	src/profile/charset.c \
	src/profile/codec_read.c \
	src/profile/codec_write.c \
	src/profile/conditions.c \
	src/profile/constant.c \
	src/profile/decode.c \
	src/profile/descriptor.c \
	src/profile/derive.c \
	src/profile/derive.h \
	src/profile/dissect.c \
	src/profile/dissect.h \
	src/profile/engine.c \
	src/profile/engine.h \
	src/profile/equip.c \
	src/profile/exchange.c \
	src/profile/exchange.h \
	src/profile/find.c \
	src/profile/gateway.c \
	src/profile/load.c \
	src/profile/load_ask.c \
	src/profile/load_commands.c \
	src/profile/load_frames.c \
	src/profile/load_linear.c \
	src/profile/load_moment.c \
	src/profile/load_requests.c \
	src/profile/load_session.c \
	src/profile/load_tags.c \
	src/profile/lock.c \
	src/profile/message.c \
	src/profile/message.h \
	src/profile/moment.c \
	src/profile/moment.h \
	src/profile/number.c \
	src/profile/outline.c \
	src/profile/outline.h \
	src/profile/ops.c \
	src/profile/parts.c \
	src/profile/pattern.c \
	src/profile/play.c \
	src/profile/play.h \
	src/profile/played.c \
	src/profile/profile.h \
	src/profile/program.h \
	src/profile/proto.c \
	src/profile/raw.c \
	src/profile/read.c \
	src/profile/roundtrip.c \
	src/profile/rules.c \
	src/profile/samples.c \
	src/profile/samples.h \
	src/profile/script.c \
	src/profile/script.h \
	src/profile/script_match.c \
	src/profile/scripted.c \
	src/profile/scripted.h \
	src/profile/scope.c \
	src/profile/simulate.c \
	src/profile/simulate.h \
	src/profile/skeleton.c \
	src/profile/skeleton.h \
	src/profile/source.c \
	src/profile/steps.c \
	src/profile/template.c \
	src/profile/timetable.c \
	src/profile/timetable.h \
	src/profile/type.c \
	src/profile/typed.c \
	src/profile/typed.h \
	src/profile/values.c \
	src/profile/variant.c \
	src/profile/values_encode.c \
	src/profile/vector_run.c \
	src/profile/vectors.c \
	src/profile/vectors.h \
	src/profile/write.c \
	$(NULL)
libprofile_la_CPPFLAGS = $(AM_CPPFLAGS) $(PCRE2_CFLAGS) $(LUA_CFLAGS)
libprofile_la_LIBADD = $(PCRE2_LIBS) $(LUA_LIBS) -lm
