/*
 * Header lines of an answer, as curl hands them over. What is kept of them is
 * printable, waits are bounded, and a status line makes void what came before.
 */
#include "fuzz/fuzz.h"

#include "net/xfer_priv.h"

#define HOUR_MS INT64_C(3600000)

static bool is_printable(const char *s, size_t size)
{
	size_t len = strnlen(s, size);

	for (size_t i = 0; i < len; i++)
		if (s[i] < ' ' || s[i] > '~')
			return false;
	return len < size;
}

static void check(const struct xfer *x)
{
	const struct xfer_reply *r = &x->reply;

	must(is_printable(r->content_type, sizeof(r->content_type)));
	must(is_printable(r->request_id, sizeof(r->request_id)));
	must(is_printable(r->www_authenticate, sizeof(r->www_authenticate)));
	must(is_printable(r->basic_challenge, sizeof(r->basic_challenge)));
	must(r->retry_after_ms >= 0 && r->retry_after_ms <= HOUR_MS);
	must(r->quota_wait_ms >= 0 && r->quota_wait_ms <= HOUR_MS);
	must(x->reply.body.len == 0);
}

static void check_void(struct xfer *x)
{
	char line[] = "HTTP/1.1 200 OK\r\n";

	(void)xfer_on_header(line, 1, strlen(line), x);
	must(x->stop || (!x->framed && !x->reply.retry_after_ms &&
			 !x->reply.quota_wait_ms && !x->reply.date_ms &&
			 !x->reply.warning && !x->reply.limit_hit &&
			 !x->reply.www_authenticate[0]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct xfer x = { .max_body = 4096, .reply.body = STRBUF_INIT };
	size_t n = 0;

	while (n < size) {
		const uint8_t *end = memchr(data + n, '\n', size - n);
		size_t len = end ? (size_t)(end - data) + 1 - n : size - n;
		/* Of the exact size, and not ended by a NUL. */
		char *line = xmalloc(len);

		memcpy(line, data + n, len);
		must(xfer_on_header(line, 1, len, &x) == (x.stop ? 0 : len));
		free(line);
		check(&x);
		n += len;
	}
	check_void(&x);
	strbuf_release(&x.reply.body);
	return 0;
}
