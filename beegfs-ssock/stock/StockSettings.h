#pragma once

#include <common/app/config/NtbConfig.h>

/**
 * Reads the settings of the transport for a daemon that does not know their keys: from a file, and
 * from environment variables of the same names, which win.
 *
 * The file is named by BEEGFS_NTB_CONFIG. If that is not set, /etc/beegfs/beegfs-ntb.conf is read
 * if it exists. It has the syntax of the daemons' own files.
 *
 * @throw InvalidConfigException if the file can't be read, or for an unknown key or a bad
 * value; names file and line, or the variable.
 */
NtbConfig readStockSettings();
