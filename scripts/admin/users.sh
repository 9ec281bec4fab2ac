# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=sh
# Whose files there are, and who acts on them: $actor is empty for the machine's files, else a user's name, with
# $actor_uid, $actor_gid and $actor_home.

as_machine() {
    actor='' actor_uid='' actor_gid='' actor_home=''
}

passwd_lines() { # [NAME]
    if [ -n "$root" ]; then
        awk -F : -v name="${1:-}" 'name == "" || $1 == name' "$root/etc/passwd" 2>/dev/null
    elif [ $# -gt 0 ]; then
        getent passwd "$1"
    else
        getent passwd
    fi
}

login_defs() { # KEY DEFAULT
    l_value=$(awk -v key="$1" '$1 == key && $2 ~ /^[0-9]+$/ { print $2; exit }' "$root/etc/login.defs" 2>/dev/null)
    printf '%s' "${l_value:-$2}"
}

# name:uid:gid:home of the people on this machine, one a line: whoever can log in. Users of a directory service that
# lists nobody are reached with --user.
list_users() {
    passwd_lines | awk -F : -v min="$(login_defs UID_MIN 1000)" -v max="$(login_defs UID_MAX 60000)" '
        $3 ~ /^[0-9]+$/ && $3 >= min && $3 <= max && $7 !~ /\/(nologin|false)$/ { print $1 ":" $3 ":" $4 ":" $6 }'
}

one_user() { # NAME
    passwd_lines "$1" | awk -F : '{ print $1 ":" $3 ":" $4 ":" $6; exit }'
}

# Whoever the manifest knows, listed or not; of users that there are no longer, nothing can be put back.
add_known_users() {
    [ -r "$manifest" ] || return 0
    awk -F '\t' '$1 != "-" && !seen[$1]++ { print $1 }' "$manifest" >"$work/known"
    while IFS= read -r k_name; do
        k_line=$(one_user "$k_name")
        if [ -z "$k_line" ]; then
            [ "$dry_run" = yes ] || forget_user "$k_name"
        else
            case "$newline$users$newline" in
                *"$newline$k_line$newline"*) ;;
                *) users="$users$newline$k_line" ;;
            esac
        fi
    done <"$work/known"
}

forget_user() {
    M_ACTOR=$1 awk -F '\t' '$1 != ENVIRON["M_ACTOR"]' "$manifest" >"$manifest.new"
    manifest_rewrite
}

# as_user LINE: makes that user the actor. Returns 1 when there is no home to work in.
as_user() {
    IFS=: read -r actor actor_uid actor_gid actor_home <<LINE
$1
LINE
    case $actor_uid$actor_gid in
        *[!0-9]* | '') return 1 ;;
    esac
    case $actor_home in
        /*"$tab"* | / | '') return 1 ;;
        /*) ;;
        *) return 1 ;;
    esac
    # Whoever builds an image must not be led out of it.
    if [ -n "$root" ]; then
        case $(readlink -f -- "$root$actor_home") in
            "$root"/*) ;;
            *) return 1 ;;
        esac
    fi
    fs is-directory "$root$actor_home" >/dev/null
}

# A home may be on a disk that is not there today.
kept_on_record() {
    if [ -n "$(manifest_paths file nss)" ]; then
        printf '; when it is there again, run %s' "$name $command"
    fi
}

# each_user FUNCTION: for every user in $users.
each_user() {
    printf '%s\n' "$users" >"$work/users"
    while IFS= read -r e_line <&8; do
        [ -n "$e_line" ] || continue
        if as_user "$e_line"; then
            "$1"
        elif [ "$command" != status ] || [ "$whose" = one ]; then
            result nss absent "no home directory ${actor_home:-}$(kept_on_record)"
        fi
    done 8<"$work/users"
    as_machine
}
