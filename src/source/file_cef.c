/*
 * CEF:0|MCAS|SIEM_Agent|VERSION|TYPE|NAME|SEVERITY|key=value ... (section 3.4
 * of the API notes). externalId is the alert's _id, so an archived line and the
 * alert of the API are one. Called by file_split; the normalizer judges what
 * comes out as it does any other item.
 */
#include "source/file_cef_priv.h"

#include <ctype.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include "source/slice_priv.h"
#include "util/compiler.h"
#include "util/jsonx.h"
#include "util/utf8.h"
#include "util/xmalloc.h"

#define MARK "CEF:0|"

enum header { VENDOR, PRODUCT, VERSION, TYPE, NAME, SEVERITY };
#define HEADER_MAX (SEVERITY + 1)

enum key { ID, START, RECEIVED, TEXT, USER, APP, ADDRESS, URL, ADDRESS6 };
#define KEY_MAX (ADDRESS6 + 1)

static const char *const keys[KEY_MAX] = {
	[ID] = "externalId", [START] = "start",
	[RECEIVED] = "rt",   [TEXT] = "msg",
	[USER] = "suser",    [APP] = "destinationServiceName",
	[ADDRESS] = "dvc",   [URL] = "cs1",
	[ADDRESS6] = "c6a1",
};

struct cef {
	struct strbuf header[HEADER_MAX];
	struct strbuf value[KEY_MAX];
};

static void cef_init(struct cef *c)
{
	for (size_t i = 0; i < HEADER_MAX; i++)
		strbuf_init(&c->header[i]);
	for (size_t i = 0; i < KEY_MAX; i++)
		strbuf_init(&c->value[i]);
}

static void cef_release(struct cef *c)
{
	for (size_t i = 0; i < HEADER_MAX; i++)
		strbuf_release(&c->header[i]);
	for (size_t i = 0; i < KEY_MAX; i++)
		strbuf_release(&c->value[i]);
}

bool file_cef_is(struct span line)
{
	return memmem(line.p, line.len, MARK, strlen(MARK)) != NULL;
}

/* Up to the bar that is not escaped; false: the line ends before it. */
static bool take_field(const char **p, const char *end, struct strbuf *ret)
{
	const char *s = *p;

	for (; s < end && *s != '|'; s++) {
		if (*s == '\\' && s + 1 < end)
			s++;
		strbuf_addch(ret, *s);
	}
	*p = s + 1;
	return s < end;
}

/* Is there "name=" at @p? Its '=' or NULL. */
static const char *key_end(const char *p, const char *end)
{
	const char *s = p;

	while (s < end && isalnum((unsigned char)*s))
		s++;
	return s > p && s < end && *s == '=' ? s : NULL;
}

static struct strbuf *value_for(struct cef *c, const char *key, size_t len)
{
	for (size_t i = 0; i < KEY_MAX; i++) {
		if (strlen(keys[i]) == len && memcmp(keys[i], key, len) == 0)
			return &c->value[i];
	}
	return NULL;
}

/* "a=b c d=e": a value goes on up to the blank before the next key. */
static void take_values(struct cef *c, const char *p, const char *end)
{
	struct strbuf *to = NULL;
	bool fresh = true;

	for (; p < end; p++) {
		const char *equals = fresh ? key_end(p, end) : NULL;

		if (equals) {
			to = value_for(c, p, (size_t)(equals - p));
			if (to)
				strbuf_reset(to);
			p = equals;
			fresh = false;
			continue;
		}
		fresh = *p == ' ';
		if (*p == '\\' && p + 1 < end)
			p++;
		/* A zero byte would end the value; 0xff is no text either. */
		if (to)
			strbuf_addch(to, *p ? *p : '\xff');
	}
}

static bool cef_read(struct cef *c, struct span line)
{
	const char *end = line.p + line.len;
	const char *p = memmem(line.p, line.len, MARK, strlen(MARK));

	p += strlen(MARK);
	for (size_t i = 0; i < HEADER_MAX; i++) {
		if (!take_field(&p, end, &c->header[i]))
			return false;
	}
	take_values(c, p, end);
	return true;
}

