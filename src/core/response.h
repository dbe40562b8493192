/*
 * A response: something that triaged does at Microsoft, or by a program of the
 * site, about an alert, because people decided so. Nothing is ever done by a
 * rule alone.
 *
 * It is a row with a life of its own:
 *
 *	planned		somebody asked, and what would be done was shown. Who
 *			has the role may approve it, the same person too
 *	waiting		the same, but a second person must approve it
 *	approved	it may be done; it is still possible to refuse it
 *	running		leased by the daemon, which asks what is there now,
 *			stores that, and only then makes the call
 *	done		the service confirmed it, or it was so already
 *	failed		the service said no, or nobody can say what became of
 *			it (`uncertain`)
 *	refused		a person, or a rule that holds again at the moment of
 *			doing it, said no
 *	expired		nobody decided, or the service was out of reach, in
 *			time
 *
 * The last four are ends. A daemon that dies while one is running finds it
 * leased: `called` says whether the call may have been made. Where it can be
 * repeated without harm it is, after another look at what is there; where not,
 * the response fails as uncertain, and a person looks. So none is done twice
 * because of a crash, and none is forgotten.
 *
 * What was found before the call is stored with it (`found`), and with that
 * what undoes it (response_inverse). An inverse is a response of its own, which
 * people decide on as on any other.
 */
#ifndef CORE_RESPONSE_H
#define CORE_RESPONSE_H

#include <stdbool.h>
#include <stdint.h>
#include "core/role.h"
#include "core/status.h"
#include "util/strlist.h"

/* Characters of what a service or program answered. */
#define RESPONSE_ANSWER_MAX 500

/* Numbers are stored. */
enum response_action {
	RESPONSE_REVOKE_SESSIONS = 0,
	RESPONSE_SUSPEND_USER = 1,
	RESPONSE_RESTORE_USER = 2, /* undoes it */
	RESPONSE_NOTIFY_USER = 3,
	RESPONSE_DISMISS = 4,
	RESPONSE_RESOLVE = 5,
	RESPONSE_IN_PROGRESS = 6,
	RESPONSE_ACTIVATE = 7, /* undoes the three before it */
	RESPONSE_EXEC = 8,
};
#define RESPONSE_ACTION_MAX (RESPONSE_EXEC + 1)

/* Numbers are stored. */
enum response_state {
	RESPONSE_PLANNED = 0,
	RESPONSE_WAITING = 1,
	RESPONSE_APPROVED = 2,
	RESPONSE_RUNNING = 3,
	RESPONSE_DONE = 4,
	RESPONSE_FAILED = 5,
	RESPONSE_REFUSED = 6,
	RESPONSE_EXPIRED = 7,
};
#define RESPONSE_STATE_MAX (RESPONSE_EXPIRED + 1)

/* What it is done to. */
enum response_about {
	RESPONSE_ABOUT_USER, /* a person's account in the directory */
	RESPONSE_ABOUT_ALERT, /* the alert, where it came from */
	RESPONSE_ABOUT_SITE, /* what the program does is the site's */
};

/* How the subject stands upstream. Numbers are stored. */
enum response_found {
	FOUND_UNKNOWN = 0, /* not asked yet, or there is no such state */
	FOUND_ENABLED = 1, /* an account that can sign in */
	FOUND_DISABLED = 2,
	FOUND_ACTIVE = 3, /* an alert, as enum source_state */
	FOUND_IN_PROGRESS = 4,
	FOUND_RESOLVED = 5,
	FOUND_DISMISSED = 6,
};
#define RESPONSE_FOUND_MAX (FOUND_DISMISSED + 1)

/* Strings are owned; NULL: none. */
struct response {
	int64_t id; /* 0 before it is stored */
	int64_t alert_id, episode;
	int64_t alert_version; /* of the alert the plan was shown with */
	enum response_action action;
	enum response_state state;
	char *subject; /* the user; the id of the alert upstream; the hook */
	char *source; /* name of the source whose sign-in is used */
	enum verdict verdict; /* goes along with dismiss and resolve */
	bool contain; /* when done, the alert's phase becomes contain */
	char *asked_by, *reason;
	int64_t planned_ms;
	int64_t expires_ms; /* the present state lasts no longer */
	char *approved_by;
	int64_t approved_ms; /* 0 not yet */
	int64_t not_before_ms; /* approved: tried (again) from then on */
	int64_t lease_ms; /* running: until when; 0 else */
	int64_t attempts;
	bool called; /* the call was about to be made */
	enum response_found found; /* before the call */
	int64_t finished_ms; /* 0: it has not ended */
	char *ended_by; /* "triaged", or the person who refused it */
	/* Failed or refused, and it may have been done all the same. */
	bool uncertain;
	char *answer; /* how it ended, one line */
	char *request_id; /* by which the service knows the call */
	int64_t undoes; /* the response it is the inverse of; 0 none */
	/* waiting: who was asked is asked once again then; 0 not (any more) */
	int64_t remind_ms;
	/* Approved then, by the clock of now: approved_ms unless that has been
	 * set back since. Read only. */
	int64_t since_ms;
};
void response_release(struct response *r);

/* What the settings say (`respond:`). Nothing is enabled unless named. */
enum second_person {
	SECOND_FOR_USERS, /* for what is done to people, and by programs */
	SECOND_ALWAYS,
	SECOND_NEVER, /* but for a privileged account */
};

struct response_policy {
	unsigned enabled; /* BIT(enum response_action) */
	struct strlist hooks; /* names of targets of type exec */
	struct strlist protect; /* globs of accounts nothing is done to */
	char *notify_by; /* e-mail target that notify-user goes by */
	int per_hour; /* approved in any hour, inverses apart */
	enum role approver;
	enum second_person second;
	int64_t expires_ms; /* how long a plan, and an approval, hold */
	int64_t give_up_ms; /* one that was called is tried on so long */
};
#define RESPONSE_PER_HOUR 10
#define RESPONSE_EXPIRES_MS 3600000
#define RESPONSE_GIVE_UP_MS 86400000
#define RESPONSE_CAP_WINDOW_MS 3600000
void response_policy_release(struct response_policy *p);
/* Names it, or is the one whose inverse it is. */
bool response_is_enabled(const struct response_policy *p,
			 enum response_action a, const char *hook);

const char *response_action_name(enum response_action a);
bool response_action_parse(const char *word, enum response_action *ret);
const char *response_state_name(enum response_state s);
const char *response_found_name(enum response_found f);
enum response_about response_action_about(enum response_action a);
/* Making the call once more does no harm. */
bool response_is_repeatable(enum response_action a);
/* It only takes another one back: no cap stops it. */
bool response_is_inverse(enum response_action a);

/* May a response go from @from to @to? Every change of state asks. */
bool response_may_enter(enum response_state from, enum response_state to);
bool response_has_ended(enum response_state s);

/*
 * What tells the notices about response @id apart (notice.transition), which
 * has entered @s: each is owed once. Nobody hears of a plan that waits for
 * nobody, so RESPONSE_PLANNED stands for asking once again.
 */
int64_t response_transition(int64_t id, enum response_state s);

/* What the subject is to be like after it; FOUND_UNKNOWN: nothing to compare.
 */
enum response_found response_wants(enum response_action a);
/* What undoes @a after @found was there before. False: nothing does, or nothing
 * was changed. */
bool response_inverse(enum response_action a, enum response_found found,
		      enum response_action *ret);

/* Can the directory be asked about an account of this name? A user principal
 * name or an object id; not a name of one machine or domain. */
bool response_user_is_known_upstream(const char *account);

#endif
