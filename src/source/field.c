/*
 * How a normalizer takes text, times and lists out of JSON. Called by the
 * three normalizers and their entity files; knows no API.
 */
#include "source/field_priv.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "util/html_text.h"
#include "util/jsonx.h"
#include "util/timefmt.h"
#include "util/utf8.h"
#include "util/xmalloc.h"

/* Beyond this no byte of a text can reach its field. */
#define TEXT_READ_MAX ((size_t)128 << 10)
/* JSON inside a string: a part of an item, so less than an item's budget. */
#define INNER_HEAP ((size_t)32 << 20)

#define SPACES " \t\r\n"
#define ELLIPSIS "\xe2\x80\xa6"

static bool is_space(char c)
{
	return c && strchr(SPACES, c);
}

const char *field_first(const json_t *object, const char *const *keys)
{
	for (; *keys; keys++) {
		const char *s = jsonx_str(object, *keys);

		if (s && s[strspn(s, SPACES)])
			return s;
	}
	return NULL;
}

static void trim(struct strbuf *sb)
{
	size_t from = 0;

	while (sb->len > 0 && is_space(sb->buf[sb->len - 1]))
		strbuf_setlen(sb, sb->len - 1);
	while (from < sb->len && is_space(sb->buf[from]))
		from++;
	if (from > 0) {
		memmove(sb->buf, sb->buf + from, sb->len - from);
		strbuf_setlen(sb, sb->len - from);
	}
}

/* utf8_add_clean says that it cut a text by its last character only. */
static bool was_cut(const struct strbuf *sb, size_t max)
{
	size_t tail = strlen(ELLIPSIS);

	return sb->len >= tail &&
	       memcmp(sb->buf + sb->len - tail, ELLIPSIS, tail) == 0 &&
	       utf8_length(sb->buf) == max;
}

static char *cleaned(struct alert *a, const char *s, size_t max,
		     enum utf8_clean how)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;

	utf8_add_clean(&sb, s, max, how);
	if (was_cut(&sb, max))
		a->clipped = true;
	trim(&sb);
	return sb.len > 0 ? strbuf_detach(&sb) : NULL;
}

char *field_line(struct alert *a, const char *s, size_t max)
{
	if (!s)
		return NULL;
	s += strspn(s, SPACES);
	return cleaned(a, s, max, UTF8_LINE);
}

char *field_text(struct alert *a, const char *s)
{
	CLEANUP(free_ptr) char *head = NULL;
	CLEANUP(free_ptr) char *text = NULL;
	size_t len;

	if (!s)
		return NULL;
	s += strspn(s, SPACES);
	len = strnlen(s, TEXT_READ_MAX);
	if (s[len])
		a->clipped = true;
	head = xstrndup(s, len);
	text = html_text(head);
	return cleaned(a, text, ALERT_TEXT_MAX, UTF8_KEEP_NEWLINES);
}

/*
 * What cleaning would drop or replace: of two ids that differ by nothing else
 * one would be lost. U+FFFD stands where somebody before us has done so.
 */
static bool id_is_whole(const char *s, size_t len)
{
	uint32_t point;

	for (size_t i = 0; i < len;) {
		size_t n;

		if (s[i] >= 0x20 && s[i] < 0x7f) { /* nearly always */
			i++;
			continue;
		}
		n = utf8_decode(s + i, len - i, &point);
		if (n == 0 || point == 0xfffd || utf8_is_harmful(point))
			return false;
		i += n;
	}
	return true;
}

int field_id(const char *s, char **ret, struct err *err)
{
	size_t len;

	if (!s || !s[strspn(s, SPACES)])
		return err_set(err, ERR_SCHEMA, "no id");
	len = strlen(s);
	if (len > 4 * (size_t)ALERT_ID_MAX ||
	    (len > ALERT_ID_MAX && utf8_length(s) > ALERT_ID_MAX))
		return err_set(err, ERR_SCHEMA,
			       "an id of %zu bytes, more than %d characters",
			       len, ALERT_ID_MAX);
	if (!id_is_whole(s, len))
		return err_set(err, ERR_SCHEMA,
			       "an id with control characters or bytes that "
			       "are no text");
	*ret = xstrdup(s);
	return 0;
}

void field_set_tenant(struct alert *a, const char *configured, const char *says)
{
	bool is_configured = configured && *configured;

	a->tenant = field_line(a, is_configured ? configured : says,
			       ALERT_WORD_MAX);
	if (!a->tenant)
		a->tenant = xstrdup("");
}

/*
 * The year 9999 is how .NET says never, as the year 1 is how it says not yet. A
 * change that was "never" would be newer than all that follow.
 */
static bool is_never(int64_t ms)
{
	return ms >= INT64_C(253370764800000);
}

