/*
 * The configuration as a struct, and how it is read. Every fault of every file
 * is collected in one run; a struct conf exists only when there was none.
 * Strings and arrays are owned by the struct conf. Secrets are references
 * until conf_load_secrets(), so that triagectl needs none.
 */
#ifndef CONF_CONF_H
#define CONF_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/auth.h"
#include "core/policy.h"
#include "core/response.h"
#include "core/role.h"
#include "util/err.h"
#include "util/secret.h"
#include "util/strbuf.h"
#include "util/strlist.h"

/* The folder is the Makefile's: include "paths.h" too. */
#define CONF_DEFAULT_FILE PATH_CONFIG "/triaged.yaml"

enum secret_kind {
	SECRET_ABSENT,
	SECRET_CREDENTIAL,
	SECRET_FILE,
	SECRET_PLAIN
};

struct secret_ref {
	enum secret_kind kind;
	char *name; /* credential name, or path; NULL for plain */
	struct secret
		*value; /* SECRET_PLAIN (a URL in the file), or once loaded */
	struct mark mark;
};

enum source_type {
	SOURCE_DEFENDER_FOR_CLOUD,
	SOURCE_FILE,
	SOURCE_DEMO,
	SOURCE_GRAPH_SECURITY,
	SOURCE_GRAPH_HUNTING,
	SOURCE_CLOUD_APPS,
};
#define SOURCE_TYPE_MAX (SOURCE_CLOUD_APPS + 1)

/* National clouds. What follows from one stands in the endpoints. */
enum azure_cloud { CLOUD_PUBLIC, CLOUD_US_GOVERNMENT, CLOUD_CHINA };

/* Where a cloud is when no `endpoints:` say otherwise; see load_cloud.c. */
struct cloud_addresses {
	const char *word; /* of `cloud:` */
	const char *login, *resource_manager, *graph;
	const char *exchange; /* whose SMTP a token of it is for */
};
const struct cloud_addresses *cloud_addresses(enum azure_cloud c);

struct source_conf {
	char *name;
	enum source_type type;
	char *tenant; /* directory id; may be "" for file and with a token */
	enum auth_method auth;
	char *client_id; /* NULL: none, or the machine's own identity */
	/* The one secret of the method: client-secret, client-certificate (PEM,
	 * certificate and key) or token. */
	struct secret_ref client_secret;
	char *federated_token_file; /* workload identity */
	struct strlist subscriptions; /* ARM; empty: all */
	struct strlist management_groups; /* ARM; empty: none named */
	bool resource_graph; /* ARM: list through Azure Resource Graph */
	struct strlist service_sources; /* Graph; empty: every one */
	bool incidents; /* Graph: those of Defender XDR too */
	int64_t interval_ms;
	int64_t overlap_ms; /* Graph, Cloud Apps: read again before the cursor
			     */
	int64_t sweep_every_ms, sweep_window_ms; /* 0: no sweep */
	int64_t posture_every_ms; /* ARM; 0: the posture is not read */
	/* Endpoints, no trailing slash; defaults by `cloud:`; NULL where the
	 * type has no use for one. */
	enum azure_cloud cloud;
	char *login;
	char *resource_manager;
	char *graph;
	char *instance_metadata; /* managed identity */
	char *url; /* cloud-apps: scheme and host; no path, no /api/v1 */
	char *ca_file; /* NULL: the system's */
	char *proxy; /* NULL: none */
	char *path; /* file: a glob */
	struct mark mark;
};

enum target_type {
	TARGET_EMAIL,
	TARGET_WEBHOOK,
	TARGET_FOLDER,
	TARGET_EXEC, /* a runbook hook: a program of the site */
	TARGET_HEARTBEAT, /* stands in conf.heartbeats, and gets no notice */
};

/* What a webhook understands. */
enum webhook_format {
	FORMAT_JSON, /* our own payload, Standard Webhooks */
	FORMAT_CLOUDEVENTS,
	FORMAT_SLACK,
	FORMAT_TEAMS,
	FORMAT_PAGERDUTY,
	FORMAT_OPSGENIE, /* and its successor in Jira Service Management */
	FORMAT_SERVICENOW,
	FORMAT_JIRA,
	FORMAT_NTFY,
	FORMAT_ALERTMANAGER, /* we push to one */
	FORMAT_ALERTMANAGER_WEBHOOK, /* we speak like one */
};
#define WEBHOOK_FORMAT_MAX (FORMAT_ALERTMANAGER_WEBHOOK + 1)
const char *webhook_format_name(enum webhook_format f); /* "json" ... */

/* What the formats want to know beside the URL; a member that a format has no
 * use for is refused when the configuration is read. */
