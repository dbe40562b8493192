# Turns ready.sql into a C table on standard output. See the Makefile.
function quoted(s) {
	gsub(/\\/, "\\\\", s)
	gsub(/"/, "\\\"", s)
	gsub(/\t/, "\\t", s)
	return "\"" s "\""
}

function fail(text) {
	printf "%s:%d: %s\n", FILENAME, FNR, text >"/dev/stderr"
	failed = 1
	exit 1
}

BEGIN {
	print "/* Made by ready.awk from ready.sql. */"
	print "#include \"store/sqlite/look_priv.h\"\n"
	print "const struct ready_query ready_queries[] = {"
}

/^-- [a-z-]+: / && !inside {
	name = substr($2, 1, length($2) - 1)
	about = $0
	sub(/^-- [a-z-]+: /, "", about)
	printf "\t{ %s, %s,", quoted(name), quoted(about)
	inside = 1
	next
}

/^--/ || /^$/ {
	if (inside)
		fail("a query has neither comments nor empty lines in it")
	next
}

{
	if (!inside)
		fail("a query without its name above it")
	ends = sub(/;$/, "")
	printf "\n\t  %s", quoted($0)
	if (ends) {
		print " },"
		inside = 0
	} else {
		printf " \"\\n\""
	}
}

END {
	if (inside && !failed)
		fail("the last query does not end with a semicolon")
	if (!failed)
		print "\t{ NULL, NULL, NULL },\n};"
}
