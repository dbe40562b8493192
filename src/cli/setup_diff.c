/* See setup_diff.h. The longest common subsequence of lines, by the table. */
#include "cli/setup_diff.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "util/strlist.h"
#include "util/xmalloc.h"

#define LINES_MAX 2000
#define AROUND 2

static void split(const char *text, struct strlist *ret)
{
	while (*text) {
		size_t len = strcspn(text, "\n");
		CLEANUP(free_ptr) char *line = xstrndup(text, len);

		strlist_add(ret, line);
		text += len + (text[len] == '\n');
	}
}

struct edit {
	char sign; /* ' ' both, '-' from, '+' to */
	const char *line;
};

/* length[i * width + j]: of what from[i...] and to[j...] have in common. */
static uint16_t *common(const struct strlist *from, const struct strlist *to)
{
	size_t width = to->n + 1;
	uint16_t *length = xcalloc((from->n + 1) * width, sizeof(*length));

	for (size_t i = from->n; i-- > 0;) {
		for (size_t j = to->n; j-- > 0;) {
			uint16_t *here = &length[i * width + j];

			if (strcmp(from->v[i], to->v[j]) == 0)
				*here = (uint16_t)(here[width + 1] + 1);
			else
				*here = MAX(here[width], here[1]);
		}
	}
	return length;
}

static size_t list_edits(const struct strlist *from, const struct strlist *to,
			 struct edit *ret)
{
	CLEANUP(free_ptr) uint16_t *length = common(from, to);
	size_t width = to->n + 1;
	size_t i = 0, j = 0, n = 0;

	while (i < from->n || j < to->n) {
		const uint16_t *here = &length[i * width + j];

		if (i < from->n && j < to->n &&
		    strcmp(from->v[i], to->v[j]) == 0) {
			ret[n++] = (struct edit){ ' ', from->v[i++] };
			j++;
		} else if (j == to->n ||
			   (i < from->n && here[width] >= here[1])) {
			ret[n++] = (struct edit){ '-', from->v[i++] };
		} else {
			ret[n++] = (struct edit){ '+', to->v[j++] };
		}
	}
	return n;
}

/* Is there a change within AROUND lines of @at? */
static bool is_near(const struct edit *edits, size_t n, size_t at)
{
	size_t from = at > AROUND ? at - AROUND : 0;
	size_t to = MIN(n, at + AROUND + 1);

	for (size_t i = from; i < to; i++)
		if (edits[i].sign != ' ')
			return true;
	return false;
}

void setup_diff(const char *from, const char *to, struct strbuf *out)
{
	CLEANUP(strlist_release) struct strlist old = STRLIST_INIT;
	CLEANUP(strlist_release) struct strlist new = STRLIST_INIT;
	CLEANUP(free_ptr) struct edit *edits = NULL;
	bool gap = false;
	size_t n;

	split(from, &old);
	split(to, &new);
	if (old.n > LINES_MAX || new.n > LINES_MAX) {
		strbuf_addf(out, "- all %zu lines\n+ %zu others\n", old.n,
			    new.n);
		return;
	}
	edits = xcalloc(old.n + new.n + 1, sizeof(*edits));
	n = list_edits(&old, &new, edits);
	for (size_t i = 0; i < n; i++) {
		if (is_near(edits, n, i)) {
			strbuf_addf(out, "%s%c %s\n",
				    gap && out->len > 0 ? "  ...\n" : "",
				    edits[i].sign, edits[i].line);
			gap = false;
		} else {
			gap = true;
		}
	}
}
