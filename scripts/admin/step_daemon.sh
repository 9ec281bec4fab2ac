# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=sh
# The daemon: systemd's units, where systemd runs (or is in the image); elsewhere the command line to start it with.

daemon_units="p11-daned.socket p11-daned.service"
daemon_command="p11-daned --config /etc/p11-dane/p11-dane.conf"

# system: this machine's systemd; image: units in an image that does not run; none
daemon_manager() {
    if [ -n "$root" ]; then
        if have systemctl && unit_exists p11-daned.service; then
            printf image
        else
            printf none
        fi
    elif [ -d /run/systemd/system ] && have systemctl; then
        printf system
    else
        printf none
    fi
}

unit_exists() {
    if [ -z "$root" ]; then
        systemctl cat "$1" >/dev/null 2>&1
        return
    fi
    for d_directory in /etc /usr/local/lib /usr/lib /lib; do
        [ ! -e "$root$d_directory/systemd/system/$1" ] || return 0
    done
    return 1
}

ctl() {
    if [ -n "$root" ]; then
        systemctl --root="$root" "$@" >"$work/systemctl" 2>&1 </dev/null 9>&-
    else
        systemctl "$@" >"$work/systemctl" 2>&1 </dev/null 9>&-
    fi
}

step_daemon() {
    d_manager=$(daemon_manager)
    if [ "$d_manager" = none ]; then
        if [ -z "$root" ] && daemon_answers; then
            result daemon on "it answers; systemd does not run here"
        else
            result daemon off "systemd does not run here" "$daemon_command"
        fi
        return
    fi
    if [ "$command" != disable ] && ! unit_exists p11-daned.service; then
        result daemon broken "p11-daned.service is not installed" "install it, or: $daemon_command"
        return
    fi
    "daemon_$command"
}

daemon_enable() {
    for d_unit in $daemon_units; do
        unit_exists "$d_unit" || continue
        d_was=disabled d_ran=inactive
        ! ctl is-enabled "$d_unit" || d_was=enabled
        if [ "$d_manager" = image ] || ctl is-active "$d_unit"; then
            d_ran=active
        fi
        [ "$d_was-$d_ran" != enabled-active ] || continue
        changed start "$d_unit"
        [ "$dry_run" = no ] || continue
        # What it was before we first touched it counts.
        manifest_get unit "$d_unit" || manifest_set unit daemon "$d_unit" "$d_was" "$d_ran" - -
        set -- enable
        [ "$d_manager" = image ] || set -- enable --now
        if ! ctl "$@" "$d_unit"; then
            result daemon broken "$d_unit: $(one_line "$(tail -n 1 "$work/systemctl")")" "journalctl -u $d_unit"
            return
        fi
        checkpoint
    done
    result daemon on "$daemon_units"
}

daemon_disable() {
    manifest_paths unit daemon >"$work/units"
    d_bad=
    while IFS= read -r d_unit; do
        manifest_get unit "$d_unit" || continue
        changed stop "$d_unit"
        [ "$dry_run" = no ] || continue
        if unit_exists "$d_unit"; then
            [ "$entry_original" = enabled ] || ctl disable "$d_unit" || d_bad=$d_unit
            [ "$d_manager" = image ] || [ "$entry_ours" = active ] || ctl stop "$d_unit" || d_bad=$d_unit
        fi
        checkpoint
        [ -n "$d_bad" ] || manifest_drop unit "$d_unit"
    done <"$work/units"
    if [ -n "$d_bad" ]; then
        result daemon broken "$d_bad: $(one_line "$(tail -n 1 "$work/systemctl")")" \
            "systemctl disable --now $daemon_units"
    else
        result daemon off "$daemon_units"
    fi
}

daemon_status() {
    d_on='' d_off=''
    for d_unit in $daemon_units; do
        unit_exists "$d_unit" || continue
        if ctl is-enabled "$d_unit"; then
            d_on="$d_on $d_unit"
        else
            d_off="$d_off $d_unit"
        fi
    done
    if [ -n "$d_on" ] && [ -n "$d_off" ]; then
        result daemon broken "not enabled:$d_off" "$name enable"
    elif [ -n "$d_on" ] && [ "$d_manager" = system ] && ! ctl is-active p11-daned.socket &&
        ! ctl is-active p11-daned.service
    then
        result daemon broken "enabled, but not running" "journalctl -u p11-daned; systemctl start p11-daned.socket"
    elif [ -n "$d_on" ]; then
        result daemon on "$daemon_units"
    else
        result daemon off "$daemon_units"
    fi
}
