/*
 * Reads `forward:`, the destinations of the event log.
 *
 * tested with: test_forward_settings
 */
#include "conf/conf_priv.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "util/compiler.h"
#include "util/xmalloc.h"

#define PORT_TLS 6514
#define PORT_PLAIN 514
#define HOST_NAME_MAX_BYTES 255

static const struct type_word forward_types[] = {
	{ "syslog-tls", FORWARD_SYSLOG_TLS },
	{ "syslog-tcp", FORWARD_SYSLOG_TCP },
	{ "file", FORWARD_FILE },
};

const char *forward_word(int type)
{
	for (size_t i = 0; i < ARRAY_SIZE(forward_types); i++)
		if (forward_types[i].type == type)
			return forward_types[i].word;
	return NULL;
}

static const char *const formats[FORWARD_FORMAT_MAX] = {
	[FORWARD_JSON] = "json", [FORWARD_CEF] = "cef", [FORWARD_LEEF] = "leef",
	[FORWARD_OCSF] = "ocsf", [FORWARD_ECS] = "ecs",
};

const char *forward_format_word(enum forward_format f)
{
	return formats[f];
}

/* RFC 5424, by number; those without a name are for system parts. */
static const char *const facilities[24] = {
	"kern",	  "user",     "mail",	 "daemon", "auth",     "syslog",
	"lpr",	  "news",     "uucp",	 "cron",   "authpriv", "ftp",
	"ntp",	  "security", "console", "clock",  "local0",   "local1",
	"local2", "local3",   "local4",	 "local5", "local6",   "local7",
};

const char *facility_word(int facility)
{
	return facilities[facility];
}

/* The index of the word, or -1 with a fault that lists them. */
static int choose(struct load *l, const struct node *v,
		  const char *const *words, size_t n, const char *what)
{
	if (!load_is_text(l, v, what))
		return -1;
	for (size_t i = 0; i < n; i++)
		if (strcmp(v->text, words[i]) == 0)
			return (int)i;
	load_fault(l, &v->mark, "must be %s, not '%.40s'", what, v->text);
	return -1;
}

void load_forward_format(struct load *l, const struct option *o,
			 const struct node *v, void *object)
{
	int i = choose(l, v, formats, ARRAY_SIZE(formats), o->shown.type);

	if (i >= 0)
		*FIELD(enum forward_format, object, o) = (enum forward_format)i;
}

void load_from(struct load *l, const struct option *o, const struct node *v,
	       void *object)
{
	static const char *const words[] = { "now", "beginning" };
	int i = choose(l, v, words, ARRAY_SIZE(words), o->shown.type);

	if (i >= 0)
		*FIELD(bool, object, o) = i == 1;
}

void load_framing(struct load *l, const struct option *o, const struct node *v,
		  void *object)
{
	static const char *const words[] = { "lf", "octet-counting" };
	int i = choose(l, v, words, ARRAY_SIZE(words), o->shown.type);

	if (i >= 0)
		*FIELD(bool, object, o) = i == 1;
}

void load_facility(struct load *l, const struct option *o, const struct node *v,
		   void *object)
{
	char *end;
	long n;

	if (v->kind == NODE_TEXT && isdigit((unsigned char)v->text[0])) {
		n = strtol(v->text, &end, 10);
		if (*end == '\0' && n < (long)ARRAY_SIZE(facilities))
			*FIELD(int, object, o) = (int)n;
		else
			load_fault(l, &v->mark,
				   "must be a number from 0 to 23, not '%.40s'",
				   v->text);
		return;
	}
	n = choose(l, v, facilities, ARRAY_SIZE(facilities),
		   "a facility such as local4 or security, or its number");
	if (n >= 0)
		*FIELD(int, object, o) = (int)n;
}

/* A header of syslog has no blanks and only ASCII. */
void load_host_name(struct load *l, const struct option *o,
		    const struct node *v, void *object)
{
	char **field = FIELD(char *, object, o);

	if (!load_is_text(l, v, "a host name"))
		return;
	for (const char *p = v->text; *p; p++)
		if (*p <= ' ' || *p >= 0x7f) {
			load_fault(l, &v->mark,
				   "must be printable ASCII without blanks");
			return;
		}
	if (strlen(v->text) > HOST_NAME_MAX_BYTES) {
		load_fault(l, &v->mark, "has more than %d bytes",
			   HOST_NAME_MAX_BYTES);
		return;
	}
	free(*field);
	*field = xstrdup(v->text);
}

