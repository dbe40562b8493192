/*
 * Requests to the small HTTP server. The head ends where its empty line does,
 * never earlier; what is taken has a plain path and a body that is framed in
 * one way only.
 */
#include "fuzz/fuzz.h"

#include <ctype.h>
#include <strings.h>
#include "net/httpd_priv.h"

/* How many lines begin with @name, for a reader of our own. */
static size_t count_headers(const char *head, size_t len, const char *name)
{
	size_t n = 0, want = strlen(name);

	for (size_t i = 0; i + want < len; i++)
		n += i > 0 && head[i - 1] == '\n' &&
		     strncasecmp(head + i, name, want) == 0;
	return n;
}

static void check_taken(const struct httpd_head *h, const char *head,
			size_t len)
{
	size_t n_lengths = count_headers(head, len, "Content-Length:");

	must(h->path[0] == '/' && !strpbrk(h->path, "?#"));
	for (const char *p = h->path; *p; p++)
		must(*p > ' ' && *p < 0x7f);
	must(!h->host || !strpbrk(h->host, " \t\r\n"));
	must(n_lengths <= 1);
	must(count_headers(head, len, "Transfer-Encoding:") == 0);
	must(count_headers(head, len, "Host:") <= 1);
	must(!memchr(head, '\0', len));
	if (h->method == HTTPD_GET)
		must(h->form_len == 0);
	else
		must(n_lengths == 1 && h->form_len <= HTTPD_FORM_MAX &&
		     !h->head_only);
}

/* No beginning of a head is a whole one. */
static void check_end(const struct strbuf *in, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		struct strbuf part = STRBUF_INIT;

		strbuf_add(&part, in->buf, i);
		must(httpd_head_len(&part) == 0);
		strbuf_release(&part);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(httpd_head_release) struct httpd_head h = { 0 };
	CLEANUP(strbuf_release) struct strbuf in = STRBUF_INIT;
	size_t len;
	int status;

	strbuf_add(&in, data, size);
	len = httpd_head_len(&in);
	must(len <= size);
	if (len < 512)
		check_end(&in, len);
	if (len == 0 || len > HTTPD_HEAD_MAX)
		return 0;
	status = httpd_request_read(in.buf, len, &h);
	if (status == 200)
		check_taken(&h, in.buf, len);
	else
		must(status >= 400 && status < 500 && !h.path && !h.host);
	return 0;
}
