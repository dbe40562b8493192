/*
 * Findings of the doctor: kept once, in the order in which somebody who has
 * just been woken should see them. Called by the other doctor files.
 *
 * tested with: scenario/test_doctor
 */
#include "cli/doctor_priv.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "util/jsonx.h"
#include "util/strbuf.h"
#include "util/xmalloc.h"

static void finding_release(struct finding *f)
{
	free((char *)f->about);
	free((char *)f->name);
	free((char *)f->step);
	free((char *)f->cause);
	free((char *)f->next);
}

void checkup_release(struct checkup *c)
{
	for (size_t i = 0; i < c->n; i++)
		finding_release(&c->v[i]);
	free(c->v);
	json_decref(c->zones);
}

static bool is_same(const struct finding *a, const struct finding *b)
{
	return strcmp(a->about, b->about) == 0 &&
	       strcmp(a->name, b->name) == 0 && strcmp(a->step, b->step) == 0;
}

static void add_option(struct strbuf *out, const char *option,
		       const char *value)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789./_-+:@%";

	if (!value)
		return;
	strbuf_addf(out, " %s ", option);
	if (*value && !value[strspn(value, plain)]) {
		strbuf_addstr(out, value);
		return;
	}
	strbuf_addch(out, '\'');
	for (; *value; value++) {
		if (*value == '\'')
			strbuf_addstr(out, "'\\'");
		strbuf_addch(out, *value);
	}
	strbuf_addch(out, '\'');
}

/* Is there a command of this name at the beginning of @next? */
static bool begins_with(const char *next, const char *name)
{
	size_t len = strlen(name);

	return strncmp(next, name, len) == 0 &&
	       (next[len] == ' ' || next[len] == '\0');
}

static void add_command(struct strbuf *out, const struct session *s,
			const char *text, size_t len)
{
	size_t name = strcspn(text, " ");
	bool triagectl = begins_with(text, "triagectl");

	name = MIN(name, len);
	strbuf_add(out, text, name);
	if (triagectl || begins_with(text, "triaged"))
		add_option(out, "-c", s->config);
	if (triagectl) {
		add_option(out, "--database", s->database);
		add_option(out, "--socket", s->socket);
	}
	strbuf_add(out, text + name, len - name);
}

/* The commands as they must be typed beside this one. */
static char *as_here(const struct checkup *c, const char *next)
{
	static const char and[] = " && ";
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
	const char *at;

	while ((at = strstr(next, and))) {
		add_command(&sb, c->session, next, (size_t)(at - next));
		strbuf_addstr(&sb, and);
		next = at + strlen(and);
	}
	add_command(&sb, c->session, next, strlen(next));
	return strbuf_detach(&sb);
}

void doctor_add(struct checkup *c, const struct finding *f)
{
	struct finding *kept;

	assert(f->about && f->name && f->step && f->cause && f->next);
	for (size_t i = 0; i < c->n; i++)
		if (is_same(&c->v[i], f))
			return;
	c->v = xreallocarray(c->v, c->n + 1, sizeof(*c->v));
	kept = &c->v[c->n++];
	*kept = *f;
	kept->about = xstrdup(f->about);
	kept->name = xstrdup(f->name);
	kept->step = xstrdup(f->step);
	kept->cause = xstrdup(f->cause);
	kept->next = as_here(c, f->next);
}

/* What keeps everything from working stands before what keeps a part of it;
 * a row without a step is for the other steps of its subject. */
static const struct {
	const char *about, *step;
} order[] = {
	{ "database", "disk" },	  { "database", "file system" },
	{ "database", "schema" }, { "database", "database" },
	{ "daemon", NULL },	  { "settings", NULL },
	{ "target", "fallback" }, { "source", NULL },
	{ "target", NULL },	  { "forward", NULL },
	{ "coverage", NULL },	  { "posture", NULL },
	{ "machine", NULL },	  { "database", NULL },
};

static size_t rank_of(const struct finding *f)
{
	size_t i = 0;

	for (; i < ARRAY_SIZE(order); i++)
		if (strcmp(order[i].about, f->about) == 0 &&
		    (!order[i].step || strcmp(order[i].step, f->step) == 0))
			break;
	return f->trouble ? i : i + ARRAY_SIZE(order) + 1;
}

/* By insertion: there are few, and equals stay as they were found. */
void doctor_sort(struct checkup *c)
{
	for (size_t i = 1; i < c->n; i++) {
		struct finding f = c->v[i];
		size_t at = i;

		for (; at > 0 && rank_of(&c->v[at - 1]) > rank_of(&f); at--)
			c->v[at] = c->v[at - 1];
		c->v[at] = f;
	}
}

size_t doctor_troubles(const struct checkup *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n; i++)
		n += c->v[i].trouble;
	return n;
}

bool doctor_has_step(const struct checkup *c, const char *step)
{
	for (size_t i = 0; i < c->n; i++)
		if (strcmp(c->v[i].step, step) == 0)
			return true;
	return false;
}

const struct conf *doctor_conf(const struct checkup *c)
{
	return c->session->conf;
}
