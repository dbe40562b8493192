/*
 * A file of any make, cut into alerts: JSON of all kinds, CSV, CEF and other
 * text. The first byte says in how many pieces it comes: the alerts found are
 * the same as when it comes at once.
 */
#include "fuzz/fuzz.h"

#include "source/file_split_priv.h"
#include "util/jsonx.h"

/* Of what is no alert that there is some: how rubbish is divided depends on the
 * pieces, and so whether it is said to be bad or cut off. */
static void tell_rubbish(struct strbuf *told)
{
	static const char word[] = "rubbish\n";
	size_t n = strlen(word);

	if (told->len < n || strcmp(told->buf + told->len - n, word))
		strbuf_addstr(told, word);
}

/* Braces that match may hold anything: whoever reads it will know. */
static bool is_json(struct span raw)
{
	json_t *root = jsonx_parse_unique(raw.p, raw.len, 0, NULL);

	json_decref(root);
	return root != NULL;
}

/* An alert with its bytes. */
static void tell(struct strbuf *told, enum split what,
		 const struct split_found *found)
{
	if (what == SPLIT_BAD) {
		must(found->reason[0] &&
		     is_clean(found->reason, sizeof(found->reason), UTF8_LINE));
		tell_rubbish(told);
		return;
	}
	must(found->raw.len >= 2 && found->raw.p[0] == '{');
	if (!is_json(found->raw)) {
		tell_rubbish(told);
		return;
	}
	strbuf_add(told, found->raw.p, found->raw.len);
	strbuf_addch(told, '\n');
}

static size_t feed_some(struct file_split *s, struct feed *f, size_t piece)
{
	size_t room, n;
	char *to = file_split_room(s, &room);

	must(room > 0);
	n = MIN(MIN(room, piece), f->left);
	if (n)
		memcpy(to, f->p, n);
	f->p += n;
	f->left -= n;
	file_split_fed(s, n);
	return n;
}

static void cut(struct feed f, size_t piece, struct strbuf *told)
{
	CLEANUP(file_split_free_ptr) struct file_split *s = file_split_new();
	struct split_found found = { 0 };
	bool fed_end = false;

	for (;;) {
		enum split what = file_split_next(s, &found);

		if (what == SPLIT_ITEM || what == SPLIT_BAD)
			tell(told, what, &found);
		if (what == SPLIT_CUT)
			tell_rubbish(told);
		if (what == SPLIT_CUT || what == SPLIT_END)
			return;
		if (what != SPLIT_MORE)
			continue;
		must(!fed_end);
		fed_end = feed_some(s, &f, piece) == 0;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(strbuf_release) struct strbuf once = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf pieces = STRBUF_INIT;
	struct feed f = { data, size };
	unsigned choice = feed_byte(&f);

	cut(f, f.left + 1, &once);
	cut(f, 1 + f.left * (8 + choice) / 264, &pieces);
	must(once.len == pieces.len &&
	     memcmp(once.buf, pieces.buf, once.len) == 0);
	return 0;
}
