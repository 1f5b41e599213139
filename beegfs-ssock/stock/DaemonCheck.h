#pragma once

#include <string>

/**
 * Compares the running daemon with the release that this plugin was built for. The installer does
 * that as well; but a later update may exchange the daemon and leave the plugin.
 *
 * Nothing of the daemon is called before this has found that the two fit, apart from the
 * constructor of Socket, which gets more memory than it needs.
 *
 * @return why the plugin can't be used; empty if it can
 */
std::string whyDaemonDoesNotFit();
