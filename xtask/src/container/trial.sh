# Installs, upgrades, removes and purges the packages in /packages, as root on a minimal system without a
# network. The file is run by `sh -eu` in a container that is thrown away. What a result does not have, because only
# some components were built, is not looked for.
export DEBIAN_FRONTEND=noninteractive
work=$1
say() { echo "ok: $*"; }
fail() { echo "FAILED: $*" >&2; exit 1; }
# dpkg asks nothing: an edited configuration file is kept.
get() { apt-get install -y --no-install-recommends -o Dpkg::Options::=--force-confold "$@"; }
state() { dpkg-query -W -f '${db:Status-Abbrev}' "$1" 2>/dev/null | cut -c1-2; }

# The stand-in for stock daemons excludes the patched ones: it comes later, alone.
stock=$(ls /packages/beegfs-ntb-stock-plugin_*.deb 2>/dev/null || true)
debs=$(ls /packages/*.deb | grep -v beegfs-ntb-stock-plugin)
names=$(for deb in $debs; do dpkg-deb -f "$deb" Package; done)
has() { echo "$names" | grep -qx "$1"; }
daemons=$(for name in mgmtd meta storage mon; do ! has "beegfs-ntb-$name" || echo "beegfs-$name"; done)

# The same packages with a lower version and other contents of configuration files.
mkdir -p "$work/older"
for deb in $debs; do
    folder=$work/unpacked/$(basename "$deb")
    mkdir -p "$work/unpacked"
    dpkg-deb -R "$deb" "$folder"
    # Version and the versions of dependencies: what follows the last digit of ours.
    version=$(dpkg-deb -f "$deb" Version)
    ours=${version##*+ntb}
    sed -i "s/\([ +=b]\)$ours\([),]\|\$\)/\1$ours~older\2/g" "$folder/DEBIAN/control"
    if [ -f "$folder/DEBIAN/conffiles" ]; then
        while read -r conffile; do echo "# an older default" >> "$folder$conffile"; done < "$folder/DEBIAN/conffiles"
    fi
    dpkg-deb -b "$folder" "$work/older" > /dev/null
done

# There is no systemd here: what packages would tell it is written down.
mkdir -p /run/systemd/system
printf '#!/bin/sh\necho "$@" >> %s/systemctl.log\n' "$work" > /usr/bin/systemctl
chmod 755 /usr/bin/systemctl
touch "$work/systemctl.log"
told() { grep -q -- "$1" "$work/systemctl.log"; }

get "$work"/older/*.deb
! told 'start ' || fail "a daemon was started by its installation"
for name in $names; do [ "$(state "$name")" = ii ] || fail "$name is not installed"; done
say "an older version of $(echo $names | wc -w) packages is installed, with all it depends on"

for program in /opt/beegfs/sbin/beegfs-* /usr/bin/ntb; do
    case $(head -c 4 "$program" | tr -d '\0') in *ELF) ;; *) continue ;; esac
    ! ldd "$program" | grep 'not found' || fail "$program lacks a library"
    say "$program finds all its libraries"
done
library=/opt/beegfs/lib/libbeegfs_ib.so
if [ -e $library ]; then
    ! ldd $library | grep 'not found' || fail "$library lacks a library"
    say "$library finds all its libraries"
fi
ntb --version > /dev/null || fail "ntb does not run"
say "$(ntb --version) runs"
for tool in beegfs-ctl beegfs-fsck; do
    [ -e "/opt/beegfs/sbin/$tool" ] || continue
    found=$(command -v "$tool" || true)
    [ -n "$found" ] && [ "$(readlink -f "$found")" = "/opt/beegfs/sbin/$tool" ] || fail "$tool is not in the search path"
    say "$tool is in the search path, as $found"
done
if has libbeegfs-ntb; then
    [ -e /opt/beegfs/lib/libbeegfs_ntb.so ] && [ -e /opt/beegfs/lib/sisci-emu/libsisci.so ] ||
        fail "a daemon does not find the emulator beside its library"
    say "daemons find the emulator: $(readlink -f /opt/beegfs/lib/sisci-emu/libsisci.so)"
fi
auth=/etc/beegfs/beegfs-mon.auth
[ ! -e $auth ] || [ "$(stat -c %a $auth)" = 600 ] || fail "$auth can be read by others"

configurations=$(ls /etc/beegfs/beegfs-*.conf 2>/dev/null || true)
edited=$(echo "$configurations" | head -1)
[ -z "$edited" ] || echo "# an administrator was here" >> "$edited"
get $debs
if [ -n "$edited" ]; then
    grep -q 'administrator was here' "$edited" || fail "$edited was overwritten"
    say "an upgrade keeps the edited $edited"
fi
for untouched in $(echo "$configurations" | tail -n +2); do
    ! grep -q 'an older default' "$untouched" || fail "$untouched has still the older default"
    say "an upgrade replaces $untouched"
done
! told 'start ' && ! told 'stop ' || fail "an upgrade touches running daemons: $(cat "$work/systemctl.log")"
say "neither installation nor upgrade starts or stops a daemon"
get $debs > /dev/null || fail "installing once more"
say "installing once more changes nothing"

if [ -n "$daemons" ]; then
    # Upstream's library for InfiniBand is built otherwise than our programs: they must not meet.
    version=$(dpkg-query -W -f '${Version}' "beegfs-ntb-$(echo "$daemons" | head -1 | cut -d- -f2)")
    mkdir -p "$work/ib/DEBIAN"
    printf 'Package: libbeegfs-ib\nVersion: %s\nArchitecture: amd64\nMaintainer: x <x@x.invalid>\nDescription: x\n' \
        "${version%%+ntb*}" > "$work/ib/DEBIAN/control"
    dpkg-deb -b "$work/ib" "$work/ib.deb" > /dev/null
    ! apt-get install -s -y --no-remove "$work/ib.deb" > "$work/ib.log" 2>&1 ||
        fail "upstream's libbeegfs-ib can be installed beside our programs"
    grep -q -i remove "$work/ib.log" || fail "$(cat "$work/ib.log")"
    say "upstream's libbeegfs-ib can't be installed beside our programs"
fi

# A program is compiled as the development package promises it.
get pkg-config gcc libc6-dev
cat > "$work/try.c" <<'C'
#include <sisci_api.h>
int main(void) { sci_error_t error; SCIInitialize(0, &error); return error != SCI_ERR_OK; }
C
gcc "$work/try.c" $(pkg-config --cflags --libs sisci) -o "$work/try"
SISCI_EMU_DIR=$work/fabric "$work/try" || fail "a program does not run on the emulator"
say "a program is compiled with sisci-emu-dev and runs on sisci-emu"

apt-get remove -y $names
for unit in $(cd /lib/systemd/system 2>/dev/null && ls -d beegfs-*.service 2>/dev/null); do fail "$unit is left"; done
for daemon in $daemons; do
    told "stop .*$daemon.service" || fail "$daemon is removed and not stopped: $(cat "$work/systemctl.log")"
    told "stop .*$daemon@\*.service" || fail "instances of $daemon are not stopped: $(cat "$work/systemctl.log")"
    say "$daemon, whose package is removed, is stopped with all its instances"
done
for name in $names; do
    case $(state "$name") in ii) fail "$name is still there" ;; esac
done
! ls /opt/beegfs/sbin/beegfs-* 2>/dev/null || fail "a program is still there"
if [ -n "$edited" ]; then
    [ -f "$edited" ] || fail "$edited has gone with its package"
    say "removed, the edited $edited stays"
fi
dpkg --purge $names 2> /dev/null
left=$(find /opt/beegfs /etc/beegfs /usr/lib/sisci-emu /usr/include/sisci-emu /usr/sbin/beegfs-* 2>/dev/null || true)
[ -z "$left" ] || fail "left behind: $left"
say "purged, nothing is left"

if [ -n "$stock" ]; then
    # What upstream's package has at that place.
    mkdir -p /opt/beegfs/lib
    echo upstream > /opt/beegfs/lib/libbeegfs_ib.so
    get "$stock"
    [ "$(cat /opt/beegfs/lib/libbeegfs_ib.original.so)" = upstream ] || fail "upstream's library is not kept"
    [ "$(head -c 4 /opt/beegfs/lib/libbeegfs_ib.so | tail -c 3)" = ELF ] || fail "the stand-in is not there"
    say "the stand-in for stock daemons is there, upstream's library has another name"
    get --reinstall "$stock"
    dpkg --purge beegfs-ntb-stock-plugin
    [ "$(cat /opt/beegfs/lib/libbeegfs_ib.so)" = upstream ] || fail "upstream's library has not come back"
    [ ! -e /opt/beegfs/lib/libbeegfs_ib.original.so ] || fail "the other name is still there"
    say "purged, upstream's library is back"
fi
