/* Sources of every type, every way to sign in, every cloud: what is read, what
 * is refused, and what is dumped again. */
#include "conf_test.h"
#include "util/compiler.h"
#include "util/strbuf.h"
#include "util/xmalloc.h"

#define GUID_1 "11111111-2222-3333-4444-555555555555"
#define GUID_2 "66666666-7777-8888-9999-000000000000"
#define MINUTES (60 * (int64_t)1000)
#define HOURS (60 * MINUTES)

/* A source in line 2 of the text. */
#define SOURCE(type, more)                                                     \
	"sources:\n  - {name: a, type: " type more "}\n" TARGET_OPS
#define SIGN_IN                                                                \
	", tenant: " GUID_1 ", client-id: " GUID_2                             \
	", client-secret: {credential: x}"
#define ARM(more) SOURCE("defender-for-cloud", SIGN_IN more)
#define GRAPH(more) SOURCE("graph-security", SIGN_IN more)
#define HUNTING(more) SOURCE("graph-hunting", SIGN_IN more)
#define APPS(more)                                                             \
	SOURCE("cloud-apps", ", url: 'https://c.eu.portal.example.org'" more)
#define AUTH(method, more)                                                     \
	SOURCE("graph-security", ", tenant: " GUID_1 ", auth: " method more)
#define TENANTS(more) "tenants:\n  - {name: contoso, id: " GUID_1 more "}\n"
#define SHARED(more)                                                           \
	TENANTS(more)                                                          \
	"sources:\n  - {name: a, type: graph-security}\n" TARGET_OPS

/* The sources of the interface's example, its blanks filled in. */
static const char example[] =
	"tenants:\n"
	"  - {name: contoso, id: " GUID_1 ", auth: client-secret, client-id: "
	"\"" GUID_2 "\", client-secret: {credential: azure-secret}}\n"
	"sources:\n"
	"  - name: azure\n"
	"    type: defender-for-cloud\n"
	"    tenant: " GUID_1 "\n"
	"    auth: client-secret\n"
	"    client-id: " GUID_2 "\n"
	"    client-secret: {credential: azure-secret}\n"
	"    subscriptions: all\n"
	"    interval: 2m\n"
	"    sweep: {every: 6h, window: 48h}\n"
	"    cloud: public\n"
	"    endpoints:\n"
	"      login: https://login.microsoftonline.com\n"
	"      resource-manager: https://management.azure.com\n"
	"    ca-file: /path/ca.pem\n"
	"    proxy: http://proxy.example:3128\n"
	"  - name: cloud-apps\n"
	"    type: graph-security\n"
	"    service-sources: [microsoftDefenderForCloudApps]\n"
	"    incidents: true\n"
	"    endpoints: {graph: https://graph.microsoft.com}\n"
	"  - name: behaviors\n"
	"    type: graph-hunting\n"
	"  - name: cloud-apps-rest\n"
	"    type: cloud-apps\n"
	"    url: https://contoso.eu.portal.cloudappsecurity.com\n"
	"    token: {credential: cloud-apps-token}\n"
	"  - name: exported\n"
	"    type: file\n"
	"    path: /var/lib/triaged/import/*.json\n" TARGET_OPS;

