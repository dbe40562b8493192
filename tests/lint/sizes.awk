# How much one may put into a line, a function, a file.
#
# line       80 columns; a line that is a string literal may be longer, since
#            a text that cannot be searched for is worse
# function   100 lines (25 is the aim), five parameters beside the error,
#            three levels of nesting
# file       600 lines

BEGIN {
	LINE_MAX = 80
	FUNCTION_MAX = 100
	FILE_MAX = 600
	PARAMETERS_MAX = 5
	NESTING_MAX = 3

	# Signatures that a library prescribes.
	prescribed["query_authorize"] = "sqlite3_set_authorizer"
}

FNR == 1 {
	end_file()
	previous_file = FILENAME
	head = ""
	depth = 0
	in_function = 0
}

END {
	end_file()
}

function end_file()
{
	if (previous_file != "" && previous_line > FILE_MAX)
		print previous_file ":" previous_line ": " previous_line \
			" lines in a file, at most " FILE_MAX
}

# Name and parameters: `head` is the text of a definition before its brace.
function begin_function(    open)
{
	in_function = 1
	first_line = FNR
	worst = 0
	depth = 0
	n_blocks = 0
	name = head
	sub(/[ \t]*\(.*/, "", name)
	sub(/.*[ \t*]/, "", name)
	open = index(head, "(")
	if (open && !(name in prescribed) && count_parameters(substr(head, open + 1)) > PARAMETERS_MAX)
		complain(name " has more than " PARAMETERS_MAX \
			 " parameters beside the error")
}

# Commas on the outer level; `struct err *err` does not count.
function count_parameters(text,    i, c, level, n, one)
{
	level = 0
	n = 0
	one = ""
	for (i = 1; i <= length(text); i++) {
		c = substr(text, i, 1)
		if (c == "(")
			level++
		else if (c == ")" && level-- == 0)
			break
		if (c == "," && level == 0) {
			n += counts(one)
			one = ""
		} else {
			one = one c
		}
	}
	return n + counts(one)
}

function counts(parameter)
{
	gsub(/[ \t]+/, " ", parameter)
	if (parameter ~ /^ *(void)? *$/)
		return 0
	return parameter !~ /^ *struct err [*][a-z_]* *$/
}

function end_function(    lines)
{
	in_function = 0
	head = ""
	lines = FNR - first_line - 1
	if (lines > FUNCTION_MAX)
		complain_at(first_line, name " has " lines \
			    " lines, at most " FUNCTION_MAX)
	if (worst > NESTING_MAX)
		complain_at(worst_line, name " nests " worst \
			    " levels deep, at most " NESTING_MAX)
}

# Blocks of control flow open a level; initializers, compound literals (no
# blank before their brace) and cases do not.
function count_nesting(code,    i, c, before, block)
{
	for (i = 1; i <= length(code); i++) {
		c = substr(code, i, 1)
		if (c == "{") {
			before = substr(code, 1, i - 1)
			block = before ~ /(\)|else|do)[ \t]+$/ ||
				before ~ /^[ \t]*$/
			if (n_blocks > 0 && !is_block[n_blocks])
				block = 0
			is_block[++n_blocks] = block
			depth += block
			if (depth > worst) {
				worst = depth
				worst_line = FNR
			}
		} else if (c == "}" && n_blocks > 0) {
			depth -= is_block[n_blocks--]
		}
	}
}

{
	previous_line = FNR
	code = code_of($0)
	if (columns($0) > LINE_MAX && $0 !~ /^[ \t]*"[^"]*"[,;)]*$/)
		complain("longer than " LINE_MAX " columns")
}

in_function && /^}/ {
	end_function()
	next
}

in_function {
	count_nesting(code)
	next
}

/^\{/ && head ~ /\)[ \t]*$/ {
	begin_function()
	next
}

# Collect what stands at file level since the last finished thing.
{
	if (code ~ /^[A-Za-z_]/ && head ~ /[;}][ \t]*$/)
		head = ""
	if (code !~ /^[ \t]*#/ && code !~ /^[ \t]*$/)
		head = head code
}
