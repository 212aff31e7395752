/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sentences. Fields are numbered as in the standard's descriptions: 1 is the first behind the address.
 * Written from the public descriptions: E. S. Raymond, "NMEA Revealed" (gpsd.gitlab.io/gpsd/NMEA.html), the
 * u-blox, SiRF, Garmin (PGRM...) and Hemisphere/Ashtech (PASHR) protocol manuals.
 */
#include "rows.h"

#include "nmea.h"

#define N(a, b, c) SENTENCE_NAME(a, b, c, 0), .is_proprietary = false
#define P(a, b, c, d) SENTENCE_NAME(a, b, c, d), .is_proprietary = true

/* clang-format off */
#define F(kind_, at_, tag_, unit_, help_, ...) \
	{.tag = tag_, .unit = unit_, .help = help_, .kind = kind_, .at = at_, __VA_ARGS__}
#define NUM(at, tag, unit, help, ...) F(NUMBER, at, tag, unit, help, __VA_ARGS__)
#define DEG(at, tag, help, ...) F(NUMBER, at, tag, "deg", help, __VA_ARGS__)
#define METRE(at, tag, help, ...) F(NUMBER, at, tag, "m", help, __VA_ARGS__)
#define KNOTS(at, tag, help, ...) \
	F(NUMBER, at, tag, "m/s", help, .num = 463, .den = 900, __VA_ARGS__) /* 1852 m in 3600 s */
#define IN(quantity_, at, letter_, tag, unit, help, ...) \
	F(QUANTITY, at, tag, unit, help, .quantity = quantity_, .letter = letter_, __VA_ARGS__)

#define LAT(at) F(LATITUDE, at, "latitude", "deg", "north positive", .flags = FIX | MAIN)
#define LON(at) F(LONGITUDE, at, "longitude", "deg", "east positive", .flags = FIX | MAIN)
#define POSITION(at) LAT(at), LON((at) + 2)
#define ALTITUDE(at) METRE(at, "altitude", "above mean sea level", .flags = FIX | MAIN | HEIGHT)
#define GEOID(at) METRE(at, "geoid_separation", "of the geoid above the WGS 84 ellipsoid")
#define COURSE(at) DEG(at, "course", "over ground, true", .flags = FIX)
#define VARIATION(at) F(SIGNED, at, "magnetic_variation", "deg", "east positive")
#define SPEED_KNOTS(at) KNOTS(at, "speed", "over ground", .flags = FIX | MAIN)
#define USED(at) F(INTEGER, at, "satellites_used", NULL, "satellites in the solution")
#define PDOP(at) NUM(at, "pdop", NULL, "position dilution of precision")
#define HDOP(at) NUM(at, "hdop", NULL, "horizontal dilution of precision")
#define VDOP(at) NUM(at, "vdop", NULL, "vertical dilution of precision")
#define AGE(at) NUM(at, "correction_age", "s", "of the differential corrections")
#define STATION(at) F(WORD, at, "correction_station", NULL, "reference station")
#define MODE_WORD(at) F(MODE, at, "mode", NULL, "how the position was found")
#define TIME_TAG F(FULL_TIME, 0, "time", NULL, "the instrument's date and time, UTC", .flags = MAIN)
#define SPEED_IN(at, letter, ...) IN(SPEED, at, letter, "speed", "m/s", "over ground", __VA_ARGS__)
#define WATER_SPEED(at, letter, ...) \
	IN(SPEED, at, letter, "water_speed", "m/s", "through the water", __VA_ARGS__)
#define APPARENT(at, letter, ...) \
	IN(SPEED, at, letter, "wind_speed_apparent", "m/s", "as felt on board", __VA_ARGS__)
#define TRUE_WIND(at, letter, ...) \
	IN(SPEED, at, letter, "wind_speed_true", "m/s", "without the vessel's own speed", __VA_ARGS__)