/* Clean text, without the blank before the next key; NULL when empty. */
static json_t *clean(const struct strbuf *sb)
{
	CLEANUP(free_ptr) char *s = utf8_clean_dup(sb->buf, 0, UTF8_LINE);
	size_t len = strlen(s);

	while (len > 0 && s[len - 1] == ' ')
		len--;
	return len > 0 ? json_stringn(s, len) : NULL;
}

static void set(json_t *object, const char *key, const struct strbuf *sb)
{
	json_t *value = clean(sb);

	if (value)
		json_object_set_new(object, key, value);
}

/* As it is: field_id refuses what cleaning would make that of another alert. */
static void set_id(json_t *object, const char *key, const struct strbuf *sb)
{
	size_t len = sb->len;
	json_t *value;

	while (len > 0 && sb->buf[len - 1] == ' ')
		len--;
	value = len > 0 ? json_stringn(sb->buf, len) : NULL;
	if (value)
		json_object_set_new(object, key, value);
	else
		set(object, key, sb);
}

static void add_entity(json_t *list, const char *type, const struct strbuf *sb)
{
	json_t *label = clean(sb);

	if (label)
		json_array_append_new(list, json_pack("{s:s, s:o}", "type",
						      type, "label", label));
}

/* CEF counts from 0 to 10. */
static const char *severity_word(const char *digits)
{
	char *end;
	long value = strtol(digits, &end, 10);

	if (end == digits)
		return digits;
	return value <= 3 ? "low" : value <= 6 ? "medium" : "high";
}

static void set_time(json_t *object, const struct cef *c)
{
	const struct strbuf *from = c->value[RECEIVED].len > 0
					    ? &c->value[RECEIVED]
					    : &c->value[START];
	int64_t ms = strtoll(from->buf, NULL, 10);

	if (ms > 0)
		json_object_set_new(object, "timestamp", json_integer(ms));
}

static json_t *alert_of(const struct cef *c, struct span line)
{
	json_t *object = json_object();
	json_t *list = json_array();
	CLEANUP(free_ptr) char *raw = xstrndup(line.p, line.len);
	CLEANUP(free_ptr) char *kept = utf8_clean_dup(raw, 0, UTF8_LINE);

	set_id(object, "_id", &c->value[ID]);
	set_time(object, c);
	set(object, "title", &c->header[NAME]);
	set(object, "description", &c->value[TEXT]);
	json_object_set_new(object, "severityValue",
			    json_string(
				    severity_word(c->header[SEVERITY].buf)));
	set(object, "idValue", &c->header[TYPE]);
	set(object, "URL", &c->value[URL]);
	add_entity(list, "policyRule", &c->header[NAME]);
	add_entity(list, "account", &c->value[USER]);
	add_entity(list, "service", &c->value[APP]);
	add_entity(list, "ip", &c->value[ADDRESS]);
	add_entity(list, "ip", &c->value[ADDRESS6]);
	json_object_set_new(object, "entities", list);
	json_object_set_new(object, "cef", json_string(kept));
	return object;
}

const char *file_cef_read(struct span line, struct strbuf *ret_json)
{
	CLEANUP(cef_release) struct cef c;
	CLEANUP(jsonx_unref) json_t *object = NULL;
	CLEANUP(free_ptr) char *dumped = NULL;

	cef_init(&c);
	if (line.len >= SLICE_CLIP)
		return "a CEF line, too long to be an alert's";
	if (!cef_read(&c, line))
		return "a CEF line, and its header is cut short";
	if (strcmp(c.header[VENDOR].buf, "MCAS") != 0)
		return "a CEF line, not of Defender for Cloud Apps";
	if (strncmp(c.header[TYPE].buf, "EVENT_", 6) == 0)
		return "a CEF line of a Cloud Apps activity, not an alert";
	if (strncmp(c.header[TYPE].buf, "ALERT_", 6) != 0)
		return "a CEF line of Cloud Apps, neither an alert nor an "
		       "activity";
	object = alert_of(&c, line);
	dumped = jsonx_dump(object);
	if (!dumped)
		return "a CEF line that cannot be read";
	strbuf_reset(ret_json);
	strbuf_addstr(ret_json, dumped);
	return NULL;
}
