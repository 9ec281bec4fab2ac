# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=sh
# Firefox and Thunderbird: SecurityDevices in policies.json. They read /etc/PROGRAM/policies/policies.json, and only if
# there is none the one in the distribution directory beside the program: a new file in /etc would hide the other.

firefox_places="/usr/lib/firefox-esr /usr/lib/firefox /usr/lib64/firefox /opt/firefox /usr/share/firefox"
thunderbird_places="/usr/lib/thunderbird /usr/lib64/thunderbird /opt/thunderbird"

step_policies() { # TARGET PLACES
    p_main=/etc/$1/policies/policies.json
    p_places='' p_files=''
    for p_place in $2; do
        if [ -e "$root$p_place/application.ini" ] || [ -e "$root$p_place/omni.ja" ]; then
            p_places="$p_places $p_place"
            [ ! -e "$root$p_place/distribution/policies.json" ] || p_files=yes
        fi
    done
    p_name=$1
    if [ -e "$root$p_main" ] || { [ -n "$p_places" ] && [ -z "$p_files" ]; }; then
        set -- "$p_main"
    else
        set --
        for p_place in $p_places; do
            set -- "$@" "$p_place/distribution/policies.json"
        done
    fi
    if [ $# -eq 0 ] && [ "$command" != disable ]; then
        result "$p_name" absent "not installed"
        return
    fi
    mend="put it right, or move it away; then $name enable"
    file_target "$p_name" 644 policies_add policies_strip 755 "$@"
    mend=
}

policies_add() {
    if [ -s "$1" ]; then
        cp "$1" "$work/json"
    else
        printf '{}' >"$work/json"
    fi
    # shellcheck disable=SC2016  # jq's variables
    run_jq '
        def others_shape: "has another shape than policies have" | error;
        if type != "object" or ((.policies // {}) | type) != "object"
            or ((.policies.SecurityDevices // {}) | type) != "object"
            or ((.policies.SecurityDevices.Add? // {}) | type) != "object" then others_shape else . end
        | (.policies.SecurityDevices // {}) as $d
        | if ([$d, ($d.Add // {})] | map(.[] | strings) | index($library)) then .
          elif ($d | has("Add") or has("Delete")) or $d == {} then .policies.SecurityDevices.Add["p11-dane"] = $library
          else .policies.SecurityDevices["p11-dane"] = $library end' "$work/json" >"$work/json.new" || return 1
    # Nothing to add: not even the way it is indented changes.
    if [ -s "$1" ] && run_jq . "$work/json" | cmp -s - "$work/json.new"; then
        cat "$1"
    else
        cat "$work/json.new"
    fi
}

policies_strip() {
    run_jq '
        def drop_empty(p): if getpath(p) == {} then delpaths([p]) else . end;
        del(.policies.SecurityDevices["p11-dane"]?) | del(.policies.SecurityDevices.Add["p11-dane"]?)
        | drop_empty(["policies", "SecurityDevices", "Add"]) | drop_empty(["policies", "SecurityDevices"])
        | drop_empty(["policies"])' "$1" >"$work/json.new" || return 1
    if run_jq . "$1" | cmp -s - "$work/json.new"; then
        cat "$1"
        return
    fi
    [ "$(cat "$work/json.new")" != "{}" ] || return 3
    cat "$work/json.new"
}

run_jq() { # PROGRAM FILE
    have jq || {
        why="jq is missing (Debian: jq)"
        return 1
    }
    j_one='if length == 1 then .[0] else ("holds \(length) JSON texts, not one" | error) end'
    jq --slurp --indent 2 --arg library "$module" "$j_one | $1" "$2" 2>"$work/jq" || {
        why="$t_path is no policies file: $(one_line "$(head -n 1 "$work/jq")")"
        return 1
    }
}
