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

/* @p is at a quote: the string, or what is left when it has no end. */
static struct span string_at(const char *p, const char *end)
{
	const char *q = p + 1;

	while ((q = memchr(q, '"', (size_t)(end - q)))) {
		const char *b = q;

		while (b > p + 1 && b[-1] == '\\')
			b--;
		q++;
		if ((q - 1 - b) % 2 == 0)
			return (struct span){ p, (size_t)(q - p) };
	}
	return (struct span){ p, (size_t)(end - p) };
}

/* @p is behind a counter's name: behind its value, or @p when none follows. */
static const char *skip_counter(struct digest *d, const char *p,
				const char *end)
{
	const char *after = slice_blank(p, end);
	struct span value;

	if (after == end || *after != ':')
		return p;
	after++;
	if (slice_value(&after, end, &value) != SLICE_VALUE)
		return p;
	digest_add(d, ":", 1);
	return after;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

void normalize_raw_hash(struct span raw, uint8_t ret[ALERT_HASH_SIZE])
{
	struct digest *d = digest_new();
	const char *p = raw.p;
	const char *end = raw.p + raw.len;
	const char *run = p; /* not added yet */
	uint8_t sum[DIGEST_SIZE];

	while (p < end) {
		if (*p == '"') {
			struct span string = string_at(p, end);

			p += string.len;
			if (!is_counter(string))
				continue;
			digest_add(d, run, (size_t)(p - run));
			run = p = skip_counter(d, p, end);
		} else if (is_blank(*p)) {
			digest_add(d, run, (size_t)(p - run));
			run = p = slice_blank(p, end);
		} else {
			p++;
		}
	}
	digest_add(d, run, (size_t)(p - run));
	digest_finish(d, sum);
	memcpy(ret, sum, ALERT_HASH_SIZE);
}
