# Installs, upgrades and removes the RPM packages in /packages with rpm itself, as root in a container that is
# thrown away. Its system is not made of RPM packages: one package that provides this system's libraries, by
# rpm's own account of them, stands for it, so dependencies are resolved and not passed over.
# The file is run by `sh -eu`.
work=$1
export HOME=$work
say() { echo "ok: rpm: $*"; }
fail() { echo "FAILED: rpm: $*" >&2; exit 1; }
db=$work/db
run() { rpm --dbpath "$db" "$@"; }
# build NAME EPOCH VERSION: a package of the specification's rest on standard input.
build() {
    { printf 'Name: %s\nEpoch: %s\nVersion: %s\nRelease: 1\nSummary: x\nLicense: none\n' "$@"; cat; } > "$work/$1.spec"
    rpmbuild -bb --quiet --dbpath "$db" --define "_topdir $work/top" --define "_rpmfilename %%{NAME}.rpm" "$work/$1.spec" > /dev/null
    mv "$work/top/RPMS/$1.rpm" "$work/"
}

rpms=$(ls /packages/*.rpm)
run -K --nosignature $rpms > /dev/null || fail "a package is damaged"

{
    # What the C library's package says of its loader.
    echo "Provides: rtld(GNU_HASH)"
    for program in /bin/sh /bin/bash /usr/bin/sh /usr/bin/bash /usr/bin/pkg-config; do
        [ ! -x $program ] || echo "Provides: $program"
    done
    find /usr/lib/x86_64-linux-gnu /usr/lib64 -maxdepth 1 -name '*.so*' |
        /usr/lib/rpm/elfdeps --provides | sort -u | sed 's/^/Provides: /'
    printf '%%description\nx\n%%files\n'
} | build this-system 0 1
run -i "$work/this-system.rpm"

# There is no systemd here: what packages would tell it is written down.
mkdir -p /run/systemd/system
printf '#!/bin/sh\necho "$@" >> %s/systemctl.log\n' "$work" > /usr/bin/systemctl
chmod 755 /usr/bin/systemctl
touch "$work/systemctl.log"
told() { grep -q -- "$1" "$work/systemctl.log"; }

# Packages of a lower version, with other contents of configuration files; of those daemons that were built.
daemons=$(for name in mgmtd meta storage mon; do ! ls /packages/beegfs-ntb-$name-[0-9]*.rpm > /dev/null 2>&1 || echo $name; done)
older=
for name in $daemons; do
    name=beegfs-ntb-$name
    older="$older $work/$name.rpm"
    daemon=beegfs-${name#beegfs-ntb-}
    package=$(ls /packages/$name-[0-9]*.rpm)
    version=$(run -qp --qf '%{VERSION}' "$package")
    files=$(run -qpl "$package" | grep -E "/(sbin/$daemon|$daemon.conf)\$")
    {
        printf '%%description\nx\n%%install\n'
        for file in $files; do
            echo "mkdir -p %{buildroot}${file%/*}"
            echo "echo '# an older default' > %{buildroot}$file"
        done
        echo %files
        for file in $files; do
            case $file in /etc/*) echo "%config(noreplace) $file" ;; *) echo "$file" ;; esac
        done
    } | build "$name" 20 "$version~older"
done
[ -z "$older" ] || run -i $older

configurations=$(ls /etc/beegfs/beegfs-*.conf 2>/dev/null || true)
edited=$(echo "$configurations" | head -1)
[ -z "$edited" ] || echo "# an administrator was here" >> "$edited"
run -U $rpms || fail "an upgrade and the installation of the rest"
names=$(for package in $rpms; do run -qp --qf '%{NAME}\n' "$package"; done)
say "$(echo $names | wc -w) packages are installed with all they require, $(echo $daemons | wc -w) of them as an upgrade"
if [ -n "$edited" ]; then
    grep -q 'administrator was here' "$edited" || fail "$edited was overwritten"
    [ -f "$edited.rpmnew" ] || fail "the new default is not beside $edited"
    say "an upgrade keeps the edited $edited"
fi
for untouched in $(echo "$configurations" | tail -n +2); do
    ! grep -q 'an older default' "$untouched" || fail "$untouched has still the older default"
    say "an upgrade replaces $untouched"
done
# The file that was edited is the only one that may differ.
differ=$(run -V $names | grep -v "c $edited\$" || true)
[ -z "$differ" ] || fail "files differ from their packages: $differ"
say "rpm -V finds nothing else changed"
for program in /opt/beegfs/sbin/beegfs-* /usr/bin/ntb; do
    case $(head -c 4 "$program" | tr -d '\0') in *ELF) ;; *) continue ;; esac
    ! ldd "$program" | grep 'not found' || fail "$program lacks a library"
done
say "$(ntb --version) runs, every program finds its libraries"
for tool in beegfs-ctl beegfs-fsck; do
    [ ! -e "/opt/beegfs/sbin/$tool" ] || [ -e "/usr/bin/$tool" ] || fail "$tool is not in the search path"
done
if [ -e /opt/beegfs/lib/libbeegfs_ntb.so ]; then
    [ -e /opt/beegfs/lib/sisci-emu/libsisci.so ] || fail "a daemon does not find the emulator beside its library"
    say "daemons find the emulator: $(readlink -f /opt/beegfs/lib/sisci-emu/libsisci.so)"
fi

# conflict NAME VERSION: upstream's package is refused.
conflict() {
    printf '%%description\nx\n%%files\n' | build "$1" 20 "$2"
    ! run -i "$work/$1.rpm" 2> "$work/conflict" || fail "upstream's $1 can be installed beside ours"
    grep -q conflicts "$work/conflict" || fail "$(cat "$work/conflict")"
    say "beside upstream's package: $(grep -m 1 conflicts "$work/conflict" | sed 's/^[[:space:]]*//')"
}
for name in $daemons; do
    conflict "beegfs-$name" 99
done
if [ -n "$daemons" ]; then
    version=$(run -q --qf '%{VERSION}' "beegfs-ntb-$(echo "$daemons" | head -1)")
    conflict libbeegfs-ib "${version%%+ntb*}"
fi

cat > "$work/try.c" <<'C'
#include <sisci_api.h>
int main(void) { sci_error_t error; SCIInitialize(0, &error); return error != SCI_ERR_OK; }
C
gcc "$work/try.c" $(PKG_CONFIG_PATH=/usr/lib64/pkgconfig pkg-config --cflags --libs sisci) -o "$work/try"
SISCI_EMU_DIR=$work/fabric "$work/try" || fail "a program does not run on the emulator"
say "a program is compiled with sisci-emu-devel and runs on sisci-emu"

run -e $names
for name in $daemons; do
    told "disable --now beegfs-$name.service" && told "stop beegfs-$name@\*.service" ||
        fail "beegfs-$name is removed and not stopped with all its instances: $(cat "$work/systemctl.log")"
    say "beegfs-$name, whose package is removed, is stopped with all its instances"
done
[ ! -e /opt/beegfs ] && [ ! -e /usr/lib/sisci-emu ] || fail "left behind: $(find /opt/beegfs /usr/lib/sisci-emu)"
if [ -n "$edited" ]; then
    grep -q 'administrator was here' "$edited.rpmsave" || fail "the edited $edited is gone"
    say "removed, the edited $edited is kept as $edited.rpmsave"
fi
