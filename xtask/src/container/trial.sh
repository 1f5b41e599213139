# Installs, upgrades, removes and purges the packages in /packages, as root on a minimal system without a
# network. The file is run by `sh -eu` in a container that is thrown away.
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
    ldd "$program" | grep 'not found' && fail "$program lacks a library"
    say "$program finds all its libraries"
done
ntb --version > /dev/null && say "$(ntb --version) runs"

edited=$(ls /etc/beegfs/beegfs-meta.conf /etc/beegfs/beegfs-storage.conf 2>/dev/null | head -1)
untouched=$(ls /etc/beegfs/beegfs-storage.conf 2>/dev/null)
echo "# an administrator was here" >> "$edited"
get $debs
grep -q 'administrator was here' "$edited" || fail "$edited was overwritten"
if [ "$untouched" != "$edited" ]; then
    grep -q 'an older default' "$untouched" && fail "$untouched has still the older default"
    say "an upgrade replaces $untouched"
fi
say "an upgrade keeps the edited $edited"
! told 'start ' && ! told 'stop ' || fail "an upgrade touches running daemons: $(cat "$work/systemctl.log")"
say "neither installation nor upgrade starts or stops a daemon"
get $debs > /dev/null && say "installing once more changes nothing"

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
told 'stop .*beegfs-meta.service' || fail "a removed daemon is not stopped: $(cat "$work/systemctl.log")"
say "a daemon whose package is removed is stopped"
for name in $names; do
    case $(state "$name") in ii) fail "$name is still there" ;; esac
done
[ ! -e /opt/beegfs/sbin/beegfs-meta ] || fail "a daemon is still there"
[ -f "$edited" ] || fail "$edited has gone with its package"
say "removed, the edited $edited stays"
dpkg --purge $names 2> /dev/null
left=$(find /opt/beegfs /etc/beegfs /usr/lib/sisci-emu /usr/include/sisci-emu 2>/dev/null || true)
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
