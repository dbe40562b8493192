/*
 * Events into a file: appended, on the disk, and only then the place moves.
 * Called by destination.c.
 *
 * tested with: test_forward
 */
#include "forward/forward_priv.h"

#include "forward/formats.h"

/* Lines of a file have room; see FILE_SINK_LINE_MAX. */
#define FILE_RECORD_MAX ((size_t)65536)
#define FILE_PIECE_MAX ((size_t)512 * 1024)

void to_file_open(struct destination *d)
{
	d->file = file_sink_new(d->conf->path, d->conf->rotate_size,
				d->conf->rotate_keep);
}

static void to_file_add(const struct destination *d,
			const struct forward_record *r, struct strbuf *out)
{
	formats_add(d->conf->format, r, d->owner->env.host, FILE_RECORD_MAX,
		    out);
	strbuf_addch(out, '\n');
}

/* A piece goes into one file: with the record that ends it, it fits. */
static size_t piece_max(const struct forward_conf *c)
{
	const int64_t last = (int64_t)FILE_RECORD_MAX + 1;

	if (!c->rotate_keep)
		return FILE_PIECE_MAX;
	return MIN(FILE_PIECE_MAX, (size_t)MAX(c->rotate_size - last, 0));
}

int64_t to_file_step(struct destination *d, int64_t mono_ms)
{
	CLEANUP(strbuf_release) struct strbuf lines = STRBUF_INIT;
	struct err err = ERR_INIT;
	int64_t last_id = 0;
	int n;

	(void)mono_ms;
	n = destination_gather(d, piece_max(d->conf), to_file_add, &lines,
			       &last_id);
	if (n <= 0)
		return WAIT_FOREVER;
	if (file_sink_append(d->file, &lines, &err) < 0) {
		destination_failed(d, &err, true);
		return WAIT_FOREVER;
	}
	d->sent_id = last_id;
	destination_arrived(d, last_id, n);
	return 0;
}
