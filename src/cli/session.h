/*
 * What every command may use: the database (reading), the daemon (changing)
 * and the writer. Opened when first asked for, so that a command needs only
 * what it uses.
 */
#ifndef CLI_SESSION_H
#define CLI_SESSION_H

#include "cli/rows.h"
#include "cli/writer.h"
#include "conf/conf.h"
#include "ctl/wire.h"
#include "store/look.h"

enum exit_code {
	EXIT_OK = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_UNREACHABLE = 3,
	EXIT_DENIED = 4,
	EXIT_NOT_FOUND = 5,
};

/* How long the daemon may take to answer; slow are a reload, and a heartbeat
 * that is tried. */
#define SESSION_CALL_MS 10000
#define SESSION_SLOW_MS 60000

struct triage;

struct session {
	const char *config, *database, *socket; /* options; NULL not given */
	int64_t now_ms;
	struct writer *writer; /* owned by main() */
	struct conf *conf; /* may be unusable: then faults says why */
	struct faults faults;
	bool streamed; /* the command has written its answer by itself */
	bool warned; /* that there are faults */
	bool quiet; /* nobody reads a warning */
	int64_t call_ms; /* the daemon may take so long; 0: as ever */
	int verdict; /* exit status of a command that did what it should */
	struct store *store;
	struct triage *triage; /* of session_triage() */
};

void session_release(struct session *session);
/* The exit code for a negative code; 0 for 0. */
enum exit_code session_exit_code(int rc);

/* The database, open for reading. Borrowed. */
int session_store(struct session *session, struct store **ret,
		  struct err *err) must_check;
/*
 * Paths, from the options or the configuration. Borrowed from @session, or
 * heap. A configuration with faults serves as long as the path could be read
 * from it: then a warning is written to standard error, once.
 */
int session_database_path(struct session *session, char **ret,
			  struct err *err) must_check;
int session_socket_path(struct session *session, const char **ret,
			struct err *err) must_check;

/*
 * The settings as far as they can be read (session->conf; see
 * conf_load_partial()), for who can do with a part. They stay NULL when
 * options name a database without them. Writes no warning.
 */
void session_settings(struct session *session);

/*
 * The settings, whole and without faults, and their policy made ready; both
 * borrowed. A negative code with the reason when there are none to go by:
 * they cannot be read, have faults, or belong to another database
 * (--database without -c). Writes no warning: who asks can do without.
 */
int session_triage(struct session *session, const struct triage **ret,
		   struct err *err) must_check;

/*
 * Ask the daemon (see client_call; @args is taken over). ERR_NET says where
 * the daemon was looked for and which command tells more.
 */
int session_call(struct session *session, const char *verb, json_t *args,
		 struct wire_answer *ret, struct err *err) must_check;
/* An answer as a return value: 0 for CTL_OK, else a code with its text. */
int session_answer(const struct wire_answer *answer,
		   struct err *err) must_check;

/* Rows of a question. */
int session_look(struct session *session, enum question q,
		 const struct selector *sel, struct rows *ret,
		 struct err *err) must_check;
/* The sum of its column n. */
int session_sum(struct session *session, enum question q,
		const struct selector *sel, int64_t *ret,
		struct err *err) must_check;
/* The alert that @word names. ERR_NOT_FOUND when there is none. */
int session_alert(struct session *session, const char *word, int64_t *ret_id,
		  struct err *err) must_check;
/* The row of v_alerts. */
int session_alert_row(struct session *session, int64_t id, struct rows *ret,
		      struct err *err) must_check;

#endif
