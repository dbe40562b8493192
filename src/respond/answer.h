/*
 * What a service said to a request of call.h: pure, from status and body to
 * done, again, or why not and what to do about it. Bodies are strangers': read
 * on a budget, and never quoted but for the error's code, if that is a word.
 */
#ifndef RESPOND_ANSWER_H
#define RESPOND_ANSWER_H

#include "respond/call.h"
#include "util/strlist.h"

/* As it came; borrowed. */
struct respond_reply {
	enum respond_step step; /* to what */
	long status; /* 0: none came; @err says why */
	const struct err *err;
	const char *body;
	size_t len;
	int64_t retry_after_ms; /* 0: the service did not say */
};

/* What a look has found. */
struct respond_seen {
	enum response_found found;
	struct strlist names; /* of a user, cleaned: for `protect` */
	bool guest; /* at home in another directory */
	bool synced; /* from a directory of the site's own */
};
void respond_seen_release(struct respond_seen *s);

enum respond_outcome {
	RESPOND_OK, /* look: seen is filled; change: it is done */
	RESPOND_AGAIN, /* not now; a change may have been made all the same */
	RESPOND_SIGN_IN, /* the token was refused: another one, once */
	RESPOND_NO, /* for good; text says why */
};

struct respond_answer {
	enum respond_outcome outcome;
	int64_t wait_ms; /* AGAIN: at least so long; 0: as the caller likes */
	char text[512]; /* one line for people, whatever the outcome */
};

/*
 * Read the answer to a step of @r. @seen is filled by a look that is
 * RESPOND_OK, and untouched otherwise (NULL for a change); the caller releases
 * it.
 */
void respond_read(const struct respond_place *p, const struct response *r,
		  const struct respond_reply *reply, struct respond_seen *seen,
		  struct respond_answer *ret);

/*
 * What making the calls of @r takes: "the application permissions User.Read.All
 * and User.RevokeSessions.All". Told before anything is asked for.
 */
#define RESPOND_NEEDS_MAX 256
void respond_needs(const struct respond_place *p, const struct response *r,
		   char *ret, size_t size);

/* What people should know about @r beside that it is done, or NULL. Static. */
const char *respond_caution(const struct response *r,
			    const struct respond_seen *seen);

#endif