#define WIND_FROM(at, ...) DEG(at, "wind_direction", "where it comes from, true", __VA_ARGS__)
#define WIND_FROM_MAGNETIC(at) DEG(at, "wind_direction_magnetic", "where it comes from, magnetic")
#define HEADING_TRUE(at, ...) DEG(at, "heading", "true", __VA_ARGS__)
#define HEADING_MAGNETIC(at, ...) DEG(at, "heading_magnetic", "magnetic", __VA_ARGS__)
#define DEPTH_OF(tag) \
	IN(DEPTH, 3, 'M', tag, "m", "of the water", .flags = MAIN), \
	IN(DEPTH, 1, 'f', tag, "m", "of the water", .flags = MAIN | ELSE), \
	IN(DEPTH, 5, 'F', tag, "m", "of the water", .flags = MAIN | ELSE)
#define AIR_PRESSURE \
	IN(PRESSURE, 3, 'B', "pressure", "Pa", "of the air", .flags = MAIN), \
	IN(PRESSURE, 1, 'I', "pressure", "Pa", "of the air", .flags = MAIN | ELSE)
#define AIR(at, ...) \
	IN(TEMPERATURE, at, 'C', "air_temperature", "Cel", "of the air", __VA_ARGS__)
#define WATER(at, ...) \
	IN(TEMPERATURE, at, 'C', "water_temperature", "Cel", "of the sea", __VA_ARGS__)
#define DEW_POINT(at) IN(TEMPERATURE, at, 'C', "dew_point", "Cel", "of the air")
#define HUMIDITY(at, ...) NUM(at, "humidity", "%", "relative", __VA_ARGS__)
#define HUMIDITY_ABSOLUTE(at) \
	NUM(at, "humidity_absolute", "%", "as the instrument gives it")
#define ERRORS(at) \
	METRE(at, "latitude_error", "expected, 1 sigma"), \
	METRE((at) + 1, "longitude_error", "expected, 1 sigma"), \
	METRE((at) + 2, "altitude_error", "expected, 1 sigma")

