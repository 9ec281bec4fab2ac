# SPDX-License-Identifier: BSD-3-Clause
complete -c p11-dane-admin -f
complete -c p11-dane-admin -n __fish_use_subcommand -a enable -d "make this machine's programs trust what DNSSEC vouches for"
complete -c p11-dane-admin -n __fish_use_subcommand -a disable -d 'put every file back as it was'
complete -c p11-dane-admin -n __fish_use_subcommand -a status -d 'whether each target is on, off or broken'
complete -c p11-dane-admin -l user -x -a '(__fish_complete_users)' -d "only this user's home"
complete -c p11-dane-admin -l all-users -d "only users' homes"
complete -c p11-dane-admin -l without-name-hints -d 'leave nsswitch.conf alone'
complete -c p11-dane-admin -l without-openssl -d 'leave SSL_CERT_DIR alone'
complete -c p11-dane-admin -l dry-run -d 'show what would be done'
complete -c p11-dane-admin -l json -d 'for machines'
complete -c p11-dane-admin -l help -d 'print a summary'
