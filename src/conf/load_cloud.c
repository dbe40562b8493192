/*
 * National clouds: the word of `cloud:` and the addresses that follow from it.
 * Called by load_source.c and load_oauth.c when an entry has been read. The
 * hosts are those of Microsoft's pages "National clouds" (Entra, Graph), "Azure
 * for US Government / China developer guide" and "Authenticate an IMAP, POP or
 * SMTP connection using OAuth".
 *
 * tested with: test_sources test_oauth
 */
#include "conf/conf_priv.h"

#include <stdlib.h>
#include <string.h>
#include "util/compiler.h"
#include "util/xmalloc.h"

static const struct cloud_addresses clouds[] = {
	[CLOUD_PUBLIC] = { "public", "https://login.microsoftonline.com",
			   "https://management.azure.com",
			   "https://graph.microsoft.com",
			   "https://outlook.office365.com" },
	[CLOUD_US_GOVERNMENT] = { "us-government",
				  "https://login.microsoftonline.us",
				  "https://management.usgovcloudapi.net",
				  "https://graph.microsoft.us",
				  "https://outlook.office365.us" },
	[CLOUD_CHINA] = { "china", "https://login.partner.microsoftonline.cn",
			  "https://management.chinacloudapi.cn",
			  "https://microsoftgraph.chinacloudapi.cn",
			  "https://partner.outlook.cn" },
};

const struct cloud_addresses *cloud_addresses(enum azure_cloud c)
{
	return &clouds[c];
}

const char *cloud_word(enum azure_cloud c)
{
	return clouds[c].word;
}

void load_cloud(struct load *l, const struct option *o, const struct node *v,
		void *object)
{
	struct suggest s = { .word = v->text };
	char buf[SUGGEST_TEXT_MAX];

	if (!load_is_text(l, v, "the name of a cloud"))
		return;
	if (strcmp(v->text, "germany") == 0) {
		load_fault(l, &v->mark,
			   "Microsoft closed the cloud 'germany' on "
			   "2021-10-29; its tenants are in 'public' now");
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(clouds); i++) {
		suggest_offer(&s, clouds[i].word);
		if (strcmp(v->text, clouds[i].word) != 0)
			continue;
		*FIELD(enum azure_cloud, object, o) = (enum azure_cloud)i;
		return;
	}
	load_fault(l, &v->mark,
		   "must be public, us-government or china, not '%.40s'%s",
		   v->text, suggest_text(&s, buf));
}

/* A default of the public cloud gives way; what the entry says stays. */
static void cloud_endpoint(struct load *l, const char *option, char **field,
			   const char *address)
{
	if (!*field || load_given(l, option))
		return;
	free(*field);
	*field = xstrdup(address);
}

void cloud_apply(struct load *l, struct source_conf *s)
{
	const struct cloud_addresses *def = &clouds[s->cloud];
	const struct mark *at = load_given(l, "cloud");

	cloud_endpoint(l, "endpoints.login", &s->login, def->login);
	cloud_endpoint(l, "endpoints.resource-manager", &s->resource_manager,
		       def->resource_manager);
	cloud_endpoint(l, "endpoints.graph", &s->graph, def->graph);
	if (s->cloud != CLOUD_CHINA || !at)
		return;
	if (s->type == SOURCE_DEFENDER_FOR_CLOUD)
		load_warn(
			l, at,
			"Defender for Cloud left the cloud 'china' (21Vianet) "
			"in August 2026; no alerts will come");
	if (s->type == SOURCE_GRAPH_SECURITY)
		load_warn(l, at,
			  "Microsoft documents this interface for the clouds "
			  "public and us-government alone, and Defender for "
			  "Cloud left 'china' (21Vianet) in August 2026");
}

void cloud_apply_mail(struct load *l, struct target_conf *t)
{
	const struct cloud_addresses *def = &clouds[t->oauth.cloud];

	cloud_endpoint(l, "endpoints.login", &t->oauth.login, def->login);
	free(t->oauth.scope);
	t->oauth.scope =
		xasprintf("%s/.default",
			  target_is_graph(t) ? t->server : def->exchange);
}
