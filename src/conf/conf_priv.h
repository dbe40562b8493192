/*
 * What the files of this room share: the option table, and the state of one
 * run of reading. A row of the table says everything about an option: how it
 * is called, which function reads it into which field, limits, default, help.
 */
#ifndef CONF_CONF_PRIV_H
#define CONF_CONF_PRIV_H

#include "conf/conf.h"
#include "conf/node_priv.h"
#include "util/suggest.h"

#define CONF_DEMO_NAME "built-in demo" /* the file that may use type demo */
#define CONF_NAME_MAX 63 /* LADDER_ROUTE_MAX keeps a route's name whole */
#define CONF_TEXT_MAX 500
#define CONF_PATH_MAX 1000
#define CONF_PUBLIC_MAX 500 /* a token is put behind it */
#define CONF_SOCKET_MAX 107 /* sun_path of unix(7) without its NUL */

struct load;
struct option;

/* Reads @v into the field of @object that row @o names. Faults go to @l. */
typedef void load_fn(struct load *l, const struct option *o,
		     const struct node *v, void *object);

struct option {
	struct conf_option shown;
	load_fn *load;
	size_t offset; /* of the field in the section's object */
	const char *sub; /* load_map: the section inside */
	int64_t min, max;
	unsigned kinds; /* bits of the entry types that have it; 0: all */
	/* Types with another default than shown.fallback. */
	struct {
		unsigned kinds;
		const char *fallback;
	} others[2];
};

/* The types that ask a service, and so sign in. */
#define SOURCE_ONLINE                                                          \
	(BIT(SOURCE_DEFENDER_FOR_CLOUD) | BIT(SOURCE_GRAPH_SECURITY) |         \
	 BIT(SOURCE_GRAPH_HUNTING) | BIT(SOURCE_CLOUD_APPS))

/* table.c */
const struct option *option_find(const char *section, const char *name);
/* The row behind @o in the same section (NULL: the first), or NULL. */
const struct option *option_next(const char *section, const struct option *o);

/* origin.c: which place of which file set an option ("sources.azure.tenant").
 */
struct origins;
void origin_set(struct conf *c, const char *path, const struct mark *mark);
/* NULL: the built-in default. */
const struct mark *origin_find(const struct conf *c, const char *path);
void origins_free(struct origins *o);

/* A `tenants:` entry; sources copy from it once everything is read. */
struct tenant {
	char *name;
	char *id;
	enum auth_method auth;
	char *client_id;
	struct secret_ref client_secret; /* the one of the method */
	char *federated_token_file;
	struct mark mark;
};

enum refer_kind {
	REFER_TARGET,
	REFER_ROTATION,
	REFER_NOTIFY, /* a target or a rotation */
	REFER_CALENDAR,
	REFER_SOURCE
};
/* A name that must exist when all files have been read. */
struct reference {
	enum refer_kind kind;
	char *name;
	struct mark mark;
	char *path;
};

struct load {
	struct conf *c;
	struct faults *faults;
	bool demo; /* the built-in demonstration is being read */
	bool incomplete; /* a file could not be read: no cross checks */
	struct strbuf path; /* where we are: "sources.azure" */
	struct mark *spoilt; /* values and entries that had a fault */
	size_t n_spoilt, n_spoilt_alloc;
	struct tenant *tenants;
	size_t n_tenants, n_tenants_alloc;
	struct reference *refs;
	size_t n_refs, n_refs_alloc;
};

/* load.c: the path in front of every message, and the generic walkers. */
void load_fault(struct load *l, const struct mark *m, const char *fmt, ...)
	printf_like(3, 4);
void load_warn(struct load *l, const struct mark *m, const char *fmt, ...)
	printf_like(3, 4);
size_t load_push(struct load *l, const char *part);
void load_pop(struct load *l, size_t len);
void load_refer(struct load *l, enum refer_kind kind, const struct node *v);
/* Every option of @map into @object; @kind: bit of the entry's type, 0 none. */
void load_section(struct load *l, const char *section, const struct node *map,
		  unsigned kind, void *object);
void load_defaults(struct load *l, const char *section, unsigned kind,
		   void *object);
