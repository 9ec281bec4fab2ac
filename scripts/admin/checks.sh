# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=sh
# What status looks at besides the files: whether the daemon answers and can validate, and what keeps a browser from us.

# The first characters of the root's key-signing keys' public keys.
ksk_2017=AwEAAaz/tAm8yTn4Mfeh5eyI96WSVexTBAvkMgJzkKTOiW1vkIbzxeF3
ksk_2024=AwEAAa96jeuknZlaeSrvyAJj6ZHv28hhOKkx3rLGXVaC6rXTsDc449

check_all() {
    section=checks
    ask_daemon
    if [ -z "$root" ]; then
        check_daemon
        check_dnssec
    fi
    check_root_key
    check_unreachable
    section=targets
}

has_subcommand() {
    have p11-dane && p11-dane --help 2>/dev/null </dev/null | grep -q "^  $1 "
}

# Does the daemon answer at its socket? The one place that knows how to ask. 2: it cannot be told.
daemon_answers() {
    d_socket=$(daemon_setting daemon socket /run/p11-dane/socket)
    [ -S "$d_socket" ] || return 1
    if has_subcommand status; then
        timeout 10 p11-dane status >/dev/null 2>&1 </dev/null
        return
    fi
    have ss || return 2
    ss -xlH 2>/dev/null | awk -v path="$d_socket" '
        { for (i = 1; i <= NF; i++) if ($i == path) found = 1 }
        END { exit !found }'
}

check_daemon() {
    c_status=0
    daemon_answers || c_status=$?
    case $c_status in
        0) result daemon on "it answers at $d_socket" ;;
        2) result daemon unknown "nothing here can ask it" "install iproute2 or p11-dane" ;;
        *)
            if enabled_here; then
                result daemon broken "no answer at $d_socket: nothing is trusted" \
                    "journalctl -u p11-daned; without systemd: $daemon_command"
            else
                result daemon off "no answer at $d_socket"
            fi
            ;;
    esac
}

# Anything turned on by us? (Who may not read the manifest sees what everybody sees.)
enabled_here() {
    [ -s "$manifest" ] || awk -F '\t' '$4 == "on" { on = 1 } END { exit !on }' "$work/results"
}

ask_daemon() {
    : >"$work/daemon"
    if [ -z "$root" ] && has_subcommand status; then
        timeout 10 p11-dane status --json >"$work/daemon" 2>/dev/null </dev/null || : >"$work/daemon"
    fi
}

# What the daemon itself said: a value, or nothing.
daemon_says() { # GROUP KEY
    have jq || return 0
    # shellcheck disable=SC2016  # jq's variables
    jq -r --arg group "$1" --arg key "$2" '.[$group][$key]? // empty' "$work/daemon" 2>/dev/null
}

# Can signed answers be had? The daemon tries its forwarders; otherwise a program that validates by itself tries the
# machine's resolvers, then the way from the root.
check_dnssec() {
    case $(daemon_says dns upstream_passes_dnssec) in
        yes)
            result dnssec on "$(daemon_says dns upstream) pass signatures on"
            return
            ;;
        not-checked)
            result dnssec unknown "[dns] forward= is $(daemon_says dns upstream), which nobody checks" \
                "p11-dane check HOST, of a host with TLSA records"
            return
            ;;
    esac
    c_key=$(root_key_file)
    if ! have unbound-host || [ -z "$c_key" ]; then
        result dnssec unknown "no program here can tell" "install unbound-host"
    elif timeout 5 unbound-host -r -f "$c_key" -t SOA -v . 2>/dev/null </dev/null | grep -q '(secure)'; then
        result dnssec on "the machine's resolvers pass signatures on"
    elif timeout 10 unbound-host -f "$c_key" -t SOA -v . 2>/dev/null </dev/null | grep -q '(secure)'; then
        result dnssec warning "the machine's resolvers drop signatures; the daemon goes round them"
    else
        result dnssec broken "no validated answer from the DNS: nothing is trusted" \
            "is DNS (port 53, TCP too) open? else [dns] forward=ADDRESS#NAME for DNS over TLS"
    fi
}

# The file that the daemon starts from: an administrator's, its own state, or the distribution's.
root_key_file() {
    k_file=$(daemon_setting dns trust-anchor-file "")
    k_state=$(daemon_setting daemon state-dir /var/lib/p11-dane)
    for k_file in "$k_file" "$k_state/root.key" /usr/share/dns/root.key /var/lib/unbound/root.key \
        /usr/share/dnssec-root/trusted-key.key /etc/trusted-key.key; do
        if [ -n "$k_file" ] && [ -r "$root$k_file" ]; then
            printf '%s' "$root$k_file"
            return
        fi
    done
}

# As a key (a long one may be broken into words), or as a digest of it.
key_file_has() { # KEY TAG
    tr -d ' \t()\n' <"$c_key" | grep -q "$1" || grep -qE "[[:space:]]DS[[:space:]]+$2[[:space:]]" "$c_key"
}

