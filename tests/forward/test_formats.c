/*
 * The formats of forwarded events: the documented mapping, and that nothing
 * hostile in a record ends a field or a line, or makes it too long.
 */
#include "forward/formats.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "forward/format_priv.h"
#include "forward/sample_record.h"
#include "util/jsonx.h"
#include "util/strbuf.h"
#include "util/utf8.h"
#include "version.h"

#define HOST "siem-box"
#define ROOM ((size_t)65536)

static char *line_of(enum forward_format f, const struct forward_record *r,
		     size_t max)
{
	struct strbuf out = STRBUF_INIT;

	formats_add(f, r, HOST, max, &out);
	assert_int_equal(strlen(out.buf), out.len);
	return strbuf_detach(&out);
}

static void test_cef(void **state)
{
	struct forward_record r;
	char *line;

	(void)state;
	sample_record(&r, 7, "opened", "{\"severity\":\"high\"}");
	line = line_of(FORWARD_CEF, &r, ROOM);
	assert_string_equal(
		line,
		"CEF:0|triaged|triaged|" TRIAGED_VERSION
		"|VM_SuspectProcessName|Suspicious process executed on vm-1|8|"
		"rt=1772442000007 act=opened dvchost=" HOST
		" cn1=7 cn1Label=eventId "
		"externalId=ba26459ba67de6145aad0d384f1183ee "
		"cat=defender-for-cloud start=1772441100000 end=1772441340000 "
		"msg=A process that is known from attacks ran. "
		"duser=ada@example.org src=192.0.2.1 dhost=vm-1 "
		"request=https://portal.azure.com/#alert/1?a\\=b "
		"deviceCustomDate1=1772441400000 "
		"deviceCustomDate1Label=created "
		"cs1=" SAMPLE_TENANT " cs1Label=tenant "
		"cs2=" SAMPLE_SUBSCRIPTION " cs2Label=subscription "
		"cs3=/subscriptions/" SAMPLE_SUBSCRIPTION
		"/resourceGroups/rg-payments/providers/Microsoft.Compute/"
		"virtualMachines/vm-1 cs3Label=resourceId "
		"cs4=open cs4Label=status cs5=T1059 cs5Label=techniques "
		"cs6=1772456400000 cs6Label=triageDue "
		"cn2=42 cn2Label=alertId "
		"flexString1=source azure flexString1Label=actor "
		"flexString2={\"severity\":\"high\"} flexString2Label=detail");
	free(line);
	record_release(&r);
	sample_event(&r, 8, "started", "{}");
	line = line_of(FORWARD_CEF, &r, ROOM);
	assert_string_equal(line,
			    "CEF:0|triaged|triaged|" TRIAGED_VERSION
			    "|started|started|1|rt=1772442000008 act=started "
			    "dvchost=" HOST " cn1=8 cn1Label=eventId "
			    "flexString1=source azure flexString1Label=actor "
			    "flexString2={} flexString2Label=detail");
	free(line);
	record_release(&r);
}

static void test_cef_escapes(void **state)
{
	struct forward_record r;
	char *line;

	(void)state;
	sample_record(&r, 7, "opened", "{}");
	free(r.view.alert.title);
	r.view.alert.title = xstrdup("a|b\\c=d\ne");
	free(r.view.alert.description);
	r.view.alert.description = xstrdup("1=2|3\\4\r\n5\t6");
	line = line_of(FORWARD_CEF, &r, ROOM);
	assert_non_null(strstr(line, "|a\\|b\\\\c=d e|8|"));
	assert_non_null(strstr(line, " msg=1\\=2|3\\\\4\\n5 6 duser="));
	free(line);
	record_release(&r);
}

/* The addresses of the sample are these instead. */
static void set_addresses(struct forward_record *r, const char *const *values)
{
	struct alert *a = &r->view.alert;

	sample_record(r, 7, "opened", "{}");
	for (size_t i = 0; i < a->n_entities; i++)
		if (strcmp(a->entities[i].kind, "ip") == 0) {
			free(a->entities[i].value);
			a->entities[i].value = xstrdup(*values);
		}
	while (*values && *++values)
		alert_add_entity(a, "ip", *values, NULL);
}

/* CEF types src as IPv4 and c6a2 as IPv6; LEEF takes either for src. What is
 * none costs the field, or the event, where it is read. */
