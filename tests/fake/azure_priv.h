/*
 * Shared by fake_azure.c and its doors: sign-in (azure_token.c,
 * azure_assertion.c, azure_identity.c), Resource Manager (azure_pages.c,
 * azure_posture.c, azure_tenant.c), Graph (azure_graph.c, azure_hunting.c) and
 * Cloud Apps (azure_cloud_apps.c, azure_activities.c), and what they change
 * (azure_actions.c). Each answers from the same estate.
 */
#ifndef FAKE_AZURE_PRIV_H
#define FAKE_AZURE_PRIV_H

#include "fake/estate.h"
#include "fake/web.h"
#include "fake/xdr.h"

#define AZURE_TENANT "7c1d5c54-2b9a-4f0e-9d3f-0c6b1f2f8a11"

enum azure_audience {
	AUDIENCE_ANY, /* Resource Manager and Graph */
	AUDIENCE_CLOUD_APPS,
};

struct issued_token {
	unsigned long long serial;
	int64_t ends_mono_ms;
	enum azure_audience audience;
	bool has_claims; /* asked for with the claims of a challenge */
};

/* So many requests in each minute, then 429. */
struct azure_meter {
	json_int_t per_minute; /* 0: no limit */
	int64_t began_mono_ms;
	json_int_t n, n_refused;
};

/* Numbers of alerts in the order of a listing, kept from page to page. */
struct azure_order {
	char *key; /* what was asked */
	uint64_t generation;
	size_t *items;
	size_t n;
};

struct azure {
	struct estate *estate;
	struct xdr *xdr;
	bool tls;
	size_t page, subscription_page, repeat;
	bool shuffle, skiptoken, log_items;
	uint64_t n_listings;
	uint64_t generation; /* counts changes of what is listed */

	json_t *token; /* of the script, or NULL */
	json_t *arc; /* of the script, or NULL */
	json_t *groups; /* management groups, or NULL */
	json_t *states; /* of subscriptions that are not enabled, or NULL */
	json_t *healthy; /* findings that were mended, or NULL */
	char *claims; /* JSON text a token must be asked for with, or NULL */
	struct issued_token *tokens;
	size_t n_tokens, n_tokens_alloc;
	unsigned long long last_serial;
	json_t *sign_ins; /* the last ones, for a test to look at */
	json_t *mails; /* that sendMail accepted, or NULL */
	json_t *users; /* accounts of the directory by name, or NULL */
	json_t *actions; /* changes that were asked for, or NULL */
	json_int_t activity_every_s;
	json_int_t n_token_requests, n_identity_requests, n_arm_requests;

	struct azure_meter graph_meter, cloud_apps_meter;
	struct azure_order graph_order, cloud_apps_order, arm_order;
};

/* A way in which a door says no. */
struct azure_error {
	const char *name;
	int status;
	const char *code, *text;
	const char *header; /* "Name: value\r\n" or NULL */
};
/* The one called @name; ends the process when there is none. */
const struct azure_error *azure_error_find(const struct azure_error *table,
					   size_t n, const char *name);

/* Where a page begins: "$skip", or "$skiptoken" as "place-listing". */
struct azure_position {
	size_t place;
	uint64_t listing; /* fixes the order when it is shuffled */
};
struct azure_position azure_position_of(struct azure *a,
					const struct web_request *req);
/*
 * ,"NAME":"..." for the page at @next (NULL: the last was this), or what the
 * effect wants. The query is that of @req but for the place.
 */
void azure_add_next_link(struct strbuf *sb, const struct azure *a,
			 const struct web_request *req, const json_t *effect,
			 const char *name, const struct azure_position *next);
/* False: too many; the request is refused. Counts. */
bool azure_meter_take(struct azure_meter *m);
/* A number for sorting that differs from listing to listing. */
uint64_t azure_mix(uint64_t n, uint64_t listing);
/* 100 ns since 1970 from RFC 3339; false when it is none. */
bool azure_parse_ticks(const char *text, int64_t *ret);
/* Empty the order, to be filled, when it is not that of @key. */
bool azure_order_is(struct azure_order *o, const char *key,
		    uint64_t generation);

