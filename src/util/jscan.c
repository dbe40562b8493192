/*
 * Finds the borders of JSON values without building anything. Called by
 * source/ on every page (the hot path of ingest) and wherever one bad item
 * must not cost its neighbours. Knows no document; never recurses, since the
 * nesting is a stranger's choice.
 */
#include "util/jscan.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "util/err.h"
#include "util/strbuf.h"
#include "util/utf8.h"

enum {
	QUOTE = 1,
	OPEN = 2,
	CLOSE = 4,
	BLANK = 8,
	STOP = 16, /* comma or colon */
};

static const uint8_t class_of[256] = {
	['"'] = QUOTE,	['{'] = OPEN,  ['['] = OPEN,   ['}'] = CLOSE,
	[']'] = CLOSE,	[' '] = BLANK, ['\t'] = BLANK, ['\n'] = BLANK,
	['\r'] = BLANK, [','] = STOP,  [':'] = STOP,
};

static uint8_t class_at(const char *p)
{
	return class_of[(unsigned char)*p];
}

static const char *skip_blank(const char *p, const char *end)
{
	while (p < end && class_at(p) == BLANK)
		p++;
	return p;
}

/* @p is behind the opening quote. Behind the closing one, or NULL. */
static inline const char *skip_string(const char *p, const char *end)
{
	const char *start = p;

	while ((p = memchr(p, '"', (size_t)(end - p)))) {
		const char *q = p++;

		/* Nearly always; it may be the opening one. */
		if (q[-1] != '\\')
			return p;
		while (q > start && q[-1] == '\\')
			q--;
		/* Each run of backslashes is counted for one quote only. */
		if (((p - 1 - q) & 1) == 0)
			return p;
	}
	return NULL;
}

/* What is open, innermost last, one bit each: is it an object? */
struct nesting {
	size_t depth;
	uint64_t is_object[JSCAN_MAX_DEPTH / 64];
};

static bool nesting_push(struct nesting *n, char bracket)
{
	uint64_t bit = UINT64_C(1) << n->depth % 64;

	if (n->depth == JSCAN_MAX_DEPTH)
		return false;
	if (bracket == '{')
		n->is_object[n->depth / 64] |= bit;
	else
		n->is_object[n->depth / 64] &= ~bit;
	n->depth++;
	return true;
}

static bool nesting_pop(struct nesting *n, char bracket)
{
	bool is_object;

	n->depth--;
	is_object = n->is_object[n->depth / 64] >> n->depth % 64 & 1;
	return is_object == (bracket == '}');
}

/* @p is at an opening bracket; *ret_end behind the one that closes it. */
static int skip_container(const char *p, const char *end, const char **ret_end)
{
	struct nesting nesting;

	nesting.depth = 0;
	while (p < end) {
		char c = *p++;

		if (c == '"') { /* half of what stands between strings */
			p = skip_string(p, end);
			if (!p)
				return ERR_SCHEMA;
			/* A comma or colon, as a rule. */
			p += p < end && class_at(p) == STOP;
		} else if (class_of[(unsigned char)c] == OPEN) {
			if (!nesting_push(&nesting, c))
				return ERR_LIMIT;
		} else if (class_of[(unsigned char)c] == CLOSE) {
			if (!nesting_pop(&nesting, c))
				return ERR_SCHEMA;
			if (nesting.depth == 0) {
				*ret_end = p;
				return 1;
			}
		}
	}
	return ERR_SCHEMA;
}

/* As jscan_value, without a byte order mark. */
static int scan_value(const char **p, const char *end, struct span *ret_value)
{
	const char *start = skip_blank(*p, end);
	const char *after = start;
	int rc;

	if (start == end)
		return 0;
	if (class_at(start) == OPEN) {
		rc = skip_container(start, end, &after);
		if (rc < 0)
			return rc;
	} else if (class_at(start) == QUOTE) {
		after = skip_string(start + 1, end);
		if (!after)
			return ERR_SCHEMA;
	} else {
		while (after < end && class_at(after) == 0)
			after++;
		if (after == start)
			return ERR_SCHEMA;
	}
	*ret_value = (struct span){ start, (size_t)(after - start) };
	*p = after;
	return 1;
}

