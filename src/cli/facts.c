/*
 * See facts.h. The head of the audit log stands there whole: written down
 * elsewhere it proves later that nothing before it was changed.
 *
 * tested with: scenario/test_backup
 */
#include "cli/facts.h"

void facts_say_json(struct writer *w, const struct store_facts *f)
{
	writer_field(w, "bytes", cell_integer(f->bytes));
	writer_field(w, "database_version", cell_integer(f->schema));
	writer_field(w, "alerts", cell_integer(f->n_alerts));
	writer_field(w, "events", cell_integer(f->n_events));
	writer_instant(w, "newest_event", f->newest_ms);
	writer_field(w, "head_id", cell_integer(f->head_id));
	writer_field(w, "head_hash", cell_text(f->head_id ? f->head : NULL));
}

static void say(struct writer *w, const char *label, enum as as, struct cell c)
{
	writer_line(w, label);
	writer_value(w, as, &c);
}

void facts_say_people(struct writer *w, const struct store_facts *f)
{
	struct cell events = cell_integer(f->n_events);

	say(w, "size", AS_SIZE, cell_integer(f->bytes));
	say(w, "schema", AS_TEXT, cell_integer(f->schema));
	say(w, "alerts", AS_TEXT, cell_integer(f->n_alerts));
	say(w, "events", AS_TEXT, events);
	if (f->newest_ms) {
		writer_words(w, ", the newest of ");
		writer_value(w, AS_BOTH,
			     &(struct cell){ .type = CELL_INTEGER,
					     .integer = f->newest_ms });
	}
	if (!f->head_id)
		return;
	say(w, "log head", AS_TEXT, cell_text(f->head));
}
