/* Bytes of strangers as the fields of an alert, through every way out; what
 * must hold is in tests/notify/every_way.h. The first two bytes choose the kind
 * of notice, the format and its dialect, zero bytes end a field. */
#include "fuzz/fuzz.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "notify/every_way.h"
#include "notify/golden.h"

static void fill(struct sample *s, const uint8_t *data, size_t size)
{
	struct alert *a = &s->alert.view.alert;
	char **fields[] = { &a->title,	      &a->description, &a->entity,
			    &a->resource_id,  &a->remediation, &a->portal_url,
			    &a->source,	      &a->incident,    &a->tactics,
			    &s->notice.reason };

	for (size_t i = 0; i < ARRAY_SIZE(fields) && size > 0; i++) {
		char *text = xstrndup((const char *)data, size);
		size_t used = strlen(text) + 1;

		free(*fields[i]);
		*fields[i] = text;
		data += MIN(used, size);
		size -= MIN(used, size);
	}
}

static void must_not(const char *fault)
{
	if (fault)
		fprintf(stderr, "%s\n", fault);
	must(!fault);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *fault;
	struct sample s;
	struct way w;

	if (size < 2)
		return 0;
	golden_sample(&s, (enum notice_kind)(data[0] % NOTICE_KIND_MAX));
	fill(&s, data + 2, size - 2);
	way_init(&w, (enum webhook_format)(data[1] % WEBHOOK_FORMAT_MAX));
	w.conf.webhook.plain_text = data[1] & 0x40;
	fault = way_webhook(&w, &s, data[1] & 0x80);
	way_release(&w);
	must_not(fault);
	way_init(&w, FORMAT_JSON);
	fault = way_json(&w, &s, data[1] & 0x80);
	if (!fault)
		fault = way_mail(&w, &s);
	way_release(&w);
	must_not(fault);
	sample_release(&s);
	return 0;
}
