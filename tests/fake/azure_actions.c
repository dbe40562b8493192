/*
 * What may be changed in the fake cloud: accounts of the directory, and alerts
 * at the three APIs that show them. Called by fake_azure.c, azure_graph.c and
 * azure_cloud_apps.c, each of which has checked the token. Every change that is
 * asked for is kept as it came, with what it was answered: /_fake/actions.
 */
#include "fake/azure_priv.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "util/jsonx.h"
#include "util/xmalloc.h"

static void note(struct azure *a, const struct web_request *req, int status)
{
	if (!a->actions)
		a->actions = json_array();
	json_array_append_new(a->actions,
			      json_pack("{s:s, s:s, s:s%, s:i}", "method",
					req->method, "target", req->target,
					"body", req->body ? req->body : "",
					req->body_len, "status", status));
}

static json_t *body_of(const struct web_request *req)
{
	struct err err = ERR_INIT;

	return jsonx_parse(req->body, req->body_len, 0, &err);
}

/* --- accounts --- */

/* Everybody is one, and enabled, unless the script says otherwise. */
static json_t *find_user(struct azure *a, const char *name)
{
	json_t *user;

	if (!a->users)
		a->users = json_object();
	user = json_object_get(a->users, name);
	if (!user) {
		user = json_object();
		json_object_set_new(a->users, name, user);
	}
	if (!json_is_object(user))
		return NULL;
	if (!json_object_get(user, "accountEnabled"))
		json_object_set_new(user, "accountEnabled", json_true());
	return user;
}

static void show_user(const char *name, const json_t *user,
		      struct web_reply *reply)
{
	json_t *shown =
		json_pack("{s:s, s:s, s:s, s:s}", "@odata.context",
			  "https://graph.microsoft.com/v1.0/$metadata"
			  "#users/$entity",
			  "id", "3f1c0a52-7777-4888-9999-000000000001",
			  "userPrincipalName", name, "userType", "Member");

	json_object_update(shown, (json_t *)user);
	json_object_del(shown, "administrator");
	web_reply_json(reply, 200, shown);
}

static void change_user(json_t *user, const struct web_request *req,
			struct web_reply *reply)
{
	CLEANUP(jsonx_unref) json_t *body = body_of(req);
	const json_t *enabled = jsonx_get(body, "accountEnabled");

	if (!json_is_boolean(enabled)) {
		azure_graph_error(reply, "bad-request");
		return;
	}
	json_object_set(user, "accountEnabled", (json_t *)enabled);
	reply->status = 204;
}

static void revoke(struct web_reply *reply)
{
	web_reply_json(reply, 200,
		       json_pack("{s:s, s:b}", "@odata.context",
				 "https://graph.microsoft.com/v1.0/$metadata"
				 "#Edm.Boolean",
				 "value", 1));
}

bool azure_answer_user(struct azure *a, const struct web_request *req,
		       struct web_reply *reply)
{
	static const char before[] = "/v1.0/users/";
	const char *rest = req->path + strlen(before);
	CLEANUP(free_ptr) char *name = NULL;
	bool looks = strcmp(req->method, "GET") == 0;
	json_t *user;

	if (strncmp(req->path, before, strlen(before)) != 0)
		return false;
	name = xstrndup(rest, strcspn(rest, "/"));
	rest += strlen(name);
	user = find_user(a, name);
	if (!user)
		azure_graph_error(reply, "not-found");
	else if (looks && !*rest)
		show_user(name, user, reply);
	else if (jsonx_bool(user, "administrator"))
		azure_graph_error(reply, "denied");
	else if (strcmp(req->method, "PATCH") == 0 && !*rest)
		change_user(user, req, reply);
	else if (strcmp(req->method, "POST") == 0 &&
		 strcmp(rest, "/revokeSignInSessions") == 0)
		revoke(reply);
	else
		azure_graph_error(reply, "bad-request");
	if (!looks)
		note(a, req, reply->status);
	return true;
}

/* --- alerts of Graph --- */

/* By its id there: the place in the list, or the count of all. */
static size_t find_graph(const struct azure *a, const char *id)
{
	size_t n = azure_graph_alerts.count(a), i;

	for (i = 0; i < n; i++) {
		CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
		CLEANUP(jsonx_unref) json_t *alert = NULL;

		azure_graph_alerts.render(a, i,
					  &(struct azure_view){ true, false },
					  &sb);
		alert = jsonx_parse(sb.buf, sb.len, 0, &(struct err)ERR_INIT);
		if (jsonx_str(alert, "id") &&
		    strcmp(jsonx_str(alert, "id"), id) == 0)
			break;
	}
	return i;
}

/* One estate behind all doors: it has changed at the others, too. */
static void set_graph(struct azure *a, size_t item, const char *status)
{
	size_t n = estate_n_alerts(a->estate);
	CLEANUP(jsonx_unref)
	json_t *change = json_pack("{s:I, s:s}", "index",
				   (json_int_t)(item < n ? item : item - n),
				   "status", status);

	if (item < n)
		estate_set(a->estate, change);
	else
		xdr_set(a->xdr, change);
	a->generation++;
}

