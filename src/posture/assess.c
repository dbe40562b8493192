/*
 * A recommendation: what was found about one resource (an assessment), and what
 * is said of all of its kind (its metadata). Called by parts.c.
 *
 * Keys come in two spellings, and half of them not at all; a resource may be a
 * machine that is not in Azure and has no id there.
 *
 * tested with: test_parts
 */
#include "posture/item_priv.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "util/jsonx.h"
#include "util/xmalloc.h"

#define PROVIDERS "/providers/"
#define ASSESSMENTS "/providers/Microsoft.Security/assessments/"

static enum advice_state state_of(const char *word)
{
	static const struct {
		const char *word;
		enum advice_state state;
	} words[] = {
		{ "Healthy", ADVICE_HEALTHY },
		{ "Unhealthy", ADVICE_UNHEALTHY },
		{ "NotApplicable", ADVICE_NOT_APPLICABLE },
		/* Of the exports. */
		{ "OffByPolicy", ADVICE_NOT_APPLICABLE },
	};

	for (size_t i = 0; word && i < ARRAY_SIZE(words); i++) {
		if (strcasecmp(word, words[i].word) == 0)
			return words[i].state;
	}
	return ADVICE_UNKNOWN;
}

static const char *find_last_ci(const char *s, const char *part)
{
	const char *found = NULL;

	for (const char *p = s; (p = strcasestr(p, part)); p++)
		found = p;
	return found;
}

/* "Microsoft.Sql/servers/databases" of an ARM id: the last provider, and every
 * second word behind it. */
static char *type_of(const char *id)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
	const char *p = find_last_ci(id, PROVIDERS);

	if (!p)
		return strcasestr(id, "/resourceGroups/")
			       ? xstrdup("Microsoft.Resources/resourceGroups")
			       : xstrdup("Microsoft.Resources/subscriptions");
	p += strlen(PROVIDERS);
	for (size_t i = 0; *p; i++) {
		size_t len = strcspn(p, "/");

		if (i == 0 || i % 2 == 1) {
			if (i > 0)
				strbuf_addch(&sb, '/');
			strbuf_add(&sb, p, len);
		}
		p += len + (p[len] == '/');
	}
	return item_line(sb.buf);
}

/* What it is about: an id in Azure, else the machine's name elsewhere. */
static int read_resource(const json_t *properties, struct advice *a,
			 struct err *err)
{
	const json_t *details = jsonx_get(properties, "resourceDetails");
	const char *id = jsonx_str(details, "Id");
	const char *machine = jsonx_str(details, "MachineName");
	const char *end;

	if (!id && machine) {
		a->resource_type = xstrdup("machine");
		return item_id(machine, "resource", &a->resource_id, err);
	}
	end = find_last_ci(a->native_id, ASSESSMENTS);
	if (id && item_id(id, "resource", &a->resource_id, err) < 0)
		return ERR_SCHEMA;
	if (!id && end && end > a->native_id)
		a->resource_id =
			xstrndup(a->native_id, (size_t)(end - a->native_id));
	if (!a->resource_id)
		return err_set(err, ERR_SCHEMA,
			       "it does not say what it is about");
	a->resource_type = type_of(a->resource_id);
	return 0;
}

/* The service leaves out the scheme. Nothing but its portals is a link. */
static char *portal_url(const char *s)
{
	static const char *const hosts[] = { "portal.azure.com/",
					     "portal.azure.us/",
					     "portal.azure.cn/" };
	CLEANUP(free_ptr) char *clean = NULL;

	if (!s)
		return NULL;
	if (strncasecmp(s, "https://", 8) == 0)
		s += 8;
	if (strncasecmp(s, "www.", 4) == 0)
		s += 4;
	for (size_t i = 0; i < ARRAY_SIZE(hosts); i++) {
		if (strncasecmp(s, hosts[i], strlen(hosts[i])) != 0 ||
		    strlen(s) > POSTURE_ID_MAX || strpbrk(s, " \t\r\n\"<>\\"))
			continue;
		if (item_id(s, "link", &clean, NULL) < 0)
			return NULL;
		return xasprintf("https://%s", clean);
	}
	return NULL;
}

/* What the service weighs for this resource goes before its kind. */
static void read_severity(const json_t *properties, struct advice *a)
{
	const char *risk = jsonx_str(jsonx_get(properties, "risk"), "level");
	const json_t *metadata = jsonx_get(properties, "metadata");

	a->has_severity =
		item_severity(risk, &a->severity) ||
		item_severity(jsonx_str(metadata, "severity"), &a->severity);
}

int assess_read(const json_t *item, const json_t *properties,
		struct advice *ret, struct err *err)
{
	const json_t *status = jsonx_get(properties, "status");
	const json_t *links = jsonx_get(properties, "links");
	const char *link = jsonx_str(links, "azurePortalUri");
	int rc = item_id(jsonx_str(item, "id"), "id", &ret->native_id, err);

	if (rc >= 0)
		rc = item_id(jsonx_str(item, "name"), "name", &ret->kind, err);
	if (rc >= 0)
		rc = read_resource(properties, ret, err);
	if (rc < 0)
		return rc;
	ret->title = item_word(properties, "displayName");
	ret->state = state_of(jsonx_str(status, "code"));
	ret->cause = item_word(status, "cause");
	ret->description = item_text(jsonx_str(status, "description"));
	ret->first_ms = item_time(status, "firstEvaluationDate");
	ret->changed_ms = item_time(status, "statusChangeDate");
	ret->portal_url =
		portal_url(link ? link : jsonx_str(links, "azurePortal"));
	read_severity(properties, ret);
	return 0;
}

int assess_read_kind(const json_t *item, const json_t *properties,
		     struct advice_kind *ret, struct err *err)
{
	int rc = item_id(jsonx_str(item, "name"), "name", &ret->kind, err);

	if (rc < 0)
		return rc;
	ret->title = item_word(properties, "displayName");
	if (!ret->title)
		return err_set(err, ERR_SCHEMA, "it has no title");
	ret->has_severity = item_severity(jsonx_str(properties, "severity"),
					  &ret->severity);
	ret->description = item_text(jsonx_str(properties, "description"));
	ret->remediation =
		item_text(jsonx_str(properties, "remediationDescription"));
	ret->categories = item_words(properties, "categories");
	if (!ret->categories)
		ret->categories = item_words(properties, "category");
	ret->effort = item_word(properties, "implementationEffort");
	ret->impact = item_word(properties, "userImpact");
	ret->is_preview = jsonx_bool(properties, "preview");
	return 0;
}
