/*
 * Tokens and codes of acknowledgement. Called by daemon/, which has the key,
 * and by cli/ to tell a code from an alert's name. Knows neither who was told
 * nor what becomes of an alert.
 */
#include "core/acktoken.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "util/digest.h"
#include "util/strbuf.h"
#include "util/xmalloc.h"

/*
 * The bytes of a token: version, four numbers of eight bytes, the most
 * significant first, the name of who was told, and the first 128 bits of the
 * HMAC over all of that. A multiple of three, so that each bit of the text
 * means something and no second text says the same.
 */
#define VERSION 1
#define N_NUMBERS 5
#define SAID_SIZE (1 + 8 * N_NUMBERS)
#define SEAL_SIZE 16
#define RAW_SIZE (SAID_SIZE + SEAL_SIZE)

_Static_assert(RAW_SIZE % 3 == 0, "the last digit would have idle bits");
_Static_assert(RAW_SIZE / 3 * 4 == ACKTOKEN_LEN, "that is not its length");

static const char token_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "abcdefghijklmnopqrstuvwxyz0123456789-_";
static const char code_digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

static void put_number(uint8_t *to, uint64_t n)
{
	for (size_t i = 0; i < 8; i++)
		to[i] = (uint8_t)(n >> (56 - 8 * i));
}

static uint64_t get_number(const uint8_t *from)
{
	uint64_t n = 0;

	for (size_t i = 0; i < 8; i++)
		n = n << 8 | from[i];
	return n;
}

/* @use keeps what is made for one thing from serving as another. */
static void seal(const struct secret *key, const char *use,
		 const struct strbuf *said, uint8_t ret[DIGEST_SIZE])
{
	CLEANUP(strbuf_release) struct strbuf all = STRBUF_INIT;

	strbuf_addstr(&all, use);
	strbuf_addch(&all, '\0');
	strbuf_add(&all, said->buf, said->len);
	digest_hmac_sha256(secret_peek(key), secret_len(key), all.buf, all.len,
			   ret);
}

static void add_number(struct strbuf *sb, uint64_t n)
{
	uint8_t bytes[8];

	put_number(bytes, n);
	strbuf_add(sb, (const char *)bytes, sizeof(bytes));
}

/* With its length, so that ("ab", "c") is not ("a", "bc"), nor NULL "". */
static void add_field(struct strbuf *sb, const char *s)
{
	add_number(sb, s ? strlen(s) : UINT64_MAX);
	strbuf_addstr(sb, s ? s : "");
}

uint64_t acktoken_who(const struct secret *key, const char *target,
		      const char *recipient)
{
	CLEANUP(strbuf_release) struct strbuf said = STRBUF_INIT;
	uint8_t sum[DIGEST_SIZE];

	add_field(&said, target);
	add_field(&said, recipient);
	seal(key, "triaged who 1", &said, sum);
	return get_number(sum);
}

static void seal_token(const struct secret *key, const uint8_t *said,
		       uint8_t ret[DIGEST_SIZE])
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;

	strbuf_add(&sb, (const char *)said, SAID_SIZE);
	seal(key, "triaged link 1", &sb, ret);
}

void acktoken_make(const struct secret *key, const struct ack_claim *c,
		   char ret[ACKTOKEN_SIZE])
{
	const uint64_t numbers[N_NUMBERS] = {
		(uint64_t)c->alert_id,
		(uint64_t)c->episode,
		(uint64_t)(c->expires_ms / 1000),
		(uint64_t)c->delivery,
		c->who,
	};
	CLEANUP(free_ptr) char *text = NULL;
	uint8_t raw[RAW_SIZE] = { VERSION };
	uint8_t sum[DIGEST_SIZE];

	for (size_t i = 0; i < N_NUMBERS; i++)
		put_number(raw + 1 + 8 * i, numbers[i]);
	seal_token(key, raw, sum);
	memcpy(raw + SAID_SIZE, sum, SEAL_SIZE);
	text = digest_base64url(raw, sizeof(raw));
	memcpy(ret, text, ACKTOKEN_SIZE);
}

static bool unpack(const char *text, uint8_t ret[RAW_SIZE])
{
	CLEANUP(free_ptr) char *bytes = NULL;
	size_t len;

	if (strnlen(text, ACKTOKEN_SIZE) != ACKTOKEN_LEN ||
	    strspn(text, token_digits) != ACKTOKEN_LEN ||
	    digest_unbase64url(text, &bytes, &len) < 0 || len != RAW_SIZE)
		return false;
	memcpy(ret, bytes, RAW_SIZE);
	return ret[0] == VERSION;
}

enum ack_verdict acktoken_read(const struct secret *key, const char *text,
			       int64_t now_ms, struct ack_claim *ret)
{
	uint8_t raw[RAW_SIZE], sum[DIGEST_SIZE];
	uint64_t numbers[N_NUMBERS];

	if (!unpack(text, raw))
		return ACK_MALFORMED;
	seal_token(key, raw, sum);
	if (!digest_equal(raw + SAID_SIZE, sum, SEAL_SIZE))
		return ACK_FORGED;
	for (size_t i = 0; i < N_NUMBERS; i++)
		numbers[i] = get_number(raw + 1 + 8 * i);
	*ret = (struct ack_claim){
		.alert_id = (int64_t)numbers[0],
		.episode = (int64_t)numbers[1],
		.expires_ms = (int64_t)numbers[2] * 1000,
		.delivery = (int64_t)numbers[3],
		.who = numbers[4],
	};
	return now_ms < ret->expires_ms ? ACK_GOOD : ACK_EXPIRED;
}

void ackcode_make(const struct secret *key, const struct ack_subject *s,
		  char ret[ACKCODE_SIZE])
{
	CLEANUP(strbuf_release) struct strbuf said = STRBUF_INIT;
	uint8_t sum[DIGEST_SIZE];
	uint64_t bits;

	add_number(&said, (uint64_t)s->alert_id);
	add_number(&said, (uint64_t)s->episode);
	add_field(&said, s->target);
	add_field(&said, s->recipient);
	seal(key, "triaged code 1", &said, sum);
	bits = get_number(sum);
	for (size_t i = 0; i < ACKCODE_LEN; i++) {
		ret[i] = code_digits[bits >> 59];
		bits <<= 5;
	}
	ret[ACKCODE_LEN] = '\0';
}

/* The digit that is meant, or NUL. */
static char code_digit(char typed)
{
	char c = (char)toupper((unsigned char)typed);

	if (c == 'O')
		return '0';
	if (c == 'I' || c == 'L')
		return '1';
	return c && strchr(code_digits, c) ? c : '\0';
}

bool ackcode_parse(const char *typed, int64_t *ret_alert,
		   char ret[ACKCODE_SIZE])
{
	char code[ACKCODE_SIZE] = "";
	char *end;
	long long id;

	if (!isdigit((unsigned char)typed[0]))
		return false;
	errno = 0;
	id = strtoll(typed, &end, 10);
	if (errno || id <= 0 || *end != '-' || strlen(end + 1) != ACKCODE_LEN)
		return false;
	for (size_t i = 0; i < ACKCODE_LEN; i++) {
		code[i] = code_digit(end[1 + i]);
		if (!code[i])
			return false;
	}
	*ret_alert = id;
	memcpy(ret, code, sizeof(code));
	return true;
}

bool ackcode_is(const struct secret *key, const struct ack_subject *s,
		const char *code)
{
	char right[ACKCODE_SIZE];

	ackcode_make(key, s, right);
	return strlen(code) == ACKCODE_LEN &&
	       digest_equal(right, code, ACKCODE_LEN);
}
