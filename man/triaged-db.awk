# Puts the views of schema.sql and the queries of ready.sql into the frame of
# triaged-db(5): awk -f triaged-db.awk schema.sql ready.sql triaged-db.5.in. A
# view v_* without its comment is an error; other views are not promised.
function fail(text) {
	printf "%s:%d: %s\n", FILENAME, FNR, text >"/dev/stderr"
	failed = 1
	exit 1
}

function escaped(s) {
	gsub(/\\/, "\\e", s)
	if (s ~ /^[.']/)
		s = "\\&" s
	return s
}

# The first letter large, a full stop at the end.
function sentence(s) {
	s = toupper(substr(s, 1, 1)) substr(s, 2)
	return s ~ /[.]$/ ? s : s "."
}

# New sentences on new lines, as mdoc(7) wants; none longer than 78.
function filled(s,   out, line, n, i, words) {
	n = split(escaped(s), words, " ")
	for (i = 1; i <= n; i++) {
		if (line != "" && length(line) + length(words[i]) > 77) {
			out = out line "\n"
			line = ""
		}
		line = line (line == "" ? "" : " ") words[i]
		if (i < n && words[i] ~ /[a-z)][.]$/) {
			out = out line "\n"
			line = ""
		}
	}
	return out line "\n"
}

function end_column() {
	if (columns == "")
		return
	gsub(/, /, " , ", columns)
	items = items ".It Va " columns "\n" filled(sentence(meaning))
	columns = ""
}

function forget() {
	about = items = columns = ""
	telling = 0
}

# --- schema.sql ---

FILENAME ~ /schema[.]sql$/ && /^--$/ {
	telling = about != ""
	next
}
FILENAME ~ /schema[.]sql$/ && telling && /^-- [a-z_, ]+: / {
	end_column()
	columns = $0
	sub(/^-- /, "", columns)
	meaning = columns
	sub(/: .*/, "", columns)
	sub(/^[a-z_, ]+: /, "", meaning)
	next
}
FILENAME ~ /schema[.]sql$/ && telling && /^--   / {
	sub(/^--  /, "")
	meaning = meaning $0
	next
}
FILENAME ~ /schema[.]sql$/ && /^-- / {
	if (telling)
		forget()
	about = about (about == "" ? "" : " ") substr($0, 4)
	next
}
FILENAME ~ /schema[.]sql$/ && /^CREATE VIEW v_/ {
	end_column()
	if (about == "" || items == "")
		fail("the view " $3 " is not explained in a comment above it")
	views = views ".Ss " $3 "\n" filled(about) \
		".Bl -tag -width Ds\n" items ".El\n"
	forget()
	next
}
FILENAME ~ /schema[.]sql$/ {
	forget()
	next
}

# --- ready.sql ---

FILENAME ~ /ready[.]sql$/ && /^-- [a-z-]+: / {
	name = substr($2, 1, length($2) - 1)
	sub(/^-- [a-z-]+: /, "")
	queries = queries ".Ss " name "\n" filled(sentence($0)) \
		".Bd -literal -offset indent\n"
	query = 1
	next
}
FILENAME ~ /ready[.]sql$/ {
	if (!query || /^--/ || /^$/)
		next
	gsub(/\t/, "    ")
	queries = queries escaped($0) "\n"
	if (/;$/) {
		queries = queries ".Ed\n"
		query = 0
	}
	next
}

# --- the frame ---

/^[.]\\" views$/ {
	printf "%s", views
	next
}
/^[.]\\" queries$/ {
	printf "%s", queries
	next
}
{
	print
}
