/*
 * A daemon without a network for the tests of the pipeline: a store in a
 * throw-away directory, settings from text, a clock moved by hand.
 */
#ifndef TESTS_DAEMON_RIG_H
#define TESTS_DAEMON_RIG_H

#include "daemon/check.h"
#include "daemon/pipeline.h"
#include "store/store.h"

struct rig {
	char directory[64];
	struct settings settings;
	struct store *store;
	struct pipeline pipeline;
	int64_t now_ms;
	int n_commits;
};

/* Begins at @now_ms with the settings in @yaml; fails the test otherwise. When
 * these say nothing of groups, no notice waits for others or becomes a summary.
 */
void rig_open(struct rig *r, const char *yaml, int64_t now_ms);
void rig_close(struct rig *r);
/* The same as the set-up and tear-down of a cmocka test; *state is the rig. */
int rig_begin(void **state, const char *yaml, int64_t now_ms);
int rig_end(void **state);
/* Close and open the database, as a restart would; due work is not done yet. */
void rig_restart(struct rig *r);
/* Let time pass to @now_ms, doing what falls due on the way. */
void rig_advance(struct rig *r, int64_t now_ms);

/* What an alert looks like; NULL and 0 take a default. */
struct rig_alert {
	const char *id, *title, *type, *status, *severity_word;
	const char *tenant, *account; /* no account by default */
	enum severity severity;
	enum source_state source_state;
	int64_t created_ms;
};
/* The item of a page that @from looks like; the caller releases its alert. */
void rig_item(const struct rig *r, const struct rig_alert *from,
	      struct item *ret);
/* Hand it in as a page of its own from source "azure", which must be accepted.
 */
void rig_page(struct rig *r, const struct rig_alert *alerts, size_t n,
	      bool last);
/* One integer by a query over the views. */
int64_t rig_integer(struct rig *r, const char *query);
/* One text by a query over the views; heap. */
char *rig_text(struct rig *r, const char *query);

#endif
