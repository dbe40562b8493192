/*
 * What a message for people says: the list of blocks that render_text.c and
 * render_html.c lay out. Called by render_mail.c. Digests, tests and what
 * there is to say of every message are here, an alert is in render_alert.c.
 *
 * tested with: test_render_mail
 */
#include "notify/render_priv.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "util/xmalloc.h"

void doc_take(struct doc *d, enum block_kind kind, const char *label,
	      struct strbuf *text)
{
	if (text->len == 0)
		return;
	GROW(d->v, d->n + 1, d->n_alloc);
	d->v[d->n++] = (struct block){ kind, label, strbuf_detach(text) };
}

void doc_say(struct doc *d, enum block_kind kind, const char *label,
	     const char *text)
{
	struct strbuf sb = STRBUF_INIT;

	words_add(&sb, text ? text : "", 0);
	doc_take(d, kind, label, &sb);
	strbuf_release(&sb);
}

void doc_fact(struct doc *d, const char *label, const char *text)
{
	struct strbuf sb = STRBUF_INIT;

	words_add(&sb, text ? text : "", WORDS_FACT_MAX);
	doc_take(d, BLOCK_FACT, label, &sb);
	strbuf_release(&sb);
}

void doc_release(struct doc *d)
{
	for (size_t i = 0; i < d->n; i++)
		free(d->v[i].text);
	free(d->v);
	memset(d, 0, sizeof(*d));
}

void doc_say_late(struct doc *d, const struct render_job *j)
{
	struct strbuf sb = STRBUF_INIT;

	words_add_late(&sb, j);
	doc_take(d, BLOCK_PARA, NULL, &sb);
	strbuf_release(&sb);
}

static void say_foot(struct doc *d, const struct render_job *j)
{
	struct strbuf sb = STRBUF_INIT;

	strbuf_addstr(&sb, "Sent by triaged");
	if (j->host) {
		strbuf_addstr(&sb, " on ");
		words_add(&sb, j->host, 80);
	}
	strbuf_addf(&sb, "; notice %.16s.", j->notice->key);
	doc_take(d, BLOCK_FOOT, NULL, &sb);
	strbuf_release(&sb);
}

static void say_row(struct doc *d, const struct render_job *j,
		    const struct render_alert *a)
{
	struct strbuf sb = STRBUF_INIT;

	strbuf_addf(&sb, "#%" PRId64 " %s ", a->view.tracked.id,
		    words_severity(a->view.tracked.severity));
	words_add_what(&sb, a, 100);
	if (a->view.tracked.state != ALERT_OPEN)
		strbuf_addf(&sb, ", %s",
			    alert_state_name(a->view.tracked.state));
	if (a->clock.due_ms && !a->clock.stopped_ms) {
		strbuf_addstr(&sb, a->clock.due_ms < j->now_ms ? ", was due "
							       : ", due ");
		words_add_instant(&sb, j, a->clock.due_ms);
	}
	doc_take(d, BLOCK_ITEM, NULL, &sb);
	strbuf_release(&sb);
}

static size_t count_overdue(const struct render_job *j)
{
	size_t n = 0;

	for (size_t i = 0; i < j->n_alerts; i++) {
		const struct clock_row *c = &j->alerts[i].clock;

		n += c->due_ms && !c->stopped_ms && c->due_ms < j->now_ms;
	}
	return n;
}

/* Every critical has a line, whatever the limit. */
static size_t count_rows(const struct render_job *j)
{
	size_t counts[SEVERITY_MAX];

	render_count(j, counts);
	return MIN(j->n_alerts,
		   MAX(counts[SEVERITY_CRITICAL], (size_t)WORDS_DIGEST_LINES));
}

/* What to do first, and why it is one message. */
static void say_next(struct doc *d, const struct render_job *j)
{
	struct strbuf sb = STRBUF_INIT;

	strbuf_addstr(&sb, "Next: ");
	if (!render_is_planned(j) && j->n_alerts > 0)
		strbuf_addf(&sb, "triagectl show %" PRId64 ", the worst; all: ",
			    j->alerts[0].view.tracked.id);
	strbuf_addstr(&sb, "triagectl list");
	doc_take(d, BLOCK_PARA, NULL, &sb);
	strbuf_release(&sb);
	if (j->cause == NOISE_STORM)
		doc_say(d, BLOCK_PARA, NULL,
			"There are too many messages to this target: they come "
			"as summaries until there are half as many. Each alert "
			"is stored, its clock runs, and it is in one of them.");
	else if (j->cause == NOISE_GROUP)
		doc_say(d, BLOCK_PARA, NULL,
			"They belong to one incident, or are of one kind on "
			"one thing.");
}

