/*
 * One item of a listing of a subscription's posture; the first byte chooses
 * which. It becomes one record that is clean and within its limits, or there is
 * a reason and the page is what it was.
 */
#include "fuzz/fuzz.h"

#include "posture/parts.h"

static bool is_line(const char *s)
{
	return !s || (*s && is_clean(s, POSTURE_ID_MAX, UTF8_LINE));
}

static bool is_text(const char *s)
{
	return !s || (*s && is_clean(s, POSTURE_TEXT_MAX, UTF8_KEEP_NEWLINES));
}

static void check_plan(const struct plan *p)
{
	must(p->name && is_line(p->name) && is_line(p->tier));
	must(is_line(p->sub_plan) && is_line(p->replaced_by));
	must(is_line(p->coverage) && is_line(p->extensions_on));
	must(is_line(p->extensions_off) && p->trial_left_ms >= 0);
}

static void check_score(const struct secure_score *s)
{
	must(s->name && is_line(s->name));
	must(s->current >= 0 && s->max >= 0 && s->percent >= 0);
	must(s->weight >= 0);
}

static void check_advice(const struct advice *a)
{
	must(a->native_id && is_line(a->native_id) && is_line(a->kind));
	must(is_line(a->title) && is_line(a->resource_id));
	must(is_line(a->resource_type) && is_line(a->cause));
	must(is_text(a->description) && is_line(a->portal_url));
	must(a->state < ADVICE_STATE_MAX);
	must(!a->has_severity || severity_name(a->severity));
}

static void check_kind(const struct advice_kind *k)
{
	must(k->kind && is_line(k->kind) && is_line(k->title));
	must(is_text(k->description) && is_text(k->remediation));
	must(is_line(k->categories) && is_line(k->effort));
	must(is_line(k->impact));
}

static void check_page(const struct posture_page *p)
{
	switch (p->part) {
	case POSTURE_PLANS:
		check_plan(p->plans);
		break;
	case POSTURE_SCORES:
		check_score(p->scores);
		break;
	case POSTURE_RECOMMENDATIONS:
		check_advice(p->advices);
		break;
	case POSTURE_KINDS:
		check_kind(p->kinds);
		break;
	case POSTURE_CONTACTS:
	case POSTURE_EXPORTS:
	case POSTURE_PROVISIONING:
	case POSTURE_SHARING:
		must(p->settings->name && is_line(p->settings->name));
		must(is_line(p->settings->detail));
		break;
	case POSTURE_SUBSCRIPTIONS:
		must(p->subscriptions->id && is_line(p->subscriptions->id));
		must(is_line(p->subscriptions->name));
		must(is_line(p->subscriptions->state));
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct feed f = { data, size };
	struct posture_page page = {
		.source = "azure",
		.subscription = "11111111-0000-4000-8000-000000000001",
		.part = (enum posture_part)(feed_byte(&f) % POSTURE_PART_MAX),
		.now_ms = 1772442000000,
	};
	struct span item = { (const char *)f.p, f.left };
	struct resource_count *counts = NULL;
	struct err err = ERR_INIT;
	int rc = parts_read(&page, item, &err);

	if (rc < 0) {
		must(is_said(rc, &err) && page.n == 0);
	} else {
		must(rc == 0 && page.n == 1);
		check_page(&page);
	}
	if (page.part == POSTURE_RECOMMENDATIONS)
		must(posture_count_resources(&page, &counts) <= page.n);
	free(counts);
	posture_page_release(&page);
	return 0;
}