static void test_addresses(void **state)
{
	static const struct {
		const char *values[5], *cef, *leef;
	} v[] = {
		{ { "192.0.2.1" },
		  " src=192.0.2.1 dhost=",
		  "\tsrc=192.0.2.1\t" },
		{ { "2001:db8::7" },
		  " c6a2=2001:db8::7 c6a2Label=Source IPv6 Address dhost=",
		  "\tsrc=2001:db8::7\t" },
		{ { "192.0.2.1:443", "unknown", "2001:db8::7", "192.0.2.9" },
		  " src=192.0.2.9 c6a2=2001:db8::7 c6a2Label=Source IPv6 "
		  "Address dhost=",
		  "\tsrc=2001:db8::7\t" },
		{ { "unknown", "10.0.0.0/8", "fe80::1%eth0", "1.2.3" },
		  " duser=ada@example.org dhost=",
		  "\tcat=defender-for-cloud\tusrName=" },
		{ { "1.2.3.4 act=closed src=5.6.7.8", "x\tsrc=1.2.3.4", "" },
		  " duser=ada@example.org dhost=",
		  "\tcat=defender-for-cloud\tusrName=" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(v); i++) {
		struct forward_record r;
		char *cef, *leef;

		set_addresses(&r, v[i].values);
		cef = line_of(FORWARD_CEF, &r, ROOM);
		leef = line_of(FORWARD_LEEF, &r, ROOM);
		if (!strstr(cef, v[i].cef))
			fail_msg("no \"%s\" in %s", v[i].cef, cef);
		if (!strstr(leef, v[i].leef))
			fail_msg("no \"%s\" in %s", v[i].leef, leef);
		free(cef);
		free(leef);
		record_release(&r);
	}
}

/* One that is cut is another one. */
static void test_address_is_whole(void **state)
{
	static const char *const values[] = {
		"2001:db8:1111:2222:3333:4444:5555:6666", NULL
	};
	const struct measure small = { .word = 30 };
	struct strbuf out = STRBUF_INIT;
	struct forward_record r;

	(void)state;
	set_addresses(&r, values);
	event_cef_add(&r, HOST, &small, &out);
	event_leef_add(&r, HOST, &small, &out);
	assert_null(strstr(out.buf, "2001:db8"));
	strbuf_release(&out);
	record_release(&r);
}

static void test_leef(void **state)
{
	struct forward_record r;
	char *line;

	(void)state;
	sample_record(&r, 7, "opened", "{}");
	free(r.view.alert.title);
	r.view.alert.title = xstrdup("a\tb\nc|d");
	line = line_of(FORWARD_LEEF, &r, ROOM);
	assert_string_equal(
		line,
		"LEEF:2.0|triaged|triaged|" TRIAGED_VERSION
		"|opened|x09|devTime=1772442000007\tsev=8\teventId=7\t"
		"eventHash=abababababababababababababababab"
		"abababababababababababababababab\tactor=source azure\t"
		"host=" HOST "\tcat=defender-for-cloud\tsrc=192.0.2.1\t"
		"usrName=ada@example.org\tidentHostName=vm-1\t"
		"resource=/subscriptions/" SAMPLE_SUBSCRIPTION
		"/resourceGroups/rg-payments/providers/Microsoft.Compute/"
		"virtualMachines/vm-1\t"
		"url=https://portal.azure.com/#alert/1?a=b\talertId=42\t"
		"alertKey=ba26459ba67de6145aad0d384f1183ee\t"
		"alertType=VM_SuspectProcessName\ttitle=a b c|d\t"
		"description=A process that is known from attacks ran.\t"
		"severity=high\tstate=open\tphase=detect\towner=ann\t"
		"tenant=" SAMPLE_TENANT "\tsubscription=" SAMPLE_SUBSCRIPTION
		"\ttactics=Execution\ttechniques=T1059\t"
		"createdAt=2026-03-02T08:50:00.000Z\t"
		"triageDueAt=2026-03-02T13:00:00.000Z\tdetail={}");
	free(line);
	record_release(&r);
}

/* A member by its path ("a.b.0.c") as text; "-" when there is none. */
static const char *member(const json_t *value, const char *path)
{
	static char text[512];
	char part[64];

	while (value && *path) {
		size_t len = strcspn(path, ".");

		snprintf(part, sizeof(part), "%.*s", (int)len, path);
		value = json_is_array(value)
				? json_array_get(value, strtoul(part, NULL, 10))
				: json_object_get(value, part);
		path += len + (path[len] == '.');
	}
	if (json_is_string(value))
		return json_string_value(value);
	if (json_is_integer(value)) {
		snprintf(text, sizeof(text), "%lld",
			 (long long)json_integer_value(value));
		return text;
	}
	return json_is_true(value) ? "true" : "-";
}

struct expected {
	const char *path, *value;
};

static void check_members(enum forward_format f, const struct forward_record *r,
			  const struct expected *e)
{
	char *line = line_of(f, r, ROOM);
	json_t *root = json_loads(line, JSON_REJECT_DUPLICATES, NULL);

	assert_non_null(root);
	for (; e->path; e++)
		if (strcmp(member(root, e->path), e->value) != 0)
			fail_msg("%s is %s, not %s, in %s", e->path,
				 member(root, e->path), e->value, line);
	json_decref(root);
	free(line);
}

static void test_json(void **state)
{
	struct forward_record r;

	(void)state;
	sample_record(&r, 7, "opened", "{\"severity\":\"high\"}");
	check_members(
		FORWARD_JSON, &r,
		(const struct expected[]){
			{ "type", "triaged.event" },
			{ "version", "1" },
			{ "id", "7" },
			{ "at", "2026-03-02T09:00:00.007Z" },
			{ "kind", "opened" },
			{ "actor", "source azure" },
			{ "detail.severity", "high" },
			{ "host", HOST },
			{ "alert_id", "42" },
			{ "alert.id", "42" },
			{ "alert.key", "ba26459ba67de6145aad0d384f1183ee" },
			{ "alert.severity", "high" },
			{ "alert.state", "open" },
			{ "alert.owner", "ann" },
			{ "alert.tags.0", "pci" },
			{ "alert.entities.2.value", "192.0.2.1" },
			{ "alert.entities_total", "3" },
			{ "alert.triage_due_at", "2026-03-02T13:00:00.000Z" },
			{ NULL, NULL } });
	record_release(&r);
	sample_event(&r, 9, "started", "{}");
	check_members(FORWARD_JSON, &r,
		      (const struct expected[]){ { "kind", "started" },
						 { "alert", "-" },
						 { "alert_id", "-" },
						 { NULL, NULL } });
	record_release(&r);
	/* The alert is gone, its events stay. */
	sample_event(&r, 9, "closed", "{}");
	r.event.alert_id = 5;
	check_members(FORWARD_JSON, &r,
		      (const struct expected[]){ { "alert_id", "5" },
						 { NULL, NULL } });
	record_release(&r);
}

static void test_ocsf(void **state)
{
	static const struct {
		const char *kind, *activity, *type, *is_alert;
	} cases[] = {
		{ "opened", "1", "200401", "true" },
		{ "seen-closed", "1", "200401", "true" },
		{ "updated", "2", "200402", "-" },
		{ "acknowledged", "2", "200402", "-" },
		{ "sla-breached", "2", "200402", "-" },
		{ "closed", "3", "200403", "-" },
	};
	struct forward_record r;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		sample_record(&r, 7, cases[i].kind, "{\"as\":\"benign\"}");
		check_members(
			FORWARD_OCSF, &r,
			(const struct expected[]){
				{ "category_uid", "2" },
				{ "class_uid", "2004" },
				{ "activity_id", cases[i].activity },
				{ "type_uid", cases[i].type },
				{ "is_alert", cases[i].is_alert },
				{ "severity_id", "4" },
				{ "time", "1772442000007" },
				{ "status_id", "1" },
				{ "metadata.version", "1.8.0" },
				{ "metadata.uid", "7" },
				{ "metadata.product.vendor_name", "triaged" },
				{ "metadata.profiles.0", "cloud" },
				{ "metadata.profiles.1", "incident" },
				{ "finding_info.uid", r.view.alert.native_id },
				{ "finding_info.title",
				  "Suspicious process executed on vm-1" },
				{ "finding_info.attacks.0.tactic.name",
				  "Execution" },
				{ "finding_info.attacks.1.technique.uid",
				  "T1059" },
				{ "cloud.account.uid", SAMPLE_SUBSCRIPTION },
				{ "resources.0.name", "vm-1" },
				{ "assignee.name", "ann" },
				{ "verdict_id", "5" },
				{ "unmapped.alert_id", "42" },
				{ NULL, NULL } });
		record_release(&r);
	}
}

