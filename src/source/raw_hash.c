/*
 * The hash of an item as it came, blind to what differs between two answers
 * about the same alert: the $id and $ref counters of one response (fact 6 of
 * the API notes: "centralus_1" here, "centralus_97" there). Called through
 * normalize.h; knows no alert.
 */
#include "source/normalize.h"

#include <string.h>
#include "source/slice_priv.h"
#include "util/digest.h"

static bool starts_with(const char *p, const char *end, const char *text)
{
	size_t len = strlen(text);

	return (size_t)(end - p) >= len && memcmp(p, text, len) == 0;
}

/* A short text without a backslash, as a rule. */
static bool counter_value(const char *p, const char *end, struct span *ret)
{
	const char *quote = NULL;

	if (p < end && *p == '"')
		quote = memchr(p + 1, '"', (size_t)(end - p - 1));
	if (!quote || quote[-1] == '\\')
		return slice_value(&p, end, ret) == SLICE_VALUE;
	*ret = (struct span){ p, (size_t)(quote + 1 - p) };
	return true;
}

/*
 * Is @dollar the first byte of a counter's name? Then *ret is its value. A
 * quote that opens a name has no backslash before it, and inside of a string
 * every quote has one, so nobody needs to know where strings begin.
 */
static bool is_counter(struct span raw, const char *dollar, struct span *ret)
{
	const char *end = raw.p + raw.len;
	const char *p = dollar;

	if (p - raw.p < 2 || p[-1] != '"' || p[-2] == '\\')
		return false;
	if (starts_with(p, end, "$id\""))
		p += strlen("$id\"");
	else if (starts_with(p, end, "$ref\""))
		p += strlen("$ref\"");
	else
		return false;
	p = slice_blank(p, end);
	if (p == end || *p != ':')
		return false;
	return counter_value(p + 1, end, ret);
}

void normalize_raw_hash(const uint8_t key[ALERT_RAW_KEY_SIZE], struct span raw,
			uint8_t ret[ALERT_HASH_SIZE])
{
	struct digest_quick *d = digest_quick_new(key);
	const char *end = raw.p + raw.len;
	const char *run = raw.p; /* not added yet */
	const char *p = raw.p;
	struct span value;

	while ((p = memchr(p, '$', (size_t)(end - p)))) {
		if (!is_counter(raw, p, &value)) {
			p++;
			continue;
		}
		digest_quick_add(d, run, (size_t)(value.p - run));
		run = p = value.p + value.len;
	}
	digest_quick_add(d, run, (size_t)(end - run));
	digest_quick_finish(d, ret);
}
