/*
 * The words for why a message waits. Called by store, cli and the log; knows
 * nothing of the rules that lead to it.
 */
#include "core/bundle.h"

#include "util/compiler.h"

static const char *const names[] = {
	[NOISE_NONE] = "none",	     [NOISE_DIGEST] = "digest",
	[NOISE_IMPORT] = "import",   [NOISE_GROUP] = "group",
	[NOISE_SILENCE] = "silence", [NOISE_MAINTENANCE] = "maintenance",
	[NOISE_QUIET] = "quiet",     [NOISE_STORM] = "storm",
};

_Static_assert(ARRAY_SIZE(names) == NOISE_CAUSE_MAX, "a cause lacks a name");

const char *noise_cause_name(enum noise_cause c)
{
	return (unsigned)c < NOISE_CAUSE_MAX ? names[c] : "unknown";
}