static void test_ocsf_states(void **state)
{
	static const struct {
		enum alert_state state;
		enum source_state source;
		const char *status;
	} cases[] = {
		{ ALERT_OPEN, SOURCE_ACTIVE, "1" },
		{ ALERT_ACKNOWLEDGED, SOURCE_ACTIVE, "2" },
		{ ALERT_CLOSED, SOURCE_RESOLVED, "4" },
		{ ALERT_CLOSED, SOURCE_DISMISSED, "3" },
	};
	struct forward_record r;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		sample_record(&r, 7, "updated", "{}");
		r.view.tracked.state = cases[i].state;
		r.view.tracked.source_state = cases[i].source;
		check_members(FORWARD_OCSF, &r,
			      (const struct expected[]){
				      { "status_id", cases[i].status },
				      { NULL, NULL } });
		record_release(&r);
	}
	sample_event(&r, 3, "started", "{\"version\":\"1\"}");
	check_members(FORWARD_OCSF, &r,
		      (const struct expected[]){
			      { "category_uid", "0" },
			      { "class_uid", "0" },
			      { "activity_id", "99" },
			      { "activity_name", "started" },
			      { "type_uid", "99" },
			      { "severity_id", "1" },
			      { "message", "started" },
			      { "finding_info", "-" },
			      { "unmapped.detail.version", "1" },
			      { NULL, NULL } });
	record_release(&r);
}

