/*
 * The daemon's part of the doctor: what it says of itself, or, when it does
 * not, why. Called by cmd_doctor.c.
 *
 * tested with: scenario/test_doctor scenario/test_doctor_unit
 */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "cli/doctor_priv.h"
#include "cli/unit.h"
#include "triaged/ctl.h"
#include "util/jsonx.h"
#include "util/shell.h"
#include "util/xmalloc.h"

#define LOOK_LOG "journalctl -u " UNIT_NAME " -n 40 --no-pager"
#define EXIT_SETTINGS 78 /* of the daemon */
#define EXIT_CREDENTIALS 243 /* of systemd, systemd.exec(5) */

static const char *text_of(const json_t *o, const char *key)
{
	const char *text = jsonx_str(o, key);

	return text ? text : "";
}

/* Members that a daemon of another version leaves out are empty. */
static void take_findings(struct checkup *c, const json_t *list)
{
	const json_t *o;
	size_t i;

	json_array_foreach((json_t *)list, i, o)
	{
		struct finding f = {
			.trouble = strcmp(text_of(o, "grade"), "remark") != 0,
			.about = text_of(o, "about"),
			.name = text_of(o, "name"),
			.step = text_of(o, "step"),
			.cause = text_of(o, "cause"),
			.next = text_of(o, "next"),
		};

		(void)jsonx_int(o, "last_good_ms", &f.last_good_ms);
		(void)jsonx_int(o, "until_ms", &f.until_ms);
		doctor_add(c, &f);
	}
}

/* Of @path, or of the folder above that does not let us see it. */
static int stat_refusing(const char *path, struct stat *ret)
{
	CLEANUP(free_ptr) char *at = xstrdup(path);
	char *cut;

	while (stat(at, ret) < 0) {
		cut = strrchr(at, '/');
		if (errno != EACCES || !cut || cut == at)
			return -1;
		*cut = '\0';
	}
	return 0;
}

static bool is_member(gid_t group)
{
	int n = getgroups(0, NULL);
	CLEANUP(free_ptr)
	gid_t *all = xcalloc((size_t)MAX(n, 1), sizeof(*all));

	n = getgroups(MAX(n, 0), all);
	for (int i = 0; i < n; i++)
		if (all[i] == group)
			return true;
	return getegid() == group;
}

char *doctor_join_group(const char *path)
{
	const struct passwd *me = getpwuid(geteuid());
	const struct group *group = NULL;
	struct stat st;

	if (me && stat_refusing(path, &st) == 0 && st.st_gid != 0 &&
	    !is_member(st.st_gid))
		group = getgrgid(st.st_gid);
	if (!group) {
		CLEANUP(free_ptr) char *word = shell_word(path);

		return xasprintf("ls -l %s", word);
	}
	return xasprintf("usermod -aG %s %s  # then log in again",
			 group->gr_name, me->pw_name);
}

static const char *next_of_failure(const struct checkup *c,
				   const struct unit *u)
{
	const struct conf *conf = doctor_conf(c);

	if (u->exit_status == EXIT_SETTINGS && conf && conf->unusable)
		return "triaged --check-config";
	if (u->exit_status == EXIT_CREDENTIALS)
		return "systemctl cat " UNIT_NAME " | grep -i credential";
	if (strcmp(u->result, "watchdog") == 0 ||
	    strcmp(u->result, "oom-kill") == 0)
		return "systemctl restart " UNIT_NAME;
	return LOOK_LOG;
}

static char *cause_of_failure(const struct unit *u)
{
	if (u->exit_status == EXIT_SETTINGS)
		return xstrdup("the last start was refused: the settings, or "
			       "a credential they name, have faults (exit "
			       "status 78), and systemd does not try again");
	if (u->exit_status == EXIT_CREDENTIALS)
		return xstrdup("systemd did not start it: a credential that "
			       "the unit loads is not there or cannot be "
			       "decrypted on this machine (exit status 243)");
	if (strcmp(u->result, "watchdog") == 0)
		return xstrdup("it made no progress, so systemd's watchdog "
			       "ended it");
	if (strcmp(u->result, "oom-kill") == 0)
		return xstrdup("this machine ran out of memory, and the kernel "
			       "ended it");
	if (strcmp(u->result, "start-limit-hit") == 0)
		return xstrdup("it ended so often in a short time that "
			       "systemd does not start it any more");
	return xasprintf("the unit failed: %s, exit status %lld", u->result,
			 (long long)u->exit_status);
}

