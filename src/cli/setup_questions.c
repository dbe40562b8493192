/*
 * The questions of `triagectl setup`, in the order they are asked. Called by
 * setup_answers.c. A row says where people find the answer, and which option of
 * the settings takes it: the rules for it are those of conf/, and stand there
 * alone.
 *
 * tested with: test_setup_answers
 */
#include "cli/setup_answers.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>
#include "triage/calendar.h"
#include "util/clock.h"
#include "util/xmalloc.h"

#define ZONES "/zoneinfo/"

static bool is(const struct setup_answers *a, const char *name,
	       const char *word)
{
	return strcmp(setup_text(a, name), word) == 0;
}

static bool any(const struct setup_answers *a, const char *name,
		const char *const *words)
{
	for (; *words; words++)
		if (is(a, name, *words))
			return true;
	return false;
}

/* ---- which ones matter ---- */

static bool portal(const struct setup_answers *a)
{
	return setup_is(a, "cloud-apps-portal");
}

static bool asks_microsoft(const struct setup_answers *a)
{
	return setup_is(a, "azure") || setup_is(a, "cloud-apps") || portal(a);
}

/* Does any source sign in with the application? The portal does without when it
 * has a token of its own. */
static bool signs_in(const struct setup_answers *a)
{
	return setup_is(a, "azure") || setup_is(a, "cloud-apps") ||
	       (portal(a) && !setup_has_secret(a, "cloud-apps-token"));
}

static bool by_secret(const struct setup_answers *a)
{
	return signs_in(a) && is(a, "auth", "client-secret");
}

static bool by_certificate(const struct setup_answers *a)
{
	return signs_in(a) && is(a, "auth", "client-certificate");
}

static bool by_workload(const struct setup_answers *a)
{
	return signs_in(a) && is(a, "auth", "workload-identity");
}

static bool azure(const struct setup_answers *a)
{
	return setup_is(a, "azure");
}

static bool mail(const struct setup_answers *a)
{
	return setup_is(a, "mail");
}

/* Without STARTTLS only where nobody listens in. */
static bool local_mail(const struct setup_answers *a)
{
	const char *server = setup_text(a, "mail-server");

	return mail(a) && (strncmp(server, "smtp://127.", 11) == 0 ||
			   strncmp(server, "smtp://localhost", 16) == 0 ||
			   strncmp(server, "smtp://[::1]", 12) == 0);
}

static bool mail_user(const struct setup_answers *a)
{
	return mail(a) && *setup_text(a, "mail-username");
}

static bool hook(const struct setup_answers *a)
{
	return setup_is(a, "webhook");
}

static bool hook_with_url(const struct setup_answers *a)
{
	static const char *const known[] = { "pagerduty", "opsgenie", NULL };

	return hook(a) && !any(a, "webhook-format", known);
}

static bool hook_with_key(const struct setup_answers *a)
{
	return hook(a) && !hook_with_url(a);
}

static bool hook_ntfy(const struct setup_answers *a)
{
	return hook(a) && is(a, "webhook-format", "ntfy");
}

static bool hook_jira(const struct setup_answers *a)
{
	return hook(a) && is(a, "webhook-format", "jira");
}

static bool hook_signed(const struct setup_answers *a)
{
	static const char *const formats[] = { "json", "cloudevents", NULL };

	return hook(a) && any(a, "webhook-format", formats);
}

static bool hook_with_user(const struct setup_answers *a)
{
	static const char *const formats[] = { "servicenow", "jira", NULL };

	return hook(a) && any(a, "webhook-format", formats);
}

static bool hook_with_password(const struct setup_answers *a)
{
	return hook_with_user(a) && *setup_text(a, "webhook-username");
}

static bool hook_with_token(const struct setup_answers *a)
{
	static const char *const formats[] = { "ntfy", "alertmanager",
					       "alertmanager-webhook", NULL };

	return hook(a) && any(a, "webhook-format", formats);
}

static bool both(const struct setup_answers *a)
{
	return mail(a) && hook(a);
}

/* ---- what stands in ---- */

/* The machine's own zone, as tzselect(8) and systemd keep it. */
static char *machine_zone(const struct setup_answers *a)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/etc/localtime", path, sizeof(path) - 1);
	const char *zone = NULL;
	int offset_s;

	(void)a;
	if (n > 0) {
		path[n] = '\0';
		zone = strstr(path, ZONES);
	}
	if (zone && calendar_zone_offset(zone + strlen(ZONES), clock_wall_ms(),
					 &offset_s))
		return xstrdup(zone + strlen(ZONES));
	return xstrdup("UTC");
}

/* Only a machine cannot say which application it is. */
static char *client_or_none(const struct setup_answers *a)
{
	return is(a, "auth", "managed-identity") ? xstrdup("") : NULL;
}

