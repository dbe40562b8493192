/*
 * Readers of single values: names, texts, durations, lists, secrets. Called
 * through the rows of table.c; each leaves its field alone when the value is
 * not acceptable. A secret is never quoted in a message.
 *
 * tested with: test_load
 */
#include "conf/conf_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "util/compiler.h"
#include "util/timefmt.h"
#include "util/xmalloc.h"

#define LIST_MAX 200

static void field_set(void *object, const struct option *o, const char *value)
{
	char **field = FIELD(char *, object, o);

	free(*field);
	*field = xstrdup(value);
}

bool name_is_valid(const char *s, bool blanks)
{
	size_t n = strlen(s);

	if (n == 0 || n > CONF_NAME_MAX || strchr("-. _", s[0]) ||
	    s[n - 1] == ' ')
		return false;
	return s[strspn(s, "abcdefghijklmnopqrstuvwxyz"
			   "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_")] ==
		       '\0' ||
	       (blanks &&
		s[strspn(s, "abcdefghijklmnopqrstuvwxyz"
			    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_ ")] ==
			'\0');
}

void load_name(struct load *l, const struct option *o, const struct node *v,
	       void *object)
{
	if (!load_is_text(l, v, "a name"))
		return;
	if (!name_is_valid(v->text, false)) {
		load_fault(l, &v->mark,
			   "must be 1 to %d letters, digits, '-', '_' or '.', "
			   "beginning with a letter or digit",
			   CONF_NAME_MAX);
		return;
	}
	field_set(object, o, v->text);
}

void load_label(struct load *l, const struct option *o, const struct node *v,
		void *object)
{
	if (!load_is_text(l, v, "a name"))
		return;
	if (!name_is_valid(v->text, true)) {
		load_fault(l, &v->mark,
			   "must be 1 to %d letters, digits, blanks, '-', '_' "
			   "or '.', beginning with a letter or digit",
			   CONF_NAME_MAX);
		return;
	}
	field_set(object, o, v->text);
}

void load_text(struct load *l, const struct option *o, const struct node *v,
	       void *object)
{
	if (!load_is_text(l, v, "text"))
		return;
	if (strlen(v->text) > CONF_TEXT_MAX) {
		load_fault(l, &v->mark, "longer than %d bytes", CONF_TEXT_MAX);
		return;
	}
	field_set(object, o, v->text);
}

void load_path(struct load *l, const struct option *o, const struct node *v,
	       void *object)
{
	size_t max = o->max ? (size_t)o->max : CONF_PATH_MAX;

	if (!load_is_text(l, v, "a path"))
		return;
	if (v->text[0] != '/')
		load_fault(l, &v->mark,
			   "must be an absolute path, not '%.100s'", v->text);
	else if (strlen(v->text) > max)
		load_fault(l, &v->mark, "longer than %zu bytes", max);
	else
		field_set(object, o, v->text);
}

static bool duration_in_range(struct load *l, const struct option *o,
			      const struct node *v, int64_t ms)
{
	char a[TIMEFMT_MAX], b[TIMEFMT_MAX];

	if (ms >= o->min && ms <= o->max)
		return true;
	load_fault(l, &v->mark, "must be from %s to %s, not %.40s",
		   timefmt_duration(o->min, a), timefmt_duration(o->max, b),
		   v->text);
	return false;
}

void load_duration(struct load *l, const struct option *o, const struct node *v,
		   void *object)
{
	int64_t ms;

	if (!load_is_text(l, v, "a duration such as 90s, 15m, 4h or 2d"))
		return;
	if (timefmt_parse_duration(v->text, &ms) < 0)
		load_fault(l, &v->mark,
			   "must be a duration such as 90s, 15m, 4h or 2d, not "
			   "'%.40s'",
			   v->text);
	else if (duration_in_range(l, o, v, ms))
		*FIELD(int64_t, object, o) = ms;
}

/* A duration, or "never" (0). */
void load_expiry(struct load *l, const struct option *o, const struct node *v,
		 void *object)
{
	if (v->kind == NODE_TEXT && strcmp(v->text, "never") == 0)
		*FIELD(int64_t, object, o) = 0;
	else
		load_duration(l, o, v, object);
}

bool text_is_bool(const char *s, bool *ret)
{
	static const char *const words[][2] = { { "false", "true" },
						{ "off", "on" },
						{ "no", "yes" } };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		for (int value = 0; value < 2; value++) {
			if (strcasecmp(s, words[i][value]) != 0)
				continue;
			*ret = value;
			return true;
		}
	}
	return false;
}

void load_bool(struct load *l, const struct option *o, const struct node *v,
	       void *object)
{
	if (!load_is_text(l, v, "true or false"))
		return;
	if (!text_is_bool(v->text, FIELD(bool, object, o)))
		load_fault(l, &v->mark, "must be true or false, not '%.40s'",
			   v->text);
}

void load_count(struct load *l, const struct option *o, const struct node *v,
		void *object)
{
	char *end;
	long n;

	if (!load_is_text(l, v, "a number"))
		return;
	errno = 0;
	n = strtol(v->text, &end, 10);
	if (*end || errno || v->text[0] < '0' || v->text[0] > '9' ||
	    n < o->min || n > o->max)
		load_fault(l, &v->mark,
			   "must be a number from %lld to %lld, not '%.40s'",
			   (long long)o->min, (long long)o->max, v->text);
	else
		*FIELD(int, object, o) = (int)n;
}

bool parse_clock_time(const char *s, int max, int *ret_minute)
{
	int minute;

	for (int i = 0; i < 5; i++)
		if (i == 2 ? s[i] != ':' : (s[i] < '0' || s[i] > '9'))
			return false;
	if (s[5] != '\0' || s[3] > '5')
		return false;
	minute = ((s[0] - '0') * 10 + s[1] - '0') * 60 + (s[3] - '0') * 10 +
		 s[4] - '0';
	if (minute > max)
		return false;
	*ret_minute = minute;
	return true;
}

void load_minute(struct load *l, const struct option *o, const struct node *v,
		 void *object)
{
	if (!load_is_text(l, v, "a time such as \"09:00\""))
		return;
	if (!parse_clock_time(v->text, 24 * 60 - 1, FIELD(int, object, o)))
		load_fault(l, &v->mark,
			   "must be a time from \"00:00\" to \"23:59\", not "
			   "'%.40s'",
			   v->text);
}

static bool credential_name_ok(const char *s)
{
	/* systemd.exec(5): a credential's name is a file name. */
	return strlen(s) <= 255 && !strchr(s, '/') && s[0] != '.';
}

static enum secret_kind secret_kind_of(const struct node *v)
{
	const char *key;

	if (v->kind != NODE_MAP || v->n != 1)
		return SECRET_ABSENT;
	key = v->items[0].key->text;
	if (strcmp(key, "credential") == 0)
		return SECRET_CREDENTIAL;
	return strcmp(key, "file") == 0 ? SECRET_FILE : SECRET_ABSENT;
}

void load_secret(struct load *l, const struct option *o, const struct node *v,
		 void *object)
{
	struct secret_ref *ref = FIELD(struct secret_ref, object, o);
	enum secret_kind kind = secret_kind_of(v);
	const struct node *name;

	if (kind == SECRET_ABSENT) {
		load_fault(l, &v->mark,
			   "must be {credential: NAME} or {file: PATH}; a "
			   "secret never stands in the configuration");
		return;
	}
	name = v->items[0].value;
	if (!load_is_text(l, name, "the name of the secret"))
		return;
	if (kind == SECRET_FILE ? name->text[0] != '/'
				: !credential_name_ok(name->text)) {
		load_fault(l, &name->mark,
			   kind == SECRET_FILE
				   ? "the file of a secret must be an absolute "
				     "path"
				   : "a credential's name has no '/' and does "
				     "not begin with '.'");
		return;
	}
	secret_ref_release(ref);
	*ref = (struct secret_ref){ kind, xstrdup(name->text), NULL, v->mark };
}

void load_map(struct load *l, const struct option *o, const struct node *v,
	      void *object)
{
	load_section(l, o->sub, v, 0, (char *)object + o->offset);
}

void load_texts(struct load *l, const struct node *v, struct strlist *field,
		const char *(*check)(const char *s))
{
	size_t n = v->kind == NODE_LIST ? v->n : 1;

	strlist_release(field);
	if (n == 0 || n > LIST_MAX) {
		load_fault(l, &v->mark, "must be a list of 1 to %d texts",
			   LIST_MAX);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		const struct node *one =
			v->kind == NODE_LIST ? v->items[i].value : v;
		const char *why;

		if (!load_is_text(l, one, "text or a list of texts"))
			continue;
		why = check(one->text);
		if (why)
			load_fault(l, &one->mark, "'%.60s' %s", one->text, why);
		else
			strlist_add(field, one->text);
	}
}

static const char *tag_fault(const char *s)
{
	if (name_is_valid(s, false))
		return NULL;
	return "cannot be a tag: use letters, digits, '-', '_' and '.'";
}

void load_tags(struct load *l, const struct option *o, const struct node *v,
	       void *object)
{
	load_texts(l, v, FIELD(struct strlist, object, o), tag_fault);
}

/* `type:` decides which options an entry has, so it was read before them. */
void load_known(struct load *l, const struct option *o, const struct node *v,
		void *object)
{
	(void)l;
	(void)o;
	(void)v;
	(void)object;
}

/* "; there are a, b or c": the types of an entry. */
static const char *type_choice(struct strbuf *text,
			       const struct type_word *words, size_t n)
{
	strbuf_addf(text, "; there are %s", words[0].word);
	for (size_t i = 1; i < n; i++)
		strbuf_addf(text, "%s%s", i + 1 < n ? ", " : " or ",
			    words[i].word);
	return text->buf;
}

int load_type(struct load *l, const struct node *map,
	      const struct type_word *words, size_t n)
{
	const struct node *v = node_get(map, "type");
	struct suggest s = { .word = "" };
	CLEANUP(strbuf_release) struct strbuf choice = STRBUF_INIT;
	char buf[SUGGEST_TEXT_MAX];

	if (!v) {
		load_fault(l, &map->mark, "option 'type' is missing%s",
			   type_choice(&choice, words, n));
		return -1;
	}
	if (!load_is_text(l, v, "the name of a type"))
		return -1;
	s.word = v->text;
	for (size_t i = 0; i < n; i++) {
		if (strcmp(v->text, words[i].word) == 0)
			return words[i].type;
		suggest_offer(&s, words[i].word);
	}
	load_fault(l, &v->mark, "unknown type '%.60s'%s", v->text,
		   s.best ? suggest_text(&s, buf)
			  : type_choice(&choice, words, n));
	return -1;
}
