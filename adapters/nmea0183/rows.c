/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sentences. Fields are numbered as in the standard's descriptions: 1 is the first behind the address.
 * Written from the public descriptions: E. S. Raymond, "NMEA Revealed" (gpsd.gitlab.io/gpsd/NMEA.html), the
 * u-blox, SiRF, Garmin (PGRM...) and Hemisphere/Ashtech (PASHR) protocol manuals.
 */
#include "rows.h"

#include "nmea.h"

#define N(a, b, c) SENTENCE_NAME(a, b, c, 0)
#define KNOTS .unit = "m/s", .num = 463, .den = 900 /* 1852 m in 3600 s */

#define LAT(n)                                                                                     \
	{                                                                                          \
		.tag = "latitude", .unit = "deg", .kind = LATITUDE, .at = n, .flags = FIX | MAIN,  \
		.help = "north positive, WGS 84 unless DTM says otherwise"                         \
	}
#define LON(n)                                                                                     \
	{                                                                                          \
		.tag = "longitude", .unit = "deg", .kind = LONGITUDE, .at = n,                     \
		.flags = FIX | MAIN, .help = "east positive"                                       \
	}
#define POSITION(n) LAT(n), LON((n) + 2)
#define ALTITUDE(n)                                                                                \
	{                                                                                          \
		.tag = "altitude", .unit = "m", .kind = NUMBER, .at = n,                           \
		.flags = FIX | MAIN | HEIGHT, .help = "above mean sea level"                       \
	}
#define GEOID(n)                                                                                   \
	{                                                                                          \
		.tag = "geoid_separation", .unit = "m", .kind = NUMBER, .at = n,                   \
		.help = "of the geoid above the WGS 84 ellipsoid"                                  \
	}
#define USED(n)                                                                                    \
	{                                                                                          \
		.tag = "satellites_used", .kind = INTEGER, .at = n,                                \
		.help = "satellites in the solution"                                               \
	}
#define DOP(name, n, what)                                                                         \
	{                                                                                          \
		.tag = name, .kind = NUMBER, .at = n, .help = what " dilution of precision"        \
	}
#define AGE(n)                                                                                     \
	{                                                                                          \
		.tag = "correction_age", .unit = "s", .kind = NUMBER, .at = n,                     \
		.help = "of the differential corrections"                                          \
	}
#define STATION(n)                                                                                 \
	{                                                                                          \
		.tag = "correction_station", .kind = WORD, .at = n, .help = "reference station"    \
	}
#define MODE_WORD(n)                                                                               \
	{                                                                                          \
		.tag = "mode", .kind = MODE, .at = n, .help = "how the position was found"         \
	}
#define TIME_TAG                                                                                   \
	{                                                                                          \
		.tag = "time", .kind = FULL_TIME, .flags = MAIN,                                   \
		.help = "the instrument's date and time, UTC"                                      \
	}
#define SPEED_TAG(n, ...)                                                                          \
	{                                                                                          \
		.tag = "speed", .at = n, .help = "over ground", __VA_ARGS__                        \
	}
#define COURSE(n)                                                                                  \
	{                                                                                          \
		.tag = "course", .unit = "deg", .kind = NUMBER, .at = n, .flags = FIX,             \
		.help = "over ground, true"                                                        \
	}
#define VARIATION(n)                                                                               \
	{                                                                                          \
		.tag = "magnetic_variation", .unit = "deg", .kind = SIGNED, .at = n,               \
		.help = "east positive"                                                            \
	}
#define DEG(name, n, what, ...)                                                                    \
	{                                                                                          \
		.tag = name, .unit = "deg", .kind = NUMBER, .at = n, .help = what, __VA_ARGS__     \
	}
#define METRE(name, n, what, ...)                                                                  \
	{                                                                                          \
		.tag = name, .unit = "m", .kind = NUMBER, .at = n, .help = what, __VA_ARGS__       \
	}
#define IN_UNIT(name, u, q, n, l, what, ...)                                                       \
	{                                                                                          \
		.tag = name, .unit = u, .kind = QUANTITY, .quantity = q, .at = n, .letter = l,     \
		.help = what, __VA_ARGS__                                                          \
	}
#define WATER_SPEED(n, l, f)                                                                       \
	IN_UNIT("water_speed", "m/s", SPEED, n, l, "through the water", .flags = f)
