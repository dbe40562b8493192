/*
 * See live_say.h. Called by the live check; knows nothing of what is checked.
 *
 * tested with: test_live_say
 */
#include "daemon/live_say.h"

#include <jansson.h>
#include <stdlib.h>
#include "util/jsonx.h"
#include "util/strbuf.h"
#include "util/utf8.h"
#include "util/xmalloc.h"

#define TEXT_MAX 1023

static void say_people(FILE *out, const struct live_row *r, const char *text,
		       const char *next)
{
	(void)fprintf(out, "%-6s  %s %s: %s: %s\n", r->ok ? "ok" : "FAILED",
		      r->about, r->name, r->step, text);
	if (next[0])
		(void)fprintf(out, "        next: %s\n", next);
}

static void say_line(FILE *out, json_t *object)
{
	CLEANUP(free_ptr) char *line = jsonx_dump(object);

	(void)fprintf(out, "%s\n", line ? line : "{}");
	json_decref(object);
}

void live_say_row(struct live_say *s, const struct live_row *r)
{
	CLEANUP(free_ptr)
	char *text = utf8_clean_dup(r->text, TEXT_MAX, UTF8_LINE);
	CLEANUP(free_ptr)
	char *next =
		utf8_clean_dup(r->next ? r->next : "", TEXT_MAX, UTF8_LINE);

	if (r->ok)
		s->n_ok++;
	else
		s->n_failed++;
	if (!s->json)
		say_people(s->out, r, text, next);
	else
		say_line(s->out,
			 json_pack("{s:s, s:s, s:s, s:b, s:s, s:s*}", "about",
				   r->about, "name", r->name, "step", r->step,
				   "ok", r->ok, "text", text, "next",
				   next[0] ? next : NULL));
	/* Each step may take seconds; who waits sees how far it is. */
	(void)fflush(s->out);
}

bool live_say_end(struct live_say *s)
{
	if (s->json)
		say_line(s->out, json_pack("{s:s, s:I, s:I}", "about", "end",
					   "ok", (json_int_t)s->n_ok, "failed",
					   (json_int_t)s->n_failed));
	else if (s->n_failed)
		(void)fprintf(s->out, "%zu of %zu failed\n", s->n_failed,
			      s->n_ok + s->n_failed);
	else
		(void)fprintf(s->out, "all %zu are well\n", s->n_ok);
	return fflush(s->out) == 0 && !ferror(s->out);
}
