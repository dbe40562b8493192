/*
 * Sign-in at the fake mail server: AUTH PLAIN and LOGIN (RFC 4954), and XOAUTH2
 * with tokens of fake_azure. Called by fake_smtp.c. Passwords and tokens are
 * compared, never logged.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "fake/azure_words.h"
#include "fake/smtp_priv.h"
#include "util/digest.h"
#include "util/jsonx.h"
#include "util/xmalloc.h"

static char *decode(const char *base64, size_t *ret_len)
{
	uint8_t *bytes;

	return digest_unbase64(base64, &bytes, ret_len) == 0 ? (char *)bytes
							     : NULL;
}

static void judge_as(struct smtp_conn *c, const char *user, bool ok,
		     const char *refusal)
{
	c->mode = SMTP_COMMAND;
	if (!smtp_respond(c, "auth", user, ok ? "235 2.7.0 welcome" : refusal,
			  NULL))
		return;
	free(c->user);
	c->user = xstrdup(user);
}

static void judge(struct smtp_conn *c, const char *user, const char *password)
{
	const char *want = jsonx_str(jsonx_get(c->smtp->conf, "users"), user);
	bool ok = want && password && strcmp(want, password) == 0;

	judge_as(c, user, ok, "535 5.7.8 user or password wrong");
}

/* The payload of a token of fake_azure; NULL: not one. */
static json_t *payload_of(const char *token)
{
	const char *p = strchr(token, '.');
	size_t len = p ? strcspn(p + 1, ".") : 0;
	CLEANUP(free_ptr)
	uint8_t *bytes = p ? azure_unbase64url(p + 1, len, &len) : NULL;

	return bytes ? jsonx_parse((char *)bytes, len, 0, NULL) : NULL;
}

/*
 * base64 of: "user=" user ^A "auth=Bearer " token ^A ^A. A token is good when
 * it is for the audience that the script has for the user, and new enough.
 */
static void judge_xoauth2(struct smtp_conn *c, const char *base64)
{
	static const char bearer[] = "\001auth=Bearer ";
	size_t len = 0;
	CLEANUP(free_ptr) char *bytes = decode(base64, &len);
	char *token = bytes ? strstr(bytes, bearer) : NULL;
	CLEANUP(jsonx_unref) json_t *payload = NULL;
	const char *want, *aud;

	if (!token || strncmp(bytes, "user=", 5) != 0) {
		judge_as(c, "", false, "501 5.5.4 malformed");
		return;
	}
	*token = '\0';
	token += strlen(bearer);
	token[strcspn(token, "\001")] = '\0';
	payload = payload_of(token);
	want = jsonx_str(jsonx_get(c->smtp->conf, "mailboxes"), bytes + 5);
	aud = jsonx_str(payload, "aud");
	judge_as(c, bytes + 5, want && aud && strcmp(want, aud) == 0,
		 "535 5.7.3 Authentication unsuccessful");
}

/* base64 of: authorization identity, NUL, user, NUL, password (RFC 4616). */
static void judge_plain(struct smtp_conn *c, const char *base64)
{
	size_t len = 0;
	CLEANUP(free_ptr) char *bytes = decode(base64, &len);
	char *user = bytes ? memchr(bytes, '\0', len) : NULL;
	char *password =
		user ? memchr(user + 1, '\0', len - (size_t)(user + 1 - bytes))
		     : NULL;

	judge(c, user ? user + 1 : "", password ? password + 1 : NULL);
}

void smtp_auth_start(struct smtp_conn *c, const char *argument)
{
	if (strncasecmp(argument, "PLAIN ", 6) == 0) {
		judge_plain(c, argument + 6);
	} else if (strcasecmp(argument, "PLAIN") == 0) {
		if (smtp_respond(c, "auth-start", "PLAIN", "334 ", NULL))
			c->mode = SMTP_AUTH_PLAIN;
	} else if (strcasecmp(argument, "XOAUTH2") == 0) {
		if (smtp_respond(c, "auth-start", "XOAUTH2", "334 ", NULL))
			c->mode = SMTP_AUTH_XOAUTH2;
	} else if (strcasecmp(argument, "LOGIN") == 0) {
		if (smtp_respond(c, "auth-start", "LOGIN", "334 VXNlcm5hbWU6",
				 NULL))
			c->mode = SMTP_AUTH_LOGIN_USER;
	} else {
		(void)smtp_respond(c, "auth-start", "other",
				   "504 5.5.4 mechanism unknown", NULL);
	}
}

void smtp_auth_line(struct smtp_conn *c, const char *line)
{
	size_t len;
	CLEANUP(free_ptr) char *text = NULL;

	if (c->mode == SMTP_AUTH_PLAIN) {
		judge_plain(c, line);
		return;
	}
	if (c->mode == SMTP_AUTH_XOAUTH2) {
		judge_xoauth2(c, line);
		return;
	}
	text = decode(line, &len);
	if (c->mode == SMTP_AUTH_LOGIN_PASSWORD) {
		judge(c, c->login, text);
		return;
	}
	free(c->login);
	c->login = text ? take(text) : xstrdup("");
	c->mode = SMTP_AUTH_LOGIN_PASSWORD;
	(void)smtp_respond(c, "auth-user", c->login, "334 UGFzc3dvcmQ6", NULL);
}