void azure_arm_error(struct web_reply *reply, const char *name);

void azure_answer_token(struct azure *a, const struct web_request *req,
			const json_t *effect, struct web_reply *reply);
/* 0, or the AADSTS code of what is wrong with the assertion of the form. */
json_int_t azure_check_assertion(const struct azure *a,
				 const struct web_request *req);
/* A new token (heap). */
char *azure_issue(struct azure *a, json_int_t expires_in, const char *scope,
		  bool has_claims);
/* IMDS, Azure Arc, and the endpoint azure-cli asks. False: another path. */
bool azure_answer_identity(struct azure *a, const struct web_request *req,
			   const json_t *effect, struct web_reply *reply);
/* Is it "Bearer" and a token we issued for @audience that has not ended? */
const struct issued_token *azure_token_find(const struct azure *a,
					    const char *authorization,
					    enum azure_audience audience);
/* The header that asks for a token with the claims of the script. */
void azure_challenge(const struct azure *a, struct web_reply *reply);

void azure_answer_subscriptions(struct azure *a, const struct web_request *req,
				const json_t *effect, struct web_reply *reply);
void azure_answer_alerts(struct azure *a, size_t sub,
			 const struct web_request *req, const json_t *effect,
			 struct web_reply *reply);
/* Of a subscription, beside its alerts; @rest is the path behind its id.
 * False: another path. */
bool azure_answer_posture(struct azure *a, size_t sub, const char *rest,
			  const struct web_request *req, const json_t *effect,
			  struct web_reply *reply);
/* Tenants, management groups, Resource Graph. False: another path. */
bool azure_answer_tenant(struct azure *a, const struct web_request *req,
			 const json_t *effect, struct web_reply *reply);

void azure_answer_graph(struct azure *a, const struct web_request *req,
			const json_t *effect, struct web_reply *reply);
void azure_answer_hunting(struct azure *a, const struct web_request *req,
			  struct web_reply *reply);
/* sendMail. False: another path. */
bool azure_answer_mail(struct azure *a, const struct web_request *req,
		       struct web_reply *reply);
/* azure_actions.c: what is changed, and looked at before. False: another
 * path. */
bool azure_answer_user(struct azure *a, const struct web_request *req,
		       struct web_reply *reply);
bool azure_answer_alert(struct azure *a, const struct web_request *req,
			struct web_reply *reply);
bool azure_answer_arm_alert(struct azure *a, const struct web_request *req,
			    struct web_reply *reply);
bool azure_answer_portal_alert(struct azure *a, const struct web_request *req,
			       struct web_reply *reply);
void azure_graph_error(struct web_reply *reply, const char *name);
void azure_answer_cloud_apps(struct azure *a, const struct web_request *req,
			     const json_t *effect, struct web_reply *reply);

/* The form in which the portal names the field it does not like. */
void azure_refuse_field(struct web_reply *reply, const char *field);
/* {"gte": ..., "lte": ...}; false: it is no range. */
bool azure_read_range(const json_t *filter, int64_t *from_ms, int64_t *to_ms);
/* The next datetime(X) of a query at *@at, which is passed. */
bool azure_next_instant(const char **at, int64_t *ret_ticks);
void azure_answer_activities(struct azure *a, const struct web_request *req,
			     const json_t *effect, struct web_reply *reply);
/* Rows of CloudAppEvents. */
json_t *azure_hunt_activities(struct azure *a, const char *query);

struct azure_filter_item;
/* How Graph shows a thing. */
struct azure_view {
	bool later_members; /* of enums */
	bool expand; /* with what is in it */
};
/* What Graph lists. */
struct azure_list {
	const char *path;
	size_t (*count)(const struct azure *a);
	void (*describe)(const struct azure *a, size_t item,
			 struct azure_filter_item *ret);
	void (*render)(const struct azure *a, size_t item,
		       const struct azure_view *v, struct strbuf *sb);
};
/* Alerts: those of the estate first, then the others. */
extern const struct azure_list azure_graph_alerts;
/* Incidents: three of the others each. */
extern const struct azure_list azure_graph_incidents;

#endif