static void test_ecs(void **state)
{
	struct forward_record r;

	(void)state;
	sample_record(&r, 7, "opened", "{\"a\":1}");
	check_members(FORWARD_ECS, &r,
		      (const struct expected[]){
			      { "@timestamp", "2026-03-02T09:00:00.007Z" },
			      { "ecs.version", "8.11.0" },
			      { "event.kind", "alert" },
			      { "event.category.0", "intrusion_detection" },
			      { "event.type.0", "info" },
			      { "event.action", "opened" },
			      { "event.id", "7" },
			      { "event.code", "VM_SuspectProcessName" },
			      { "event.severity", "4" },
			      { "event.risk_score", "73" },
			      { "event.provider", "defender-for-cloud" },
			      { "rule.id", "VM_SuspectProcessName" },
			      { "threat.framework", "MITRE ATT&CK" },
			      { "threat.technique.id.0", "T1059" },
			      { "cloud.account.id", SAMPLE_SUBSCRIPTION },
			      { "host.name", "vm-1" },
			      { "user.name", "ada@example.org" },
			      { "source.ip", "192.0.2.1" },
			      { "related.user.0", "ada@example.org" },
			      { "observer.hostname", HOST },
			      { "tags.0", "pci" },
			      { "triaged.detail", "{\"a\":1}" },
			      { "triaged.alert_id", "42" },
			      { NULL, NULL } });
	record_release(&r);
	sample_event(&r, 3, "started", "{}");
	check_members(FORWARD_ECS, &r,
		      (const struct expected[]){ { "event.kind", "event" },
						 { "event.category", "-" },
						 { "rule", "-" },
						 { "message", "started" },
						 { NULL, NULL } });
	record_release(&r);
}

/* An index refuses the whole event for a source.ip that is none. */
static void test_ecs_addresses(void **state)
{
	static const char *const values[] = { "198.51.100.1:443", "unknown",
					      "2001:db8::7", "10.0.0.0/8",
					      "192.0.2.1" };
	struct forward_record r;
	struct alert *a = &r.view.alert;

	(void)state;
	sample_record(&r, 7, "opened", "{}");
	for (size_t i = 0; i < a->n_entities; i++)
		if (strcmp(a->entities[i].kind, "ip") == 0) {
			free(a->entities[i].value);
			a->entities[i].value = xstrdup("unknown");
		}
	check_members(FORWARD_ECS, &r,
		      (const struct expected[]){ { "source", "-" },
						 { "related.ip", "-" },
						 { NULL, NULL } });
	for (size_t i = 0; i < ARRAY_SIZE(values); i++)
		alert_add_entity(a, "ip", values[i], NULL);
	check_members(FORWARD_ECS, &r,
		      (const struct expected[]){
			      { "source.ip", "2001:db8::7" },
			      { "related.ip.0", "2001:db8::7" },
			      { "related.ip.1", "192.0.2.1" },
			      { "related.ip.2", "-" },
			      { NULL, NULL } });
	record_release(&r);
}

