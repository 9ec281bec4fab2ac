# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=sh
# The same results for machines. Keys are only ever added.

json_report() {
    {
        sed "s/^/result$tab/" "$work/results"
        sed "s/^/change$tab/" "$work/changes"
    } | J_COMMAND=$command J_ROOT=${root:-/} J_DRY=$dry_run J_FAILED=$failed awk '
        BEGIN { FS = "\t"; for (i = 1; i < 128; i++) code[sprintf("%c", i)] = i }
        function text(s, out, i, c) {
            out = ""
            for (i = 1; i <= length(s); i++) {
                c = substr(s, i, 1)
                if (c == "\"" || c == "\\") out = out "\\" c
                else if ((c in code) && code[c] < 32) out = out sprintf("\\u%04x", code[c])
                else out = out c
            }
            return "\"" out "\""
        }
        function add(list, item) { return list (list == "" ? "" : ",") "\n    " item }
        $1 == "result" {
            item = "{\"target\": " text($3) ", \"user\": " ($4 == "-" ? "null" : text($4)) ", \"state\": " text($5) \
                ", \"detail\": " text($6) ", \"mend\": " ($7 == "" ? "null" : text($7)) "}"
            if ($2 == "checks") checks = add(checks, item); else targets = add(targets, item)
        }
        $1 == "change" {
            changes = add(changes, "{\"action\": " text($2) ", \"user\": " ($3 == "-" ? "null" : text($3)) \
                ", \"path\": " text($4) "}")
        }
        function array(list) { return list == "" ? "[]" : "[" list "\n  ]" }
        END {
            print "{\n  \"version\": 1,\n  \"command\": " text(ENVIRON["J_COMMAND"]) ",\n  \"root\": " \
                text(ENVIRON["J_ROOT"]) ",\n  \"dry_run\": " (ENVIRON["J_DRY"] == "yes" ? "true" : "false") \
                ",\n  \"ok\": " (ENVIRON["J_FAILED"] == "yes" ? "false" : "true") \
                ",\n  \"targets\": " array(targets) ",\n  \"checks\": " array(checks) \
                ",\n  \"changes\": " array(changes) "\n}"
        }'
}
