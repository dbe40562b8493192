/*
 * The daemon's part of `triagectl doctor`. Built on what it knows already: no
 * request leaves for it, so it may be asked as often as one likes. Called by
 * control.c.
 *
 * tested with: scenario/test_doctor
 */
#include "daemon/doctor.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "advice/diagnose.h"
#include "daemon/check.h"
#include "daemon/condition.h"
#include "daemon/expiry.h"
#include "daemon/surveyor.h"
#include "net/skew.h"
#include "store/ledger.h"
#include "triage/calendar.h"
#include "triage/zone_outline.h"
#include "util/clock.h"
#include "util/shell.h"
#include "util/timefmt.h"
#include "util/utf8.h"
#include "util/xmalloc.h"

#define CAUSE_MAX 800
/* What is tried again sooner is being tried. */
#define SOON_MS 60000
#define TRY_STORE_MS 1000
#define DAY_MS INT64_C(86400000)
#define CERTIFICATE_WARN_MS (30 * DAY_MS)
#define CERTIFICATE_URGENT_MS (7 * DAY_MS)

struct finding {
	const char *about; /* "source", "posture", "target", "forward",
			     "database", "daemon", "settings" */
	const char *name;
	bool trouble; /* else a remark */
	const char *step, *cause, *next;
	int64_t last_good_ms; /* 0 never, or no such thing */
	int64_t until_ms; /* when it is tried again; 0 no such thing */
};

static void add(json_t *list, const struct finding *f)
{
	/* An error that was cut may end within a letter. */
	CLEANUP(free_ptr)
	char *cause = utf8_clean_dup(f->cause, CAUSE_MAX, UTF8_LINE);

	(void)json_array_append_new(
		list, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I}",
				"grade", f->trouble ? "trouble" : "remark",
				"about", f->about, "name", f->name, "step",
				f->step, "cause", cause, "next", f->next,
				"last_good_ms", (json_int_t)f->last_good_ms,
				"until_ms", (json_int_t)f->until_ms));
}

static const struct source_conf *conf_of(const struct app *a, const char *name)
{
	const struct conf *c = a->settings.conf;

	for (size_t i = 0; i < c->n_sources; i++)
		if (strcmp(c->sources[i].name, name) == 0)
			return &c->sources[i];
	return NULL;
}

/* @f but for what @error says. */
static void add_error(json_t *list, const struct finding *f,
		      const struct source_conf *c, const char *error)
{
	CLEANUP(strbuf_release) struct strbuf next = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf cause = STRBUF_INIT;
	struct finding full = *f;

	full.step = diagnose_source(c, error, &next);
	diagnose_source_cause(c, error, &cause);
	full.cause = cause.buf;
	full.next = next.buf;
	add(list, &full);
}

/* A secret's end nobody tells; a certificate says its own. @f but for what it
 * says: what is done with the certificate, and @then what comes of its end. */
static void add_certificate(json_t *list, const struct finding *f,
			    const char *does, const struct certificate_end *e,
			    const char *then)
{
	int64_t left_ms = e->ends_ms - clock_wall_ms();
	CLEANUP(free_ptr) char *cause = NULL;
	struct finding full = *f;
	char span[TIMEFMT_MAX], end[TIMEFMT_MAX];

	if (!e->ends_ms || left_ms > CERTIFICATE_WARN_MS)
		return;
	timefmt_utc(e->ends_ms, end);
	cause = xasprintf("%s%sthe certificate it %s%s %s %s (%.10s); %s",
			  e->above ? e->above : "", e->above ? ", above " : "",
			  does, e->above ? "," : "",
			  left_ms > 0 ? "ends in" : "ended before",
			  timefmt_span(llabs(left_ms), span), end, then);
	full.trouble = left_ms <= CERTIFICATE_URGENT_MS;
	full.step = "certificate";
	full.cause = cause;
	add(list, &full);
}

/* What @who, of whom the rest is made here, signs in with. */
static void add_sign_in_certificate(json_t *list, const struct finding *who,
				    const char *client_id, int64_t ends_ms,
				    const char *then)
{
	CLEANUP(free_ptr)
	char *next = xasprintf("az ad app credential reset --id %s "
			       "--create-cert --append",
			       client_id ? client_id : "APPLICATION");
	struct finding full = *who;

	full.next = next;
	add_certificate(list, &full, "signs in with",
			&(struct certificate_end){ .ends_ms = ends_ms }, then);
}

