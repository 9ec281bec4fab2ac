# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=sh
# One operation on one file: `sh -c "$(cat fs.sh)" fs OPERATION PATH [ARGUMENT...]`. Runs as whoever the file belongs
# to, so it is handed over as text (a user need not be able to read where it is installed) and uses nothing of ours.
#
# FS_TRUST: user ids that may own the directories above a file; empty: whoever runs this, who can harm only himself.
# FS_ROOT:  with FS_TRUST, the directory that files must lie below.
#
# Exit status 0; 3: there is no such file; 4: it is nothing that can be used, and standard error says why.
set -u
umask 077
LC_ALL=C
export LC_ALL
largest=1048576

fail() {
    printf '%s\n' "$*" >&2
    exit 4
}

# Root writes only where nobody else could have put a link, or could put one while we look away.
check_above() {
    above=$1
    case $above in
        "${FS_ROOT:-}"/*) ;;
        *) fail "$path leads out of ${FS_ROOT:-/}, to $above" ;;
    esac
    set --
    while above=${above%/*} && [ "$above" != "${FS_ROOT:-}" ]; do
        set -- "$@" "$above"
    done
    list=$(stat -c '%u %a %n' -- "${FS_ROOT:-/}" "$@") || fail "$path cannot be looked at"
    while read -r owner mode above; do
        case " $FS_TRUST " in
            *" $owner "*) ;;
            *) fail "$above, where $path is, belongs to user $owner" ;;
        esac
        [ $((0$mode & 022)) -eq 0 ] || fail "$above, where $path is, can be written by others"
    done <<LIST
$list
LIST
}

# real: where the file is, behind links. Its directory must exist.
resolve() {
    real=$(readlink -f -- "$path") || fail "$path cannot be followed"
    [ -z "${FS_TRUST:-}" ] || check_above "$real"
    new=${real%/*}/.${real##*/}.p11-dane-new
}

# There are file systems that cannot, and directories that their owner may not read.
sync_directory() {
    sync -- "$1" 2>/dev/null || true
}

read_file() {
    if [ ! -e "$path" ]; then
        [ ! -L "$path" ] || fail "$path is a link to nothing"
        exit 3
    fi
    [ -f "$path" ] || fail "$path is not a file"
    [ "$(stat -L -c %s -- "$path")" -le "$largest" ] || fail "$path is too large"
    cat -- "$path" || fail "$path cannot be read"
}

# Standard input becomes a file beside the one it shall replace, with that one's owner, mode and attributes.
stage() {
    resolve
    rm -f -- "$new" || fail "$path cannot be replaced"
    if [ -e "$real" ]; then
        [ -f "$real" ] || fail "$path is not a file"
        cp --preserve=all -- "$real" "$new" 2>/dev/null || fail "no file can be made beside $real"
    else
        (set -C && : >"$new") 2>/dev/null || fail "no file can be made beside $real"
        chmod "$1" -- "$new" || fail "$new: no mode"
    fi
    cat >"$new" || fail "$new cannot be written"
    [ "$2" = - ] || touch -d "@$2" -- "$new" || fail "$new: no time"
    sync -- "$new" || fail "$new cannot be written"
}

missing_directories() {
    list=
    above=${path%/*}
    while [ ! -e "$above" ] && [ ! -L "$above" ]; do
        list="$above
$list"
        above=${above%/*}
    done
    [ -d "$above" ] || fail "$above is not a directory"
    printf '%s' "$list"
}

operation=$1
path=$2
shift 2
case $operation in
    read) read_file ;;
    stat)
        resolve
        stat -c '%a %Y' -- "$real"
        ;;
    stage) stage "$@" ;;
    commit)
        resolve
        mv -fT -- "$new" "$real" || fail "$path cannot be replaced"
        sync_directory "${real%/*}"
        ;;
    clean)
        [ -d "${path%/*}" ] || exit 0
        resolve
        rm -f -- "$new"
        ;;
    remove)
        resolve
        rm -f -- "$path" || fail "$path cannot be removed"
        sync_directory "${path%/*}"
        ;;
    missing) missing_directories ;;
    mkdir)
        [ -z "${FS_TRUST:-}" ] || check_above "$(readlink -f -- "$path")"
        [ -d "$path" ] || mkdir -m "$1" -- "$path" 2>/dev/null || fail "$path cannot be made"
        ;;
    rmdir) [ ! -d "$path" ] || rmdir -- "$path" 2>/dev/null ;;
    is-directory) [ -d "$path" ] || exit 3 ;;
    glob)
        IFS=
        count=0
        # shellcheck disable=SC2086  # a pattern
        for match in $path; do
            [ -f "$match" ] || continue
            count=$((count + 1))
            [ "$count" -le 64 ] || break
            printf '%s\n' "$match"
        done
        ;;
    *) fail "fs: $operation?" ;;
esac
