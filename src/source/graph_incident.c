/*
 * An incident of Defender XDR (section 2.3 of the API notes): what correlates
 * alerts, triaged as an alert of its own. Called through normalize.h.
 *
 * Defender XDR makes an incident of every alert, most of them of one alone. So
 * only one whose alerts show several tactics counts as an incident to the rules
 * (semantics 2); the others are alerts like any other.
 */
#include "source/normalize.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "source/field_priv.h"
#include "source/recognize_priv.h"
#include "source/word_priv.h"
#include "util/compiler.h"
#include "util/jsonx.h"
#include "util/strbuf.h"
#include "util/strlist.h"
#include "util/xmalloc.h"

#define PORTAL_URL_MAX 2000
#define INCIDENT_TACTICS 3

/* Of MITRE ATT&CK. A category may also be "Malware" or "SuspiciousActivity". */
static const char *const tactics[] = {
	"Reconnaissance", "ResourceDevelopment",
	"InitialAccess",  "Execution",
	"Persistence",	  "PrivilegeEscalation",
	"DefenseEvasion", "CredentialAccess",
	"Discovery",	  "LateralMovement",
	"Collection",	  "CommandAndControl",
	"Exfiltration",	  "Impact",
};

static int set_identity(struct alert *a, const json_t *o, const char *tenant,
			struct err *err)
{
	int rc;

	rc = field_id(jsonx_str(o, "id"), &a->native_id, err);
	if (rc < 0)
		return rc;
	field_set_tenant(a, tenant, jsonx_str(o, "tenantId"));
	a->kind = xstrdup(ALERT_KIND_GRAPH_INCIDENT);
	a->provider = xstrdup("defender-xdr");
	/* XDR has alerts of its own: so rules can tell incidents from them. */
	a->alert_type = xstrdup("xdr-incident");
	a->incident = xstrdup(a->native_id);
	return 0;
}

static int compare_words(const void *one, const void *two)
{
	return strcasecmp(*(char *const *)one, *(char *const *)two);
}

static size_t count_tactics(const struct strlist *words)
{
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(tactics); i++)
		n += strlist_has_ci(words, tactics[i]);
	return n;
}

/* In an order of their own: that of the alerts differs between two answers and
 * would be a change of the incident each time. */
static void set_tactics(struct alert *a, struct strbuf *list)
{
	struct strlist words = STRLIST_INIT;
	char *rest = list->buf;
	char *word;

	while (list->len > 0 && (word = strsep(&rest, ",")))
		strlist_add(&words, word);
	if (words.n > 0)
		qsort(words.v, words.n, sizeof(*words.v), compare_words);
	a->is_incident = count_tactics(&words) >= INCIDENT_TACTICS;
	strbuf_reset(list);
	for (size_t i = 0; i < words.n; i++)
		field_add_words(list, words.v[i]);
	a->tactics = field_list(a, list);
	strlist_release(&words);
}

/* With $expand=alerts: an array, or a single object in one published reply. */
static void add_tactics(struct alert *a, const json_t *alerts)
{
	CLEANUP(strbuf_release) struct strbuf list = STRBUF_INIT;
	const json_t *one;
	size_t i;

	field_add_all(&list, jsonx_get(alerts, "category"));
	field_add_all(&list, jsonx_get(alerts, "categories"));
	json_array_foreach(alerts, i, one)
	{
		field_add_all(&list, jsonx_get(one, "category"));
		field_add_all(&list, jsonx_get(one, "categories"));
	}
	set_tactics(a, &list);
}

int graph_incident_parse(const json_t *object, const char *tenant,
			 struct alert *ret, struct err *err)
{
	const char *url = jsonx_str(object, "incidentWebUrl");
	int rc;

	rc = set_identity(ret, object, tenant, err);
	if (rc < 0)
		return rc;
	ret->title = field_line(ret, jsonx_str(object, "displayName"),
				ALERT_TITLE_MAX);
	ret->description =
		field_text(ret, FIELD_FIRST(object, "description", "summary"));
	word_set_severity(ret, jsonx_str(object, "severity"));
	word_set_status(ret, jsonx_str(object, "status"));
	ret->created_ms =
		FIELD_TIME(object, "createdDateTime", "lastUpdateDateTime");
	ret->source_updated_ms = FIELD_TIME(object, "lastUpdateDateTime");
	add_tactics(ret, jsonx_get(object, "alerts"));
	if (url && strlen(url) <= PORTAL_URL_MAX && word_is_portal_url(url))
		ret->portal_url = xstrdup(url);
	recognize(ret, NULL);
	return 0;
}