static void loads_the_example(void **state)
{
	CLEANUP(faults_release) struct faults f = { NULL, 0, 0 };
	CLEANUP(conf_free_ptr) struct conf *c = read_text(example, &f);
	const struct source_conf *s;

	(void)state;
	print_faults(&f);
	assert_non_null(c);
	assert_int_equal(f.n, 1);
	assert_true(has_fault(&f, 12, 12, "sources.azure: a sweep is not"));
	s = c->sources;
	assert_int_equal(c->n_sources, 5);
	assert_int_equal(s[0].auth, AUTH_CLIENT_SECRET);
	assert_int_equal(s[0].sweep_every_ms, 0);
	assert_string_equal(s[0].proxy, "http://proxy.example:3128");
	assert_null(s[1].proxy);
	assert_int_equal(s[1].type, SOURCE_GRAPH_SECURITY);
	assert_true(strlist_has(&s[1].service_sources,
				"microsoftDefenderForCloudApps"));
	assert_true(s[1].incidents);
	/* The only tenants entry need not be named. */
	for (size_t i = 1; i <= 2; i++) {
		assert_string_equal(s[i].tenant, GUID_1);
		assert_string_equal(s[i].client_id, GUID_2);
		assert_int_equal(s[i].auth, AUTH_CLIENT_SECRET);
		assert_string_equal(s[i].client_secret.name, "azure-secret");
	}
	assert_int_equal(s[2].type, SOURCE_GRAPH_HUNTING);
	assert_int_equal(s[3].type, SOURCE_CLOUD_APPS);
	assert_int_equal(s[3].auth, AUTH_TOKEN);
	assert_string_equal(s[3].tenant, "");
	assert_string_equal(s[3].client_secret.name, "cloud-apps-token");
	assert_int_equal(s[4].auth, AUTH_NONE);
}

