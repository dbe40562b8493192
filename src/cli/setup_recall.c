/*
 * From a drop-in that was written before to the answers it came from: the
 * second half of setup_dropin.h. Reads it as the daemon would.
 *
 * tested with: test_setup_dropin
 */
#include "cli/setup_dropin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "util/xmalloc.h"

/* Who gave an answer this time is right; NULL is no answer. */
static void recall(struct setup_answers *a, const char *question,
		   const char *text)
{
	int i = setup_question_find(question);

	if (!text || a->given[i] || a->text[i])
		return;
	a->text[i] = xstrdup(text);
}

static void recall_list(struct setup_answers *a, const char *question,
			const struct strlist *list)
{
	CLEANUP(free_ptr) char *text = strlist_join(list, ", ");

	recall(a, question, text);
}

static void recall_yes(struct setup_answers *a, const char *question, bool yes)
{
	recall(a, question, yes ? "yes" : "no");
}

/* The loader fills in what the cloud implies; only what differs was said. */
static void recall_endpoint(struct setup_answers *a, const char *question,
			    const char *text, const char *usual)
{
	if (text && strcmp(text, usual) != 0)
		recall(a, question, text);
}

static const char *auth_of(enum auth_method m)
{
	switch (m) {
	case AUTH_CLIENT_SECRET:
		return "client-secret";
	case AUTH_CLIENT_CERTIFICATE:
		return "client-certificate";
	case AUTH_WORKLOAD_IDENTITY:
		return "workload-identity";
	case AUTH_MANAGED_IDENTITY:
		return "managed-identity";
	case AUTH_NONE:
	case AUTH_TOKEN:
		break;
	}
	return NULL;
}

static void recall_source(struct setup_answers *a, const struct source_conf *s)
{
	const struct cloud_addresses *usual = cloud_addresses(s->cloud);

	recall(a, "cloud", usual->word);
	recall(a, "ca-file", s->ca_file);
	if (s->auth != AUTH_TOKEN) {
		recall(a, "tenant", s->tenant);
		recall(a, "auth", auth_of(s->auth));
		recall(a, "client-id", s->client_id ? s->client_id : "");
		recall(a, "federated-token-file", s->federated_token_file);
	}
	recall_endpoint(a, "endpoint-login", s->login, usual->login);
	recall_endpoint(a, "endpoint-resource-manager", s->resource_manager,
			usual->resource_manager);
	recall_endpoint(a, "endpoint-graph", s->graph, usual->graph);
	recall_endpoint(a, "endpoint-instance-metadata", s->instance_metadata,
			"http://169.254.169.254");
}

static void recall_sources(struct setup_answers *a, const struct conf *c)
{
	bool seen[SOURCE_TYPE_MAX] = { false };

	for (size_t i = 0; i < c->n_sources; i++) {
		const struct source_conf *s = &c->sources[i];

		seen[s->type] = true;
		recall_source(a, s);
		if (s->type == SOURCE_CLOUD_APPS)
			recall(a, "cloud-apps-url", s->url);
		if (s->type == SOURCE_DEFENDER_FOR_CLOUD &&
		    s->subscriptions.n > 0)
			recall_list(a, "subscriptions", &s->subscriptions);
	}
	recall_yes(a, "azure", seen[SOURCE_DEFENDER_FOR_CLOUD]);
	recall_yes(a, "cloud-apps", seen[SOURCE_GRAPH_SECURITY]);
	recall_yes(a, "cloud-apps-portal", seen[SOURCE_CLOUD_APPS]);
}

static void recall_mail(struct setup_answers *a, const struct target_conf *t)
{
	recall(a, "mail-server", t->server);
	recall_yes(a, "mail-starttls", t->starttls);
	recall(a, "mail-from", t->from);
	recall_list(a, "mail-to", &t->to);
	recall(a, "mail-username", t->username);
	recall(a, "mail-ca-file", t->ca_file);
}

static void recall_hook(struct setup_answers *a, const struct target_conf *t)
{
	recall(a, "webhook-format", webhook_format_name(t->webhook.format));
	recall_yes(a, "webhook-allow-private", t->allow_private);
	recall(a, "webhook-topic", t->webhook.topic);
	recall(a, "webhook-project", t->webhook.project);
	recall(a, "webhook-username", t->username);
	recall(a, "webhook-ca-file", t->ca_file);
}

static void recall_targets(struct setup_answers *a, const struct conf *c)
{
	bool seen[TARGET_HEARTBEAT + 1] = { false };

	for (size_t i = 0; i < c->n_targets; i++) {
		const struct target_conf *t = &c->targets[i];

		seen[t->type] = true;
		if (t->type == TARGET_EMAIL)
			recall_mail(a, t);
		if (t->type == TARGET_WEBHOOK)
			recall_hook(a, t);
	}
	recall_yes(a, "mail", seen[TARGET_EMAIL]);
	recall_yes(a, "webhook", seen[TARGET_WEBHOOK]);
	recall(a, "fallback", c->policy.fallback);
}

/* ---- the calendar ---- */

static bool same_day(const struct calendar_def *d, int a, int b)
{
	return d->n_spans[a] == d->n_spans[b] &&
	       (d->n_spans[a] == 0 ||
		memcmp(d->spans[a], d->spans[b],
		       d->n_spans[a] * sizeof(*d->spans[a])) == 0);
}

static void add_hours(struct strbuf *out, const struct calendar_def *d, int day)
{
	for (size_t i = 0; i < d->n_spans[day]; i++) {
		const struct hours_span *s = &d->spans[day][i];
		int to = s->to_minute > 24 * 60 ? s->to_minute - 24 * 60
						: s->to_minute;

		strbuf_addf(out, "%s%02d:%02d-%02d:%02d", i > 0 ? ", " : "",
			    s->from_minute / 60, s->from_minute % 60, to / 60,
			    to % 60);
	}
}

/* One set of hours is what setup asks for; more are somebody's own. */
static void recall_calendar(struct setup_answers *a,
			    const struct calendar_def *d)
{
	static const char *const days[] = { "mon", "tue", "wed", "thu",
					    "fri", "sat", "sun" };
	CLEANUP(strbuf_release) struct strbuf which = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf hours = STRBUF_INIT;
	int first = -1;

	for (int day = 0; day < 7; day++) {
		int last = day;

		if (d->n_spans[day] == 0)
			continue;
		if (first < 0)
			first = day;
		while (last < 6 && same_day(d, day, last + 1))
			last++;
		strbuf_addf(&which, "%s%s", which.len ? "," : "", days[day]);
		if (last > day)
			strbuf_addf(&which, "-%s", days[last]);
		day = last;
	}
	if (first < 0)
		return;
	add_hours(&hours, d, first);
	recall(a, "timezone", d->timezone);
	recall(a, "business-days", which.buf);
	recall(a, "business-hours", hours.buf);
}

int setup_dropin_read(struct setup_answers *a, const char *text, size_t len,
		      struct err *err)
{
	CLEANUP(faults_release) struct faults faults = { 0 };
	CLEANUP(conf_free_ptr) struct conf *c = NULL;

	if (conf_load_text(SETUP_DROPIN, text, len, &c, &faults) < 0)
		return err_set(err, ERR_CONF, "%s:%d:%d: %s", SETUP_DROPIN,
			       faults.v[0].line, faults.v[0].column,
			       faults.v[0].text);
	recall_sources(a, c);
	recall_targets(a, c);
	if (c->policy.n_calendars > 0)
		recall_calendar(a, &c->policy.calendars[0]);
	return 0;
}
