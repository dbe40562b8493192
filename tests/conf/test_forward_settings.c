/* Destinations of the event log: read, refused, written again. */
#include "conf_test.h"
#include "util/compiler.h"
#include "util/strbuf.h"

static const char everything[] = MINIMAL
	"forward:\n"
	"  - {name: siem, type: syslog-tls, server: \"siem.example.org\", "
	"format: cef, facility: security, enterprise-id: 4711, framing: lf, "
	"hostname: box, ca-file: /etc/ca.pem, client-certificate: {credential: "
	"siem-pem}, settle: 30s, from: beginning}\n"
	"  - {name: local, type: syslog-tcp, server: \"[::1]:601\", facility: "
	"3}\n"
	"  - {name: far, type: syslog-tcp, server: \"10.0.0.1\", allow-plain: "
	"true, format: leef}\n"
	"  - {name: spool, type: file, path: /var/log/triaged/events.json, "
	"format: ocsf, rotate: {size: 2GiB, keep: 3}}\n"
	"  - {name: plain, type: file, path: /var/log/triaged/plain.json}\n";

static void reads_everything(void **state)
{
	CLEANUP(conf_free_ptr) struct conf *c = read_good(everything);
	const struct forward_conf *f = c->forwards;

	(void)state;
	assert_int_equal(c->n_forwards, 5);
	assert_string_equal(f[0].name, "siem");
	assert_int_equal(f[0].type, FORWARD_SYSLOG_TLS);
	assert_int_equal(f[0].format, FORWARD_CEF);
	assert_string_equal(f[0].host, "siem.example.org");
	assert_int_equal(f[0].port, 6514);
	assert_int_equal(f[0].facility, 13);
	assert_int_equal(f[0].enterprise_id, 4711);
	assert_false(f[0].octet_counting);
	assert_string_equal(f[0].hostname, "box");
	assert_string_equal(f[0].ca_file, "/etc/ca.pem");
	assert_int_equal(f[0].client_certificate.kind, SECRET_CREDENTIAL);
	assert_int_equal(f[0].settle_ms, 30000);
	assert_true(f[0].from_beginning);
	assert_string_equal(f[1].host, "::1");
	assert_int_equal(f[1].port, 601);
	assert_int_equal(f[1].facility, 3);
	assert_int_equal(f[1].enterprise_id, 32473);
	assert_int_equal(f[1].settle_ms, 10000);
	assert_true(f[1].octet_counting);
	assert_false(f[1].from_beginning);
	assert_int_equal(f[1].format, FORWARD_JSON);
	assert_int_equal(f[2].port, 514);
	assert_true(f[2].allow_plain);
	assert_string_equal(f[3].path, "/var/log/triaged/events.json");
	assert_int_equal(f[3].rotate_size, INT64_C(2) << 30);
	assert_int_equal(f[3].rotate_keep, 3);
	assert_int_equal(f[4].rotate_size, 100 << 20);
	assert_int_equal(f[4].rotate_keep, 10);
}

static void is_written_again(void **state)
{
	CLEANUP(conf_free_ptr) struct conf *c = read_good(everything);
	CLEANUP(conf_free_ptr) struct conf *again = NULL;
	CLEANUP(strbuf_release) struct strbuf first = STRBUF_INIT;
	struct faults faults = { NULL, 0, 0 };

	(void)state;
	conf_dump(c, &first);
	again = read_text(first.buf, &faults);
	print_faults(&faults);
	assert_non_null(again);
	assert_int_equal(again->n_forwards, 5);
	assert_string_equal(again->forwards[0].host, "siem.example.org");
	assert_int_equal(again->forwards[0].facility, 13);
	assert_string_equal(again->forwards[1].host, "::1");
	assert_int_equal(again->forwards[1].port, 601);
	assert_true(again->forwards[2].allow_plain);
	assert_int_equal(again->forwards[3].rotate_size, INT64_C(2) << 30);
	assert_int_equal(again->forwards[3].format, FORWARD_OCSF);
	faults_release(&faults);
}

static void refuses(void **state)
{
	static const struct {
		const char *entry, *says;
	} cases[] = {
		{ "{name: a, type: kafka}", "this build has no kafka" },
		{ "{name: a, type: syslog-tsl, server: h}",
		  "did you mean 'syslog-tls'?" },
		{ "{name: a, type: syslog-tls}", "'server' is missing" },
		{ "{name: a, type: file}", "'path' is missing" },
		{ "{name: a, type: file, path: /x, server: h}",
		  "belongs to the types syslog-tls and syslog-tcp" },
		{ "{name: a, type: syslog-tcp, server: h, ca-file: /x}",
		  "belongs to type syslog-tls" },
		{ "{name: a, type: syslog-tcp, server: \"192.0.2.1:514\"}",
		  "allow-plain: true" },
		{ "{name: a, type: syslog-tcp, server: siem}",
		  "use type syslog-tls" },
		{ "{name: a, type: syslog-tls, server: \"tcp://h:1\"}",
		  "must be HOST:PORT" },
		{ "{name: a, type: syslog-tls, server: \"h:0x1\"}",
		  "must be HOST:PORT" },
		{ "{name: a, type: syslog-tls, server: \"h/x\"}",
		  "must be HOST:PORT" },
		{ "{name: a, type: syslog-tls, server: h, format: xml}",
		  "must be json, cef, leef, ocsf or ecs" },
		{ "{name: a, type: syslog-tls, server: h, facility: 24}",
		  "from 0 to 23" },
		{ "{name: a, type: syslog-tls, server: h, facility: locale}",
		  "a facility such as local4" },
		{ "{name: a, type: syslog-tls, server: h, framing: crlf}",
		  "octet-counting or lf" },
		{ "{name: a, type: syslog-tls, server: h, hostname: a b}",
		  "without blanks" },
		{ "{name: a, type: syslog-tls, server: h, from: then}",
		  "now or beginning" },
		{ "{name: a, type: syslog-tls, server: h, enterprise-id: 0}",
		  "must be a number from 1" },
		{ "{name: a, type: file, path: /x, rotate: {size: 100MB}}",
		  "such as 100MiB" },
		{ "{name: a, type: file, path: /x, rotate: {size: 1KiB}}",
		  "a size from 64KiB" },
		{ "{name: a, type: file, path: /x, rotate: {size: "
		  "99999999999999999999TiB}}",
		  "a size from" },
		{ "{name: a, type: file, path: x}", "absolute path" },
		{ "{name: a, type: file, path: /x}, {name: b, type: file, "
		  "path: /x}",
		  "'a' writes to this file already" },
		{ "{name: a, type: file, path: /x}, {name: a, type: file, "
		  "path: /y}",
		  "the name 'a' is taken" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
		CLEANUP(faults_release) struct faults f = { NULL, 0, 0 };
		CLEANUP(conf_free_ptr) struct conf *c = NULL;

		strbuf_addf(&text, MINIMAL "forward: [%s]\n", cases[i].entry);
		c = read_text(text.buf, &f);
		if (c || !has_fault(&f, 0, 0, cases[i].says)) {
			print_faults(&f);
			fail_msg("%s: not '%s'", cases[i].entry, cases[i].says);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_everything),
		cmocka_unit_test(is_written_again),
		cmocka_unit_test(refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
