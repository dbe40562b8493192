/*
 * Configuration, database and daemon as the commands see them. Called by the
 * commands. Prints nothing but one warning (warn_faults).
 */
#include "cli/session.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "cli/client.h"
#include "cli/escape.h"
#include "paths.h"
#include "triage/triage.h"
#include "util/jsonx.h"
#include "util/shell.h"
#include "util/xmalloc.h"

void session_release(struct session *session)
{
	session->triage = triage_free(session->triage);
	session->store = store_close(session->store);
	session->conf = conf_free(session->conf);
	faults_release(&session->faults);
}

enum exit_code session_exit_code(int rc)
{
	switch (rc) {
	case 0:
		return EXIT_OK;
	case ERR_CONF:
		return EXIT_USAGE;
	case ERR_NET:
		return EXIT_UNREACHABLE;
	case ERR_DENIED:
	case -EACCES:
	case -EPERM:
		return EXIT_DENIED;
	case ERR_NOT_FOUND:
		return EXIT_NOT_FOUND;
	}
	return EXIT_FAILED;
}

/* A faulty configuration is no wrong usage: ERR_BAD_STATE makes exit code 1. */
static int refuse_conf(const char *file, const struct faults *faults,
		       const char *else_do, struct err *err)
{
	const struct fault *first = NULL;

	for (size_t i = 0; i < faults->n && !first; i++) {
		if (!faults->v[i].warning)
			first = &faults->v[i];
	}
	if (!first)
		return err_set(err, ERR_BAD_STATE, "%s could not be read",
			       file);
	return err_set(err, ERR_BAD_STATE,
		       "the configuration has faults, the first is %s:%d:%d: "
		       "%s; see all with: triaged -c %s --check-config%s",
		       first->file ? first->file : file, first->line,
		       first->column, first->text, file, else_do);
}

/* People look at alerts while others mend the settings; the daemon goes on
 * with the old ones. */
static void warn_faults(struct session *session, const char *file)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
	size_t n = faults_count(&session->faults);

	if (session->warned || session->quiet)
		return;
	session->warned = true;
	strbuf_addf(&sb,
		    "triagectl: warning: the configuration has %zu fault%s; "
		    "see all with: triaged -c ",
		    n, n == 1 ? "" : "s");
	escape_add(&sb, file, strlen(file), ESCAPE_LINE);
	strbuf_addstr(&sb, " --check-config\n");
	fputs(sb.buf, stderr);
}

static const struct conf *session_conf(struct session *session,
				       const char *file)
{
	if (!session->conf)
		session->conf = conf_load_partial(file, &session->faults);
	return session->conf;
}

/* A path of the configuration; @of says which. */
static int session_path(struct session *session,
			const char *(*of)(const struct conf *c),
			const char **ret, struct err *err)
{
	const char *file =
		session->config ? session->config : CONF_DEFAULT_FILE;
	const struct conf *conf = session_conf(session, file);
	const char *path = of(conf);

	if (!path)
		return refuse_conf(file, &session->faults,
				   " (or go on without it: --database FILE "
				   "--socket PATH)",
				   err);
	if (conf->unusable)
		warn_faults(session, file);
	*ret = path;
	return 0;
}

static const char *state_directory_of(const struct conf *c)
{
	return c->state_directory;
}

static const char *control_socket_of(const struct conf *c)
{
	return c->control_socket;
}

int session_database_path(struct session *session, char **ret, struct err *err)
{
	const char *directory;
	int rc;

	if (session->database) {
		*ret = xstrdup(session->database);
		return 0;
	}
	rc = session_path(session, state_directory_of, &directory, err);
	if (rc < 0)
		return rc;
	*ret = xasprintf("%s/triaged.db", directory);
	return 0;
}

int session_socket_path(struct session *session, const char **ret,
			struct err *err)
{
	if (session->socket) {
		*ret = session->socket;
		return 0;
	}
	return session_path(session, control_socket_of, ret, err);
}

int session_store(struct session *session, struct store **ret, struct err *err)
{
	CLEANUP(free_ptr) char *path = NULL;
	int rc;

	if (!session->store) {
		rc = session_database_path(session, &path, err);
		if (rc < 0)
			return rc;
		rc = store_open_read(path, &session->store, err);
		/* "Not found" is kept for what the command was asked for. */
		if (rc == ERR_NOT_FOUND)
			return err ? (err->code = ERR_STORE) : ERR_STORE;
		if (rc < 0 && access(path, R_OK) < 0 && errno == EACCES) {
			CLEANUP(free_ptr) char *word = shell_word(path);

			return err_set(err, ERR_DENIED,
				       "you may not read %s; members of the "
				       "group that owns it may, see: ls -l %s",
				       path, word);
		}
		if (rc < 0)
			return rc;
	}
	*ret = session->store;
	return 0;
}

