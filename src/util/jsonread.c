/*
 * Builds jansson's values from text without jansson's lexer, which takes every
 * byte through several calls and was a third of all work on a new alert.
 * Called by jsonx.c, which gives to jansson whatever is refused here: this file
 * has no error texts and may say no to anything. What it accepts must be what
 * jansson reads; test_jsonread compares the two.
 *
 * It says no to: invalid text of any kind, a member twice, NUL, halves of a
 * surrogate pair, more than LEVELS_MAX levels.
 */
#include "util/jsonread.h"

#include <endian.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include "util/jscan.h"
#include "util/strbuf.h"
#include "util/utf8.h"

/* Alerts have ten; the recursion is bounded by it. */
#define LEVELS_MAX 64
/* So many digits always fit; longer ones are for jansson to judge. */
#define DIGITS_MAX 18
/* Any number of so many digits is below 2^53, which a double holds. */
#define EXACT_DIGITS_MAX 15

struct reader {
	const char *p, *end;
	int level;
	bool (*stop)(void);
	struct strbuf
		text; /* the string that was read last, if it has escapes */
};

static json_t *read_value(struct reader *r);

static void skip_blank(struct reader *r)
{
	while (r->p < r->end && (*r->p == ' ' || *r->p == '\n' ||
				 *r->p == '\r' || *r->p == '\t'))
		r->p++;
}

static bool accept(struct reader *r, char c)
{
	skip_blank(r);
	if (r->p == r->end || *r->p != c)
		return false;
	r->p++;
	return true;
}

static bool take_word(struct reader *r, const char *word, size_t len)
{
	if ((size_t)(r->end - r->p) < len || memcmp(r->p, word, len) != 0)
		return false;
	r->p += len;
	return true;
}

#define EVERY_BYTE UINT64_C(0x0101010101010101)
#define HIGH_BITS (EVERY_BYTE * 0x80)

/* Not 0 if a byte of @w is below @n, which is at most 128; what is 0 proves
 * that there is none. */
static uint64_t bytes_below(uint64_t w, uint64_t n)
{
	return (w - EVERY_BYTE * n) & ~w & HIGH_BITS;
}

static uint64_t bytes_equal(uint64_t w, char c)
{
	return bytes_below(w ^ EVERY_BYTE * (uint64_t)c, 1);
}

/* Which of the eight bytes that were read as @w is the one @marked by the
 * lowest of its high bits. */
static size_t first_marked(uint64_t marked)
{
	return (size_t)__builtin_ctzll(marked) / 8;
}

/* Over what stands for itself, eight bytes at a time, for most of an alert is
 * text; *ret_high: there were bytes above ASCII. What bytes_below() marks
 * without reason is above a byte that it marks with reason. */
static void skip_plain(struct reader *r, bool *ret_high)
{
	uint64_t w, special, high = 0;

	while (r->end - r->p >= (ptrdiff_t)sizeof(w)) {
		memcpy(&w, r->p, sizeof(w));
		w = le64toh(w);
		special = bytes_below(w, 0x20) | bytes_equal(w, '"') |
			  bytes_equal(w, '\\');
		if (special) {
			/* Those before the first. */
			high |= w & ((special & -special) - 1);
			r->p += first_marked(special);
			*ret_high |= (high & HIGH_BITS) != 0;
			return;
		}
		high |= w;
		r->p += sizeof(w);
	}
	while (r->p < r->end) {
		unsigned char c = (unsigned char)*r->p;

		if (c == '"' || c == '\\' || c < 0x20)
			break;
		high |= c;
		r->p++;
	}
	*ret_high |= (high & HIGH_BITS) != 0;
}

/* The rest of a string that has escapes; @start is behind its quote. */
static bool take_escaped(struct reader *r, const char *start, bool *ret_high)
{
	strbuf_reset(&r->text);
	strbuf_add(&r->text, start, (size_t)(r->p - start));
	while (r->p < r->end && *r->p == '\\') {
		start = jscan_add_escape(&r->text, r->p + 1, r->end);
		if (!start)
			return false;
		r->p = start;
		skip_plain(r, ret_high);
		strbuf_add(&r->text, start, (size_t)(r->p - start));
	}
	return true;
}

/* Borrowed until the next string is read. */
static bool take_string(struct reader *r, const char **ret, size_t *ret_len)
{
	const char *start;
	bool high = false;

	if (!accept(r, '"'))
		return false;
	start = r->p;
	skip_plain(r, &high);
	*ret = start;
	*ret_len = (size_t)(r->p - start);
	if (r->p < r->end && *r->p == '\\') {
		if (!take_escaped(r, start, &high))
			return false;
		*ret = r->text.buf;
		*ret_len = r->text.len;
	}
	/* What came of the escapes is valid, so the whole may be looked at. */
	if (r->p == r->end || *r->p != '"' ||
	    (high && !utf8_valid(*ret, *ret_len)))
		return false;
	r->p++;
	return true;
}

