/*
 * The vocabulary of the sources. Called by the three normalizers; knows no
 * JSON. Words are compared without case, blanks and punctuation, because the
 * same product is "microsoftDefenderForCloud" in Graph and "Microsoft Defender
 * for Cloud" in ARM.
 */
#include "source/word_priv.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "util/compiler.h"
#include "util/utf8.h"
#include "util/xmalloc.h"

/* Letters and digits of @a equal @squeezed (small letters only)? */
static bool same_word(const char *a, const char *squeezed)
{
	for (; *a; a++) {
		unsigned char c = (unsigned char)*a;

		if (!isalnum(c))
			continue;
		if (tolower(c) != *squeezed)
			return false;
		squeezed++;
	}
	return *squeezed == '\0';
}

static bool find_severity(const char *word, enum severity *ret)
{
	static const struct {
		const char *word;
		enum severity severity;
	} table[] = {
		{ "high", SEVERITY_HIGH },
		{ "medium", SEVERITY_MEDIUM },
		{ "low", SEVERITY_LOW },
		{ "informational", SEVERITY_INFO },
		{ "information", SEVERITY_INFO }, /* 2015 previews */
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		if (strcasecmp(word, table[i].word) == 0) {
			*ret = table[i].severity;
			return true;
		}
	}
	return false;
}

void word_set_severity(struct alert *a, const char *word)
{
	a->base = SEVERITY_MEDIUM;
	a->severity_absent = word == NULL;
	a->severity_unmapped = !word || !find_severity(word, &a->base);
	free(a->source_severity);
	a->source_severity = utf8_clean_dup(word, ALERT_WORD_MAX, UTF8_LINE);
}

void word_set_status(struct alert *a, const char *word)
{
	static const struct {
		const char *word; /* squeezed */
		enum source_state state;
	} table[] = {
		{ "inprogress", SOURCE_IN_PROGRESS },
		{ "resolved", SOURCE_RESOLVED },
		{ "closed", SOURCE_RESOLVED },
		{ "truepositive", SOURCE_RESOLVED },
		{ "dismissed", SOURCE_DISMISSED },
		/* An incident that became part of another one. */
		{ "redirected", SOURCE_DISMISSED },
		{ "falsepositive", SOURCE_DISMISSED },
		{ "benign", SOURCE_DISMISSED },
	};

	a->source_state = SOURCE_ACTIVE;
	free(a->source_status);
	a->source_status = utf8_clean_dup(word, ALERT_WORD_MAX, UTF8_LINE);
	for (size_t i = 0; word && i < ARRAY_SIZE(table); i++) {
		if (same_word(word, table[i].word))
			a->source_state = table[i].state;
	}
}

struct product {
	const char *word; /* squeezed */
	const char *slug;
};

static const struct product products[] = {
	{ "microsoftdefenderforcloud", "defender-for-cloud" },
	{ "azuresecuritycenter", "defender-for-cloud" },
	{ "azuresecuritycenterforiot", "defender-for-cloud" },
	{ "azuredefender", "defender-for-cloud" },
	{ "asc", "defender-for-cloud" },
	{ "microsoftdefenderforcloudapps", "defender-for-cloud-apps" },
	{ "microsoftcloudappsecurity", "defender-for-cloud-apps" },
	{ "mcas", "defender-for-cloud-apps" },
	{ "microsoftdefenderforendpoint", "defender-for-endpoint" },
	{ "microsoftdefenderadvancedthreatprotection",
	  "defender-for-endpoint" },
	{ "microsoftdefenderatp", "defender-for-endpoint" },
	{ "mdatp", "defender-for-endpoint" },
	{ "microsoftdefenderforidentity", "defender-for-identity" },
	{ "azureadvancedthreatprotection", "defender-for-identity" },
	{ "microsoftdefenderforoffice365", "defender-for-office-365" },
	{ "office365advancedthreatprotection", "defender-for-office-365" },
	{ "oatp", "defender-for-office-365" },
	{ "microsoft365defender", "defender-xdr" },
	{ "microsoftdefenderxdr", "defender-xdr" },
	{ "azureadidentityprotection", "entra-id-protection" },
	{ "azureactivedirectoryidentityprotection", "entra-id-protection" },
	{ "microsoftentraidprotection", "entra-id-protection" },
	{ "ipc", "entra-id-protection" },
	{ "microsoftappgovernance", "app-governance" },
	{ "appgovernance", "app-governance" },
	{ "datalossprevention", "purview-dlp" },
	{ "microsoftdatalossprevention", "purview-dlp" },
	{ "microsoftsentinel", "sentinel" },
	{ "azuresentinel", "sentinel" },
	{ "asischeduledalerts", "sentinel" },
	{ "customalertrule", "sentinel" },
	{ "microsoftinsiderriskmanagement", "insider-risk" },
	{ "microsoftthreatintelligence", "threat-intelligence" },
	{ "microsoftsecurityforai", "security-for-ai" },
};

