# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=sh
# Programs on GnuTLS. Where its default trust store is p11-kit (Fedora, Arch), the module file is all they need. Where
# it is a file (Debian, Ubuntu), no configuration of GnuTLS changes that: each program must be told, and those that
# cannot be told do not ask us.

gnutls_libraries() {
    for g_file in "$root"/usr/lib/*/libgnutls.so.30 "$root"/usr/lib64/libgnutls.so.30 "$root"/usr/lib/libgnutls.so.30 \
        "$root"/lib/*/libgnutls.so.30; do
        [ ! -e "$g_file" ] || printf '%s\n' "$g_file"
    done
}

# pkcs11, file, or none: what the library was built with. A build for p11-kit holds no name of a bundle.
gnutls_store() {
    gnutls_libraries >"$work/gnutls"
    [ -s "$work/gnutls" ] || {
        printf none
        return
    }
    IFS= read -r g_file <"$work/gnutls"
    if grep -aqF -e /etc/ssl/certs/ca-certificates.crt -e /etc/ssl/ca-bundle.pem -e /etc/ssl/cert.pem \
        -e /etc/pki/tls/cert.pem -e /etc/pki/tls/certs/ca-bundle.crt "$g_file"
    then
        printf file
    else
        printf pkcs11
    fi
}

# A program counts when it is there and on GnuTLS: another library would not understand what we write.
on_gnutls() { # LIBRARY FILE...
    g_library=$1
    shift
    for g_file in "$@"; do
        if [ -e "$root$g_file" ] && grep -aq "$g_library" "$root$g_file"; then
            return 0
        fi
    done
    return 1
}

step_gnutls() {
    g_store=$(gnutls_store)
    g_state=off
    if [ -e "$root$p11kit_directory/p11-dane.module" ] || [ -e "$root$p11kit_vendor_directory/p11-dane.module" ]; then
        g_state=on
    fi
    case $g_store-$command in
        *-disable) ;;
        none-*) result gnutls absent "there is no GnuTLS here" ;;
        pkcs11-*) result gnutls "$g_state" "its trust store is p11-kit: all programs on it, by the p11-kit target" ;;
        file-*)
            result gnutls "$g_state" "its trust store is a file: only programs that are told to use pkcs11: ask us \
(wget and git by targets of their own, gnutls-cli with --x509cafile=pkcs11:, wget2 in ~/.wget2rc). glib and GNOME \
programs, and others that take the default, cannot be told by any configuration, and go on refusing"
            ;;
    esac
    step_gnutls_program wget libgnutls.so /etc/wgetrc wgetrc /usr/bin/wget
    step_gnutls_program git libcurl-gnutls.so /etc/gitconfig gitconfig /usr/lib/git-core/git-remote-https \
        /usr/libexec/git-core/git-remote-https
}

step_gnutls_program() { # TARGET LIBRARY CONFIGURATION FUNCTIONS PROGRAM...
    g_target=$1 g_library=$2 g_path=$3 g_functions=$4
    shift 4
    if [ "$command" = disable ]; then
        file_target "$g_target" 644 "${g_functions}_add" "${g_functions}_strip" 755 "$g_path"
        return
    fi
    if [ "$g_store" = pkcs11 ] || ! on_gnutls "$g_library" "$@"; then
        if manifest_get file "$g_path"; then
            result "$g_target" broken "no longer a program on GnuTLS, or no longer in need of $g_path" "$name disable"
        elif [ "$g_store" = pkcs11 ]; then
            result "$g_target" absent "needs nothing of its own"
        else
            result "$g_target" absent "not installed, or not on GnuTLS"
        fi
        return
    fi
    mend="remove that line if the program shall use p11-dane; then $name enable"
    file_target "$g_target" 644 "${g_functions}_add" "${g_functions}_strip" 755 "$g_path"
    mend=
}

# A block of ours at the end of a file; the last line of what is there gets its end.
with_block() { # FILE LINES
    awk '{ print }' "$1"
    printf '# p11-dane: begin\n%s\n# p11-dane: end\n' "$2"
}

# Of the block, what is ours: others may have written into it since. HEADER goes when nothing else follows it.
without_block() { # FILE LINE [HEADER]
    W_LINE=$2 W_HEADER=${3:-} awk '
        function flush() { if (held != "") { print held; left = 1; held = "" } }
        $0 == "# p11-dane: begin" { inside = 1; next }
        $0 == "# p11-dane: end" { inside = 0; held = ""; next }
        inside && $0 == ENVIRON["W_LINE"] { next }
        inside && ENVIRON["W_HEADER"] != "" && $0 == ENVIRON["W_HEADER"] { held = $0; next }
        { flush(); print; left = 1 }
        END { exit left ? 0 : 3 }' "$1"
}

wgetrc_add() {
    # wget takes keys in any case, with or without - and _.
    w_value=$(awk '
        /^[ \t]*[A-Za-z_-]+[ \t]*=/ {
            key = tolower($0); sub(/=.*/, "", key); gsub(/[ \t_-]/, "", key)
            if (key == "cacertificate") { sub(/^[^=]*=[ \t]*/, ""); sub(/[ \t]+$/, ""); value = $0 }
        }
        END { print value }' "$1")
    case $w_value in
        pkcs11:) cat "$1" ;;
        '') with_block "$1" "ca_certificate = pkcs11:" ;;
        *)
            why="$g_path has ca_certificate = $w_value"
            return 1
            ;;
    esac
}

wgetrc_strip() {
    without_block "$1" "ca_certificate = pkcs11:"
}

gitconfig_add() {
    cp "$1" "$work/gitconfig"
    w_value=$(GIT_CONFIG_NOSYSTEM=1 HOME=/nonexistent git config --file "$work/gitconfig" --get http.sslCAInfo \
        2>/dev/null)
    case $w_value in
        pkcs11:) cat "$1" ;;
        '') with_block "$1" "[http]$newline${tab}sslCAInfo = pkcs11:" ;;
        *)
            why="$g_path has http.sslCAInfo = $w_value"
            return 1
            ;;
    esac
}

gitconfig_strip() {
    without_block "$1" "${tab}sslCAInfo = pkcs11:" "[http]"
}
