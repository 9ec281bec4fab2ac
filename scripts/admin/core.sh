# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=sh
# What every step uses: words to the administrator, results, and running something as somebody else. Knows no target.

name=p11-dane-admin
tab=$(printf '\t')
newline='
'

say() {
    [ "$json" = yes ] || printf '%s\n' "$*"
}

warn() {
    printf '%s: %s\n' "$name" "$*" >&2
}

die() {
    warn "$*"
    exit 1
}

one_line() {
    case $* in
        *[![:print:]]*) printf '%s' "$*" | tr '\t\n' '  ' | tr -d '\000-\037\177' ;;
        *) printf '%s' "$*" ;;
    esac
}

# result TARGET STATE DETAIL [MEND]: what became of a target. STATE is on, off, absent or broken; for a check also
# warning or unknown. $actor is whose files it was about.
result() {
    r_detail=$(one_line "$3")
    r_mend=$(one_line "${4:-}")
    r_target=$1
    [ -z "$actor" ] || r_target="$1 ($actor)"
    printf '%s\t%s\t%s\t%s\t%s\t%s\n' "$section" "$1" "${actor:--}" "$2" "$r_detail" "$r_mend" >>"$work/results"
    case $2 in
        broken) failed=yes ;;
    esac
    say "$(printf '%-8s %-18s %s' "$2" "$r_target" "$r_detail")"
    [ -z "$r_mend" ] || say "$(printf '%27s %s' '' "mend: $r_mend")"
}

# changed ACTION PATH: something was done (or would be, in a dry run).
changed() {
    shown_path=$(one_line "$2")
    printf '%s\t%s\t%s\n' "$1" "${actor:--}" "$shown_path" >>"$work/changes"
    if [ "$dry_run" = yes ]; then
        say "         would $1 $shown_path"
    else
        say "         $1 $shown_path"
    fi
}

# Tests kill us here, at each place where something has just become different.
checkpoint() {
    checkpoints=$((checkpoints + 1))
    if [ "$checkpoints" = "${P11_DANE_ADMIN_TEST_KILL_AT:-0}" ]; then
        kill -KILL $$
    fi
}

sha() {
    # shellcheck disable=SC2046  # two words
    set -- $(sha256sum <"$1")
    printf '%s' "$1"
}

have() {
    command -v "$1" >/dev/null 2>&1
}

# as_actor COMMAND...: runs it as $actor, with nothing of ours but standard input and output: no privileges, groups,
# environment, terminal (whose input it could forge), lock, nor more than a minute. Its output must go to a file, since
# what it leaves behind could keep a pipe open for ever.
as_actor() {
    if [ "$own_id" -eq 0 ] && [ "$actor_uid" -ne 0 ]; then
        if [ -n "$root" ]; then
            a_groups=--clear-groups
        else
            a_groups=--init-groups
        fi
        set -- setsid -w setpriv --reuid "$actor_uid" --regid "$actor_gid" "$a_groups" --no-new-privs --inh-caps=-all \
            env -i PATH=/usr/bin:/bin HOME="$root$actor_home" "$@"
    else
        set -- env -i PATH=/usr/bin:/bin HOME="$root$actor_home" "$@"
    fi
    (
        cd / || exit 4
        ulimit -f 8192 # blocks of 512 bytes
        exec timeout -k 5 60 "$@" 9>&-
    )
}

# fs OPERATION PATH...: see fs.sh. As the actor, or as ourselves, who are then careful.
fs() {
    if [ -n "$actor" ]; then
        as_actor sh -c "$fs_code" fs "$@"
    else
        FS_ROOT=$root FS_TRUST=$trusted_ids sh -c "$fs_code" fs "$@" 9>&-
    fi 2>"$work/error"
    set -- $?
    case $1 in
        0 | 3) ;;
        *)
            why=$(one_line "$(head -c 300 "$work/error" | sed "s|$root/|/|g")")
            [ -n "$why" ] || why="operation failed (status $1)"
            ;;
    esac
    return "$1"
}

# Everything that lasts is in the state directory: the manifest, and the originals by their digest.
open_state() {
    if [ "$dry_run" = yes ] || [ "$command" = status ]; then
        work=$(mktemp -d "${TMPDIR:-/tmp}/p11-dane-admin.XXXXXX") || die "no temporary directory"
        trap 'rm -rf "$work"' EXIT
    else
        [ -d "$state" ] || (umask 077 && mkdir -- "$state") 2>/dev/null || die "$state cannot be made"
        check_state
        exec 9>"$state/lock"
        flock -n 9 || die "another $name is at work"
        work=$state/work
        rm -rf "$work"
        mkdir -m 700 "$work" "$work/tmp" || die "$state cannot be written"
        trap 'rm -rf "$work"' EXIT
        [ -d "$state/originals" ] || mkdir -m 700 "$state/originals"
        TMPDIR=$work/tmp
        export TMPDIR
    fi
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    : >"$work/results"
    : >"$work/changes"
}

check_state() {
    [ ! -L "$state" ] || die "$state is a link"
    # shellcheck disable=SC2046  # two words
    set -- $(stat -c '%u %a' "$state")
    if [ "$1" != "$own_id" ] || [ $((0$2 & 022)) -ne 0 ]; then
        die "$state belongs to others, or they may write to it"
    fi
}

# Nothing turned on, nothing kept.
close_state() {
    [ "$dry_run" = no ] || return 0
    for c_file in "$state"/originals/*; do
        [ -e "$c_file" ] || continue
        grep -q "$tab$(basename "$c_file")$tab" "$manifest" 2>/dev/null || rm -f "$c_file"
    done
    if [ ! -s "$manifest" ]; then
        rm -rf "$work"
        rm -f "$manifest" "$manifest.new" "$state/lock"
        rmdir "$state/originals" "$state" 2>/dev/null || true
    fi
}