struct webhook_conf {
	enum webhook_format format;
	struct secret_ref key; /* pagerduty's routing-key; opsgenie's and
				  ServiceNow's api-key */
	struct secret_ref token; /* Authorization: Bearer */
	struct secret_ref client_certificate; /* PEM, certificate and key */
	char *proxy; /* NULL: none */
	/* What the receiver calls our levels; NULL: the table of the format. */
	char *levels[SEVERITY_MAX];
	bool binary; /* cloudevents: attributes as headers */
	char *topic; /* ntfy */
	struct strlist responders; /* opsgenie: names of teams */
	/* jira */
	char *project, *issue_type, *done_transition;
	bool plain_text; /* API 2 (Data Center): text instead of documents */
	/* servicenow */
	bool events; /* Event Management instead of incidents */
	char *assignment_group, *caller, *close_code, *close_notes;
};

/* So many at once, then as many again in that time; messages 0: no limit. */
struct message_rate {
	int messages;
	int64_t within_ms;
};

/* A text with holes (notify/template.h), as the settings give it. */
struct template_text {
	char *text; /* NULL: the built-in words */
	char *path; /* the file it was read from; NULL: the settings */
	struct mark mark; /* of the option */
	/* Of the first character in that file; every further line stands below
	 * it at the same column. 0: not so. */
	int line, column;
};
/* The place in a file of line @line, column @column of @t, from 1; borrows. */
struct mark template_text_place(const struct template_text *t, int line,
				int column);

struct template_conf {
	struct template_text subject, html; /* e-mail */
	struct template_text text; /* e-mail and webhooks that show text */
	struct template_text title, body; /* webhooks */
};

/* How an e-mail target signs in by token: what its `tenants:` entry holds, and
 * where the token comes from. */
struct mail_oauth {
	char *entry; /* name of the tenants entry; NULL: no token */
	char *tenant; /* directory id */
	enum auth_method auth;
	char *client_id;
	struct secret_ref client_secret; /* the one of the method */
	char *federated_token_file;
	enum azure_cloud cloud;
	char *login, *instance_metadata; /* no trailing slash */
	char *scope; /* what the token opens; NULL without an entry */
};

#define CONF_RECIPIENTS_MAX 100 /* of one target */
#define CONF_EXEC_LIMIT_MAX_MS INT64_C(600000)

struct target_conf {
	char *name;
	enum target_type type;
	/* email */
	/* smtp://host:port or smtps://host:port; https://host: Microsoft Graph,
	 * no trailing slash */
	char *server;
	bool starttls; /* false only on loopback */
	char *from;
	struct strlist to;
	/* email; webhook: Basic */
	char *username; /* NULL: no AUTH; with oauth: the mailbox, else from */
	struct secret_ref password;
	struct mail_oauth oauth; /* email */
	/* webhook */
	struct webhook_conf webhook;
	struct secret_ref url;
	struct secret_ref signing_secret; /* whsec_... */
	struct secret_ref
		signing_secret_next; /* second live one, for rotation */
	bool allow_private;
	/* email, webhook */
	struct template_conf template;
	/* folder */
	char *path;
	/* exec */
	struct strlist command; /* element 0 is an absolute path */
	int64_t limit_ms;
	/* heartbeat; its proxy is webhook.proxy */
	int64_t interval_ms;
	char *ca_file;
	struct message_rate rate;
	bool rate_given; /* else rate is target_rate_default()'s */
	char *second; /* told when this one fails; NULL: the fallback */
	struct mark mark;
};

/* How an event of the log is written down for a SIEM. */
enum forward_format {
	FORWARD_JSON,
	FORWARD_CEF,
	FORWARD_LEEF,
	FORWARD_OCSF,
	FORWARD_ECS,
};
#define FORWARD_FORMAT_MAX (FORWARD_ECS + 1)

enum forward_type { FORWARD_SYSLOG_TLS, FORWARD_SYSLOG_TCP, FORWARD_FILE };

/* A destination of the event log. */
struct forward_conf {
	char *name;
	enum forward_type type;
	enum forward_format format;
	bool from_beginning; /* when it is new; else from now on */
	/* syslog */
	char *host; /* without brackets */
	int port;
	int facility; /* 0 to 23 */
	int enterprise_id;
	bool octet_counting; /* else lines */
	char *hostname; /* NULL: this machine's */
	char *ca_file; /* NULL: the system's */
	struct secret_ref client_certificate; /* PEM: certificate, then key */
	int64_t settle_ms;
	bool allow_plain; /* syslog-tcp beyond loopback */
	/* file */
	char *path;
	int64_t rotate_size; /* bytes */
	int rotate_keep;
	struct mark mark;
};

/* How long what is over is kept; 0: for ever, or of any size. */
struct retention_conf {
	int64_t closed_alerts_ms, raw_ms, polls_ms, deliveries_ms;
	int64_t size_limit; /* bytes */
};

/* What the daemon takes from itself (daemon/confine.h). */
struct sandbox_conf {
	bool landlock;
	struct strlist read, write; /* allowed beside what else is named here */
};

struct origins;

