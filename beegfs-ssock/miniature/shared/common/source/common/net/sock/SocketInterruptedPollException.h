#pragma once

#include "SocketException.h"

DECLARE_NAMEDSUBEXCEPTION(SocketInterruptedPollException, "SocketInterruptedPollException", SocketException)