#define WIND(name, n, l, what, f) IN_UNIT(name, "m/s", SPEED, n, l, what, .flags = f)
#define DEPTH_TAG(name, what)                                                                      \
	IN_UNIT(name, "m", DEPTH, 3, 'M', what, .flags = MAIN),                                    \
		IN_UNIT(name, "m", DEPTH, 1, 'f', what, .flags = MAIN | ELSE),                     \
		IN_UNIT(name, "m", DEPTH, 5, 'F', what, .flags = MAIN | ELSE)

/* clang-format off */
const struct row rows[] = {
	{N('G','G','A'), .least = 10, .key = "GGA", .title = "fix", .time = 1, .validity = {{FIXTYPE, 6}}, .fields = {
		POSITION(2), ALTITUDE(9), GEOID(11),
		{.tag = "fix_quality", .kind = INTEGER, .at = 6, .flags = MAIN, .help = "0 none, 1 GPS, 2 differential, 3 PPS, 4 RTK, 5 float RTK, 6 estimated, 7 manual, 8 simulator"},
		USED(7), DOP("hdop", 8, "horizontal"), AGE(13), STATION(14)}},
	{N('R','M','C'), .least = 10, .key = "RMC", .title = "recommended minimum", .time = 1, .date = 9, .date_kind = DDMMYY, .validity = {{STATUS, 2}, {FAA, 12}}, .fields = {
		TIME_TAG, POSITION(3), SPEED_TAG(7, .kind = NUMBER, .flags = FIX | MAIN, KNOTS), COURSE(8), VARIATION(10), MODE_WORD(12)}},
	{N('G','S','V'), .least = 4, .key = "GSV", .title = "satellites in view", .decode = decode_gsv, .fields = {
		{.tag = "satellites_in_view", .kind = INTEGER, .help = "of this constellation (and signal)"},
		{.tag = "satellites_tracked", .kind = INTEGER, .help = "of them with a signal"},
		{.tag = "snr_max", .unit = "dB", .kind = NUMBER, .help = "the strongest signal (C/N0)"},
		{.tag = "snr_mean", .unit = "dB", .kind = NUMBER, .help = "of those tracked"},
		{.tag = "satellites", .kind = WORD, .help = "id/elevation/azimuth/snr of each, as the receiver numbers them"}}},
	{N('G','S','A'), .least = 18, .key = "GSA", .title = "satellites used", .decode = decode_gsa, .fields = {
		{.tag = "fix_dimensions", .kind = INTEGER, .at = 2, .flags = MAIN, .help = "1 no fix, 2 in two, 3 in three dimensions"},
		USED(0), DOP("pdop", 15, "position"), DOP("hdop", 16, "horizontal"), DOP("vdop", 17, "vertical"),
		{.tag = "satellites", .kind = WORD, .help = "ids of those used"}}},
	{N('V','T','G'), .least = 9, .key = "VTG", .title = "course and speed", .validity = {{FAA, 9}}, .fields = {
		IN_UNIT("speed", "m/s", SPEED, 5, 'N', "over ground", .flags = FIX | MAIN),
		IN_UNIT("speed", "m/s", SPEED, 7, 'K', "over ground", .flags = FIX | MAIN | ELSE),
		COURSE(1), DEG("course_magnetic", 3, "over ground, magnetic", .flags = FIX), MODE_WORD(9)}},
	{N('G','L','L'), .least = 5, .key = "GLL", .title = "position", .time = 5, .validity = {{STATUS, 6}, {FAA, 7}}, .fields = {
		POSITION(1), MODE_WORD(7)}},
	{N('G','N','S'), .least = 10, .key = "GNS", .title = "fix of several constellations", .time = 1, .validity = {{MODES, 6}}, .fields = {
		POSITION(2), ALTITUDE(9), GEOID(10),
		{.tag = "modes", .kind = WORD, .at = 6, .help = "the mode letter of each constellation"},
		USED(7), DOP("hdop", 8, "horizontal"), AGE(11), STATION(12)}},
	{N('Z','D','A'), .least = 5, .key = "ZDA", .title = "date and time", .time = 1, .date = 2, .date_kind = DAY_MONTH_YEAR, .fields = {
		TIME_TAG}},
	{N('G','S','T'), .least = 9, .key = "GST", .title = "error statistics", .time = 1, .fields = {
		METRE("range_rms", 2, "of the ranges"), METRE("error_major", 3, "semi-major axis of the error ellipse, 1 sigma"),
		METRE("error_minor", 4, "its semi-minor axis"), DEG("error_orientation", 5, "of the major axis from true north"),
		METRE("latitude_error", 6, "1 sigma"), METRE("longitude_error", 7, "1 sigma"), METRE("altitude_error", 8, "1 sigma")}},
	{N('G','B','S'), .least = 5, .key = "GBS", .title = "fault detection", .time = 1, .fields = {
		METRE("latitude_error", 2, "expected"), METRE("longitude_error", 3, "expected"), METRE("altitude_error", 4, "expected"),
		{.tag = "failed_satellite", .kind = WORD, .at = 5, .help = "the one most likely to be at fault"}}},
	{N('H','D','T'), .least = 3, .key = "HDT", .title = "heading", .fields = {
		DEG("heading", 1, "true", .flags = MAIN)}},
	{N('H','D','G'), .least = 6, .key = "HDG", .title = "magnetic heading", .fields = {
		DEG("heading_magnetic", 1, "of the sensor, without deviation", .flags = MAIN),
		{.tag = "deviation", .unit = "deg", .kind = SIGNED, .at = 2, .help = "of the compass, east positive"}, VARIATION(4)}},
	{N('H','D','M'), .least = 3, .key = "HDM", .title = "magnetic heading", .fields = {
		DEG("heading_magnetic", 1, "magnetic", .flags = MAIN)}},
	{N('T','H','S'), .least = 3, .key = "THS", .title = "heading and its status", .validity = {{HEADING, 2}}, .fields = {
		DEG("heading", 1, "true", .flags = MAIN | FIX)}},
	{N('R','O','T'), .least = 3, .key = "ROT", .title = "rate of turn", .fields = {
		{.tag = "rate_of_turn", .unit = "deg/min", .kind = NUMBER, .at = 1, .status = 2, .flags = MAIN, .help = "to starboard positive"}}},
	{N('V','H','W'), .least = 7, .key = "VHW", .title = "water speed and heading", .fields = {
		WATER_SPEED(5, 'N', MAIN), WATER_SPEED(7, 'K', MAIN | ELSE), DEG("heading", 1, "true"), DEG("heading_magnetic", 3, "magnetic")}},
	{N('V','L','W'), .least = 4, .key = "VLW", .title = "distance through the water", .fields = {
		IN_UNIT("distance", "m", DISTANCE, 1, 'N', "all", .flags = MAIN), IN_UNIT("distance_trip", "m", DISTANCE, 3, 'N', "since the reset")}},
	{N('D','B','T'), .least = 5, .key = "DBT", .title = "depth below the transducer", .fields = {DEPTH_TAG("depth_below_transducer", "of the water")}},
	{N('D','B','S'), .least = 5, .key = "DBS", .title = "depth below the surface", .fields = {DEPTH_TAG("depth_below_surface", "of the water")}},
	{N('D','B','K'), .least = 5, .key = "DBK", .title = "depth below the keel", .fields = {DEPTH_TAG("depth_below_keel", "of the water")}},
	{N('D','P','T'), .least = 3, .key = "DPT", .title = "depth", .fields = {
		METRE("depth_below_transducer", 1, "of the water", .flags = MAIN),
		METRE("depth_offset", 2, "transducer to waterline (positive) or keel (negative)"), METRE("depth_range", 3, "largest that can be measured")}},
	{N('M','T','W'), .least = 3, .key = "MTW", .title = "water temperature", .fields = {
		IN_UNIT("water_temperature", "Cel", TEMPERATURE, 1, 'C', "of the sea", .flags = MAIN)}},
	{N('M','W','V'), .least = 5, .when = {2, 'R'}, .key = "MWV-R", .title = "relative (apparent) wind", .validity = {{SENSOR, 5}}, .fields = {
		DEG("wind_angle_apparent", 1, "from the bow, clockwise", .flags = MAIN | FIX), WIND("wind_speed_apparent", 3, 'N', "as felt", MAIN | FIX)}},
	{N('M','W','V'), .least = 5, .when = {2, 'T'}, .key = "MWV-T", .title = "theoretical (true) wind", .validity = {{SENSOR, 5}}, .fields = {
		DEG("wind_angle_true", 1, "from the bow, clockwise", .flags = MAIN | FIX), WIND("wind_speed_true", 3, 'N', "without the vessel's own", MAIN | FIX)}},
	{N('M','W','D'), .least = 7, .key = "MWD", .title = "wind direction and speed", .fields = {
		DEG("wind_direction", 1, "where it comes from, true", .flags = MAIN), DEG("wind_direction_magnetic", 3, "where it comes from, magnetic"),
		WIND("wind_speed_true", 7, 'M', "over ground", MAIN), WIND("wind_speed_true", 5, 'N', "over ground", MAIN | ELSE)}},
	{N('V','W','R'), .least = 5, .key = "VWR", .title = "relative wind", .fields = {
		{.tag = "wind_angle_apparent", .unit = "deg", .kind = SIGNED, .at = 1, .flags = MAIN, .help = "from the bow, to port negative"},
		WIND("wind_speed_apparent", 5, 'M', "as felt", MAIN), WIND("wind_speed_apparent", 3, 'N', "as felt", MAIN | ELSE), WIND("wind_speed_apparent", 7, 'K', "as felt", MAIN | ELSE)}},
	{N('V','W','T'), .least = 5, .key = "VWT", .title = "true wind", .fields = {
		{.tag = "wind_angle_true", .unit = "deg", .kind = SIGNED, .at = 1, .flags = MAIN, .help = "from the bow, to port negative"},
		WIND("wind_speed_true", 5, 'M', "without the vessel's own", MAIN), WIND("wind_speed_true", 3, 'N', "without the vessel's own", MAIN | ELSE), WIND("wind_speed_true", 7, 'K', "without the vessel's own", MAIN | ELSE)}},
	{N('V','B','W'), .least = 4, .key = "VBW", .title = "speed along and across", .fields = {
		{.tag = "water_speed", KNOTS, .kind = NUMBER, .at = 1, .status = 3, .flags = MAIN, .help = "through the water, ahead positive"},
		{.tag = "water_speed_across", KNOTS, .kind = NUMBER, .at = 2, .status = 3, .help = "through the water, to starboard positive"},
		{.tag = "speed_along", KNOTS, .kind = NUMBER, .at = 4, .status = 6, .help = "over ground, ahead positive"},
		{.tag = "speed_across", KNOTS, .kind = NUMBER, .at = 5, .status = 6, .help = "over ground, to starboard positive"}}},
	{N('M','D','A'), .least = 9, .key = "MDA", .title = "meteorology", .fields = {
		IN_UNIT("pressure", "Pa", PRESSURE, 3, 'B', "of the air", .flags = MAIN), IN_UNIT("pressure", "Pa", PRESSURE, 1, 'I', "of the air", .flags = MAIN | ELSE),
		IN_UNIT("air_temperature", "Cel", TEMPERATURE, 5, 'C', "of the air"), IN_UNIT("water_temperature", "Cel", TEMPERATURE, 7, 'C', "of the sea"),
		{.tag = "humidity", .unit = "%", .kind = NUMBER, .at = 9, .help = "relative"},
		{.tag = "humidity_absolute", .unit = "%", .kind = NUMBER, .at = 10, .help = "as the instrument gives it"},
		IN_UNIT("dew_point", "Cel", TEMPERATURE, 11, 'C', "of the air"),
		DEG("wind_direction", 13, "where it comes from, true"), DEG("wind_direction_magnetic", 15, "where it comes from, magnetic"),
		WIND("wind_speed_true", 19, 'M', "over ground", 0), WIND("wind_speed_true", 17, 'N', "over ground", ELSE)}},
	{N('M','M','B'), .least = 3, .key = "MMB", .title = "barometer", .fields = {
		IN_UNIT("pressure", "Pa", PRESSURE, 3, 'B', "of the air", .flags = MAIN), IN_UNIT("pressure", "Pa", PRESSURE, 1, 'I', "of the air", .flags = MAIN | ELSE)}},
	{N('M','T','A'), .least = 3, .key = "MTA", .title = "air temperature", .fields = {
		IN_UNIT("air_temperature", "Cel", TEMPERATURE, 1, 'C', "of the air", .flags = MAIN)}},
	{N('M','H','U'), .least = 2, .key = "MHU", .title = "humidity", .fields = {
		{.tag = "humidity", .unit = "%", .kind = NUMBER, .at = 1, .flags = MAIN, .help = "relative"},
		{.tag = "humidity_absolute", .unit = "%", .kind = NUMBER, .at = 2, .help = "as the instrument gives it"},
		IN_UNIT("dew_point", "Cel", TEMPERATURE, 3, 'C', "of the air")}},
	{N('X','D','R'), .least = 5, .key = "XDR", .title = "transducers", .decode = decode_xdr},
	{N('R','S','A'), .least = 3, .key = "RSA", .title = "rudder", .fields = {
		DEG("rudder", 1, "starboard or only rudder, to starboard positive", .flags = MAIN, .status = 2), DEG("rudder_port", 3, "port rudder", .status = 4)}},
	{N('R','P','M'), .least = 4, .key = "RPM", .title = "revolutions", .validity = {{SENSOR, 5}}, .decode = decode_rpm, .fields = {
		{.tag = "revolutions", .unit = "/min", .kind = NUMBER, .at = 3, .flags = MAIN | FIX, .help = "of the engine or shaft, counter-clockwise negative"},
		{.tag = "pitch_of_propeller", .unit = "%", .kind = NUMBER, .at = 4, .flags = FIX, .help = "of the largest, astern negative"}}},
	{N('D','T','M'), .least = 8, .key = "DTM", .title = "datum", .fields = {
		{.tag = "datum", .kind = WORD, .at = 1, .flags = MAIN, .help = "that the positions are in"},
		{.tag = "datum_reference", .kind = WORD, .at = 8, .help = "that the offsets are from"},
		{.tag = "datum_latitude_offset", .unit = "'", .kind = SIGNED, .at = 3, .help = "north positive"},
		{.tag = "datum_longitude_offset", .unit = "'", .kind = SIGNED, .at = 5, .help = "east positive"},
		METRE("datum_altitude_offset", 7, "of the altitudes")}},
	{N('V','D','R'), .least = 6, .key = "VDR", .title = "set and drift", .fields = {
		IN_UNIT("current_speed", "m/s", SPEED, 5, 'N', "of the water over ground", .flags = MAIN),
		DEG("current_direction", 1, "where it flows to, true"), DEG("current_direction_magnetic", 3, "where it flows to, magnetic")}},
	{SENTENCE_NAME('A','S','H','R'), true, .least = 17, .when = {1, 'P'}, .key = "PASHR-POS", .title = "position (Ashtech)", .time = 4, .fields = {
		POSITION(5), METRE("altitude", 9, "above mean sea level", .flags = FIX), SPEED_TAG(12, .kind = NUMBER, .flags = FIX, KNOTS), COURSE(11),
		{.tag = "climb", .unit = "m/s", .kind = NUMBER, .at = 13, .flags = FIX, .help = "upwards positive"},
		USED(3), DOP("pdop", 14, "position"), DOP("hdop", 15, "horizontal"), DOP("vdop", 16, "vertical")}},
	{SENTENCE_NAME('A','S','H','R'), true, .least = 10, .when = {3, 'T'}, .key = "PASHR", .title = "attitude", .time = 1, .fields = {
		DEG("heading", 2, "true", .flags = MAIN), DEG("roll", 4, "to starboard positive", .flags = MAIN), DEG("pitch", 5, "bow up positive", .flags = MAIN),
		METRE("heave", 6, "upwards positive"), DEG("roll_error", 7, "1 sigma"), DEG("pitch_error", 8, "1 sigma"), DEG("heading_error", 9, "1 sigma")}},
	{SENTENCE_NAME('G','R','M','E'), true, .least = 6, .key = "PGRME", .title = "estimated errors (Garmin)", .fields = {
		METRE("horizontal_error", 1, "estimated", .flags = MAIN), METRE("vertical_error", 3, "estimated", .flags = MAIN), METRE("position_error", 5, "estimated, spherical")}},
	{SENTENCE_NAME('G','R','M','F'), true, .least = 14, .key = "PGRMF", .title = "fix (Garmin)", .time = 4, .date = 3, .date_kind = DDMMYY, .validity = {{GARMIN, 11}}, .fields = {
		TIME_TAG, POSITION(6), SPEED_TAG(12, .unit = "m/s", .kind = NUMBER, .flags = FIX, .num = 5, .den = 18), COURSE(13), DOP("pdop", 14, "position")}},
	{SENTENCE_NAME('G','R','M','Z'), true, .least = 3, .key = "PGRMZ", .title = "altitude (Garmin)", .fields = {
		IN_UNIT("altitude", "m", DEPTH, 1, 'f', "above mean sea level, barometric if the unit has a sensor", .flags = MAIN)}},
};
/* clang-format on */

const size_t n_rows = sizeof(rows) / sizeof(rows[0]);

const struct row *row_find(const struct sentence *s)
{
	bool is_proprietary = s->talker.len == 0;

	for (const struct row *row = rows; row < rows + n_rows; row++) {
		if (row->name != s->name || row->is_proprietary != is_proprietary)
			continue;
		if (!row->when.at || (row->when.at < s->n &&
				      text_letter(s->field[row->when.at]) == row->when.letter))
			return row;
	}
	return NULL;
}
