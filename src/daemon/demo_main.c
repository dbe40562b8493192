/*
 * The demonstration: the real daemon with a built-in source, a throw-away
 * state directory and a folder as its outbox. No root, no network, no
 * settings. Events that would go to the log are told on the screen in words.
 *
 * tested with: scenario/test_demo
 */
#include "daemon/demo_main.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/notice.h"
#include "daemon/app_priv.h"
#include "daemon/demo_posture.h"
#include "store/look.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/timefmt.h"
#include "util/utf8.h"
#include "util/xmalloc.h"

#define DEMO_NAME "built-in demo"
#define DEMO_MS 60000
/* A line of news fits a terminal of 80 columns; what stands before the title.
 */
#define LINE_WIDTH 80
#define BEFORE_TITLE 33
/* With the socket's name behind it, as long as a socket's path may be. */
#define DIRECTORY_SIZE                                                         \
	(sizeof(((struct sockaddr_un *)NULL)->sun_path) -                      \
	 sizeof("/control.sock") + 1)
#define DIRECTORY_NAME "triaged-demo-XXXXXX"

static const char demo_yaml[] =
	"state-directory: \"%1$s/state\"\n"
	"control-socket: \"%1$s/control.sock\"\n"
	"listen: off\n"
	"%2$s"
	"calendars:\n"
	"  - name: office\n"
	"    timezone: Europe/Berlin\n"
	"    hours: {mon-fri: [\"08:00-12:00\", \"13:00-18:00\"]}\n"
	"sla:\n"
	"  critical: {triage: 30s}   # 15m in real life; here you can watch "
	"it\n"
	"  high: {triage: 4h}\n"
	"  medium: {triage: 24h}\n"
	"  low: {triage: next-business-day, calendar: office}\n"
	"targets:\n"
	"  - {name: oncall, type: folder, path: \"%1$s/outbox/oncall\"}\n"
	"  - {name: duty-manager, type: folder, path: "
	"\"%1$s/outbox/duty-manager\"}\n"
	"routes:\n"
	"  - when: {severity: [critical]}\n"
	"    ladder:\n"
	"      - {after: 0s, notify: [oncall]}\n"
	"      - {after: 15s, notify: [duty-manager], repeat: 20s, times: 3}\n"
	"  - when: {severity: [high, medium]}\n"
	"    ladder: [{after: 0s, notify: [oncall]}]\n"
	"  - when: {severity: [low]}\n"
	"    digest: {at: \"09:00\", calendar: office, notify: [oncall]}\n"
	"fallback: oncall\n"
	"groups: {wait: {high: 2s, medium: 0s}}   # 30s and 5m in real life\n"
	"storm: {within: 10s}   # 5m in real life\n";

static const char demo_source[] =
	"sources:\n"
	"  - {name: demo, type: demo, interval: 2s}\n";

struct demo {
	struct app *app;
	char directory[DIRECTORY_SIZE];
	char triagectl[PATH_MAX + 16];
	struct loop_timer *end;
	bool colour;
	int64_t n_news, n_sent;
};

/* --- the screen --- */

static const struct {
	const char *word;
	bool due;
} words[] = {
	[NEWS_OPENED] = { "new", true },
	[NEWS_UPDATED] = { "changed", true },
	[NEWS_CLOSED] = { "closed", false },
	[NEWS_REOPENED] = { "again", true },
	[NEWS_ACKNOWLEDGED] = { "taken", true },
	[NEWS_TRIAGED] = { "triaged", false },
	[NEWS_HELD] = { "on hold", false },
	[NEWS_HOLD_ENDED] = { "goes on", false },
	[NEWS_ACK_EXPIRED] = { "let go", true },
	[NEWS_ESCALATED] = { "escalate", true },
	[NEWS_WARNING] = { "warning", true },
	[NEWS_BREACHED] = { "OVERDUE", true },
	[NEWS_UNROUTED] = { "unrouted", true },
	[NEWS_SKIPPED] = { "nobody", true },
	[NEWS_QUARANTINED] = { "kept raw", false },
};

static const char *colour_of(const struct demo *d, enum severity s)
{
	static const char *const colours[] = {
		[SEVERITY_INFO] = "",
		[SEVERITY_LOW] = "\033[36m",
		[SEVERITY_MEDIUM] = "\033[33m",
		[SEVERITY_HIGH] = "\033[31m",
		[SEVERITY_CRITICAL] = "\033[1;31m",
	};

	return d->colour ? colours[s] : "";
}