/* What targets and forwards show. */
static void add_shown_certificates(const struct app *a, json_t *list)
{
	struct expiry_shown s;

	for (size_t i = 0; expiry_shown(a->settings.conf, i, &s); i++) {
		CLEANUP(strbuf_release) struct strbuf then = STRBUF_INIT;
		CLEANUP(certificate_end_release)
		struct certificate_end end = { 0 };

		expiry_of(&s, &end);
		if (s.client_id) {
			add_sign_in_certificate(
				list,
				&(struct finding){ .about = s.about,
						   .name = s.name },
				s.client_id, end.ends_ms,
				"from then on no mail is sent through it");
			continue;
		}
		strbuf_addstr(&then, "make a new one that the receiver takes "
				     "and store it as ");
		diagnose_secret(s.certificate, &then);
		add_certificate(list,
				&(struct finding){
					.about = s.about,
					.name = s.name,
					.next = "systemctl restart triaged" },
				"shows", &end, then.buf);
	}
}

/* What the database takes for a source that was never read. */
static void add_empty_folder(const struct app *a, const struct source_conf *c,
			     json_t *list)
{
	CLEANUP(strbuf_release) struct strbuf next = STRBUF_INIT;
	CLEANUP(free_ptr) char *cause = NULL;
	struct err err = ERR_INIT;
	int64_t last_ms = 0;

	if (c->type != SOURCE_FILE ||
	    ledger_last_complete(a->store, c->name, &last_ms, &err) < 0 ||
	    last_ms)
		return;
	cause = xasprintf("it is read, but no file %s has come yet", c->path);
	strbuf_addstr(&next, "ls -l ");
	shell_add_pattern(&next, c->path);
	add(list, &(struct finding){ .about = "source",
				     .name = c->name,
				     .step = "reading",
				     .cause = cause,
				     .next = next.buf });
}

static void add_source(const struct app *a, size_t i, json_t *list)
{
	const struct source_conf *c;
	struct poller_state s;
	struct finding f;

	poller_state(a->poller, i, &s);
	c = conf_of(a, s.name);
	f = (struct finding){ .about = "source",
			      .name = s.name,
			      .trouble = true,
			      .last_good_ms = s.last_complete_ms,
			      .until_ms =
				      s.failing && s.next_in_ms >= SOON_MS
					      ? clock_wall_ms() + s.next_in_ms
					      : 0 };
	if (s.failing && c) {
		add_error(list, &f, c, s.error);
	} else if (!s.last_complete_ms) {
		f.trouble = false;
		f.step = "reading";
		f.cause = "the first poll since the start has not ended yet";
		f.next = "triagectl coverage";
		add(list, &f);
	} else if (c) {
		add_empty_folder(a, c, list);
	}
	f.trouble = true;
	if (s.part[0] && c)
		add_error(list, &f, c, s.part);
	if (c)
		add_sign_in_certificate(list,
					&(struct finding){ .about = "source",
							   .name = c->name },
					c->client_id, s.certificate_ends_ms,
					"from then on nothing is read");
}

/* What a source tells beside its alerts: a remark, as these are not touched. */
static void add_posture(const struct app *a, json_t *list)
{
	struct surveyor_state s;

	for (size_t i = 0; surveyor_state(a->surveyor, i, clock_mono_ms(), &s);
	     i++) {
		const struct source_conf *c = conf_of(a, s.source);
		struct finding f = { .about = "posture",
				     .name = s.source,
				     .last_good_ms = s.oldest_ms };

		if (!s.busy)
			f.until_ms = clock_wall_ms() + s.next_in_ms;
		if (s.error[0] && c)
			add_error(list, &f, c, s.error);
	}
}

/* What silences them is a finding of its own. */
static void add_heartbeats(const struct app *a, json_t *list)
{
	for (size_t i = 0; i < heartbeats_count(a->heartbeats); i++) {
		struct heartbeat_report r;

		heartbeats_report(a->heartbeats, i, &r);
		if (r.state != HEARTBEAT_LOST && r.state != HEARTBEAT_SILENT)
			continue;
		add(list, &(struct finding){
				  .about = "target",
				  .name = r.target,
				  .trouble = true,
				  .step = "heartbeat",
				  .cause = r.why,
				  .next = r.state == HEARTBEAT_LOST
						  ? "journalctl -u triaged "
						    "--since -1h"
						  : "triagectl status",
				  .last_good_ms = r.last_ms,
			  });
	}
}

/* The same words as of who looks at the disk itself. */
static const char *store_step(const struct err *err)
{
	if (err->code == ERR_STORE_FULL)
		return "disk";
	return strstr(err->text, "read-only") ? "file system" : "database";
}

static char *df_command(const char *path)
{
	CLEANUP(free_ptr) char *word = shell_word(path);

	return xasprintf("df -h %s", word);
}

/* A limit of the process is not seen on the disk. */
static char *store_next(const struct app *a)
{
	if (strstr(a->store_err.text, "LimitFSIZE"))
		return xstrdup("systemctl show -p LimitFSIZE triaged");
	return df_command(a->settings.conf->state_directory);
}

