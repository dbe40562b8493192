/*
 * The run of reading: walks a tree by the option table, collects faults with
 * their path, keeps what must be checked when everything is read. Callers are
 * load_*.c, which read the values; files.c starts it.
 */
#include "conf/conf_priv.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "util/compiler.h"
#include "util/xmalloc.h"

/* With what it is instead. */
#define NOT_A_BLOCK "must be a block of options (\"option: value\"), not %s"

static void load_vsay(struct load *l, const struct mark *m, bool warning,
		      const char *fmt, va_list ap)
	__attribute__((format(printf, 4, 0)));
static void load_vsay(struct load *l, const struct mark *m, bool warning,
		      const char *fmt, va_list ap)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	if (l->path.len)
		strbuf_addf(&text, "%s: ", l->path.buf);
	strbuf_vaddf(&text, fmt, ap);
	if (warning)
		faults_warn(l->faults, m, "%s", text.buf);
	else
		faults_add(l->faults, m, "%s", text.buf);
}

void load_fault(struct load *l, const struct mark *m, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	load_vsay(l, m, false, fmt, ap);
	va_end(ap);
}

void load_warn(struct load *l, const struct mark *m, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	load_vsay(l, m, true, fmt, ap);
	va_end(ap);
}

size_t load_push(struct load *l, const char *part)
{
	size_t len = l->path.len;

	if (len && *part != '[')
		strbuf_addch(&l->path, '.');
	strbuf_addstr(&l->path, part);
	return len;
}

void load_pop(struct load *l, size_t len)
{
	strbuf_setlen(&l->path, len);
}

void load_refer(struct load *l, enum refer_kind kind, const struct node *v)
{
	GROW(l->refs, l->n_refs + 1, l->n_refs_alloc);
	l->refs[l->n_refs++] =
		(struct reference){ kind, xstrdup(v->text), v->mark,
				    xstrdup(l->path.buf) };
}

bool load_is_text(struct load *l, const struct node *v, const char *what)
{
	if (v->kind == NODE_SPOILT)
		return false;
	if (v->kind == NODE_TEXT && *v->text)
		return true;
	load_fault(l, &v->mark, "must be %s, not %s", what, node_kind_name(v));
	return false;
}

const struct mark *load_given(const struct load *l, const char *option)
{
	CLEANUP(free_ptr)
	char *path = xasprintf("%s.%s", l->path.buf, option);

	return origin_find(l->c, path);
}

static void load_spoil(struct load *l, const struct mark *m)
{
	GROW(l->spoilt, l->n_spoilt + 1, l->n_spoilt_alloc);
	l->spoilt[l->n_spoilt++] = *m;
}

bool load_is_spoilt(const struct load *l, const struct mark *m)
{
	for (size_t i = 0; i < l->n_spoilt; i++)
		if (l->spoilt[i].file == m->file &&
		    l->spoilt[i].line == m->line &&
		    l->spoilt[i].column == m->column)
			return true;
	return false;
}

/* Is one of the faults behind the first @n fatal? */
static bool faults_fatal_since(const struct faults *f, size_t n)
{
	for (size_t i = n; i < f->n; i++)
		if (!f->v[i].warning)
			return true;
	return false;
}

static bool option_fits(const struct option *o, unsigned kind)
{
	return o->kinds == 0 || kind == 0 || (o->kinds & kind);
}

static void load_unknown(struct load *l, const char *section,
			 const struct node *key, unsigned kind)
{
	struct suggest s = { .word = key->text };
	char buf[SUGGEST_TEXT_MAX];
	size_t len;

	for (const struct option *o = option_next(section, NULL); o;
	     o = option_next(section, o))
		if (option_fits(o, kind))
			suggest_offer(&s, o->shown.name);
	load_fault(l, &key->mark, "unknown option '%.60s'%s", key->text,
		   suggest_text(&s, buf));
	if (s.best) {
		/* Most likely given, so do not say that it is missing. */
		len = load_push(l, s.best);
		origin_set(l->c, l->path.buf, &key->mark);
		load_spoil(l, &key->mark);
		load_pop(l, len);
	}
}

/* The words of the types that a section's entries have. */
static const char *(*word_of_section(const char *section))(int type)
{
	if (strncmp(section, "sources", strlen("sources")) == 0)
		return source_word;
	if (strncmp(section, "forward", strlen("forward")) == 0)
		return forward_word;
	return target_word;
}

/* @o belongs to other types than the one of this entry. */
static void load_misplaced(struct load *l, const struct option *o,
			   const struct node *key)
{
	const char *(*word)(int type) = word_of_section(o->shown.section);
	CLEANUP(strbuf_release) struct strbuf types = STRBUF_INIT;
	unsigned rest = o->kinds;
	int n = 0;

	for (int i = 0; rest; rest &= ~BIT(i), i++) {
		if (!(rest & BIT(i)))
			continue;
		if (n++)
			strbuf_addstr(&types, rest == BIT(i) ? " and " : ", ");
		strbuf_addstr(&types, word(i));
	}
	load_fault(l, &key->mark, "option '%s' belongs to %s %s, not to this",
		   key->text, n > 1 ? "the types" : "type", types.buf);
}

