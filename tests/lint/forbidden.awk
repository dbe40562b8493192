# Calls that have no place, or only one. Each row says where it may be and what
# to use instead; the few other places are named, with the reason.

BEGIN {
	rule("strcpy strcat sprintf vsprintf gets stpcpy alloca", "^$",
	     "bounds nothing: use snprintf, memcpy or a strbuf")
	rule("strtok strtok_r", "^$", "use strcspn and strspn")
	rule("system popen", "^$", "starts a shell")
	rule("atoi atol atoll", "^$", "cannot say that it failed: strtoll")
	rule("time clock_gettime gettimeofday", "^util/clock\\.",
	     "only util/clock.c asks the kernel for the time")
	# triagectl prints for the person at the terminal, in that person's
	# zone; everything else goes through triage/calendar.h.
	rule("localtime localtime_r mktime tzset", "^cli/localtime\\.",
	     "local time comes from triage/calendar.h")
	rule("malloc calloc realloc reallocarray strdup strndup asprintf" \
	     " vasprintf", "^util/xmalloc\\.", "use util/xmalloc.h")
	# xmalloc and digest say why the process ends, when nothing else works.
	rule("printf fprintf vprintf vfprintf dprintf puts fputs putchar" \
	     " putc fputc perror", "^(cli/|daemon/|util/(log|xmalloc|digest)\\.)",
	     "only daemon/, cli/ and util/log.c print")
	rule("setenv putenv unsetenv", "^(cli|daemon)/",
	     "the environment belongs to the whole process")
	pattern("sqlite3_[a-z0-9_]+", "^store/sqlite/",
		"only store/sqlite knows the engine")
	pattern("(event_(base_|config_|new|free|add|del|assign|active|pending" \
		"|initialized|self_cbarg|enable_|set_)|evtimer_|evsignal_" \
		"|evhttp_|evbuffer_|bufferevent_|evutil_|evconnlistener_)" \
		"[a-z0-9_]*", "^net/", "only net/ knows the loop")
	pattern("curl_multi_[a-z0-9_]+", "^net/", "only net/ knows the loop")
	pattern("curl_(easy|slist|share|global)_[a-z0-9_]+",
		"^(net/|notify/mail)", "only net/ and the mail worker transfer")
	pattern("sd_notify[a-z_]*", "^daemon/", "only daemon/ talks to systemd")
	pattern("sd_journal_[a-z_]+", "^util/log\\.", "only util/log.c logs")
}

function rule(names, files, why,    i, n, list)
{
	n = split(names, list, " ")
	for (i = 1; i <= n; i++)
		pattern(list[i], files, why)
}

function pattern(text, files, why)
{
	n_rules++
	# A name, called or taken by address, but not a member of that name.
	rules[n_rules] = "(^|[^A-Za-z0-9_>.])" text "[ \t]*\\("
	rule_files[n_rules] = files
	rule_why[n_rules] = why
	any = any (any ? "|" : "") text
}

FNR == 1 {
	path = FILENAME
	sub(/^src\//, "", path)
}

function called(text, re)
{
	match(text, re)
	text = substr(text, RSTART, RLENGTH)
	sub(/^[^A-Za-z0-9_]/, "", text)
	sub(/[ \t]*\($/, "", text)
	return text
}

function look_at(code,    i)
{
	for (i = 1; i <= n_rules; i++) {
		if (path !~ rule_files[i] && code ~ rules[i])
			complain(called(code, rules[i]) "(): " rule_why[i])
	}
}

# Most lines call nothing of all this: one look for all the names together, since
# awk compiles a pattern anew each time it is another one.
{
	code = code_of($0)
	if (!any_call)
		any_call = "(" any ")[ \t]*\\("
	if (code ~ any_call)
		look_at(code)
}

# Setting the zone moves local time under every other thread; triagectl has one,
# and asks the system for another zone to compare it with the calendar's.
path !~ /^cli\/localtime\./ && /setenv[ \t]*\([ \t]*"TZ"/ {
	complain("setenv(\"TZ\"): local time comes from triage/calendar.h")
}

/(^|[^A-Za-z0-9_])(TODO|FIXME|XXX)([^A-Za-z0-9_]|$)/ {
	complain("unfinished work has no place in the tree")
}
