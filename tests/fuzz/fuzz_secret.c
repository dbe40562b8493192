/*
 * Files that hold secrets: a plain one, a PEM with certificate and key, the
 * assertion that an orchestrator leaves, Azure Arc's key, and the answers of
 * setup. The first byte chooses which. What is refused has a reason that does
 * not show the file: in it stand 32 bytes that no error may quote.
 */
#include "fuzz/fuzz.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "conf/pairs.h"
#include "net/token_priv.h"

#define CANARY "canary-0123456789-canary-abcdefgh"

static void check_error(int rc, const struct err *err)
{
	must(is_said(rc, err) && !strstr(err->text, "canary-0"));
}

static void check_plain(const char *path)
{
	CLEANUP(secret_free_ptr) struct secret *s = NULL;
	struct err err = ERR_INIT;
	int rc = secret_read_file(path, &s, &err);

	must((rc == 0) == (s != NULL));
	if (rc < 0)
		check_error(rc, &err);
	else
		must(secret_len(s) > 0 && secret_len(s) <= SECRET_MAX &&
		     strlen(secret_peek(s)) == secret_len(s));
}

static void check_assertion(const char *path)
{
	CLEANUP(secret_free_ptr) struct secret *s = NULL;
	struct err err = ERR_INIT;
	int rc = token_file_assertion(path, &s, &err);

	must((rc == 0) == (s != NULL));
	if (rc < 0)
		check_error(rc, &err);
	else
		must(token_is_valid(secret_peek(s)) && secret_len(s) > 0);
}

static void check_pem(const struct strbuf *text)
{
	CLEANUP(secret_free_ptr)
	struct secret *pem = secret_new(text->buf, text->len);
	struct token_certificate *c = NULL;
	struct err err = ERR_INIT;
	int rc = token_certificate_new(pem, &c, &err);

	must((rc == 0) == (c != NULL));
	if (rc < 0)
		check_error(rc, &err);
	else
		must(token_certificate_ends(c) != 0);
	token_certificate_free(c);
}

static void hear(void *arg, const struct pair *p)
{
	(void)arg;
	must(p->name && p->text && p->mark && p->mark->line > 0);
}

static void check_pairs(const char *path)
{
	CLEANUP(faults_release) struct faults faults = { NULL, 0, 0 };
	int rc = pairs_load(path, hear, NULL, &faults);

	must(rc == (faults_fatal(&faults) ? ERR_CONF : 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct feed f = { data, size };
	unsigned choice = feed_byte(&f);
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	int fd = memfd_create("secret", MFD_CLOEXEC);
	CLEANUP(free_ptr) char *path = xasprintf("/proc/self/fd/%d", fd);

	while (f.left > 0) {
		unsigned c = feed_byte(&f);

		if (c == 1)
			strbuf_addstr(&text, CANARY);
		else
			strbuf_addch(&text, (char)c);
	}
	must(fd >= 0 && fchmod(fd, 0600) == 0 &&
	     write(fd, text.buf, text.len) == (ssize_t)text.len);
	if (choice % 4 == 0)
		check_plain(path);
	else if (choice % 4 == 1)
		check_assertion(path);
	else if (choice % 4 == 2)
		check_pem(&text);
	else
		check_pairs(path);
	(void)close(fd); /* only memory */
	return 0;
}
