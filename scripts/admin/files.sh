# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=sh
# Files that are changed, and how they get back to what they were. Each change is first written down in the manifest,
# its original kept; then a new file takes the old one's place in one step. So a run that ends anywhere leaves either
# file whole, and the next one knows what was meant. Directories are written to the disk as well as files: after a power
# failure, too, nothing of ours is there that the manifest does not know.
#
# A line of the manifest: whose (- for the machine's), file, dir or unit, target, path, digest of the original (- when
# there was none), digest of what we wrote, mode, time. Paths are without $root.

# There are file systems that cannot: what was renamed is there all the same.
sync_directory() {
    sync "$1" 2>/dev/null || true
}

manifest_rewrite() {
    { sync "$manifest.new" && mv -f "$manifest.new" "$manifest"; } || die "$manifest cannot be written"
    sync_directory "$state"
    checkpoint
}

# manifest_set KIND TARGET PATH ORIGINAL OURS MODE TIME
manifest_set() {
    manifest_without "$1" "$3" >"$manifest.new"
    printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "${actor:--}" "$@" >>"$manifest.new"
    manifest_rewrite
}

manifest_drop() {
    manifest_without "$1" "$2" >"$manifest.new"
    manifest_rewrite
}

manifest_without() {
    [ -e "$manifest" ] || return 0
    M_ACTOR=${actor:--} M_KIND=$1 M_PATH=$2 awk -F '\t' \
        '!($1 == ENVIRON["M_ACTOR"] && $2 == ENVIRON["M_KIND"] && $4 == ENVIRON["M_PATH"])' "$manifest"
}

# manifest_get KIND PATH: sets entry_original, entry_ours, entry_mode, entry_time, or returns 1.
manifest_get() {
    [ -r "$manifest" ] || return 1
    M_ACTOR=${actor:--} M_KIND=$1 M_PATH=$2 awk -F '\t' \
        '$1 == ENVIRON["M_ACTOR"] && $2 == ENVIRON["M_KIND"] && $4 == ENVIRON["M_PATH"] {
            print $5, $6, $7, $8; found = 1
         } END { exit !found }' "$manifest" >"$work/entry" || return 1
    read -r entry_original entry_ours entry_mode entry_time <"$work/entry"
}

# manifest_paths KIND TARGET: the actor's, latest first.
manifest_paths() {
    [ -r "$manifest" ] || return 0
    M_ACTOR=${actor:--} M_KIND=$1 M_TARGET=$2 awk -F '\t' \
        '$1 == ENVIRON["M_ACTOR"] && $2 == ENVIRON["M_KIND"] && $3 == ENVIRON["M_TARGET"] { line[++n] = $4 }
         END { while (n > 0) print line[n--] }' "$manifest"
}

# Without what a terminal would obey: it may be a user's.
show_difference() {
    [ "$json" = no ] || return 0
    diff -u --label "$1" --label "$1" "$2" "$3" | tr -d '\001-\010\013-\037\177' | sed 's/^/             /'
}

# write_file PATH MODE TIME CONTENT: CONTENT, a file of ours, in place of what is there.
write_file() {
    fs stage "$root$1" "$2" "$3" <"$4" || return 1
    checkpoint
    fs commit "$root$1" || return 1
    checkpoint
}

