/*
 * See setup_dropin.h. Called by the flow of `triagectl setup`. What is left at
 * its default is left out, so that the file says what the site decided.
 */
#include "cli/setup_dropin.h"

#include <stdio.h>
#include <string.h>
#include "util/xmalloc.h"

#define TENANT_NAME "entra"

static void line(struct strbuf *out, const char *before, const char *text)
{
	strbuf_addstr(out, before);
	setup_quote(out, text);
	strbuf_addch(out, '\n');
}

/* Unless it is what holds without the line. */
static void option(struct strbuf *out, const struct setup_answers *a,
		   const char *question, const char *before)
{
	const char *text = setup_text(a, question);
	int i = setup_question_find(question);

	if (*text && setup_wants(a, (size_t)i))
		line(out, before, text);
}

static void secret(struct strbuf *out, const struct setup_answers *a,
		   const char *question, const char *before)
{
	int i = setup_question_find(question);

	if (setup_has_secret(a, question))
		strbuf_addf(out, "%s{credential: %s}\n", before,
			    setup_question_at((size_t)i)->credential);
}

static void list(struct strbuf *out, const struct setup_answers *a,
		 const char *question, const char *before)
{
	CLEANUP(strlist_release) struct strlist words = STRLIST_INIT;

	setup_split(setup_text(a, question), &words);
	strbuf_addstr(out, before);
	strbuf_addch(out, '[');
	for (size_t i = 0; i < words.n; i++) {
		strbuf_addstr(out, i > 0 ? ", " : "");
		setup_quote(out, words.v[i]);
	}
	strbuf_addstr(out, "]\n");
}

const char *setup_credential(const struct setup_answers *a, size_t i)
{
	const struct setup_question *q = setup_question_at(i);

	return q && setup_wants(a, i) && a->secret[i] ? q->credential : NULL;
}

/* ---- sources ---- */

static bool has_tenant(const struct setup_answers *a)
{
	return setup_wants(a, (size_t)setup_question_find("tenant"));
}

static void add_tenant(struct strbuf *out, const struct setup_answers *a)
{
	if (!has_tenant(a))
		return;
	strbuf_addstr(out, "tenants:\n  - name: " TENANT_NAME "\n");
	option(out, a, "tenant", "    id: ");
	option(out, a, "auth", "    auth: ");
	option(out, a, "client-id", "    client-id: ");
	secret(out, a, "client-secret", "    client-secret: ");
	secret(out, a, "client-certificate", "    client-certificate: ");
	option(out, a, "federated-token-file", "    federated-token-file: ");
	strbuf_addch(out, '\n');
}

static void add_cloud(struct strbuf *out, const struct setup_answers *a)
{
	if (strcmp(setup_text(a, "cloud"), "public") != 0)
		line(out, "    cloud: ", setup_text(a, "cloud"));
	option(out, a, "ca-file", "    ca-file: ");
}

/* @own: the question for the address of the API itself; NULL none. */
static void add_endpoints(struct strbuf *out, const struct setup_answers *a,
			  const char *own, const char *own_line)
{
	static const char *const heading = "    endpoints:\n";
	size_t empty;

	strbuf_addstr(out, heading);
	empty = out->len;
	option(out, a, "endpoint-login", "      login: ");
	if (own)
		option(out, a, own, own_line);
	option(out, a, "endpoint-instance-metadata",
	       "      instance-metadata: ");
	if (out->len == empty)
		strbuf_setlen(out, empty - strlen(heading));
}

static void add_azure(struct strbuf *out, const struct setup_answers *a)
{
	if (!setup_is(a, "azure"))
		return;
	strbuf_addstr(out, "  - name: azure\n"
			   "    type: defender-for-cloud\n"
			   "    tenant: " TENANT_NAME "\n");
	if (strcmp(setup_text(a, "subscriptions"), "all") == 0)
		strbuf_addstr(out, "    subscriptions: all\n");
	else
		list(out, a, "subscriptions", "    subscriptions: ");
	add_cloud(out, a);
	add_endpoints(out, a, "endpoint-resource-manager",
		      "      resource-manager: ");
}

static void add_cloud_apps(struct strbuf *out, const struct setup_answers *a)
{
	if (!setup_is(a, "cloud-apps"))
		return;
	strbuf_addstr(out,
		      "  - name: cloud-apps\n"
		      "    type: graph-security\n"
		      "    tenant: " TENANT_NAME "\n"
		      "    service-sources: [microsoftDefenderForCloudApps]\n");
	add_cloud(out, a);
	add_endpoints(out, a, "endpoint-graph", "      graph: ");
}

static void add_portal(struct strbuf *out, const struct setup_answers *a)
{
	if (!setup_is(a, "cloud-apps-portal"))
		return;
	strbuf_addstr(out, "  - name: cloud-apps-portal\n"
			   "    type: cloud-apps\n");
	option(out, a, "cloud-apps-url", "    url: ");
	if (setup_has_secret(a, "cloud-apps-token")) {
		secret(out, a, "cloud-apps-token", "    token: ");
		option(out, a, "ca-file", "    ca-file: ");
		return;
	}
	strbuf_addstr(out, "    tenant: " TENANT_NAME "\n");
	add_cloud(out, a);
	add_endpoints(out, a, NULL, NULL);
}

