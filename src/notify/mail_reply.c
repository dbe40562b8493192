/*
 * The class of a mail server's answer, and how it is told: the codes and none
 * of the words, which like to quote people's addresses. Called by mail_send.c;
 * pure.
 */
#include "notify/mail_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "util/compiler.h"

void mail_reply_note(char ret[MAIL_REPLY_MAX], const char *line, size_t len)
{
	if (len == 0 || (line[0] != '4' && line[0] != '5'))
		return;
	len = MIN(len, (size_t)MAIL_REPLY_MAX - 1);
	memcpy(ret, line, len);
	ret[len] = '\0';
}

/* "550 5.1.1" of the last line. */
static void add_codes(char *ret, size_t size, long code, const char *reply)
{
	size_t len = 0;

	if (strlen(reply) > 4 && strtol(reply, NULL, 10) == code)
		len = strspn(reply + 4, "0123456789.");
	if (len >= strlen("5.1.1") && len <= strlen("5.999.999"))
		snprintf(ret, size, "%ld %.*s", code, (int)len, reply + 4);
	else
		snprintf(ret, size, "%ld", code);
}

/* What is wrong with the account, not with this mail. */
static bool is_sign_in(long code)
{
	return code == 535 || code == 530 || code == 534 || code == 538;
}

static const char *meaning_of(long code)
{
	if (code == 354)
		return "nothing after the message: it may have arrived";
	if (is_sign_in(code))
		return "sign-in refused, asked again every 15 min";
	if (code >= 500)
		return "refused for good";
	return "refused for now";
}

bool mail_reply_judge(const char *server, long code, const char *reply,
		      struct outcome_report *ret)
{
	char codes[32];

	if (code != 354 && (code < 400 || code > 599))
		return false;
	memset(ret, 0, sizeof(*ret));
	ret->outcome = outcome_of_smtp(code);
	add_codes(codes, sizeof(codes), code, reply);
	snprintf(ret->error, sizeof(ret->error), "%.150s answered %s: %s",
		 server, codes, meaning_of(code));
	if (is_sign_in(code)) {
		ret->outcome = OUTCOME_RETRY;
		ret->retry_after_ms = OUTCOME_REFUSED_PAUSE_MS;
		ret->refused = true;
	}
	return true;
}
