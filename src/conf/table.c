/*
 * Every option of the configuration, one row each: how it is called, who reads
 * it into which field, its limits, its default, a line of help. The sample
 * file, the manual and the completions are checked against these rows.
 */
#include "conf/conf_priv.h"

#include <string.h>
#include "util/compiler.h"

#define S ((int64_t)1000)
#define M (60 * S)
#define H (60 * M)
#define D (24 * H)

#define CLOUD BIT(SOURCE_DEFENDER_FOR_CLOUD)
#define GRAPH BIT(SOURCE_GRAPH_SECURITY)
#define HUNTING BIT(SOURCE_GRAPH_HUNTING)
#define APPS BIT(SOURCE_CLOUD_APPS)
#define FILES BIT(SOURCE_FILE)
#define EMAIL BIT(TARGET_EMAIL)
#define WEBHOOK BIT(TARGET_WEBHOOK)
#define FOLDER BIT(TARGET_FOLDER)

#define REQUIRED ""
#define NONE NULL

#define TOP(field) offsetof(struct conf, field)
#define SOURCE(field) offsetof(struct source_conf, field)
#define TENANT(field) offsetof(struct tenant, field)
#define TARGET(field) offsetof(struct target_conf, field)
#define CALENDAR(field) offsetof(struct calendar_def, field)
#define RULE(field) offsetof(struct rule, field)
#define GLOBS(key) offsetof(struct match, globs[key])
#define ROUTE(field) offsetof(struct route, field)
#define STEP(field) offsetof(struct ladder_step, field)
#define DIGEST(field) offsetof(struct digest_plan, field)
#define LEVEL(level) ((level) * sizeof(struct sla_target))
#define ACK(level) ((level) * sizeof(int64_t))

