/*
 * Login names of uids. Who keeps them may be a directory server far away that
 * does not answer, so a thread asks; the loop goes on.
 */
#ifndef CTL_NAMES_H
#define CTL_NAMES_H

#include <sys/types.h>
#include "net/loop.h"

#define NAMES_KEPT 64
#define NAMES_ASKING 8 /* threads at a time, those that hang included */
#define NAMES_KEPT_MS (10 * 60 * 1000)
#define NAMES_PATIENCE_MS 5000

struct names;

/* The name of @uid is known now; ask for it again with names_get(). */
typedef void names_fn(void *arg, uid_t uid);
/* The login name for @uid in @buf of @size, "" for nobody. Runs in a thread of
 * its own and may take its time. */
typedef void names_ask_fn(uid_t uid, char *buf, size_t size);

/* @ask: NULL for the system's accounts. */
struct names *names_new(struct loop *l, names_ask_fn *ask, names_fn *fn,
			void *arg);
/* Does not wait for a thread that hangs. Returns NULL. */
struct names *names_free(struct names *n);
/*
 * The name of @uid, "uid 1234" when it has none, the answer took longer than
 * NAMES_PATIENCE_MS or nobody can be asked; lives until the loop turns. NULL:
 * it is being asked for, and names_fn is called.
 */
const char *names_get(struct names *n, uid_t uid);

#endif
