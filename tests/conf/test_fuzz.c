/*
 * Files that nobody would write: seeded mutations of a full one. Nothing may
 * crash or leak, and whatever loads must survive a dump. Bounded, the same on
 * every run.
 *
 * Battery: G8.
 */
#include "conf_test.h"
#include "util/compiler.h"
#include "util/strbuf.h"

#include <stdlib.h>

#define ROUNDS 4000
#define MUTATIONS 4

static uint32_t seed = 20260101;

/* xorshift32: the same everywhere, unlike rand(). */
static uint32_t pick(uint32_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 17;
	seed ^= seed << 5;
	return seed % below;
}

static const char *const seeds[] = {
	MINIMAL,
	"sources:\n"
	"  - name: a\n"
	"    type: defender-for-cloud\n"
	"    tenant: 11111111-2222-3333-4444-555555555555\n"
	"    client-id: 66666666-7777-8888-9999-000000000000\n"
	"    client-secret: {credential: azure-secret}\n"
	"    subscriptions: [11111111-2222-3333-4444-555555555555]\n"
	"    endpoints: {login: 'http://[::1]:1/', resource-manager: "
	"https://a.example}\n"
	"targets:\n"
	"  - {name: m, type: email, server: 'smtp://[::1]:25', from: a@b.de, "
	"to: [a@b.de], starttls: off}\n"
	"  - {name: w, type: webhook, url: {credential: u}, signing-secret: "
	"{file: /s}}\n"
	"fallback: m\n",
	MINIMAL "calendars:\n"
		"  - {name: c, timezone: Europe/Berlin, hours: {mon-fri: "
		"[\"08:00-12:00\"], \"sat,sun\": \"22:00-06:00\"}, closed: "
		"[2026-12-25], special: {2026-12-24: \"09:00-12:00\"}}\n"
		"sla: {critical: {triage: 10m}, low: {triage: "
		"next-business-day, calendar: c}}\n"
		"rules:\n"
		"  - {name: r, when: {severity: [high, low], not: {tag: "
		"x}}, set: {severity: low, owner: o, tags: [t]}, reason: "
		"why, expires: 2099-01-31}\n"
		"routes:\n"
		"  - {when: {severity: high}, continue: true, ladder: "
		"[{after: 0s, notify: [ops], repeat: 5m, times: 3}, {after: "
		"80%, notify: ops}, {after: due-day, notify: ops}]}\n"
		"  - {digest: {at: \"09:00\", notify: ops}}\n"
		"acknowledge-expires: {critical: 30m, low: never}\n",
};

static const char *const scraps[] = {
	"\t",
	"- ",
	"{",
	"}",
	"[",
	"]",
	": ",
	"\n",
	"&a ",
	"*a ",
	"!!str ",
	"---\n",
	"#",
	"\"",
	"'",
	"|\n",
	"\xc3\xa4",
	"\xff",
	"\\u0000",
	"? ",
	"%YAML 1.1\n",
	"{{{{{{{{{",
	"9999999999",
	"-1",
	"24:00",
	"@",
	"<<: *a",
	"type: demo",
	"name: ops",
	"\r",
	"99d",
	"due-day",
	"\xe2\x80\xa8",
	"\xef\xbf\xbd",
	"not: {",
};

static size_t mutate(char *text, size_t len, size_t room)
{
	const char *scrap = scraps[pick(ARRAY_SIZE(scraps))];
	size_t at = pick((uint32_t)len + 1), n = strlen(scrap);

	switch (pick(4)) {
	case 0: /* a scrap more */
		if (len + n > room)
			return len;
		memmove(text + at + n, text + at, len - at);
		memcpy(text + at, scrap, n);
		return len + n;
	case 1: /* a piece less */
		n = pick(12);
		n = MIN(len - at, n);
		memmove(text + at, text + at + n, len - at - n);
		return len - n;
	case 2: /* a byte changed */
		if (at < len)
			text[at] = (char)pick(256);
		return len;
	default: /* a line twice, or its start moved */
		n = pick(40);
		n = MIN(len - at, n);
		if (len + n > room)
			return len;
		memmove(text + at + n, text + at, len - at);
		return len + n;
	}
}

static size_t n_loaded;

static void try_one(const char *text, size_t len)
{
	CLEANUP(faults_release) struct faults f = { NULL, 0, 0 };
	CLEANUP(conf_free_ptr) struct conf *c = NULL;
	CLEANUP(conf_free_ptr) struct conf *again = NULL;
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
	int rc = conf_load_text("t.yaml", text, len, &c, &f);

	assert_int_equal(rc, faults_fatal(&f) ? ERR_CONF : 0);
	if (rc < 0)
		return;
	n_loaded++;
	faults_release(&f);
	conf_dump(c, &out);
	if (strstr(out.buf, SECRET_SHOWN))
		return;
	rc = conf_load_text("t.yaml", out.buf, out.len, &again, &f);
	if (rc < 0) {
		print_faults(&f);
		print_message("from:\n%.*s\ndumped:\n%s", (int)len, text,
			      out.buf);
	}
	assert_int_equal(rc, 0);
	assert_string_equal(again->policy.hash, c->policy.hash);
}

static void survives_mutations(void **state)
{
	char text[4096];

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		const char *start = seeds[pick(ARRAY_SIZE(seeds))];
		size_t len = strlen(start);

		memcpy(text, start, len);
		for (uint32_t i = pick(MUTATIONS) + 1; i > 0; i--)
			len = mutate(text, len, sizeof(text));
		try_one(text, len);
	}
	/* If next to nothing got through, the dump was not tried. */
	assert_true(n_loaded > ROUNDS / 50);
}

static void survives_noise(void **state)
{
	char text[200];

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		size_t len = pick(sizeof(text));

		for (size_t i = 0; i < len; i++)
			text[i] =
				(char)(pick(3) ? 0x20 + pick(0x5f) : pick(256));
		try_one(text, len);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(survives_mutations),
		cmocka_unit_test(survives_noise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
