/*
 * Hostile text as JSON values: cleaned, cut, never refused by jansson. Called
 * by the renderers that write JSON.
 *
 * tested with: test_formats
 */
#include "forward/format_priv.h"

#include <string.h>
#include "util/jsonx.h"
#include "util/timefmt.h"
#include "util/utf8.h"
#include "util/xmalloc.h"

/* Heap of a detail, which is a few members of our own. */
#define DETAIL_HEAP_MAX ((size_t)1 << 20)

/* jansson frees @value also when it fails; a member lost for want of memory
 * is noticed when the line is written. */
void put_value(json_t *object, const char *key, json_t *value)
{
	(void)json_object_set_new(object, key, value);
}

static json_t *value_clean(const char *s, size_t max, enum utf8_clean how)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;

	utf8_add_clean(&sb, s, max, how);
	return json_stringn(sb.buf, sb.len);
}

json_t *value_text(const char *s, size_t max)
{
	return value_clean(s, max, UTF8_LINE);
}

void put_text(json_t *object, const char *key, const char *s, size_t max)
{
	if (s && *s && max)
		put_value(object, key, value_text(s, max));
}

void put_lines(json_t *object, const char *key, const char *s, size_t max)
{
	if (s && *s && max)
		put_value(object, key, value_clean(s, max, UTF8_KEEP_NEWLINES));
}

void put_int(json_t *object, const char *key, int64_t value)
{
	put_value(object, key, json_integer((json_int_t)value));
}

void put_instant(json_t *object, const char *key, int64_t ms)
{
	char buf[TIMEFMT_MAX];

	if (ms)
		put_value(object, key, json_string(timefmt_utc(ms, buf)));
}

void put_ms(json_t *object, const char *key, int64_t ms)
{
	if (ms)
		put_int(object, key, ms);
}

void put_part(json_t *object, const char *key, json_t *part)
{
	bool empty = json_is_array(part) ? json_array_size(part) == 0
					 : json_object_size(part) == 0;

	if (empty)
		json_decref(part);
	else
		put_value(object, key, part);
}

void put_words(json_t *object, const char *key, const char *list,
	       const struct measure *m)
{
	json_t *array = json_array();
	CLEANUP(free_ptr) char *copy = xstrdup(list ? list : "");
	char *rest = copy;
	char *word;

	while ((word = strsep(&rest, ",")) &&
	       json_array_size(array) < MIN(m->items, (size_t)50)) {
		word += strspn(word, " ");
		if (*word)
			(void)json_array_append_new(array,
						    value_text(word, m->word));
	}
	put_part(object, key, array);
}

static bool array_has(const json_t *array, const json_t *value)
{
	size_t i;
	json_t *one;

	json_array_foreach((json_t *)array, i,
			   one) if (json_equal(one, value)) return true;
	return false;
}

void put_entities(json_t *object, const char *key,
		  const struct forward_record *r, const char *kind,
		  const struct measure *m)
{
	const struct alert *a = &r->view.alert;
	json_t *array = json_array();

	for (size_t i = 0; r->has_alert && i < a->n_entities &&
			   json_array_size(array) < MIN(m->items, (size_t)50);
	     i++) {
		CLEANUP(jsonx_unref) json_t *value = NULL;

		if (strcmp(a->entities[i].kind, kind) != 0)
			continue;
		value = value_text(a->entities[i].value, m->word);
		if (value && !array_has(array, value))
			(void)json_array_append(array, value);
	}
	put_part(object, key, array);
}

void put_tags(json_t *object, const char *key, const struct forward_record *r,
	      const struct measure *m)
{
	const struct strlist *tags = &r->view.tags;
	json_t *array = json_array();

	for (size_t i = 0; r->has_alert && i < tags->n && i < m->items; i++)
		(void)json_array_append_new(array,
					    value_text(tags->v[i], m->word));
	put_part(object, key, array);
}

json_t *value_detail(const struct forward_record *r, const struct measure *m)
{
	const char *text = r->event.detail;
	size_t len = text ? strlen(text) : 0;
	json_t *value;

	if (len == 0 || len > m->detail)
		return NULL;
	value = jsonx_parse(text, len, DETAIL_HEAP_MAX, NULL);
	if (value && json_is_object(value))
		return value;
	json_decref(value);
	return value_text(text, m->text);
}

void put_url(json_t *object, const char *key, const char *url,
	     const struct measure *m)
{
	if (url && strlen(url) <= 4 * m->word)
		put_text(object, key, url, 4 * m->word);
}

void value_write(json_t *root, struct strbuf *out)
{
	CLEANUP(free_ptr) char *line = jsonx_dump(root);

	json_decref(root);
	/* What an event says of itself came in as it is: once more over all of
	 * it. For want of memory in the library the event's place stays. */
	utf8_add_clean(out, line ? line : "{}", 0, UTF8_LINE);
}
