/* The command line of triaged: getopt_long and nothing else. */
#include "daemon/options.h"

#include <getopt.h>
#include <stddef.h>

#include "conf/conf.h"
#include "paths.h"

enum {
	OPT_CHECK = 256,
	OPT_DUMP,
	OPT_LIVE,
	OPT_NOTICE,
	OPT_JSON,
	OPT_ONCE,
	OPT_DEMO,
	OPT_VERSION,
	OPT_HELP,
	OPT_DEBUG
};

static const struct option long_options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "check-config", no_argument, NULL, OPT_CHECK },
	{ "dump-config", no_argument, NULL, OPT_DUMP },
	{ "check-live", no_argument, NULL, OPT_LIVE },
	{ "test-notice", required_argument, NULL, OPT_NOTICE },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "once", no_argument, NULL, OPT_ONCE },
	{ "demo", no_argument, NULL, OPT_DEMO },
	{ "debug", no_argument, NULL, OPT_DEBUG },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ "help", no_argument, NULL, OPT_HELP },
	{ NULL, 0, NULL, 0 },
};

const char *options_help(void)
{
	return "Usage: triaged [OPTION]...\n"
	       "Poll Microsoft Defender alerts, start triage clocks, notify "
	       "until somebody answers.\n"
	       "\n"
	       "  -c, --config FILE   settings (default " CONF_DEFAULT_FILE
	       ")\n"
	       "      --check-config  report every fault of the settings, then "
	       "exit\n"
	       "      --dump-config   print the settings in effect and where "
	       "each comes from\n"
	       "      --check-live    ask every source and target whether it "
	       "would let us in;\n"
	       "                      nothing is stored or sent\n"
	       "      --test-notice TARGET  send a test message to TARGET, "
	       "then exit\n"
	       "      --json          with one of these two: an object a line\n"
	       "      --once          poll every source once, deliver what is "
	       "due, then exit\n"
	       "      --demo          show it working: no root, no network, no "
	       "settings\n"
	       "      --debug         log more\n"
	       "      --version       print the version\n"
	       "      --help          print this\n"
	       "\n"
	       "Stays in the foreground; systemd runs it in the background. "
	       "SIGHUP reloads,\n"
	       "SIGTERM ends. Exit status: 0 ok, 1 failed, 2 usage, 78 "
	       "settings.\n"
	       "See triaged(8), triaged.yaml(5), triagectl(1).\n";
}

static int set_mode(struct options *o, enum run_mode mode, struct err *err)
{
	if (o->mode != RUN_DAEMON && o->mode != mode)
		return err_set(err, ERR_CONF,
			       "only one of --check-config, --dump-config, "
			       "--check-live, --test-notice, --once, --demo "
			       "at a time");
	o->mode = mode;
	return 0;
}

int options_parse(int argc, char **argv, struct options *ret, struct err *err)
{
	struct options o = { .file = CONF_DEFAULT_FILE, .mode = RUN_DAEMON };
	int c, rc = 0;

	opterr = 0;
	optind = 0; /* glibc: start anew, for the tests */
	while (rc >= 0 &&
	       (c = getopt_long(argc, argv, ":c:", long_options, NULL)) != -1) {
		switch (c) {
		case 'c':
			o.file = optarg;
			break;
		case OPT_DEBUG:
			o.debug = true;
			break;
		case OPT_CHECK:
			rc = set_mode(&o, RUN_CHECK_CONFIG, err);
			break;
		case OPT_DUMP:
			rc = set_mode(&o, RUN_DUMP_CONFIG, err);
			break;
		case OPT_LIVE:
			rc = set_mode(&o, RUN_CHECK_LIVE, err);
			break;
		case OPT_NOTICE:
			o.target = optarg;
			rc = set_mode(&o, RUN_TEST_NOTICE, err);
			break;
		case OPT_JSON:
			o.json = true;
			break;
		case OPT_ONCE:
			rc = set_mode(&o, RUN_ONCE, err);
			break;
		case OPT_DEMO:
			rc = set_mode(&o, RUN_DEMO, err);
			break;
		case OPT_VERSION:
			o.mode = RUN_VERSION;
			break;
		case OPT_HELP:
			o.mode = RUN_HELP;
			break;
		case ':':
			rc = err_set(err, ERR_CONF,
				     "option %s needs a value (see triaged "
				     "--help)",
				     argv[optind - 1]);
			break;
		default:
			rc = err_set(err, ERR_CONF,
				     "unknown option %s (see triaged --help)",
				     argv[optind - 1]);
			break;
		}
	}
	if (rc < 0)
		return rc;
	if (optind < argc)
		return err_set(err, ERR_CONF,
			       "unexpected argument '%s' (see triaged --help)",
			       argv[optind]);
	if (o.json && o.mode != RUN_CHECK_LIVE && o.mode != RUN_TEST_NOTICE)
		return err_set(err, ERR_CONF,
			       "--json goes with --check-live or --test-notice "
			       "(see triaged --help)");
	*ret = o;
	return 0;
}
