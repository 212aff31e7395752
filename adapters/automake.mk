# SPDX-License-Identifier: Apache-2.0
# Adapters that come with the gateway: one directory for each C plugin, and the profiles.

# A plugin sees what an outsider's would see, the installed header, and nothing of src/. For each:
#
# plugin_LTLIBRARIES += adapters/raw/raw.la
# adapters_raw_raw_la_SOURCES = adapters/raw/raw.c
# adapters_raw_raw_la_CPPFLAGS = $(PLUGIN_CPPFLAGS)
# adapters_raw_raw_la_LDFLAGS = $(PLUGIN_LINK_FLAGS)
#
# The library's name is the file's: $(plugindir)/raw.so; in the build tree adapters/raw/.libs/raw.so.
PLUGIN_CPPFLAGS = -D_DEFAULT_SOURCE -I$(top_srcdir)/include
PLUGIN_LINK_FLAGS = $(SHARED_LINK_FLAGS) -module -avoid-version -shared

# The plugin's code is a library of its own, so that tests can link it.
plugin_LTLIBRARIES += adapters/nmea0183/nmea0183.la
adapters_nmea0183_nmea0183_la_SOURCES =
adapters_nmea0183_nmea0183_la_LIBADD = libnmea0183.la
adapters_nmea0183_nmea0183_la_LDFLAGS = $(PLUGIN_LINK_FLAGS) -export-symbols-regex '^dragoman_adapter$$'
noinst_LTLIBRARIES += libnmea0183.la
libnmea0183_la_SOURCES = \
	adapters/nmea0183/calendar.c \
	adapters/nmea0183/calendar.h \
	adapters/nmea0183/decode.c \
	adapters/nmea0183/nmea.h \
	adapters/nmea0183/nmea0183.c \
	adapters/nmea0183/number.c \
	adapters/nmea0183/number.h \
	adapters/nmea0183/rows.c \
	adapters/nmea0183/rows.h \
	adapters/nmea0183/satellites.c \
	adapters/nmea0183/sentence.c \
	adapters/nmea0183/sentence.h \
	adapters/nmea0183/slots.c \
	adapters/nmea0183/transducers.c \
	adapters/nmea0183/validity.c \
	$(NULL)
libnmea0183_la_CPPFLAGS = $(PLUGIN_CPPFLAGS)

# What a plugin of another tree is built with: pkg-config dragoman (dragoman.pc.in).

