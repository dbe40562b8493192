/*
 * Requests of responses. Called by the plan, which shows them, and by the
 * runner, which makes them; knows no network and no row but the one it is
 * given.
 */
#include "respond/call.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "respond/call_priv.h"
#include "util/compiler.h"
#include "util/jsonx.h"
#include "util/strbuf.h"
#include "util/utf8.h"
#include "util/xmalloc.h"

#define ARM_VERSION "?api-version=2022-01-01"
#define ARM_ID_MAX 1024
/* Names and ids that ARM makes or allows, and what stands between them. */
#define ARM_ID_CHARACTERS                                                      \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"       \
	"-_.()/"
/* What the runner compares and the plan's reader wants to know. */
#define USER_FIELDS                                                            \
	"?$select=id,userPrincipalName,mail,accountEnabled,userType,"          \
	"onPremisesSyncEnabled"

void respond_call_release(struct respond_call *c)
{
	free(c->url);
	free(c->body);
	*c = (struct respond_call){ 0 };
}

/* Everything but what RFC 3986 calls unreserved. */
static void add_encoded(struct strbuf *sb, const char *text)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789-._~";

	for (const char *p = text; *p; p++) {
		if (strchr(plain, *p))
			strbuf_addch(sb, *p);
		else
			strbuf_addf(sb, "%%%02X", (unsigned char)*p);
	}
}

/* @base, @path with the id encoded in place of its only %, @rest. */
static char *url_of(const struct respond_place *p, const char *path,
		    const char *rest)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
	const char *hole = strchr(path, '%');

	strbuf_addstr(&sb, p->base);
	strbuf_add(&sb, path, (size_t)(hole - path));
	add_encoded(&sb, p->id);
	strbuf_addstr(&sb, hole + 1);
	strbuf_addstr(&sb, rest);
	return strbuf_detach(&sb);
}

static void user_call(const struct respond_place *p, const struct response *r,
		      enum respond_step step, struct respond_call *ret)
{
	bool revoke = r->action == RESPONSE_REVOKE_SESSIONS;

	if (step == RESPOND_LOOK) {
		ret->method = "GET";
		ret->url = url_of(p, "/v1.0/users/%", USER_FIELDS);
		return;
	}
	ret->method = revoke ? "POST" : "PATCH";
	ret->url = url_of(p, "/v1.0/users/%",
			  revoke ? "/revokeSignInSessions" : "");
	if (r->action == RESPONSE_SUSPEND_USER)
		ret->body = xstrdup("{\"accountEnabled\":false}");
	if (r->action == RESPONSE_RESTORE_USER)
		ret->body = xstrdup("{\"accountEnabled\":true}");
}

static void graph_alert_call(const struct respond_place *p,
			     const struct response *r, enum respond_step step,
			     struct respond_call *ret)
{
	ret->method = step == RESPOND_LOOK ? "GET" : "PATCH";
	ret->url = url_of(p, "/v1.0/security/alerts_v2/%", "");
	if (step == RESPOND_CHANGE)
		ret->body = call_graph_body(r);
}

/* The id was checked by respond_arm_id(), or is checked now: it is a path. */
static int arm_alert_call(const struct respond_place *p,
			  const struct response *r, enum respond_step step,
			  struct respond_call *ret, struct err *err)
{
	if (!call_is_arm_id(p->id))
		return err_set(err, ERR_REFUSED,
			       "the alert has no Azure resource id, so "
			       "Defender for Cloud cannot be asked about it");
	ret->method = step == RESPOND_LOOK ? "GET" : "POST";
	ret->url = xasprintf("%s%s%s%s%s", p->base, p->id,
			     step == RESPOND_LOOK ? "" : "/",
			     step == RESPOND_LOOK ? "" : call_arm_verb(r),
			     ARM_VERSION);
	return 0;
}

static void portal_alert_call(const struct respond_place *p,
			      const struct response *r, enum respond_step step,
			      struct respond_call *ret)
{
	if (step == RESPOND_LOOK) {
		ret->method = "GET";
		ret->url = url_of(p, "/api/v1/alerts/%/", "");
		return;
	}
	ret->method = "POST";
	ret->url =
		xasprintf("%s/api/v1/alerts/%s/", p->base, call_portal_verb(r));
	ret->body = call_portal_body(p, r);
}

int respond_call_make(const struct respond_place *p, const struct response *r,
		      enum respond_step step, struct respond_call *ret,
		      struct err *err)
{
	struct respond_call c = { 0 };
	int rc = 0;

	/* An empty one would name all of them, and dots what is above; what is
	 * no text cannot stand in JSON. */
	if (!p->id || !p->id[strspn(p->id, ".")] ||
	    !utf8_valid(p->id, strlen(p->id)))
		return err_set(err, ERR_REFUSED,
			       "it is not known what the service calls it");
	switch (p->door) {
	case RESPOND_GRAPH_USERS:
		user_call(p, r, step, &c);
		break;
	case RESPOND_GRAPH_ALERTS:
		graph_alert_call(p, r, step, &c);
		break;
	case RESPOND_ARM_ALERTS:
		rc = arm_alert_call(p, r, step, &c, err);
		break;
	case RESPOND_PORTAL_ALERTS:
		portal_alert_call(p, r, step, &c);
		break;
	}
	if (rc == 0)
		*ret = c;
	return rc;
}

char *respond_call_text(const struct respond_call *c)
{
	return xasprintf("%s %s%s%s", c->method, c->url, c->body ? " " : "",
			 c->body ? c->body : "");
}

bool call_is_arm_id(const char *id)
{
	static const char begin[] = "/subscriptions/";
	static const char middle[] = "/providers/Microsoft.Security/locations/";
	const char *at;

	if (strncasecmp(id, begin, strlen(begin)) != 0 ||
	    strlen(id) > ARM_ID_MAX || id[strspn(id, ARM_ID_CHARACTERS)] ||
	    strstr(id, "//") || strstr(id, "/."))
		return false;
	at = strcasestr(id, middle);
	if (!at)
		return false;
	/* LOCATION/alerts/NAME, and nothing behind it. */
	at = strchr(at + strlen(middle), '/');
	if (!at || strncasecmp(at, "/alerts/", strlen("/alerts/")) != 0)
		return false;
	at += strlen("/alerts/");
	return *at && !strchr(at, '/');
}

int respond_arm_id(const char *raw, size_t len, char **ret, struct err *err)
{
	CLEANUP(jsonx_unref) json_t *item = jsonx_parse(raw, len, 0, err);
	const char *id;

	if (!item)
		return ERR_SCHEMA;
	id = jsonx_str(item, "id");
	if (!id || !call_is_arm_id(id))
		return err_set(err, ERR_SCHEMA,
			       "the alert came without the Azure resource id "
			       "by which Defender for Cloud knows it");
	*ret = xstrdup(id);
	return 0;
}