/* ---- targets ---- */

static void add_mail(struct strbuf *out, const struct setup_answers *a)
{
	if (!setup_is(a, "mail"))
		return;
	strbuf_addstr(out, "  - name: mail\n"
			   "    type: email\n");
	option(out, a, "mail-server", "    server: ");
	if (setup_wants(a, (size_t)setup_question_find("mail-starttls")) &&
	    !setup_is(a, "mail-starttls"))
		strbuf_addstr(out, "    starttls: false\n");
	option(out, a, "mail-from", "    from: ");
	list(out, a, "mail-to", "    to: ");
	option(out, a, "mail-username", "    username: ");
	secret(out, a, "mail-password", "    password: ");
	option(out, a, "mail-ca-file", "    ca-file: ");
}

static void add_webhook(struct strbuf *out, const struct setup_answers *a)
{
	const char *format = setup_text(a, "webhook-format");

	if (!setup_is(a, "webhook"))
		return;
	strbuf_addstr(out, "  - name: webhook\n"
			   "    type: webhook\n");
	option(out, a, "webhook-format", "    format: ");
	secret(out, a, "webhook-url", "    url: ");
	if (setup_is(a, "webhook-allow-private"))
		strbuf_addstr(out, "    allow-private: true\n");
	secret(out, a, "webhook-key",
	       strcmp(format, "pagerduty") == 0 ? "    routing-key: "
						: "    api-key: ");
	option(out, a, "webhook-topic", "    topic: ");
	option(out, a, "webhook-project", "    project: ");
	option(out, a, "webhook-username", "    username: ");
	secret(out, a, "webhook-password", "    password: ");
	secret(out, a, "webhook-token", "    token: ");
	secret(out, a, "webhook-signing-secret", "    signing-secret: ");
	option(out, a, "webhook-ca-file", "    ca-file: ");
}

/*
 * With one target the routes the program has by itself tell it everything.
 * These are the same ladders (SHIPPED RULES AND ROUTES in triaged.yaml(5))
 * for two.
 */
static void add_routes(struct strbuf *out, const struct setup_answers *a)
{
	static const struct {
		const char *level;
		const char *steps[4];
	} ladders[] = {
		{ "critical",
		  { "{after: 0s,", "{after: 5m,", "{after: 10m,",
		    "{after: 15m, repeat: 15m, times: 8," } },
		{ "high",
		  { "{after: 0s,", "{after: 1h,", "{after: 3h,",
		    "{after: 4h," } },
		{ "medium", { "{after: 0s,", "{after: 80%," } },
		{ "low", { "{after: due-day," } },
	};

	if (!setup_is(a, "mail") || !setup_is(a, "webhook"))
		return;
	strbuf_addstr(out, "\nroutes:\n");
	for (size_t i = 0; i < ARRAY_SIZE(ladders); i++) {
		strbuf_addf(out,
			    "  - name: setup %s\n"
			    "    when: {severity: %s}\n"
			    "    ladder:\n",
			    ladders[i].level, ladders[i].level);
		for (size_t s = 0; s < 4 && ladders[i].steps[s]; s++)
			strbuf_addf(out,
				    "      - %s notify: [mail, webhook]}\n",
				    ladders[i].steps[s]);
	}
}

/* ---- all of it ---- */

static void add_calendar(struct strbuf *out, const struct setup_answers *a)
{
	CLEANUP(strbuf_release) struct strbuf hours = STRBUF_INIT;
	int i = setup_question_find("timezone");
	CLEANUP(free_ptr) char *zone = setup_fallback(a, (size_t)i);

	list(&hours, a, "business-hours", "");
	strbuf_setlen(&hours, hours.len - 1); /* its line end */
	strbuf_addstr(out, "\ncalendars:\n  - name: office\n");
	line(out, "    timezone: ", a->text[i] ? a->text[i] : zone);
	strbuf_addstr(out, "    hours: {");
	setup_quote(out, setup_text(a, "business-days"));
	strbuf_addf(out, ": %s}\n", hours.buf);
}

void setup_dropin_write(const struct setup_answers *a, struct strbuf *out)
{
	const char *fallback = setup_is(a, "mail") ? "mail" : "webhook";

	if (setup_is(a, "mail") && setup_is(a, "webhook"))
		fallback = setup_text(a, "fallback");
	strbuf_addstr(out,
		      "# Written by triagectl setup, which shows what it "
		      "changes here before it does.\n"
		      "# Settings of your own stand better in a file of their "
		      "own beside this one.\n\n");
	add_tenant(out, a);
	strbuf_addstr(out, "sources:\n");
	add_azure(out, a);
	add_cloud_apps(out, a);
	add_portal(out, a);
	strbuf_addstr(out, "\ntargets:\n");
	add_mail(out, a);
	add_webhook(out, a);
	strbuf_addf(out, "\nfallback: %s\n", fallback);
	add_routes(out, a);
	add_calendar(out, a);
}
