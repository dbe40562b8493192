/*
 * Our quick reader against jansson: it gives the same value, or none. And our
 * writer: the same text of it.
 */
#include "fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>
#include "util/jsonread.h"
#include "util/jsonwrite.h"

static bool never(void)
{
	return false;
}

static void check_text(const json_t *value)
{
	struct strbuf ours = STRBUF_INIT;
	char *theirs = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);

	must(theirs && jsonwrite(value, &ours));
	must(strlen(theirs) == ours.len && strcmp(theirs, ours.buf) == 0);
	strbuf_release(&ours);
	free(theirs);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_t *ours = jsonread((const char *)data, size, never);
	json_t *theirs = NULL;

	if (ours) {
		theirs = json_loadb((const char *)data, size,
				    JSON_REJECT_DUPLICATES | JSON_DECODE_ANY,
				    NULL);
		must(theirs && json_equal(ours, theirs));
		check_text(ours);
	}
	json_decref(ours);
	json_decref(theirs);
	return 0;
}