static void load_required(struct load *l, const char *section,
			  const struct node *map, unsigned kind)
{
	for (const struct option *o = option_next(section, NULL); o;
	     o = option_next(section, o)) {
		if (!o->shown.fallback || *o->shown.fallback ||
		    !option_fits(o, kind) || node_get(map, o->shown.name))
			continue;
		load_fault(l, &map->mark, "option '%s' is missing",
			   o->shown.name);
	}
}

static void load_option(struct load *l, const struct option *o,
			const struct node *v, void *object)
{
	size_t len = load_push(l, o->shown.name);
	size_t n_faults = l->faults->n;

	origin_set(l->c, l->path.buf, &v->mark);
	if (v->kind == NODE_TEXT && !*v->text)
		load_fault(l, &v->mark,
			   "has no value; give one or remove the "
			   "line");
	else if (v->kind != NODE_SPOILT)
		o->load(l, o, v, object);
	if (v->kind == NODE_SPOILT || faults_fatal_since(l->faults, n_faults))
		load_spoil(l, &v->mark);
	load_pop(l, len);
}

void load_section(struct load *l, const char *section, const struct node *map,
		  unsigned kind, void *object)
{
	if (map->kind != NODE_MAP) {
		if (map->kind != NODE_SPOILT)
			load_fault(l, &map->mark, NOT_A_BLOCK,
				   node_kind_name(map));
		return;
	}
	for (size_t i = 0; i < map->n; i++) {
		const struct node *key = map->items[i].key;
		const struct option *o = option_find(section, key->text);

		if (!o)
			load_unknown(l, section, key, kind);
		else if (!option_fits(o, kind))
			load_misplaced(l, o, key);
		else
			load_option(l, o, map->items[i].value, object);
	}
	/* Values of the top level may stand in any file: validate.c. */
	if (*section)
		load_required(l, section, map, kind);
}

/* A default is written in the table as a file would have it, and read the
 * same way: what is documented is what happens. */
static void load_default(struct load *l, const struct option *o, unsigned kind,
			 void *object)
{
	CLEANUP(node_free_ptr) struct node *v = NULL;
	const char *text = o->shown.fallback;

	for (size_t i = 0; i < ARRAY_SIZE(o->others); i++)
		if (o->others[i].kinds & kind)
			text = o->others[i].fallback;
	if (parse_yaml(NULL, text, strlen(text), &v, l->faults) == 0 && v)
		load_option(l, o, v, object);
}

void load_defaults(struct load *l, const char *section, unsigned kind,
		   void *object)
{
	for (const struct option *o = option_next(section, NULL); o;
	     o = option_next(section, o)) {
		if (!option_fits(o, kind))
			continue;
		if (o->sub)
			load_defaults(l, o->sub, kind,
				      (char *)object + o->offset);
		else if (o->shown.fallback && *o->shown.fallback)
			load_default(l, o, kind, object);
	}
}

static void load_entry(struct load *l, const struct node *map, size_t number,
		       void (*one)(struct load *l, const struct node *map))
{
	const struct node *name = node_get(map, "name");
	size_t n_faults = l->faults->n;
	char label[CONF_NAME_MAX + 1];
	size_t len;

	if (map->kind == NODE_SPOILT)
		return;
	if (name && name->kind == NODE_TEXT && name_is_valid(name->text, true))
		snprintf(label, sizeof(label), "%s", name->text);
	else
		snprintf(label, sizeof(label), "[%zu]", number);
	len = load_push(l, label);
	if (map->kind == NODE_MAP)
		one(l, map);
	else
		load_fault(l, &map->mark, NOT_A_BLOCK, node_kind_name(map));
	if (faults_fatal_since(l->faults, n_faults))
		load_spoil(l, &map->mark);
	load_pop(l, len);
}

void load_entries(struct load *l, const struct node *list,
		  void (*one)(struct load *l, const struct node *map))
{
	if (list->kind != NODE_LIST) {
		load_fault(
			l, &list->mark,
			"must be a list of entries (\"- name: ...\"), not %s",
			node_kind_name(list));
		return;
	}
	for (size_t i = 0; i < list->n; i++)
		load_entry(l, list->items[i].value, i + 1, one);
}

bool load_unique(struct load *l, const struct node *map, const char *name,
		 const char *other_name, const struct mark *other)
{
	const struct node *at = node_get(map, "name");

	if (!name || !other_name || strcmp(name, other_name) != 0)
		return true;
	load_fault(l, at ? &at->mark : &map->mark,
		   "the name '%s' is taken by the entry at %s:%d", name,
		   other->file ? other->file : "(built in)", other->line);
	return false;
}
