/*
 * Writes jansson's values without jansson's own writer, which guards each
 * object against holding itself (a formatted address in a table of its own)
 * and takes every byte of a string through a decoder: a fifth of all work on a
 * delivery. Called by jsonx.c. Strings inside a value are valid UTF-8 already;
 * test_jsonwrite compares every byte with jansson's.
 */
#include "util/jsonwrite.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "util/utf8.h"

/* As many as jansson reads; a value that holds itself ends here, too. */
#define LEVELS_MAX 2048

static bool write_value(struct strbuf *out, const json_t *value, int level);

static bool must_escape(unsigned char c)
{
	return c < 0x20 || c == '"' || c == '\\';
}

static void write_escape(struct strbuf *out, unsigned char c)
{
	static const char letters[0x20] = {
		['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n',
		['\r'] = 'r', ['\t'] = 't',
	};

	if (c >= 0x20)
		strbuf_add(out, (char[]){ '\\', (char)c }, 2);
	else if (letters[c])
		strbuf_add(out, (char[]){ '\\', letters[c] }, 2);
	else
		strbuf_addf(out, "\\u%04X", c);
}

static void write_string(struct strbuf *out, const char *s, size_t len)
{
	const char *end = s + len;

	strbuf_reserve(out, len + 2);
	strbuf_addch(out, '"');
	while (s < end) {
		const char *plain = s;

		while (s < end && !must_escape((unsigned char)*s))
			s++;
		strbuf_add(out, plain, (size_t)(s - plain));
		if (s < end)
			write_escape(out, (unsigned char)*s++);
	}
	strbuf_addch(out, '"');
}

static void write_integer(struct strbuf *out, json_int_t n)
{
	char digits[32];
	int len = snprintf(digits, sizeof(digits), "%" JSON_INTEGER_FORMAT, n);

	strbuf_add(out, digits, (size_t)len);
}

static int add_piece(const char *piece, size_t len, void *out)
{
	strbuf_add(out, piece, len);
	return 0;
}

/* Rare, and how many digits tell one number from the next is jansson's. */
static bool write_real(struct strbuf *out, const json_t *value)
{
	return json_dump_callback(value, add_piece, out, JSON_ENCODE_ANY) == 0;
}

static bool write_array(struct strbuf *out, const json_t *array, int level)
{
	size_t n = json_array_size(array);

	strbuf_addch(out, '[');
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			strbuf_addch(out, ',');
		if (!write_value(out, json_array_get(array, i), level))
			return false;
	}
	strbuf_addch(out, ']');
	return true;
}

static bool write_object(struct strbuf *out, const json_t *value, int level)
{
	/* jansson's iterators change nothing but are not const. */
	json_t *object = (json_t *)value;
	void *first = json_object_iter(object);

	strbuf_addch(out, '{');
	for (void *it = first; it; it = json_object_iter_next(object, it)) {
		if (it != first)
			strbuf_addch(out, ',');
		write_string(out, json_object_iter_key(it),
			     json_object_iter_key_len(it));
		strbuf_addch(out, ':');
		if (!write_value(out, json_object_iter_value(it), level))
			return false;
	}
	strbuf_addch(out, '}');
	return true;
}

static bool write_value(struct strbuf *out, const json_t *value, int level)
{
	if (!value || level == LEVELS_MAX)
		return false;
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		return write_object(out, value, level + 1);
	case JSON_ARRAY:
		return write_array(out, value, level + 1);
	case JSON_STRING:
		write_string(out, json_string_value(value),
			     json_string_length(value));
		return true;
	case JSON_INTEGER:
		write_integer(out, json_integer_value(value));
		return true;
	case JSON_REAL:
		return write_real(out, value);
	case JSON_TRUE:
		strbuf_add(out, "true", 4);
		return true;
	case JSON_FALSE:
		strbuf_add(out, "false", 5);
		return true;
	case JSON_NULL:
		strbuf_add(out, "null", 4);
		return true;
	}
	return false;
}

bool jsonwrite(const json_t *value, struct strbuf *out)
{
	return write_value(out, value, 0);
}

static bool pack_string(struct strbuf *out, const char *s)
{
	size_t len = s ? strlen(s) : 0;

	if (!s || !utf8_valid(s, len))
		return false;
	write_string(out, s, len);
	return true;
}

/* A member's name and its value; one that is NULL and may be (s*) is none. */
static bool pack_member(struct strbuf *out, const char *kind, const char *key,
			va_list *ap)
{
	bool is_text = *kind == 's';
	const char *text = is_text ? va_arg(*ap, const char *) : NULL;

	if (is_text && !text && kind[1] == '*')
		return true;
	if (out->buf[out->len - 1] != '{')
		strbuf_addch(out, ',');
	if (!pack_string(out, key))
		return false;
	strbuf_addch(out, ':');
	switch (*kind) {
	case 's':
		return pack_string(out, text);
	case 'b':
		strbuf_addstr(out, va_arg(*ap, int) ? "true" : "false");
		return true;
	case 'i':
		write_integer(out, va_arg(*ap, int));
		return true;
	case 'I':
		write_integer(out, va_arg(*ap, json_int_t));
		return true;
	default:
		return false;
	}
}

bool jsonwrite_pack(struct strbuf *out, const char *format, va_list ap)
{
	const char *p = format;
	va_list rest;
	bool good = *p++ == '{';

	/* An array as an argument is a pointer: of a copy there is an address.
	 */
	va_copy(rest, ap);
	strbuf_addch(out, '{');
	while (good && *p != '}') {
		good = p[0] == 's' && p[1] == ':' &&
		       pack_member(out, p + 2, va_arg(rest, const char *),
				   &rest);
		p += good ? 3 + (p[3] == '*') : 0;
		while (good && (*p == ',' || *p == ' '))
			p++;
	}
	va_end(rest);
	strbuf_addch(out, '}');
	return good && p[1] == '\0';
}
