/*
 * Picks the renderer of a format and how much it says. Called by the
 * forwarder's destinations.
 */
#include "forward/format_priv.h"

#include "util/compiler.h"

/* Most first; the last row is small enough for anything. */
static const struct measure measures[] = {
	{ 16000, 500, 1000, 16000 }, { 4000, 500, 100, 4000 },
	{ 1500, 300, 30, 2000 },     { 500, 200, 10, 500 },
	{ 200, 80, 5, 0 },	     { 0, 30, 1, 0 },
};

static format_fn *const renderers[FORWARD_FORMAT_MAX] = {
	[FORWARD_JSON] = event_json_add, [FORWARD_CEF] = event_cef_add,
	[FORWARD_LEEF] = event_leef_add, [FORWARD_OCSF] = event_ocsf_add,
	[FORWARD_ECS] = event_ecs_add,
};

void formats_add(enum forward_format format, const struct forward_record *r,
		 const char *host, size_t max, struct strbuf *out)
{
	size_t start = out->len;

	for (size_t i = 0; i < ARRAY_SIZE(measures); i++) {
		strbuf_setlen(out, start);
		renderers[format](r, host, &measures[i], out);
		if (out->len - start <= max)
			return;
	}
}