static void patch_alert(struct azure *a, size_t item,
			const struct web_request *req, struct web_reply *reply)
{
	CLEANUP(jsonx_unref) json_t *body = body_of(req);
	const char *status = jsonx_str(body, "status");

	if (!status) {
		azure_graph_error(reply, "bad-request");
		return;
	}
	set_graph(a, item, status);
	azure_graph_alerts.render(a, item, &(struct azure_view){ true, false },
				  &reply->body);
	reply->status = 200;
}

bool azure_answer_alert(struct azure *a, const struct web_request *req,
			struct web_reply *reply)
{
	static const char before[] = "/v1.0/security/alerts_v2/";
	size_t item;

	if (strncmp(req->path, before, strlen(before)) != 0)
		return false;
	item = find_graph(a, req->path + strlen(before));
	if (item == azure_graph_alerts.count(a)) {
		azure_graph_error(reply, "not-found");
	} else if (strcmp(req->method, "PATCH") == 0) {
		patch_alert(a, item, req, reply);
	} else {
		azure_graph_alerts.render(a, item,
					  &(struct azure_view){ true, false },
					  &reply->body);
		reply->status = 200;
	}
	if (strcmp(req->method, "GET") != 0)
		note(a, req, reply->status);
	return true;
}

/* --- alerts of Resource Manager --- */

static const char *arm_status(const char *verb)
{
	/* Case matters to it. */
	static const char *const words[][2] = {
		{ "/dismiss", "Dismissed" },
		{ "/resolve", "Resolved" },
		{ "/inProgress", "InProgress" },
		{ "/activate", "Active" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcmp(words[i][0], verb) == 0)
			return words[i][1];
	return NULL;
}

static void set_arm(struct azure *a, size_t index, const char *verb,
		    struct web_reply *reply)
{
	const char *status = arm_status(verb);
	CLEANUP(jsonx_unref)
	json_t *change = json_pack("{s:I, s:s*}", "index", (json_int_t)index,
				   "status", status);

	if (!status) {
		azure_arm_error(reply, "bad-query");
		return;
	}
	estate_set(a->estate, change);
	a->generation++;
	reply->status = 204;
}

bool azure_answer_arm_alert(struct azure *a, const struct web_request *req,
			    struct web_reply *reply)
{
	bool looks = strcmp(req->method, "GET") == 0;

	if (!strcasestr(req->path, "/Microsoft.Security/locations/"))
		return false;
	for (size_t i = 0; i < estate_n_alerts(a->estate); i++) {
		CLEANUP(free_ptr) char *id = estate_id(a->estate, i);
		const char *name = strrchr(id, '/');
		const char *at = strcasestr(req->path, name);
		const char *rest = at ? at + strlen(name) : "-";

		if (*rest && *rest != '/')
			continue;
		if (looks) {
			(void)estate_render(a->estate, i, 1, &reply->body);
			reply->status = 200;
		} else {
			set_arm(a, i, rest, reply);
			note(a, req, reply->status);
		}
		return true;
	}
	azure_arm_error(reply, "no-alert");
	if (!looks)
		note(a, req, reply->status);
	return true;
}

/* --- alerts of the portal --- */

static bool find_portal(const struct azure *a, const char *id, size_t len,
			size_t *ret)
{
	for (size_t i = 0; i < xdr_n_alerts(a->xdr); i++) {
		char own[XDR_ID_SIZE];

		xdr_provider_id(a->xdr, i, own);
		if (strlen(own) != len || strncmp(own, id, len) != 0 ||
		    strcmp(xdr_product_of(a->xdr, i)->prefix, "ca") != 0)
			continue;
		*ret = i;
		return true;
	}
	return false;
}

/* It says 200 about one that it does not know, too. */
static void close_portal(struct azure *a, const struct web_request *req,
			 const char *how, struct web_reply *reply)
{
	CLEANUP(free_ptr)
	char *counter = xasprintf("closed_%.*s", (int)strcspn(how, "/"), how);
	CLEANUP(jsonx_unref) json_t *body = body_of(req);
	const json_t *ids =
		jsonx_get(jsonx_get(jsonx_get(body, "filters"), "id"), "eq");
	json_int_t n = 0;
	size_t i, index;
	json_t *id;

	json_array_foreach((json_t *)ids, i, id)
	{
		const char *text = json_string_value(id);

		if (text && find_portal(a, text, strlen(text), &index)) {
			set_graph(a, estate_n_alerts(a->estate) + index,
				  "resolved");
			n++;
		}
	}
	if (!json_is_array(ids))
		azure_refuse_field(reply, "filters");
	else
		web_reply_json(reply, 200, json_pack("{s:I}", counter, n));
}

bool azure_answer_portal_alert(struct azure *a, const struct web_request *req,
			       struct web_reply *reply)
{
	static const char before[] = "/api/v1/alerts/";
	const char *at = strstr(req->path, before), *id;
	size_t index;

	id = at ? at + strlen(before) : "";
	if (!*id)
		return false;
	if (strncmp(id, "close_", strlen("close_")) == 0) {
		close_portal(a, req, id + strlen("close_"), reply);
		note(a, req, reply->status);
	} else if (find_portal(a, id, strcspn(id, "/"), &index)) {
		web_reply_json(reply, 200, xdr_cloud_apps_alert(a->xdr, index));
	} else {
		reply->status = 404;
	}
	return true;
}
