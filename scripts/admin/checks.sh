# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=sh
# What status looks at besides the files: whether the daemon answers and can validate, and what keeps a browser from us.

# The first characters of the root's key-signing keys' public keys.
ksk_2017=AwEAAaz/tAm8yTn4Mfeh5eyI96WSVexTBAvkMgJzkKTOiW1vkIbzxeF3
ksk_2024=AwEAAa96jeuknZlaeSrvyAJj6ZHv28hhOKkx3rLGXVaC6rXTsDc449

check_all() {
    section=checks
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
    ss -xlH 2>/dev/null | awk -v path="$d_socket" '{ for (i = 1; i <= NF; i++) if ($i == path) found = 1 } END { exit !found }'
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

# A signed name that must validate, through a program that validates by itself; the machine's resolver is asked, as the
# daemon does first.
check_dnssec() {
    if has_subcommand status && p11-dane status --json >"$work/daemon" 2>/dev/null </dev/null && have jq &&
        c_word=$(jq -er '.dnssec | strings' "$work/daemon" 2>/dev/null)
    then
        case $c_word in
            secure | ok | yes) result dnssec on "the daemon validates" ;;
            *) result dnssec broken "the daemon says: $c_word" "p11-dane status; [dns] forward= in p11-dane.conf" ;;
        esac
        return
    fi
    c_key=$(root_key_file)
    if ! have unbound-host || [ -z "$c_key" ]; then
        result dnssec unknown "no program here can tell" "install unbound-host"
        return
    fi
    if timeout 5 unbound-host -r -f "$c_key" -t SOA -v . 2>/dev/null </dev/null | grep -q '(secure)'; then
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

check_root_key() {
    c_key=$(root_key_file)
    if [ -z "$c_key" ]; then
        result root-key broken "there is no root key" "install dns-root-data, or set [dns] trust-anchor-file="
    # As a key (a long one may be broken into words), or as a digest of it.
    elif tr -d ' \t()\n' <"$c_key" | grep -q "$ksk_2024" || grep -qE '[[:space:]]DS[[:space:]]+38696[[:space:]]' "$c_key"; then
        result root-key on "${c_key#"$root"} has KSK-2024 (38696)"
    elif tr -d ' \t()\n' <"$c_key" | grep -q "$ksk_2017" || grep -qE '[[:space:]]DS[[:space:]]+20326[[:space:]]' "$c_key"; then
        result root-key broken "${c_key#"$root"} has KSK-2017 alone, which the root no longer signs with" \
            "upgrade dns-root-data, then restart p11-daned"
    else
        result root-key warning "${c_key#"$root"} has no key of the public root" "right only for a root of your own"
    fi
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
            result firefox-module-process broken \
                "$c_path: security.utility_pkcs11_module_process.enabled takes the module out of the process that verifies" \
                "set it to false in about:config"
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
    grep -qE "^[[:space:]]*user_pref\\(\"$(printf '%s' "$1" | sed 's/\./\\./g')\",[[:space:]]*$2[[:space:]]*\\)" "$work/current"
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
