# SPDX-License-Identifier: BSD-3-Clause
# fish completion for p11-dane. fish loads a file by the name of its command.

complete -c p11-dane -f
complete -c p11-dane -n __fish_use_subcommand -l help -d 'print a summary'
complete -c p11-dane -n __fish_use_subcommand -l version -d 'print the version'
complete -c p11-dane -n __fish_use_subcommand -a check -d 'what the daemon makes of a host, and why'
complete -c p11-dane -n __fish_use_subcommand -a status -d 'how the daemon is'
complete -c p11-dane -n __fish_use_subcommand -a list -d 'what is trusted now, for whom and until when'
complete -c p11-dane -n __fish_use_subcommand -a flush -d 'have the daemon forget a host, or all'
complete -c p11-dane -n __fish_use_subcommand -a watch -d 'decisions as they fall, a line each'
complete -c p11-dane -n __fish_use_subcommand -a verify -d 'what a chain and its TLSA records come to, offline'
complete -c p11-dane -n __fish_use_subcommand -a tlsa -d 'the TLSA record to publish for a certificate'

complete -c p11-dane -n '__fish_seen_subcommand_from check' -l json -d 'for machines'
complete -c p11-dane -n '__fish_seen_subcommand_from check' -l fresh -d 'look it up anew'
complete -c p11-dane -n '__fish_seen_subcommand_from check' -l graph -r -F -d 'the chain of trust as a picture'
complete -c p11-dane -n '__fish_seen_subcommand_from check' -l help -d 'print a summary'
complete -c p11-dane -n '__fish_seen_subcommand_from check' -a '(__fish_print_hostnames)'

complete -c p11-dane -n '__fish_seen_subcommand_from status' -l json -d 'for machines'
complete -c p11-dane -n '__fish_seen_subcommand_from status' -l help -d 'print a summary'

complete -c p11-dane -n '__fish_seen_subcommand_from list' -l json -d 'for machines'
complete -c p11-dane -n '__fish_seen_subcommand_from list' -l help -d 'print a summary'

complete -c p11-dane -n '__fish_seen_subcommand_from flush' -l json -d 'for machines'
complete -c p11-dane -n '__fish_seen_subcommand_from flush' -l help -d 'print a summary'
complete -c p11-dane -n '__fish_seen_subcommand_from flush' -a '(__fish_print_hostnames)'

complete -c p11-dane -n '__fish_seen_subcommand_from watch' -l json -d 'for machines'
complete -c p11-dane -n '__fish_seen_subcommand_from watch' -l help -d 'print a summary'

complete -c p11-dane -n '__fish_seen_subcommand_from verify' -l host -x -a '(__fish_print_hostnames)' -d 'what a client connects to'
complete -c p11-dane -n '__fish_seen_subcommand_from verify' -l tlsa -x -d 'a record'
complete -c p11-dane -n '__fish_seen_subcommand_from verify' -l time -x -d 'seconds since 1970 instead of now'
complete -c p11-dane -n '__fish_seen_subcommand_from verify' -l json -d 'for machines'
complete -c p11-dane -n '__fish_seen_subcommand_from verify' -l help -d 'print a summary'
complete -c p11-dane -n '__fish_seen_subcommand_from verify' -F

complete -c p11-dane -n '__fish_seen_subcommand_from tlsa' -l usage -x -a '3 2' -d 'certificate usage'
complete -c p11-dane -n '__fish_seen_subcommand_from tlsa' -l selector -x -a '1 0' -d 'what of the certificate'
complete -c p11-dane -n '__fish_seen_subcommand_from tlsa' -l matching -x -a '1 2 0' -d 'how it matches'
complete -c p11-dane -n '__fish_seen_subcommand_from tlsa' -l port -x -d '443 if not given'
complete -c p11-dane -n '__fish_seen_subcommand_from tlsa' -l protocol -x -a 'tcp udp sctp' -d transport
complete -c p11-dane -n '__fish_seen_subcommand_from tlsa' -l ttl -x -d seconds
complete -c p11-dane -n '__fish_seen_subcommand_from tlsa' -l nsupdate -d 'a script for nsupdate'
complete -c p11-dane -n '__fish_seen_subcommand_from tlsa' -l time -x -d 'seconds since 1970 instead of now'
complete -c p11-dane -n '__fish_seen_subcommand_from tlsa' -l help -d 'print a summary'
complete -c p11-dane -n '__fish_seen_subcommand_from tlsa' -F