/* ---- as people write it ---- */

static char *tidy_server(const char *text)
{
	const char *host = strstr(text, "://");
	const char *port;
	bool tls;

	host = host ? host + 3 : text;
	if (strncmp(text, "http", 4) == 0)
		return xstrdup(text); /* Microsoft Graph: refused in words */
	port = strrchr(host, ':');
	if (port && strchr(port, ']'))
		port = NULL;
	tls = strncmp(text, "smtps", 5) == 0 ||
	      (host == text && port && strcmp(port, ":465") == 0);
	return xasprintf("%.*s%s%s%s", (int)(host - text), text,
			 host > text ? ""
			 : tls	     ? "smtps://"
				     : "smtp://",
			 host,
			 port  ? ""
			 : tls ? ":465"
			       : ":25");
}

/* ---- what is legal and cannot be meant ---- */

static bool looks_like_guid(const char *text)
{
	static const int dashes[] = { 8, 13, 18, 23 };

	if (strlen(text) != 36)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(dashes); i++)
		if (text[dashes[i]] != '-')
			return false;
	return strspn(text, "0123456789abcdefABCDEF-") == 36;
}

static const char *object_secret_id(const struct setup_answers *a,
				    const char *text)
{
	(void)a;
	return looks_like_guid(text)
		       ? "that is the Secret ID; wanted is the column Value, "
			 "which the portal shows once, right after the secret "
			 "was made"
		       : NULL;
}

static const char *object_object_id(const struct setup_answers *a,
				    const char *text)
{
	return *text && is(a, "tenant", text)
		       ? "is the id of the tenant; wanted is that of the "
			 "application"
		       : NULL;
}

static const char *object_zone(const struct setup_answers *a, const char *text)
{
	int offset_s;

	(void)a;
	return calendar_zone_offset(text, clock_wall_ms(), &offset_s)
		       ? NULL
		       : "is no time zone this machine knows; such as "
			 "Europe/Berlin, see: timedatectl list-timezones";
}

#define ARM "type: defender-for-cloud\n"
#define GRAPH "type: graph-security\n"
#define PORTAL "type: cloud-apps\n"
#define EMAIL "type: email\n"
#define PASSWORD "    password: {credential: x}\n"
#define HOOK(format) "type: webhook\n    format: " format "\n"

static const char *const clouds[] = { "public", "us-government", "china",
				      NULL };
static const char *const ways[] = { "client-secret", "client-certificate",
				    "managed-identity", "workload-identity",
				    NULL };
static const char *const formats[] = {
	"teams",       "slack",	       "pagerduty",
	"opsgenie",    "servicenow",   "jira",
	"ntfy",	       "alertmanager", "alertmanager-webhook",
	"cloudevents", "json",	       NULL
};
static const char *const names[] = { "mail", "webhook", NULL };

