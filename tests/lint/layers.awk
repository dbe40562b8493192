# Who may include whom. The table is the one of the house: tools at the
# bottom, nouns above them, then what is pure, what is a mechanism, the
# subjects, and the two programs as doors. There are no exceptions and no
# advisory rules: a rule that may be broken stays broken.
#
# Reads the sources and headers below src/, named from the tree's root.

BEGIN {
	may["util"] = " util "
	may["core"] = " core util "
	may["triage"] = " triage core util "
	may["conf"] = " conf core util "
	may["advice"] = " advice conf core util "
	may["store"] = " store core util "
	may["net"] = " net core util "
	may["source"] = " source conf net core util "
	may["posture"] = " posture conf net core util "
	may["notify"] = " notify conf net store core util "
	may["respond"] = " respond conf net store core util "
	may["forward"] = " forward conf net store core util "
	may["ctl"] = " ctl net core util "
	may["cli"] = " cli advice conf triage store core util "
	may["daemon"] = " daemon advice conf triage store net source posture" \
			" notify respond forward ctl core util "

	# A library by the start of its header, and the files it may be in.
	library("jansson.h", "^(util/json[rwx]|source/|posture/|notify/|respond/" \
			     "|forward/|ctl/|cli/|daemon/)")
	library("systemd/sd-journal.h", "^util/log\\.")
	library("systemd/sd-daemon.h", "^daemon/")
	library("libical/", "^triage/calendar")
	library("yaml.h", "^conf/parse")
	library("sqlite3.h", "^store/sqlite/")
	library("event2/", "^net/")
	library("event.h", "^$")
	library("curl/", "^(net/|notify/mail)")
	library("openssl/", "^(util/digest|net/)")
	library("libsmartcols", "^cli/writer")

	# Built by the Makefile, and the constants that strangers see.
	free["version.h"] = free["paths.h"] = 1

	split("assert.h byteswap.h ctype.h dirent.h endian.h errno.h fcntl.h " \
	      "fnmatch.h getopt.h glob.h grp.h iconv.h inttypes.h langinfo.h " \
	      "limits.h locale.h math.h netdb.h poll.h pthread.h pwd.h " \
	      "regex.h sched.h setjmp.h signal.h spawn.h stdalign.h stdarg.h " \
	      "stdatomic.h stdbool.h stddef.h stdint.h stdio.h stdlib.h " \
	      "string.h strings.h syslog.h termios.h time.h unistd.h wchar.h " \
	      "arpa/inet.h", names, " ")
	for (i in names)
		system_header[names[i]] = 1
}

function library(prefix, files)
{
	n_libraries++
	library_prefix[n_libraries] = prefix
	library_files[n_libraries] = files
}

# "store" of src/store/sqlite/open.c
function room_of(path)
{
	sub(/\/.*/, "", path)
	return path
}

FNR == 1 {
	path = FILENAME
	sub(/^src\//, "", path)
	room = room_of(path)
	if (!(room in may))
		complain("the room " room " is not in the table")
}

# --- which library ---

function check_library(name,    i)
{
	for (i = 1; i <= n_libraries; i++) {
		if (index(name, library_prefix[i]) != 1)
			continue
		if (path !~ library_files[i])
			complain("<" name "> is not allowed in " path)
		return
	}
	if (!(name in system_header) && name !~ /^(sys|net|netinet|linux)\//)
		complain("<" name "> is in no list: neither of the system nor" \
			 " of the libraries")
}

# --- which room ---

function check_room(name,    other)
{
	if (name in free || name ~ /^triaged\//)
		return
	if (name !~ /\//) {
		complain("\"" name "\" must be named with its room")
		return
	}
	other = room_of(name)
	if (index(may[room], " " other " ") == 0 && !is_wire(other, name) &&
	    !is_reader(name))
		complain(room " may not include \"" name "\"")
	else if (name ~ /_priv\.h$/ && other != room)
		complain("\"" name "\" is private to its room")
	else if (name ~ /^store\/sqlite\// && path !~ /^store\/sqlite\//)
		complain("\"" name "\" is private to its engine")
	else if (path ~ /^ctl\/wire/ && other == "net")
		complain("the wire is used by triagectl and needs no loop:" \
			 " \"" name "\"")
}

# Bytes in, record out: what-if reads stored bytes again. It needs no loop and
# no network, which the link of triagectl proves.
function is_reader(name)
{
	return path ~ /^cli\/what_if/ && name == "source/normalize.h"
}

# The one header of ctl/ that the command line may know.
function is_wire(other, name)
{
	return room == "cli" && name == "ctl/wire.h"
}

/^[ \t]*#[ \t]*include/ {
	name = $0
	if (name ~ /</) {
		sub(/^[^<]*</, "", name)
		sub(/>.*/, "", name)
		check_library(name)
	} else {
		sub(/^[^"]*"/, "", name)
		sub(/".*/, "", name)
		check_room(name)
	}
}

# The store's contracts speak of alerts and clocks, so that a second engine
# can stand beside the first. Comments count: they are the contract too.
path ~ /^store\/[^\/]*\.h$/ &&
/(^|[^A-Za-z_])(sqlite3|SQL|SELECT|INSERT|DELETE FROM|PRAGMA)([^A-Za-z]|$)/ {
	complain("a contract of the store may not speak of its engine")
}
