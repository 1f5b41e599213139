#pragma once

// Source addresses by routes (connRestrictOutboundInterfaces) are not part of the miniature tree.
// The file is here because code that serves several versions of BeeGFS asks for its name.

#include "common/net/sock/NetworkInterfaceCard.h"
