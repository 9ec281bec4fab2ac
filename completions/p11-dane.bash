# SPDX-License-Identifier: BSD-3-Clause
# bash completion for p11-dane, p11-daned and p11-dane-admin.

_p11_dane_words() {
    mapfile -t COMPREPLY < <(compgen -W "$1" -- "$cur")
}

_p11_dane_files() {
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -f -- "$cur")
}

_p11_dane_hosts() {
    mapfile -t COMPREPLY < <(compgen -A hostname -- "$cur")
}

_p11_dane() {
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} command=${COMP_WORDS[1]-} options=
    COMPREPLY=()
    if [ "$COMP_CWORD" -eq 1 ]; then
        _p11_dane_words 'check status list flush watch verify tlsa --help --version'
        return
    fi
    case $command in
        check) options='--json --fresh --graph --help' ;;
        status | list | flush | watch) options='--json --help' ;;
        verify) options='--host --tlsa --time --json --help' ;;
        tlsa) options='--usage --selector --matching --port --protocol --ttl --nsupdate --time --help' ;;
    esac
    case $command$prev in
        check--graph) _p11_dane_files; return ;;
        verify--host) _p11_dane_hosts; return ;;
        tlsa--usage) _p11_dane_words '2 3'; return ;;
        tlsa--selector) _p11_dane_words '0 1'; return ;;
        tlsa--matching) _p11_dane_words '0 1 2'; return ;;
        tlsa--protocol) _p11_dane_words 'tcp udp sctp'; return ;;
        verify--tlsa | verify--time | tlsa--port | tlsa--ttl | tlsa--time) return ;;
    esac
    case $cur in
        -*) _p11_dane_words "$options"; return ;;
    esac
    case $command in
        check | flush) _p11_dane_hosts ;;
        verify) _p11_dane_files ;;
        tlsa)
            _p11_dane_files
            local files=("${COMPREPLY[@]}")
            _p11_dane_hosts
            COMPREPLY+=("${files[@]}")
            ;;
    esac
}

_p11_daned() {
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
    COMPREPLY=()
    case $prev in
        --config) _p11_dane_files ;;
        *) _p11_dane_words '--config --foreground --check-config --version --help' ;;
    esac
}

_p11_dane_admin() {
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
    COMPREPLY=()
    case $prev in
        --user) mapfile -t COMPREPLY < <(compgen -u -- "$cur") ;;
        *) _p11_dane_words 'enable disable status --user --all-users --without-name-hints --without-openssl --dry-run --json --help' ;;
    esac
}

complete -F _p11_dane p11-dane
complete -F _p11_daned p11-daned
complete -F _p11_dane_admin p11-dane-admin