make_directories() { # TARGET PATH MODE
    fs missing "$root$2" >"$work/missing" || return 1
    while IFS= read -r d_path; do
        [ -n "$d_path" ] || continue
        d_path=${d_path#"$root"}
        manifest_set dir "$1" "$d_path" - - "$3" -
        fs mkdir "$root$d_path" "$3" || return 1
        checkpoint
    done <"$work/missing"
}

# Those that we made for a target, unless somebody else uses them by now.
remove_directories() {
    manifest_paths dir "$1" >"$work/directories"
    while IFS= read -r d_path; do
        fs rmdir "$root$d_path" || true
        checkpoint
        manifest_drop dir "$d_path"
    done <"$work/directories"
}

# read_current PATH: into $work/current; exists: yes or no. Returns 1 with a reason when it is nothing to be used.
read_current() {
    exists=yes
    fs read "$root$1" >"$work/current" && return 0
    [ $? -eq 3 ] || return 1
    exists=no
    : >"$work/current"
}

# merge TARGET PATH MODE ADD STRIP [DIRECTORY-MODE]: makes the file say what ADD makes of it.
#   ADD FILE     prints FILE with what is ours; the same bytes when it is there. Refuses with 1, and a reason in $why
#   STRIP FILE   prints FILE without what is ours; returns 3 when nothing of anybody else's is left
# $exists tells both whether there is a file. Sets merged: same or changed.
merge() {
    merged=same
    read_current "$2" || return 1
    "$4" "$work/current" >"$work/wanted" || return 1
    if [ "$exists" = yes ] && cmp -s "$work/current" "$work/wanted"; then
        # Of a run that ended too early.
        if [ "$dry_run" = no ] && manifest_get file "$2"; then
            fs clean "$root$2" || true
        fi
        return 0
    fi
    merged=changed
    if [ "$dry_run" = yes ]; then
        changed write "$2"
        show_difference "$2" "$work/current" "$work/wanted"
        return 0
    fi
    keep_original "$1" "$2" "$3" "$5" || return 1
    make_directories "$1" "$2" "${6:-755}" || return 1
    write_file "$2" "$3" - "$work/wanted" || return 1
    changed write "$2"
}

# A file of somebody else's may be empty, or lack the end of its last line, and stays so when nothing in it is ours.
strip_ours() { # STRIP FILE
    [ -s "$2" ] || return 0
    "$1" "$2" >"$work/strip" || return
    if awk '{ print }' "$2" | cmp -s - "$work/strip"; then
        cat "$2"
    else
        cat "$work/strip"
    fi
}

# The original is what is there now, less what is ours; unless it is known, and nobody changed anything since.
keep_original() {
    k_now=-
    [ "$exists" = no ] || k_now=$(sha "$work/current")
    k_mode=$3
    k_time=-
    if manifest_get file "$2" && { [ "$k_now" = "$entry_original" ] || [ "$k_now" = "$entry_ours" ]; }; then
        manifest_set file "$1" "$2" "$entry_original" "$(sha "$work/wanted")" "$entry_mode" "$entry_time"
        return
    fi
    if [ "$exists" = yes ]; then
        fs stat "$root$2" >"$work/stat" || return 1
        read -r k_mode k_time <"$work/stat"
        k_status=0
        strip_ours "$4" "$work/current" >"$work/original" || k_status=$?
        if [ "$k_status" -eq 3 ]; then
            k_now=-
        else
            cmp -s "$work/current" "$work/original" || k_time=-
            k_now=$(sha "$work/original")
            { sync "$work/original" && mv -f "$work/original" "$state/originals/$k_now"; } ||
                die "$state cannot be written"
            sync_directory "$state/originals"
            checkpoint
        fi
    fi
    manifest_set file "$1" "$2" "$k_now" "$(sha "$work/wanted")" "$k_mode" "$k_time"
}

# unmerge TARGET PATH STRIP: the file as it was; or, when others have changed it since, without what is ours. What we
# did not write is left alone, unless the fourth argument is `anyway`. Sets merged: same, changed, or foreign.
unmerge() {
    merged=same
    read_current "$2" || return 1
    u_now=-
    [ "$exists" = no ] || u_now=$(sha "$work/current")
    if ! manifest_get file "$2"; then
        [ "${4:-}" = anyway ] || {
            merged=foreign
            return 0
        }
        entry_original=unknown entry_ours=unknown entry_mode=600 entry_time=-
    fi
    u_action=none
    if [ "$u_now" = "$entry_original" ] || [ "$exists" = no ]; then
        : # as it was, or gone
    elif [ "$u_now" = "$entry_ours" ]; then
        restored_original
    else
        u_status=0
        strip_ours "$3" "$work/current" >"$work/wanted" || u_status=$?
        case $u_status in
            0) cmp -s "$work/current" "$work/wanted" || u_action="write" ;;
            3)
                if [ "$entry_original" = unknown ]; then
                    u_action=remove
                else
                    restored_original
                fi
                ;;
            *) return 1 ;;
        esac
        entry_time=-
    fi
    unmerge_do "$1" "$2"
}