static bool is_json(enum forward_format f)
{
	return f != FORWARD_CEF && f != FORWARD_LEEF;
}

/* Every unescaped '=' ends a key that is documented, each once. */
static void check_cef(const char *line)
{
	static const char *const keys[] = {
		"rt",
		"act",
		"dvchost",
		"cn1",
		"cn1Label",
		"cn2",
		"cn2Label",
		"externalId",
		"cat",
		"start",
		"end",
		"msg",
		"duser",
		"src",
		"c6a2",
		"c6a2Label",
		"dhost",
		"request",
		"deviceCustomDate1",
		"deviceCustomDate1Label",
		"cs1",
		"cs1Label",
		"cs2",
		"cs2Label",
		"cs3",
		"cs3Label",
		"cs4",
		"cs4Label",
		"cs5",
		"cs5Label",
		"cs6",
		"cs6Label",
		"flexString1",
		"flexString1Label",
		"flexString2",
		"flexString2Label",
	};
	int seen[ARRAY_SIZE(keys)] = { 0 };
	const char *p = line;

	for (int pipes = 0; pipes < 7; p++) {
		assert_int_not_equal(*p, '\0');
		pipes += *p == '|';
		if (*p == '\\')
			p++;
	}
	for (const char *start = p; *p; p++) {
		size_t len = 0, i = 0;

		if (*p == '\\') {
			p++;
			assert_non_null(strchr("\\=n", *p));
			continue;
		}
		if (*p != '=')
			continue;
		while (p - len > start && p[-1 - (ptrdiff_t)len] != ' ')
			len++;
		while (i < ARRAY_SIZE(keys) &&
		       (strlen(keys[i]) != len ||
			strncmp(keys[i], p - len, len) != 0))
			i++;
		assert_true(i < ARRAY_SIZE(keys));
		assert_int_equal(seen[i]++, 0);
	}
}

static void check_leef(const char *line)
{
	const char *p = line;

	for (int pipes = 0; pipes < 6; p++) {
		assert_int_not_equal(*p, '\0');
		pipes += *p == '|';
	}
	while (p) {
		size_t key = strspn(p, "abcdefghijklmnopqrstuvwxyz"
				       "ABCDEFGHIJKLMNOPQRSTUVWXYZ");

		assert_true(key > 0 && p[key] == '=');
		p = strchr(p, '\t');
		p = p ? p + 1 : NULL;
	}
}

static void check_line(enum forward_format f, const struct forward_record *r,
		       size_t max)
{
	char *line = line_of(f, r, max);
	json_t *root;

	if (strlen(line) > max)
		fail_msg("%zu bytes of %zu: %.300s", strlen(line), max, line);
	assert_true(utf8_valid(line, strlen(line)));
	for (const char *p = line; *p;) {
		uint32_t point;
		size_t n = utf8_decode(p, strlen(p), &point);

		assert_false(utf8_is_harmful(point) &&
			     !(f == FORWARD_LEEF && point == '\t'));
		p += n;
	}
	if (is_json(f)) {
		root = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
		assert_non_null(root);
		json_decref(root);
	} else if (f == FORWARD_CEF) {
		check_cef(line);
	} else {
		check_leef(line);
	}
	free(line);
}

/* --- hostile text --- */

/* The text fields of an alert that a source can choose. */
static void set_texts(struct forward_record *r, const char *s)
{
	struct alert *a = &r->view.alert;
	char **const fields[] = {
		&a->source,
		&a->kind,
		&a->provider,
		&a->tenant,
		&a->subscription,
		&a->native_id,
		&a->title,
		&a->description,
		&a->alert_type,
		&a->source_severity,
		&a->source_status,
		&a->resource_id,
		&a->resource_group,
		&a->resource_type,
		&a->entity,
		&a->tactics,
		&a->techniques,
		&a->category,
		&a->policy,
		&a->incident,
		&a->correlation,
		&a->remediation,
		&a->portal_url,
		&r->event.actor,
		&r->event.kind,
		&r->event.detail,
		&r->view.tracked.owner,
		&r->view.tracked.acknowledged_by,
	};

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		free(*fields[i]);
		*fields[i] = xstrdup(s);
	}
	strlist_add(&r->view.tags, s);
	for (int i = 0; i < 3; i++) {
		static const char *const kinds[] = { "account", "ip", "host" };

		alert_add_entity(a, kinds[i], s, s);
	}
}