static json_t *read_string(struct reader *r)
{
	const char *s;
	size_t len;

	return take_string(r, &s, &len) ? json_stringn_nocheck(s, len) : NULL;
}

/* Other reals and what is too long: these bytes alone go to jansson. */
static json_t *read_odd_number(struct reader *r, const char *start)
{
	while (r->p < r->end && memchr("0123456789+-.eE", *r->p, 15))
		r->p++;
	return json_loadb(start, (size_t)(r->p - start), JSON_DECODE_ANY, NULL);
}

/*
 * Behind the point of @whole.DIGITS, as places on earth are written: digits
 * below 2^53 and the power of ten are exact, so their quotient is the nearest
 * there is. NULL: another kind of number, and r->p stays.
 */
static json_t *read_decimal(struct reader *r, json_int_t whole, size_t n_whole,
			    bool negative)
{
	static const double powers[] = { 1,    1e1,  1e2,  1e3,	 1e4,
					 1e5,  1e6,  1e7,  1e8,	 1e9,
					 1e10, 1e11, 1e12, 1e13, 1e14 };
	const char *p = r->p + 1;
	double value;
	size_t n = 0;

	if (__FLT_EVAL_METHOD__ != 0) /* it would be rounded twice */
		return NULL;
	for (; p < r->end && *p >= '0' && *p <= '9'; p++, n++) {
		if (n_whole + n >= EXACT_DIGITS_MAX)
			return NULL;
		whole = whole * 10 + (*p - '0');
	}
	if (n == 0 || (p < r->end && (*p == 'e' || *p == 'E')))
		return NULL;
	r->p = p;
	value = (double)whole / powers[n];
	return json_real(negative ? -value : value);
}

static json_t *read_number(struct reader *r)
{
	const char *start = r->p;
	bool negative = *r->p == '-';
	const char *digits = r->p += negative;
	json_int_t value = 0;
	json_t *real = NULL;
	size_t n;

	while (r->p < r->end && *r->p >= '0' && *r->p <= '9' &&
	       r->p - digits < DIGITS_MAX)
		value = value * 10 + (*r->p++ - '0');
	n = (size_t)(r->p - digits);
	if (n > 0 && (n == 1 || *digits != '0') && r->p < r->end &&
	    *r->p == '.')
		real = read_decimal(r, value, n, negative);
	if (real)
		return real;
	if (n == 0 || n == DIGITS_MAX || (n > 1 && *digits == '0') ||
	    (r->p < r->end && memchr(".eE", *r->p, 3)))
		return read_odd_number(r, start);
	return json_integer(negative ? -value : value);
}

/* The key's bytes may lie in r->text, which the value overwrites: a key with
 * escapes is too rare to copy it for. */
static bool read_member(struct reader *r, json_t *object)
{
	const char *key;
	size_t len;
	size_t before = json_object_size(object);
	json_t *value;

	if (!take_string(r, &key, &len) || key == r->text.buf ||
	    !accept(r, ':'))
		return false;
	value = read_value(r);
	return value &&
	       json_object_setn_new_nocheck(object, key, len, value) == 0 &&
	       json_object_size(object) > before;
}

static bool read_element(struct reader *r, json_t *array)
{
	json_t *value = read_value(r);

	return value && json_array_append_new(array, value) == 0;
}

/* Behind the opening bracket. */
static json_t *read_container(struct reader *r, json_t *container, char close,
			      bool (*read_one)(struct reader *, json_t *))
{
	bool first = true;
	bool good = container && r->level < LEVELS_MAX;

	r->level++;
	while (good && !accept(r, close)) {
		good = (first || accept(r, ',')) && !r->stop() &&
		       read_one(r, container);
		first = false;
	}
	r->level--;
	if (good)
		return container;
	json_decref(container);
	return NULL;
}

static json_t *read_value(struct reader *r)
{
	skip_blank(r);
	if (r->p == r->end)
		return NULL;
	switch (*r->p) {
	case '"':
		return read_string(r);
	case '{':
		r->p++;
		return read_container(r, json_object(), '}', read_member);
	case '[':
		r->p++;
		return read_container(r, json_array(), ']', read_element);
	case 't':
		return take_word(r, "true", 4) ? json_true() : NULL;
	case 'f':
		return take_word(r, "false", 5) ? json_false() : NULL;
	case 'n':
		return take_word(r, "null", 4) ? json_null() : NULL;
	default:
		return read_number(r);
	}
}

json_t *jsonread(const char *text, size_t len, bool (*stop)(void))
{
	struct reader r = {
		.p = text, .end = text + len, .stop = stop, .text = STRBUF_INIT
	};
	json_t *value = read_value(&r);

	skip_blank(&r);
	strbuf_release(&r.text);
	if (value && r.p == r.end)
		return value;
	json_decref(value);
	return NULL;
}