static void stamp(char *buf)
{
	char minute[TIMEFMT_MAX];

	timefmt_utc(clock_wall_ms(), minute);
	(void)snprintf(buf, TIMEFMT_MAX, "%.8s", minute + 11);
}

static void demo_on_news(void *arg, const struct news *n)
{
	struct demo *d = arg;
	CLEANUP(strbuf_release) struct strbuf title = STRBUF_INIT;
	char time[TIMEFMT_MAX], span[TIMEFMT_MAX], due[64] = "";
	int64_t left_ms = n->due_ms - clock_wall_ms();

	d->n_news++;
	stamp(time);
	if (!n->alert) {
		(void)printf("%s  %-8s %s\n", time, words[n->kind].word,
			     n->detail);
		return;
	}
	if (words[n->kind].due && n->due_ms)
		(void)snprintf(due, sizeof(due),
			       left_ms >= 0 ? "  due in %s" : "  %s late",
			       timefmt_span(left_ms >= 0 ? left_ms : -left_ms,
					    span));
	utf8_add_clean(&title, n->alert->title ? n->alert->title : "(no title)",
		       LINE_WIDTH - BEFORE_TITLE - strlen(due), UTF8_LINE);
	(void)printf("%s  %-8s %s%-8s%s #%-3lld %s%s\n", time,
		     words[n->kind].word, colour_of(d, n->severity),
		     severity_name(n->severity), d->colour ? "\033[0m" : "",
		     (long long)n->alert_id, title.buf, due);
	(void)fflush(stdout);
}

static void demo_on_sent(void *arg, const struct deliver_event *e)
{
	struct demo *d = arg;
	char time[TIMEFMT_MAX];

	stamp(time);
	if (e->news == DELIVER_SENT) {
		d->n_sent++;
		(void)printf("%s  notice   %-8s #%-3lld %s -> outbox/%s\n",
			     time, severity_name(e->notice->severity),
			     (long long)e->notice->alert_id,
			     notice_kind_name(e->notice->kind), e->target);
	} else {
		(void)printf("%s  trouble  target %s: %s\n", time, e->target,
			     e->error ? e->error : "");
	}
	(void)fflush(stdout);
}

static void greet(const struct demo *d)
{
	(void)printf(
		"triaged demo: alerts of three products arrive, clocks run, "
		"notices go out.\n"
		"Everything is in %s and nothing leaves this machine.\n"
		"Critical alerts are due after 30 s here (15 min in real "
		"life), so you can watch\n"
		"one escalate and run late. Times are UTC. Ctrl-C ends it.\n\n",
		d->directory);
	(void)fflush(stdout);
}

/*
 * How the reader calls triagectl: by its name when it is installed, else by
 * where it lies beside this program (a build that is not installed).
 */