char *word_provider(const char *word)
{
	char *slug;

	if (!word)
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(products); i++) {
		if (same_word(word, products[i].word))
			return xstrdup(products[i].slug);
	}
	slug = utf8_clean_dup(word, ALERT_WORD_MAX, UTF8_LINE);
	for (char *p = slug; *p; p++)
		*p = *p == ' ' ? '-' : (char)tolower((unsigned char)*p);
	return slug;
}

const char *word_provider_by_prefix(const char *graph_id)
{
	/* Microsoft's table "alert sources" of the XDR alert queue. */
	static const char table[][2][24] = {
		{ "ca", "defender-for-cloud-apps" },
		{ "rm", "defender-for-cloud-apps" },
		{ "ma", "app-governance" },
		{ "dc", "defender-for-cloud" },
		{ "ad", "entra-id-protection" },
		{ "da", "defender-for-endpoint" },
		{ "ed", "defender-for-endpoint" },
		{ "aa", "defender-for-identity" },
		{ "ri", "defender-for-identity" },
		{ "fa", "defender-for-office-365" },
		{ "ra", "defender-xdr" },
		{ "ta", "defender-xdr" },
		{ "ea", "defender-xdr" },
		{ "dl", "purview-dlp" },
		{ "sn", "sentinel" },
		{ "ir", "insider-risk" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		if (strncasecmp(graph_id, table[i][0], 2) == 0)
			return table[i][1];
	}
	return NULL;
}

static const char *numbered(const char *const *words, size_t n, int64_t value)
{
	return value >= 0 && (uint64_t)value < n ? words[value] : NULL;
}

const char *word_cloud_apps_severity(int64_t value)
{
	/* Not in order: 3 was added later and is the least. */
	static const char *const words[] = { "low", "medium", "high",
					     "informational" };

	return numbered(words, ARRAY_SIZE(words), value);
}

const char *word_cloud_apps_status(int64_t value)
{
	static const char *const words[] = { "open",	 "dismissed",
					     "resolved", "false positive",
					     "benign",	 "true positive" };

	return numbered(words, ARRAY_SIZE(words), value);
}

const char *word_cloud_apps_intent(int64_t value)
{
	static const char *const words[] = {
		NULL, /* 0 unknown */
		"PreAttack",
		"InitialAccess",
		"Persistence",
		"PrivilegeEscalation",
		"DefenseEvasion",
		"CredentialAccess",
		"Discovery",
		"LateralMovement",
		"Execution",
		"Collection",
		"Exfiltration",
		"CommandAndControl",
		"Impact",
	};

	return numbered(words, ARRAY_SIZE(words), value);
}

const char *word_cloud_apps_story(int64_t value)
{
	/* Story 4 is the discovery of shadow IT, not the tactic Discovery. */
	static const char *const words[] = {
		"ThreatDetection",
		"PrivilegedAccount",
		"Compliance",
		"DLP",
		"CloudDiscovery",
		"SharingControl",
		NULL,
		"AccessControl",
		"ConfigurationControl",
	};

	return numbered(words, ARRAY_SIZE(words), value);
}

/* Host @host (of @len bytes) is @row, or below it when @row begins with '.' */
static bool is_host(const char *host, size_t len, const char *row)
{
	size_t row_len = strlen(row);

	if (row[0] != '.')
		return len == row_len && strncasecmp(host, row, len) == 0;
	return len > row_len &&
	       strncasecmp(host + len - row_len, row, row_len) == 0;
}

bool word_is_portal_url(const char *url)
{
	static const char *const hosts[] = {
		"portal.azure.com",
		"portal.azure.us",
		"portal.azure.cn",
		"security.microsoft.com",
		"security.microsoft.us",
		"security.apps.mil",
		"portal.cloudappsecurity.com",
		".portal.cloudappsecurity.com",
		".portal.cloudappsecurity.us",
		".portal.cloudappsecuritygov.com",
	};
	static const char scheme[] = "https://";
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				      "!#$%&'()*+,-./:;=?@[]_~";
	const char *host = url + strlen(scheme);
	size_t len;

	if (strncasecmp(url, scheme, strlen(scheme)) != 0)
		return false;
	len = strspn(host, "abcdefghijklmnopqrstuvwxyz"
			   "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-");
	/* No user, no port: a real portal link has neither. */
	if (host[len] != '\0' && !strchr("/?#", host[len]))
		return false;
	if (host[len + strspn(host + len, allowed)] != '\0')
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(hosts); i++) {
		if (is_host(host, len, hosts[i]))
			return true;
	}
	return false;
}
