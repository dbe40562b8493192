/* Our quick reader against jansson: it gives the same value, or none. */
#include "fuzz/fuzz.h"

#include "util/jsonread.h"

static bool never(void)
{
	return false;
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
	}
	json_decref(ours);
	json_decref(theirs);
	return 0;
}