/* shown: section, name, type, default, help, reloadable */
/* clang-format off */
static const struct option options[] = {
{ .shown = { "", "state-directory", "path", "/var/lib/triaged",
    "where triaged.db lives", false },
  .load = load_path, .offset = TOP(state_directory) },
{ .shown = { "", "control-socket", "path", "/run/triaged/control.sock",
    "the socket triagectl talks to", false },
  .load = load_path, .offset = TOP(control_socket), .max = CONF_SOCKET_MAX },
{ .shown = { "", "listen", "loopback address, unix:PATH or off",
    "127.0.0.1:9847", "health, metrics and the page", false },
  .load = load_listen, .offset = TOP(listen) },
{ .shown = { "", "tenants", "list of entries", NONE,
    "sign-ins that several sources share", true },
  .load = load_tenants },
{ .shown = { "", "sources", "list of entries", NONE, "where alerts come from",
    true },
  .load = load_sources },
{ .shown = { "", "calendars", "list of entries", NONE,
    "business hours and holidays", true },
  .load = load_calendars },
{ .shown = { "", "sla", "block", NONE, "when an alert must have been triaged",
    true },
  .load = load_map, .offset = TOP(policy.triage), .sub = "sla" },
{ .shown = { "", "rules", "list of entries", NONE,
    "change severity, owner or tags of an alert; first match wins", true },
  .load = load_rules },
{ .shown = { "", "targets", "list of entries", NONE, "where notices go", true },
  .load = load_targets },
{ .shown = { "", "routes", "list of entries", NONE,
    "who is told when; first match wins", true },
  .load = load_routes },
{ .shown = { "", "fallback", "target name", REQUIRED,
    "told when no route tells anybody", true },
  .load = load_target_name, .offset = TOP(policy.fallback) },
{ .shown = { "", "acknowledge-expires", "block", NONE,
    "how long an acknowledgement holds the ladder", true },
  .load = load_map, .offset = TOP(policy.acknowledge_expires_ms),
  .sub = "acknowledge-expires" },
{ .shown = { "", "ack-counts", "true or false", "false",
    "an acknowledgement also stops the triage clock", true },
  .load = load_bool, .offset = TOP(policy.ack_counts) },
{ .shown = { "", "import-horizon", "duration", "24h",
    "older alerts, at first sight, are history without a clock", true },
  .load = load_duration, .offset = TOP(policy.import_horizon_ms), .min = S,
  .max = 3650 * D },
{ .shown = { "", "reopen-window", "duration", "7d",
    "how long after its close an alert can be re-opened", true },
  .load = load_duration, .offset = TOP(policy.reopen_window_ms), .min = 0,
  .max = 400 * D },

{ .shown = { "tenants", "name", "name", REQUIRED, "what sources call it",
    true },
  .load = load_name, .offset = TENANT(name) },
{ .shown = { "tenants", "id", "GUID or domain", REQUIRED, "the directory",
    true },
  .load = load_directory, .offset = TENANT(id) },
{ .shown = { "tenants", "auth", "way to sign in", "client-secret",
    "how to sign in", true },
  .load = load_auth, .offset = TENANT(auth) },
{ .shown = { "tenants", "client-id", "GUID", NONE,
    "application (client) id; may be left out for managed-identity", true },
  .load = load_guid, .offset = TENANT(client_id) },
{ .shown = { "tenants", "client-secret", "secret", NONE,
    "for auth client-secret", true },
  .load = load_secret, .offset = TENANT(client_secret) },
{ .shown = { "tenants", "client-certificate", "secret", NONE,
    "for auth client-certificate: PEM, certificate and key", true },
  .load = load_secret, .offset = TENANT(client_secret) },
{ .shown = { "tenants", "federated-token-file", "path", NONE,
    "for auth workload-identity: the token of the platform", true },
  .load = load_path, .offset = TENANT(federated_token_file) },

{ .shown = { "sources", "name", "name", REQUIRED, "what it is called", true },
  .load = load_name, .offset = SOURCE(name) },
{ .shown = { "sources", "type",
    "defender-for-cloud, graph-security, graph-hunting, cloud-apps or file",
    REQUIRED, "which API it is", true },
  .load = load_known },
{ .shown = { "sources", "tenant", "GUID, domain or tenants entry", NONE,
    "the directory; may be left out when there is one tenants entry", true },
  .load = load_text, .offset = SOURCE(tenant), .kinds = SOURCE_ONLINE | FILES },
{ .shown = { "sources", "auth", "way to sign in", "client-secret",
    "how to sign in", true },
  .load = load_auth, .offset = SOURCE(auth), .kinds = SOURCE_ONLINE },
{ .shown = { "sources", "client-id", "GUID", NONE,
    "application (client) id; may be left out for managed-identity", true },
  .load = load_guid, .offset = SOURCE(client_id), .kinds = SOURCE_ONLINE },
{ .shown = { "sources", "client-secret", "secret", NONE,
    "for auth client-secret", true },
  .load = load_secret, .offset = SOURCE(client_secret),
  .kinds = SOURCE_ONLINE },
{ .shown = { "sources", "client-certificate", "secret", NONE,
    "for auth client-certificate: PEM, certificate and key", true },
  .load = load_secret, .offset = SOURCE(client_secret),
  .kinds = SOURCE_ONLINE },
{ .shown = { "sources", "federated-token-file", "path", NONE,
    "for auth workload-identity: the token of the platform", true },
  .load = load_path, .offset = SOURCE(federated_token_file),
  .kinds = SOURCE_ONLINE },
{ .shown = { "sources", "token", "secret", NONE,
    "legacy API token of the portal, instead of any other sign-in", true },
  .load = load_secret, .offset = SOURCE(client_secret), .kinds = APPS },
{ .shown = { "sources", "subscriptions", "all, or list of GUIDs", "all",
    "which subscriptions to read", true },
  .load = load_subscriptions, .offset = SOURCE(subscriptions),
  .kinds = CLOUD },
{ .shown = { "sources", "management-groups", "list of ids", NONE,
    "read the subscriptions below these", true },
  .load = load_groups, .offset = SOURCE(management_groups), .kinds = CLOUD },
{ .shown = { "sources", "mode", "list or resource-graph", "list",
    "ask each subscription, or Azure Resource Graph for all", true },
  .load = load_mode, .offset = SOURCE(resource_graph), .kinds = CLOUD },
{ .shown = { "sources", "service-sources", "list of words", NONE,
    "which products' alerts to read; none: every one", true },
  .load = load_services, .offset = SOURCE(service_sources), .kinds = GRAPH },
{ .shown = { "sources", "incidents", "true or false", "false",
    "read the incidents of Defender XDR too", true },
  .load = load_bool, .offset = SOURCE(incidents), .kinds = GRAPH },
{ .shown = { "sources", "url", "URL", REQUIRED,
    "API address of the portal", true },
  .load = load_portal, .offset = SOURCE(url), .kinds = APPS },
{ .shown = { "sources", "interval", "duration", "2m", "time between two polls",
    true },
  .load = load_duration, .offset = SOURCE(interval_ms), .min = S, .max = D,
  .others = { { GRAPH, "1m" }, { HUNTING, "5m" } } },
{ .shown = { "sources", "overlap", "duration", "15m",
    "how far a poll reads behind the newest alert it knows", true },
  .load = load_duration, .offset = SOURCE(overlap_ms), .min = 0, .max = 7 * D,
  .kinds = GRAPH | HUNTING | APPS, .others = { { HUNTING, "30m" } } },
{ .shown = { "sources", "sweep", "block, or off", "{every: 6h, window: 48h}",
    "read the past again, to prove that nothing was lost", true },
  .load = load_sweep, .kinds = SOURCE_ONLINE,
  .others = { { HUNTING, "{every: 24h, window: 48h}" }, { CLOUD, "off" } } },
{ .shown = { "sources", "cloud", "public, us-government or china", "public",
    "which Azure cloud", true },
  .load = load_cloud, .offset = SOURCE(cloud), .kinds = SOURCE_ONLINE },
{ .shown = { "sources", "endpoints", "block", NONE,
    "other addresses of the services", true },
  .load = load_endpoints, .sub = "sources.endpoints",
  .kinds = SOURCE_ONLINE },
{ .shown = { "sources", "ca-file", "path", NONE,
    "PEM file used instead of the system's authorities", true },
  .load = load_path, .offset = SOURCE(ca_file), .kinds = SOURCE_ONLINE },
{ .shown = { "sources", "path", "path with wildcards", REQUIRED,
    "the files to read", true },
  .load = load_path, .offset = SOURCE(path), .kinds = FILES },

{ .shown = { "sources.endpoints", "login", "URL",
    "https://login.microsoftonline.com", "where tokens come from", true },
  .load = load_endpoint, .offset = SOURCE(login), .kinds = SOURCE_ONLINE },
{ .shown = { "sources.endpoints", "resource-manager", "URL",
    "https://management.azure.com", "Azure Resource Manager", true },
  .load = load_endpoint, .offset = SOURCE(resource_manager), .kinds = CLOUD },
{ .shown = { "sources.endpoints", "graph", "URL",
    "https://graph.microsoft.com", "Microsoft Graph", true },
  .load = load_endpoint, .offset = SOURCE(graph), .kinds = GRAPH | HUNTING },
{ .shown = { "sources.endpoints", "instance-metadata", "URL",
    "http://169.254.169.254", "where managed-identity gets its token", true },
  .load = load_metadata, .offset = SOURCE(instance_metadata),
  .kinds = SOURCE_ONLINE },
{ .shown = { "sources.sweep", "every", "duration", NONE,
    "time between two sweeps", true },
  .load = load_duration, .offset = SOURCE(sweep_every_ms), .min = S,
  .max = 30 * D },
{ .shown = { "sources.sweep", "window", "duration", NONE,
    "how much of the past a sweep reads", true },
  .load = load_duration, .offset = SOURCE(sweep_window_ms), .min = S,
  .max = 90 * D },

{ .shown = { "calendars", "name", "name", REQUIRED, "what it is called", true },
  .load = load_name, .offset = CALENDAR(name) },
{ .shown = { "calendars", "timezone", "time zone", REQUIRED,
    "IANA name, such as Europe/Berlin", true },
  .load = load_zone, .offset = CALENDAR(timezone) },
{ .shown = { "calendars", "hours", "days with hours", REQUIRED,
    "the weekly business hours", true },
  .load = load_hours },
{ .shown = { "calendars", "closed", "list of dates", NONE,
    "days without business", true },
  .load = load_closed },
{ .shown = { "calendars", "special", "dates with hours", NONE,
    "days with other hours", true },
  .load = load_special },
{ .shown = { "calendars", "holidays", "path", NONE, "ICS file of closed days",
    true },
  .load = load_holidays, .offset = CALENDAR(holidays) },

{ .shown = { "sla", "critical", "clock", "{triage: 15m}",
    "clock of critical alerts", true },
  .load = load_clock, .offset = LEVEL(SEVERITY_CRITICAL) },
{ .shown = { "sla", "high", "clock", "{triage: 4h}", "clock of high alerts",
    true },
  .load = load_clock, .offset = LEVEL(SEVERITY_HIGH) },
{ .shown = { "sla", "medium", "clock", "{triage: 24h}",
    "clock of medium alerts", true },
  .load = load_clock, .offset = LEVEL(SEVERITY_MEDIUM) },
{ .shown = { "sla", "low", "clock", "{triage: next-business-day}",
    "clock of low alerts", true },
  .load = load_clock, .offset = LEVEL(SEVERITY_LOW) },
{ .shown = { "sla.LEVEL", "triage", "duration, next-business-day or none",
    REQUIRED, "time until an alert must have been triaged", true },
  .load = load_triage, .offset = offsetof(struct sla_target, elapsed_ms),
  .min = S, .max = 366 * D },
{ .shown = { "sla.LEVEL", "calendar", "calendar name", NONE,
    "whose business days, or whose hours alone a duration counts", true },
  .load = load_calendar_name,
  .offset = offsetof(struct sla_target, calendar) },

{ .shown = { "rules", "name", "name", REQUIRED,
    "stored with every decision it makes", true },
  .load = load_label, .offset = RULE(name) },
{ .shown = { "rules", "when", "when block", NONE, "which alerts; none: all",
    true },
  .load = load_map, .offset = RULE(when), .sub = "when" },
{ .shown = { "rules", "set", "block", REQUIRED, "what to change", true },
  .load = load_map, .offset = 0, .sub = "rules.set" },
{ .shown = { "rules", "reason", "text", NONE,
    "why; required where a rule lowers a severity", true },
  .load = load_text, .offset = RULE(reason) },
{ .shown = { "rules", "expires", "date", NONE,
    "its last day, UTC; required where a rule lowers a severity", true },
  .load = load_expires, .offset = RULE(expires_ms) },
{ .shown = { "rules.set", "severity", "severity", NONE, "the new severity",
    true },
  .load = load_severity },
{ .shown = { "rules.set", "owner", "text", NONE, "who has it from the start",
    true },
  .load = load_text, .offset = RULE(owner) },
{ .shown = { "rules.set", "tags", "list of tags", NONE, "words to find it by",
    true },
  .load = load_tags, .offset = RULE(tags) },

{ .shown = { "when", "severity", "list of globs", NONE,
    "rules: the source's; routes: the effective one", true },
  .load = load_globs, .offset = GLOBS(MATCH_SEVERITY) },
{ .shown = { "when", "source", "list of globs", NONE, "configured name", true },
  .load = load_globs, .offset = GLOBS(MATCH_SOURCE) },
{ .shown = { "when", "provider", "list of globs", NONE, "product", true },
  .load = load_globs, .offset = GLOBS(MATCH_PROVIDER) },
{ .shown = { "when", "tenant", "list of globs", NONE, "directory id", true },
  .load = load_globs, .offset = GLOBS(MATCH_TENANT) },
{ .shown = { "when", "subscription", "list of globs", NONE, "subscription id",
    true },
  .load = load_globs, .offset = GLOBS(MATCH_SUBSCRIPTION) },
{ .shown = { "when", "resource", "list of globs", NONE, "whole resource id",
    true },
  .load = load_globs, .offset = GLOBS(MATCH_RESOURCE) },
{ .shown = { "when", "resource-type", "list of globs", NONE,
    "type of the resource", true },
  .load = load_globs, .offset = GLOBS(MATCH_RESOURCE_TYPE) },
{ .shown = { "when", "alert-type", "list of globs", NONE, "detector id", true },
  .load = load_globs, .offset = GLOBS(MATCH_ALERT_TYPE) },
{ .shown = { "when", "title", "list of globs", NONE, "title", true },
  .load = load_globs, .offset = GLOBS(MATCH_TITLE) },
{ .shown = { "when", "entity", "list of globs", NONE,
    "value of any entity: account, address, host ...", true },
  .load = load_globs, .offset = GLOBS(MATCH_ENTITY) },
{ .shown = { "when", "tactic", "list of globs", NONE, "any of its tactics",
    true },
  .load = load_globs, .offset = GLOBS(MATCH_TACTIC) },
{ .shown = { "when", "technique", "list of globs", NONE,
    "any of its techniques", true },
  .load = load_globs, .offset = GLOBS(MATCH_TECHNIQUE) },
{ .shown = { "when", "status", "list of globs", NONE, "status at the source",
    true },
  .load = load_globs, .offset = GLOBS(MATCH_STATUS) },
{ .shown = { "when", "tag", "list of globs", NONE, "any of its tags", true },
  .load = load_globs, .offset = GLOBS(MATCH_TAG) },
{ .shown = { "when", "incident", "true or false", NONE,
    "whether it is an incident of several alerts", true },
  .load = load_globs, .offset = GLOBS(MATCH_INCIDENT) },
{ .shown = { "when", "category", "list of globs", NONE,
    "threat it was recognized as", true },
  .load = load_globs, .offset = GLOBS(MATCH_CATEGORY) },
{ .shown = { "when", "policy", "list of globs", NONE,
    "built-in policy or plan that was recognized", true },
  .load = load_globs, .offset = GLOBS(MATCH_POLICY) },
{ .shown = { "when", "not", "when block", NONE, "must not match", true },
  .load = load_not, .offset = offsetof(struct match, deny) },

{ .shown = { "targets", "name", "name", REQUIRED, "what routes call it", true },
  .load = load_name, .offset = TARGET(name) },
{ .shown = { "targets", "type", "email, webhook or folder", REQUIRED,
    "how notices travel", true },
  .load = load_known },
{ .shown = { "targets", "server", "smtp://HOST:PORT or smtps://HOST:PORT",
    REQUIRED, "mail server; port 25 or 465 when left out", true },
  .load = load_server, .offset = TARGET(server), .kinds = EMAIL },
{ .shown = { "targets", "starttls", "true or false", "true",
    "smtp:// only with TLS; false only on loopback", true },
  .load = load_bool, .offset = TARGET(starttls), .kinds = EMAIL },
{ .shown = { "targets", "from", "e-mail address", REQUIRED, "sender", true },
  .load = load_address, .offset = TARGET(from), .kinds = EMAIL },
{ .shown = { "targets", "to", "list of e-mail addresses", REQUIRED,
    "recipients, one message each", true },
  .load = load_addresses, .offset = TARGET(to), .kinds = EMAIL },
{ .shown = { "targets", "username", "text", NONE, "to sign in with", true },
  .load = load_text, .offset = TARGET(username), .kinds = EMAIL },
{ .shown = { "targets", "password", "secret", NONE, "to sign in with", true },
  .load = load_secret, .offset = TARGET(password), .kinds = EMAIL },
{ .shown = { "targets", "url", "https URL, or secret", REQUIRED,
    "where to POST", true },
  .load = load_webhook_url, .offset = TARGET(url), .kinds = WEBHOOK },
{ .shown = { "targets", "format", "json", "json", "shape of the body", true },
  .load = load_word, .kinds = WEBHOOK },
{ .shown = { "targets", "signing-secret", "secret", NONE,
    "whsec_... that signs each request", true },
  .load = load_secret, .offset = TARGET(signing_secret), .kinds = WEBHOOK },
{ .shown = { "targets", "signing-secret-next", "secret", NONE,
    "a second one that is valid too, while changing it", true },
  .load = load_secret, .offset = TARGET(signing_secret_next),
  .kinds = WEBHOOK },
{ .shown = { "targets", "allow-private", "true or false", "false",
    "may reach loopback and private addresses, and http:", true },
  .load = load_bool, .offset = TARGET(allow_private), .kinds = WEBHOOK },
{ .shown = { "targets", "path", "path", REQUIRED,
    "directory that gets a file for each notice", true },
  .load = load_path, .offset = TARGET(path), .kinds = FOLDER },
{ .shown = { "targets", "ca-file", "path", NONE,
    "PEM file used instead of the system's authorities", true },
  .load = load_path, .offset = TARGET(ca_file), .kinds = EMAIL | WEBHOOK },

{ .shown = { "routes", "name", "name", NONE, "default: \"route N\"", true },
  .load = load_label, .offset = ROUTE(name) },
{ .shown = { "routes", "when", "when block", NONE, "which alerts; none: all",
    true },
  .load = load_map, .offset = ROUTE(when), .sub = "when" },
{ .shown = { "routes", "ladder", "list of steps", NONE,
    "steps until somebody acknowledges; this or digest", true },
  .load = load_ladder },
{ .shown = { "routes", "digest", "block", NONE,
    "one message a business day; this or ladder", true },
  .load = load_digest },
{ .shown = { "routes", "continue", "true or false", "false",
    "routes behind this one are tried too", true },
  .load = load_bool, .offset = ROUTE(go_on) },
{ .shown = { "routes.ladder", "after",
    "duration, share of the clock or due-day", REQUIRED,
    "when, from the start of the episode", true },
  .load = load_after, .offset = STEP(after_ms), .min = 0, .max = 30 * D },
{ .shown = { "routes.ladder", "notify", "list of target names", REQUIRED,
    "who is told", true },
  .load = load_target_names, .offset = STEP(notify) },
{ .shown = { "routes.ladder", "repeat", "duration", NONE,
    "tell them again this often", true },
  .load = load_duration, .offset = STEP(repeat_ms), .min = S, .max = 30 * D },
{ .shown = { "routes.ladder", "times", "number", NONE, "how many repeats",
    true },
  .load = load_count, .offset = STEP(times), .min = 1, .max = 1000 },
{ .shown = { "routes.digest", "at", "time", REQUIRED,
    "local time of the calendar", true },
  .load = load_minute, .offset = DIGEST(at_minute) },
{ .shown = { "routes.digest", "calendar", "calendar name", NONE,
    "its business days; may be left out when there is one", true },
  .load = load_calendar_name, .offset = DIGEST(calendar) },
{ .shown = { "routes.digest", "notify", "list of target names", REQUIRED,
    "who is told", true },
  .load = load_target_names, .offset = DIGEST(notify) },

{ .shown = { "acknowledge-expires", "critical", "duration or never", "30m",
    "for critical alerts", true },
  .load = load_expiry, .offset = ACK(SEVERITY_CRITICAL), .min = S,
  .max = 30 * D },
{ .shown = { "acknowledge-expires", "high", "duration or never", "2h",
    "for high alerts", true },
  .load = load_expiry, .offset = ACK(SEVERITY_HIGH), .min = S, .max = 30 * D },
{ .shown = { "acknowledge-expires", "medium", "duration or never", "12h",
    "for medium alerts", true },
  .load = load_expiry, .offset = ACK(SEVERITY_MEDIUM), .min = S,
  .max = 30 * D },
{ .shown = { "acknowledge-expires", "low", "duration or never", "never",
    "for low alerts", true },
  .load = load_expiry, .offset = ACK(SEVERITY_LOW), .min = S, .max = 30 * D },
};
/* clang-format on */

/* Names the interface promises and this version does not know yet: to say
 * "unknown" would send people looking for a slip of the pen. */
static const struct later {
	const char *section, *name;
} later[] = {
	{ "", "groups" },	    { "", "storm" },
	{ "", "quiet-hours" },	    { "", "forward" },
	{ "", "retention" },	    { "", "sla-start" },
	{ "sla.LEVEL", "resolve" }, { "targets", "oauth" },
	{ "targets", "command" },
};

const struct option *option_find(const char *section, const char *name)
{
	for (const struct option *o = option_next(section, NULL); o;
	     o = option_next(section, o))
		if (strcmp(o->shown.name, name) == 0)
			return o;
	return NULL;
}

const struct option *option_next(const char *section, const struct option *o)
{
	for (o = o ? o + 1 : options; o < options + ARRAY_SIZE(options); o++)
		if (strcmp(o->shown.section, section) == 0)
			return o;
	return NULL;
}

bool option_is_later(const char *section, const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(later); i++)
		if (strcmp(later[i].section, section) == 0 &&
		    strcmp(later[i].name, name) == 0)
			return true;
	return false;
}

const struct conf_option *conf_option_at(size_t i)
{
	return i < ARRAY_SIZE(options) ? &options[i].shown : NULL;
}
