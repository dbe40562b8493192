/*
 * See beats.h. Called by the commands status and test-notify.
 *
 * tested with: scenario/test_heartbeat
 */
#include "cli/beats.h"

#include "cli/format.h"
#include "util/compiler.h"
#include "util/jsonx.h"

void beats_keep(struct rows *r, const json_t *beat)
{
	static const char *const names[] = { "target", "state", "last_ms",
					     "reason" };
	const char *reason = jsonx_str(beat, "reason");
	int64_t last_ms = 0;

	(void)jsonx_int(beat, "last_ms", &last_ms);
	(void)rows_keep(r, ARRAY_SIZE(names), names,
			(const struct cell[]){
				cell_text(jsonx_str(beat, "target")),
				cell_text(jsonx_str(beat, "state")),
				last_ms ? cell_integer(last_ms) : cell_null(),
				cell_text(reason && *reason ? reason : NULL) });
}

void beats_say(struct writer *w, const struct rows *r, size_t i)
{
	writer_value(w, AS_TEXT, rows_cell(r, i, "target"));
	writer_words(w, ": ");
	writer_value(w, AS_TEXT, rows_cell(r, i, "state"));
	writer_words(w, ", last arrived ");
	writer_value(w, AS_LAST, rows_cell(r, i, "last_ms"));
	if (!rows_text(r, i, "reason"))
		return;
	writer_words(w, ", ");
	writer_value(w, AS_ERROR, rows_cell(r, i, "reason"));
}