void load_forward_server(struct load *l, const struct option *o,
			 const struct node *v, void *object)
{
	struct forward_conf *f = object;
	CLEANUP(free_ptr) char *as_url = NULL;
	struct url u;

	if (!load_is_text(l, v, o->shown.type))
		return;
	as_url = xasprintf("https://%s", v->text);
	if (strstr(v->text, "://") || !url_parse(as_url, &u) || *u.rest) {
		load_fault(l, &v->mark,
			   "must be HOST:PORT such as siem.example.org:6514 "
			   "(an IPv6 address in brackets), not '%.60s'",
			   v->text);
		return;
	}
	free(f->host);
	f->host = xstrdup(u.host);
	f->port = u.port;
}

void load_size(struct load *l, const struct option *o, const struct node *v,
	       void *object)
{
	static const struct {
		const char *unit;
		int shift;
	} units[] = {
		{ "KiB", 10 }, { "MiB", 20 }, { "GiB", 30 }, { "TiB", 40 }
	};
	int64_t n = 0;
	const char *p;

	if (!load_is_text(l, v, "a size such as 100MiB"))
		return;
	for (p = v->text; isdigit((unsigned char)*p) && n < INT32_MAX; p++)
		n = 10 * n + (*p - '0');
	for (size_t i = 0; i < ARRAY_SIZE(units) && p > v->text; i++) {
		if (strcmp(p, units[i].unit) != 0)
			continue;
		if (n > o->max >> units[i].shift ||
		    n << units[i].shift < o->min)
			break;
		*FIELD(int64_t, object, o) = n << units[i].shift;
		return;
	}
	load_fault(l, &v->mark,
		   "must be a size from %lldKiB to %lldTiB such as 100MiB, not "
		   "'%.40s'",
		   (long long)(o->min >> 10), (long long)(o->max >> 40),
		   v->text);
}

static void forward_check(struct load *l, const struct node *map,
			  struct forward_conf *f)
{
	const struct node *server = node_get(map, "server");
	struct url u = { .port = 0 };

	if (f->host && !f->port)
		f->port = f->type == FORWARD_SYSLOG_TLS ? PORT_TLS : PORT_PLAIN;
	if (f->type != FORWARD_SYSLOG_TCP || !f->host || f->allow_plain)
		return;
	(void)snprintf(u.host, sizeof(u.host), "%s", f->host);
	u.ipv6 = strchr(f->host, ':');
	if (!url_is_loopback(&u))
		load_fault(l, &server->mark,
			   "alerts would travel where everybody on the way can "
			   "read and change them; use type syslog-tls, or say "
			   "allow-plain: true");
}

/* Two that write to one file would cut each other's lines. */
static void check_path(struct load *l, const struct node *map,
		       const struct forward_conf *f)
{
	const struct node *path = node_get(map, "path");

	for (size_t i = 0; path && f->path && i < l->c->n_forwards; i++) {
		const struct forward_conf *other = &l->c->forwards[i];

		if (other->path && strcmp(other->path, f->path) == 0)
			load_fault(l, &path->mark,
				   "'%s' writes to this file already",
				   other->name ? other->name : "another");
	}
}

/* Known to the interface, but made of a library that is not here. */
static bool is_kafka(struct load *l, const struct node *map)
{
	const struct node *type = node_get(map, "type");

	if (!type || type->kind != NODE_TEXT ||
	    strcmp(type->text, "kafka") != 0)
		return false;
	load_fault(l, &type->mark,
		   "this build has no kafka; use syslog-tls or file");
	return true;
}

static void load_forward(struct load *l, const struct node *map)
{
	struct forward_conf f = { .mark = map->mark };
	int type = is_kafka(l, map) ? -1
				    : load_type(l, map, forward_types,
						ARRAY_SIZE(forward_types));

	if (type >= 0) {
		f.type = (enum forward_type)type;
		load_defaults(l, "forward", BIT(type), &f);
		load_section(l, "forward", map, BIT(type), &f);
		forward_check(l, map, &f);
		check_path(l, map, &f);
	}
	for (size_t i = 0; i < l->c->n_forwards; i++)
		if (!load_unique(l, map, f.name, l->c->forwards[i].name,
				 &l->c->forwards[i].mark))
			break;
	l->c->forwards =
		xreallocarray(l->c->forwards, l->c->n_forwards + 1, sizeof(f));
	l->c->forwards[l->c->n_forwards++] = f;
}

void load_forwards(struct load *l, const struct option *o, const struct node *v,
		   void *object)
{
	(void)o;
	(void)object;
	load_entries(l, v, load_forward);
}
