/*
 * What the files of the sign-in share.
 *
 *	token.c            a token's life: asked for, kept, shared, refused
 *	token_cache.c      sources that sign in alike share one
 *	token_login.c      how one signs in: the settings, ready to use
 *	token_request.c    each method's request
 *	token_assertion.c  the certificate, and what it signs
 *	token_file.c       assertions and keys that others leave in files
 *	token_answer.c     a token out of an answer
 *	token_error.c      refusals in words
 *	token_challenge.c  what a 401 asks for
 *	token_text.c       escaping
 */
#ifndef NET_TOKEN_PRIV_H
#define NET_TOKEN_PRIV_H

#include "net/token.h"
#include "net/token_assertion.h"
#include "util/strbuf.h"

/* The longest assertion or token that is believed; longer is no token. */
#define TOKEN_FILE_MAX SECRET_MAX
/* Azure Arc's own limit for its key files. */
#define TOKEN_ARC_KEY_MAX 4096
#define TOKEN_CLAIMS_MAX ((size_t)2048)

/* token_login.c: owned copies of a struct token_conf. */
struct token_login {
	enum auth_method method;
	char *url; /* where tokens come from; "" for a legacy token */
	char *client_id, *scope, *federated_token_file;
	char *ca_file, *proxy, *arc_folder;
	struct secret *client_secret; /* NULL none */
	bool is_arc; /* managed identity of Azure Arc, not of a VM */
	struct token_certificate *certificate; /* NULL none, or unusable */
	struct err fault; /* of the settings; no request can be made */
};

void token_login_init(struct token_login *l, const struct token_conf *c);
void token_login_release(struct token_login *l);
/* Can it ask for claims? The service of managed identities cannot. */
bool token_login_takes_claims(const struct token_login *l);

/* token_request.c: a request, and what it borrows from. */
struct token_order {
	struct xfer_request request;
	struct strbuf url, form, authorization;
	const char *headers[4];
	struct secret *sent; /* the proof in it, to be found in an echo */
};

/*
 * Make @l's request. @claims (JSON) and @arc_key may be NULL. 0, or ERR_AUTH
 * or another negative code with @err filled, as for an answer. Released by the
 * caller either way.
 */
int token_order_fill(struct token_order *o, const struct token_login *l,
		     const char *claims, const struct secret *arc_key,
		     struct err *err) must_check;
void token_order_init(struct token_order *o);
void token_order_release(struct token_order *o); /* wipes */

/* token_file.c */
/* The assertion of workload identity. The folder's owner replaces it at any
 * time, so every failure may pass. 0 or a code other than ERR_AUTH. */
int token_file_assertion(const char *path, struct secret **ret,
			 struct err *err) must_check;
/* The key at @path that Azure Arc names, if it is a regular file "*.key" that
 * lies in @folder itself. 0 or ERR_AUTH. */
int token_file_arc_key(const char *folder, const char *path,
		       struct secret **ret, struct err *err) must_check;

/* token_answer.c */
struct token_answer {
	struct secret *token;
	int64_t life_ms;
};

/* @sent (NULL none) never shows up in @err. 0, or a negative code. */
int token_answer_read(const struct token_login *l,
		      const struct xfer_reply *reply, const struct secret *sent,
		      struct token_answer *ret, struct err *err) must_check;
/* Fit for a header: visible ASCII, and not longer than a secret may be. */
bool token_is_valid(const char *token);

/* token_error.c: the same as token_explain_error for managed identities. */
int token_explain_identity(long status, const char *body, size_t len,
			   struct err *err);

/* token_challenge.c */
/* Parameter @name of @scheme's challenge (heap); NULL absent or malformed. */
char *token_challenge_param(const char *challenge, const char *scheme,
			    const char *name);
/* The claims of a Bearer challenge as JSON (heap); NULL none, or malformed. */
char *token_challenge_claims(const char *challenge);

/* token_text.c */
/* For application/x-www-form-urlencoded, and good for a path segment too. */
void token_add_escaped(struct strbuf *sb, const char *text, size_t len);

#endif