struct conf {
	bool unusable; /* conf_load_partial() found a fatal fault */
	char *user; /* what root becomes; NULL: not said */
	struct sandbox_conf sandbox;
	char *state_directory; /* NULL only when unusable */
	char *control_socket; /* the same */
	struct roles control; /* who may do what there */
	char *listen; /* "127.0.0.1:9847", "unix:/path" or "off" */
	bool page_titles; /* the status page shows titles and who has alerts */
	char *public_url; /* no trailing slash; NULL: messages have no link */
	int64_t ack_link_ms; /* how long a link serves */
	struct source_conf *sources;
	size_t n_sources;
	struct target_conf *targets;
	size_t n_targets;
	struct forward_conf *forwards;
	size_t n_forwards;
	/* Targets of type heartbeat: no way for a notice, so kept apart. */
	struct target_conf *heartbeats;
	size_t n_heartbeats;
	struct policy policy;
	struct retention_conf retention;
	struct response_policy respond; /* what may be done upstream */
	struct strlist
		files; /* every file read, in order; marks borrow these */
	struct origins *origins; /* which place set what, for conf_dump */
};

/* One fault, ready to print as "file:line:column: text". */
struct fault {
	char *file; /* NULL: it stands in no file; line and column are 0 */
	int line, column;
	char *text;
	bool warning; /* said, but does not stop the daemon */
};

struct faults {
	struct fault *v;
	size_t n, n_alloc;
};

/* Text in printf form; @mark may be NULL or have a NULL file. The same fault
 * twice is kept once; after some 500 the list ends with a word about it. */
void faults_add(struct faults *f, const struct mark *mark, const char *fmt, ...)
	printf_like(3, 4);
void faults_warn(struct faults *f, const struct mark *mark, const char *fmt,
		 ...) printf_like(3, 4);
bool faults_fatal(const struct faults *f);
size_t faults_count(const struct faults *f); /* the fatal ones */
/* Into the order of @files, then of lines; what stands in no file is last. */
void faults_sort(struct faults *f, const struct strlist *files);
void faults_release(struct faults *f);

/*
 * Read @path and, beside it, conf.d/ *.yaml in name order; validate the whole.
 * *ret is set only when no fatal fault was found; warnings may be in @faults
 * all the same. Returns 0 or ERR_CONF.
 */
int conf_load(const char *path, struct conf **ret,
	      struct faults *faults) must_check;
/* The same from text, as if it stood in file @name (tests, --demo, fuzzing). */
int conf_load_text(const char *name, const char *text, size_t len,
		   struct conf **ret, struct faults *faults) must_check;
/*
 * The same as conf_load() for those who can do with a part: to look for more
 * faults, or to find the database of a daemon that runs on older settings.
 * Never NULL. With a fatal fault it is marked unusable and holds what could be
 * read: paths that were refused or may stand in a file that could not be read
 * are NULL, a calendar or rotation with a fault is left out, any other entry
 * may be half empty, its name included.
 */
struct conf *conf_load_partial(const char *path,
			       struct faults *faults) must_check;
/*
 * Fetch every secret. Each one that is missing, readable by others or
 * malformed is a fault at its mark. Returns 0 or ERR_CONF. @c may be unusable.
 */
int conf_load_secrets(struct conf *c, struct faults *faults) must_check;
/*
 * Look up every group that the settings name. They are groups of the machine
 * the daemon runs on, so that triagectl needs none. Each one that is not there
 * is a fault. Returns 0 or ERR_CONF. @c may be unusable.
 */
int conf_find_groups(struct conf *c, struct faults *faults) must_check;
struct conf *conf_free(struct conf *c); /* returns NULL */
void conf_free_ptr(struct conf **c);

/*
 * The effective settings as YAML that conf_load accepts, each line with a
 * comment that says where its value comes from. A secret shows as its
 * reference; a webhook URL that stands plainly in the file shows as "[secret]",
 * and only then the output does not load again.
 */
void conf_dump(const struct conf *c, struct strbuf *out);

/* Nothing younger is removed for the sake of size: a closed alert may re-open
 * until then, or be read again by a sweep. */
int64_t retention_floor_ms(const struct conf *c);

/* What a target of this type and format can take. */
struct message_rate target_rate_default(const struct target_conf *t);
/* Is the e-mail target @t sent through Microsoft Graph? */
bool target_is_graph(const struct target_conf *t);
const struct target_conf *conf_target(const struct conf *c, const char *name);
const struct target_conf *conf_heartbeat(const struct conf *c,
					 const char *name);

/* The option table, for the sample file, the manual's lint and completion. */
struct conf_option {
	const char *section; /* "" top level, "sources", "targets" ... */
	const char *name;
	const char *type; /* "duration", "list of text" ... */
	const char *fallback; /* default as text; NULL none, "" required */
	const char *help;
	bool reloadable;
};
/* Row @i of the table, or NULL behind the last. */
const struct conf_option *conf_option_at(size_t i);

#endif
