# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=sh
# Chromium, Chrome and other programs with an NSS database: a stanza in its pkcs11.txt. NSS makes the rest of a database
# when it opens one that has that file alone. With trustOrder=100, what a user distrusts (75) stays distrusted.

nss_internal='library=
name=NSS Internal PKCS #11 Module
parameters=
NSS=Flags=internal,critical trustOrder=75 cipherOrder=100 slotParams=(1={slotFlags=[ECC,RSA,DSA,DH,RC2,RC4,DES,RANDOM,SHA1,MD5,MD2,SSL,TLS,AES,Camellia,SEED,SHA256,SHA512] askpw=any timeout=30})
'

# Once, in a database of our own: does the module load, and is there a token? NSS adds one that has none, too, and never
# asks it. Nobody else's database is opened: the modules in it are programs.
verify_module() {
    [ -n "${nss_verified:-}" ] || {
        nss_verified=no
        mkdir "$work/nssdb"
        modutil -dbdir "sql:$work/nssdb" -create -force >"$work/modutil" 2>&1 &&
            modutil -dbdir "sql:$work/nssdb" -add p11-dane -libfile "$root$module" -force >>"$work/modutil" 2>&1 &&
            modutil -dbdir "sql:$work/nssdb" -list p11-dane -force >>"$work/modutil" 2>&1 &&
            grep -q 'Status: Enabled' "$work/modutil" && nss_verified=yes
    }
    [ "$nss_verified" = yes ] || {
        why="NSS cannot use $module: $(one_line "$(tail -n 1 "$work/modutil")")"
        return 1
    }
}

step_nss_system() {
    if [ "$command" != disable ] && [ ! -e "$root/etc/pki/nssdb/pkcs11.txt" ]; then
        result nss-system absent "programs here do not use /etc/pki/nssdb"
        return
    fi
    if [ -e "$root/etc/pki/nssdb/pkcs11.txt" ]; then
        set -- /etc/pki/nssdb/pkcs11.txt
    else
        set --
    fi
    file_target nss-system 644 nss_add nss_strip 755 "$@"
}

# Users to come get a database that has this one file.
step_nss_skel() {
    if [ ! -d "$root/etc/skel" ] && [ "$command" != disable ]; then
        result nss-new-users absent "there is no /etc/skel"
        return
    fi
    n_path=/etc/skel/.pki/nssdb/pkcs11.txt
    if [ ! -d "$root/etc/skel/.pki/nssdb" ] && [ -d "$root/etc/skel/.local/share/pki/nssdb" ]; then
        n_path=/etc/skel/.local/share/pki/nssdb/pkcs11.txt
    fi
    file_target nss-new-users 600 nss_add nss_strip 700 "$n_path"
}

# Chromium takes ~/.pki/nssdb if it is there, later ones else ~/.local/share/pki/nssdb; Chrome and older ones know the
# former alone. So: each that is there, or the one that all of them read.
step_nss_user() {
    set --
    for n_directory in .pki/nssdb .local/share/pki/nssdb; do
        if fs is-directory "$root$actor_home/$n_directory" >/dev/null; then
            set -- "$@" "$actor_home/$n_directory/pkcs11.txt"
        fi
    done
    [ $# -gt 0 ] || set -- "$actor_home/.pki/nssdb/pkcs11.txt"
    file_target nss 600 nss_add nss_strip 700 "$@"
    if [ "$command" = disable ]; then
        clean_profiles
    fi
}

# Firefox and Thunderbird write modules of a policy into each profile, where they stay when the policy goes.
clean_profiles() {
    n_found=
    for n_pattern in .mozilla/firefox .config/mozilla/firefox .thunderbird; do
        fs glob "$root$actor_home/$n_pattern/*/pkcs11.txt" >>"$work/profiles" || true
    done
    while IFS= read -r t_path; do
        t_path=${t_path#"$root"}
        if ! unmerge profiles "$t_path" nss_strip anyway; then
            result profiles broken "$why" "modutil -delete p11-dane -dbdir sql:$(dirname "$t_path")"
        elif [ "$merged" = changed ]; then
            n_found=yes
        fi
    done <"$work/profiles"
    rm -f "$work/profiles"
    [ -z "$n_found" ] || result profiles off "the module is out of this user's Firefox and Thunderbird profiles"
}

nss_stanza() {
    printf 'library=%s\nname=p11-dane\nNSS=trustOrder=100\n\n' "$module"
}

nss_add() {
    if [ "$command" = enable ]; then
        verify_module || return 1
    fi
    if awk -v library="library=$module" '
        $0 == "" { name = lib = order = 0 }
        $0 == "name=p11-dane" { name = 1 }
        $0 == library { lib = 1 }
        /^NSS=(.* )?trustOrder=100( |$)/ { order = 1 }
        name && lib && order { found = 1 }
        END { exit !found }' "$1"
    then
        cat "$1"
        return
    fi
    if [ -s "$1" ]; then
        n_status=0
        nss_strip "$1" >"$work/stripped" || n_status=$?
        # A stanza ends with an empty line.
        awk '{ print; last = $0 } END { if (NR > 0 && last != "") print "" }' "$work/stripped"
    fi
    if [ ! -s "$1" ] || [ "$n_status" -eq 3 ]; then
        printf '%s\n' "$nss_internal"
    fi
    nss_stanza
}

# The stanza is ours by its name. 3 when it was there, and all that is left is what we make a new file with.
nss_strip() {
    awk '
        function flush(i) {
            if (!ours) for (i = 1; i <= n; i++) print block[i]
            n = ours = 0
        }
        { block[++n] = $0 }
        $0 == "name=p11-dane" { ours = 1 }
        $0 == "" { flush() }
        END { flush() }' "$1" >"$work/left"
    printf '%s\n' "$nss_internal" >"$work/internal"
    if ! cmp -s "$work/left" "$1" && { [ ! -s "$work/left" ] || cmp -s "$work/left" "$work/internal"; }; then
        return 3
    fi
    cat "$work/left"
}