profiles = \
	$(NULL) \
	adapters/profiles/abb-commander-300.yaml \
	adapters/profiles/aeg-are.yaml \
	adapters/profiles/alicat-mc.yaml \
	adapters/profiles/allen-bradley-df1.yaml \
	adapters/profiles/and-balance.yaml \
	adapters/profiles/and-counting.yaml \
	adapters/profiles/and-indicator.yaml \
	adapters/profiles/apc-smart.yaml \
	adapters/profiles/avaya-ip-office.yaml \
	adapters/profiles/axpert-pi30.yaml \
	adapters/profiles/azkoyen-x6.yaml \
	adapters/profiles/belkin-regulator.yaml \
	adapters/profiles/belkin-universal.yaml \
	adapters/profiles/bk-1688b.yaml \
	adapters/profiles/bk-8500.yaml \
	adapters/profiles/bronkhorst-propar.yaml \
	adapters/profiles/brookfield-tc.yaml \
	adapters/profiles/cas-pos.yaml \
	adapters/profiles/celestron-nexstar.yaml \
	adapters/profiles/center-303.yaml \
	adapters/profiles/cubic-cm1106.yaml \
	adapters/profiles/current-cost.yaml \
	adapters/profiles/daly-bms.yaml \
	adapters/profiles/danfoss-fc.yaml \
	adapters/profiles/davis-vantage.yaml \
	adapters/profiles/dell-5100mp.yaml \
	adapters/profiles/denon-avr.yaml \
	adapters/profiles/dgh-d1000.yaml \
	adapters/profiles/dini-argeo.yaml \
	adapters/profiles/dsmr-p1-v3.yaml \
	adapters/profiles/dsmr-p1.yaml \
	adapters/profiles/easycomm.yaml \
	adapters/profiles/easymeter-q3d.yaml \
	adapters/profiles/edwards-next.yaml \
	adapters/profiles/emucs-p1.yaml \
	adapters/profiles/escpos-status.yaml \
	adapters/profiles/eurotherm-bisynch.yaml \
	adapters/profiles/extron-mmx-32.yaml \
	adapters/profiles/extron-sw4-3g.yaml \
	adapters/profiles/fluke-289.yaml \
	adapters/profiles/fluke-45.yaml \
	adapters/profiles/fs9721.yaml \
	adapters/profiles/gill-metpak.yaml \
	adapters/profiles/gill-windsonic.yaml \
	adapters/profiles/gq-gmc.yaml \
	adapters/profiles/granville-350.yaml \
	adapters/profiles/gs-232a.yaml \
	adapters/profiles/gs-232b.yaml \
	adapters/profiles/gy-mcu680.yaml \
	adapters/profiles/hitachi-cp.yaml \
	adapters/profiles/honeywell-hpm.yaml \
	adapters/profiles/honeywell-scanner.yaml \
	adapters/profiles/hp-34401a.yaml \
	adapters/profiles/hy-gain-dcu1.yaml \
	adapters/profiles/icom-ic-r20.yaml \
	adapters/profiles/icom-ic-r75.yaml \
	adapters/profiles/icom-ic-r8500.yaml \
	adapters/profiles/id-innovations.yaml \
	adapters/profiles/ika-namur.yaml \
	adapters/profiles/inficon-bpg.yaml \
	adapters/profiles/inficon-vgc.yaml \
	adapters/profiles/iskra-me162.yaml \
	adapters/profiles/iskra-mt174.yaml \
	adapters/profiles/itron-em214.yaml \
	adapters/profiles/jbd-bms.yaml \
	adapters/profiles/julabo-fl.yaml \
	adapters/profiles/jvc-dila.yaml \
	adapters/profiles/kamstrup-kmp.yaml \
	adapters/profiles/kenwood-ts440.yaml \
	adapters/profiles/korad-ka.yaml \
	adapters/profiles/kpa500.yaml \
	adapters/profiles/kramer-2000.yaml \
	adapters/profiles/kramer-3000.yaml \
	adapters/profiles/lakeshore-331.yaml \
	adapters/profiles/lambda-genesys.yaml \
	adapters/profiles/lambda-zup.yaml \
	adapters/profiles/landis-gyr-e350.yaml \
	adapters/profiles/lauda-microcool.yaml \
	adapters/profiles/linky-historic.yaml \
	adapters/profiles/linky-standard.yaml \
	adapters/profiles/logarex-lk13.yaml \
	adapters/profiles/ls-cnet.yaml \
	adapters/profiles/lufft-umb.yaml \
	adapters/profiles/m2-rc2800.yaml \
	adapters/profiles/megatec-q1.yaml \
	adapters/profiles/mei-ebds.yaml \
	adapters/profiles/melsec-fx-link.yaml \
	adapters/profiles/mettler-continuous.yaml \
	adapters/profiles/mewtocol.yaml \
	adapters/profiles/mh-z19.yaml \
	adapters/profiles/mini-convectron.yaml \
	adapters/profiles/mks-902b.yaml \
	adapters/profiles/mt-sics.yaml \
	adapters/profiles/nci-scale.yaml \
	adapters/profiles/neslab-nc.yaml \
	adapters/profiles/nord-uss.yaml \
	adapters/profiles/ohaus.yaml \
	adapters/profiles/omron-host-link.yaml \
	adapters/profiles/outback-mate.yaml \
	adapters/profiles/panasonic-smdr.yaml \
	adapters/profiles/peet-ultimeter.yaml \
	adapters/profiles/pfeiffer-gauge.yaml \
	adapters/profiles/pfeiffer-tc.yaml \
	adapters/profiles/pjlink.yaml \
	adapters/profiles/plantower.yaml \
	adapters/profiles/pzem004t-v1.yaml \
	adapters/profiles/radant-azv.yaml \
	adapters/profiles/radwag.yaml \
	adapters/profiles/rkc-cb.yaml \
	adapters/profiles/rotor-ez.yaml \
	adapters/profiles/samwontech-temi.yaml \
	adapters/profiles/sartorius-sbi.yaml \
	adapters/profiles/sds011.yaml \
	adapters/profiles/sec-ups.yaml \
	adapters/profiles/sensirion-sps30.yaml \
	adapters/profiles/sma-scale.yaml \
	adapters/profiles/smarty-p1.yaml \
	adapters/profiles/sony-evi-d100.yaml \
	adapters/profiles/spid-rot1prog.yaml \
	adapters/profiles/spid-rot2prog.yaml \
	adapters/profiles/thermocube.yaml \
	adapters/profiles/toledo-8213.yaml \
	adapters/profiles/torrey-pines.yaml \
	adapters/profiles/toshiba-strata-ctx.yaml \
	adapters/profiles/ultraheat-uh50.yaml \
	adapters/profiles/unihedron-sqm.yaml \
	adapters/profiles/vaisala-ct25k.yaml \
	adapters/profiles/vaisala-pwd.yaml \
	adapters/profiles/vaisala-wmt700.yaml \
	adapters/profiles/vaisala-wxt.yaml \
	adapters/profiles/vici-actuator.yaml \
	adapters/profiles/victron-vedirect.yaml \
	adapters/profiles/voltronic-ups.yaml \
	adapters/profiles/wattsup-pro.yaml \
	adapters/profiles/winsen-ze07.yaml \
	adapters/profiles/winsen-zphs01c.yaml \
	adapters/profiles/yaesu-ft847.yaml \
	adapters/profiles/yaesu-ft857.yaml \
	adapters/profiles/yokogawa-pc-link.yaml
# Beside each stands its lock, as dragoman profile lock writes it.
dist_profile_DATA = $(profiles) $(profiles:.yaml=.lock)
