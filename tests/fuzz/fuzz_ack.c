/*
 * Tokens and codes of acknowledgement. Only what was made with the key is
 * taken; the rest is refused without a word of it kept. The input is what a
 * token says and where it is altered, or a token or code of anybody.
 */
#include "fuzz/fuzz.h"

#include <ctype.h>
#include "core/acktoken.h"

#define NOW_MS INT64_C(1772442000000)

static int64_t feed_number(struct feed *f)
{
	uint64_t n = 0;

	for (int i = 0; i < 4; i++)
		n = n << 8 | feed_byte(f);
	return (int64_t)n;
}

static void check_made(const struct secret *key, struct feed f)
{
	const struct ack_claim c = {
		.alert_id = feed_number(&f),
		.episode = feed_number(&f),
		.expires_ms = feed_number(&f) * 1000,
		.delivery = feed_number(&f),
		.who = (uint64_t)feed_number(&f),
	};
	struct ack_claim read = { 0 }, untouched = { 0 };
	char text[ACKTOKEN_SIZE], altered[ACKTOKEN_SIZE];
	unsigned at = feed_byte(&f) % ACKTOKEN_LEN, to = feed_byte(&f);
	enum ack_verdict verdict;

	acktoken_make(key, &c, text);
	verdict = acktoken_read(key, text, NOW_MS, &read);
	must(verdict == (NOW_MS < c.expires_ms ? ACK_GOOD : ACK_EXPIRED));
	must(read.alert_id == c.alert_id && read.episode == c.episode &&
	     read.expires_ms == c.expires_ms && read.delivery == c.delivery &&
	     read.who == c.who);
	memcpy(altered, text, sizeof(text));
	altered[at] = (char)to;
	if (strcmp(altered, text) == 0)
		return;
	verdict = acktoken_read(key, altered, NOW_MS, &untouched);
	must(verdict == ACK_FORGED || verdict == ACK_MALFORMED);
	must(untouched.alert_id == 0 && untouched.who == 0);
}

static void check_code(const char *typed)
{
	char code[ACKCODE_SIZE], again[ACKCODE_SIZE];
	CLEANUP(free_ptr) char *text = NULL;
	int64_t id = 0, id_again = 0;

	if (!ackcode_parse(typed, &id, code))
		return;
	must(id > 0 && strlen(code) == ACKCODE_LEN);
	must(strspn(code, "0123456789ABCDEFGHJKMNPQRSTVWXYZ") == ACKCODE_LEN);
	text = xasprintf("%lld-%s", (long long)id, code);
	must(ackcode_parse(text, &id_again, again));
	must(id_again == id && strcmp(code, again) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char bytes[] = "0123456789abcdef0123456789abcdef";
	CLEANUP(secret_free_ptr)
	struct secret *key = secret_new(bytes, strlen(bytes));
	CLEANUP(free_ptr) char *text = xstrndup((const char *)data, size);
	struct ack_claim c = { 0 };
	enum ack_verdict verdict = acktoken_read(key, text, NOW_MS, &c);

	must(verdict == ACK_MALFORMED || verdict == ACK_FORGED);
	check_made(key, (struct feed){ data, size });
	check_code(text);
	return 0;
}