/* Files that the settings name vanish without a word, and who asks may not be
 * able to read them, as we are. What is wrong may quote them: it is said to
 * who checks the settings. */
static void add_settings(const struct app *a, json_t *list)
{
	CLEANUP(settings_release) struct settings s = { 0 };
	CLEANUP(faults_release) struct faults faults = { 0 };
	CLEANUP(strbuf_release) struct strbuf cause = STRBUF_INIT;

	if (a->demo || check_load(a->conf_path, NULL, &s, &faults) >= 0)
		return;
	strbuf_addstr(&cause, "the settings have faults: triaged would not "
			      "start with them");
	for (size_t i = 0; i < faults.n; i++) {
		const struct fault *f = &faults.v[i];

		if (f->warning || !f->file)
			continue;
		strbuf_addf(&cause, "; the first is %s:%d:%d", f->file, f->line,
			    f->column);
		break;
	}
	add(list, &(struct finding){ .about = "settings",
				     .name = a->conf_path,
				     .trouble = true,
				     .step = "configuration",
				     .cause = cause.buf,
				     .next = "triaged --check-config" });
}

static void add_listening(const struct app *a, json_t *list)
{
	CLEANUP(free_ptr) char *next = listening_next(a);

	if (listening_trouble(a))
		add(list, &(struct finding){
				  .about = "daemon",
				  .name = "page",
				  .trouble = true,
				  .step = "listen",
				  .cause = listening_trouble(a),
				  .next = next,
			  });
}

static void add_self(const struct app *a, json_t *list)
{
	const char *stuck = poller_stuck(a->poller, clock_mono_ms());
	CLEANUP(free_ptr) char *room = store_next(a);

	if (a->store_err.code)
		add(list, &(struct finding){
				  .about = "database",
				  .name = "triaged.db",
				  .trouble = true,
				  .step = store_step(&a->store_err),
				  .cause = a->store_err.text,
				  .next = room,
			  });
	if (deliver_stuck(a->deliver, clock_mono_ms()))
		add(list, &(struct finding){
				  .about = "daemon",
				  .name = "delivery",
				  .trouble = true,
				  .step = "delivery",
				  .cause = "delivery makes no progress, so "
					   "nobody is told anything",
				  .next = "systemctl restart triaged",
			  });
	if (stuck)
		add(list, &(struct finding){
				  .about = "source",
				  .name = stuck,
				  .trouble = true,
				  .step = "reading",
				  .cause = "a poll runs for very long without "
					   "any page",
				  .next = "systemctl restart triaged",
			  });
}

static void add_tending(const struct app *a, json_t *list)
{
	int64_t held_ms = tend_held_ms(&a->tend, clock_mono_ms());
	CLEANUP(free_ptr)
	char *file =
		xasprintf("%s/triaged.db", a->settings.conf->state_directory);
	CLEANUP(free_ptr) char *word = shell_word(file);
	CLEANUP(free_ptr) char *users = xasprintf("fuser -v %s", word);
	CLEANUP(free_ptr) char *who = NULL;
	CLEANUP(free_ptr) char *cause = NULL;
	char span[TIMEFMT_MAX];

	if (!held_ms)
		return;
	who = tend_reader_pid(&a->tend)
		      ? xasprintf("process %d", tend_reader_pid(&a->tend))
		      : xstrdup("a reader");
	cause = xasprintf("%s has held the journal of recent writes for %s, "
			  "so it grows: it is %lld MiB",
			  who, timefmt_span(held_ms, span),
			  (long long)(a->tend.log.bytes >> 20));
	add(list, &(struct finding){ .about = "database",
				     .name = "triaged.db-wal",
				     .trouble = true,
				     .step = "journal of recent writes",
				     .cause = cause,
				     .next = users });
}

static void add_size(const struct app *a, json_t *list)
{
	CLEANUP(free_ptr) char *cause = NULL;

	if (!a->keeper.over)
		return;
	cause = xasprintf("the database uses %lld MiB of the %lld MiB that "
			  "retention: size-limit allows, and nothing more may "
			  "be removed",
			  (long long)(a->keeper.space.used >> 20),
			  (long long)(a->settings.conf->retention.size_limit >>
				      20));
	add(list, &(struct finding){ .about = "database",
				     .name = "triaged.db",
				     .trouble = true,
				     .step = "size",
				     .cause = cause,
				     .next = "triagectl list" });
}

