# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=sh
# Programs on OpenSSL find certificates in directories that SSL_CERT_DIR names: for login shells, for desktops and
# whatever the user's service manager starts, and for the machine's services.

step_openssl() {
    o_system=/etc/ssl/certs
    [ -d "$root$o_system" ] || o_system=/etc/pki/tls/certs
    o_ours=$(daemon_setting openssl directory /run/p11-dane/certs)
    o_value=$o_system:$o_ours
    if [ -z "$o_ours" ] && [ "$command" != disable ]; then
        result openssl absent "[openssl] directory is empty: the daemon writes no certificates"
        return
    fi
    openssl_file openssl-shells /etc/profile.d/p11-dane.sh profile /etc/profile.d
    openssl_file openssl-sessions /etc/environment.d/60-p11-dane.conf environment /usr/lib/systemd /lib/systemd
    openssl_file openssl-services /etc/systemd/system.conf.d/p11-dane.conf system /usr/lib/systemd /lib/systemd
}

openssl_file() { # TARGET PATH FUNCTIONS DIRECTORY...
    o_target=$1 o_path=$2 o_functions=$3 o_there=no
    shift 3
    if [ "$without_openssl" = yes ] && [ "$command" = enable ]; then
        if manifest_get file "$o_path"; then
            command=disable
            file_target "$o_target" 644 "${o_functions}_add" "${o_functions}_strip" 755 "$o_path"
            command=enable
        else
            result "$o_target" off "left out: --without-openssl"
        fi
        return
    fi
    for o_directory in "$@"; do
        [ ! -d "$root$o_directory" ] || o_there=yes
    done
    if [ "$o_there" = no ] && [ "$command" != disable ]; then
        result "$o_target" absent "there is no $1"
        return
    fi
    file_target "$o_target" 644 "${o_functions}_add" "${o_functions}_strip" 755 "$o_path"
}

# A key of the daemon's configuration, or what it is by default.
daemon_setting() { # SECTION KEY DEFAULT
    awk -v section="$1" -v key="$2" -v value="$3" '
        /^[ \t]*\[/ { gsub(/[][ \t]/, ""); here = ($0 == section); next }
        here && match($0, /^[ \t]*[a-z-]+[ \t]*[=:]/) {
            found = substr($0, RSTART, RLENGTH - 1); gsub(/[ \t]/, "", found)
            if (found == key) { value = substr($0, RLENGTH + 1); sub(/[ \t]+[;#].*$/, "", value)
                                gsub(/^[ \t]+|[ \t]+$/, "", value) }
        }
        END { print value }' "$root/etc/p11-dane/p11-dane.conf" 2>/dev/null || printf '%s' "$3"
}

# All of such a file is ours, but for lines that others added.
own_file_add() { # FILE, text in $own
    if [ "$exists" = yes ] && printf '%s\n' "$own" | awk '
        NR == FNR { have[$0] = 1; next }
        !($0 in have) { missing = 1 }
        END { exit missing }' "$1" -
    then
        cat "$1"
    else
        printf '%s\n' "$own"
    fi
}

own_file_strip() {
    printf '%s\n' "$own" >"$work/own"
    awk 'NR == FNR { ours[$0] = 1; next }
         !($0 in ours) { print; left = 1 }
         END { exit left ? 0 : 3 }' "$work/own" "$1"
}

profile_text() {
    own="# By $name: programs on OpenSSL look for certificates here, too.
case :\${SSL_CERT_DIR:=$o_system}: in
    *:$o_ours:*) ;;
    *) SSL_CERT_DIR=\$SSL_CERT_DIR:$o_ours ;;
esac
export SSL_CERT_DIR"
}

profile_add() {
    profile_text
    own_file_add "$1"
}

profile_strip() {
    profile_text
    own_file_strip "$1"
}

environment_text() {
    own="# By $name: programs on OpenSSL look for certificates here, too.
SSL_CERT_DIR=\${SSL_CERT_DIR:-$o_system}:$o_ours"
}

environment_add() {
    environment_text
    own_file_add "$1"
}

environment_strip() {
    environment_text
    own_file_strip "$1"
}

system_text() {
    own="# By $name: programs on OpenSSL look for certificates here, too.
[Manager]
DefaultEnvironment=SSL_CERT_DIR=$o_value"
}

# It would take the place of somebody else's.
system_add() {
    o_other=$(grep -ls '^[[:space:]]*DefaultEnvironment=.*SSL_CERT_DIR' "$root/etc/systemd/system.conf" \
        "$root"/etc/systemd/system.conf.d/*.conf | grep -v '/p11-dane\.conf$' | head -n 1)
    if [ -n "$o_other" ]; then
        why="${o_other#"$root"} sets SSL_CERT_DIR already; add $o_ours to it there"
        return 1
    fi
    system_text
    own_file_add "$1"
}

system_strip() {
    system_text
    own_file_strip "$1"
}
