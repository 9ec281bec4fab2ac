# SPDX-License-Identifier: BSD-3-Clause
complete -c p11-daned -f
complete -c p11-daned -l config -r -F -d configuration
complete -c p11-daned -l foreground -d 'stay in the foreground'
complete -c p11-daned -l check-config -d 'say what is wrong with the configuration'
complete -c p11-daned -l version -d 'print the version'
complete -c p11-daned -l help -d 'print a summary'
