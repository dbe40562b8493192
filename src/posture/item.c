/*
 * How the readers of this room take words, times and numbers out of JSON.
 * Knows no part of the posture.
 *
 * tested with: test_parts
 */
#include "posture/item_priv.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "util/html_text.h"
#include "util/jsonx.h"
#include "util/timefmt.h"
#include "util/utf8.h"
#include "util/xmalloc.h"

/* Beyond this no byte of a text reaches its field. */
#define TEXT_READ_MAX ((size_t)64 << 10)
/* Points and counts: what is more is no score of anything. */
#define NUMBER_MAX 1e12

static char *cleaned(const char *s, size_t max, enum utf8_clean how)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;

	s += strspn(s, " \t\r\n");
	utf8_add_clean(&sb, s, max, how);
	while (sb.len > 0 && strchr(" \t\r\n", sb.buf[sb.len - 1]))
		strbuf_setlen(&sb, sb.len - 1);
	return sb.len > 0 ? strbuf_detach(&sb) : NULL;
}

char *item_line(const char *s)
{
	return s ? cleaned(s, POSTURE_WORD_MAX, UTF8_LINE) : NULL;
}

char *item_text(const char *s)
{
	CLEANUP(free_ptr) char *head = NULL;
	CLEANUP(free_ptr) char *text = NULL;

	if (!s)
		return NULL;
	head = xstrndup(s, strnlen(s, TEXT_READ_MAX));
	text = html_text(head);
	return cleaned(text, POSTURE_TEXT_MAX, UTF8_KEEP_NEWLINES);
}

char *item_word(const json_t *object, const char *key)
{
	return item_line(jsonx_str(object, key));
}

int item_id(const char *s, const char *what, char **ret, struct err *err)
{
	CLEANUP(free_ptr) char *id = NULL;

	if (s && strlen(s) > POSTURE_ID_MAX)
		return err_set(err, ERR_SCHEMA,
			       "its %s has %zu bytes, more than %d", what,
			       strlen(s), POSTURE_ID_MAX);
	if (s)
		id = cleaned(s, 0, UTF8_LINE);
	if (!id)
		return err_set(err, ERR_SCHEMA, "it has no %s", what);
	*ret = take(id);
	return 0;
}

int64_t item_time(const json_t *object, const char *key)
{
	const char *s = jsonx_str(object, key);
	int64_t ms;

	if (!s || timefmt_parse(s, strlen(s), &ms) != 1)
		return 0;
	return MAX(ms, 0);
}

bool item_scaled(const json_t *object, const char *key, int64_t scale,
		 int64_t *ret)
{
	const json_t *value = jsonx_get(object, key);
	double n;

	if (!json_is_number(value))
		return false;
	n = json_number_value(value) * (double)scale;
	if (!(n >= 0 && n < NUMBER_MAX))
		return false;
	*ret = (int64_t)(n + 0.5);
	return true;
}

void item_add_word(struct strbuf *list, const char *word)
{
	CLEANUP(free_ptr) char *clean = item_line(word);

	/* A list is clipped as a line; what is far behind is not put on. */
	if (!clean || list->len > 8 * (size_t)POSTURE_WORD_MAX)
		return;
	strbuf_addf(list, "%s%s", list->len > 0 ? ", " : "", clean);
}

char *item_list(const struct strbuf *list)
{
	return item_line(list->buf);
}

char *item_words(const json_t *object, const char *key)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
	const json_t *value = jsonx_get(object, key);
	const json_t *one;
	size_t i;

	if (json_is_string(value))
		return item_line(json_string_value(value));
	json_array_foreach(value, i, one)
	{
		item_add_word(&sb, json_string_value(one));
	}
	return item_list(&sb);
}

bool item_severity(const char *word, enum severity *ret)
{
	if (!word)
		return false;
	if (strcasecmp(word, "informational") == 0) {
		*ret = SEVERITY_INFO;
		return true;
	}
	return severity_parse(word, ret);
}