/* A row is a question. */
/* clang-format off */
static const struct setup_question questions[] = {
{ .name = "azure", .kind = SETUP_YES_NO, .fallback = "yes",
  .ask = "Read alerts of Defender for Cloud (Azure)?" },
{ .name = "cloud-apps", .kind = SETUP_YES_NO, .fallback = "yes",
  .ask = "Read alerts of Defender for Cloud Apps (by Microsoft Graph)?" },
{ .name = "cloud-apps-portal", .kind = SETUP_YES_NO, .fallback = "no",
  .ask = "Read the API of the Cloud Apps portal, too?",
  .where = "Shows the same alerts with other details. Most sites do without." },
{ .name = "cloud-apps-url", .kind = SETUP_TEXT, .wanted = portal,
  .section = "sources", .like = PORTAL, .option = "url",
  .ask = "API URL of the Cloud Apps portal",
  .where = "Defender portal: Settings, Cloud Apps, About." },
{ .name = "cloud-apps-token", .kind = SETUP_SECRET, .wanted = portal,
  .fallback = "", .credential = "cloud-apps-token",
  .ask = "Legacy API token of the portal",
  .where = "Leave it empty: the application signs in." },
{ .name = "cloud", .kind = SETUP_CHOICE, .words = clouds, .fallback = "public",
  .ask = "Which Microsoft cloud?", .wanted = signs_in },
{ .name = "tenant", .kind = SETUP_TEXT, .wanted = signs_in,
  .section = "tenants", .like = "", .option = "id",
  .ask = "Directory (tenant) ID",
  .where = "Entra admin center: Overview, Tenant ID.\n"
	   "Or: az account show --query tenantId" },
{ .name = "auth", .kind = SETUP_CHOICE, .words = ways,
  .fallback = "client-secret", .wanted = signs_in,
  .ask = "How does triaged sign in?",
  .where = "A managed identity needs no secret, where this machine is in Azure "
	   "or Azure Arc." },
{ .name = "client-id", .kind = SETUP_TEXT, .wanted = signs_in,
  .section = "sources", .like = ARM, .option = "client-id",
  .guess = client_or_none, .object = object_object_id,
  .ask = "Application (client) ID",
  .where = "Entra admin center: App registrations, the application, Overview.\n"
	   "Or: az ad app list --display-name triaged --query \"[].appId\"\n"
	   "None yet: az ad app create --display-name triaged; az ad sp create "
	   "--id APPLICATION-ID" },
{ .name = "client-secret", .kind = SETUP_SECRET, .wanted = by_secret,
  .credential = "azure-secret", .object = object_secret_id,
  .ask = "Client secret",
  .where = "App registrations, the application, Certificates & secrets: the "
	   "Value.\nOr a new one: az ad app credential reset --append --id "
	   "APPLICATION-ID" },
{ .name = "client-certificate", .kind = SETUP_PEM, .wanted = by_certificate,
  .credential = "azure-certificate",
  .ask = "File with certificate and RSA key (PEM)",
  .where = "The certificate is uploaded at App registrations, the application, "
	   "Certificates & secrets." },
{ .name = "federated-token-file", .kind = SETUP_PATH, .wanted = by_workload,
  .section = "sources", .like = ARM "    auth: workload-identity\n",
  .option = "federated-token-file",
  .ask = "File with the token of the platform",
  .where = "In Kubernetes: the value of AZURE_FEDERATED_TOKEN_FILE." },
{ .name = "subscriptions", .kind = SETUP_LIST, .wanted = azure,
  .fallback = "all", .section = "sources", .like = ARM,
  .option = "subscriptions",
  .ask = "Which subscriptions? Their ids, or all",
  .where = "All means every one the application may read.\n"
	   "Or: az account list --query \"[].id\"" },
{ .name = "endpoint-login", .kind = SETUP_TEXT, .quiet = true, .fallback = "",
  .wanted = signs_in, .section = "sources",
  .like = ARM "    endpoints:\n  ", .option = "login",
  .ask = "Another address of the sign-in" },
{ .name = "endpoint-resource-manager", .kind = SETUP_TEXT, .quiet = true,
  .fallback = "", .wanted = azure, .section = "sources",
  .like = ARM "    endpoints:\n  ", .option = "resource-manager",
  .ask = "Another address of Azure Resource Manager" },
{ .name = "endpoint-graph", .kind = SETUP_TEXT, .quiet = true, .fallback = "",
  .wanted = signs_in, .section = "sources",
  .like = GRAPH "    endpoints:\n  ", .option = "graph",
  .ask = "Another address of Microsoft Graph" },
{ .name = "endpoint-instance-metadata", .kind = SETUP_TEXT, .quiet = true,
  .fallback = "", .wanted = signs_in, .section = "sources",
  .like = ARM "    endpoints:\n  ", .option = "instance-metadata",
  .ask = "Another address of the managed identity's service" },
{ .name = "ca-file", .kind = SETUP_PATH, .quiet = true, .fallback = "",
  .wanted = asks_microsoft, .section = "sources", .like = ARM,
  .option = "ca-file",
  .ask = "Authorities for the sources, instead of the system's" },
{ .name = "mail", .kind = SETUP_YES_NO, .fallback = "yes",
  .ask = "Send notices by e-mail?" },
{ .name = "mail-server", .kind = SETUP_TEXT, .wanted = mail,
  .section = "targets", .like = EMAIL, .option = "server",
  .tidy = tidy_server,
  .ask = "Mail server and port",
  .where = "Such as mail.example.org:587 (STARTTLS), or "
	   "smtps://mail.example.org:465." },
{ .name = "mail-starttls", .kind = SETUP_YES_NO, .wanted = local_mail,
  .fallback = "no", .ask = "Does this local mail server speak STARTTLS?",
  .where = "Its certificate must be one that this machine trusts." },
{ .name = "mail-from", .kind = SETUP_TEXT, .wanted = mail,
  .section = "targets", .like = EMAIL, .option = "from",
  .ask = "Address the mail comes from" },
{ .name = "mail-to", .kind = SETUP_LIST, .wanted = mail,
  .section = "targets", .like = EMAIL, .option = "to",
  .ask = "Address of who is on call (several: with commas)" },
{ .name = "mail-username", .kind = SETUP_TEXT, .wanted = mail, .fallback = "",
  .section = "targets", .like = EMAIL PASSWORD, .option = "username",
  .ask = "User name at the mail server",
  .where = "Leave it empty where none is needed." },
{ .name = "mail-password", .kind = SETUP_SECRET, .wanted = mail_user,
  .credential = "smtp-password", .ask = "Password at the mail server" },
{ .name = "mail-ca-file", .kind = SETUP_PATH, .quiet = true, .fallback = "",
  .wanted = mail, .section = "targets", .like = EMAIL, .option = "ca-file",
  .ask = "Authorities for the mail server, instead of the system's" },
{ .name = "webhook", .kind = SETUP_YES_NO, .fallback = "no",
  .ask = "Send notices to a webhook (Teams, Slack, a pager, a ticket)?" },
{ .name = "webhook-format", .kind = SETUP_CHOICE, .words = formats,
  .fallback = "teams", .wanted = hook, .ask = "What is behind the webhook?" },
{ .name = "webhook-url", .kind = SETUP_SECRET, .wanted = hook_with_url,
  .section = "targets", .like = HOOK("json") "    allow-private: true\n",
  .option = "url",
  .credential = "webhook-url", .ask = "URL of the webhook",
  .where = "Kept as a secret: who has it can post there. Teams: a workflow "
	   "\"When a Teams\nwebhook request is received\"; Slack: Incoming "
	   "Webhooks; others: the base address." },
{ .name = "webhook-allow-private", .kind = SETUP_YES_NO,
  .wanted = setup_hook_is_private, .fallback = "no",
  .ask = "This webhook is at a private address, or without TLS. Is that "
	 "meant?" },
{ .name = "webhook-key", .kind = SETUP_SECRET, .wanted = hook_with_key,
  .credential = "webhook-key", .ask = "Key of the service",
  .where = "PagerDuty: the integration key (Events API v2) of the service; "
	   "Opsgenie: an API key." },
{ .name = "webhook-topic", .kind = SETUP_TEXT, .wanted = hook_ntfy,
  .section = "targets", .like = HOOK("ntfy"), .option = "topic",
  .ask = "Topic of ntfy" },
{ .name = "webhook-project", .kind = SETUP_TEXT, .wanted = hook_jira,
  .section = "targets", .like = HOOK("jira"), .option = "project",
  .ask = "Key of the Jira project" },
{ .name = "webhook-username", .kind = SETUP_TEXT, .wanted = hook_with_user,
  .section = "targets", .like = HOOK("jira") PASSWORD,
  .option = "username",
  .ask = "User name there" },
{ .name = "webhook-password", .kind = SETUP_SECRET,
  .wanted = hook_with_password, .credential = "webhook-password",
  .ask = "Password or API token there" },
{ .name = "webhook-token", .kind = SETUP_SECRET, .wanted = hook_with_token,
  .fallback = "", .credential = "webhook-token",
  .ask = "Access token there",
  .where = "Leave it empty where none is needed." },
{ .name = "webhook-signing-secret", .kind = SETUP_SECRET,
  .wanted = hook_signed, .fallback = "", .credential = "webhook-signing",
  .ask = "Secret to sign messages with (whsec_...)",
  .where = "Leave it empty to send them unsigned. A new one:\n"
	   "printf 'whsec_%s\\n' \"$(openssl rand -base64 32)\"" },
{ .name = "webhook-ca-file", .kind = SETUP_PATH, .quiet = true,
  .fallback = "", .wanted = hook, .section = "targets", .like = HOOK("json"),
  .option = "ca-file",
  .ask = "Authorities for the webhook, instead of the system's" },
{ .name = "fallback", .kind = SETUP_CHOICE, .words = names, .wanted = both,
  .fallback = "mail", .ask = "Which of the two is told when all else fails?" },
{ .name = "timezone", .kind = SETUP_TEXT, .guess = machine_zone,
  .section = "calendars", .like = "", .option = "timezone",
  .object = object_zone, .ask = "Time zone of your working hours",
  .where = "Alerts of low severity wait for the next business day." },
{ .name = "business-days", .kind = SETUP_TEXT, .fallback = "mon-fri",
  .section = "calendars", .like = "timezone: UTC\n",
  .option = "hours: {%: [\"09:00-17:00\"]}",
  .ask = "Working days", .where = "Such as mon-fri, or mon,wed." },
{ .name = "business-hours", .kind = SETUP_LIST,
  .section = "calendars", .like = "timezone: UTC\n",
  .option = "hours: {mon-fri: %}",
  .fallback = "09:00-17:00", .ask = "Working hours",
  .where = "Such as 08:00-12:00, 13:00-18:00." },
};
/* clang-format on */

_Static_assert(ARRAY_SIZE(questions) <= SETUP_QUESTIONS_MAX,
	       "an answer for each question");

const struct setup_question *setup_question_at(size_t i)
{
	return i < ARRAY_SIZE(questions) ? &questions[i] : NULL;
}