const struct row rows[] = {
	{N('G', 'G', 'A'), .least = 10, .key = "GGA", .title = "fix", .time = 1,
	 .validity = {{FIXTYPE, 6}}, .fields = {
		POSITION(2), ALTITUDE(9), GEOID(11),
		F(INTEGER, 6, "fix_quality", NULL, "0 none, 1 GPS, 2 differential, 3 PPS, 4 RTK, "
		  "5 float RTK, 6 estimated, 7 manual, 8 simulator", .flags = MAIN),
		USED(7), HDOP(8), AGE(13), STATION(14)}},
	{N('R', 'M', 'C'), .least = 10, .key = "RMC", .title = "recommended minimum", .time = 1,
	 .date = 9, .date_kind = DDMMYY, .validity = {{STATUS, 2}, {FAA, 12}}, .fields = {
		TIME_TAG, POSITION(3), SPEED_KNOTS(7), COURSE(8), VARIATION(10), MODE_WORD(12)}},
	{N('G', 'S', 'V'), .least = 4, .key = "GSV", .title = "satellites in view",
	 .decode = decode_gsv, .fields = {
		F(INTEGER, 0, "satellites_in_view", NULL, "of this constellation (and signal)"),
		F(INTEGER, 0, "satellites_tracked", NULL, "of them with a signal"),
		NUM(0, "snr_max", "dB", "the strongest signal (C/N0, of 1 Hz)"),
		NUM(0, "snr_mean", "dB", "of those tracked"),
		F(WORD, 0, "satellites", NULL, "id/elevation/azimuth/snr of each")}},
	{N('G', 'S', 'A'), .least = 18, .key = "GSA", .title = "satellites used",
	 .decode = decode_gsa, .fields = {
		F(INTEGER, 2, "fix_dimensions", NULL, "1 no fix, 2 in two, 3 in three dimensions",
		  .flags = MAIN),
		USED(0), PDOP(15), HDOP(16), VDOP(17),
		F(WORD, 0, "satellites", NULL, "ids of those used")}},
	{N('V', 'T', 'G'), .least = 9, .key = "VTG", .title = "course and speed",
	 .validity = {{FAA, 9}}, .fields = {
		SPEED_IN(5, 'N', .flags = FIX | MAIN), SPEED_IN(7, 'K', .flags = FIX | MAIN | ELSE),
		COURSE(1), DEG(3, "course_magnetic", "over ground, magnetic", .flags = FIX),
		MODE_WORD(9)}},
	{N('G', 'L', 'L'), .least = 5, .key = "GLL", .title = "position", .time = 5,
	 .validity = {{STATUS, 6}, {FAA, 7}}, .fields = {
		POSITION(1), MODE_WORD(7)}},
	{N('G', 'N', 'S'), .least = 10, .key = "GNS", .title = "fix of several constellations",
	 .time = 1, .validity = {{MODES, 6}}, .fields = {
		POSITION(2), ALTITUDE(9), GEOID(10),
		F(WORD, 6, "modes", NULL, "the mode letter of each constellation"),
		USED(7), HDOP(8), AGE(11), STATION(12)}},
	{N('Z', 'D', 'A'), .least = 5, .key = "ZDA", .title = "date and time", .time = 1,
	 .date = 2, .date_kind = DAY_MONTH_YEAR, .fields = {
		TIME_TAG}},
	{N('G', 'S', 'T'), .least = 9, .key = "GST", .title = "error statistics", .time = 1, .fields = {
		METRE(2, "range_rms", "of the ranges"),
		METRE(3, "error_major", "semi-major axis of the error ellipse, 1 sigma"),
		METRE(4, "error_minor", "its semi-minor axis"),
		DEG(5, "error_orientation", "of the major axis from true north"), ERRORS(6)}},
	{N('G', 'B', 'S'), .least = 5, .key = "GBS", .title = "fault detection", .time = 1, .fields = {
		ERRORS(2), F(WORD, 5, "failed_satellite", NULL, "the one most likely at fault")}},
	{N('H', 'D', 'T'), .least = 3, .key = "HDT", .title = "heading", .fields = {
		HEADING_TRUE(1, .flags = MAIN)}},
	{N('H', 'D', 'G'), .least = 6, .key = "HDG", .title = "magnetic heading", .fields = {
		HEADING_MAGNETIC(1, .flags = MAIN),
		F(SIGNED, 2, "deviation", "deg", "of the compass, not yet applied; east positive"),
		VARIATION(4)}},
	{N('H', 'D', 'M'), .least = 3, .key = "HDM", .title = "magnetic heading", .fields = {
		HEADING_MAGNETIC(1, .flags = MAIN)}},
	{N('T', 'H', 'S'), .least = 3, .key = "THS", .title = "heading and its status",
	 .validity = {{HEADING, 2}}, .fields = {
		HEADING_TRUE(1, .flags = MAIN | FIX)}},
	{N('R', 'O', 'T'), .least = 3, .key = "ROT", .title = "rate of turn", .fields = {
		NUM(1, "rate_of_turn", "deg/min", "to starboard positive", .status = 2, .flags = MAIN)}},
	{N('V', 'H', 'W'), .least = 7, .key = "VHW", .title = "water speed and heading", .fields = {
		WATER_SPEED(5, 'N', .flags = MAIN), WATER_SPEED(7, 'K', .flags = MAIN | ELSE),
		HEADING_TRUE(1), HEADING_MAGNETIC(3)}},
	{N('V', 'L', 'W'), .least = 4, .key = "VLW", .title = "distance through the water", .fields = {
		IN(DISTANCE, 1, 'N', "distance", "m", "all", .flags = MAIN),
		IN(DISTANCE, 3, 'N', "distance_trip", "m", "since the reset")}},
	{N('D', 'B', 'T'), .least = 5, .key = "DBT", .title = "depth below the transducer", .fields = {
		DEPTH_OF("depth_below_transducer")}},
	{N('D', 'B', 'S'), .least = 5, .key = "DBS", .title = "depth below the surface", .fields = {
		DEPTH_OF("depth_below_surface")}},
	{N('D', 'B', 'K'), .least = 5, .key = "DBK", .title = "depth below the keel", .fields = {
		DEPTH_OF("depth_below_keel")}},
	{N('D', 'P', 'T'), .least = 3, .key = "DPT", .title = "depth", .fields = {
		METRE(1, "depth_below_transducer", "of the water", .flags = MAIN),
		METRE(2, "depth_offset", "transducer to waterline (positive) or keel (negative)"),
		METRE(3, "depth_range", "largest that can be measured")}},
	{N('M', 'T', 'W'), .least = 3, .key = "MTW", .title = "water temperature", .fields = {
		WATER(1, .flags = MAIN)}},
	{N('M', 'W', 'V'), .least = 5, .when = {2, 'R'}, .key = "MWV-R",
	 .title = "relative (apparent) wind", .validity = {{SENSOR, 5}}, .fields = {
		DEG(1, "wind_angle_apparent", "from the bow, clockwise", .flags = MAIN | FIX),
		APPARENT(3, 'N', .flags = MAIN | FIX)}},
	{N('M', 'W', 'V'), .least = 5, .when = {2, 'T'}, .key = "MWV-T",
	 .title = "theoretical (true) wind", .validity = {{SENSOR, 5}}, .fields = {
		DEG(1, "wind_angle_true", "from the bow, clockwise", .flags = MAIN | FIX),
		TRUE_WIND(3, 'N', .flags = MAIN | FIX)}},
	{N('M', 'W', 'D'), .least = 7, .key = "MWD", .title = "wind direction and speed", .fields = {
		WIND_FROM(1, .flags = MAIN), WIND_FROM_MAGNETIC(3),
		TRUE_WIND(7, 'M', .flags = MAIN), TRUE_WIND(5, 'N', .flags = MAIN | ELSE)}},
	{N('V', 'W', 'R'), .least = 5, .key = "VWR", .title = "relative wind", .fields = {
		F(SIGNED, 1, "wind_angle_apparent", "deg", "from the bow, to port negative", .flags = MAIN),
		APPARENT(5, 'M', .flags = MAIN), APPARENT(3, 'N', .flags = MAIN | ELSE),
		APPARENT(7, 'K', .flags = MAIN | ELSE)}},
	{N('V', 'W', 'T'), .least = 5, .key = "VWT", .title = "true wind", .fields = {
		F(SIGNED, 1, "wind_angle_true", "deg", "from the bow, to port negative", .flags = MAIN),
		TRUE_WIND(5, 'M', .flags = MAIN), TRUE_WIND(3, 'N', .flags = MAIN | ELSE),
		TRUE_WIND(7, 'K', .flags = MAIN | ELSE)}},
	{N('V', 'B', 'W'), .least = 4, .key = "VBW", .title = "speed along and across", .fields = {
		KNOTS(1, "water_speed", "through the water", .status = 3, .flags = MAIN),
		KNOTS(2, "water_speed_across", "through the water, to starboard positive", .status = 3),
		KNOTS(4, "speed_along", "over ground, ahead positive", .status = 6),
		KNOTS(5, "speed_across", "over ground, to starboard positive", .status = 6)}},
	{N('M', 'D', 'A'), .least = 9, .key = "MDA", .title = "meteorology", .fields = {
		AIR_PRESSURE, AIR(5), WATER(7), HUMIDITY(9), HUMIDITY_ABSOLUTE(10), DEW_POINT(11),
		WIND_FROM(13), WIND_FROM_MAGNETIC(15), TRUE_WIND(19, 'M'),
		TRUE_WIND(17, 'N', .flags = ELSE)}},
	{N('M', 'M', 'B'), .least = 3, .key = "MMB", .title = "barometer", .fields = {
		AIR_PRESSURE}},
	{N('M', 'T', 'A'), .least = 3, .key = "MTA", .title = "air temperature", .fields = {
		AIR(1, .flags = MAIN)}},
	{N('M', 'H', 'U'), .least = 2, .key = "MHU", .title = "humidity", .fields = {
		HUMIDITY(1, .flags = MAIN), HUMIDITY_ABSOLUTE(2), DEW_POINT(3)}},
	{N('X', 'D', 'R'), .least = 5, .key = "XDR", .title = "transducers", .decode = decode_xdr},
	{N('R', 'S', 'A'), .least = 3, .key = "RSA", .title = "rudder", .fields = {
		DEG(1, "rudder", "starboard or only one, to starboard positive", .status = 2,
		    .flags = MAIN),
		DEG(3, "rudder_port", "port rudder", .status = 4)}},
	{N('R', 'P', 'M'), .least = 4, .key = "RPM", .title = "revolutions",
	 .validity = {{SENSOR, 5}}, .decode = decode_rpm, .fields = {
		NUM(3, "revolutions", "/min", "of the engine or shaft, counter-clockwise negative",
		    .flags = MAIN | FIX),
		NUM(4, "pitch_of_propeller", "%", "of the largest, astern negative", .flags = FIX)}},
	{N('D', 'T', 'M'), .least = 8, .key = "DTM", .title = "datum", .fields = {
		F(WORD, 1, "datum", NULL, "that the positions are in", .flags = MAIN),
		F(WORD, 8, "datum_reference", NULL, "that the offsets are from"),
		F(SIGNED, 3, "datum_latitude_offset", "'", "north positive"),
		F(SIGNED, 5, "datum_longitude_offset", "'", "east positive"),
		METRE(7, "datum_altitude_offset", "of the altitudes")}},
	{N('V', 'D', 'R'), .least = 6, .key = "VDR", .title = "set and drift", .fields = {
		IN(SPEED, 5, 'N', "current_speed", "m/s", "of the water over ground", .flags = MAIN),
		DEG(1, "current_direction", "where it flows to, true"),
		DEG(3, "current_direction_magnetic", "where it flows to, magnetic")}},
	{P('A', 'S', 'H', 'R'), .least = 17, .when = {1, 'P'}, .key = "PASHR-POS",
	 .title = "position (Ashtech)", .time = 4, .fields = {
		POSITION(5), METRE(9, "altitude", "above mean sea level", .flags = FIX),
		SPEED_KNOTS(12), COURSE(11),
		NUM(13, "climb", "m/s", "upwards positive", .flags = FIX),
		USED(3), PDOP(14), HDOP(15), VDOP(16)}},
	{P('A', 'S', 'H', 'R'), .least = 10, .when = {3, 'T'}, .key = "PASHR", .title = "attitude",
	 .time = 1, .fields = {
		HEADING_TRUE(2, .flags = MAIN), DEG(4, "roll", "to starboard positive", .flags = MAIN),
		DEG(5, "pitch", "bow up positive", .flags = MAIN), METRE(6, "heave", "upwards positive"),
		DEG(7, "roll_error", "1 sigma"), DEG(8, "pitch_error", "1 sigma"),
		DEG(9, "heading_error", "1 sigma")}},
	{P('G', 'R', 'M', 'E'), .least = 6, .key = "PGRME", .title = "estimated errors (Garmin)",
	 .fields = {
		METRE(1, "horizontal_error", "estimated", .flags = MAIN),
		METRE(3, "vertical_error", "estimated", .flags = MAIN),
		METRE(5, "position_error", "estimated, spherical")}},
	{P('G', 'R', 'M', 'F'), .least = 14, .key = "PGRMF", .title = "fix (Garmin)", .time = 4,
	 .date = 3, .date_kind = DDMMYY, .validity = {{GARMIN, 11}}, .fields = {
		TIME_TAG, POSITION(6),
		NUM(12, "speed", "m/s", "over ground", .num = 5, .den = 18, .flags = FIX), /* km/h */
		COURSE(13), PDOP(14)}},
	{P('G', 'R', 'M', 'Z'), .least = 3, .key = "PGRMZ", .title = "altitude (Garmin)", .fields = {
		IN(DEPTH, 1, 'f', "altitude", "m", "above mean sea level, barometric if it can",
		   .flags = MAIN)}},
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