int jscan_value(const char **p, const char *end, struct span *ret_value)
{
	static const char mark[] = "\xef\xbb\xbf";
	const char *start = skip_blank(*p, end);
	int rc;

	if (end - start >= 3 && memcmp(start, mark, 3) == 0)
		start += 3;
	rc = scan_value(&start, end, ret_value);
	if (rc > 0)
		*p = start;
	return rc;
}

enum jscan_type jscan_type(struct span value)
{
	if (value.len == 0)
		return JSCAN_OTHER;
	switch (value.p[0]) {
	case '{':
		return JSCAN_OBJECT;
	case '[':
		return JSCAN_ARRAY;
	case '"':
		return JSCAN_STRING;
	default:
		return JSCAN_OTHER;
	}
}

void jscan_enter(struct jscan *it, struct span container)
{
	enum jscan_type type = jscan_type(container);
	char last = type == JSCAN_OBJECT ? '}' : ']';

	*it = (struct jscan){ .in_object = type == JSCAN_OBJECT };
	if ((type != JSCAN_OBJECT && type != JSCAN_ARRAY) ||
	    container.len < 2 || container.p[container.len - 1] != last) {
		it->broken = true;
		return;
	}
	it->p = container.p + 1;
	it->end = container.p + container.len - 1;
}

/* "key" and the colon, for an object. */
static int take_key(const char **p, const char *end, struct span *ret_key)
{
	const char *start = skip_blank(*p, end);
	const char *after;

	if (start == end || *start != '"')
		return ERR_SCHEMA;
	start++;
	after = skip_string(start, end);
	if (!after)
		return ERR_SCHEMA;
	*p = skip_blank(after, end);
	if (*p == end || **p != ':')
		return ERR_SCHEMA;
	(*p)++;
	*ret_key = (struct span){ start, (size_t)(after - 1 - start) };
	return 1;
}

static bool is_at_end(const struct jscan *it)
{
	if (it->p == it->end)
		return !it->is_unended;
	return it->is_unended && *it->p == '}';
}

/* Up to the next value: 1 there must be one, with its key in an object. */
static int next_key(struct jscan *it, struct span *ret_key)
{
	it->p = skip_blank(it->p, it->end);
	if (is_at_end(it))
		return 0;
	if (it->started) {
		if (it->p == it->end || *it->p != ',')
			return ERR_SCHEMA;
		it->p++;
	}
	it->started = true;
	*ret_key = (struct span){ it->p, 0 };
	return it->in_object ? take_key(&it->p, it->end, ret_key) : 1;
}

int jscan_next(struct jscan *it, struct span *ret_key, struct span *ret_value)
{
	struct span key;
	int rc = ERR_SCHEMA;

	if (!it->broken)
		rc = next_key(it, &key);
	if (rc > 0) {
		rc = scan_value(&it->p, it->end, ret_value);
		if (rc > 0)
			*ret_key = key;
		else if (rc == 0)
			rc = ERR_SCHEMA;
	}
	it->broken = rc < 0;
	return rc;
}

int jscan_descend(struct jscan *it, const char *key)
{
	struct span name, value;
	int rc = ERR_SCHEMA;

	if (it->broken || !it->in_object) {
		it->broken = true;
		return ERR_SCHEMA;
	}
	while ((rc = next_key(it, &name)) > 0 && !span_eq_ci(name, key)) {
		rc = scan_value(&it->p, it->end, &value);
		if (rc <= 0)
			break;
	}
	if (rc > 0) {
		it->p = skip_blank(it->p, it->end);
		rc = it->p < it->end && *it->p == '{' ? 1 : ERR_SCHEMA;
	}
	*it = (struct jscan){ .p = it->p + (rc > 0),
			      .end = it->end,
			      .in_object = true,
			      .is_unended = true,
			      .broken = rc <= 0 };
	return rc;
}

