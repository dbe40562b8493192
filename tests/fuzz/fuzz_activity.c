/* Bytes of strangers as an entry of an audit trail, at either door: what is
 * read of them is clean and bounded, or nothing is. The first byte chooses the
 * door. */
#include "fuzz/fuzz.h"

#include "core/alert.h"
#include "source/activity_priv.h"

static void check(const char *field, size_t max)
{
	must(!field || (*field && is_clean(field, max, UTF8_LINE)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(evidence_release) struct evidence e = { 0 };
	struct span item;

	if (size == 0)
		return 0;
	item = (struct span){ (const char *)data + 1, size - 1 };
	if (activity_parse(data[0] & 1 ? ACTIVITY_HUNTING : ACTIVITY_CLOUD_APPS,
			   item, &e, NULL) < 0)
		return 0;
	must(e.native_id && e.at_ms > 0 && e.raw);
	must(strlen(e.raw) <= EVIDENCE_RAW_MAX);
	must(utf8_valid(e.raw, strlen(e.raw)));
	check(e.native_id, ALERT_ID_MAX);
	check(e.actor, EVIDENCE_WORD_MAX);
	check(e.ip, EVIDENCE_WORD_MAX);
	check(e.action, EVIDENCE_WORD_MAX);
	check(e.app, EVIDENCE_WORD_MAX);
	check(e.object, EVIDENCE_WORD_MAX);
	check(e.location, EVIDENCE_WORD_MAX);
	return 0;
}
