/*
 * The key of links and codes, and who they belong to. Called by app.c, the
 * control verb `ack` and the page behind a link. Nothing of a link is stored:
 * whose it is comes out by trying everybody who was told.
 */
#include "daemon/acklink.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "util/digest.h"
#include "util/xmalloc.h"

#define KEY_SIZE 32

static void close_fd(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd); /* it was synchronized, or is given up */
}

/* In hexadecimal digits: a text file survives editors and backups. */
static int write_key(int fd)
{
	uint8_t key[KEY_SIZE];
	char line[2 * KEY_SIZE + 2];
	ssize_t n;

	digest_random(key, sizeof(key));
	(void)digest_hex(key, sizeof(key), line);
	line[2 * KEY_SIZE] = '\n';
	n = write(fd, line, sizeof(line) - 1);
	explicit_bzero(key, sizeof(key));
	explicit_bzero(line, sizeof(line));
	if (n < 0)
		return -errno;
	if (n != (ssize_t)sizeof(line) - 1)
		return -ENOSPC;
	return fsync(fd) < 0 ? -errno : 0;
}

static int sync_directory(const char *directory)
{
	CLEANUP(close_fd)
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 || fsync(fd) < 0 ? -errno : 0;
}

/*
 * Beside its place first: a kill on the way leaves no half key, and a key that
 * was used for a mail is on the disk before that.
 */
static int make_key(const char *directory, const char *path, struct err *err)
{
	CLEANUP(free_ptr) char *new = xasprintf("%s.new", path);
	CLEANUP(close_fd) int fd = -1;
	int rc = 0;

	(void)unlink(new); /* of an earlier start, which did not get far */
	fd = open(new, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		  0600);
	if (fd < 0)
		rc = -errno;
	if (!rc)
		rc = write_key(fd);
	if (!rc && rename(new, path) < 0)
		rc = -errno;
	if (!rc)
		rc = sync_directory(directory);
	if (rc)
		return err_set(err, rc, "%s: cannot be made: %s", path,
			       strerror(-rc));
	return 0;
}

static bool key_is_ours(const struct secret *key)
{
	return secret_len(key) == 2 * KEY_SIZE &&
	       strspn(secret_peek(key), "0123456789abcdef") == 2 * KEY_SIZE;
}

int acklink_open(struct acklink *l, const char *state_directory,
		 struct store *store, struct err *err)
{
	CLEANUP(free_ptr)
	char *path = xasprintf("%s/acknowledge.key", state_directory);
	CLEANUP(secret_free_ptr) struct secret *key = NULL;
	int rc = 0;

	*l = (struct acklink){ .store = store };
	if (access(path, F_OK) < 0 && errno == ENOENT)
		rc = make_key(state_directory, path, err);
	if (!rc)
		rc = secret_read_file(path, &key, err);
	if (rc < 0)
		return rc;
	if (!key_is_ours(key))
		return err_set(err, ERR_CONF,
			       "%s: is not 64 hexadecimal digits; remove it, "
			       "and the next start makes a new one",
			       path);
	l->key = take(key);
	return 0;
}

void acklink_close(struct acklink *l)
{
	l->key = secret_free(l->key);
}

/* --- out --- */

static char *make_link(const struct acklink *l, const struct conf *c,
		       const struct notice *n, int64_t expires_ms)
{
	const struct ack_claim claim = {
		.alert_id = n->alert_id,
		.episode = n->episode,
		.expires_ms = expires_ms,
		.delivery = n->id,
		.who = acktoken_who(l->key, n->target, n->recipient),
	};
	char token[ACKTOKEN_SIZE];

	acktoken_make(l->key, &claim, token);
	return xasprintf("%s/ack/%s", c->public_url, token);
}

void acklink_offer(const struct acklink *l, const struct conf *c,
		   const struct notice *n, int64_t now_ms,
		   struct deliver_ack *ret)
{
	const struct ack_subject subject = { n->alert_id, n->episode, n->target,
					     n->recipient };
	char code[ACKCODE_SIZE];

	if (!l->key)
		return;
	ackcode_make(l->key, &subject, code);
	ret->code = xasprintf("%" PRId64 "-%s", n->alert_id, code);
	if (!c->public_url)
		return;
	ret->url_expires_ms = (now_ms + c->ack_link_ms) / 1000 * 1000;
	ret->url = make_link(l, c, n, ret->url_expires_ms);
}

/* --- and back --- */

/* What one who was told is compared with; one of the two. */
struct proof_of {
	const struct ack_claim *claim;
	const char *code;
};

static bool is_holder(const struct acklink *l, const struct ack_subject *s,
		      const struct proof_of *p)
{
	if (p->code)
		return ackcode_is(l->key, s, p->code);
	return acktoken_who(l->key, s->target, s->recipient) == p->claim->who;
}

static int find_holder(struct acklink *l, int64_t alert_id, int64_t episode,
		       const struct proof_of *p, struct told *ret,
		       struct err *err)
{
	struct told *all = NULL;
	int n = outbox_tried(l->store, alert_id, episode, &all, err);
	int found = 0;

	if (n < 0)
		return n;
	for (int i = 0; i < n && !found; i++) {
		const struct ack_subject s = { alert_id, episode, all[i].target,
					       all[i].recipient };

		found = is_holder(l, &s, p);
		if (found) {
			*ret = all[i];
			all[i] = (struct told){ 0 };
		}
	}
	told_free(all, (size_t)n);
	return found;
}

int acklink_find_code(struct acklink *l, int64_t alert_id, int64_t episode,
		      const char *code, struct told *ret, struct err *err)
{
	const struct proof_of p = { .code = code };

	return l->key ? find_holder(l, alert_id, episode, &p, ret, err) : 0;
}

int acklink_find_claim(struct acklink *l, const struct ack_claim *c,
		       struct told *ret, struct err *err)
{
	const struct proof_of p = { .claim = c };

	return l->key ? find_holder(l, c->alert_id, c->episode, &p, ret, err)
		      : 0;
}

const char *acklink_name(const struct told *t)
{
	return t->recipient ? t->recipient : t->target;
}

bool acklink_may_try(struct acklink *l, int64_t mono_ms)
{
	if (mono_ms - l->wrong_since_mono_ms >= ACKLINK_WRONG_MS)
		l->n_wrong = 0;
	return l->n_wrong < ACKLINK_WRONG_MAX;
}

void acklink_was_wrong(struct acklink *l, int64_t mono_ms)
{
	if (l->n_wrong++ == 0)
		l->wrong_since_mono_ms = mono_ms;
}

bool acklink_refused(struct acklink *l, int64_t mono_ms, unsigned *ret_to_tell)
{
	if (mono_ms - l->refused_since_mono_ms >= ACKLINK_WRONG_MS)
		l->n_refused = 0;
	if (l->n_refused++ == 0)
		l->refused_since_mono_ms = mono_ms;
	l->n_untold++;
	*ret_to_tell = 0;
	if (!l->told_mono_ms || mono_ms - l->told_mono_ms >= ACKLINK_WRONG_MS) {
		*ret_to_tell = l->n_untold;
		l->n_untold = 0;
		l->told_mono_ms = mono_ms;
	}
	return l->n_refused > ACKLINK_REFUSED_MAX;
}