static void has_defaults(void **state)
{
	static const struct {
		const char *text;
		int64_t interval, overlap, every, window;
	} rows[] = {
		{ ARM(""), 2 * MINUTES, 0, 0, 0 },
		{ GRAPH(""), MINUTES, 15 * MINUTES, 6 * HOURS, 48 * HOURS },
		{ HUNTING(""), 5 * MINUTES, 30 * MINUTES, 24 * HOURS,
		  48 * HOURS },
		{ APPS(", token: {credential: x}"), 2 * MINUTES, 15 * MINUTES,
		  6 * HOURS, 48 * HOURS },
		{ GRAPH(", sweep: off, overlap: 0s"), MINUTES, 0, 0, 0 },
		{ GRAPH(", sweep: {every: 1h}, interval: 7s"), 7000,
		  15 * MINUTES, HOURS, 48 * HOURS },
		{ HUNTING(", sweep: {window: 72h}"), 5 * MINUTES, 30 * MINUTES,
		  24 * HOURS, 72 * HOURS },
		{ MINIMAL, 2 * MINUTES, 0, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(conf_free_ptr) struct conf *c = read_good(rows[i].text);
		const struct source_conf *s = c->sources;

		assert_int_equal(s->interval_ms, rows[i].interval);
		assert_int_equal(s->overlap_ms, rows[i].overlap);
		assert_int_equal(s->sweep_every_ms, rows[i].every);
		assert_int_equal(s->sweep_window_ms, rows[i].window);
		assert_false(s->resource_graph);
	}
}

/* Only a source that has a posture reads one, unless it is told not to. */
static void reads_the_posture(void **state)
{
	static const struct {
		const char *text;
		int64_t every;
	} rows[] = {
		{ ARM(""), 12 * HOURS },
		{ ARM(", posture: off"), 0 },
		{ ARM(", posture: {every: 1m}"), MINUTES },
		{ ARM(", mode: resource-graph"), 12 * HOURS },
		{ GRAPH(""), 0 },
		{ APPS(", token: {credential: x}"), 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(conf_free_ptr) struct conf *c = read_good(rows[i].text);

		assert_int_equal(c->sources->posture_every_ms, rows[i].every);
	}
}

static void follows_the_cloud(void **state)
{
	static const struct {
		const char *text, *login, *resource_manager, *graph;
	} rows[] = {
		{ ARM(""), "https://login.microsoftonline.com",
		  "https://management.azure.com", NULL },
		{ GRAPH(", cloud: public"), "https://login.microsoftonline.com",
		  NULL, "https://graph.microsoft.com" },
		{ ARM(", cloud: us-government"),
		  "https://login.microsoftonline.us",
		  "https://management.usgovcloudapi.net", NULL },
		{ GRAPH(", cloud: us-government"),
		  "https://login.microsoftonline.us", NULL,
		  "https://graph.microsoft.us" },
		{ HUNTING(", cloud: china"),
		  "https://login.partner.microsoftonline.cn", NULL,
		  "https://microsoftgraph.chinacloudapi.cn" },
		/* In whatever order they stand. */
		{ GRAPH(", endpoints: {graph: 'https://dod-graph.microsoft.us'}"
			", cloud: us-government"),
		  "https://login.microsoftonline.us", NULL,
		  "https://dod-graph.microsoft.us" },
		{ GRAPH(", cloud: us-government, endpoints: {login: "
			"'http://127.0.0.1:1/'}"),
		  "http://127.0.0.1:1", NULL, "https://graph.microsoft.us" },
		{ APPS(", token: {credential: x}"),
		  "https://login.microsoftonline.com", NULL, NULL },
		{ MINIMAL, NULL, NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(conf_free_ptr) struct conf *c = read_good(rows[i].text);
		const struct source_conf *s = c->sources;
		const char *const pairs[][2] = {
			{ s->login, rows[i].login },
			{ s->resource_manager, rows[i].resource_manager },
			{ s->graph, rows[i].graph },
		};

		for (size_t j = 0; j < ARRAY_SIZE(pairs); j++) {
			assert_int_equal(!pairs[j][0], !pairs[j][1]);
			if (pairs[j][1])
				assert_string_equal(pairs[j][0], pairs[j][1]);
		}
	}
}

static void signs_in(void **state)
{
	static const struct {
		const char *text;
		enum auth_method auth;
		bool client_id;
		const char *secret, *file;
	} rows[] = {
		{ GRAPH(""), AUTH_CLIENT_SECRET, true, "x", NULL },
		{ AUTH("client-certificate",
		       ", client-id: " GUID_2
		       ", client-certificate: {credential: pem}"),
		  AUTH_CLIENT_CERTIFICATE, true, "pem", NULL },
		{ AUTH("client-certificate",
		       ", client-id: " GUID_2
		       ", client-certificate: {file: /etc/c.pem}"),
		  AUTH_CLIENT_CERTIFICATE, true, "/etc/c.pem", NULL },
		{ AUTH("workload-identity",
		       ", client-id: " GUID_2
		       ", federated-token-file: /run/token"),
		  AUTH_WORKLOAD_IDENTITY, true, NULL, "/run/token" },
		{ AUTH("managed-identity", ""), AUTH_MANAGED_IDENTITY, false,
		  NULL, NULL },
		{ AUTH("managed-identity", ", client-id: " GUID_2),
		  AUTH_MANAGED_IDENTITY, true, NULL, NULL },
		{ APPS(", token: {credential: t}"), AUTH_TOKEN, false, "t",
		  NULL },
		{ APPS(SIGN_IN), AUTH_CLIENT_SECRET, true, "x", NULL },
		/* The same by a tenants entry. */
		{ SHARED(", client-id: " GUID_2
			 ", client-secret: {credential: s}"),
		  AUTH_CLIENT_SECRET, true, "s", NULL },
		{ SHARED(", auth: client-certificate, client-id: " GUID_2
			 ", client-certificate: {credential: s}"),
		  AUTH_CLIENT_CERTIFICATE, true, "s", NULL },
		{ SHARED(", auth: workload-identity, client-id: " GUID_2
			 ", federated-token-file: /run/token"),
		  AUTH_WORKLOAD_IDENTITY, true, NULL, "/run/token" },
		{ SHARED(", auth: managed-identity"), AUTH_MANAGED_IDENTITY,
		  false, NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(conf_free_ptr) struct conf *c = read_good(rows[i].text);
		const struct source_conf *s = c->sources;

		assert_int_equal(s->auth, rows[i].auth);
		assert_string_equal(s->tenant,
				    s->auth == AUTH_TOKEN ? "" : GUID_1);
		assert_int_equal(s->client_id != NULL, rows[i].client_id);
		assert_int_equal(s->client_secret.kind == SECRET_ABSENT,
				 !rows[i].secret);
		if (rows[i].secret)
			assert_string_equal(s->client_secret.name,
					    rows[i].secret);
		assert_int_equal(!s->federated_token_file, !rows[i].file);
		if (rows[i].file)
			assert_string_equal(s->federated_token_file,
					    rows[i].file);
		assert_string_equal(s->instance_metadata,
				    "http://169.254.169.254");
	}
}

/* A token needs no tenant; one that is named is taken, without its sign-in. */
static void token_knows_its_tenant(void **state)
{
	CLEANUP(conf_free_ptr)
	struct conf *c = read_good(TENANTS(", auth: managed-identity") APPS(
		", tenant: contoso, token: {credential: t}"));

	(void)state;
	assert_string_equal(c->sources[0].tenant, GUID_1);
	assert_int_equal(c->sources[0].auth, AUTH_TOKEN);
	assert_string_equal(c->sources[0].client_secret.name, "t");
}

static void reads_lists_and_addresses(void **state)
{
	CLEANUP(conf_free_ptr)
	struct conf *arm = read_good(
		ARM(", management-groups: [mg-1, 'Prod(EU)_x.1'], "
		    "mode: resource-graph, subscriptions: [" GUID_1 "]"));
	CLEANUP(conf_free_ptr)
	struct conf *apps = read_good(
		SOURCE("cloud-apps",
		       ", token: {credential: t}, url: "
		       "'https://c.portal.example.org:8443/api/v1/'"));
	CLEANUP(conf_free_ptr)
	struct conf *arc = read_good(AUTH(
		"managed-identity",
		", endpoints: {instance-metadata: 'http://localhost:40342/'}"));

	(void)state;
	assert_true(arm->sources[0].resource_graph);
	assert_int_equal(arm->sources[0].management_groups.n, 2);
	assert_int_equal(arm->sources[0].subscriptions.n, 1);
	assert_string_equal(apps->sources[0].url,
			    "https://c.portal.example.org:8443");
	assert_string_equal(arc->sources[0].instance_metadata,
			    "http://localhost:40342");
}

struct bad {
	const char *text;
	int line;
	const char *part;
};

static const struct bad refused[] = {
	/* options of another type name the types that have them */
	{ ARM(", path: /x"), 2, "option 'path' belongs to type file, not" },
	{ ARM(", overlap: 5m"), 2,
	  "'overlap' belongs to the types graph-security, graph-hunting and "
	  "cloud-apps, not to this" },
	{ GRAPH(", mode: list"), 2, "belongs to type defender-for-cloud" },
	{ GRAPH(", subscriptions: all"), 2, "type defender-for-cloud" },
	{ GRAPH(", management-groups: [x]"), 2, "type defender-for-cloud" },
	{ GRAPH(", token: {credential: x}"), 2, "belongs to type cloud-apps" },
	{ GRAPH(", url: 'https://x'"), 2, "belongs to type cloud-apps" },
	{ HUNTING(", service-sources: [x]"), 2, "type graph-security, not" },
	{ HUNTING(", incidents: true"), 2, "type graph-security, not" },
	{ SOURCE("file", ", path: /x, auth: client-secret"), 2,
	  "defender-for-cloud, graph-security, graph-hunting and cloud-apps" },
	{ SOURCE("file", ", path: /x, sweep: off"), 2, "the types defender" },
	{ SOURCE("file", ", path: /x, cloud: public"), 2, "belongs to" },
	{ GRAPH(", endpoints: {resource-manager: 'https://x'}"), 2,
	  "belongs to type defender-for-cloud" },
	{ ARM(", endpoints: {graph: 'https://x'}"), 2,
	  "belongs to the types graph-security and graph-hunting" },
	/* sign-in */
	{ AUTH("certificate", ""), 2, "must be client-secret, client-cert" },
	{ AUTH("managed-idenity", ""), 2, "(did you mean 'managed-identity'" },
	{ AUTH("token", ""), 2, "not 'token'" },
	{ AUTH("client-secret", ", client-id: " GUID_2), 2,
	  "option 'client-secret' is missing; auth: client-secret needs it" },
	{ AUTH("client-certificate", ", client-id: " GUID_2), 2,
	  "option 'client-certificate' is missing" },
	{ AUTH("client-certificate", ", client-certificate: {credential: x}"),
	  2, "option 'client-id' is missing" },
	{ AUTH("workload-identity", ", client-id: " GUID_2), 2,
	  "option 'federated-token-file' is missing" },
	{ AUTH("workload-identity",
	       ", client-id: " GUID_2 ", federated-token-file: token"),
	  2, "absolute path" },
	{ AUTH("managed-identity", ", client-secret: {credential: x}"), 2,
	  "option 'client-secret' belongs to auth: client-secret, not to auth: "
	  "managed-identity" },
	{ SOURCE("graph-security", ", tenant: " GUID_1 ", client-id: " GUID_2
				   ", client-certificate: {credential: x}"),
	  2, "not to auth: client-secret, the default" },
	{ SOURCE("graph-security", ""), 2, "option 'tenant' is missing" },
	{ SOURCE("graph-security", ", auth: managed-identity"), 2,
	  "option 'tenant' is missing" },
	{ APPS(""), 2, "option 'client-secret' is missing" },
	{ APPS(", token: x"), 2, "must be {credential: NAME}" },
	{ APPS(", token: {credential: x}, client-id: " GUID_2), 2,
	  "option 'client-id' does not go with token" },
	{ APPS(", token: {credential: x}, auth: client-secret"), 2,
	  "option 'auth' does not go with token" },
	/* tenants */
	{ SHARED(""), 2, "tenants.contoso: option 'client-id' is missing" },
	{ SHARED(", auth: workload-identity, client-id: " GUID_2), 2,
	  "'federated-token-file' is missing" },
	{ SHARED(", auth: managed-identity, client-certificate: {file: /x}"), 2,
	  "belongs to auth: client-certificate" },
	{ SHARED(", auth: managed-identity, federated-token-file: /x"), 2,
	  "belongs to auth: workload-identity, not to auth: managed-identity" },
	{ SHARED(", auth: managed"), 2, "must be client-secret" },
	{ SHARED(", auth: managed-identity, token: {file: /x}"), 2,
	  "unknown option 'token'" },
	{ TENANTS(", auth: managed-identity") "sources:\n  - {name: a, type: "
					      "graph-security, tenant: "
					      "contoso, "
					      "auth: "
					      "managed-identity}\n" TARGET_OPS,
	  4, "the tenants entry 'contoso' brings the sign-in; remove auth" },
	{ TENANTS(", auth: managed-identity") "  - {name: other, id: "
					      "x.example, auth: "
					      "managed-identity}\n"
					      "sources:\n  - {name: a, type: "
					      "graph-security}\n" TARGET_OPS,
	  5, "option 'tenant' is missing; name an entry of tenants" },
	/* clouds and addresses */
	{ ARM(", cloud: germany"), 2, "closed the cloud 'germany' on 2021" },
	{ ARM(", cloud: usgov"), 2, "must be public, us-government or china" },
	{ GRAPH(", endpoints: {graph: 'http://graph.example.org'}"), 2,
	  "http: only to loopback" },
	{ GRAPH(", endpoints: {login: 'http://169.254.169.254'}"), 2,
	  "http: only to loopback" },
	{ GRAPH(", endpoints: {instance-metadata: 'http://169.254.1.1'}"), 2,
	  "http: only to loopback" },
	{ GRAPH(", endpoints: {instance-metadata: 'ftp://127.0.0.1'}"), 2,
	  "must begin with https://" },
	{ SOURCE("cloud-apps", ", token: {credential: x}"), 2,
	  "option 'url' is missing" },
	{ SOURCE("cloud-apps",
		 ", token: {credential: x}, url: 'http://c.example.org'"),
	  2, "must begin with https://" },
	{ SOURCE("cloud-apps", ", token: {credential: x}, url: "
			       "'https://portal.example.org/cas/api/v1/'"),
	  2, "nothing but /api/v1 may stand" },
	{ SOURCE("cloud-apps", ", token: {credential: x}, url: "
			       "'https://c.example.org/api/v1?x=y'"),
	  2, "no query" },
	/* lists and times */
	{ GRAPH(", service-sources: []"), 2, "list of 1 to" },
	{ GRAPH(", service-sources: ['x'' or 1 eq 1']"), 2,
	  "is not a service source" },
	{ GRAPH(", service-sources: [microsoftSentinel, microsoftSentinel]"), 2,
	  "'microsoftSentinel' stands here twice" },
	{ ARM(", management-groups: [a/b]"), 2, "management group" },
	{ ARM(", management-groups: [mg.]"), 2, "management group" },
	{ ARM(", management-groups: [mg, MG]"), 2, "'MG' stands here twice" },
	{ ARM(", mode: graph"), 2, "must be list or resource-graph" },
	{ GRAPH(", sweep: on"), 2, "or off, not 'on'" },
	{ ARM(", posture: on"), 2, "such as {every: 12h}, or off, not 'on'" },
	{ ARM(", posture: {every: 59s}"), 2, "must be from 1m" },
	{ GRAPH(", posture: off"), 2, "to type defender-for-cloud" },
	{ GRAPH(", sweep: 6h"), 2, "must be a block such as {every: 6h" },
	{ GRAPH(", sweep: [6h]"), 2, "must be a block" },
	{ GRAPH(", sweep: {evry: 6h}"), 2, "(did you mean 'every'?)" },
	{ GRAPH(", sweep: {every: 0s}"), 2, "must be from 1s" },
	{ GRAPH(", overlap: 8d"), 2, "must be from 0s to 7d" },
};

static void refuses(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		CLEANUP(faults_release) struct faults f = { NULL, 0, 0 };
		CLEANUP(conf_free_ptr) struct conf *c = NULL;

		c = read_text(refused[i].text, &f);
		if (c)
			print_message("accepted: %s\n", refused[i].text);
		assert_null(c);
		assert_true(has_fault(&f, refused[i].line, 0, refused[i].part));
	}
}

/* One mistake is one fault: nothing is said that only follows from it. */
static void tells_one_fault_for_one_mistake(void **state)
{
	static const char *const texts[] = {
		AUTH("certifcate", ", client-id: " GUID_2
				   ", client-certificate: {credential: x}"),
		SOURCE("graph-security",
		       ", tenant: " GUID_1 ", client-id: " GUID_2
		       ", client-certificate: {credential: x}"),
		SOURCE("graph-security",
		       ", tenant: " GUID_1 ", client-id: " GUID_2
		       ", client-secrt: {credential: x}"),
		SOURCE("graph-security", ", tenant: " GUID_1 ", client-id: "
					 ", client-secret: {credential: x}"),
		SOURCE("graph-security", ", tenant: [x], client-id: " GUID_2
					 ", client-secret: {credential: x}"),
		APPS(", token: x"),
		SHARED(", auth: managed"),
		SHARED(", client-id: " GUID_2 ", client-secret: x"),
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		CLEANUP(faults_release) struct faults f = { NULL, 0, 0 };

		assert_null(read_text(texts[i], &f));
		if (f.n != 1)
			print_faults(&f);
		assert_int_equal(f.n, 1);
	}
}

static void warns(void **state)
{
	static const struct bad cases[] = {
		{ ARM(", sweep: {every: 6h}"), 2, "every poll reads all" },
		{ GRAPH(", sweep: {every: 3d, window: 2d}"), 2,
		  "shorter than the time between two sweeps" },
		{ ARM(", cloud: china"), 2, "21Vianet) in August 2026" },
		{ GRAPH(", cloud: china"), 2, "21Vianet) in August 2026" },
		{ GRAPH(", service-sources: [microsoftDefenderForCluod]"), 2,
		  "(did you mean 'microsoftDefenderForCloud'?)" },
		{ GRAPH(", service-sources: microsoftSomethingNew"), 2,
		  "no service source that this version knows" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(faults_release) struct faults f = { NULL, 0, 0 };
		CLEANUP(conf_free_ptr) struct conf *c = NULL;

		c = read_text(cases[i].text, &f);
		if (f.n != 1)
			print_faults(&f);
		assert_non_null(c);
		assert_int_equal(f.n, 1);
		assert_true(has_fault(&f, cases[i].line, 0, cases[i].part));
	}
}

/* Without the comments, which name other lines the second time. */
static void add_bare(struct strbuf *out, const char *text)
{
	for (const char *p = text; *p;) {
		size_t len = strcspn(p, "\n");
		const char *comment = strstr(p, "  # ");
		size_t bare = comment && comment < p + len
				      ? (size_t)(comment - p)
				      : len;

		strbuf_add(out, p, bare);
		strbuf_addch(out, '\n');
		p += len + (p[len] == '\n');
	}
}

static void check_round_trip(const char *text)
{
	CLEANUP(faults_release) struct faults f = { NULL, 0, 0 };
	CLEANUP(conf_free_ptr) struct conf *first = read_text(text, &f);
	CLEANUP(conf_free_ptr) struct conf *second = NULL;
	CLEANUP(strbuf_release) struct strbuf once = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf again = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf bare = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf bare_again = STRBUF_INIT;

	assert_non_null(first);
	conf_dump(first, &once);
	second = read_good(once.buf);
	assert_int_equal(second->n_sources, first->n_sources);
	conf_dump(second, &again);
	add_bare(&bare, once.buf);
	add_bare(&bare_again, again.buf);
	assert_string_equal(bare.buf, bare_again.buf);
}

static void dumps(void **state)
{
	static const char *const texts[] = {
		example,
		ARM(", management-groups: ['a(b)'], mode: resource-graph, "
		    "ca-file: /x"),
		GRAPH(", cloud: us-government, service-sources: "
		      "[dataLossPrevention], "
		      "overlap: 0s, sweep: off"),
		HUNTING(", sweep: {every: 90m, window: 3d}"),
		AUTH("client-certificate",
		     ", client-id: " GUID_2
		     ", client-certificate: {file: /c.pem}"),
		AUTH("workload-identity", ", client-id: " GUID_2
					  ", federated-token-file: /run/token"),
		AUTH("managed-identity", ""),
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		check_round_trip(texts[i]);
}

static void dump_says_where_from(void **state)
{
	static const char *const lines[] = {
		"    tenant: \"" GUID_1 "\"  # t.yaml:2\n",
		"    auth: client-certificate  # t.yaml:2\n",
		"    client-id: \"" GUID_2 "\"  # t.yaml:2\n",
		"    client-certificate: {credential: \"s\"}  # t.yaml:2\n",
		"    interval: 1m  # default\n",
		"    overlap: 15m  # default\n",
		"    sweep: {every: 6h, window: 2d}  # default\n",
		"    cloud: public  # default\n",
		"      graph: \"https://graph.microsoft.com\"  # default\n",
	};
	CLEANUP(conf_free_ptr)
	struct conf *c = read_good(
		SHARED(", auth: client-certificate, client-id: " GUID_2
		       ", client-certificate: {credential: s}"));
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;

	(void)state;
	conf_dump(c, &out);
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		if (!strstr(out.buf, lines[i]))
			print_message("no %sin:\n%s", lines[i], out.buf);
		assert_non_null(strstr(out.buf, lines[i]));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(loads_the_example),
		cmocka_unit_test(has_defaults),
		cmocka_unit_test(reads_the_posture),
		cmocka_unit_test(follows_the_cloud),
		cmocka_unit_test(signs_in),
		cmocka_unit_test(token_knows_its_tenant),
		cmocka_unit_test(reads_lists_and_addresses),
		cmocka_unit_test(refuses),
		cmocka_unit_test(tells_one_fault_for_one_mistake),
		cmocka_unit_test(warns),
		cmocka_unit_test(dumps),
		cmocka_unit_test(dump_says_where_from),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
