/* What an import brings along beside an alert: taken from files alone, and only
 * when it is what our own export says. */
#include "source/import_item_priv.h"

#include "source/normalize.h"
#include "source/parsed.h"

#define ARM                                                                    \
	"{'id':'1','name':'n1','properties':{'systemAlertId':'n1',"            \
	"'severity':'Low','alertDisplayName':'t'}}"
#define ITEM(work) "{'triaged_import':{" work "},'raw':'{}'}"

static struct item normalized(enum door door, const char *text)
{
	struct item it = { 0 };

	alert_init(&it.alert);
	normalize_item(door, "", (struct span){ text, strlen(text) }, &it);
	return it;
}

/* The alert inside, its own bytes as raw, and the work. */
static void test_an_alert_and_its_work(void **state)
{
	CLEANUP(free_ptr) char *raw = quoted(ARM);
	json_t *item = json_pack(
		"{s:{s:{s:s, s:s, s:s, s:s, s:b, s:s, s:I, s:[{s:s, s:s, "
		"s:I}, {s:s}]}}, s:s}",
		"triaged_import", "work", "state", "closed", "phase", "contain",
		"verdict", "benign", "owner", "ada\x1b[31m", "confirmed", 1,
		"closed_by", "bob", "closed_ms", (json_int_t)1780992000000,
		"notes", "by", "ada", "text", "one\ntwo", "at_ms",
		(json_int_t)5, "by", "nobody", "raw", raw);
	CLEANUP(free_ptr) char *text = json_dumps(item, 0);
	struct item it = normalized(DOOR_FILE, text);
	const struct imported *i = it.alert.imported;

	json_decref(item);
	assert_int_equal(it.kind, ITEM_ALERT);
	assert_string_equal(it.alert.native_id, "n1");
	assert_string_equal(it.alert.raw, raw);
	assert_non_null(i);
	assert_true(i->has_work && i->confirmed);
	assert_int_equal(i->state, ALERT_CLOSED);
	assert_int_equal(i->phase, PHASE_CONTAIN);
	assert_int_equal(i->verdict, VERDICT_BENIGN);
	assert_string_equal(i->owner, "ada[31m");
	assert_string_equal(i->closed_by, "bob");
	assert_int_equal(i->closed_ms, 1780992000000);
	assert_int_equal(i->n_notes, 1); /* one without a text is none */
	assert_string_equal(i->notes[0].text, "one\ntwo");
	assert_int_equal(i->notes[0].at_ms, 0); /* 1970 is no time of a note */
	alert_release(&it.alert);
	/* What an API answers says nothing of people. */
	it = normalized(DOOR_ANY, text);
	assert_int_equal(it.kind, ITEM_BAD);
	assert_non_null(strstr(it.reason, "files alone"));
	alert_release(&it.alert);
	it = normalized(DOOR_ARM, text);
	assert_int_equal(it.kind, ITEM_BAD);
	alert_release(&it.alert);
	(void)state;
}

static void test_what_is_refused(void **state)
{
	static const struct {
		const char *text, *why;
	} rows[] = {
		{ "{'triaged_import':1,'raw':'{}'}", "without the alert" },
		{ "{'triaged_import':{}}", "without the alert" },
		{ ITEM("'work':{}"), "state '(none)'" },
		{ ITEM("'work':{'state':'gone','phase':'detect'}"),
		  "state 'gone'" },
		{ ITEM("'work':{'state':'open'}"), "phase" },
		{ ITEM("'work':{'state':'open','phase':'detect','verdict':"
		       "'evil'}"),
		  "verdict 'evil'" },
		{ ITEM("'work':{'state':'closed','phase':'detect'}"),
		  "when it was closed" },
		{ ITEM(""), "no alert of a known shape" }, /* the {} inside */
		{ "{'triaged_import':{},'raw':'{\\'triaged_import\\':{},"
		  "\\'raw\\':\\'{}\\'}'}",
		  "files alone" }, /* one inside of one */
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(free_ptr) char *text = quoted(rows[i].text);
		struct item it = normalized(DOOR_FILE, text);

		if (it.kind != ITEM_BAD || !strstr(it.reason, rows[i].why))
			fail_msg("%s: %s", text, it.reason);
		assert_int_equal(it.raw_len, strlen(text));
		alert_release(&it.alert);
	}
	(void)state;
}

static void test_many_notes(void **state)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
	struct imported *i = NULL;
	CLEANUP(free_ptr) char *raw = NULL;

	strbuf_addstr(&sb, "{\"triaged_import\":{\"work\":{\"state\":\"open\","
			   "\"phase\":\"detect\",\"notes\":[");
	for (int n = 0; n < 2 * IMPORTED_NOTES_MAX; n++)
		strbuf_addf(&sb, "%s{\"text\":\"%d\"}", n ? "," : "", n);
	strbuf_addstr(&sb, "]}},\"raw\":\"{}\"}");
	assert_int_equal(import_item_parse((struct span){ sb.buf, sb.len }, &i,
					   &raw, NULL),
			 0);
	assert_int_equal(i->n_notes, IMPORTED_NOTES_MAX);
	assert_string_equal(raw, "{}");
	imported_free(i);
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_alert_and_its_work),
		cmocka_unit_test(test_what_is_refused),
		cmocka_unit_test(test_many_notes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
