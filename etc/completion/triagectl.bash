# Completion of triagectl for bash. The tables above are made from the command
# table of triagectl itself (make). Names that only the database knows, such as
# IDs, are asked of it; it is only read, and nothing of it is ever evaluated.

# Words to offer for the kind $1 where $2 has been typed.
_triagectl_offer() {
	local kind=$1 typed=$2 how list='' word
	local -a words
	how=${_triagectl_values[$kind]-}
	if [[ $how == /* ]]; then
		compopt -o filenames 2>/dev/null
		while IFS= read -r word; do
			COMPREPLY+=("$word")
		done < <(compgen -f -- "$typed")
		return
	fi
	if [[ $how == ,* && $typed == *,* ]]; then
		list=${typed%,*},
		typed=${typed##*,}
	fi
	if [[ $how == '?'* ]]; then
		mapfile -t words < <(timeout 2 "${where[@]}" help --values "$kind" 2>/dev/null)
	else
		read -ra words <<<"${how#,}"
	fi
	for word in "${words[@]}"; do
		[[ $word == "$typed"* ]] || continue
		[[ $word == *[!a-zA-Z0-9_.@:/+-]* ]] && printf -v word '%q' "$word"
		COMPREPLY+=("$list$word")
	done
}

# What may stand as word number $1 behind the command, and where $2 was typed.
_triagectl_word() {
	local position=$1 typed=$2 form token i fits
	local -a forms tokens
	form=${_triagectl_words[$command]}
	form=${form//[\[\]]/}
	IFS='|' read -ra forms <<<"$form"
	for form in "${forms[@]}"; do
		read -ra tokens <<<"$form"
		fits=1
		for ((i = 0; i < position && i < ${#tokens[@]}; i++)); do
			token=${tokens[i]}
			[[ $token == *[A-Z]* || $token == "${given[i]}" ]] || fits=
		done
		[[ $fits ]] || continue
		# Behind "ID..." comes another ID, or what follows it.
		for ((i = 0; i < ${#tokens[@]}; i++)); do
			token=${tokens[i]}
			((i == position)) || [[ $i -lt $position && ($token == *... ||
				$i -gt 0 && ${tokens[i - 1]} == *...) ]] || continue
			if [[ $token == *[A-Z]* ]]; then
				_triagectl_offer "${token%...}" "$typed"
			elif [[ $token == "$typed"* ]]; then
				COMPREPLY+=("$token")
			fi
		done
	done
}

# Sets kind to what the option $1 takes; false: it is none, or takes nothing.
_triagectl_option() {
	local option
	for option in ${_triagectl_options[${command:--}]-} ${_triagectl_options['-']}; do
		if [[ $option == "$1="* ]]; then
			kind=${option#*=}
			return 0
		fi
	done
	return 1
}

_triagectl() {
	local command='' kind='' typed word option i
	local -a where given line
	COMPREPLY=()
	# readline takes --state=open for three words.
	for ((i = 1; i <= COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		[[ $word == = && $i -lt $COMP_CWORD ]] && continue
		line+=("${word#=}")
	done
	typed=${line[-1]}
	where=("$1")
	for ((i = 0; i < ${#line[@]} - 1; i++)); do
		word=${line[i]}
		if _triagectl_option "$word"; then
			i=$((i + 1))
			case $word in
			-c | --config | --database)
				[[ $i -lt ${#line[@]} ]] && where+=("$word" "${line[i]}")
				;;
			esac
			((i < ${#line[@]} - 1)) && kind=''
		elif [[ $word == -* ]]; then
			continue
		elif [[ -z $command ]]; then
			command=$word
		else
			given+=("$word")
		fi
	done
	if [[ $kind ]]; then
		_triagectl_offer "$kind" "$typed"
	elif [[ $typed == -* ]]; then
		for option in ${_triagectl_options[${command:--}]-} ${_triagectl_options['-']}; do
			[[ $option == --* && ${option%%=*} == "$typed"* ]] &&
				COMPREPLY+=("${option%%=*}")
		done
	elif [[ -z $command ]]; then
		_triagectl_offer COMMAND "$typed"
	elif [[ -n ${_triagectl_words[$command]-} ]]; then
		_triagectl_word "${#given[@]}" "$typed"
	fi
}

complete -F _triagectl triagectl
