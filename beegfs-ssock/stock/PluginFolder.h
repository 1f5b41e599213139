#pragma once

#include <string>

/**
 * The folder from which this plugin was loaded.
 */
std::string pluginFolder();
