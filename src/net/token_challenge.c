/*
 * What a 401 asks for: the parameters of WWW-Authenticate (RFC 9110 section
 * 11.6.1), and the claims of Microsoft's challenge for conditional access.
 * Called by token.c; pure. The text is foreign: what is not understood to the
 * letter counts as absent, which costs a plain refusal and nothing more.
 */
#include "net/token_priv.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "util/digest.h"
#include "util/jsonx.h"
#include "util/xmalloc.h"

#define CLAIMS_HEAP ((size_t)64 * 1024)

#define BLANKS " \t"

struct param {
	const char *name;
	size_t name_len;
	struct strbuf value;
	bool is_scheme; /* a word without "=": another challenge begins */
};

static void param_release(struct param *p)
{
	strbuf_release(&p->value);
}

/* A quoted string from behind its first quote; NULL when it does not end. */
static const char *read_quoted(const char *p, struct strbuf *value)
{
	for (; *p && *p != '"'; p++) {
		if (*p == '\\' && p[1])
			p++;
		strbuf_addch(value, *p);
	}
	return *p ? p + 1 : NULL;
}

/*
 * The parameter or scheme at @p. Values without quotes go up to a comma or a
 * blank: Azure Arc writes paths so, which the grammar does not allow. Returns
 * what follows it, NULL at the end or when malformed.
 */
static const char *param_read(struct param *ret, const char *p)
{
	size_t len;

	p += strspn(p, BLANKS ",");
	ret->name = p;
	ret->name_len = strcspn(p, BLANKS ",=\"");
	if (!ret->name_len)
		return NULL;
	p += ret->name_len;
	ret->is_scheme = p[strspn(p, BLANKS)] != '=';
	strbuf_reset(&ret->value);
	if (ret->is_scheme)
		return p;
	p += strspn(p, BLANKS) + 1;
	p += strspn(p, BLANKS);
	if (*p == '"')
		return read_quoted(p + 1, &ret->value);
	len = strcspn(p, BLANKS ",");
	strbuf_add(&ret->value, p, len);
	return p + len;
}

static bool param_is(const struct param *p, const char *name)
{
	return p->name_len == strlen(name) &&
	       !strncasecmp(p->name, name, p->name_len);
}

char *token_challenge_param(const char *challenge, const char *scheme,
			    const char *name)
{
	CLEANUP(param_release)
	struct param p = { .value = STRBUF_INIT };
	bool inside = false;

	while (challenge && (challenge = param_read(&p, challenge))) {
		if (p.is_scheme)
			inside = param_is(&p, scheme);
		else if (inside && param_is(&p, name))
			return strbuf_detach(&p.value);
	}
	return NULL;
}

char *token_challenge_claims(const char *challenge)
{
	CLEANUP(free_ptr)
	char *text = token_challenge_param(challenge, "Bearer", "claims");
	CLEANUP(free_ptr) char *claims = NULL;
	CLEANUP(jsonx_unref) json_t *json = NULL;
	size_t len;

	if (!text || digest_unbase64url(text, &claims, &len) < 0 ||
	    len > TOKEN_CLAIMS_MAX)
		return NULL;
	json = jsonx_parse(claims, len, CLAIMS_HEAP, NULL);
	return json_is_object(json) ? take(claims) : NULL;
}
