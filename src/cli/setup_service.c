/*
 * See setup_service.h. Called by the flow of `triagectl setup`. Only systemd is
 * asked; who runs triaged otherwise is told what to do.
 *
 * tested with: scenario/test_setup
 */
#include "cli/setup_service.h"

#include <unistd.h>
#include "cli/setup_ask.h"
#include "cli/setup_run.h"

#define UNIT "triaged.service"
/* sd_booted(3) */
#define SYSTEMD "/run/systemd/system"

bool setup_can_seal(const struct setup_site *s)
{
	return s->is_system && geteuid() == 0 && access(SYSTEMD, F_OK) == 0 &&
	       setup_run_exists("systemd-creds");
}

/* Its status, or 127; what it says is nobody's business. */
static int quietly(const char *verb)
{
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
	const char *const words[] = { "systemctl", verb, UNIT, NULL };

	return setup_run(&(struct setup_program){ .words = words }, &out, NULL);
}

enum setup_service setup_service_state(const struct setup_site *s)
{
	if (!s->is_system || geteuid() != 0 || access(SYSTEMD, F_OK) < 0 ||
	    quietly("cat") != 0)
		return SETUP_NO_SERVICE;
	return quietly("is-active") == 0 ? SETUP_UP : SETUP_DOWN;
}

static void on_line(void *arg, const char *line)
{
	(void)arg;
	setup_say("  %s\n", line);
}

static int run(const char *const *words, struct err *err)
{
	int rc = setup_run(&(struct setup_program){ .words = words,
						    .line = on_line },
			   NULL, err);

	if (rc > 0)
		return err_set(err, ERR_BAD_STATE,
			       "systemctl %s ended with status %d; see: "
			       "systemctl status triaged; journalctl -u "
			       "triaged -n 30",
			       words[1], rc);
	return rc;
}

int setup_service_use(const struct setup_plan *p, enum setup_service state,
		      struct err *err)
{
	static const char *const units[] = { "systemctl", "daemon-reload",
					     NULL };
	static const char *const start[] = { "systemctl", "enable", "--now",
					     UNIT, NULL };
	static const char *const restart[] = { "systemctl", "restart", UNIT,
					       NULL };
	static const char *const reload[] = { "systemctl", "reload", UNIT,
					      NULL };
	int rc = p->unit ? run(units, err) : 0;

	if (rc < 0)
		return rc;
	if (state == SETUP_DOWN)
		return run(start, err);
	return run(p->secrets || p->unit ? restart : reload, err);
}
