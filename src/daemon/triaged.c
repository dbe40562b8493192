/*
 * triaged: the door. Reading order of the program:
 *
 *   daemon/triaged.c     you are here: modes, exit statuses
 *   daemon/pipeline.c    the story: what becomes of a page of alerts
 *   triage/decide.c      the decision, pure
 *   daemon/owe*.c        who is owed which notice
 *   notify/deliver.c     owed -> sent, or when to try again
 *   daemon/timed.c       what happens at a time
 *   daemon/app.c         wiring; source/, net/, store/ as needed
 *
 * Exit statuses: 0 ok, 1 failed, 2 usage, 78 settings.
 */
#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "daemon/app.h"
#include "daemon/demo_main.h"
#include "daemon/drop.h"
#include "daemon/live.h"
#include "daemon/options.h"
#include "daemon/service.h"
#include "triaged/messages.h"
#include "util/jsonx.h"
#include "util/log.h"
#include "util/streams.h"
#include "version.h"

#define EXIT_FAILED 1
#define EXIT_USAGE 2
#define EXIT_SETTINGS 78 /* EX_CONFIG: systemd must not restart on it */

/* No secret in a core file, no file others can read, no death by a signal
 * that an error number tells too. */
static void harden(void)
{
	/* For Landlock, and so that no hook gains by a program's file. */
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); /* an older kernel lacks it */
	(void)umask(077);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGXFSZ, SIG_IGN);
}

static int unusable(const char *file, const char *why)
{
	log_event(LOG_ERR, MSG_CONF_UNUSABLE, "settings are not usable",
		  kv_str("FILE", file), kv_str("REASON", why));
	return EXIT_SETTINGS;
}

static int run(const struct options *o)
{
	struct app app = { .conf_path = o->file, .once = o->mode == RUN_ONCE };
	CLEANUP(faults_release) struct faults faults = { 0 };
	struct err err = ERR_INIT;
	int status = EXIT_FAILED;
	int dropped, rc;

	dropped = drop_root(o->file, &err);

	if (dropped < 0)
		return unusable(o->file, err.text);
	rc = check_load(o->file, NULL, &app.settings, &faults);
	if (log_detect_sink() == LOG_SINK_JOURNAL)
		check_log(&faults);
	else
		check_print(stderr, &faults);
	if (rc < 0)
		return unusable(o->file, "see the faults above");
	if (dropped == DROP_UNUSABLE)
		return unusable(o->file, "they changed while they were read");
	confine_start(&app.confine, app.settings.conf);
	rc = app_start(&app, &err);
	if (rc >= 0) {
		log_event(LOG_NOTICE, MSG_STARTED, "triaged is up",
			  kv_str("VERSION", TRIAGED_VERSION),
			  kv_int("SOURCES",
				 (int64_t)app.settings.conf->n_sources),
			  kv_int("TARGETS",
				 (int64_t)app.settings.conf->n_targets));
		status = app_run(&app);
		app_log_head(&app);
		log_event(LOG_NOTICE, MSG_STOPPING, "triaged is going down",
			  kv_int("STATUS", status));
	} else {
		log_event(LOG_ERR, MSG_STORE_FAILED, "triaged cannot start",
			  kv_str("ERROR", err.text));
		service_status(err.text);
	}
	app_stop(&app);
	return status;
}

int main(int argc, char **argv)
{
	struct options o;
	struct err err = ERR_INIT;

	streams_keep();
	(void)setlocale(LC_CTYPE, "C.UTF-8"); /* for wide characters alone */
	if (options_parse(argc, argv, &o, &err) < 0) {
		(void)fprintf(stderr, "triaged: %s\n", err.text);
		return EXIT_USAGE;
	}
	harden();
	jsonx_init();
	log_init(log_detect_sink(), o.debug);
	switch (o.mode) {
	case RUN_HELP:
		(void)fputs(options_help(), stdout);
		return 0;
	case RUN_VERSION:
		(void)printf("triaged %s\n", TRIAGED_VERSION);
		return 0;
	case RUN_CHECK_CONFIG:
		return check_main(o.file);
	case RUN_DUMP_CONFIG:
		return check_dump_main(o.file);
	case RUN_CHECK_LIVE:
		return live_main(&o);
	case RUN_TEST_NOTICE:
		return live_notice_main(&o);
	case RUN_DEMO:
		return demo_main(o.debug);
	case RUN_DAEMON:
	case RUN_ONCE:
		break;
	}
	return run(&o);
}
