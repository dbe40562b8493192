/* See rig.h. */
#include "daemon/rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/timed.h"
#include "store/ledger.h"
#include "store/look.h"
#include "store/outbox.h"
#include "store/txn.h"
#include "util/clock.h"
#include "util/digest.h"
#include "util/jsonx.h"
#include "util/xmalloc.h"

static void on_commit(void *arg)
{
	struct rig *r = arg;

	r->n_commits++;
}

static void hold(struct rig *r, int64_t now_ms)
{
	r->now_ms = now_ms;
	clock_hold(now_ms, now_ms);
}

static void open_store(struct rig *r)
{
	struct err err = ERR_INIT;

	if (store_open(r->directory, &r->store, &err) < 0)
		fail_msg("%s", err.text);
	r->pipeline = (struct pipeline){
		.store = r->store,
		.conf = r->settings.conf,
		.triage = r->settings.triage,
		.up_since_ms = r->now_ms,
		.on_commit = on_commit,
		.arg = r,
	};
	if (pipeline_init(&r->pipeline, &err) < 0)
		fail_msg("%s", err.text);
}

/* A test that is about nothing of the kind gets each notice at once. */
static char *with_patience(const char *yaml)
{
	if (strstr(yaml, "groups:"))
		return xstrdup(yaml);
	return xasprintf("%s\ngroups: {wait: {high: 0s, medium: 0s, low: 0s}}\n"
			 "storm: {groups: 100000, critical-groups: 100000}\n",
			 yaml);
}

void rig_open(struct rig *r, const char *yaml, int64_t now_ms)
{
	CLEANUP(faults_release) struct faults faults = { 0 };
	CLEANUP(free_ptr) char *text = with_patience(yaml);

	*r = (struct rig){ .directory = "/tmp/triaged-rig-XXXXXX" };
	hold(r, now_ms);
	jsonx_init(); /* as the daemon does: its memory is not malloc()'s */
	assert_non_null(mkdtemp(r->directory));
	if (check_load("test.yaml", text, &r->settings, &faults) < 0) {
		check_print(stderr, &faults);
		fail_msg("the settings of the test are refused");
	}
	open_store(r);
}

void rig_close(struct rig *r)
{
	char command[128];

	pipeline_release(&r->pipeline);
	r->store = store_close(r->store);
	settings_release(&r->settings);
	clock_release();
	(void)snprintf(command, sizeof(command), "rm -rf '%s'", r->directory);
	assert_int_equal(system(command), 0);
}

int rig_begin(void **state, const char *yaml, int64_t now_ms)
{
	struct rig *r = xcalloc(1, sizeof(*r));

	rig_open(r, yaml, now_ms);
	*state = r;
	return 0;
}

int rig_end(void **state)
{
	rig_close(*state);
	free(*state);
	return 0;
}

void rig_restart(struct rig *r)
{
	pipeline_release(&r->pipeline);
	r->store = store_close(r->store);
	open_store(r);
}

void rig_advance(struct rig *r, int64_t now_ms)
{
	struct err err = ERR_INIT;
	int rc;

	for (;;) {
		int64_t next_ms = timed_next_ms(&r->pipeline);

		if (!next_ms || next_ms > now_ms)
			break;
		hold(r, MAX(next_ms, r->now_ms));
		rc = timed_run(&r->pipeline, r->now_ms, &err);
		if (rc <= 0)
			fail_msg("nothing was done at a due moment: %s",
				 err.text);
	}
	hold(r, now_ms);
}

void rig_item(const struct rig *r, const struct rig_alert *from,
	      struct item *it)
{
	struct alert *a = &it->alert;
	uint8_t hash[DIGEST_SIZE];

	it->kind = ITEM_ALERT;
	alert_init(a);
	a->kind = xstrdup(ALERT_KIND_ARM);
	a->provider = xstrdup(ALERT_KIND_ARM);
	a->tenant = xstrdup(from->tenant ? from->tenant : "t");
	alert_add_entity(a, "account", from->account, NULL);
	a->native_id = xstrdup(from->id ? from->id : "one");
	a->title = xstrdup(from->title ? from->title : "Something happened");
	a->alert_type = xstrdup(from->type ? from->type : "VM_Something");
	a->base = from->severity;
	a->source_severity =
		xstrdup(from->severity_word ? from->severity_word
					    : severity_name(from->severity));
	a->severity_unmapped = from->severity_word != NULL;
	a->source_state = from->source_state;
	a->source_status = xstrdup(from->status ? from->status : "Active");
	a->resource_id = xstrdup("/subscriptions/s/resourceGroups/rg/x/vm-1");
	a->created_ms = from->created_ms ? from->created_ms : r->now_ms;
	a->raw = xasprintf("{\"id\":\"%s\",\"t\":\"%s\",\"s\":%d,\"st\":%d}",
			   a->native_id, a->title, a->base, a->source_state);
	a->raw_len = strlen(a->raw);
	digest_sha256(a->raw, a->raw_len, hash);
	memcpy(a->raw_hash, hash, sizeof(a->raw_hash));
	alert_key(a->kind, a->tenant, a->native_id, &it->key);
}

void rig_page(struct rig *r, const struct rig_alert *alerts, size_t n,
	      bool last)
{
	const struct ingest *in = &r->pipeline.ingest;
	const struct poll_window window = { .source = "azure", .scope = "s" };
	struct item *items = xcalloc(n, sizeof(*items));
	struct page page = { .items = items, .n_items = n, .last = last };
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	struct err err = ERR_INIT;
	int64_t poll = 0;

	assert_true(txn_begin(&txn, r->store, &err) >= 0);
	assert_true(ledger_source(r->store, "azure", "defender-for-cloud",
				  r->now_ms, &err) >= 0);
	assert_true(txn_commit(&txn, &err) >= 0);
	if (in->poll_begin(in->ctx, &window, &poll, &err) < 0)
		fail_msg("%s", err.text);
	for (size_t i = 0; i < n; i++)
		rig_item(r, &alerts[i], &items[i]);
	if (in->page(in->ctx, poll, &page, &err) < 0)
		fail_msg("%s", err.text);
	if (!last && in->poll_fail(in->ctx, poll, "cut by the test", &err) < 0)
		fail_msg("%s", err.text);
	for (size_t i = 0; i < n; i++)
		alert_release(&items[i].alert);
	free(items);
}

struct found {
	int64_t integer;
	char *text;
};

static int take_first(void *arg, size_t n, const char *const *names,
		      const struct cell *cells)
{
	struct found *f = arg;

	(void)names;
	if (n > 0) {
		f->integer = cells[0].integer;
		f->text = xstrdup(cells[0].text);
	}
	return 1;
}

int64_t rig_integer(struct rig *r, const char *query)
{
	struct found f = { .integer = -1 };
	struct err err = ERR_INIT;

	if (look_query(r->store, query, 0, take_first, &f, &err) < 0)
		fail_msg("%s: %s", query, err.text);
	free(f.text);
	return f.integer;
}

char *rig_text(struct rig *r, const char *query)
{
	struct found f = { 0 };
	struct err err = ERR_INIT;

	if (look_query(r->store, query, 0, take_first, &f, &err) < 0)
		fail_msg("%s: %s", query, err.text);
	return f.text ? f.text : xstrdup("");
}