# 2024, 2017, other or none: the newest of the public root's keys that we know to be there.
root_key_known() {
    # What the daemon has by now; what follows can only be seen before it ever ran, or by who may read its state.
    case " $(daemon_says dns root_key_tags | sed 's/(/ (/g') " in
        *" 38696 "*) printf 2024 ;;
        *" 20326 "*) printf 2017 ;;
        *[0-9]*) printf other ;;
        *)
            if [ -z "$c_key" ]; then
                printf none
            elif key_file_has "$ksk_2024" 38696; then
                printf 2024
            elif key_file_has "$ksk_2017" 20326; then
                printf 2017
            else
                printf other
            fi
            ;;
    esac
}

check_root_key() {
    c_key=$(root_key_file)
    c_known=$(root_key_known)
    c_where=$(daemon_says dns root_key_file)
    c_where=${c_where:-${c_key#"$root"}}
    case $c_known in
        none) result root-key broken "there is no root key" "install dns-root-data, or set [dns] trust-anchor-file=" ;;
        2024) result root-key on "$c_where has KSK-2024 (38696)" ;;
        2017)
            result root-key broken "$c_where has KSK-2017 alone, which the root no longer signs with" \
                "upgrade dns-root-data, then restart p11-daned"
            ;;
        *) result root-key warning "$c_where has no key of the public root" "right only for a root of your own" ;;
    esac
}

# Browsers in a box of their own: the module's path does not exist there, nor does the daemon's socket.
check_unreachable() {
    for c_app in org.mozilla.firefox org.mozilla.Thunderbird org.mozilla.thunderbird org.chromium.Chromium \
        com.google.Chrome com.brave.Browser com.microsoft.Edge; do
        [ ! -d "$root/var/lib/flatpak/app/$c_app" ] || unreachable flatpak "$c_app"
    done
    for c_app in firefox thunderbird chromium brave; do
        if [ -d "$root/snap/$c_app" ] || [ -d "$root/var/lib/snapd/snap/$c_app" ]; then
            unreachable snap "$c_app"
        fi
    done
}

unreachable() {
    result "$1" warning "$2 is a $1: its sandbox reaches neither module nor daemon, nothing changes for it" \
        "use the distribution's package of it"
}

# A user's Firefox and Thunderbird: what takes the module out of the process that verifies, and what resolves names past
# the plugin. A user.js overrides prefs.js at each start.
check_user() {
    section=checks
    : >"$work/prefs"
    for c_pattern in .mozilla/firefox .config/mozilla/firefox .thunderbird; do
        for c_file in prefs.js user.js; do
            fs glob "$root$actor_home/$c_pattern/*/$c_file" >>"$work/prefs" || true
        done
    done
    while IFS= read -r c_path <&7; do
        fs read "$c_path" >"$work/current" || continue
        c_path=${c_path#"$root"}
        if pref security.utility_pkcs11_module_process.enabled true; then
            result firefox-module-process broken "$c_path takes the module out of the process that verifies" \
                "set security.utility_pkcs11_module_process.enabled to false in about:config"
        fi
        if pref network.trr.mode '[23]' || pref doh-rollout.mode '[23]'; then
            result firefox-doh warning "$c_path: DNS over HTTPS: names pass the name-service plugin by" \
                "for private CAs and certificates that do not name their host: turn it off in the settings"
        fi
    done 7<"$work/prefs"
    for c_app in org.mozilla.firefox org.chromium.Chromium com.google.Chrome; do
        ! fs is-directory "$root$actor_home/.local/share/flatpak/app/$c_app" >/dev/null || unreachable flatpak "$c_app"
    done
    section=targets
}

pref() { # NAME VALUE
    c_name=$(printf '%s' "$1" | sed 's/\./\\./g')
    grep -qE "^[[:space:]]*user_pref\\(\"$c_name\",[[:space:]]*$2[[:space:]]*\\)" "$work/current"
}

# Policies can say the same for everybody.
check_policies() {
    have jq || return 0
    section=checks
    for c_file in /etc/firefox/policies/policies.json /usr/lib/firefox-esr/distribution/policies.json; do
        [ -r "$root$c_file" ] || continue
        if jq -e '.policies.DNSOverHTTPS.Enabled == true' "$root$c_file" >/dev/null 2>&1; then
            result firefox-doh warning "$c_file: DNS over HTTPS: names pass the name-service plugin by" \
                "take DNSOverHTTPS out of the policies"
        fi
        if jq -e '.policies.Preferences["security.utility_pkcs11_module_process.enabled"]
                | (. == true) or (type == "object" and .Value == true)' "$root$c_file" >/dev/null 2>&1; then
            result firefox-module-process broken "$c_file takes the module out of the process that verifies" \
                "take security.utility_pkcs11_module_process.enabled out of it"
        fi
    done
    section=targets
}
