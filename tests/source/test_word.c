/*
 * The vocabulary, word by word.
 *
 * Battery: C12.
 */
#include "source/word_priv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "util/compiler.h"
#include "util/xmalloc.h"

static void test_severity(void **state)
{
	static const struct {
		const char *word;
		enum severity base;
		bool unmapped;
	} rows[] = {
		{ "High", SEVERITY_HIGH, false },
		{ "high", SEVERITY_HIGH, false },
		{ "Medium", SEVERITY_MEDIUM, false },
		{ "LOW", SEVERITY_LOW, false },
		{ "Informational", SEVERITY_INFO, false },
		{ "unknown", SEVERITY_MEDIUM, true },
		{ "unknownFutureValue", SEVERITY_MEDIUM, true },
		{ "Critical", SEVERITY_MEDIUM, true },
		{ "", SEVERITY_MEDIUM, true },
		{ NULL, SEVERITY_MEDIUM, true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(alert_release) struct alert a;

		alert_init(&a);
		word_set_severity(&a, rows[i].word);
		assert_int_equal(a.base, rows[i].base);
		assert_int_equal(a.severity_unmapped, rows[i].unmapped);
		assert_int_equal(a.severity_absent, rows[i].word == NULL);
	}
}

static void test_status(void **state)
{
	static const struct {
		const char *word;
		enum source_state expect;
	} rows[] = {
		{ "Active", SOURCE_ACTIVE },
		{ "New", SOURCE_ACTIVE },
		{ "InProgress", SOURCE_IN_PROGRESS },
		{ "In Progress", SOURCE_IN_PROGRESS },
		{ "Resolved", SOURCE_RESOLVED },
		{ "resolved", SOURCE_RESOLVED },
		{ "Dismissed", SOURCE_DISMISSED },
		{ "something new", SOURCE_ACTIVE },
		{ NULL, SOURCE_ACTIVE },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(alert_release) struct alert a;

		alert_init(&a);
		word_set_status(&a, rows[i].word);
		assert_int_equal(a.source_state, rows[i].expect);
	}
}

static void test_provider(void **state)
{
	static const char *const rows[][2] = {
		{ "Microsoft Defender for Cloud", "defender-for-cloud" },
		{ "microsoftDefenderForCloud", "defender-for-cloud" },
		{ "Azure Security Center", "defender-for-cloud" },
		{ "MCAS", "defender-for-cloud-apps" },
		{ "ASI Scheduled Alerts", "sentinel" },
		{ "Some Other Product", "some-other-product" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(free_ptr) char *slug = word_provider(rows[i][0]);

		assert_string_equal(slug, rows[i][1]);
	}
	assert_null(word_provider(NULL));
	assert_string_equal(word_provider_by_prefix("DC25"),
			    "defender-for-cloud");
	assert_null(word_provider_by_prefix("zz"));
	assert_null(word_provider_by_prefix(""));
}

static void test_numbers(void **state)
{
	(void)state;
	assert_string_equal(word_cloud_apps_severity(3), "informational");
	assert_null(word_cloud_apps_severity(4));
	assert_null(word_cloud_apps_severity(-1));
	assert_null(word_cloud_apps_severity(INT64_MAX));
	assert_string_equal(word_cloud_apps_intent(13), "Impact");
	assert_null(word_cloud_apps_intent(0));
	assert_null(word_cloud_apps_intent(14));
	assert_string_equal(word_cloud_apps_story(8), "ConfigurationControl");
	assert_null(word_cloud_apps_story(6));
	assert_string_equal(word_cloud_apps_status(5), "true positive");
}

static void test_portal(void **state)
{
	static const char *const good[] = {
		"https://portal.azure.com/#blade/x",
		"https://PORTAL.azure.us",
		"https://portal.azure.cn/",
		"https://security.microsoft.com/alerts/x?tid=y",
		"https://security.microsoft.us/a",
		"https://contoso.eu.portal.cloudappsecurity.com/#/alerts/1",
	};
	static const char *const bad[] = {
		"http://portal.azure.com/",
		"https://portal.azure.com.evil.example/",
		"https://evilportal.azure.com/",
		"https://portal.azure.com@evil.example/",
		"https://portal.azure.com:444/",
		"https://portal.azure.com\\@evil.example/",
		"https://evilportal.cloudappsecurity.com/",
		"https://.portal.cloudappsecurity.com.x/",
		"https://security.microsoft.com/a b",
		"https://security.microsoft.com/a\nb",
		"https://security.microsoft.com/\"onclick=",
		"https://security.microsoft.com/<x>",
		"https://security.microsoft.com/\xc3\xa9",
		"javascript:alert(1)//portal.azure.com",
		"https://",
		"portal.azure.com",
		"",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		assert_true(word_is_portal_url(good[i]));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(word_is_portal_url(bad[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_severity), cmocka_unit_test(test_status),
		cmocka_unit_test(test_provider), cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_portal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