int jscan_member(struct span object, const char *key, struct span *ret_value)
{
	struct jscan it;
	struct span name, value;
	int rc;

	if (jscan_type(object) != JSCAN_OBJECT)
		return ERR_SCHEMA;
	jscan_enter(&it, object);
	while ((rc = jscan_next(&it, &name, &value)) > 0) {
		if (span_eq_ci(name, key)) {
			*ret_value = value;
			return 1;
		}
	}
	return rc;
}

bool span_eq_ci(struct span s, const char *text)
{
	return strlen(text) == s.len && strncasecmp(s.p, text, s.len) == 0;
}

int64_t span_count(struct span value)
{
	int64_t n = 0;

	for (size_t i = 0; i < value.len; i++) {
		if (value.p[i] < '0' || value.p[i] > '9')
			return -1;
		n = n * 10 + (value.p[i] - '0');
		if (n > INT32_MAX)
			return -1;
	}
	return value.len > 0 ? n : -1;
}

/* Four hex digits at @p, or -1. */
static int hex4(const char *p, const char *end)
{
	static const char digits[] = "0123456789abcdef";
	int value = 0;

	if (end - p < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		const char *digit = memchr(digits, p[i] | 0x20, 16);

		/* | 0x20 makes letters small but also 0x10 a digit. */
		if (!digit || p[i] < '0')
			return -1;
		value = value << 4 | (int)(digit - digits);
	}
	return value;
}

/* @p behind "\u": adds the character, gives what follows it, or NULL. */
static const char *add_unicode(struct strbuf *sb, const char *p,
			       const char *end)
{
	int high = hex4(p, end);
	int low;

	/* U+0000 would end the string for every reader of it. */
	if (high <= 0 || (high >= 0xdc00 && high <= 0xdfff))
		return NULL;
	p += 4;
	if (high < 0xd800 || high > 0xdbff) {
		utf8_add_point(sb, (uint32_t)high);
		return p;
	}
	if (end - p < 6 || p[0] != '\\' || p[1] != 'u')
		return NULL;
	low = hex4(p + 2, end);
	if (low < 0xdc00 || low > 0xdfff)
		return NULL;
	utf8_add_point(sb, 0x10000 + ((uint32_t)(high - 0xd800) << 10) +
				   (uint32_t)(low - 0xdc00));
	return p + 6;
}

const char *jscan_add_escape(struct strbuf *sb, const char *p, const char *end)
{
	static const char from[] = "\"\\/bfnrt";
	static const char to[] = "\"\\/\b\f\n\r\t";
	const char *found;

	if (p == end)
		return NULL;
	if (*p == 'u')
		return add_unicode(sb, p + 1, end);
	found = memchr(from, *p, sizeof(from) - 1);
	if (!found)
		return NULL;
	strbuf_addch(sb, to[found - from]);
	return p + 1;
}

char *jscan_string(struct span value)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
	const char *p, *end;

	if (jscan_type(value) != JSCAN_STRING || value.len < 2 ||
	    value.p[value.len - 1] != '"' || !utf8_valid(value.p, value.len))
		return NULL;
	p = value.p + 1;
	end = value.p + value.len - 1;
	while (p < end) {
		const char *plain = p;

		while (p < end && *p != '\\' && *p != '"' &&
		       (unsigned char)*p >= 0x20)
			p++;
		strbuf_add(&sb, plain, (size_t)(p - plain));
		if (p == end)
			break;
		if (*p != '\\')
			return NULL;
		p = jscan_add_escape(&sb, p + 1, end);
		if (!p)
			return NULL;
	}
	return strbuf_detach(&sb);
}