static const char *const hostile[] = {
	"",
	"plain",
	"two\r\nlines\nand\rmore",
	"a|b|c||",
	"=a=b=",
	"\\",
	"\\\\n\\",
	"x msg=forged cs1=forged",
	"x\tsev=10\tcat=forged",
	"\"quotes\" and 'more'",
	"]]>[x@1 a=\"b\"]",
	"{\"event\":{\"id\":\"1\"}}",
	"{\"a\":1,\"a\":2}",
	"{\"note\":\"\x7f \xc2\x85 \xe2\x80\xae \\u0085 \\u202e \\n\"}",
	"\x01\x02\x1b[31mred\x7f",
	"\xed\xa0\x80\xed\xb0\x80 surrogates as bytes",
	"\xff\xfe\x80\xc0\xaf",
	"\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80",
	"\xe2\x80\xae reversed \xe2\x80\xa8 separated",
	"\xc2\x85 next line, C1",
	"%s%n%s %d",
};

static void test_hostile_text(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(hostile); i++)
		for (int f = 0; f < FORWARD_FORMAT_MAX; f++) {
			struct forward_record r;

			sample_record(&r, 7, "opened", "{}");
			set_texts(&r, hostile[i]);
			check_line(f, &r, ROOM);
			check_line(f, &r, FORMAT_BYTES_LEAST);
			record_release(&r);
		}
}

/* A megabyte in every field, and every way the cut can fall into an emoji. */
static void test_cut_to_fit(void **state)
{
	(void)state;
	for (int shift = 0; shift < 4; shift++) {
		CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

		for (int i = 0; i < shift; i++)
			strbuf_addch(&text, 'x');
		while (text.len < 1000000)
			strbuf_addstr(&text, "\xf0\x9f\x98\x80");
		for (int f = 0; f < FORWARD_FORMAT_MAX; f++) {
			struct forward_record r;

			sample_record(&r, 7, "opened", "{}");
			set_texts(&r, text.buf);
			check_line(f, &r, ROOM);
			check_line(f, &r, FORMAT_BYTES_LEAST);
			record_release(&r);
		}
	}
}

static void test_many_entities(void **state)
{
	struct forward_record r;
	char value[64];

	(void)state;
	sample_record(&r, 7, "opened", "{}");
	for (int i = 0; i < ALERT_ENTITIES_MAX; i++) {
		snprintf(value, sizeof(value), "user-%d@example.org", i);
		alert_add_entity(&r.view.alert, "account", value, NULL);
	}
	for (int f = 0; f < FORWARD_FORMAT_MAX; f++) {
		check_line(f, &r, ROOM);
		check_line(f, &r, FORMAT_BYTES_LEAST);
	}
	record_release(&r);
}

/* xorshift64: the same bytes in every run. */
static uint64_t seed = 0x2545f4914f6cdd1dULL;

static uint64_t next_random(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static void test_random_bytes(void **state)
{
	(void)state;
	for (int round = 0; round < 400; round++) {
		struct forward_record r;
		char text[700];
		size_t len = next_random() % sizeof(text);

		for (size_t i = 0; i < len; i++) {
			static const char often[] = "|=\\\"\n\r\t]{}, \xf0\xe2";
			uint64_t x = next_random();

			text[i] = x & 0x300 ? (char)(1 + (x >> 16) % 255)
					    : often[(x >> 16) %
						    (sizeof(often) - 1)];
		}
		text[len ? len - 1 : 0] = '\0';
		sample_record(&r, 7, "opened", "{}");
		set_texts(&r, text);
		for (int f = 0; f < FORWARD_FORMAT_MAX; f++)
			check_line(f, &r,
				   round & 1 ? ROOM : FORMAT_BYTES_LEAST);
		record_release(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cef),
		cmocka_unit_test(test_cef_escapes),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_address_is_whole),
		cmocka_unit_test(test_leef),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_ocsf),
		cmocka_unit_test(test_ocsf_states),
		cmocka_unit_test(test_ecs),
		cmocka_unit_test(test_ecs_addresses),
		cmocka_unit_test(test_hostile_text),
		cmocka_unit_test(test_cut_to_fit),
		cmocka_unit_test(test_many_entities),
		cmocka_unit_test(test_random_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
