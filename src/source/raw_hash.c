/*
 * The hash of an item as it came, blind to what differs between two answers
 * about the same alert: the $id and $ref counters of one response (fact 6 of
 * the API notes: "centralus_1" here, "centralus_97" there) and white space.
 * Called through normalize.h; knows no alert.
 */
#include "source/normalize.h"

#include <string.h>
#include "source/slice_priv.h"
#include "util/digest.h"

static bool is_counter(struct span string)
{
	return (string.len == 5 && memcmp(string.p, "\"$id\"", 5) == 0) ||
	       (string.len == 6 && memcmp(string.p, "\"$ref\"", 6) == 0);
}

/* Add the string at @p; when it names a counter, step over its value. */
static const char *add_string(struct digest *d, const char *p, const char *end)
{
	struct span name, value;
	const char *after;

	if (slice_value(&p, end, &name) != SLICE_VALUE) {
		digest_add(d, p, (size_t)(end - p));
		return end;
	}
	digest_add(d, name.p, name.len);
	if (!is_counter(name))
		return p;
	after = slice_blank(p, end);
	if (after == end || *after != ':')
		return p;
	after++;
	if (slice_value(&after, end, &value) != SLICE_VALUE)
		return p;
	digest_add(d, ":", 1);
	return after;
}

void normalize_raw_hash(struct span raw, uint8_t ret[ALERT_HASH_SIZE])
{
	struct digest *d = digest_new();
	const char *p = raw.p;
	const char *end = raw.p + raw.len;
	uint8_t sum[DIGEST_SIZE];

	while (p < end) {
		const char *run = p;

		while (p < end && !strchr(" \t\r\n\"", *p))
			p++;
		digest_add(d, run, (size_t)(p - run));
		if (p < end && *p == '"')
			p = add_string(d, p, end);
		else
			p = slice_blank(p, end);
		/* A NUL byte stops strchr's run as its terminator would. */
		if (p < end && *p == '\0')
			digest_add(d, p++, 1);
	}
	digest_finish(d, sum);
	memcpy(ret, sum, ALERT_HASH_SIZE);
}
