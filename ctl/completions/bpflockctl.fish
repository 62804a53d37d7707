# SPDX-License-Identifier: Apache-2.0
# Completion of bpflockctl for fish.

complete -c bpflockctl -f
complete -c bpflockctl -s j -l json -d 'Print the result as JSON'
complete -c bpflockctl -s s -l socket -r -F -d 'The socket of the daemon'
complete -c bpflockctl -s d -l daemon -r -F -d 'The binary of the daemon'
complete -c bpflockctl -l help -d 'Describe the command'
complete -c bpflockctl -l version -d 'Print the version'

complete -c bpflockctl -n __fish_use_subcommand -a status -d 'What runs, whether it enforces, and what was counted'
complete -c bpflockctl -n __fish_use_subcommand -a ping -d 'Whether the daemon answers'
complete -c bpflockctl -n __fish_use_subcommand -a verify -d 'Verify now that the enforcers enforce'
complete -c bpflockctl -n __fish_use_subcommand -a plugins -d 'The installed plugins, or the description of one'
complete -c bpflockctl -n __fish_use_subcommand -a grant -d 'Allow operations for a time'
complete -c bpflockctl -n __fish_use_subcommand -a grants -d 'What is allowed for a time'
complete -c bpflockctl -n __fish_use_subcommand -a revoke -d 'End a grant before its time'
complete -c bpflockctl -n __fish_use_subcommand -a check -d 'Whether this machine has what bpflock needs, without a daemon'
complete -c bpflockctl -n __fish_use_subcommand -a advise -d 'What was used according to a log, and what can be blocked'
complete -c bpflockctl -n __fish_use_subcommand -a policy -d 'The rule of each operation, and where it comes from'
complete -c bpflockctl -n __fish_use_subcommand -a reload -d 'Put the configuration in force that the files contain now'
complete -c bpflockctl -n __fish_use_subcommand -a stop -d 'Stop the daemon'

complete -c bpflockctl -n '__fish_seen_subcommand_from status' -l short -d 'One line'
complete -c bpflockctl -n '__fish_seen_subcommand_from status verify' -l strict -d 'Unverified enforcers count as well'
complete -c bpflockctl -n '__fish_seen_subcommand_from grant' -l for -r -d 'How long'
complete -c bpflockctl -n '__fish_seen_subcommand_from grant' -l reason -r -d 'Why'
complete -c bpflockctl -n '__fish_seen_subcommand_from grant' -l unit -r -d 'For a unit'
complete -c bpflockctl -n '__fish_seen_subcommand_from grant' -l cgroup -r -d 'For a cgroup'
complete -c bpflockctl -n '__fish_seen_subcommand_from grant' -l everyone -d 'For all tasks'
complete -c bpflockctl -n '__fish_seen_subcommand_from check' -l strict -d 'What is limited counts as well'
complete -c bpflockctl -n '__fish_seen_subcommand_from advise' -F -l journal -d 'Read the journal'
complete -c bpflockctl -n '__fish_seen_subcommand_from advise' -l html -r -F -d 'Write a page of HTML'
complete -c bpflockctl -n '__fish_seen_subcommand_from advise' -l ini -d 'Print only the proposed configuration'
complete -c bpflockctl -n '__fish_seen_subcommand_from policy' -l diff -d 'Only what a reload would change'
complete -c bpflockctl -n '__fish_seen_subcommand_from stop' -l keep -d 'Enforcers stay in force'
complete -c bpflockctl -n '__fish_seen_subcommand_from plugins policy' \
	-a "(bpflockctl plugins 2>/dev/null | string replace -r ' .*' '')"
