# SPDX-License-Identifier: Apache-2.0
# Completion of bpflockctl for bash.

_bpflockctl() {
	local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} verb='' i
	local common='--json --socket --daemon --help --usage --version'
	local verbs='status ping verify plugins grant grants revoke check bugreport advise policy monitor metrics explain reload stop'

	COMPREPLY=()
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		-s | --socket | -d | --daemon) ((i++)) ;;
		-*) ;;
		*) verb=${COMP_WORDS[i]} && break ;;
		esac
	done
	case $previous in
	-s | --socket | -d | --daemon | --html)
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
		return
		;;
	esac
	case $verb in
	'') mapfile -t COMPREPLY < <(compgen -W "$verbs $common" -- "$word") ;;
	status) mapfile -t COMPREPLY < <(compgen -W "--short --strict $common" -- "$word") ;;
	grant) mapfile -t COMPREPLY < <(compgen -W "--for --reason --unit --cgroup --everyone $common" -- "$word") ;;
	verify | check) mapfile -t COMPREPLY < <(compgen -W "--strict $common" -- "$word") ;;
	bugreport) mapfile -t COMPREPLY < <(compgen -f -W "$common" -- "$word") ;;
	advise) mapfile -t COMPREPLY < <(compgen -f -W "--journal --html --ini $common" -- "$word") ;;
	stop) mapfile -t COMPREPLY < <(compgen -W "--keep $common" -- "$word") ;;
	monitor)
		mapfile -t COMPREPLY < <(compgen -W "--denied --plugin --operation --comm --unit --logfmt $common" -- "$word")
		;;
	metrics) mapfile -t COMPREPLY < <(compgen -W "--listen $common" -- "$word") ;;
	explain) mapfile -t COMPREPLY < <(compgen -W "--operation $common" -- "$word") ;;
	policy) mapfile -t COMPREPLY < <(compgen -W "$(bpflockctl plugins 2>/dev/null | cut -d' ' -f1) --diff $common" -- "$word") ;;
	plugins) mapfile -t COMPREPLY < <(compgen -W "$(bpflockctl plugins 2>/dev/null | cut -d' ' -f1) $common" -- "$word") ;;
	*) mapfile -t COMPREPLY < <(compgen -W "$common" -- "$word") ;;
	esac
}

complete -F _bpflockctl bpflockctl