/* An older release made the file so that it can only be made small whole. */
static void add_free_room(const struct app *a, json_t *list)
{
	const struct store_space *s = &a->keeper.space;
	CLEANUP(free_ptr) char *cause = NULL;

	if (s->shrinks || s->free < (INT64_C(64) << 20) || s->free < s->used)
		return;
	cause = xasprintf("%lld MiB of the database are free and stay in its "
			  "file, because an older release made it; to make it "
			  "small takes %lld MiB of disk and triaged stopped "
			  "for about a minute for each GiB",
			  (long long)(s->free >> 20),
			  (long long)(2 * s->used >> 20) + 16);
	add(list, &(struct finding){ .about = "database",
				     .name = "triaged.db",
				     .step = "size",
				     .cause = cause,
				     .next = "systemctl stop triaged; "
					     "triagectl db compact; "
					     "systemctl start triaged" });
}

/* One machine has one clock: the source that shows it best. */
static void add_clock(const struct app *a, json_t *list)
{
	CLEANUP(free_ptr) char *cause = NULL;
	int64_t worst_ms = 0;
	const char *name = NULL;
	char span[TIMEFMT_MAX];

	for (size_t i = 0; i < poller_count(a->poller); i++) {
		struct poller_state s;

		poller_state(a->poller, i, &s);
		if (llabs(s.skew_ms) > llabs(worst_ms)) {
			worst_ms = s.skew_ms;
			name = s.name;
		}
	}
	if (llabs(worst_ms) <= SKEW_MAX_MS)
		return;
	cause = xasprintf("this machine's clock is %s %s that of the service "
			  "behind source %s; from 5 min on sign-ins may be "
			  "refused, and due times are wrong",
			  timefmt_span(llabs(worst_ms), span),
			  worst_ms < 0 ? "behind" : "ahead of", name);
	add(list, &(struct finding){
			  .about = "daemon",
			  .name = "clock",
			  .trouble = true,
			  .step = "clock",
			  .cause = cause,
			  .next = "timedatectl",
		  });
}

/* What shows the trouble without us. */
static char *forward_check(const struct forward_conf *c)
{
	bool v6 = c->host && strchr(c->host, ':');
	CLEANUP(free_ptr)
	char *peer = c->host ? xasprintf("%s%s%s:%d", v6 ? "[" : "", c->host,
					 v6 ? "]" : "", c->port)
			     : xstrdup("");
	CLEANUP(free_ptr) char *word = shell_word(peer);

	switch (c->type) {
	case FORWARD_SYSLOG_TLS:
		return xasprintf("openssl s_client -brief -connect %s", word);
	case FORWARD_SYSLOG_TCP:
		return xasprintf("nc -vz %s %d", c->host, c->port);
	case FORWARD_FILE:
		return df_command(c->path);
	}
	return xstrdup("triagectl status");
}

static void add_forwards(const struct app *a, json_t *list)
{
	for (size_t i = 0; i < forward_count(a->forward); i++) {
		CLEANUP(free_ptr) char *next = NULL;
		CLEANUP(free_ptr) char *cause = NULL;
		struct forward_state s;

		forward_state(a->forward, i, &s);
		if (!s.failing && !s.stuck)
			continue;
		next = forward_check(&a->settings.conf->forwards[i]);
		cause = xasprintf("%lld event%s wait: %s", (long long)s.lag,
				  s.lag == 1 ? "" : "s",
				  *s.error ? s.error : "nothing is taken");
		add(list, &(struct finding){ .about = "forward",
					     .name = s.name,
					     .trouble = true,
					     .step = "forwarding",
					     .cause = cause,
					     .next = next,
					     .last_good_ms = s.last_good_ms });
	}
}

/* How local times are computed here, for who can read the rules anew. */
static json_t *zones(const struct app *a)
{
	CLEANUP(strlist_release) struct strlist names = STRLIST_INIT;
	int64_t today = clock_wall_ms() / DAY_MS;
	json_t *list = json_array();

	zone_outline_list(&a->settings.conf->policy, &names);
	for (size_t i = 0; i < names.n; i++) {
		CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;

		zone_outline(calendar_zone_offset, names.v[i], today, &sb);
		(void)json_array_append_new(list,
					    json_pack("{s:s, s:I, s:s}", "zone",
						      names.v[i], "from_day",
						      (json_int_t)today,
						      "outline", sb.buf));
	}
	return list;
}

json_t *doctor_findings(struct app *a)
{
	json_t *list = json_array();

	condition_try_store(a, TRY_STORE_MS);
	add_self(a, list);
	add_settings(a, list);
	add_listening(a, list);
	add_tending(a, list);
	add_size(a, list);
	add_free_room(a, list);
	add_clock(a, list);
	for (size_t i = 0; i < poller_count(a->poller); i++)
		add_source(a, i, list);
	add_posture(a, list);
	add_forwards(a, list);
	add_heartbeats(a, list);
	add_shown_certificates(a, list);
	return json_pack("{s:o, s:I, s:o}", "findings", list, "pid",
			 (json_int_t)getpid(), "zones", zones(a));
}
