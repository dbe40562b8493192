/*
 * Reads what comes along with an imported alert. Called by normalize.c for
 * files alone: what an API answers can never say that people did something.
 * The file is still anybody's who may write to its folder, so everything is
 * cleaned and bounded, and what it says is kept as said by an import.
 *
 *	{"triaged_import": {"work": {...}}, "raw": "{...}"}
 */
#include "source/import_item_priv.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include "core/alert.h"
#include "util/jsonx.h"
#include "util/utf8.h"
#include "util/xmalloc.h"

#define IMPORT_HEAP ((size_t)64 << 20)
/* A time before that was not told by a program that knows alerts. */
#define YEAR_2000_MS INT64_C(946684800000)
#define YEAR_3000_MS INT64_C(32503680000000)

static char *word_of(const json_t *object, const char *key)
{
	return utf8_clean_dup(jsonx_str(object, key), ALERT_WORD_MAX,
			      UTF8_LINE);
}

static char *text_of(const json_t *object, const char *key)
{
	return utf8_clean_dup(jsonx_str(object, key), ALERT_TEXT_MAX,
			      UTF8_KEEP_NEWLINES);
}

static int64_t time_of(const json_t *object, const char *key)
{
	int64_t ms = 0;

	if (!jsonx_int(object, key, &ms) || ms < YEAR_2000_MS ||
	    ms > YEAR_3000_MS)
		return 0;
	return ms;
}

static int bad_word(const json_t *work, const char *key, struct err *err)
{
	return err_set(err, ERR_SCHEMA, "an import with the %s '%.40s'", key,
		       jsonx_str(work, key) ?: "(none)");
}

/* Words of ours: another one was written by nobody who knows them. */
static int take_words(const json_t *work, struct imported *to, struct err *err)
{
	const char *state = jsonx_str(work, "state");
	const char *phase = jsonx_str(work, "phase");
	const char *verdict = jsonx_str(work, "verdict");

	if (!state || !alert_state_parse(state, &to->state))
		return bad_word(work, "state", err);
	if (!phase || !phase_parse(phase, &to->phase))
		return bad_word(work, "phase", err);
	if (verdict && !verdict_parse(verdict, &to->verdict))
		return bad_word(work, "verdict", err);
	return 0;
}

static void take_notes(const json_t *list, struct imported *to)
{
	const json_t *note;
	size_t i;

	json_array_foreach(list, i, note)
	{
		struct imported_note n = { word_of(note, "by"),
					   text_of(note, "text"),
					   time_of(note, "at_ms") };

		if (!n.text || to->n_notes == IMPORTED_NOTES_MAX) {
			free(n.by);
			free(n.text);
			continue;
		}
		GROW(to->notes, to->n_notes + 1, to->n_notes_alloc);
		to->notes[to->n_notes++] = n;
	}
}

static int take_work(const json_t *work, struct imported *to, struct err *err)
{
	int rc = take_words(work, to, err);

	if (rc < 0)
		return rc;
	to->has_work = true;
	to->confirmed = jsonx_bool(work, "confirmed");
	to->owner = word_of(work, "owner");
	to->assigned_by = word_of(work, "assigned_by");
	to->acknowledged_by = word_of(work, "acknowledged_by");
	to->acknowledge_note = text_of(work, "acknowledge_note");
	to->acknowledged_ms = time_of(work, "acknowledged_ms");
	to->closed_by = word_of(work, "closed_by");
	to->close_note = text_of(work, "close_note");
	to->closed_ms = time_of(work, "closed_ms");
	if (to->state == ALERT_CLOSED && !to->closed_ms)
		return err_set(err, ERR_SCHEMA,
			       "an import of a closed alert that does not say "
			       "when it was closed");
	take_notes(json_object_get(work, "notes"), to);
	return 0;
}

static int take_item(const json_t *item, struct imported *to, char **ret_raw,
		     struct err *err)
{
	const json_t *about = json_object_get(item, IMPORT_ITEM_WORK);
	const json_t *work = json_object_get(about, "work");
	const char *raw = jsonx_str(item, IMPORT_ITEM_RAW);
	int rc = 0;

	if (!json_is_object(about) || !raw)
		return err_set(err, ERR_SCHEMA,
			       "an import without the alert that it is about");
	if (work)
		rc = take_work(work, to, err);
	if (rc < 0)
		return rc;
	*ret_raw = xstrdup(raw);
	return 0;
}

int import_item_parse(struct span item, struct imported **ret, char **ret_raw,
		      struct err *err)
{
	struct imported *to = xcalloc(1, sizeof(*to));
	json_t *object;
	int rc;

	jsonx_scope_begin();
	object = jsonx_parse_unique(item.p, item.len, IMPORT_HEAP, err);
	rc = object ? take_item(object, to, ret_raw, err) : ERR_SCHEMA;
	jsonx_scope_end(object);
	if (rc < 0)
		to = imported_free(to);
	else
		*ret = to;
	return rc;
}