static bool is_state(const struct unit *u, const char *active)
{
	return strcmp(u->active, active) == 0;
}

/* False: systemd knows nothing that the socket did not tell. */
static bool explain_by_unit(struct checkup *c, const struct unit *u,
			    struct finding *f)
{
	CLEANUP(free_ptr) char *cause = NULL;
	bool enabled = strcmp(u->file, "enabled") == 0;

	if (is_state(u, "failed")) {
		cause = cause_of_failure(u);
		f->next = next_of_failure(c, u);
	} else if (is_state(u, "inactive")) {
		cause = xasprintf("it is stopped%s",
				  enabled ? ""
					  : ", and not started with the "
					    "machine (the unit is not "
					    "enabled)");
		f->next = enabled ? "systemctl start " UNIT_NAME
				  : "systemctl enable --now " UNIT_NAME;
	} else if (strcmp(u->sub, "auto-restart") == 0) {
		cause = xasprintf("it ends soon after each start (%s, exit "
				  "status %lld), and systemd has started it "
				  "again %lld times",
				  u->result, (long long)u->exit_status,
				  (long long)u->n_restarts);
		f->next = LOOK_LOG;
	} else {
		return false;
	}
	f->step = "unit";
	f->cause = cause;
	doctor_add(c, f);
	return true;
}

static void explain_silence(struct checkup *c, int rc, const struct err *err)
{
	CLEANUP(free_ptr) char *join = NULL;
	CLEANUP(free_ptr) char *cause = NULL;
	const char *see = strstr(err->text, "; see: ");
	const char *socket = NULL;
	struct finding f = { .trouble = true,
			     .about = "daemon",
			     .name = UNIT_NAME,
			     .step = "control socket",
			     .cause = err->text,
			     .next = "systemctl status " UNIT_NAME };
	struct unit u;

	/* What is to be typed stands below it. */
	if (see)
		f.cause = cause =
			xstrndup(err->text, (size_t)(see - err->text));
	if (rc == ERR_NET && unit_look(&u) && explain_by_unit(c, &u, &f))
		return;
	if (rc == ERR_DENIED &&
	    session_socket_path(c->session, &socket, NULL) == 0) {
		join = doctor_join_group(socket);
		f.next = join;
	} else if (rc == ERR_BAD_STATE) {
		f.next = "triaged --check-config";
	} else if (rc == ERR_CONF) {
		f.next = "systemctl restart " UNIT_NAME
			 "  # it is of another version";
	}
	doctor_add(c, &f);
}

/* One that is ended again and again runs whenever somebody looks. */
static void look_restarts(struct checkup *c)
{
	CLEANUP(free_ptr) char *cause = NULL;
	struct unit u;

	if (!c->pid || !unit_look(&u) || u.pid != c->pid || !u.n_restarts)
		return;
	cause = xasprintf("it ended %lld time%s since it was started, and "
			  "systemd started it again; the log says why",
			  (long long)u.n_restarts,
			  u.n_restarts == 1 ? "" : "s");
	doctor_add(c, &(struct finding){
			      .about = "daemon",
			      .name = UNIT_NAME,
			      .step = "unit",
			      .cause = cause,
			      .next = "journalctl -u " UNIT_NAME
				      " -b -p warning -n 40 --no-pager" });
}

void doctor_ask_daemon(struct checkup *c)
{
	CLEANUP(wire_answer_release) struct wire_answer answer = { 0 };
	struct err err = ERR_INIT;
	int rc = session_call(c->session, CTL_VERB_DOCTOR, NULL, &answer, &err);

	if (rc == 0)
		rc = session_answer(&answer, &err);
	if (rc < 0) {
		explain_silence(c, rc, &err);
		return;
	}
	c->answered = true;
	(void)jsonx_int(answer.data, "pid", &c->pid);
	c->zones = json_incref(json_object_get(answer.data, "zones"));
	take_findings(c, jsonx_get(answer.data, "findings"));
	look_restarts(c);
}