int64_t field_time(const json_t *object, const char *const *keys)
{
	for (; *keys; keys++) {
		const json_t *value = jsonx_get(object, *keys);
		const char *s = json_string_value(value);
		int64_t ms;

		if (s && timefmt_parse(s, strlen(s), &ms) > 0 && !is_never(ms))
			return ms;
		/* Before 1970 none of these services ran. */
		if (json_is_integer(value) && json_integer_value(value) > 0 &&
		    !is_never(json_integer_value(value)))
			return json_integer_value(value);
	}
	return 0;
}

json_t *field_container(const json_t *object, const char *key)
{
	json_t *value = jsonx_get(object, key);
	const char *s = json_string_value(value);

	if (json_is_object(value) || json_is_array(value))
		return json_incref(value);
	if (!s)
		return NULL;
	s += strspn(s, SPACES);
	if (*s != '{' && *s != '[')
		return NULL;
	return jsonx_parse(s, strlen(s), INNER_HEAP, NULL);
}

static bool list_has(const struct strbuf *list, const char *word, size_t len)
{
	const char *p = list->buf;

	while (*p) {
		size_t n = strcspn(p, ",");

		if (n == len && strncasecmp(p, word, len) == 0)
			return true;
		p += n + (p[n] == ',');
	}
	return false;
}

void field_add_words(struct strbuf *list, const char *word)
{
	/* A list longer than its field will be clipped anyway. */
	while (word && *word && list->len < 4 * (size_t)ALERT_WORD_MAX) {
		size_t len = strcspn(word, ",");
		const char *next = word + len + (word[len] == ',');

		while (len > 0 && is_space(*word)) {
			word++;
			len--;
		}
		while (len > 0 && is_space(word[len - 1]))
			len--;
		if (len > 0 && !list_has(list, word, len) &&
		    !(len == 7 && strncasecmp(word, "unknown", len) == 0)) {
			if (list->len > 0)
				strbuf_addch(list, ',');
			strbuf_add(list, word, len);
		}
		word = next;
	}
}

void field_add_all(struct strbuf *list, const json_t *value)
{
	const json_t *one;
	size_t i;

	field_add_words(list, json_string_value(value));
	json_array_foreach(value, i, one)
		field_add_words(list, json_string_value(one));
}

char *field_list(struct alert *a, struct strbuf *list)
{
	return field_line(a, list->buf, ALERT_WORD_MAX);
}

void field_add_steps(struct strbuf *steps, const char *s)
{
	while (s && *s && steps->len < TEXT_READ_MAX) {
		size_t len = strcspn(s, "\r\n");
		const char *next = s + len + strspn(s + len, "\r\n");

		while (len > 0 && is_space(*s)) {
			s++;
			len--;
		}
		while (len > 0 && is_space(s[len - 1]))
			len--;
		if (len > 0) {
			if (steps->len > 0)
				strbuf_addch(steps, '\n');
			strbuf_add(steps, s, len);
		}
		s = next;
	}
}

void field_add_entity(struct alert *a, const char *kind, const char *value,
		      const char *role)
{
	CLEANUP(free_ptr) char *clean_kind = field_line(a, kind, 64);
	CLEANUP(free_ptr) char *clean = field_line(a, value, ALERT_WORD_MAX);
	CLEANUP(free_ptr) char *clean_role = field_line(a, role, 64);

	alert_add_entity(a, clean_kind, clean, clean_role);
}

char *field_arm_segment(const char *arm_id, const char *name)
{
	size_t len = strlen(name);

	for (const char *p = arm_id ? strchr(arm_id, '/') : NULL; p;
	     p = strchr(p + 1, '/')) {
		const char *segment = p + 1 + len + 1;
		size_t n;

		if (strncasecmp(p + 1, name, len) != 0 || p[1 + len] != '/')
			continue;
		n = strcspn(segment, "/");
		return n > 0 ? xstrndup(segment, n) : NULL;
	}
	return NULL;
}

char *field_arm_type(const char *arm_id)
{
	static const char marker[] = "/providers/";
	const char *last = NULL;
	struct strbuf type = STRBUF_INIT;
	const char *p;

	if (!arm_id)
		return NULL;
	for (p = strcasestr(arm_id, marker); p; p = strcasestr(p + 1, marker))
		last = p + strlen(marker);
	if (!last)
		return NULL;
	/* NAMESPACE/TYPE/NAME[/TYPE/NAME...]: every other segment. */
	strbuf_add(&type, last, strcspn(last, "/"));
	last += strcspn(last, "/");
	while (*last == '/' && last[1]) {
		size_t n = strcspn(last + 1, "/");

		strbuf_add(&type, last, n + 1);
		last += n + 1;
		if (*last == '/')
			last += 1 + strcspn(last + 1, "/");
	}
	return strbuf_detach(&type);
}

const char *field_arm_name(const char *arm_id)
{
	const char *slash = arm_id ? strrchr(arm_id, '/') : NULL;

	return slash && slash[1] ? slash + 1 : NULL;
}