static void find_triagectl(struct demo *d)
{
	char self[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	(void)snprintf(d->triagectl, sizeof(d->triagectl), "triagectl");
	if (len <= 0)
		return;
	self[len] = '\0';
	slash = strrchr(self, '/');
	if (!slash || strncmp(self, "/usr/", 5) == 0)
		return;
	*slash = '\0';
	(void)snprintf(d->triagectl, sizeof(d->triagectl), "%s/triagectl",
		       self);
}

static void next_commands(const struct demo *d)
{
	(void)printf("\nTry in another terminal (or now: the data stays until "
		     "you delete it):\n"
		     "  %2$s -c %1$s/triaged.yaml list\n"
		     "  %2$s -c %1$s/triaged.yaml show 1\n"
		     "  %2$s -c %1$s/triaged.yaml recommendations\n"
		     "  ls %1$s/outbox/oncall\n\n",
		     d->directory, d->triagectl);
	(void)fflush(stdout);
}

/* --- summary --- */

static int print_open(void *arg, size_t n, const char *const *names,
		      const struct cell *cells)
{
	CLEANUP(strbuf_release) struct strbuf title = STRBUF_INIT;
	const char *severity = "", *text = "", *due = NULL;
	char *provider = NULL;

	(void)arg;
	for (size_t i = 0; i < n; i++) {
		if (strcmp(names[i], "severity") == 0)
			severity = cells[i].text;
		else if (strcmp(names[i], "title") == 0 && cells[i].text)
			text = cells[i].text;
		else if (strcmp(names[i], "triage_due_at") == 0)
			due = cells[i].text;
		else if (strcmp(names[i], "provider") == 0)
			provider = (char *)cells[i].text;
	}
	utf8_add_clean(&title, text, 26, UTF8_LINE);
	(void)printf("  %-8s %-24s %-26s %.16s%s\n", severity,
		     provider ? provider : "", title.buf,
		     due ? due : "no clock", due ? "Z" : "");
	return 0;
}

static void summarize(struct demo *d)
{
	struct selector open = {
		.states = BIT(ALERT_OPEN) | BIT(ALERT_ACKNOWLEDGED),
		.limit = 50,
		.now_ms = clock_wall_ms(),
	};
	struct err err = ERR_INIT;

	(void)printf("\nOpen alerts, most urgent first (severity, product, "
		     "title, due UTC):\n");
	if (look(d->app->store, LOOK_ALERTS, &open, print_open, NULL, &err) < 0)
		(void)printf("  (cannot be read: %s)\n", err.text);
	(void)printf("\n%lld events, %lld notices in %s/outbox.\n",
		     (long long)d->n_news, (long long)d->n_sent, d->directory);
	next_commands(d);
	(void)printf("Delete it with: rm -r %s\n", d->directory);
}

/* --- start --- */

static void demo_on_end(void *arg)
{
	struct demo *d = arg;

	app_ask_stop(d->app);
}

/* The settings as a file, for triagectl (without the built-in source). */
static int write_settings(const struct demo *d)
{
	CLEANUP(free_ptr)
	char *path = xasprintf("%s/triaged.yaml", d->directory);
	FILE *f = fopen(path, "we");
	int bad;

	if (!f)
		return -errno;
	bad = fprintf(f, demo_yaml, d->directory, "") < 0;
	return fclose(f) != 0 || bad ? -EIO : 0;
}

static int make_directories(struct demo *d, struct err *err)
{
	static const char *const parts[] = { "state", "outbox", "outbox/oncall",
					     "outbox/duty-manager" };
	const char *base = getenv("TMPDIR");

	if (!base || !*base)
		base = "/tmp";
	if (strlen(base) + sizeof("/" DIRECTORY_NAME) > sizeof(d->directory)) {
		(void)fprintf(stderr,
			      "triaged: TMPDIR is too long for a socket below "
			      "it; using /tmp\n");
		base = "/tmp";
	}
	(void)snprintf(d->directory, sizeof(d->directory), "%s/" DIRECTORY_NAME,
		       base);
	if (!mkdtemp(d->directory))
		return err_set(err, -errno, "cannot make %s: %s", d->directory,
			       strerror(errno));
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		CLEANUP(free_ptr)
		char *path = xasprintf("%s/%s", d->directory, parts[i]);

		if (mkdir(path, 0700) < 0)
			return err_set(err, -errno, "cannot make %s: %s", path,
				       strerror(errno));
	}
	if (write_settings(d) < 0)
		return err_set(err, -EIO, "cannot write %s/triaged.yaml",
			       d->directory);
	return 0;
}

static int demo_run(struct demo *d, struct app *app)
{
	struct err err = ERR_INIT;
	int status = 1;

	if (app_start(app, &err) < 0 ||
	    demo_posture_keep(app->store, clock_wall_ms(), &err) < 0) {
		(void)fprintf(stderr, "triaged: the demo cannot start: %s\n",
			      err.text);
	} else {
		if (!isatty(STDOUT_FILENO)) {
			d->end = loop_timer_new(app->loop, demo_on_end, d);
			loop_timer_set(d->end, DEMO_MS);
		}
		greet(d);
		next_commands(d);
		status = app_run(app);
		summarize(d);
	}
	d->end = loop_timer_free(d->end);
	app_stop(app);
	return status;
}

int demo_main(bool debug)
{
	CLEANUP(faults_release) struct faults faults = { 0 };
	CLEANUP(free_ptr) char *text = NULL;
	struct app app = { 0 };
	struct demo d = { .app = &app };
	struct err err = ERR_INIT;

	find_triagectl(&d);
	d.colour = isatty(STDOUT_FILENO) && !getenv("NO_COLOR");
	if (!debug)
		log_init(LOG_SINK_NONE, false);
	if (make_directories(&d, &err) < 0) {
		(void)fprintf(stderr, "triaged: %s\n", err.text);
		return 1;
	}
	text = xasprintf(demo_yaml, d.directory, demo_source);
	app.conf_path = DEMO_NAME;
	app.on_news = demo_on_news;
	app.on_sent = demo_on_sent;
	app.demo = &d;
	if (check_load(DEMO_NAME, text, &app.settings, &faults) < 0) {
		check_print(stderr, &faults);
		return 1;
	}
	return demo_run(&d, &app);
}