/* Call @one for every entry of a list of maps, the path set to its name. */
void load_entries(struct load *l, const struct node *list,
		  void (*one)(struct load *l, const struct node *map));
/* False and a fault when @name stands at @other already. */
bool load_unique(struct load *l, const struct node *map, const char *name,
		 const char *other_name, const struct mark *other);
bool load_is_text(struct load *l, const struct node *v, const char *what);
/* Where @option of the entry we are at was given, rightly or wrongly, or NULL.
 * Borrowed until the next option is read. */
const struct mark *load_given(const struct load *l, const char *option);
/* Had the value or entry at @m a fault of its own? */
bool load_is_spoilt(const struct load *l, const struct mark *m);

/* The field of type @type that row @o names in @object. */
#define FIELD(type, object, o)                                                 \
	((type *)(void *)((char *)(object) + (o)->offset))

/* load_value.c: readers of single values */
load_fn load_name, load_label, load_text, load_path, load_duration, load_expiry,
	load_bool, load_count, load_minute, load_secret, load_map, load_known,
	load_tags, load_user, load_path_list;
/* One text or a list of them; @check says what is wrong with one, or NULL. */
void load_texts(struct load *l, const struct node *v, struct strlist *field,
		const char *(*check)(const char *s));

/* The words a `type:` may be. */
struct type_word {
	const char *word;
	int type;
};
/* The type of the entry @map, or -1 with a fault. */
int load_type(struct load *l, const struct node *map,
	      const struct type_word *words, size_t n);
/* load_net.c: addresses of every kind */
load_fn load_endpoint, load_metadata, load_portal, load_public_url, load_listen,
	load_guid, load_subscriptions, load_server, load_address,
	load_addresses, load_webhook_url;
/* load_source.c, load_tenant.c, load_cloud.c */
load_fn load_sources, load_endpoints, load_sweep, load_posture, load_rate,
	load_mode, load_groups, load_services;
load_fn load_tenants, load_directory, load_auth;
load_fn load_cloud;
/* load_control.c */
load_fn load_role_groups;
void dump_sandbox(struct strbuf *out, const struct conf *c);
void dump_control(struct strbuf *out, const struct conf *c);
/* load_target.c, load_calendar.c, load_rotation.c, load_rule.c, load_route.c */
load_fn load_targets, load_target_name, load_target_names, load_command;
/* username and password of an e-mail target or a webhook: both or none */
void login_check(struct load *l, const struct node *map);
/* load_webhook.c: what belongs to the format of a webhook */
load_fn load_format, load_proxy, load_mode_binary, load_text_list,
	load_api_version, load_table;
void webhook_check(struct load *l, const struct node *map,
		   const struct target_conf *t);
/* load_template.c */
load_fn load_template, load_template_text;
void template_settings_check(struct load *l, const struct target_conf *t);
void template_conf_release(struct template_conf *t);
void template_conf_dump(const struct target_conf *t, const struct conf *c,
			struct strbuf *out); /* dump_template.c */
/* One level of `sla:`. */
struct level_clocks {
	struct sla_target triage, resolve;
};
load_fn load_resolve;
load_fn load_calendars, load_hours, load_closed, load_special, load_holidays,
	load_zone, load_calendar_name, load_clock, load_triage, load_sla_start;
load_fn load_rotations, load_start, load_handover, load_every, load_members,
	load_overrides, load_moment, load_member;
load_fn load_rules, load_globs, load_not, load_severity, load_expires,
	load_glob_list;
load_fn load_routes, load_ladder, load_digest, load_after, load_weekday;
/* load_forward.c */
load_fn load_forwards, load_forward_format, load_forward_server, load_facility,
	load_framing, load_host_name, load_from, load_size;
/* load_retention.c */
load_fn load_kept, load_size_limit;
/* load_respond.c */
load_fn load_actions, load_hooks, load_protect, load_approver,
	load_second_person;
