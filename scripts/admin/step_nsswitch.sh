# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=sh
# `dane` first on the hosts: line of nsswitch.conf: it resolves nothing, it tells the daemon what is looked up.

step_nsswitch() {
    if [ "$without_hints" = yes ] && [ "$command" = enable ]; then
        if manifest_get file /etc/nsswitch.conf; then
            command=disable
            file_target nsswitch 644 nsswitch_add nsswitch_strip 755 /etc/nsswitch.conf
            command=enable
        else
            result nsswitch off "left out: --without-name-hints"
        fi
        return
    fi
    if [ "$command" = enable ] && ! plugin_found; then
        result nsswitch broken "libnss_dane.so.2 is not where the dynamic loader looks" "install it, then $name enable"
        return
    fi
    file_target nsswitch 644 nsswitch_add nsswitch_strip 755 /etc/nsswitch.conf
    if [ "$command" = status ] && [ "$merged" = on ] && ! plugin_found; then
        result nsswitch broken "libnss_dane.so.2 is not where the dynamic loader looks" "install it, or $name disable"
    fi
}

plugin_found() {
    for s_file in "$root$library_directory/libnss_dane.so.2" "$root"/usr/lib/*/libnss_dane.so.2 \
        "$root"/lib/*/libnss_dane.so.2 "$root/usr/lib64/libnss_dane.so.2" "$root/usr/lib/libnss_dane.so.2"; do
        [ ! -e "$s_file" ] || return 0
    done
    [ -z "$root" ] && ldconfig -p 2>/dev/null | grep -q 'libnss_dane\.so\.2 '
}

# Without a hosts: line glibc looks into files, then DNS. To glibc the colon is a blank like others: "hosts files" is one,
# too, and a second line would take its place.
nsswitch_add() {
    awk '
        match($0, /^[ \t\r\v\f]*hosts[ \t\r\v\f:]+/) {
            seen = 1
            head = substr($0, 1, RLENGTH); rest = substr($0, RLENGTH + 1)
            if (rest !~ /^([^#]*[ \t])?dane([ \t[#]|$)/) {
                if (head ~ /:$/) head = head " "
                $0 = head "dane " rest
            }
        }
        { print }
        END { if (!seen) print "hosts: dane files dns" }' "$1" >"$work/nsswitch"
    # awk ends the last line, whether it had an end or not.
    awk '{ print }' "$1" >"$work/nsswitch.same"
    if [ "$exists" = yes ] && cmp -s "$work/nsswitch" "$work/nsswitch.same"; then
        cat "$1"
    else
        cat "$work/nsswitch"
    fi
}

nsswitch_strip() {
    awk '
        match($0, /^[ \t\r\v\f]*hosts[ \t\r\v\f:]/) {
            head = substr($0, 1, RLENGTH); rest = substr($0, RLENGTH + 1); comment = ""
            if (match(rest, /#/)) { comment = substr(rest, RSTART); rest = substr(rest, 1, RSTART - 1) }
            if (match(rest, /(^|[ \t])dane([ \t]*\[[^]]*\])?([ \t]+|$)/)) {
                lead = substr(rest, RSTART, 1) == "d" ? "" : substr(rest, RSTART, 1)
                rest = substr(rest, 1, RSTART - 1) lead substr(rest, RSTART + RLENGTH)
            }
            $0 = head rest comment
        }
        { print }' "$1" >"$work/left"
    # A file that we made, for want of one.
    if [ "$(cat "$1")" = "hosts: dane files dns" ]; then
        return 3
    fi
    cat "$work/left"
}
