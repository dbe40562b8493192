/*
 * See exposition.h. Called by the files of the metrics; pure, and knows no
 * metric. Prometheus reads UNIT as a comment; readers of OpenMetrics know it.
 *
 * tested with: test_exposition
 */
#include "daemon/exposition.h"

#include <inttypes.h>
#include <string.h>

#include "util/compiler.h"

static const char *const type_names[] = {
	[EXPOSITION_GAUGE] = "gauge",
	[EXPOSITION_COUNTER] = "counter",
	[EXPOSITION_HISTOGRAM] = "histogram",
};

/* @quoted: the value of a label, whose quotes are escaped too. */
static void add_escaped(struct strbuf *out, const char *s, bool quoted)
{
	for (; *s; s++) {
		if (*s == '\n') {
			strbuf_addstr(out, "\\n");
			continue;
		}
		if (*s == '\\' || (quoted && *s == '"'))
			strbuf_addch(out, '\\');
		strbuf_addch(out, *s);
	}
}

static bool ends_with(const char *s, size_t len, const char *end)
{
	size_t n = strlen(end);

	return len > n && memcmp(s + len - n, end, n) == 0;
}

static const char *unit_of(const char *name)
{
	static const char *const units[] = { "seconds", "bytes" };
	size_t len = strlen(name);

	if (ends_with(name, len, "_total"))
		len -= strlen("_total");
	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (ends_with(name, len, units[i]))
			return units[i];
	return NULL;
}

void exposition_head(struct strbuf *out, const char *name,
		     enum exposition_type type, const char *help)
{
	const char *unit = unit_of(name);

	strbuf_addf(out, "# HELP %s ", name);
	add_escaped(out, help, false);
	strbuf_addf(out, "\n# TYPE %s %s\n", name, type_names[type]);
	if (unit)
		strbuf_addf(out, "# UNIT %s %s\n", name, unit);
}

static void add_series(struct strbuf *out, const char *name,
		       const struct label *labels)
{
	strbuf_addstr(out, name);
	for (const struct label *l = labels; l->name; l++) {
		strbuf_addf(out, "%c%s=\"", l == labels ? '{' : ',', l->name);
		add_escaped(out, l->value, true);
		strbuf_addch(out, '"');
	}
	strbuf_addstr(out, labels->name ? "} " : " ");
}

void exposition_add(struct strbuf *out, const char *name,
		    const struct label *labels, int64_t value)
{
	add_series(out, name, labels);
	if (value == EXPOSITION_INFINITE)
		strbuf_addstr(out, "+Inf\n");
	else
		strbuf_addf(out, "%" PRId64 "\n", value);
}

static void add_fraction(struct strbuf *out, int64_t value, int64_t per_second,
			 int digits)
{
	uint64_t size = value < 0 ? -(uint64_t)value : (uint64_t)value;
	uint64_t per = (uint64_t)per_second;

	if (value == EXPOSITION_INFINITE)
		strbuf_addstr(out, "+Inf\n");
	else
		strbuf_addf(out, "%s%" PRIu64 ".%0*" PRIu64 "\n",
			    value < 0 ? "-" : "", size / per, digits,
			    size % per);
}

void exposition_add_ms(struct strbuf *out, const char *name,
		       const struct label *labels, int64_t ms)
{
	add_series(out, name, labels);
	add_fraction(out, ms, 1000, 3);
}

void exposition_add_us(struct strbuf *out, const char *name,
		       const struct label *labels, int64_t us)
{
	add_series(out, name, labels);
	add_fraction(out, us, 1000000, 6);
}

void exposition_one(struct strbuf *out, const char *name,
		    enum exposition_type type, const char *help, int64_t value)
{
	exposition_head(out, name, type, help);
	exposition_add(out, name, NO_LABELS, value);
}

void exposition_one_ms(struct strbuf *out, const char *name,
		       enum exposition_type type, const char *help, int64_t ms)
{
	exposition_head(out, name, type, help);
	exposition_add_ms(out, name, NO_LABELS, ms);
}
