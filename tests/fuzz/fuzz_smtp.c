/*
 * Lines of a mail server: the first two bytes are the code that libcurl gives,
 * the rest is what the server said. Only codes are told of it, and a refusal of
 * ours is never the mail's.
 */
#include "fuzz/fuzz.h"

#include "notify/mail_priv.h"

#define SERVER "smtp://mail.example.org"

/* "SERVER answered CODES: MEANING" */
static void check_error(const char *error)
{
	static const char before[] = SERVER " answered ";
	size_t n = strlen(before), codes;

	must(strncmp(error, before, n) == 0);
	codes = strspn(error + n, "0123456789. ");
	must(codes >= 3 && codes <= strlen("550 5.999.999"));
	must(error[n + codes] == ':' && is_clean(error, 256, UTF8_LINE));
	must(!strpbrk(error + n + codes, "@<>"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct feed f = { data, size };
	long code = (long)(feed_byte(&f) << 8 | feed_byte(&f)) % 1000;
	char reply[MAIL_REPLY_MAX] = "";
	struct outcome_report r = { .outcome = OUTCOME_DISABLE };

	while (f.left > 0) {
		const uint8_t *end = memchr(f.p, '\n', f.left);
		size_t len = end ? (size_t)(end - f.p) + 1 : f.left;

		mail_reply_note(reply, (const char *)f.p, len);
		must(memchr(reply, '\0', sizeof(reply)));
		f.p += len;
		f.left -= len;
	}
	if (!mail_reply_judge(SERVER, code, reply, &r)) {
		must(code != 354 && (code < 400 || code > 599));
		return 0;
	}
	check_error(r.error);
	must(r.outcome == OUTCOME_RETRY || r.outcome == OUTCOME_DEAD);
	must(r.outcome == OUTCOME_RETRY || (code >= 500 && !r.refused));
	return 0;
}