restored_original() {
    if [ "$entry_original" = - ]; then
        u_action=remove
    else
        u_action="write"
        cp "$state/originals/$entry_original" "$work/wanted" || die "$state: an original is missing"
    fi
}

unmerge_do() {
    [ "$u_action" = none ] || merged=changed
    if [ "$dry_run" = yes ]; then
        case $u_action in
            remove) changed remove "$2" ;;
            write)
                changed write "$2"
                show_difference "$2" "$work/current" "$work/wanted"
                ;;
        esac
        return 0
    fi
    case $u_action in
        remove)
            fs remove "$root$2" || return 1
            checkpoint
            changed remove "$2"
            ;;
        write)
            write_file "$2" "$entry_mode" "$entry_time" "$work/wanted" || return 1
            changed write "$2"
            ;;
    esac
    if manifest_get file "$2"; then
        fs clean "$root$2" || true
        checkpoint
        manifest_drop file "$2"
    fi
}

# merge_state PATH ADD: sets merged: on, off, broken (ours is missing, though we wrote it), or returns 1 with a reason.
merge_state() {
    read_current "$1" || return 1
    "$2" "$work/current" >"$work/wanted" || return 1
    if [ "$exists" = yes ] && cmp -s "$work/current" "$work/wanted"; then
        merged=on
    elif manifest_get file "$1"; then
        merged=broken
    else
        merged=off
    fi
}

# file_target TARGET MODE ADD STRIP DIRECTORY-MODE PATH...: a target that consists of files, for each command.
file_target() {
    t_target=$1 t_mode=$2 t_add=$3 t_strip=$4 t_dirs=$5
    shift 5
    case $command in
        enable) file_enable "$@" ;;
        disable) file_disable "$@" ;;
        status) file_status "$@" ;;
    esac
}

file_enable() {
    t_done=no
    for t_path in "$@"; do
        if ! merge "$t_target" "$t_path" "$t_mode" "$t_add" "$t_strip" "$t_dirs"; then
            result "$t_target" broken "$why" "${mend:-}"
            return 0
        fi
        [ "$merged" = same ] || t_done=yes
    done
    if [ "$dry_run" = yes ] && [ "$t_done" = yes ]; then
        result "$t_target" off "would be turned on"
    elif [ "$t_done" = yes ]; then
        result "$t_target" on "turned on: $*"
    else
        result "$t_target" on "$*"
    fi
}

# What the manifest has counts as well: the program may be gone by now, its file is not.
file_disable() {
    t_state=off t_detail=
    { [ $# -eq 0 ] || printf '%s\n' "$@"; manifest_paths file "$t_target"; } | awk '!seen[$0]++' >"$work/paths"
    while IFS= read -r t_path; do
        [ -n "$t_path" ] || continue
        if ! unmerge "$t_target" "$t_path" "$t_strip"; then
            result "$t_target" broken "$why" "put it right, then run $name disable again"
            t_state=
        elif [ "$merged" = foreign ] && foreign_is_on "$t_path"; then
            t_state=on t_detail="$t_path was so before $name, and is left alone"
        fi
    done <"$work/paths"
    [ "$dry_run" = yes ] || remove_directories "$t_target"
    [ -z "$t_state" ] || result "$t_target" "$t_state" "$t_detail"
}

foreign_is_on() {
    [ "$exists" = yes ] && "$t_add" "$work/current" >"$work/wanted" && cmp -s "$work/current" "$work/wanted"
}

file_status() {
    t_state=
    for t_path in "$@"; do
        if ! merge_state "$t_path" "$t_add"; then
            result "$t_target" broken "$why" "${mend:-}"
            return 0
        fi
        case $t_state-$merged in
            -* | on-on | off-off | broken-*) t_state=${t_state:-$merged} ;;
            *-broken) t_state=broken ;;
            *) t_state=broken ;;
        esac
        [ "$t_state" != broken ] || [ -n "${t_bad:-}" ] || t_bad=$t_path
    done
    case $t_state in
        broken) result "$t_target" broken "${t_bad:-} no longer says what it should" "$name enable" ;;
        *) result "$t_target" "$t_state" "$*" ;;
    esac
    t_bad=
}
