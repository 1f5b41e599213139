#pragma once

#include "common/net/sock/IPAddress.h"

NetFilter loadNetworkList(const std::string& file);