/* load_noise.c */
load_fn load_no_wait, load_plan_hours, load_quiet_hours, load_maintenance;
/* Sources get what their `tenants:` entry holds. */
void tenants_apply(struct load *l);
void tenant_release(struct tenant *t);
const struct tenant *tenant_find(const struct load *l, const char *name);
/* The same for e-mail targets with `oauth:` (load_oauth.c). */
void oauth_apply(struct load *l);
/* What can be said when the entry alone has been read. */
void oauth_check(struct load *l, const struct target_conf *t);
/* Addresses that @s did not give are those of its cloud. */
void cloud_apply(struct load *l, struct source_conf *s);
void cloud_apply_mail(struct load *l, struct target_conf *t);

/* Words of options, or NULL. */
const char *source_word(int type);
const char *target_word(int type);
const char *forward_word(int type);
const char *forward_format_word(enum forward_format f);
const char *facility_word(int facility);
const char *auth_word(enum auth_method m);
const char *cloud_word(enum azure_cloud c);

/* Shared pieces of them. */
bool text_is_bool(const char *s, bool *ret);
/* As triage matches: * and ? alone, case ignored. */
bool glob_covers_severity(const char *glob, enum severity level);
bool text_is_guid(const char *s);
bool text_is_domain(const char *s);
bool name_is_valid(const char *s, bool blanks);
int parse_weekday(const char *s, size_t len); /* 0 = Monday, or -1 */
extern const char *const weekday_names[7]; /* "mon" ... */
bool parse_date(const char *s, int *ret_year, int *ret_month, int *ret_day);
bool parse_clock_time(const char *s, int max, int *ret_minute);

/* endpoint.c: just enough of RFC 3986 to judge an address before it is used. */
struct url {
	char scheme[8]; /* lower case */
	char host[256]; /* lower case, without brackets */
	int port; /* 0: not given */
	bool ipv6;
	const char *rest; /* borrowed: path and query, "" none */
};
bool url_parse(const char *text, struct url *ret);
bool url_is_loopback(const struct url *u);
bool url_is_private(const struct url *u); /* loopback included */
/* Why @text cannot be a webhook's URL, or NULL. Never quotes @text. */
const char *webhook_url_fault(const char *text, bool allow_private);

/* validate.c, order.c: checks across entries, when all is read */
void validate(struct load *l);
/* Rules and routes that can never be reached. */
void order_check(struct load *l);
/* load_retention.c: the least that anything is kept for, and what must not be
 * less. */
#define RETENTION_LEAST_MS (INT64_C(3) * 24 * 3600 * 1000)
void retention_check(struct load *l);
/* load_respond.c: across `respond`, sources and targets */
void respond_check(struct load *l);
bool respond_uses_target(const struct conf *c, const char *name);
/* One rule alone: a rule that lowers needs owner, reason and expiry. */
void order_check_demotion(struct load *l, const struct node *map,
			  const struct rule *r);

/* shipped.c: what a configuration has without saying so */
void shipped_calendar(struct load *l); /* and calendars left out */
void shipped_rules(struct policy *p);
void shipped_routes(struct policy *p);
bool shipped_has_rule(const char *name);

/* dump_policy.c: the policy as YAML; with @c NULL no comments (the hash). */
void dump_policy(const struct policy *p, const struct conf *c,
		 struct strbuf *out);
void dump_forwards(struct strbuf *out, const struct conf *c); /* dump_forward.c
							       */
/* load_retention.c */
void dump_retention(struct strbuf *out, const struct conf *c);
/* load_respond.c */
void dump_respond(struct strbuf *out, const struct conf *c);
void dump_noise(struct strbuf *out, const struct conf *c,
		const struct policy *p); /* dump_noise.c */
void dump_text(struct strbuf *out, const char *s);
void dump_week(struct strbuf *out, const struct calendar_def *d);
void dump_match(struct strbuf *out, const struct match *m);
void dump_moment(struct strbuf *out, const struct civil *at);
void dump_list(struct strbuf *out, const struct strlist *l);
void dump_end(struct strbuf *out, const struct conf *c, const char *path,
	      const struct mark *m);

void secret_ref_release(struct secret_ref *r);
void secret_ref_copy(struct secret_ref *to, const struct secret_ref *from);

#endif
