# The MESSAGE_IDs of include/triaged/messages.h are unique, and each has an
# entry of the journal catalogue with a subject and a text that says what
# happened and what to do. Give it both files, the header first.

FNR == 1 {
	n_files++
	header = n_files == 1 ? FILENAME : header
}

n_files == 1 && /^#define MSG_/ {
	id = $3
	gsub(/"/, "", id)
	if (id !~ /^[0-9a-f]+$/ || length(id) != 32)
		complain($2 " is not 32 hexadecimal digits")
	if (id in name_of)
		complain($2 " has the id of " name_of[id])
	name_of[id] = $2
	line_of[id] = FNR
}

function end_entry()
{
	if (entry == "")
		return
	if (!has_subject)
		complain_at(entry_line, entry " has no Subject:")
	if (n_paragraphs < 2)
		complain_at(entry_line, entry " must say what happened and," \
			    " in a paragraph of its own, what to do")
}

n_files == 2 && /^-- / {
	end_entry()
	entry = $2
	entry_line = FNR
	has_subject = n_paragraphs = in_text = in_paragraph = 0
	if (entry in seen)
		complain(entry " is here twice")
	if (!(entry in name_of))
		complain(entry " is no id of " header)
	seen[entry] = 1
	next
}

n_files == 2 && /^Subject: ./ && !in_text {
	has_subject = 1
}

# The text begins behind the first blank line.
n_files == 2 && /^$/ {
	in_text = 1
	in_paragraph = 0
	next
}

n_files == 2 && in_text && !in_paragraph && !/^#/ {
	in_paragraph = 1
	n_paragraphs++
}

END {
	end_entry()
	for (id in name_of) {
		if (!(id in seen))
			print header ":" line_of[id] ": " name_of[id] \
				" has no entry in the catalogue"
	}
}