void session_settings(struct session *session)
{
	if (session->config || !session->database)
		(void)session_conf(session, session->config
						    ? session->config
						    : CONF_DEFAULT_FILE);
}

int session_triage(struct session *session, const struct triage **ret,
		   struct err *err)
{
	const char *file =
		session->config ? session->config : CONF_DEFAULT_FILE;
	const struct conf *conf;

	if (session->database && !session->config)
		return err_set(err, ERR_BAD_STATE,
			       "--database names a database without its "
			       "settings; give them too: -c FILE");
	conf = session_conf(session, file);
	if (conf->unusable)
		return refuse_conf(file, &session->faults, "", err);
	if (!session->triage)
		session->triage =
			triage_new(&conf->policy, session->now_ms, NULL, err);
	if (!session->triage)
		return ERR_BAD_STATE;
	*ret = session->triage;
	return 0;
}

int session_call(struct session *session, const char *verb, json_t *args,
		 struct wire_answer *ret, struct err *err)
{
	CLEANUP(jsonx_unref) json_t *owned = args;
	bool slow = strcmp(verb, CTL_VERB_RELOAD) == 0 ||
		    strcmp(verb, CTL_VERB_TEST_NOTIFY) == 0;
	struct err why = ERR_INIT;
	const char *path;
	int rc;

	rc = session_socket_path(session, &path, err);
	if (rc < 0)
		return rc;
	rc = client_call(path, verb, take(owned),
			 session->call_ms ? session->call_ms
			 : slow		  ? SESSION_SLOW_MS
					  : SESSION_CALL_MS,
			 ret, &why);
	if (rc == ERR_NET)
		return err_set(err, rc,
			       "the daemon cannot be reached at %s: %s; see: "
			       "systemctl status triaged",
			       path, why.text);
	if (rc == ERR_DENIED) {
		CLEANUP(free_ptr) char *word = shell_word(path);

		return err_set(err, rc,
			       "%s: %s; changes are for members of the group "
			       "that owns the socket, see: ls -l %s",
			       path, why.text, word);
	}
	if (rc < 0)
		return err_set(err, rc,
			       "the answer from %s was not "
			       "understood: %s",
			       path, why.text);
	return 0;
}

int session_answer(const struct wire_answer *answer, struct err *err)
{
	static const struct {
		const char *word;
		int code;
	} codes[] = {
		{ CTL_FAILED, ERR_BAD_STATE },
		{ CTL_USAGE, ERR_CONF },
		{ CTL_DENIED, ERR_DENIED },
		{ CTL_NOT_FOUND, ERR_NOT_FOUND },
		{ CTL_CONFLICT, ERR_CONFLICT },
	};
	const char *text =
		answer->text ? answer->text : "the daemon gave no reason";

	if (strcmp(answer->code, CTL_OK) == 0)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(codes); i++) {
		if (strcmp(answer->code, codes[i].word) == 0)
			return err_set(err, codes[i].code, "%s", text);
	}
	/* A newer daemon may have more words; all of them mean no. */
	return err_set(err, ERR_BAD_STATE, "%s: %s", answer->code, text);
}

int session_look(struct session *session, enum question q,
		 const struct selector *sel, struct rows *ret, struct err *err)
{
	struct selector headed = *sel;
	struct store *s;
	int rc = session_store(session, &s, err);

	headed.head = true;
	if (rc < 0)
		return rc;
	rc = look(s, q, &headed, rows_keep, ret, err);
	return rc < 0 ? rc : 0;
}

int session_sum(struct session *session, enum question q,
		const struct selector *sel, int64_t *ret, struct err *err)
{
	CLEANUP(rows_release) struct rows r = ROWS_INIT;
	int rc = session_look(session, q, sel, &r, err);

	if (rc < 0)
		return rc;
	*ret = 0;
	for (size_t i = 0; i < r.n; i++)
		*ret += rows_integer(&r, i, "n");
	return 0;
}

int session_alert(struct session *session, const char *word, int64_t *ret_id,
		  struct err *err)
{
	struct store *s;
	int rc = session_store(session, &s, err);

	if (rc < 0)
		return rc;
	rc = look_resolve_id(s, word, ret_id, err);
	if (rc < 0)
		return rc;
	if (rc == 0)
		return err_set(err, ERR_NOT_FOUND,
			       "no alert %s; see which there are: triagectl "
			       "list --state all",
			       word);
	return 0;
}

int session_alert_row(struct session *session, int64_t id, struct rows *ret,
		      struct err *err)
{
	struct selector sel = { .id = id, .now_ms = session->now_ms };
	int rc = session_look(session, LOOK_ALERT, &sel, ret, err);

	if (rc < 0)
		return rc;
	if (ret->n == 0)
		return err_set(err, ERR_NOT_FOUND, "no alert %lld",
			       (long long)id);
	return 0;
}
