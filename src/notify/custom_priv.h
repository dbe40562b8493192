/* Inside templates of targets: what sending and checking share. */
#ifndef NOTIFY_CUSTOM_PRIV_H
#define NOTIFY_CUSTOM_PRIV_H

#include "notify/custom.h"
#include "notify/render.h"
#include "notify/template.h"

struct custom {
	struct template *templates[TEMPLATE_SLOT_MAX]; /* NULL: none */
	bool failed; /* since somebody asked */
	char fault[300]; /* "template.text: " and why, the last time */
	const char *why; /* in it */
	int64_t told_mono_ms; /* 0: never */
};

/* What the option is called, and its text in @c. */
const char *custom_slot_name(enum template_slot slot);
const struct template_text *custom_text(const struct target_conf *c,
					enum template_slot slot);
/* How values are escaped there, when the target does not say. */
template_escape_fn *custom_escape(enum template_slot slot);

#endif