static void build_digest(struct doc *d, const struct render_job *j)
{
	size_t n = count_rows(j);
	size_t n_overdue = count_overdue(j);
	struct strbuf sb = STRBUF_INIT;

	words_add_cause(&sb, j);
	words_add_counts(&sb, j);
	if (n_overdue > 0)
		strbuf_addf(&sb, "; %zu overdue", n_overdue);
	if (!render_is_planned(j) && j->n_alerts > 0) {
		strbuf_addstr(&sb, "; the worst: ");
		words_add_what(&sb, &j->alerts[0], 100);
	}
	strbuf_addch(&sb, '.');
	doc_take(d, BLOCK_LEAD, NULL, &sb);
	say_next(d, j);
	doc_say_late(d, j);
	doc_fact(d, "Why you", j->notice->reason);
	doc_say(d, BLOCK_HEAD, NULL, "Worst first");
	for (size_t i = 0; i < n; i++)
		say_row(d, j, &j->alerts[i]);
	if (j->n_total > (int64_t)n) {
		strbuf_addf(&sb, "and %" PRId64 " more: triagectl list",
			    j->n_total - (int64_t)n);
		doc_take(d, BLOCK_PARA, NULL, &sb);
	}
	strbuf_release(&sb);
}

static void build_test(struct doc *d, const struct render_job *j)
{
	struct strbuf sb = STRBUF_INIT;

	strbuf_addstr(&sb, "TEST: this is a test notice from triaged");
	if (j->host) {
		strbuf_addstr(&sb, " on ");
		words_add(&sb, j->host, 80);
	}
	strbuf_addstr(&sb, ". Nothing happened, and nothing is to be done.");
	doc_take(d, BLOCK_LEAD, NULL, &sb);
	doc_say(d, BLOCK_PARA, NULL,
		"That you can read it shows that the way from triaged to you "
		"works.");
	doc_say_late(d, j);
	doc_fact(d, "Why you", j->notice->reason);
	doc_fact(d, "Target", j->notice->target);
	doc_say(d, BLOCK_COMMAND, "Acknowledge",
		"triagectl ack NUMBER, with the number of a real alert");
	doc_say(d, BLOCK_FACT, "Complain",
		"to whoever runs triaged on the host above; the target's name "
		"tells them what to change");
	strbuf_release(&sb);
}

/* All of it stands in the reason, which whoever owes it composed. */
static void build_silence(struct doc *d, const struct render_job *j)
{
	doc_say(d, BLOCK_LEAD, NULL, j->notice->reason);
	doc_say(d, BLOCK_PARA, NULL,
		"What it holds back and is still open will be told when it "
		"ends. If that is too soon, make another one: triagectl "
		"silence add.");
	doc_say_late(d, j);
	doc_say(d, BLOCK_COMMAND, "Look", "triagectl silence list");
	doc_fact(d, "Target", j->notice->target);
}

/*
 * To somebody whom an alert is about. He is no operator, and who sits in his
 * mailbox may be somebody else: what is said is what an operator wrote.
 */
static void build_response(struct doc *d, const struct render_job *j)
{
	struct strbuf sb = STRBUF_INIT;

	strbuf_addstr(&sb, "The security operations of your organization "
			   "write to you about your account ");
	words_add(&sb, j->notice->recipient, 100);
	strbuf_addch(&sb, '.');
	doc_take(d, BLOCK_LEAD, NULL, &sb);
	doc_say(d, BLOCK_PARA, NULL, j->notice->reason);
	doc_say(d, BLOCK_PARA, NULL,
		"If you did not expect this, or did not do what it says, call "
		"them by a number that you know, not by one of a message.");
	strbuf_release(&sb);
}

/* The alert was removed while its notice waited: still say so. */
static void build_gone(struct doc *d, const struct render_job *j)
{
	struct strbuf sb = STRBUF_INIT;

	strbuf_addf(&sb, "%s: alert #%" PRId64 ", notice \"%s\".",
		    words_severity(j->notice->severity), j->notice->alert_id,
		    notice_kind_name(j->notice->kind));
	doc_take(d, BLOCK_LEAD, NULL, &sb);
	doc_say(d, BLOCK_PARA, NULL,
		"The alert is not in the database any more. Next: triagectl "
		"status");
	doc_say_late(d, j);
	doc_fact(d, "Why you", j->notice->reason);
	strbuf_release(&sb);
}

void doc_build(const struct render_job *j, struct doc *ret)
{
	const struct render_alert *a = render_alert_of(j);

	memset(ret, 0, sizeof(*ret));
	if (a)
		doc_build_alert(ret, j, a);
	else if (render_is_digest(j))
		build_digest(ret, j);
	else if (j->notice->kind == NOTICE_TEST)
		build_test(ret, j);
	else if (j->notice->kind == NOTICE_SILENCE)
		build_silence(ret, j);
	else if (j->notice->kind == NOTICE_RESPONSE)
		build_response(ret, j);
	else
		build_gone(ret, j);
	say_foot(ret, j);
}
