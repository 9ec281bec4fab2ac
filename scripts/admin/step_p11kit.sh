# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=sh
# What p11-kit reads: programs on GnuTLS find the module by it.

step_p11kit() {
    i_ours=$p11kit_directory/p11-dane.module
    i_vendor=$p11kit_vendor_directory/p11-dane.module
    if [ "$command" != enable ] && [ -e "$root$i_vendor" ] && [ ! -e "$root$i_ours" ] && ! manifest_get file "$i_ours"
    then
        result p11-kit on "$i_vendor, by the installation, is left alone"
        return
    fi
    file_target p11-kit 644 p11kit_add p11kit_strip 755 "$i_ours"
}

p11kit_ours() {
    sed "s|^module:.*|module: $module|" "$module_file"
}

# Others may have set more than we did: what counts is that the module is loaded, and trusted.
p11kit_add() {
    if awk -v path="$module" '
        { sub(/[ \t]+$/, "") }
        /^module:/ { sub(/^module:[ \t]*/, ""); module = ($0 == path) }
        /^trust-policy:[ \t]*yes$/ { policy = 1 }
        END { exit !(module && policy) }' "$1"
    then
        cat "$1"
    else
        p11kit_ours
    fi
}

p11kit_strip() {
    p11kit_ours >"$work/ours"
    awk 'NR == FNR { ours[$0] = 1; next }
         /^module:.*p11-dane\.so[ \t]*$/ || ($0 in ours) { next }
         { print; left = 1 }
         END { exit left ? 0 : 3 }' "$work/ours" "$1"
}
