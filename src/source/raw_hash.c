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
#include "util/strbuf.h"

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
static const char *skip_counter(struct strbuf *text, const char *p,
				const char *end)
{
	const char *after = slice_blank(p, end);
	struct span value;

	if (after == end || *after != ':')
		return p;
	after++;
	if (slice_value(&after, end, &value) != SLICE_VALUE)
		return p;
	strbuf_addch(text, ':');
	return after;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* What counts, in one piece: hashing many small ones takes longer. */
static void gather(struct span raw, struct strbuf *text)
{
	const char *p = raw.p;
	const char *end = raw.p + raw.len;
	const char *run = p; /* not added yet */

	while (p < end) {
		if (*p == '"') {
			struct span string = string_at(p, end);

			p += string.len;
			if (!is_counter(string))
				continue;
			strbuf_add(text, run, (size_t)(p - run));
			run = p = skip_counter(text, p, end);
		} else if (is_blank(*p)) {
			strbuf_add(text, run, (size_t)(p - run));
			run = p = slice_blank(p, end);
		} else {
			p++;
		}
	}
	strbuf_add(text, run, (size_t)(p - run));
}

void normalize_raw_hash(const uint8_t key[ALERT_HASH_SIZE], struct span raw,
			uint8_t ret[ALERT_HASH_SIZE])
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	gather(raw, &text);
	digest_quick(key, text.buf, text.len, ret);
}
