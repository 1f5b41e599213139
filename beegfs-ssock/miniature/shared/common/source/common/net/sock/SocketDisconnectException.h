#pragma once

#include "SocketException.h"

DECLARE_NAMEDSUBEXCEPTION(SocketDisconnectException, "SocketDisconnectException", SocketException)
