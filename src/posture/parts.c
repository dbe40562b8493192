/*
 * See parts.h. An item is taken apart here once and read
 * by the reader of its part.
 */
#include "posture/parts.h"

#include "posture/item_priv.h"
#include "util/jsonx.h"
#include "util/xmalloc.h"

/* What an item of POSTURE_ITEM_MAX may cost as a tree. */
#define ITEM_HEAP ((size_t)16 << 20)

/* Newest versions that clouds other than the public one have, too. */
static const struct {
	const char *path, *version;
} requests[POSTURE_PART_MAX] = {
	[POSTURE_PLANS] = { "pricings", "2024-01-01" },
	[POSTURE_SCORES] = { "secureScores", "2020-01-01" },
	[POSTURE_RECOMMENDATIONS] = { "assessments", "2021-06-01" },
	[POSTURE_KINDS] = { "assessmentMetadata", "2021-06-01" },
	[POSTURE_CONTACTS] = { "securityContacts", "2023-12-01-preview" },
	[POSTURE_EXPORTS] = { "automations", "2019-01-01-preview" },
	[POSTURE_PROVISIONING] = { "autoProvisioningSettings",
				   "2017-08-01-preview" },
	[POSTURE_SHARING] = { "settings", "2022-05-01" },
	[POSTURE_SUBSCRIPTIONS] = { "subscriptions", "2022-12-01" },
};

char *parts_url(const char *endpoint, const char *subscription,
		enum posture_part part)
{
	if (part == POSTURE_SUBSCRIPTIONS)
		return xasprintf("%s/%s?api-version=%s", endpoint,
				 requests[part].path, requests[part].version);
	return xasprintf("%s/subscriptions/%s/providers/Microsoft.Security/%s"
			 "?api-version=%s",
			 endpoint, subscription, requests[part].path,
			 requests[part].version);
}

static int read_plan(struct posture_page *page, const json_t *o,
		     const json_t *properties, struct err *err)
{
	CLEANUP(plan_release) struct plan p = { 0 };
	int rc = plan_read(o, properties, &p, err);

	if (rc >= 0)
		posture_page_add_plan(page, &p);
	return rc;
}

static int read_score(struct posture_page *page, const json_t *o,
		      const json_t *properties, struct err *err)
{
	CLEANUP(secure_score_release) struct secure_score s = { 0 };
	int rc = score_read(o, properties, &s, err);

	if (rc >= 0)
		posture_page_add_score(page, &s);
	return rc;
}

static int read_advice(struct posture_page *page, const json_t *o,
		       const json_t *properties, struct err *err)
{
	CLEANUP(advice_release) struct advice a = { 0 };
	int rc = assess_read(o, properties, &a, err);

	if (rc >= 0)
		posture_page_add_advice(page, &a);
	return rc;
}

static int read_kind(struct posture_page *page, const json_t *o,
		     const json_t *properties, struct err *err)
{
	CLEANUP(advice_kind_release) struct advice_kind k = { 0 };
	int rc = assess_read_kind(o, properties, &k, err);

	if (rc >= 0)
		posture_page_add_kind(page, &k);
	return rc;
}

static int read_setting(struct posture_page *page, const json_t *o,
			const json_t *properties, struct err *err)
{
	CLEANUP(posture_setting_release) struct posture_setting s = { 0 };
	int rc = setting_read(page->part, page->n + 1, o, properties, &s, err);

	if (rc >= 0)
		posture_page_add_setting(page, &s);
	return rc;
}

static int read_subscription(struct posture_page *page, const json_t *o,
			     struct err *err)
{
	CLEANUP(posture_subscription_release)
	struct posture_subscription s = { 0 };
	int rc = item_id(jsonx_str(o, "subscriptionId"), "id", &s.id, err);

	if (rc < 0)
		return rc;
	s.name = item_word(o, "displayName");
	s.state = item_word(o, "state");
	posture_page_add_subscription(page, &s);
	return 0;
}

static int read_part(struct posture_page *page, const json_t *o,
		     struct err *err)
{
	const json_t *properties = jsonx_get(o, "properties");

	if (page->part == POSTURE_SUBSCRIPTIONS)
		return read_subscription(page, o, err);
	if (!json_is_object(properties))
		return err_set(err, ERR_SCHEMA, "it has no properties");
	switch (page->part) {
	case POSTURE_PLANS:
		return read_plan(page, o, properties, err);
	case POSTURE_SCORES:
		return read_score(page, o, properties, err);
	case POSTURE_RECOMMENDATIONS:
		return read_advice(page, o, properties, err);
	case POSTURE_KINDS:
		return read_kind(page, o, properties, err);
	case POSTURE_CONTACTS:
	case POSTURE_EXPORTS:
	case POSTURE_PROVISIONING:
	case POSTURE_SHARING:
	case POSTURE_SUBSCRIPTIONS:
		break;
	}
	return read_setting(page, o, properties, err);
}

int parts_read(struct posture_page *page, struct span item, struct err *err)
{
	CLEANUP(jsonx_unref) json_t *o = NULL;
	struct err why = ERR_INIT;

	if (item.len > POSTURE_ITEM_MAX)
		return err_set(err, ERR_LIMIT,
			       "it has %zu bytes, more than %zu", item.len,
			       POSTURE_ITEM_MAX);
	o = jsonx_parse_unique(item.p, item.len, ITEM_HEAP, &why);
	if (!o)
		return err_set(err, why.code, "%s", why.text);
	return read_part(page, o, err);
}
