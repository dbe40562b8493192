/*
 * A line of a file that is imported. What is taken of it are alerts, each on
 * its own line, that the normalizer reads or refuses with a reason; what people
 * wrote there comes back clean.
 */
#include "fuzz/fuzz.h"

#include "cli/export_line.h"
#include "source/normalize.h"

static bool known(void *arg, const char *kind, const char *tenant,
		  const char *native_id)
{
	(void)arg;
	must(kind && tenant && native_id);
	return strcmp(native_id, "known") == 0;
}

static void check_work(const struct imported *i)
{
	must(!i || (is_clean(i->owner, SIZE_MAX, UTF8_LINE) &&
		    is_clean(i->assigned_by, SIZE_MAX, UTF8_LINE) &&
		    is_clean(i->acknowledged_by, SIZE_MAX, UTF8_LINE) &&
		    is_clean(i->closed_by, SIZE_MAX, UTF8_LINE)));
	for (size_t n = 0; i && n < i->n_notes; n++)
		must(is_clean(i->notes[n].by, SIZE_MAX, UTF8_LINE) &&
		     is_clean(i->notes[n].text, SIZE_MAX, UTF8_KEEP_NEWLINES));
}

static void check_line(struct span line)
{
	struct item it = { 0 };

	alert_init(&it.alert);
	normalize_item(DOOR_FILE, "", line, &it);
	if (it.kind == ITEM_ALERT)
		check_work(it.alert.imported);
	else
		must(it.reason[0] &&
		     is_clean(it.reason, sizeof(it.reason), UTF8_LINE));
	alert_release(&it.alert);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct export_known ask = { known, NULL };
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
	struct err err = ERR_INIT;
	bool worked = false;
	int n = export_take((const char *)data, size, &ask, &out, &worked,
			    &err);
	const char *p = out.buf, *end;

	if (n < 0) {
		must(is_said(n, &err) && !worked);
		return 0;
	}
	for (; (end = strchr(p, '\n')); p = end + 1, n--)
		check_line((struct span){ p, (size_t)(end - p) });
	must(*p == '\0' && n == 0 && strlen(out.buf) == out.len);
	return 0;
}
