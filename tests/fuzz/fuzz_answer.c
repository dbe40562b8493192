/*
 * What a sign-in service or an API answers, by the first byte: a token, a
 * refusal, a challenge. A token fits into a header and lives within its limits;
 * words are one clean line without our own secret, however it is echoed: a
 * byte 1 stands for it, a byte 2 for it in JSON's escapes.
 */
#include "fuzz/fuzz.h"

#include "net/token_priv.h"
#include "source/listing_priv.h"
#include "util/jsonx.h"

#define SECRET "canary/+secret~of.triaged_0123456789-abcdef"
#define SECRET_ESCAPED "canary\\/\\u002bsecret~of.triaged_0123456789-abcdef"
#define LIFE_MAX_MS INT64_C(100800000)
/* So much of it is too much, wherever it is cut. */
#define SECRET_PART 16

static const long statuses[] = { 200, 400, 401, 403, 404, 429, 500, 204 };

static void fill(struct feed *f, struct strbuf *ret)
{
	while (f->left > 0) {
		unsigned c = feed_byte(f);

		if (c == 1)
			strbuf_addstr(ret, SECRET);
		else if (c == 2)
			strbuf_addstr(ret, SECRET_ESCAPED);
		else
			strbuf_addch(ret, (char)c);
	}
}

static void check_error(int rc, const struct err *err)
{
	CLEANUP(free_ptr) char *part = xstrndup(SECRET, SECRET_PART);

	must(is_said(rc, err));
	must(!strstr(err->text, part));
}

static void check_token(enum auth_method method, struct xfer_reply *reply)
{
	CLEANUP(secret_free_ptr)
	struct secret *sent = secret_new(SECRET, strlen(SECRET));
	const struct token_login login = { .method = method };
	struct token_answer answer = { 0 };
	struct err err = ERR_INIT;
	int rc = token_answer_read(&login, reply, sent, &answer, &err);

	if (rc < 0) {
		check_error(rc, &err);
		must(!answer.token);
		return;
	}
	must(reply->status == 200 && answer.token);
	must(token_is_valid(secret_peek(answer.token)));
	must(answer.life_ms > 0 && answer.life_ms <= LIFE_MAX_MS);
	secret_free(answer.token);
}

static void check_code(const struct strbuf *body)
{
	char code[100];

	memset(code, 'x', sizeof(code));
	listing_error_code(body->buf, body->len, code, sizeof(code));
	must(memchr(code, '\0', sizeof(code)));
	must(strlen(code) + 1 == sizeof(code) ||
	     is_clean(code, sizeof(code), UTF8_LINE));
	utf8_clean_in_place(code);
	must(is_clean(code, sizeof(code), UTF8_LINE));
}

static void check_challenge(const char *text)
{
	CLEANUP(free_ptr) char *claims = token_challenge_claims(text);
	CLEANUP(free_ptr)
	char *realm = token_challenge_param(text, "Basic", "realm");
	CLEANUP(jsonx_unref) json_t *json = NULL;

	must(!realm || strlen(realm) <= strlen(text));
	if (!claims)
		return;
	must(strlen(claims) <= TOKEN_CLAIMS_MAX);
	json = jsonx_parse(claims, strlen(claims), 0, NULL);
	must(json_is_object(json));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct feed f = { data, size };
	unsigned choice = feed_byte(&f);
	struct xfer_reply reply = {
		.status = statuses[choice % ARRAY_SIZE(statuses)],
		.body = STRBUF_INIT,
	};

	fill(&f, &reply.body);
	check_token(choice & 0x80 ? AUTH_MANAGED_IDENTITY : AUTH_CLIENT_SECRET,
		    &reply);
	check_code(&reply.body);
	check_challenge(reply.body.buf);
	strbuf_release(&reply.body);
	return 0;
}
