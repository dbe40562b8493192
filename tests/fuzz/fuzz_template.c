/* Templates of anybody: parsed or refused, and what is rendered stays within
 * its limit. */
#include "fuzz/fuzz.h"

#include "notify/template.h"
#include "util/jsonx.h"

#define OUT_MAX 4096

static void hear(void *arg, const struct template_fault *f)
{
	(void)arg;
	must(strnlen(f->text, sizeof(f->text)) < sizeof(f->text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char model[] =
		"{\"alert\":{\"title\":\"<b>\\\"x\\u202e\",\"id\":7,"
		"\"tags\":[\"a\",\"b\"],\"owner\":null},\"open\":true}";
	char *text = xstrndup((const char *)data, size);
	json_t *context = jsonx_parse(model, strlen(model), 0, NULL);
	struct strbuf out = STRBUF_INIT;
	struct template_fault fault;
	struct template *t = template_parse(text, &fault);

	if (t) {
		(void)template_check(t, context, hear, NULL);
		if (!template_render(t, context, template_escape_json, &out,
				     OUT_MAX))
			must(out.len == 0);
	}
	must(out.len <= OUT_MAX);
	strbuf_release(&out);
	template_free(t);
	json_decref(context);
	free(text);
	return 0;
}
